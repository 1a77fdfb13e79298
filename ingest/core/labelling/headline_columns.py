"""What the choice of a text's headline looks at: its title-like lines above the prose, each as a row of named numbers.

A line's likeness to the lead and to the words of the address, its distance from the first prose, its repetitions, what the labeller of
lines says of it and of its neighbours, and its shape.
"""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from ingest.core.labelling.boilerplate_labels import label_boilerplate
from ingest.core.labelling.calls import calls
from ingest.core.labelling.title_text import is_paragraph, slug_stems, stems, without_bullet, without_site_ends
from ingest.core.model import Label
from ingest.core.text.date_lines import date_line, is_dated_caption
from ingest.core.text.normalize import match_key

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ingest.core.labelling.text_classifier import Judgement
    from ingest.core.labelling.tokens import Bools, Floats
    from ingest.core.model import Block, LabelledBlock

MAX_HEADLINE_CHARACTERS = 200
MAX_CANDIDATES = 60
"""Title-like lines above the first prose that are compared, the nearest ones: whole pages have menus of hundreds of lines."""
LEAD_LINES = 3
"""Lines of the first prose that a headline is held against."""

_FURNITURE = {
    "menu": (Label.NAVIGATION,),
    "related": (Label.RELATED,),
    "caption": (Label.CAPTION,),
    "call": (Label.PROMO, Label.WIDGET, Label.ADVERTISEMENT, Label.SHARE, Label.COMMENTS, Label.TAGS, Label.AUTHOR_BIO),
    "date": (Label.DATE, Label.BYLINE, Label.SOURCE_LINE),
    "rights": (Label.COPYRIGHT_NOTICE, Label.USAGE_TERMS, Label.LEGAL_NOTICE, Label.CREDIT),
}
_MAY_BE_TITLES = frozenset({Label.RELATED, Label.NAVIGATION, Label.DUPLICATE, Label.PROMO, Label.COMMENTS})
_OPEN_END = re.compile(r"[:;,，：；、]$")
_TWO_LETTERS = re.compile(r"[^\W\d_]\W?[^\W\d_]")


class Candidate(NamedTuple):
    """A line that may be the headline: its place among the blocks, what it says without its bullet, its columns."""

    at: int
    text: str
    columns: Mapping[str, float]


