"""Weights of words: how much more often each word, word pair and first word occurs in boilerplate than in articles.

Learned, and counted by domain: the weight of a word comes from other domains only, and only if several use it, so that
words of a single site are excluded. The table contains hashes, not words.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from importlib.resources import files

import numpy as np

from ingest.core.labelling.line_shape import Columns
from ingest.core.labelling.tokens import Floats, Ints, TokenizedLines
from ingest.core.text.hashes import Hashes, HashIndex, ngram_hashes

WordWeights = Callable[[Hashes], Floats]
"""The log odds of boilerplate for each n-gram; 0 for an unknown one."""

_FIRST_WORD_SALT = np.uint64(0x5BD1E9955BD1E995)  # distinguishes the first word of a line from the same word elsewhere


def ngrams(lines: TokenizedLines) -> tuple[Hashes, Ints]:
    """The hashes of the words, pairs and first words of all lines, in this order, and the line of each."""
    word, at = lines.word, lines.word_line
    paired = at[1:] == at[:-1]
    _, pairs = ngram_hashes(word, 2)
    opens = np.concatenate((np.ones(min(len(at), 1), bool), ~paired))
    parts = (word, at), (pairs[paired], at[:-1][paired]), (word[opens] ^ _FIRST_WORD_SALT, at[opens])
    return np.concatenate([gram for gram, _ in parts]), np.concatenate([line for _, line in parts])


def word_weight_features(lines: TokenizedLines, weights_of: WordWeights) -> Columns:
    """Columns of the weights in each line: their sum over the square root of their number (`score`), the sum, and the
    greatest of a word.
    """
    gram, at = ngrams(lines)
    weight = weights_of(gram)
    total = lines.count_per_line(at, weight)
    highest = np.zeros(lines.lines)
    some = lines.words > 0
    if some.any():
        starts = np.searchsorted(lines.word_line, np.flatnonzero(some))
        highest[some] = np.maximum.reduceat(weight[: len(lines.word)], starts)
    return {
        "score": total / np.sqrt(np.maximum(2 * lines.words, 1)),  # a line has twice as many n-grams as words
        "sum": np.minimum(np.maximum(total, -20), 20),
        "highest": np.maximum(highest, 0),
    }


def context_weights(score: Floats, words: Floats) -> Columns:
    """The mean score of all lines or blocks above and below each one, weighted by length."""
    weight = np.log1p(words) + 0.5
    scores, weights = np.cumsum(score * weight), np.cumsum(weight)
    own, none = score * weight, 1e-9
    return {
        "window.all_above": (scores - own) / np.maximum(weights - weight, none),
        "window.all_below": (scores[-1] - scores) / np.maximum(weights[-1] - weights, none),
    }


def learned_word_weights(gram: Hashes) -> Floats:
    """The weights learned in training (models/word_weights.npz)."""
    index, weights = _weight_table()
    at, key = index.find(gram)
    found = np.zeros(len(gram))
    found[at] = weights[key]
    return found


@cache
def _weight_table() -> tuple[HashIndex, Floats]:
    source = files("ingest.core.labelling").joinpath("models/word_weights.npz")
    with source.open("rb") as stream, np.load(stream, allow_pickle=False) as arrays:
        return HashIndex.of(arrays["keys"]), arrays["weights"].astype(np.float64)
