"""Places of a page's template: what the blocks of different pages have in common that the same part of a template made."""

from __future__ import annotations

from hashlib import blake2b
from itertools import islice
from typing import TYPE_CHECKING

import numpy as np

from ingest.core.caching import cache_short_texts

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ingest.core.memory.shingles import Hashes
    from ingest.core.model import Block, Element

PLACE_ELEMENTS = 4
"""Elements of a place, the innermost first."""
_WITHOUT_DIGITS = dict.fromkeys(range(ord("0"), ord("9") + 1))


def place_keys(blocks: Iterable[Block]) -> Hashes:
    """The key of each block's place, 64 bits: equal where tags and classes of the four innermost elements are; 0 outside of pages."""
    known: dict[int, int] = {}
    keys = []
    for block in blocks:
        element = block.markup.element if block.markup else None
        if element is None:
            keys.append(0)
            continue
        if id(element) not in known:
            known[id(element)] = _place_key(element)
        keys.append(known[id(element)])
    return np.array(keys, np.uint64)


def _place_key(element: Element) -> int:
    around = islice(element.self_and_ancestors(), PLACE_ELEMENTS)
    return _hash("/".join(f"{each.tag}.{each.class_attr[:200].translate(_WITHOUT_DIGITS)}" for each in around))


@cache_short_texts
def _hash(path: str) -> int:
    return int.from_bytes(blake2b(b"place " + path.encode("utf-8", "replace"), digest_size=8).digest())
