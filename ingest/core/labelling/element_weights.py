"""Names of elements that contain articles, and of those that contain boilerplate: weights of tags and of class words.

Learned by training/page_model.py and counted by domain: a name has a weight only if several domains use it, so that
names of a single site are excluded. The weight depends on the distance of the element with that name: `article` on the
block's own element marks a teaser, on the next one the article.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from importlib.resources import files
from itertools import pairwise

import numpy as np

from ingest.core.labelling.tokens import Floats, Ints

DISTANCE_BINS = (0, 1, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 4)
"""The distance bin of each element around a block, the smallest first; those farther out are ignored. A name has one
weight per bin.
"""

N_BINS = max(DISTANCE_BINS) + 1
MAX_TOKENS_PER_ELEMENT = 12
"""Most words of one element that are used: templates that style by class write dozens, and the descriptive ones come
first.
"""


def element_names(tag: str, words: Sequence[str]) -> list[str]:
    """The names of an element: its tag, its words, and each pair of consecutive words."""
    some = words[:MAX_TOKENS_PER_ELEMENT]
    return [f"<{tag}>", *some, *(f"{first} {second}" for first, second in pairwise(some))]


class ElementWeights:
    """The weight of each name in each distance bin, and which of them are known: float64[names, 2 * N_BINS]."""

    def __init__(self, names: Sequence[str], weights: Floats) -> None:
        self._row = {name: row for row, name in enumerate(names)}
        self._row_of_pair = {tuple(name.split()): row for name, row in self._row.items() if " " in name}
        self._unknown = len(self._row)
        self._weights = np.zeros((len(self._row) + 1, 2 * N_BINS))
        self._weights[:-1, :N_BINS], self._weights[:-1, N_BINS:] = weights, weights != 0

    def sums(self, kinds: Iterable[tuple[str, tuple[str, ...]]]) -> Floats:
        """float64[kinds, 2 * N_BINS]: for each element's tag and words, in each bin the sum of the log odds of body of its
        names; then in each bin the number of known names.
        """
        rows: list[int] = []
        starts: list[int] = []
        row_of, row_of_pair = self._row.get, self._row_of_pair.get
        for tag, words in kinds:
            starts.append(len(rows))
            some = words[:MAX_TOKENS_PER_ELEMENT]  # as in `element_names`; a pair is a tuple, which costs less to make
            found = (row_of(f"<{tag}>"), *map(row_of, some), *map(row_of_pair, pairwise(some)))
            rows += [row for row in found if row is not None] or [self._unknown]
        return np.add.reduceat(self._weights[rows], starts) if starts else np.zeros((0, 2 * N_BINS))


def weights_by_name(weights: Mapping[str, Sequence[float]]) -> ElementWeights:
    """Element weights from a weight for each name and bin; 0 where a name is unknown."""
    return ElementWeights(list(weights), np.array(list(weights.values())))


def element_scores(
    kinds: Iterable[tuple[str, tuple[str, ...]]], kind: Sequence[int], parent: Ints, weights: ElementWeights
) -> Floats:
    """For each element, the score of its names and those of its ancestors: the sum of the weights over the square root
    of their number.

    `kinds`: tags with their words; `kind`: for each element the index of its own; `parent`: the index of each element's
    parent, -1 for none.
    """
    of_kind = weights.sums(kinds)
    each = np.concatenate((of_kind, np.zeros((1, 2 * N_BINS))))[[*kind, -1]]
    outwards = np.append(parent, -1)  # the last entry stands for the missing parent of the outermost elements
    at, sums, known = np.arange(len(parent)), np.zeros(len(parent)), np.zeros(len(parent))
    for ring in DISTANCE_BINS:
        sums += each[at, ring]
        known += each[at, ring + N_BINS]
        at = outwards[at]
    return np.asarray(sums / np.sqrt(np.maximum(known, 1)))


@cache
def learned_element_weights() -> ElementWeights:
    """The weights learned in training (models/element_weights.npz)."""
    source = files("ingest.core.labelling").joinpath("models/element_weights.npz")
    with source.open("rb") as stream, np.load(stream, allow_pickle=False) as arrays:
        return ElementWeights(arrays["names"].tolist(), arrays["weights"].astype(np.float64))
