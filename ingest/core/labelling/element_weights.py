"""What elements are called that hold articles, and what those that hold the rest: weights of their tags and of the words of their classes.

Learned by training/page_model.py, and counted by domain: a name weighs only if several domains use it, so no site's own get in. What
it weighs depends on how far out the element is that bears it: `article` on the block's own is a teaser's, on the next one the article's.
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
"""Elements around a block, the smallest first, by the ring they are in; those farther out say nothing. A name has a weight a ring."""

N_BINS = max(DISTANCE_BINS) + 1
MAX_TOKENS_PER_ELEMENT = 12
"""Words of one element that are looked at: templates that style by class write dozens, and what the element is stands first."""

ElementWeights = Callable[[str, tuple[str, ...]], tuple[float, ...]]
"""Of an element's tag and words: for each ring the sum of its names' log odds of body, then for each ring how many names are known."""


def element_names(tag: str, words: Sequence[str]) -> list[str]:
    """An element's names: its tag, its words, and each two of them that follow one another."""
    some = words[:MAX_TOKENS_PER_ELEMENT]
    return [f"<{tag}>", *some, *(f"{first} {second}" for first, second in pairwise(some))]


def weights_by_name(weights: Mapping[str, Sequence[float]]) -> ElementWeights:
    """What weighs elements by a weight for each name and ring; 0: unknown there."""
    rows = {name: (*each, *(float(weight != 0) for weight in each)) for name, each in weights.items()}

    def weigh(tag: str, words: tuple[str, ...]) -> tuple[float, ...]:
        known = [rows[name] for name in element_names(tag, words) if name in rows]
        return tuple(map(sum, zip(*known, strict=True))) or (0.0,) * (2 * N_BINS)

    return cache_short_texts(weigh)


def element_scores(order: Sequence[Element], parent: Ints, weights_of: ElementWeights) -> Floats:
    """For each element what its names and those of the elements around it say: the sum of the weights by the root of their number.

    `order`: the elements; `parent`: where in it the element around each stands, -1 where none is.
    """
    kinds: dict[tuple[str, tuple[str, ...]], int] = {}  # a page has 430 elements with text, of 80 kinds
    kind = [kinds.setdefault((element.tag, element.name_tokens), len(kinds)) for element in order]
    weights = np.array([*(weights_of(*each) for each in kinds), (0.0,) * (2 * N_BINS)])[[*kind, -1]]
    outwards = np.append(parent, -1)  # beyond the outermost is nobody, who stands last
    at, sums, known = np.arange(len(order)), np.zeros(len(order)), np.zeros(len(order))
    for ring in DISTANCE_BINS:
        sums += weights[at, ring]
        known += weights[at, ring + N_BINS]
        at = outwards[at]
    return np.asarray(sums / np.sqrt(np.maximum(known, 1)))


@cache
def learned_element_weights() -> ElementWeights:
    """The weights that training found (models/element_weights.npz)."""
    source = files("ingest.core.labelling").joinpath("models/element_weights.npz")
    with source.open("rb") as stream, np.load(stream, allow_pickle=False) as arrays:
        return weights_by_name(
            dict(zip(arrays["names"].tolist(), arrays["weights"].astype(np.float64).tolist(), strict=True))
        )
