"""Tables: a table of facts inside an article is kept or removed as a whole, with its rows; a layout table does not
count as a table.
"""

from __future__ import annotations

from collections import defaultdict
from itertools import islice, pairwise
from typing import TYPE_CHECKING, NamedTuple

from ingest.core.labelling.dom_features import name_groups
from ingest.core.labelling.outline import inner_settings

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    from ingest.core.labelling.outline import Outline, Setting
    from ingest.core.model import Block, Element

CELL_WORDS = 60
"""Words of a cell from which it counts as a column of the page layout."""
MEAN_CELL_WORDS = 20.0
LEAST_ROWS, LEAST_CELLS = 2, 4
LEAST_ITEMS = 3
LEAST_WORDS_A_BLOCK = 3
KEPT_ENOUGH = 0.3
"""Share of a list's words kept by the labeller from which all of the list is kept; with a lower share, only a list as
long as the rest of the body is.
"""
MOST_LINKED_LIST = 0.2
MOST_LINKED = 0.7
"""Highest share of a table's words in links; menus have more."""
AFTERWARDS = 2
"""Number of blocks allowed between the last paragraph and a table of the article."""

FOREIGN = (
    "navigation",
    "footer",
    "related",
    "popular",
    "share",
    "comments",
    "advert",
    "promo",
    "form",
    "overlay",
    "shop",
)


class Table(NamedTuple):
    """A table of facts, or a list: its blocks, in order."""

    place: Element
    blocks: list[int]


def fact_tables(blocks: Sequence[Block], settings: Sequence[Setting], layout: frozenset[Element]) -> list[Table]:
    """The tables whose rows have short cells and that contain no other table."""
    inside: dict[Element, list[int]] = defaultdict(list)
    for at, setting in enumerate(settings):
        if setting.table is not None and setting.table not in layout:
            inside[setting.table].append(at)
    return [
        Table(element, found)
        for element, found in inside.items()
        if _has_facts([settings[at] for at in found], [blocks[at] for at in found])
    ]


def _has_facts(settings: Sequence[Setting], blocks: Sequence[Block]) -> bool:
    cells: dict[Element, int] = defaultdict(int)
    rows: dict[Element, set[Element]] = defaultdict(set)
    for setting, block in zip(settings, blocks, strict=True):
        if setting.cell is not None and setting.row is not None:
            cells[setting.cell] += len(block.text.split()) + (0 if block.text.isascii() else len(block.text) // 6)
            rows[setting.row].add(setting.cell)
    wide = sum(len(row) > 1 for row in rows.values())
    return (
        len(rows) >= LEAST_ROWS
        and len(cells) >= LEAST_CELLS
        and 2 * wide >= len(rows)
        and max(cells.values()) <= CELL_WORDS
        and sum(cells.values()) <= MEAN_CELL_WORDS * len(cells)
    )


def lists(settings: Sequence[Setting]) -> list[Table]:
    """The outermost lists with several items."""
    inside: dict[Element, list[int]] = defaultdict(list)
    for at, setting in enumerate(settings):
        if setting.listing is not None:
            inside[setting.listing].append(at)
    return [Table(element, found) for element, found in inside.items() if len(found) >= LEAST_ITEMS]


def is_whole(each: Table, page: Outline) -> bool:
    """True if a list is the article itself, or is partly kept."""
    amount = sum(page.amount[at] for at in each.blocks)
    kept = sum(page.amount[at] for at in each.blocks if page.body[at])
    rest = page.body_words - kept
    return kept >= KEPT_ENOUGH * amount or (amount >= rest and amount >= LEAST_WORDS_A_BLOCK * len(each.blocks))


def belongs(table: Table, page: Outline, most_linked: float = MOST_LINKED) -> bool:
    """True if a table of facts or a list is part of the article: it is among the article's paragraphs and is not a
    menu.
    """
    inside = set(table.blocks)
    first = next((at for at in page.prose if at not in inside), None)
    last = next((at for at in reversed(page.prose) if at not in inside), None)
    if first is None or last is None or page.stem is None or first > table.blocks[0]:
        return False
    around = list(table.place.self_and_ancestors())
    if not any(element is page.stem for element in around) or is_foreign(around, page.stem):
        return False
    between = (at for at in range(last + 1, table.blocks[0]) if not page.body[at])
    if next(islice(between, AFTERWARDS, None), None) is not None:
        return False
    amount = sum(page.amount[at] for at in table.blocks)
    shares = [markup.link_density if (markup := page.blocks[at].markup) else 0.0 for at in table.blocks]
    linked = sum(page.amount[at] * share for at, share in zip(table.blocks, shares, strict=True))
    return linked <= most_linked * amount or 2 * sum(shares) <= most_linked * len(shares)


def is_foreign(around: Iterable[Element], stem: Element | None, names: Collection[str] = FOREIGN) -> bool:
    """True if an element between a block and the article's element, the smallest first, has a name from a group that
    marks foreign parts.
    """
    heads, member = name_groups()
    for element in around:
        if element is stem:
            return False
        if element.tag in ("nav", "aside", "footer", "form", "button"):
            return True
        if any(heads[at] in names for word in element.name_tokens for at in member.get(word, ())):
            return True
    return False


def cell_ends(blocks: Sequence[Block]) -> list[str | None]:
    """The separator after each block but the last if it is a cell of a table of facts: a tab before the next cell of
    its row, a line end before the next row. None for a block that is not a cell, or is the last of its table.
    """
    settings, layout = inner_settings(blocks)
    facts = {table.place for table in fact_tables(blocks, settings, layout)}
    ends: list[str | None] = []
    for one, other in pairwise(settings):
        if one.table is None or one.table not in facts or one.table is not other.table:
            ends.append(None)
        elif one.row is not other.row:
            ends.append("\n")
        else:
            ends.append("\t" if one.cell is not other.cell else "\n")
    return ends
