"""Labels from the form of a text file, where no pack decides: dates, names and captions between headline and prose,
second copies of the head, notices to readers, and titles of other articles after the last prose.

It compares lines with lines and never looks for words of one publisher. The line classifier does not change what is
labelled here.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import numpy as np

from ingest.core.labelling.calls import calls
from ingest.core.labelling.headline_places import first_prose
from ingest.core.labelling.text_lists import keep_lists, runs_of
from ingest.core.labelling.text_people import label_authors
from ingest.core.labelling.title_text import ends_sentence, stems, without_bullet
from ingest.core.metadata.authors import looks_like_person
from ingest.core.model import Label, LabelledBlock
from ingest.core.text.date_lines import date_line, is_dated_caption
from ingest.core.text.normalize import match_key

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ingest.core.labelling.text_classifier import Judgement
    from ingest.core.labelling.tokens import Bools
    from ingest.core.model import Block

Rows = "list[LabelledBlock | None]"

MIN_STANDFIRST_WORDS = 7
MAX_HEAD_LINES = 16
"""Most lines of a head: title, standfirst, byline, date, and what a template puts between its two copies."""
MIN_TAIL_LINES = 2
"""Number of lines of one form after the last prose that make a list."""
MAX_KNOWN_SHARE = 0.34
"""Share of a title's words found in the article; the title of another article has a lower one."""
MAX_HEADLINE_BOILERPLATE_CONFIDENCE = 0.25
"""Probability of boilerplate from which a line is removed where its position is evidence, too: above the headline, or
below a closing call to action.
"""

MIN_KICKER_RESIDUE = 0.35
"""Probability of boilerplate from which a short line between headline and prose is removed: a kicker, a place, a
counter.
"""
MAX_KICKER_WORDS = 9
MAX_BREADCRUMB_CHARACTERS = 60
"""Most characters of a breadcrumb trail before the title."""

_TITLE_WORDS = range(4, 30)
_NAME_EDGE = re.compile(r"^[\s|•·,/–—-]+|[\s|•·,/–—-]+$")
_NAME_BAR = re.compile(r"\s*[|•·/]\s*$")
_ELLIPSIS = re.compile(r"(?:…|\.\.\.)\W{0,3}$")
_ANNOUNCES = re.compile(r"[:：]\W{0,2}$")
_BULLET = re.compile(r"^(?:[-*•●‣▪◦–—·+>»]|[•●▪■►▶])\s*\S")


def settle(blocks: Sequence[Block], rows: list[LabelledBlock | None], judged: Judgement, headline: str | None) -> None:
    """Label what the form of the text shows. `rows`: the decisions of the packs and the place of the headline; changed
    in place.
    """
    prose, first = first_prose(rows, judged)
    top = range(min(first, len(blocks)))
    _second_copies(blocks, rows, top)
    for i in top:
        if rows[i] is None and (found := date_line(blocks[i].text)):
            rows[i] = LabelledBlock(blocks[i], Label.DATE, "structure/date", captured=found)
    _above_headline(blocks, rows, judged, top, int(np.flatnonzero(prose)[0]) if prose.any() else len(blocks))
    key = match_key(headline or "")
    for i in top:
        if rows[i] is None and (label := _beside_head(blocks, rows, i, key)):
            rows[i] = label
    if headline:
        _around_head(blocks, rows, judged, top, key)
    for i in calls(blocks, judged):
        if rows[i] is None:
            rows[i] = LabelledBlock(blocks[i], Label.PROMO, "structure/call")
    _titles_at_the_end(blocks, rows, judged, prose)
    keep_lists(blocks, rows, judged, prose)
    label_authors(blocks, rows, judged, prose)


def _second_copies(blocks: Sequence[Block], rows: list[LabelledBlock | None], top: range) -> None:
    """Remove the second copy of a head as a whole. The standfirst is the first line below the title that is printed
    again below the second title.
    """
    copies = _copies(rows, top)
    if len(copies) < 2:
        return
    head: dict[str, int] = {}
    for i in range(copies[-2] + 1, copies[-1]):
        head.setdefault(match_key(blocks[i].text), i)
    for i in range(copies[-1] + 1, min(copies[-1] + 1 + MAX_HEAD_LINES, len(blocks))):
        at = head.get(match_key(blocks[i].text))
        if at is None or rows[i] is not None or not match_key(blocks[i].text):
            continue
        rows[i] = LabelledBlock(blocks[i], Label.DUPLICATE, "structure/repeated-head")
        if rows[at] is None and len(blocks[at].text.split()) >= MIN_STANDFIRST_WORDS and not date_line(blocks[at].text):
            rows[at] = LabelledBlock(blocks[at], Label.SUBHEADLINE, "structure/repeated-head")


def _copies(rows: Sequence[LabelledBlock | None], top: range) -> list[int]:
    """Where the headline is printed above the prose."""
    return [i for i in top if (row := rows[i]) is not None and row.rule == "structure/headline"]


