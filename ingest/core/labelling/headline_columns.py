"""Features for the choice of a text's headline: its title-like lines above the prose, each as a row of named numbers.

They are a line's similarity to the lead and to the words of the URL, its distance from the first prose, its
repetitions, the line classifier's verdict on it and its neighbours, and its shape.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple, overload

import numpy as np

from ingest.core.labelling.calls import calls
from ingest.core.labelling.headline_copies import copies, words_shared
from ingest.core.labelling.headline_places import first_prose, title_places
from ingest.core.labelling.title_text import slug_stems, stems, without_bullet
from ingest.core.model import Label
from ingest.core.text.date_lines import date_line, is_dated_caption
from ingest.core.text.dates import find_labelled_dates

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ingest.core.labelling.line_shape import Columns
    from ingest.core.labelling.text_classifier import Judgement
    from ingest.core.labelling.tokens import Bools, Floats, Ints
    from ingest.core.model import Block, LabelledBlock

MIN_STATEMENT_WORDS = 9
"""Words of a sentence with a full stop from which it is rarely a headline."""
MIN_DATED_TITLE_WORDS = 5
MAX_KICKER_WORDS = 4
MAX_WORDS_UNDER_KICKER = 10
LEAD_LINES = 3
"""Number of lines of the first prose that a headline is compared with."""

_BOILERPLATE = {
    "menu": (Label.NAVIGATION,),
    "related": (Label.RELATED,),
    "caption": (Label.CAPTION,),
    "call": (Label.PROMO, Label.WIDGET, Label.ADVERTISEMENT, Label.SHARE, Label.COMMENTS, Label.TAGS, Label.AUTHOR_BIO),
    "date": (Label.DATE, Label.BYLINE, Label.SOURCE_LINE),
    "rights": (Label.COPYRIGHT_NOTICE, Label.USAGE_TERMS, Label.LEGAL_NOTICE, Label.CREDIT),
}
_MAY_BE_TITLES = (Label.RELATED, Label.NAVIGATION, Label.DUPLICATE, Label.PROMO, Label.COMMENTS)
_DATES = (Label.DATE, Label.BYLINE)
_EXCLAIMS = ("?", "？", "؟", "!", "！", "…")
_OPEN_END = re.compile(r"[:;,，：；、]$")


class Candidate(NamedTuple):
    """A line that may be the headline: its index among the blocks, its text without a bullet, its columns."""

    at: int
    text: str
    columns: Mapping[str, float]


class Candidates(Sequence[Candidate]):
    """The lines that may be the headline, in order."""

    def __init__(self, places: list[int], texts: list[str], columns: Mapping[str, Floats]) -> None:
        """`columns`: float64[candidates] each."""
        self.places, self.texts, self.columns = places, texts, columns

    def __len__(self) -> int:
        """The number of candidates."""
        return len(self.places)

    @overload
    def __getitem__(self, at: int) -> Candidate: ...
    @overload
    def __getitem__(self, at: slice) -> list[Candidate]: ...
    def __getitem__(self, at: int | slice) -> Candidate | list[Candidate]:
        """One candidate with its row of the columns."""
        if isinstance(at, slice):
            return [self[each] for each in range(*at.indices(len(self)))]
        row = {name: float(values[at]) for name, values in self.columns.items()}
        return Candidate(self.places[at], self.texts[at], row)


def candidates(
    blocks: Sequence[Block],
    rows: Sequence[LabelledBlock | None],
    judged: Judgement,
    url: str | None,
) -> Candidates:
    """The title-like lines above the prose, with their columns."""
    prose, first = first_prose(rows, judged)
    called = set(calls(blocks, judged))
    places = [
        i
        for i in title_places(blocks, rows, first, judged.seen.lines.length)
        if i not in called
        and (rows[i] is not None or not (date_line(blocks[i].text) or is_dated_caption(blocks[i].text)))
    ]
    if not places:
        return Candidates([], [], {})
    texts = [
        without_bullet((row.captured.get("headline") if (row := rows[i]) else None) or blocks[i].text) for i in places
    ]
    lead = stems(" ".join(blocks[i].text for i in np.flatnonzero(prose[first:])[:LEAD_LINES] + first))
    at = np.array(places)
    columns = (
        words_shared(texts, lead, slug_stems(url))
        | copies(blocks, texts, judged.seen.lines.length[at], np.maximum(first - at, 0))
        | _form(blocks, rows, judged, at, texts)
        | _neighbourhood(blocks, rows, judged, at, prose, first)
    )
    return Candidates(places, texts, columns)


def _form(
    blocks: Sequence[Block],
    rows: Sequence[LabelledBlock | None],
    judged: Judgement,
    at: Ints,
    texts: Sequence[str],
) -> Columns:
    """The shape of each candidate, and the line classifier's verdict on it."""
    columns, words, places = judged.seen.columns, judged.seen.lines.length[at], at.tolist()
    sentence = columns["shape.ends_sentence"][at] > 0
    ruled = np.array([rows[i] is not None for i in places])
    dated = _dated(rows, at)
    sure = np.maximum(judged.residue[at], 1e-4)
    odds = np.where(dated, 0.0, np.minimum(np.maximum(np.log(sure / np.maximum(1 - judged.residue[at], 1e-4)), -5), 5))
    flags = {
        "first": at == 0,
        "first_long": (at == 0) & (words >= 4),
        "listed": ruled & ~dated,
        "bullet": [text != blocks[i].text for i, text in zip(places, texts, strict=True)],
        "heading": [blocks[i].kind == "heading" for i in places],
        "sentence": sentence,
        "statement": sentence & (words >= MIN_STATEMENT_WORDS) & [not text.endswith(_EXCLAIMS) for text in texts],
        "question": [text.endswith(("?", "？", "؟")) for text in texts],
        "open_end": _open_ends(texts),
        "upper": columns["shape.upper"][at] > 0.8,
        "credited": columns["cue.credit_share"][at] + columns["cue.caption_share"][at] > 0,
        "paragraph": judged.paragraphs[at],
    }
    return _as_numbers(flags) | {
        "residue": odds,
        "residue_high": np.maximum(odds - 2, 0),
        "words": np.log1p(words),
        "very_short": np.maximum(4 - words, 0),
        "long": np.maximum(words - 16, 0) / 10,
        "small_start": columns["shape.starts_lower"][at],
        "name": columns["shape.name"][at],
        "clock": np.minimum(columns["shape.clocks"][at], 1),
        "year": np.minimum(columns["shape.years"][at], 1),
        "digits": columns["shape.digits"][at],
        "habit": np.minimum(np.maximum(columns["habit.score"][at], -3), 3),
        "cue": columns["cue.covered"][at],
        "bars": np.array([min(text.count("|") + text.count("»") * ("«" not in text), 2.0) for text in texts]),
        "prose_above": np.log1p(columns["prose.before"][at] * np.expm1(columns["prose.total"][at])),
    }


