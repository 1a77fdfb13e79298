"""Words that residue is made of: how much oftener each word, pair and first word stands in residue than in articles.

Learned, and counted by domain: a word weighs only what it does on other people's pages, and only if several domains use it, so no
site's own words get in. The table holds hashes, not words.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from importlib.resources import files

import numpy as np

from ingest.evidence.reading import Floats, Hashes, Ints, Reading, Shelf, phrases
from ingest.evidence.shape import Columns

Weigh = Callable[[Hashes], Floats]
"""The log odds of residue for each gram; 0 for one that is not known."""

_FIRST = np.uint64(0x5BD1E9955BD1E995)  # sets the first word of a line apart from the same word elsewhere


def grams(reading: Reading) -> tuple[Hashes, Ints]:
    """Words, pairs and first words of all lines as numbers, in this order, and the line of each."""
    word, at = reading.word, reading.word_at
    paired = at[1:] == at[:-1]
    _, pairs = phrases(word, 2)
    opens = np.concatenate((np.ones(min(len(at), 1), bool), ~paired))
    parts = (word, at), (pairs[paired], at[:-1][paired]), (word[opens] ^ _FIRST, at[opens])
    return np.concatenate([gram for gram, _ in parts]), np.concatenate([line for _, line in parts])


def habits(reading: Reading, weigh: Weigh) -> Columns:
    """Columns of the weights in each line: their sum by the root of their number (`score`), the sum, the greatest of a word."""
    gram, at = grams(reading)
    weight = weigh(gram)
    total = reading.per_line(at, weight)
    highest = np.zeros(reading.lines)
    some = reading.words > 0
    if some.any():
        starts = np.searchsorted(reading.word_at, np.flatnonzero(some))
        highest[some] = np.maximum.reduceat(weight[: len(reading.word)], starts)
    return {
        "score": total / np.sqrt(np.maximum(2 * reading.words, 1)),  # a line has twice as many grams as words
        "sum": np.clip(total, -20, 20),
        "highest": np.maximum(highest, 0),
    }


def whole(score: Floats, words: Floats) -> Columns:
    """How all that stands above and below each line or block is worded, long ones more than short ones."""
    weight = np.log1p(words) + 0.5
    scores, weights = np.cumsum(score * weight), np.cumsum(weight)
    own, none = score * weight, 1e-9
    return {
        "window.all_above": (scores - own) / np.maximum(weights - weight, none),
        "window.all_below": (scores[-1] - scores) / np.maximum(weights[-1] - weights, none),
    }


def learned(gram: Hashes) -> Floats:
    """The weights that training found (models/words.npz)."""
    shelf, weights = _table()
    at, key = shelf.find(gram)
    found = np.zeros(len(gram))
    found[at] = weights[key]
    return found


@cache
def _table() -> tuple[Shelf, Floats]:
    source = files("ingest").joinpath("models/words.npz")
    with source.open("rb") as stream, np.load(stream, allow_pickle=False) as arrays:
        return Shelf.of(arrays["keys"]), arrays["weights"].astype(np.float64)
