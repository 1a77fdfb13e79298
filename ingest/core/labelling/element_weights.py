"""Names of elements that contain articles, and of those that contain boilerplate: weights of tags and of class words.

Learned by training/page_model.py and counted by domain: a name has a weight only if several domains use it, so that
names of a single site are excluded. The weight depends on the distance of the element with that name: `article` on the
block's own element marks a teaser, on the next one the article.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from importlib.resources import files
from itertools import pairwise

import numpy as np

from ingest.core.caching import cache_short_texts
from ingest.core.labelling.tokens import Floats, Ints
from ingest.core.model import Element

DISTANCE_BINS = (0, 1, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 4)
"""The distance bin of each element around a block, the smallest first; those farther out are ignored. A name has one
weight per bin.
"""

N_BINS = max(DISTANCE_BINS) + 1
MAX_TOKENS_PER_ELEMENT = 12
"""Most words of one element that are used: templates that style by class write dozens, and the descriptive ones come
first.
"""

ElementWeights = Callable[[str, tuple[str, ...]], tuple[float, ...]]
"""From an element's tag and words: for each bin the sum of the log odds of body of its names, then for each bin the
number of known names.
"""


def element_names(tag: str, words: Sequence[str]) -> list[str]:
    """The names of an element: its tag, its words, and each pair of consecutive words."""
    some = words[:MAX_TOKENS_PER_ELEMENT]
    return [f"<{tag}>", *some, *(f"{first} {second}" for first, second in pairwise(some))]


def weights_by_name(weights: Mapping[str, Sequence[float]]) -> ElementWeights:
    """Element weights from a weight for each name and bin; 0 where a name is unknown."""
    rows = {name: (*each, *(float(weight != 0) for weight in each)) for name, each in weights.items()}

    def weigh(tag: str, words: tuple[str, ...]) -> tuple[float, ...]:
        known = [rows[name] for name in element_names(tag, words) if name in rows]
        return tuple(map(sum, zip(*known, strict=True))) or (0.0,) * (2 * N_BINS)

    return cache_short_texts(weigh)


def element_scores(order: Sequence[Element], parent: Ints, weights_of: ElementWeights) -> Floats:
    """For each element, the score of its names and those of its ancestors: the sum of the weights over the square root
    of their number.

    `order`: the elements; `parent`: the index in it of each element's parent, -1 for none.
    """
    kinds: dict[tuple[str, tuple[str, ...]], int] = {}  # a page has 430 elements with text, of 80 kinds
    kind = [kinds.setdefault((element.tag, element.name_tokens), len(kinds)) for element in order]
    weights = np.array([*(weights_of(*each) for each in kinds), (0.0,) * (2 * N_BINS)])[[*kind, -1]]
    outwards = np.append(parent, -1)  # the last entry stands for the missing parent of the outermost elements
    at, sums, known = np.arange(len(order)), np.zeros(len(order)), np.zeros(len(order))
    for ring in DISTANCE_BINS:
        sums += weights[at, ring]
        known += weights[at, ring + N_BINS]
        at = outwards[at]
    return np.asarray(sums / np.sqrt(np.maximum(known, 1)))


@cache
def learned_element_weights() -> ElementWeights:
    """The weights learned in training (models/element_weights.npz)."""
    source = files("ingest.core.labelling").joinpath("models/element_weights.npz")
    with source.open("rb") as stream, np.load(stream, allow_pickle=False) as arrays:
        return weights_by_name(
            dict(zip(arrays["names"].tolist(), arrays["weights"].astype(np.float64).tolist(), strict=True))
        )
