"""Corrections of the labeller from the structure of the page: tables, gaps, copies and other stories.

The labeller judges each block separately. Each step here works on the result of the steps before it, and marks blocks
as body or as not body.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from ingest.core.labelling.asides import author_notes, comments, scripts
from ingest.core.labelling.cards import cards
from ingest.core.labelling.copies import copies
from ingest.core.labelling.gaps import gaps
from ingest.core.labelling.openings import other_openings
from ingest.core.labelling.outline import MIN_BODY_WORDS, outline
from ingest.core.labelling.peers import headings, peers, summary
from ingest.core.labelling.refusal import speaks_of
from ingest.core.labelling.stories import other_stories
from ingest.core.labelling.surroundings import comments_and_notes
from ingest.core.labelling.tables import MOST_LINKED_LIST, belongs, fact_tables, is_whole, lists
from ingest.core.model import Label

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from ingest.core.labelling.outline import Outline
    from ingest.core.model import Block, Claim, Element, Prediction

ALONE_WORDS, ALONE_CERTAIN = 60, 0.9
"""Words of such a text, and the highest confidence of the labeller that it is not part of the article."""

Decision = tuple[Label, str]
"""A label, and the id of the rule that assigned it."""


class Stated(NamedTuple):
    """Titles and authors from the page's metadata."""

    titles: tuple[str, ...] = ()
    authors: tuple[str, ...] = ()

    @classmethod
    def of(cls, claims: Iterable[Claim]) -> Stated:
        """The titles and authors among the claims."""
        stated = list(claims)
        names = [name for claim in stated if claim.field == "authors" for name in claim.value]
        return cls(tuple(claim.value for claim in stated if claim.field == "headline"), tuple(dict.fromkeys(names)))


def decide(
    blocks: Sequence[Block], verdicts: Sequence[Prediction], free: list[bool], stated: Stated
) -> dict[int, Decision]:
    """The blocks whose label changes. `free`: true for those that no pack rule has decided."""
    page = outline(blocks, verdicts, free)
    decided: dict[int, Decision] = {}
    for step in (_alone, _unseen, _others, _tables, _lists, _gaps, _peers, _copies, _openings, _asides):
        changes = dict(step(page, stated))
        if changes:
            decided |= changes
            page = replace(
                page,
                body=[changes[at][0] is Label.BODY if at in changes else mine for at, mine in enumerate(page.body)],
            )
    return decided


def _alone(page: Outline, stated: Stated) -> Iterator[tuple[int, Decision]]:
    """The only long text of a page without a body, if it shares the words of the page's title: a whole article in one
    element, separated by single line breaks only.
    """
    if page.body_words >= MIN_BODY_WORDS:
        return
    for at, (block, prediction) in enumerate(zip(page.blocks, page.verdicts, strict=True)):
        plain = block.markup is not None and block.markup.link_density < 0.2 and page.settings[at].inert is None
        unsure = prediction.label is Label.NAVIGATION and prediction.confidence < ALONE_CERTAIN
        if (
            plain
            and unsure
            and page.free[at]
            and page.amount[at] >= ALONE_WORDS
            and speaks_of([block.text], stated.titles)
        ):
            yield at, (Label.BODY, "structure/alone")


def _unseen(page: Outline, stated: Stated) -> Iterator[tuple[int, Decision]]:
    """Hidden text, unless it is longer than all visible text: templates hide whole articles until a script runs. A text field
    holds none: the code that embeds an article elsewhere is often longer than the article.
    """
    del stated
    seen = sum(
        size
        for size, mine, each in zip(page.amount, page.body, page.settings, strict=True)
        if mine and each.inert is None
    )
    hidden: dict[Element, list[int]] = {}
    for at, (mine, each) in enumerate(zip(page.body, page.settings, strict=True)):
        if mine and each.inert is not None:
            hidden.setdefault(each.inert, []).append(at)
    for element, inside in hidden.items():
        if sum(page.amount[at] for at in inside) <= seen or (element.tag == "textarea" and seen >= MIN_BODY_WORDS):
            yield from _all(inside, Label.WIDGET, "structure/unseen")


def _others(page: Outline, stated: Stated) -> Iterator[tuple[int, Decision]]:
    yield from _all(other_stories(page, stated.titles), Label.RELATED, "structure/other-story")


def _tables(page: Outline, stated: Stated) -> Iterator[tuple[int, Decision]]:
    del stated
    for table in fact_tables(page.blocks, page.settings, page.layout):
        if belongs(table, page):
            yield from _all(
                (at for at in table.blocks if page.free[at] and not page.body[at]), Label.BODY, "structure/table"
            )


def _lists(page: Outline, stated: Stated) -> Iterator[tuple[int, Decision]]:
    del stated
    for each in lists(page.settings):
        lost = [at for at in each.blocks if page.free[at] and not page.body[at] and page.settings[at].inert is None]
        if lost and is_whole(each, page) and belongs(each, page, MOST_LINKED_LIST):
            yield from _all(lost, Label.BODY, "structure/list")


def _gaps(page: Outline, stated: Stated) -> Iterator[tuple[int, Decision]]:
    del stated
    yield from _all(gaps(page), Label.BODY, "structure/gap")


def _peers(page: Outline, stated: Stated) -> Iterator[tuple[int, Decision]]:
    del stated
    yield from _all(peers(page), Label.BODY, "structure/peer")
    yield from _all(headings(page), Label.BODY, "structure/heading")
    headlines = [at for at, verdict in enumerate(page.verdicts) if verdict.label is Label.HEADLINE]
    yield from _all(summary(page, headlines), Label.BODY, "structure/summary")


def _copies(page: Outline, stated: Stated) -> Iterator[tuple[int, Decision]]:
    del stated
    yield from _all(copies(page), Label.DUPLICATE, "structure/copy")


def _openings(page: Outline, stated: Stated) -> Iterator[tuple[int, Decision]]:
    yield from _all(other_openings(page, stated.titles), Label.RELATED, "structure/opening")
    yield from _all(cards(page), Label.RELATED, "structure/card")


def _asides(page: Outline, stated: Stated) -> Iterator[tuple[int, Decision]]:
    yield from _all(scripts(page), Label.WIDGET, "structure/script")
    yield from ((at, (label, "structure/frame")) for at, label in comments_and_notes(page, stated.titles))
    yield from _all(author_notes(page, stated.authors), Label.AUTHOR_BIO, "structure/author-note")
    yield from _all(comments(page), Label.COMMENTS, "structure/remarks")


def _all(blocks: Iterable[int], label: Label, rule: str) -> Iterator[tuple[int, Decision]]:
    return ((at, (label, rule)) for at in blocks)
