"""Blocks inside elements that a publisher's rules select."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ingest.core.model import Block, LabelledBlock

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ingest.core.packs.selector import SelectorRule
    from ingest.core.parse.page import ParsedPage


def selected_blocks(page: ParsedPage, rules: tuple[SelectorRule, ...], count: int) -> dict[int, SelectorRule]:
    """The publisher's rules for elements, by the numbers of those of the first `count` blocks that stand inside."""
    if page.index is None or not rules:
        return {}
    from ingest.core.html.select import blocks_inside  # noqa: PLC0415  lxml, for pages alone
    from ingest.core.packs.selector import select_first  # noqa: PLC0415

    found = blocks_inside(page.index.tree, select_first(rules, page.index.tree))
    return {at: rule for at, rule in found.items() if at < count}


def apply_selectors(
    blocks: Sequence[Block], rows: list[LabelledBlock | None], chosen: Mapping[int, SelectorRule]
) -> None:
    """Blocks inside elements that the publisher's rules select. `chosen`: by the identity of a block; one that a rule for joined tails has
    split keeps what it was.
    """
    for at, block in enumerate(blocks if chosen else ()):
        if rule := chosen.get(id(block)):
            rows[at] = LabelledBlock(
                block, rule.label, rule.id, captured={rule.field: block.text} if rule.field else {}
            )
