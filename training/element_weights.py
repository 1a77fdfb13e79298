"""What elements are called around articles, learned from pages with gold: the weights that `ingest.core.labelling.element_weights` reads."""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING, Any

import numpy as np
import scipy.sparse
from sklearn.linear_model import LogisticRegression

from ingest.core.labelling.element_weights import DISTANCE_BINS, N_BINS, ElementWeights, element_names, weights_by_name
from ingest.core.model import Markup
from training.provenance import ARRAY, as_array

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from ingest.core.model import Block, Element

DOMAINS = 4
"""A name counts that so many domains use at the same distance: no site's own get in."""
PARTS = 6
"""Into so many parts the domains are divided; the names on a page weigh what they do on the pages of the other parts."""
STRICTNESS = 1.0
"""How far the weights may go from 0: scikit-learn's C."""


class Names:
    """What each name says of a block being body: a logistic regression on blocks, by the names around them alone.

    One for each part of the domains, which has not seen them, and one that has seen all, which is what ships.
    """

    def __init__(
        self,
        domains: Sequence[str],
        blocks: Sequence[Sequence[Block]],
        told: Sequence[NDArray[np.intp]],
        body: Sequence[NDArray[np.float64]],
        weight: Sequence[NDArray[np.float64]],
    ) -> None:
        """Of each page its domain and blocks, which of them the gold speaks of, whether it calls each body, and what that weighs."""
        numbers: dict[tuple[str, int], int] = {}
        used: dict[int, set[str]] = {}
        found: list[list[int]] = []
        for domain, page, where in zip(domains, blocks, told, strict=True):
            of_place: dict[Element | None, list[int]] = {}
            for at in where:
                element = (page[at].markup or Markup()).element
                if element not in of_place:
                    of_place[element] = [numbers.setdefault(each, len(numbers)) for each in _around(element)]
                    for number in of_place[element]:
                        used.setdefault(number, set()).add(domain)
                found.append(of_place[element])
        kept = np.array([len(used[number]) >= DOMAINS for number in range(len(numbers))])
        self.names = [each for each, keep in zip(numbers, kept, strict=True) if keep]
        column = np.where(kept, np.cumsum(kept) - 1, -1)
        rows = [(row := column[np.array(each, np.intp)])[row >= 0] for each in found]
        length = np.array([len(row) for row in rows])
        self.rows = scipy.sparse.csr_matrix(
            (
                np.repeat(1 / np.sqrt(np.maximum(length, 1)), length).astype(np.float32),
                np.concatenate(rows),
                np.concatenate((np.zeros(1, np.intp), np.cumsum(length))),
            ),
            (len(rows), len(self.names)),
        )
        self.body = np.concatenate(body) > 0
        whole = np.concatenate(weight)
        self.weight = np.sqrt(whole / whole.mean())
        self.part = {domain: zlib.crc32(f"names {domain}".encode()) % PARTS for domain in domains}
        parts = np.repeat([self.part[domain] for domain in domains], [len(where) for where in told])
        self.scales = [weights_by_name(self._fit(parts != part)) for part in range(PARTS)]

    def _fit(self, chosen: NDArray[np.bool_]) -> dict[str, list[float]]:
        """For each name its weight in each ring, as these blocks give them."""
        model = LogisticRegression(C=STRICTNESS, max_iter=200)
        model.fit(self.rows[chosen], self.body[chosen], sample_weight=self.weight[chosen])
        weights: dict[str, list[float]] = {}
        for (name, ring), value in zip(self.names, model.coef_[0].astype(np.float16).tolist(), strict=True):
            weights.setdefault(name, [0.0] * N_BINS)[ring] = value
        return weights

    def without(self, domain: str) -> ElementWeights:
        """The weights of the part that has not seen the domain."""
        return self.scales[self.part[domain]]

    def save(self, path: Path, provenance: Mapping[str, Any]) -> None:
        """Write the names, their weights, and the provenance."""
        weights = self._fit(np.ones(len(self.body), bool))
        np.savez_compressed(
            path,
            **{ARRAY: as_array(provenance)},
            names=np.array(list(weights)),
            weights=np.array(list(weights.values()), np.float16),
        )


def _around(element: Element | None) -> list[tuple[str, int]]:
    """The names around a block, each with its ring."""
    outwards = zip(element.self_and_ancestors() if element else (), DISTANCE_BINS, strict=False)
    return [(name, ring) for outer, ring in outwards for name in element_names(outer.tag, outer.name_tokens)]
