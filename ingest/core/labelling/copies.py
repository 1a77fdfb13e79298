"""Repeated text: a copy for print, for phones or for browsers without scripts, or an opening before the whole article."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ingest.core.labelling.outline import Outline

COPY_WORDS = 12
"""Words from which a block with the text of an earlier one may be a copy; shorter lines recur in any text."""
CUT_CHARACTERS = 20
"""Fewest characters of a truncated text."""
MIN_REFRAIN_OCCURRENCES = 4
"""Number of occurrences from which a text is a refrain, not a copy: a question put to each guest."""
MIN_COPIED_SHARE = 0.4
"""Share of the body's words in copies from which one repeated paragraph is enough; below it, two must follow one
another in both places.
"""

MIN_JOINED_SHARE = 0.8
"""Share of a block's words in other blocks from which it is these joined."""


def copies(page: Outline) -> set[int]:
    """The blocks of the body that repeat another block of it, in runs with at least one long block.

    A single paragraph that occurs twice may be a pull quote or the opening used as a summary: 4 of 7 such pages had
    both in their gold text.
    """
    own = [at for at, mine in enumerate(page.body) if mine]
    where: dict[str, list[int]] = {}
    for at in own:
        where.setdefault(page.blocks[at].text.casefold(), []).append(at)
    again = {at: places for places in where.values() if 1 < len(places) < MIN_REFRAIN_OCCURRENCES for at in places[1:]}
    long = [at for at in again if page.amount[at] >= COPY_WORDS]
    if not long:
        return _cut_short(page, own, where) | _joined(page, own)
    whole = sum(page.amount[at] for at in long) >= MIN_COPIED_SHARE * sum(page.amount[at] for at in own)
    texts = [block.text.casefold() for block in page.blocks]
    found = {at for at in long if whole or any(_run_on(texts, first, at) for first in again[at] if first < at)}
    for step in (-1, 1):  # short lines beside those
        for at in sorted(again, reverse=step > 0):
            if at + step in found or at + 2 * step in found:
                found.add(at)
    return found | _cut_short(page, own, where) | _joined(page, own)


def _run_on(texts: list[str], one: int, other: int) -> bool:
    """True if two blocks with the same text also have the same block before or after them, whatever the labeller says
    of it.
    """
    last = len(texts) - 1
    return (one > 0 and _same(texts[one - 1], texts[other - 1])) or (
        other < last and _same(texts[one + 1], texts[other + 1])
    )


def _same(one: str, other: str) -> bool:
    """True if two texts are the same, or the first is a truncated form of the second."""
    return one == other or (
        len(one) > CUT_CHARACTERS and one.endswith(("…", "...")) and other.startswith(one.rstrip("….").rstrip())
    )


def _cut_short(page: Outline, own: list[int], texts: dict[str, list[int]]) -> set[int]:
    """Openings that end with an ellipsis, where the whole paragraph follows."""
    found = set()
    for at in own:
        text = page.blocks[at].text
        if text.endswith(("…", "...")) and page.amount[at] >= COPY_WORDS:
            opening = text.casefold().rstrip("….").rstrip()
            if any(len(other) > len(text) and other.startswith(opening) for other in texts):
                found.add(at)
    return found


def _joined(page: Outline, own: list[int]) -> set[int]:
    """The longest block, if nearly all of it is the text of others: the article in one element, for print or for copying."""
    longest = max(own, key=page.amount.__getitem__, default=0)
    text = page.blocks[longest].text if own else ""
    parts = {
        page.blocks[at].text: page.amount[at]
        for at in own
        if page.amount[longest] > page.amount[at] >= COPY_WORDS and page.blocks[at].text in text
    }
    covered = sum(parts.values())
    return {longest} if len(parts) > 1 and covered >= MIN_JOINED_SHARE * page.amount[longest] else set()
