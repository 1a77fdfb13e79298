"""Pages nested deeper than the limit of libxml2, which drops everything below it: the deepest elements are unwrapped
before parsing.
"""

from __future__ import annotations

import re
from functools import partial

from ingest.core.limits import MAX_ELEMENT_DEPTH

_TAG = re.compile(r"<(/?)([a-zA-Z][^\s<>/]*)[^<>]*>?")
_VOID = frozenset(
    {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "param", "source", "track", "wbr"}
)


def flatten_deep_nesting(html: str, block_tags: frozenset[str]) -> str:
    """The page with at most `MAX_ELEMENT_DEPTH` nested elements; an unwrapped element of `block_tags` still separates
    text.

    Elements whose end tags are omitted count as open: some structure is lost too early, but never a word.
    """
    return _TAG.sub(partial(_keep_tag, [0], block_tags), html)


def _keep_tag(depth: list[int], block_tags: frozenset[str], tag: re.Match[str]) -> str:
    name = tag[2].lower()
    if name in _VOID:
        return tag[0]
    if tag[1]:
        depth[0] = max(depth[0] - 1, 0)
        deep = depth[0] >= MAX_ELEMENT_DEPTH
    else:
        deep = depth[0] >= MAX_ELEMENT_DEPTH
        depth[0] += 1
    if not deep:
        return tag[0]
    return "<br><br>" if name in block_tags else ""