def candidates(
    blocks: Sequence[Block],
    rows: Sequence[LabelledBlock | None],
    judged: Judgement,
    url: str | None,
) -> tuple[Candidate, ...]:
    """The title-like lines above the prose, with their columns."""
    features, residue, gone = judged.seen, judged.residue, judged.gone
    columns, lines = features.columns, features.lines
    prose, first = first_prose(blocks, rows, judged)
    ruled = np.array([row is not None for row in rows])
    paragraphs = np.array([is_paragraph(block.text) for block in blocks])
    called = set(calls(blocks, judged))
    places = [
        i
        for i in _places(blocks, rows, first, lines.length)
        if i not in called
        and (rows[i] is not None or not (date_line(blocks[i].text) or is_dated_caption(blocks[i].text)))
    ]
    if not places:
        return ()
    lead = stems(" ".join(blocks[i].text for i in np.flatnonzero(prose[first:])[:LEAD_LINES] + first))
    slug = slug_stems(url)
    texts = {
        i: without_bullet((row.captured.get("headline") if (row := rows[i]) else None) or blocks[i].text)
        for i in places
    }
    folded = {i: match_key(text) for i, text in texts.items()}
    copies = _copies(blocks, folded)
    heads = {i: without_site_ends(text) for i, text in texts.items()}
    known = set(folded.values())
    kept_between = np.cumsum(~gone & ~ruled & ~prose)
    gaps = sum(block.after_blank_line for block in blocks) / len(blocks)
    gapless = float(not any(block.after_blank_line for block in blocks[1:]))

    def words_at(i: int) -> float:
        return float(lines.length[i])

    looked_at = np.zeros(len(blocks), bool)  # the candidates and their neighbours
    for step in (-1, 0, 1):
        looked_at[np.clip(np.array(places) + step, 0, len(blocks) - 1)] = True
    named = label_boilerplate(features, looked_at)
    plain = {
        i: residue[i] < 0.9 and named[i] in _MAY_BE_TITLES and rows[i] is None and lines.length[i] >= 4
        for i in np.flatnonzero(looked_at).tolist()
    }
    plain_above = np.concatenate((np.zeros(1), np.cumsum([plain[i] for i in places])))

    found = []
    for rank, i in enumerate(places):
        text, key = texts[i], folded[i]
        mine = stems(text)
        label = named[i]
        below = _label(rows, named, i + 1)
        above = _label(rows, named, i - 1)
        distance = max(first - i, 0)
        between = float(kept_between[first - 1] - kept_between[i]) if first > i else 0.0
        words = float(lines.length[i])
        shared = len(mine & lead) / max(len(mine), 1)
        neighbours = [
            float(lines.length[j]) for j in range(max(i - 3, 0), min(i + 4, len(blocks))) if j != i and j < first
        ]
        dated = (row := rows[i]) is not None and row.label is Label.DATE  # the labeller of lines has seen the date, too
        odds = 0.0 if dated else float(np.clip(np.log(max(residue[i], 1e-4) / max(1 - residue[i], 1e-4)), -5, 5))
        repeated = copies[key] > 1
        shortened = any(
            key in heads[j] or (words >= 4 and folded[j] != key and folded[j].endswith(key)) for j in places if j != i
        )
        above_words = words_at(i - 1) if i else 0.0
        values = {
            "lead": shared,
            "lead_words": min(len(mine & lead), 6) / 6,
            "address": len(mine & slug) / max(len(slug), 1) if slug else 0.0,
            "distance": float(np.log1p(distance)),
            "kept_between": float(np.log1p(between)),
            "nearest": float(rank == len(places) - 1),
            "first": float(i == 0),
            "first_long": float(i == 0 and words >= 4),
            "repeated": float(repeated and words >= 3),
            "repeated_short": float(repeated and words < 3),
            "repeated_near": float(repeated and words >= 3 and distance <= 6),
            "shortened": float(shortened),
            "lengthened": float(bool(heads[i] & known)),
            "breadcrumb": float(
                any(lines.length[j] >= 4 and key != folded[j] and key.endswith(folded[j]) for j in places if j != i)
            ),
            "site_end": float(bool(heads[i])),
            "residue": odds,
            "residue_high": max(odds - 2, 0.0),
            "listed": float(rows[i] is not None and not dated),
            "bullet": float(texts[i] != blocks[i].text),
            "heading": float(blocks[i].kind == "heading"),
            "gap": float(blocks[i].after_blank_line) - gaps,
            "gap_below": float(i + 1 < len(blocks) and blocks[i + 1].after_blank_line) - gaps,
            "words": float(np.log1p(words)),
            "very_short": max(4 - words, 0.0),
            "long": max(words - 16, 0.0) / 10,
            "longer_than_near": float(np.log1p(words) - np.log1p(np.mean(neighbours))) if neighbours else 0.5,
            "sentence": float(columns["shape.ends_sentence"][i] > 0),
            "question": float(text.endswith(("?", "？", "؟"))),
            "open_end": float(bool(_OPEN_END.search(text))),
            "small_start": float(columns["shape.starts_lower"][i]),
            "name": float(columns["shape.name"][i]),
            "clock": min(float(columns["shape.clocks"][i]), 1.0),
            "year": min(float(columns["shape.years"][i]), 1.0),
            "digits": float(columns["shape.digits"][i]),
            "upper": float(columns["shape.upper"][i] > 0.8),
            "habit": float(np.clip(columns["habit.score"][i], -3, 3)),
            "cue": float(columns["cue.covered"][i]),
            "bars": min(text.count("|") + text.count("»") * ("«" not in text), 2.0),
            "credited": float(columns["cue.credit_share"][i] + columns["cue.caption_share"][i] > 0),
            "dek_above": float(i > 0 and plain[i - 1] and above_words < words),
            "dek_below": float(i + 1 < first and plain[i + 1] and words_at(i + 1) > words >= 4),
            "in_run": float(i > 0 and i + 1 < first and max(words_at(i - 1), words_at(i + 1)) <= 3),
            "prose_above": float(np.log1p(columns["prose.before"][i] * np.expm1(columns["prose.total"][i]))),
            "below_date": float(below in (Label.DATE, Label.BYLINE)),
            "above_date": float(above in (Label.DATE, Label.BYLINE)),
            "below_prose": float(i + 1 == first),
            "paragraph": float(paragraphs[i]),
            "title_above": _title(above_words) if 0 <= i - 1 < first else 0.0,
            "title_below": _title(words_at(i + 1)) if i + 1 < first else 0.0,
            "kicker": float(i + 1 < first and words <= 4 and _title(words_at(i + 1)) > 0),
            "under_longer": float(i and above_words < words and _title(above_words) > 0),
            "first_kept": float(not any(residue[j] < 0.5 for j in places[:rank]) and residue[i] < 0.5),
            "first_plain": float(not plain_above[rank] and plain[i]),
            "plain_above": min(float(plain_above[rank]), 4.0),
            "plain_below": min(float(plain_above[-1] - plain_above[rank + 1]), 4.0),
            "dek": max(words - 14, 0.0) / 10 * float(plain_above[rank] > plain_above[max(rank - 2, 0)]),
            "gapless": gapless,
            "top": float(first == 0),
        }
        values |= {f"is_{name}": float(label in labels and not dated) for name, labels in _FURNITURE.items()}
        found.append(Candidate(i, text, values))
    return tuple(found)


