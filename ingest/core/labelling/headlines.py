"""The choice of a text's headline: a conditional logit over its title-like lines, with "none of them" as one of the
answers.

The weights (models/headline.json) are data; training/headlines.py fits them and scores them on unseen domains.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

import numpy as np

from ingest.core.labelling.headline_columns import Candidates, candidates
from ingest.core.labelling.title_text import without_site_ends
from ingest.core.text.dates import find_labelled_dates, marker
from ingest.core.text.normalize import match_key

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from ingest.core.labelling.headline_columns import Candidate
    from ingest.core.labelling.text_classifier import Judgement
    from ingest.core.model import Block, LabelledBlock


NOTHING_DISCOUNT = 0.6
"""Subtracted from the score of "no line", chosen out of fold: the recall of headlines in resiliparse's output rises
from .85 to .89, and no more false ones are chosen.
"""
MIN_LEAD_WORDS = 13
"""Words of a line after a dateline from which it is a sentence of the article, even if it ends without a full stop."""
WIRE_TITLE = 4.0
"""Subtracted from the score of "no line" where a plain title is directly above a dateline, which few page extractors
leave.
"""

OPENING_TITLE = 1.0
"""Added to the score of a first line that is no sentence and directly above the prose; chosen out of fold: the recall of
headlines in trafilatura's output rises from .87 to .91, false ones from .147 to .155.
"""

MIN_TITLE_WORDS = 4

_REPEATS = ("repeated", "shortened", "lengthened")
_SLUG = re.compile(r"--|^BC-|\b(?:Ld|LEDE|Writethru|TAKE)\b")
_AGENCY_SLUG = re.compile(r"^[A-Z]{2,}-\S*--\S|^BC-|\b(?:Ld|Writethru)\b")


@dataclass(frozen=True)
class Choice:
    """The candidates with the probability of each, 0 to 1; the remainder to 1 is the probability that no line is the
    headline.
    """

    candidates: Candidates
    chances: tuple[float, ...]

    @property
    def winner(self) -> int | None:
        """Index of the headline among the candidates; None where no line is more probable than "no headline"."""
        best = max(range(len(self.chances)), key=self.chances.__getitem__, default=None)
        return best if best is not None and self.chances[best] > 1 - sum(self.chances) else None

    @property
    def certainty(self) -> float:
        """Probability of the winner, or of "none of them" if that wins."""
        return round(1 - sum(self.chances) if self.winner is None else self.chances[self.winner], 3)

    def bare(self) -> int | None:
        """Index of the line with the winner's text but without a site name after it; else of the line above it, if the
        two are printed twice together; else the winner's own.
        """
        won = self.winner
        if won is None:
            return None
        texts, places = self.candidates.texts, self.candidates.places
        ends = without_site_ends(texts[won])
        if (shorter := next((at for at, text in enumerate(texts) if match_key(text) in ends), None)) is not None:
            return shorter
        if won and places[won - 1] == places[won] - 1 and self._printed_twice(won - 1):
            return won - 1
        return won

    def _printed_twice(self, at: int) -> bool:
        """True if a line long enough to be a title, and the one below it, stand twice in the same order."""
        keys = list(map(match_key, self.candidates.texts))
        pair = keys[at : at + 2]
        return len(self.candidates.texts[at].split()) >= MIN_TITLE_WORDS and any(
            keys[other : other + 2] == pair for other in range(len(keys) - 1) if other != at
        )


NO_CHOICE = Choice(Candidates([], [], {}), ())


def choose_headline(
    blocks: Sequence[Block],
    rows: Sequence[LabelledBlock | None],
    judged: Judgement,
    url: str | None,
    dateline: Callable[[str], object],
) -> Choice:
    """Choose the headline. `rows`: the decisions of the packs; `judged`: the line classifier's verdicts; `url`: the
    address, if known. `dateline`: matches the start of a paragraph; a line directly above one is a wire headline, and
    its similarity to the lead is not used.
    """
    found = candidates(blocks, rows, judged, url)
    if not found:
        return NO_CHOICE
    weights, nothing = learned()
    nothing -= NOTHING_DISCOUNT
    factors = np.array([weights.get(name, 0.0) for name in found.columns])
    scores = np.zeros(len(found) + 1)
    scores[:-1] = factors @ np.array(list(found.columns.values())) + OPENING_TITLE * found.columns["opens"]
    statement = found.columns["statement"] > 0
    scores[:-1][statement & ~(sum(found.columns[name] for name in _REPEATS) > 0)] = -np.inf
    below = next((each for each in found[-2:] if each.columns["below_prose"]), None)
    if below and below.at + 1 < len(blocks) and _is_plain_title(below) and dateline(blocks[below.at + 1].text):
        nothing -= WIRE_TITLE
    scores[-1] = nothing
    while (best := int(scores.argmax())) < len(found) and _is_no_title(found.texts[best], dateline):
        scores[best] = -np.inf
    odds = np.exp(scores - scores.max())
    return Choice(found, tuple((odds / odds.sum()).tolist()[:-1]))


def _is_no_title(text: str, dateline: Callable[[str], object]) -> bool:
    """True if a line cannot be a headline, whatever is around it: an agency's slug ("BC-EU--Summit, 1st Ld-Writethru"),
    a byline with the time of an update, or the first sentence after a dateline, cut off before its end.
    """
    if _AGENCY_SLUG.search(text) or (marker(text) and next(find_labelled_dates(text), None)):
        return True
    return len(text.split()) >= MIN_LEAD_WORDS and bool(dateline(text))


def _is_plain_title(candidate: Candidate) -> bool:
    """True if a line looks like a title by itself: of a title's length, not a sentence, not a newsroom slug, and
    unlikely to be boilerplate.
    """
    columns = candidate.columns
    words = np.expm1(columns["words"])
    return bool(
        4 <= words <= 20 and columns["residue"] < 0 and not columns["sentence"] and not _SLUG.search(candidate.text)
    )


def contributions(columns: Mapping[str, float], count: int = 3) -> list[tuple[str, float]]:
    """The columns with the most weight for or against a candidate, and what each adds to its score (log odds against
    the other lines).
    """
    weights, _ = learned()
    added = [(name, weights.get(name, 0.0) * value) for name, value in columns.items()]
    return sorted((each for each in added if each[1]), key=lambda each: -abs(each[1]))[:count]


@cache
def learned() -> tuple[dict[str, float], float]:
    """The weight of each column, and the score of "no line"."""
    model = json.loads(files("ingest.core.labelling").joinpath("models/headline.json").read_text(encoding="utf-8"))
    return model["columns"], model["nothing"]
