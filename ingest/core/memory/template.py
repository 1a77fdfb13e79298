"""The cheap way through a page of a known template: each block is judged by its place and its line alone, without features and trees.

Only a page of which nearly all is known is judged so. What is not known of it must stand between blocks that are alike, and one page in
`CHECKED_OF` goes the long way, so that a place that holds something else by now is noticed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from ingest.core.memory.observation import LABELS
from ingest.core.model import Label, Prediction
from ingest.core.text.characters import count_words

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from ingest.core.memory.sights import Sights
    from ingest.core.model import Block

MIN_STORIES = 9
"""Of the publisher."""
MIN_SURE_STORIES = 8
"""Stories from which a place is sure, where it held the article in all of them or in none."""
MAX_EXCEPTIONS = 0.02
"""Share of a place's stories in which it may have been otherwise."""
MIN_LINE_SHARE = 0.3
"""Share of the stories from which a line that was never a part of the article is none now."""
MAX_UNKNOWN_SHARE = 0.2
"""Of the blocks."""
BARE_LINK_DENSITY, BARE_LINK_WORDS = 0.9, 5
"""Share in links from which, and words below which, a block is no part of an article."""
MAX_UNKNOWN_WORDS, MAX_UNKNOWN_LINKS = 12, 0.5
"""Words up to which, or share in links from which, an unknown block is boilerplate between boilerplate."""
CHECKED_OF = 8

_UNKNOWN, _OUT, _IN = 0, 1, 2


class Template(NamedTuple):
    """Verdicts on all blocks of a page, and the counts that say so: in how many stories its place held the article, of how many."""

    verdicts: list[Prediction]
    counts: list[tuple[int, int] | None]


def judge(sights: Sights, blocks: Sequence[Block], page_id: str) -> Template | None:
    """The verdicts on a page's blocks; None where its template is not known well enough, or where the page is to be checked.

    `page_id`: of its content, in hex.
    """
    if sights.memory.stories < MIN_STORIES or int(page_id[:8], 16) % CHECKED_OF == 0:
        return None
    told = _told(sights, blocks)
    unknown = told == _UNKNOWN
    if unknown.sum() > MAX_UNKNOWN_SHARE * len(blocks) or not (told == _IN).any():
        return None
    if unknown.any():
        told = _between(told, blocks)
        if (told == _UNKNOWN).any():
            return None
    seen, held = sights.seen(), sights.held()
    body = told == _IN
    alike = np.where(body, held, seen - held)
    sure = np.where(unknown, 0.5, (alike + 1) / (seen + 2)).round(3).tolist()
    labels = sights.places["label"].tolist()
    return Template(
        [
            Prediction(Label.BODY if inside else LABELS[label] if label < len(LABELS) else Label.NAVIGATION, certainty)
            for inside, label, certainty in zip(body.tolist(), labels, sure, strict=True)
        ],
        [
            None if new else (of_them, all_)
            for new, of_them, all_ in zip(unknown.tolist(), held.tolist(), seen.tolist(), strict=True)
        ],
    )


def _told(sights: Sights, blocks: Sequence[Block]) -> NDArray[np.intp]:
    """What place and line say of each block alone."""
    seen, held = sights.seen(), sights.held()
    sure, exceptions = seen >= MIN_SURE_STORIES, MAX_EXCEPTIONS * seen
    often = (sights.lines["stories"] > 1) & (sights.lines["stories"] >= MIN_LINE_SHARE * sights.memory.stories)
    bare = np.array(
        [
            block.markup is not None
            and block.markup.link_density >= BARE_LINK_DENSITY
            and count_words(block.text) < BARE_LINK_WORDS
            for block in blocks
        ]
    )
    told = np.where(bare, _OUT, _UNKNOWN)
    told[sure & (held >= seen - exceptions)] = _IN
    told[(sure & (held <= exceptions)) | (often & (sights.lines["body"] == 0))] = _OUT
    return told


def _between(told: NDArray[np.intp], blocks: Sequence[Block]) -> NDArray[np.intp]:
    """The same with each unknown block as those around it are, where these are alike; no long unknown one as boilerplate."""
    order = np.arange(len(told))
    above = np.maximum.accumulate(np.where(told != _UNKNOWN, order, -1))
    below = np.minimum.accumulate(np.where(told != _UNKNOWN, order, len(told))[::-1])[::-1]
    filled = told.copy()
    for at in np.flatnonzero(told == _UNKNOWN).tolist():
        around = {int(told[edge]) for edge in (above[at], below[at]) if 0 <= edge < len(told)}
        markup = blocks[at].markup
        small = count_words(blocks[at].text) <= MAX_UNKNOWN_WORDS or (
            markup is not None and markup.link_density >= MAX_UNKNOWN_LINKS
        )
        if around == {_IN} or (around == {_OUT} and small):
            filled[at] = around.pop()
    return filled
