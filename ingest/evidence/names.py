"""What elements are called that hold articles, and what those that hold the rest: weights of their tags and of the words of their classes.

Learned by benchmarks/train_pages.py, and counted by domain: a name weighs only if several domains use it, so no site's own get in. What
it weighs depends on how far out the element is that bears it: `article` on the block's own is a teaser's, on the next one the article's.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from importlib.resources import files
from itertools import pairwise

import numpy as np

from ingest.caching import cache_short_texts
from ingest.evidence.reading import Floats, Ints
from ingest.model import Place

RINGS = (0, 1, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 4)
"""Elements around a block, the smallest first, by the ring they are in; those farther out say nothing. A name has a weight a ring."""

WIDTH = max(RINGS) + 1
MOST = 12
"""Words of one element that are looked at: templates that style by class write dozens, and what the element is stands first."""

Weigh = Callable[[str, tuple[str, ...]], tuple[float, ...]]
"""Of an element's tag and words: for each ring the sum of its names' log odds of body, then for each ring how many names are known."""


def names_of(tag: str, words: Sequence[str]) -> list[str]:
    """An element's names: its tag, its words, and each two of them that follow one another."""
    some = words[:MOST]
    return [f"<{tag}>", *some, *(f"{first} {second}" for first, second in pairwise(some))]


def scale(weights: Mapping[str, Sequence[float]]) -> Weigh:
    """What weighs elements by a weight for each name and ring; 0: unknown there."""
    rows = {name: (*each, *(float(weight != 0) for weight in each)) for name, each in weights.items()}

    def weigh(tag: str, words: tuple[str, ...]) -> tuple[float, ...]:
        known = [rows[name] for name in names_of(tag, words) if name in rows]
        return tuple(map(sum, zip(*known, strict=True))) or (0.0,) * (2 * WIDTH)

    return cache_short_texts(weigh)


def called(order: Sequence[Place], parent: Ints, weigh: Weigh) -> Floats:
    """For each element what its names and those of the elements around it say: the sum of the weights by the root of their number.

    `order`: the elements; `parent`: where in it the element around each stands, -1 where none is.
    """
    told = np.array([*(weigh(place.tag, place.words) for place in order), (0.0,) * (2 * WIDTH)])
    outwards = np.append(parent, -1)  # beyond the outermost is nobody, who stands last
    at, sums, known = np.arange(len(order)), np.zeros(len(order)), np.zeros(len(order))
    for ring in RINGS:
        sums += told[at, ring]
        known += told[at, ring + WIDTH]
        at = outwards[at]
    return np.asarray(sums / np.sqrt(np.maximum(known, 1)))


@cache
def learned() -> Weigh:
    """The weights that training found (models/names.npz)."""
    source = files("ingest").joinpath("models/names.npz")
    with source.open("rb") as stream, np.load(stream, allow_pickle=False) as arrays:
        return scale(dict(zip(arrays["names"].tolist(), arrays["weights"].astype(np.float64).tolist(), strict=True)))
