"""Blocks inside elements that a publisher's rules select."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ingest.core.model import Block, LabelledBlock

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ingest.core.packs.selector import SelectorRule


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