def _neighbourhood(
    blocks: Sequence[Block],
    rows: Sequence[LabelledBlock | None],
    judged: Judgement,
    at: Ints,
    prose: Bools,
    first: int,
) -> Columns:
    """The lines around each candidate, and its rank among the candidates."""
    n, length, residue = len(blocks), judged.seen.lines.length, judged.residue
    words, ranks = length[at], np.arange(len(at))
    ruled = np.array([row is not None for row in rows])
    dated = _dated(rows, at)
    around = np.zeros(n + 2, bool)
    around[at] = around[at + 1] = around[at + 2] = True
    looked_at = around[1:-1]  # the candidates and their neighbours
    named = list(judged.named)
    plain = np.zeros(n + 1, bool)
    plain[:-1] = looked_at & (residue < 0.9) & ~ruled & (length >= 4)
    for i in np.flatnonzero(plain).tolist():
        plain[i] = named[i] in _MAY_BE_TITLES
    plain_above = np.concatenate(([0.0], np.cumsum(plain[at])))
    kept_between = np.cumsum(~judged.gone & ~ruled & ~prose)
    between = np.where(at < first, kept_between[first - 1] - kept_between[at], 0)
    gap = np.array([block.after_blank_line for block in blocks])
    gaps = gap.sum() / n
    has_above, below_first = at > 0, at + 1 < first
    above_words = np.where(has_above, length[at - 1], 0.0)
    below_words = np.where(below_first, length[np.minimum(at + 1, n - 1)], 0.0)
    under_title = has_above & (at <= first) & _like_titles(above_words)
    over_title = below_first & _like_titles(below_words)
    longest_near = np.maximum(above_words, below_words)
    dates = np.zeros(n + 1, bool)
    for i in np.flatnonzero(looked_at).tolist():
        dates[i] = (row.label if (row := rows[i]) else named[i]) in _DATES
    for i in at.tolist():
        if (
            named[i] is Label.DATE
            and length[i] >= MIN_DATED_TITLE_WORDS
            and not any(find_labelled_dates(blocks[i].text))
        ):
            named[i] = Label.BODY  # "The best new bridges of December 2025" names no day
    mean = _mean_length_near(length, at, first)
    bare = (judged.seen.columns["shape.ends_sentence"][at] == 0) & ~_open_ends([blocks[i].text for i in at.tolist()])
    flags = {
        "opens": bare & (at == 0) & (first == 1),
        "opens_deck": bare & (at == 0) & (first == 2) & plain[at + 1] & (below_words > words),
        "under_kicker": has_above
        & (at + 1 == first)
        & plain[at - 1]
        & (above_words <= MAX_KICKER_WORDS)
        & (words > above_words)
        & (words <= MAX_WORDS_UNDER_KICKER),
        "nearest": ranks == len(at) - 1,
        "dek_above": has_above & plain[at - 1] & (above_words < words),
        "dek_below": below_first & plain[at + 1] & (below_words > words) & (words >= 4),
        "in_run": has_above & below_first & (longest_near <= 3),
        "below_date": dates[at + 1],
        "above_date": has_above & dates[at - 1],
        "below_prose": at + 1 == first,
        "title_above": under_title,
        "title_below": over_title,
        "kicker": over_title & (words <= 4),
        "under_longer": has_above & (above_words < words) & _like_titles(above_words),
        "first_kept": (residue[at] < 0.5) & (np.cumsum(residue[at] < 0.5) == 1),
        "first_plain": plain[at] & (plain_above[:-1] == 0),
        "gapless": np.full(len(at), not gap[1:].any()),
        "top": np.full(len(at), first == 0),
    }
    columns = _as_numbers(flags)
    for name, labels in _BOILERPLATE.items():
        columns[f"is_{name}"] = np.array([named[i] in labels for i in at.tolist()], np.float64) * ~dated
    gap_below = np.concatenate((gap[1:], [False]))
    return columns | {
        "distance": np.log1p(np.maximum(first - at, 0)),
        "kept_between": np.log1p(between),
        "gap": gap[at] - gaps,
        "gap_below": gap_below[at] - gaps,
        "longer_than_near": np.where(mean >= 0, np.log1p(words) - np.log1p(np.maximum(mean, 0)), 0.5),
        "plain_above": np.minimum(plain_above[:-1], 4),
        "plain_below": np.minimum(plain_above[-1] - plain_above[1:], 4),
        "dek": np.maximum(words - 14, 0) / 10 * (plain_above[:-1] > plain_above[np.maximum(ranks - 2, 0)]),
    }


