"""Where each block of a page stands: the nearest table, row and cell, what nobody sees, and the element that holds the article."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from ingest.model import UNSEEN, Label
from ingest.parse.elements import INERT
from ingest.signs import words

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ingest.model import Block, Place, Verdict

STEM_SHARE = 0.8
"""Share of the body's words that the smallest element has that is called the article's."""


class Setting(NamedTuple):
    """The nearest elements of some tags around a place; `inert`, `listing`: the outermost one that nobody sees, the outermost list."""

    table: Place | None = None
    row: Place | None = None
    cell: Place | None = None
    inert: Place | None = None
    code: Place | None = None
    listing: Place | None = None


@dataclass(frozen=True, eq=False)
class Outline:
    """A page's blocks, where they stand, and which of them are the body so far."""

    blocks: Sequence[Block]
    verdicts: Sequence[Verdict]
    settings: list[Setting]
    layout: frozenset[Place]
    """Tables that hold tables."""
    body: list[bool]
    free: list[bool]
    """Whether no rule of a pack has decided a block."""
    amount: list[int]
    """Words of each block."""
    stem: Place | None
    """The smallest element with nearly all of the body; None: no body, or no markup."""

    def inside(self, at: int, place: Place | None) -> bool:
        """Whether a block stands in an element."""
        return place is not None and any(each is place for each in outwards(self.blocks[at]))

    def prose(self) -> list[int]:
        """The blocks of the body that have some length."""
        return [at for at, mine in enumerate(self.body) if mine and self.amount[at] >= PROSE_WORDS]


PROSE_WORDS = 12
"""From which a block is a paragraph rather than a line."""


def outwards(block: Block) -> Iterator[Place]:
    """The elements around a block, the smallest first."""
    if block.markup is not None and block.markup.place is not None:
        yield from block.markup.place.outwards()


def base(block: Block) -> Place | None:
    """The block-level element that a block stands in."""
    tag = block.markup.tag if block.markup else ""
    return next((place for place in outwards(block) if place.tag == tag), None)


def outline(blocks: Sequence[Block], verdicts: Sequence[Verdict], free: list[bool]) -> Outline:
    """What the labeller left, seen as a tree."""
    settings, layout = inner_settings(blocks)
    body = [verdict.label is Label.BODY and mine for verdict, mine in zip(verdicts, free, strict=True)]
    amount = [words(block.text) for block in blocks]
    return Outline(blocks, verdicts, settings, layout, body, free, amount, _stem(blocks, settings, body, amount))


def inner_settings(blocks: Sequence[Block]) -> tuple[list[Setting], frozenset[Place]]:
    """Where each block stands, and the tables that hold tables."""
    known: dict[Place, Setting] = {}
    layout: set[Place] = set()
    found = []
    for block in blocks:
        new: list[Place] = []
        place = block.markup.place if block.markup else None
        while place is not None and place not in known:
            new.append(place)
            place = place.up
        setting = known[place] if place is not None else Setting()
        for each in reversed(new):
            setting = known[each] = _within(each, setting, layout)
        found.append(setting)
    return found, frozenset(layout)


def _within(place: Place, around: Setting, layout: set[Place]) -> Setting:
    tag = place.tag
    if tag == "table":
        if around.table is not None:
            layout.add(around.table)
        around = around._replace(table=place, row=None, cell=None)
    elif tag == "tr":
        around = around._replace(row=place, cell=None)
    elif tag in ("td", "th"):
        around = around._replace(cell=place)
    elif tag in ("pre", "code"):
        around = around._replace(code=place)
    elif tag in ("ul", "ol", "dl") and around.listing is None:
        around = around._replace(listing=place)
    if around.inert is None and (tag in INERT or UNSEEN in place.words):
        around = around._replace(inert=place)
    return around


def _stem(
    blocks: Sequence[Block], settings: Sequence[Setting], body: Sequence[bool], amount: Sequence[int]
) -> Place | None:
    held: dict[Place, int] = {}
    total = 0
    for block, setting, mine, size in zip(blocks, settings, body, amount, strict=True):
        if mine and setting.inert is None:
            total += size
            for place in outwards(block):
                held[place] = held.get(place, 0) + size
    rich = [place for place, size in held.items() if size >= STEM_SHARE * total]
    return max(rich, key=lambda place: place.depth, default=None)
