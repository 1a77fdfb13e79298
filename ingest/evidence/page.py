"""Which blocks of a page are its article."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ingest.model import Label, Verdict

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ingest.model import Block, Claim


def judge(blocks: Sequence[Block], claims: Sequence[Claim] = (), headline: str | None = None) -> list[Verdict]:  # noqa: ARG001
    """One verdict a block: body where the main-region finder kept it, unless it says the headline again."""
    return [_verdict(block, headline) for block in blocks]


def _verdict(block: Block, headline: str | None) -> Verdict:
    if block.text == headline:
        return Verdict(Label.HEADLINE, 0.9)
    kept = block.markup is not None and block.markup.kept
    return Verdict(Label.BODY if kept else Label.NAVIGATION, 0.8)