def _as_numbers(flags: Mapping[str, Bools | Sequence[bool]]) -> Columns:
    """Flags as columns of 1 and 0, made at once."""
    return dict(zip(flags, np.array(list(flags.values()), np.float64), strict=True))


def _open_ends(texts: Sequence[str]) -> Bools:
    """True for lines that end with a colon or a comma."""
    return np.array([bool(_OPEN_END.search(text)) for text in texts])


def _dated(rows: Sequence[LabelledBlock | None], at: Ints) -> Bools:
    """True for candidates that a pack has separated from a date: the line classifier has seen the date, too."""
    return np.array([(row := rows[i]) is not None and row.label is Label.DATE for i in at.tolist()])


def _mean_length_near(length: Floats, at: Ints, first: int) -> Floats:
    """Mean words of the three lines on each side, of the lines above the prose only; -1 where there are none."""
    sums = np.concatenate((np.zeros(1), np.cumsum(length)))
    low, high = np.maximum(at - 3, 0), np.minimum(np.minimum(at + 4, len(length)), first)
    own = at < high
    count = high - low - own
    total = sums[np.maximum(high, low)] - sums[low] - np.where(own, length[at], 0.0)
    return np.asarray(np.where(count > 0, total / np.maximum(count, 1), -1.0))


def _like_titles(words: Floats) -> Bools:
    """True for lines with as many words as headlines have."""
    return (words >= 4) & (words <= 20)
