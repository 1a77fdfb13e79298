"""Lists of short lines that are the article: between its paragraphs, announced by it, of one form, or in repeated records.

Names, prices, scores and dates look like menus to the line classifier, which knows their wording alone. Their form tells: a
menu is not announced, and few lines of one are kept.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import numpy as np

from ingest.core.labelling.title_text import stems
from ingest.core.model import Label, LabelledBlock
from ingest.core.text.normalize import match_key

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ingest.core.labelling.text_classifier import Judgement
    from ingest.core.labelling.tokens import Bools
    from ingest.core.model import Block

MIN_QUESTIONS = 3
"""Number of answers to a question from which it belongs to an interview with several people."""
MIN_LIST_LINES = 7
MIN_ANNOUNCED_LINES = 3
MAX_LIST_RESIDUE = 0.8
"""Highest mean probability of boilerplate of a list between the article's paragraphs; menus have .95 and more."""
MAX_LIST_RESIDUE_ANNOUNCED = 0.9
"""The same where the line above the list ends with a colon."""
MIN_FORM_LINES = 5
"""Lines of one form in a row that make a list."""
MIN_KEPT_SHARE = 0.5
"""Share of a list's lines that the classifier keeps, from which all of them stay."""
MAX_PERIOD_LINES = 8
MIN_PERIODS = 4
"""Records of as many lines in a row, each line of the form of the one before, that make a list."""
MAX_GONE_PARAGRAPHS = 0.2
"""Share of the records' paragraphs that may be boilerplate."""
MIN_DISTINCT_SHARE = 0.5
LONG_WORDS = 12
MIN_HEADING_COPIES = 2
"""Places elsewhere in the article where a heading is kept from which another one is kept, too: "Pros", "Cons"."""

MIN_INTERFACE_LINES = 2
MAX_INTERFACE_SHARE = 0.12
"""Number and share of lines with phrases of buttons, forms and comments from which a run is no list of the article."""

_INTERFACE = frozenset(
    {Label.SHARE, Label.COMMENTS, Label.PROMO, Label.WIDGET, Label.TAGS, Label.ADVERTISEMENT, Label.LEGAL_NOTICE}
)
_QUESTION_MARKS = ("?", "？", "؟")
_ANNOUNCES = re.compile(r"[:：]\W{0,2}$")
_BULLET = re.compile(r"^(?:[-*•●‣▪◦–—·+>»]|[•●▪■►▶])\s*\S")
_FIRST = re.compile(r"(\d)|([-*•●‣▪◦–—·+>»■►▶])|([$€£¥₹₽₴])")
_PART = re.compile(r" -- | [–—-] |: | \| | @ |\.{3,}|, ")


def keep_lists(blocks: Sequence[Block], rows: list[LabelledBlock | None], judged: Judgement, prose: Bools) -> None:
    """Label as body what belongs to the article's lists. `rows`: the decisions so far, changed in place; `prose`: which lines are
    paragraphs of the article.
    """
    _questions(blocks, rows, judged)
    places = [i for i in np.flatnonzero(prose).tolist() if (row := rows[i]) is None or row.label is Label.BODY]
    if not places or not any(judged.gone[i] and rows[i] is None for i in range(places[0], len(blocks))):
        return
    listed = {
        *_between_paragraphs(blocks, rows, judged, prose, places),
        *_of_one_form(blocks, rows, judged, places[0]),
        *_records(blocks, rows, judged, places[0]),
        *_announced_at_the_end(blocks, rows, judged, places[-1]),
    }
    for i in listed:
        rows[i] = LabelledBlock(blocks[i], Label.BODY, "structure/list")
    for i in _repeated_headings(blocks, rows, judged, places[-1]):
        rows[i] = LabelledBlock(blocks[i], Label.BODY, "structure/list")


def runs_of(places: Sequence[int]) -> Iterator[list[int]]:
    """Runs of consecutive positions."""
    run: list[int] = []
    for place in places:
        if run and place != run[-1] + 1:
            yield run
            run = []
        run.append(place)
    if run:
        yield run


def _questions(blocks: Sequence[Block], rows: list[LabelledBlock | None], judged: Judgement) -> None:
    """A question printed several times, each time above a kept line, is put to several people: it is not a repeat to
    remove.
    """
    asked = [i for i, block in enumerate(blocks) if rows[i] is None and block.text.endswith(_QUESTION_MARKS)]
    by_stems: dict[frozenset[str], list[int]] = {}
    for i in asked:
        by_stems.setdefault(frozenset(stems(blocks[i].text)), []).append(i)
    for same in by_stems.values():
        answered = [i for i in same if i + 1 < len(blocks) and judged.paragraphs[i + 1] and not judged.gone[i + 1]]
        if len(answered) >= MIN_QUESTIONS and len(answered) >= len(same) - 1:
            for i in same:
                rows[i] = LabelledBlock(blocks[i], Label.BODY, "structure/question")


