"""Synthetic pages, made of real ones: what too few of the real pages show for trees to learn it.

`followed`: the next article below, in the same template with a headline of its own, is no part of this one. `parted`: an article
in two elements is still one. Each alone teaches the wrong thing of the other. `commented`: readers' comments below the article, in
elements whose class does not say so. `teased`: headlines and first paragraphs of other articles below it. `training/comments.py`
invents the comments.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from ingest.core.model import Block, Element, Link, Markup

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
    if body.sum() < LEAST or root is None or root.parent is None or root.parent.parent is None:
        return None
    known = {id(root.parent): root.parent}
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
    if len(inside) < LEAST or root is None or root.parent is None:
        return None
    known = {id(root.parent): root.parent}
    half = inside[len(inside) // 2]
    return [
        _moved(block, block.text, known) if at >= half and _inside(block, root) else block
        for at, block in enumerate(blocks)
    ]


def appended(
    blocks: Sequence[Block], body: Bools, added: Sequence[tuple[str, float]], *, inside: bool, tag: str
) -> tuple[list[Block], slice] | None:
    """The page with further blocks behind the last one of its article, and where they stand.

    `added`: their texts, and the share of each in links. They stand in an element without a class: within the article's own if
    `inside`, else beside it. `tag`: of the element of each block. None where the article has no element of its own.
    """
    where = np.flatnonzero(body).tolist()
    root = _around(where, blocks)
    if len(where) < LEAST or root is None or root.parent is None:
        return None
    outer = root if inside else root.parent
    container = Element("div", "", (), outer.depth + 1, outer)
    last = _child_around(blocks[where[-1]], root) if inside else root
    end = where[-1] + 1
    while end < len(blocks) and _inside(blocks[end], last):  # elements stand in the page's order: none is cut in two
        end += 1
    copy = [_added(text, share, tag, container) for text, share in added]
    return [*blocks[:end], *copy, *blocks[end:]], slice(end, end + len(copy))


def _child_around(block: Block, root: Element) -> Element:
    """The element right inside `root` that holds the block; `root` itself where the block stands in it bare."""
    chain = list(block.markup.element.self_and_ancestors()) if block.markup and block.markup.element else [root]
    at = next(i for i, element in enumerate(chain) if element is root)
    return chain[max(at - 1, 0)]


def _added(text: str, share: float, tag: str, container: Element) -> Block:
    element = Element(tag, "", (), container.depth + 1, container)
    links = (Link(text, "https://example.org/"),) if share else ()
    return Block(text, "paragraph", markup=Markup(tag, links, share, element=element))


def _around(some: Sequence[int], blocks: Sequence[Block]) -> Element | None:
    """The smallest element around some of the blocks."""
    chains = [
        list(element.self_and_ancestors())[::-1] for at in some if (element := (blocks[at].markup or Markup()).element)
    ]
    found = None
    for level in zip(*chains, strict=False):
        if any(element is not level[0] for element in level):
            break
        found = level[0]
    return found


def _inside(block: Block, root: Element) -> bool:
    element = block.markup.element if block.markup else None
    return element is not None and any(outer is root for outer in element.self_and_ancestors())


def _moved(block: Block, text: str, known: dict[int, Element], told: tuple[float, float] | None = None) -> Block:
    """The block, with a text, in copies of its elements; `known`: the copies there are, by the identity of what they copy.

    `told`: what the metadata repeat of it, where that is another text's.
    """
    old = block.markup or Markup()
    element = old.element and _copied(old.element, known)
    return block._replace(
        text=text, markup=old._replace(element=element, metadata_overlap=old.metadata_overlap if told is None else told)
    )


def _copied(element: Element, known: dict[int, Element]) -> Element:
    if id(element) not in known:
        known[id(element)] = replace(element, parent=element.parent and _copied(element.parent, known))
    return known[id(element)]
