"""Blocks that stand where the article's paragraphs stand: in the same element, with the same tag and class, between them; and
the summary between the headline and the first paragraph.

A labeller that judges each block separately drops single paragraphs, subheadings and lines of code out of a run that it keeps.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from ingest.core.labelling.outline import PROSE_WORDS, base, outwards
from ingest.core.model import Label
from ingest.core.text.lines import ends_like_sentence

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ingest.core.labelling.outline import Outline

MIN_PEERS = 3
"""Fewest blocks of the body in the same place."""
MIN_KEPT_SHARE = 0.7
"""Lowest share of the words in that place that are body: the entries of a live report and comments have less."""
MAX_LINK_DENSITY = 0.3
MAX_CONFIDENCE = 0.85
"""Highest confidence of the labeller that such a block is not part of the article. Of 55 blocks below it on 1,377 pages, whose
models had not seen them, 50 are part of the article by eye.
"""
MAX_CODE_CONFIDENCE = 0.95
MIN_LINKED_WORDS, MAX_LINKED_CONFIDENCE = 14, 0.97
"""Fewest words of a sentence that is a paragraph although it is a link, and the labeller's confidence for it."""

MAX_HEADING_CONFIDENCE, MIN_LIKE_HEADINGS = 0.95, 2
"""Of 49 headings that such paragraphs follow, 46 are the article's by eye."""

SUMMARY_WORDS = (6, 80)
MIN_DESCRIBED_SHARE = 0.9
"""Lowest share of a summary's words in the page's description."""
MAX_SUMMARY_DISTANCE = 3
"""Number of blocks below the headline among which its summary is looked for."""
MAX_SUMMARY_CONFIDENCE = 0.65
"""Highest confidence of the labeller that a summary is not part of the article."""


def peers(page: Outline) -> Iterator[int]:
    """The blocks between two of the body in the same place, where most of the text is body."""
    own = [at for at, mine in enumerate(page.body) if mine]
    if len(own) < MIN_PEERS:
        return
    places: dict[object, list[int]] = {}
    for at in range(own[0], own[-1] + 1):
        block, setting = page.blocks[at], page.settings[at]
        element, markup = base(block), block.markup
        if element is None or markup is None or setting.inert is not None:
            continue
        if markup.link_density <= MAX_LINK_DENSITY or _is_linked_sentence(page, at):
            key = markup.tag if setting.code is not None else (element.tag, element.class_attr, element.parent)
            places.setdefault(key, []).append(at)
    for group in places.values():
        kept = [at for at in group if page.body[at]]
        if len(kept) == len(group) or len(kept) < MIN_PEERS:
            continue
        if sum(page.amount[at] for at in kept) < MIN_KEPT_SHARE * sum(page.amount[at] for at in group):
            continue
        for at in group:
            if kept[0] < at < kept[-1] and not page.body[at] and _is_ours(page, at):
                yield at


def headings(page: Outline) -> Iterator[int]:
    """The headings directly above a kept paragraph in the same element, with body before and after; the last one only if others
    like it are kept.
    """
    prose = page.prose
    kept: Counter[tuple[str, str]] = Counter()
    for at in range(prose[0] + 1, prose[-1]) if len(prose) > 1 else ():
        if page.blocks[at].kind != "heading":
            continue
        one, below = base(page.blocks[at]), base(page.blocks[at + 1])
        if one is None or below is None or one.parent is not below.parent:
            continue
        like = one.tag, one.class_attr
        if not page.body[at]:
            confidence, label = page.verdicts[at].confidence, page.verdicts[at].label
            if (
                label in (Label.HEADLINE, Label.DUPLICATE, Label.COMMENTS)
                or confidence > MAX_HEADING_CONFIDENCE
                or not (page.body[at + 1] and page.amount[at + 1] >= PROSE_WORDS)
                or (at + 1 == prose[-1] and kept[like] < MIN_LIKE_HEADINGS)
                or page.settings[at].inert is not None
                or not _is_plain(page, at)
                or _is_linked(page, at)
            ):
                continue
            yield at
        kept[like] += 1


def _is_linked(page: Outline, at: int) -> bool:
    markup = page.blocks[at].markup
    return markup is not None and markup.link_density > MAX_LINK_DENSITY


def _is_ours(page: Outline, at: int) -> bool:
    """True if the labeller is not certain that a block is something else."""
    certain = MAX_CONFIDENCE
    if page.settings[at].code is not None:
        certain = MAX_CODE_CONFIDENCE
    elif _is_linked_sentence(page, at):
        certain = MAX_LINKED_CONFIDENCE
    return page.verdicts[at].confidence <= certain and _is_plain(page, at)


def _is_linked_sentence(page: Outline, at: int) -> bool:
    """True if a block is a sentence of some length inside a link; the headlines of other articles have no stop."""
    block = page.blocks[at]
    return (
        block.markup is not None
        and _is_linked(page, at)
        and page.amount[at] >= MIN_LINKED_WORDS
        and ends_like_sentence(block.text)
    )


def _is_plain(page: Outline, at: int) -> bool:
    """True if no pack, table, image or figure says what a block is."""
    block = page.blocks[at]
    return (
        page.free[at]
        and page.settings[at].table is None
        and block.kind != "caption"
        and not (block.markup and block.markup.media)
        and all(element.tag != "figure" for element in outwards(block))
    )


def summary(page: Outline, headlines: Sequence[int]) -> Iterator[int]:
    """The block directly below the headline that repeats the page's description, above the first paragraph."""
    own = [at for at, mine in enumerate(page.body) if mine]
    for at in headlines:
        for below in range(at + 1, min(at + 1 + MAX_SUMMARY_DISTANCE, own[0] if own else 0)):
            markup, label = page.blocks[below].markup, page.verdicts[below].label
            if (
                markup is not None
                and markup.metadata_overlap[0] >= MIN_DESCRIBED_SHARE
                and markup.link_density <= MAX_LINK_DENSITY
                and SUMMARY_WORDS[0] <= page.amount[below] <= SUMMARY_WORDS[1]
                and page.verdicts[below].confidence <= MAX_SUMMARY_CONFIDENCE
                and label not in (Label.HEADLINE, Label.DUPLICATE)
                and page.settings[below].inert is None
                and _is_plain(page, below)
            ):
                yield below
                return
