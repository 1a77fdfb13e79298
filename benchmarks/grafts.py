"""Pages that never were, made of real ones: what 1,150 pages show too seldom for trees to learn.

`followed`: the next article below, in the same template with a headline of its own, is no part of this one. `parted`: an article
in two elements is still one. Each alone teaches the wrong thing of the other.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from ingest.model import Block, Markup, Place

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    Bools = NDArray[np.bool_]

LEAST = 4
"""Blocks of the shortest article that is worth a graft."""


def followed(
    blocks: Sequence[Block], body: Bools, title: int, headline: str, texts: Sequence[str]
) -> tuple[list[Block], slice] | None:
    """The page with a copy of the article's element behind it that says another headline and other texts, and where the copy stands.

    `title`: the block with the headline. None where the article has no element of its own.
    """
    root = _around([*np.flatnonzero(body).tolist(), title], blocks)
    if body.sum() < LEAST or root is None or root.up is None or root.up.up is None:
        return None
    known = {id(root.up): root.up}
    left = iter(texts)
    copy: list[Block] = []
    inside = [at for at, block in enumerate(blocks) if _inside(block, root)]
    for at in inside:
        text = headline if at == title else next(left, "") if body[at] else blocks[at].text
        if text:
            copy.append(_moved(blocks[at], text, known, (0.0, 0.0)))
    end = inside[-1] + 1
    return [*blocks[:end], *copy, *blocks[end:]], slice(end, end + len(copy))


def parted(blocks: Sequence[Block], body: Bools) -> list[Block] | None:
    """The page with the second half of its article in a like element of its own. None where the article has no element of its own."""
    inside = np.flatnonzero(body).tolist()
    root = _around(inside, blocks)
    if len(inside) < LEAST or root is None or root.up is None:
        return None
    known = {id(root.up): root.up}
    half = inside[len(inside) // 2]
    return [
        _moved(block, block.text, known) if at >= half and _inside(block, root) else block
        for at, block in enumerate(blocks)
    ]


def _around(some: Sequence[int], blocks: Sequence[Block]) -> Place | None:
    """The smallest element around some of the blocks."""
    chains = [list(place.outwards())[::-1] for at in some if (place := (blocks[at].markup or Markup()).place)]
    found = None
    for level in zip(*chains, strict=False):
        if any(place is not level[0] for place in level):
            break
        found = level[0]
    return found


def _inside(block: Block, root: Place) -> bool:
    place = block.markup.place if block.markup else None
    return place is not None and any(outer is root for outer in place.outwards())


def _moved(block: Block, text: str, known: dict[int, Place], told: tuple[float, float] | None = None) -> Block:
    """The block, with a text, in copies of its elements; `known`: the copies there are, by the identity of what they copy.

    `told`: what the metadata repeat of it, where that is another text's.
    """
    old = block.markup or Markup()
    place = old.place and _copied(old.place, known)
    return block._replace(text=text, markup=old._replace(place=place, told=old.told if told is None else told))


def _copied(place: Place, known: dict[int, Place]) -> Place:
    if id(place) not in known:
        known[id(place)] = replace(place, up=place.up and _copied(place.up, known))
    return known[id(place)]
