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
    names: dict[int, str] = {}
    known: dict[tuple[str, int], int] = {}
    keys = []
    for block in blocks:
        element = block.markup.element if block.markup else None
        if element is None:
            keys.append(0)
            continue
        kind = _name(element, names), id(element.parent)  # siblings of one kind have one place
        key = known.get(kind)
        if key is None:
            key = known[kind] = _place_key(element, names)
        keys.append(key)
    return np.array(keys, np.uint64)


def _place_key(element: Element, names: dict[int, str]) -> int:
    return _hash("/".join(_name(each, names) for each in islice(element.self_and_ancestors(), PLACE_ELEMENTS)))


def _name(element: Element, names: dict[int, str]) -> str:
    """Tag and classes, without numbers. `names`: of the elements met before, by identity."""
    name = names.get(id(element))
    if name is None:
        name = names[id(element)] = f"{element.tag}.{element.class_attr[:200].translate(_WITHOUT_DIGITS)}"
    return name


@cache_short_texts
def _hash(path: str) -> int:
    return int.from_bytes(blake2b(b"place " + path.encode("utf-8", "replace"), digest_size=8).digest())