def _above_headline(
    blocks: Sequence[Block], rows: list[LabelledBlock | None], judged: Judgement, top: range, begun: int
) -> None:
    """Lines between two copies of the headline, and above a headline below a menu, belong to the site; but where prose
    has begun before it, at `begun`, the lines may be a list of the article.
    """
    copies = _copies(rows, top)
    if not copies:
        return
    gone = sum(bool(judged.gone[i]) or rows[i] is not None for i in range(copies[-1]))
    for i in range(copies[-1]):
        between = len(copies) > 1 and i > copies[0] and copies[-1] - copies[0] <= MAX_HEAD_LINES
        menu = (
            i < begun
            and gone >= max(MIN_TAIL_LINES, copies[-1] // 2)
            and judged.residue[i] > MAX_HEADLINE_BOILERPLATE_CONFIDENCE
        )
        if rows[i] is None and not judged.gone[i] and (between or menu) and not judged.paragraphs[i]:
            rows[i] = LabelledBlock(blocks[i], Label.NAVIGATION, "structure/above-headline")


def _around_head(
    blocks: Sequence[Block], rows: list[LabelledBlock | None], judged: Judgement, top: range, key: str
) -> None:
    """Short lines around a headline with a moderate probability of boilerplate, and breadcrumb trails ("Home Food Honey
    jam for the holidays").
    """
    copies = _copies(rows, top)
    if not copies or top.stop - copies[-1] > MAX_HEAD_LINES:  # a list of short lines may be the article
        return
    for i in range(max(copies[0] - MAX_HEAD_LINES, 0), top.stop):
        text = blocks[i].text
        if rows[i] is not None or judged.gone[i] or _BULLET.match(text):
            continue
        short = judged.seen.lines.length[i] <= MAX_KICKER_WORDS and not ends_sentence(text)
        if (short and judged.residue[i] > MIN_KICKER_RESIDUE) or (
            len(text) < 2 * len(key) + MAX_BREADCRUMB_CHARACTERS and match_key(text).endswith(key)
        ):
            rows[i] = LabelledBlock(blocks[i], Label.NAVIGATION, "structure/around-headline")


def _beside_head(
    blocks: Sequence[Block], rows: Sequence[LabelledBlock | None], i: int, headline: str
) -> LabelledBlock | None:
    """A name beside a date or a bar is the author's; a line that ends with a date and has more text is a caption.
    `headline`: folded.
    """
    text = blocks[i].text
    near = range(max(i - 2, 0), min(i + 3, len(rows)))
    if (
        _NAME_BAR.search(text) or any((row := rows[j]) and row.label is Label.DATE for j in near)
    ) and looks_like_person(name := _NAME_EDGE.sub("", text)):
        return LabelledBlock(blocks[i], Label.BYLINE, "structure/name", captured={"authors": name})
    if is_dated_caption(text) and match_key(text) != headline:
        return LabelledBlock(blocks[i], Label.CAPTION, "structure/dated-caption", captured={"caption": text})
    return None


def _titles_at_the_end(
    blocks: Sequence[Block], rows: list[LabelledBlock | None], judged: Judgement, prose: Bools
) -> None:
    """After the last prose: openings that end in "…", bulleted titles unrelated to the article, and what follows a call
    to action.
    """
    found = np.flatnonzero(prose).tolist()
    kept = [i for i in found if (row := rows[i]) is None or row.label is Label.BODY]
    if not kept:
        return
    last = kept[-1]
    tail = range(last + 1, len(blocks))
    if not any(rows[i] is None and not judged.gone[i] for i in tail):
        return
    known: set[str] | None = None
    for run in runs_of([i for i in tail if rows[i] is None and not judged.gone[i]]):
        announced = bool(_ANNOUNCES.search(blocks[run[0] - 1].text))
        for form in (_ELLIPSIS.search, _bulleted_title):
            same = [i for i in run if form(blocks[i].text)]
            if announced or len(same) < max(MIN_TAIL_LINES, len(run) - 1):
                continue
            known = known or stems(" ".join(blocks[i].text for i in kept))
            said = [stems(without_bullet(blocks[i].text)) for i in same]
            share = sum(len(each & known) for each in said) / max(sum(map(len, said)), 1)
            if share <= MAX_KNOWN_SHARE:
                for i in same:
                    rows[i] = LabelledBlock(blocks[i], Label.RELATED, "structure/titles-at-the-end")
    closed = next((i for i in tail if (row := rows[i]) is not None and row.label is Label.PROMO), None)
    for i in range(closed + 1, len(blocks)) if closed is not None else ():
        text = blocks[i].text
        if rows[i] is not None or judged.gone[i] or ends_sentence(text):
            continue
        known = known or stems(" ".join(blocks[j].text for j in kept))
        if len(stems(text) & known) <= MAX_KNOWN_SHARE * len(stems(text)):
            rows[i] = LabelledBlock(blocks[i], Label.RELATED, "structure/below-call")


def _bulleted_title(text: str) -> bool:
    """True if a bulleted line may be the title of another article: of a title's length, and not a sentence."""
    return (
        bool(_BULLET.match(text))
        and len(text.split()) in _TITLE_WORDS
        and not ends_sentence(text)
        and not text.endswith((";", ","))
    )
