"""The place of each block on a page: the nearest table, row and cell, hidden elements, and the element that contains
the article.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

from ingest.core.html.elements import INERT
from ingest.core.model import UNSEEN, Label
from ingest.core.text.characters import count_line_words

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ingest.core.model import Block, Element, Prediction

MIN_BODY_WORDS = 15.0
"""Fewest words of a body."""

STEM_SHARE = 0.8
"""Share of the body's words in the smallest element that counts as the article's."""


_SETTING_TAGS = INERT | {"table", "tr", "td", "th", "pre", "code", "ul", "ol", "dl"}


class Setting(NamedTuple):
    """The nearest elements of some tags around a block. `inert` and `listing` are the outermost hidden element and the
    outermost list.
    """

    table: Element | None = None
    row: Element | None = None
    cell: Element | None = None
    inert: Element | None = None
    code: Element | None = None
    listing: Element | None = None


@dataclass(frozen=True, eq=False)
class Outline:
    """The blocks of a page, their places, and which of them are body so far."""

    blocks: Sequence[Block]
    verdicts: Sequence[Prediction]
    settings: list[Setting]
    layout: frozenset[Element]
    """Tables that contain tables."""
    body: list[bool]
    free: list[bool]
    """For each block, true if no pack rule has decided it."""
    amount: list[int]
    """Number of words of each block."""
    stem: Element | None
    """The smallest element with nearly all of the body; None without a body or without markup."""

    def inside(self, at: int, element: Element | None) -> bool:
        """True if a block is inside an element."""
        if element is None:
            return False
        around = innermost(self.blocks[at])
        while around is not None and around.depth > element.depth:
            around = around.parent
        return around is element

    @cached_property
    def prose(self) -> list[int]:
        """The blocks of the body of some length."""
        return [at for at, mine in enumerate(self.body) if mine and self.amount[at] >= PROSE_WORDS]

    @cached_property
    def body_words(self) -> int:
        """Number of words of the body."""
        return sum(size for size, mine in zip(self.amount, self.body, strict=True) if mine)


PROSE_WORDS = 12
"""Words from which a block is a paragraph rather than a line."""


def innermost(block: Block) -> Element | None:
    """The smallest element that contains a whole block."""
    return block.markup.element if block.markup is not None else None


def outwards(block: Block) -> Iterator[Element]:
    """The elements around a block, the smallest first."""
    element = innermost(block)
    return element.self_and_ancestors() if element is not None else iter(())


def base(block: Block) -> Element | None:
    """The block-level element that a block is in."""
    tag = block.markup.tag if block.markup else ""
    element = innermost(block)
    while element is not None and element.tag != tag:
        element = element.parent
    return element


def outline(blocks: Sequence[Block], verdicts: Sequence[Prediction], free: list[bool]) -> Outline:
    """Build the outline of a page from its blocks and the labeller's verdicts."""
    settings, layout = inner_settings(blocks)
    body = [prediction.label is Label.BODY and mine for prediction, mine in zip(verdicts, free, strict=True)]
    amount = [count_line_words(block.text) for block in blocks]
    return Outline(blocks, verdicts, settings, layout, body, free, amount, _stem(blocks, settings, body, amount))


def inner_settings(blocks: Sequence[Block]) -> tuple[list[Setting], frozenset[Element]]:
    """The setting of each block, and the tables that contain tables."""
    known: dict[Element, Setting] = {}
    layout: set[Element] = set()
    found = []
    for block in blocks:
        new: list[Element] = []
        element = block.markup.element if block.markup else None
        setting: Setting | None = None
        while element is not None and (setting := known.get(element)) is None:
            new.append(element)
            element = element.parent
        setting = setting or Setting()
        for each in reversed(new):
            if each.tag in _SETTING_TAGS or UNSEEN in each.name_tokens:
                setting = _within(each, setting, layout)
            known[each] = setting
        found.append(setting)
    return found, frozenset(layout)


def _within(element: Element, around: Setting, layout: set[Element]) -> Setting:
    tag = element.tag
    if tag == "table":
        if around.table is not None:
            layout.add(around.table)
        around = around._replace(table=element, row=None, cell=None)
    elif tag == "tr":
        around = around._replace(row=element, cell=None)
    elif tag in ("td", "th"):
        around = around._replace(cell=element)
    elif tag in ("pre", "code"):
        around = around._replace(code=element)
    elif tag in ("ul", "ol", "dl") and around.listing is None:
        around = around._replace(listing=element)
    if around.inert is None and (tag in INERT or UNSEEN in element.name_tokens):
        around = around._replace(inert=element)
    return around


def _stem(
    blocks: Sequence[Block], settings: Sequence[Setting], body: Sequence[bool], amount: Sequence[int]
) -> Element | None:
    held: dict[Element, int] = {}
    total = 0
    for block, setting, mine, size in zip(blocks, settings, body, amount, strict=True):
        if mine and setting.inert is None:
            total += size
            element = innermost(block)
            while element is not None:
                held[element] = held.get(element, 0) + size
                element = element.parent
    rich = [element for element, size in held.items() if size >= STEM_SHARE * total]
    return max(rich, key=lambda element: element.depth, default=None)