def _between_paragraphs(
    blocks: Sequence[Block],
    rows: Sequence[LabelledBlock | None],
    judged: Judgement,
    prose: Bools,
    places: Sequence[int],
) -> Iterator[int]:
    """A run of short lines between two lines of the article's prose, which the classifier doubts and no rule knows."""
    for run in runs_of([i for i in range(places[0] + 1, places[-1]) if rows[i] is None and not prose[i]]):
        if len(run) >= MIN_LIST_LINES and judged.gone[run].any() and not _is_interface(run, judged):
            announced = _ANNOUNCES.search(blocks[run[0] - 1].text)
            limit = MAX_LIST_RESIDUE_ANNOUNCED if announced else MAX_LIST_RESIDUE
            if float(judged.residue[run].mean()) <= limit:
                yield from (i for i in run if judged.seen.lines.words[i])


def _is_interface(run: Sequence[int], judged: Judgement) -> bool:
    """True for a run with buttons, forms or readers' comments in it, by their phrases."""
    found = sum(judged.verdicts[i].label in _INTERFACE for i in run)
    return found >= max(MIN_INTERFACE_LINES, MAX_INTERFACE_SHARE * len(run))


def _of_one_form(
    blocks: Sequence[Block], rows: Sequence[LabelledBlock | None], judged: Judgement, begin: int
) -> Iterator[int]:
    """Lines of one form in a row, such as "June 9 -- Hall, Town" or "3. Name (Club) 7:41.2", most of which are kept."""
    run: list[int] = []
    form: tuple[str, str] | None = None
    for i in range(begin, len(blocks) + 1):
        at = _form(blocks[i].text) if i < len(blocks) and rows[i] is None and not judged.paragraphs[i] else None
        if run and (at is None or at != form):
            if len(run) >= MIN_FORM_LINES and MIN_KEPT_SHARE <= 1 - float(judged.gone[run].mean()) < 1:
                yield from run
            run = []
        if at is not None:
            run.append(i)
        form = at


def _form(text: str) -> tuple[str, str] | None:
    """With what a line begins, and what parts it; None for plain words."""
    first, part = _FIRST.match(text), _PART.search(text)
    begins = ("digit", "bullet", "price")[first.lastindex - 1] if first and first.lastindex else ""
    parted = part[0][0:2] if part else ""
    return (begins, parted) if begins or parted not in {"", ", "} else None


def _records(
    blocks: Sequence[Block], rows: Sequence[LabelledBlock | None], judged: Judgement, begin: int
) -> Iterator[int]:
    """Records in a row of as many lines each, such as a button, a name, a place and a paragraph: if their paragraphs are kept, the
    lines that differ from record to record are; the button, which does not, is not.
    """
    long = judged.seen.lines.length >= LONG_WORDS
    if (long & ~judged.gone)[begin:].sum() < MIN_PERIODS:
        return
    kinds = 4 * long + np.array([2 * bool(_BULLET.match(block.text)) + block.after_blank_line for block in blocks])
    for period in range(2, MAX_PERIOD_LINES + 1):
        other = np.flatnonzero(kinds[begin:-period] != kinds[begin + period :]) + begin
        edges = np.concatenate(([begin - 1], other, [len(kinds) - period]))
        for before in np.flatnonzero(np.diff(edges) > period * (MIN_PERIODS - 1)).tolist():
            records = np.arange(edges[before] + 1, edges[before + 1] + period)
            paragraphs = records[long[records]]
            if not 0 < len(paragraphs) < len(records) or judged.gone[paragraphs].mean() > MAX_GONE_PARAGRAPHS:
                continue
            for phase in range(period):
                lines = records[phase::period].tolist()
                if len({blocks[i].text for i in lines}) >= MIN_DISTINCT_SHARE * len(lines):
                    yield from (i for i in lines if rows[i] is None)


def _announced_at_the_end(
    blocks: Sequence[Block], rows: Sequence[LabelledBlock | None], judged: Judgement, last: int
) -> Iterator[int]:
    """A list below the last paragraph that a kept line with a colon announces, as far as its last line that is not boilerplate."""
    for at in range(last, min(last + 3, len(blocks) - 1)):
        if _ANNOUNCES.search(blocks[at].text) and rows[at] is None and not judged.gone[at]:
            run: list[int] = []
            for i in range(at + 1, len(blocks)):
                if rows[i] is not None or judged.paragraphs[i]:
                    break
                run.append(i)
            while run and judged.residue[run[-1]] > MAX_LIST_RESIDUE:
                run.pop()
            if len(run) >= MIN_ANNOUNCED_LINES and float(judged.residue[run].mean()) <= MAX_LIST_RESIDUE:
                yield from run
            return


def _repeated_headings(
    blocks: Sequence[Block], rows: Sequence[LabelledBlock | None], judged: Judgement, last: int
) -> Iterator[int]:
    """Below the last paragraph: a heading that is kept elsewhere in the article, and the bulleted lines under it."""
    kept: dict[str, int] = {}
    for i in range(last):
        if (row := rows[i]) is not None and row.rule == "structure/list":
            key = match_key(blocks[i].text)
            kept[key] = kept.get(key, 0) + 1
    under = False
    for i in range(last + 1, len(blocks) if kept else 0):
        if rows[i] is not None:
            under = False
            continue
        under = kept.get(match_key(blocks[i].text), 0) >= MIN_HEADING_COPIES or (
            under and bool(_BULLET.match(blocks[i].text))
        )
        if under and judged.gone[i]:
            yield i
