"""Detection of articles rendered by a script: their text is in data for the script, or an empty element is reserved for
it.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ingest.core.html.dom import class_tokens

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ingest.core.html.page_index import PageIndex
    from ingest.core.model import Block

MAX_SHOWN_CHARACTERS = 1_500
"""Most characters of text outside links; a page that shows more is not checked."""
MIN_SCRIPT_SENTENCES = 5
"""Fewest sentences in the strings of scripts for them to contain a text."""
MIN_STRING_CHARACTERS = 60
"""Fewest characters of a string that may be a paragraph, or data serialised as a string."""
MIN_DATA_CHARACTERS = 500
"""Fewest characters of an attribute that may contain an article."""
MAX_SCRIPT_DATA_CHARACTERS = 2_000_000

_STRING = re.compile(r'"((?:[^"\\]|\\.)*+)(?:"|\Z)', re.DOTALL)
_SENTENCE = re.compile(r"[^\W\d_]{2}[.!?](?=\s|\\|<|$)|[。！？။។।؟]")
_FRAMES = frozenset({"app", "root", "next", "nuxt", "gatsby", "svelte", "ember", "reactroot", "mount"})


def _data(index: PageIndex) -> Iterator[str]:
    """The source of scripts, and the data attributes of elements."""
    for script in index.by_tag["script"]:
        if script.text and "ld+json" not in (script.get("type") or "").lower():
            yield script.text
    for element in index.elements:
        yield from (
            text
            for name, text in element.items()
            if len(text) > MIN_DATA_CHARACTERS and name.startswith("data-") and text[0] in "[{"
        )


def is_drawn(index: PageIndex, blocks: Sequence[Block]) -> bool:
    """True if a page with hardly any text has scripts that contain some, or an empty element that a script fills."""
    shown = sum(len(block.text) for block in blocks if block.markup is not None and block.markup.link_density < 0.5)
    if shown > MAX_SHOWN_CHARACTERS or not index.by_tag["script"]:
        return False
    found, room = 0, MAX_SCRIPT_DATA_CHARACTERS
    for text in _data(index):
        if room <= 0:
            break
        for string in _STRING.finditer(text[:room]):
            if len(string[1]) >= MIN_STRING_CHARACTERS:
                found += len(_SENTENCE.findall(string[1]))
                if found >= MIN_SCRIPT_SENTENCES:
                    return True
        room -= len(text)
    return any(
        element.tag in ("div", "main", "section")
        and not len(element)
        and not (element.text or "").strip()
        and not _FRAMES.isdisjoint(class_tokens(element.get("id") or ""))
        for element in index.elements
    )