def first_prose(blocks: Sequence[Block], rows: Sequence[LabelledBlock | None], judged: Judgement) -> tuple[Bools, int]:
    """Which lines are prose of the article, and where it begins: the start of its densest run, in which each other line outweighs
    twelve words; the number of lines where there is none.
    """
    paragraphs = np.array([is_paragraph(block.text) for block in blocks])
    ruled = np.array([row is not None for row in rows])
    body = np.array([row is not None and row.label is Label.BODY for row in rows])
    prose = paragraphs & np.where(ruled, body, ~judged.gone)
    if not prose.any():
        return prose, len(blocks)
    worth = np.where(prose, np.minimum(judged.seen.lines.length, 120), -12.0)
    sums = np.concatenate((np.zeros(1), np.cumsum(worth)))
    last = int(np.argmax(sums - np.minimum.accumulate(sums)))
    start = int(np.argmin(sums[: last + 1]))
    early = int(np.flatnonzero(prose)[0])
    between = start - early
    return prose, early if between <= 12 else start


def _places(blocks: Sequence[Block], rows: Sequence[LabelledBlock | None], first: int, length: Floats) -> list[int]:
    """Lines that may be the headline, in order."""
    places = []
    begun = False
    for i in range(min(first + 1, len(blocks))):
        block, row = blocks[i], rows[i]
        if block.kind == "separator":
            if (
                begun
                and i
                and any(rows[j] is None and length[j] >= 8 and blocks[j].text.endswith(".") for j in range(i))
            ):
                break  # under a rule of marks begins an item of a digest: its title is its own
            continue
        begun = True
        said = row.captured.get("headline") if row is not None else None
        swallowed = row is not None and (
            (row.label is Label.RELATED and said == block.text)
            or (row.label is Label.DATE and said is not None and _is_more_than_a_name(said))
        )
        if row is not None and not swallowed and row.label is not Label.HEADLINE:
            continue
        if len(block.text) <= MAX_HEADLINE_CHARACTERS and length[i] >= 2 and _TWO_LETTERS.search(block.text):
            places.append(i)
    return places[:2] + places[2:][-MAX_CANDIDATES:]


def _is_more_than_a_name(text: str) -> bool:
    """Whether what is glued to a date is more than the name of its source."""
    return len(text.split()) > 4 or not all(word[:1].isupper() for word in text.split())


def _title(words: float) -> float:
    """Whether a line has as many words as headlines have."""
    return float(4 <= words <= 20)


def _label(rows: Sequence[LabelledBlock | None], named: Sequence[Label], at: int) -> Label | None:
    if not 0 <= at < len(named):
        return None
    row = rows[at]
    return row.label if row else named[at]


def _copies(blocks: Sequence[Block], folded: Mapping[int, str]) -> Counter[str]:
    """How often each candidate is printed."""
    wanted = set(folded.values())
    longest = 2 * max(map(len, wanted)) + 20
    return Counter(
        key
        for block in blocks
        if len(block.text) <= longest and (key := match_key(without_bullet(block.text))) in wanted
    )
