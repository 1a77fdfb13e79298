"""The same text twice: a copy for print, for phones, without scripts, or an opening before the whole article."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ingest.core.labelling.outline import Outline

COPY_WORDS = 12
"""From which a block that says what one before it says may be a copy; shorter lines come again in any text."""
CUT_CHARACTERS = 20
"""Of a text that breaks off, at least."""
REFRAIN = 4
"""Times from which a text is no copy but comes again: a question put to each guest."""
MOST_OF_IT = 0.4
"""Share of the body's words in copies, from which one paragraph is enough; else two must follow one another in both."""


def copies(page: Outline) -> set[int]:
    """The blocks of the body that say again what another of it says: runs of them in which one is of some length.

    One paragraph that stands twice may be a quotation set large or the opening as its own summary: of 7 such pages 4 had both in their gold.
    """
    own = [at for at, mine in enumerate(page.body) if mine]
    where: dict[str, list[int]] = {}
    for at in own:
        where.setdefault(page.blocks[at].text.casefold(), []).append(at)
    again = {at: places for places in where.values() if 1 < len(places) < REFRAIN for at in places[1:]}
    long = [at for at in again if page.amount[at] >= COPY_WORDS]
    if not long:
        return _cut_short(page, own, where)
    whole = sum(page.amount[at] for at in long) >= MOST_OF_IT * sum(page.amount[at] for at in own)
    texts = [block.text.casefold() for block in page.blocks]
    found = {at for at in long if whole or any(_run_on(texts, first, at) for first in again[at] if first < at)}
    for step in (-1, 1):  # short lines beside those
        for at in sorted(again, reverse=step > 0):
            if at + step in found or at + 2 * step in found:
                found.add(at)
    return found | _cut_short(page, own, where)


def _run_on(texts: list[str], one: int, other: int) -> bool:
    """Whether two blocks that say the same have the same before them or behind them, whatever the labeller makes of that."""
    last = len(texts) - 1
    return (one > 0 and _same(texts[one - 1], texts[other - 1])) or (
        other < last and _same(texts[one + 1], texts[other + 1])
    )


def _same(one: str, other: str) -> bool:
    """Whether two texts say the same, or the first breaks off."""
    return one == other or (
        len(one) > CUT_CHARACTERS and one.endswith(("…", "...")) and other.startswith(one.rstrip("….").rstrip())
    )


def _cut_short(page: Outline, own: list[int], texts: dict[str, list[int]]) -> set[int]:
    """Openings that break off with dots, where the whole paragraph follows."""
    found = set()
    for at in own:
        text = page.blocks[at].text
        if text.endswith(("…", "...")) and page.amount[at] >= COPY_WORDS:
            opening = text.casefold().rstrip("….").rstrip()
            if any(len(other) > len(text) and other.startswith(opening) for other in texts):
                found.add(at)
    return found
