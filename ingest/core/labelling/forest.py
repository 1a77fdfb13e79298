"""Boosted trees as plain arrays, read and evaluated with numpy alone: no pickle, no trainer at run time.

Trees lie one after another in flat arrays with one entry a node. A node's children are neighbours: a row whose
value is at most the threshold goes to `child`, any other to `child + 1`; a leaf is its own child and its threshold is infinite.
So all rows go down all trees in step, and a step is four gathers. Rows that have reached a leaf are left out every few steps, for trees
grown leaf by leaf are three times as deep as they are on average. `training/export_forest.py` writes the files.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from importlib.resources import files
from typing import Any, BinaryIO, NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Doubles = NDArray[np.float64]
Nodes = NDArray[np.intp]

_CELLS_PER_CHUNK = 1 << 14  # rows times trees walked at once: their node numbers then stay in a core's second cache
_STEPS_PER_ROUND = 5  # steps after which rows that have reached a leaf are left out


class EarlyExit(NamedTuple):
    """The first trees of a forest decide most rows: those they give less than `low` or more than `high` go through no further tree."""

    trees: int
    low: float
    high: float


@dataclass(frozen=True, eq=False)
class Forest:
    """A model: `predict` for probabilities, `contributions` for the reasons. Rows must hold no NaN."""

    columns: tuple[str, ...]
    """What each column of a row is, in order; callers compare it with what they compute."""
    feature: Nodes
    """Column that each node compares."""
    threshold: Floats
    child: Nodes
    value: Doubles
    """What the tree says at each node; at a leaf, its answer in log odds."""
    roots: Nodes
    """First node of each tree."""
    provenance: Mapping[str, Any] = field(default_factory=dict)
    """What the model was made of, when, and how good it is, as training/provenance.py writes it; empty in a file without it."""

    @classmethod
    def load(cls, resource: str) -> Forest:
        """The model in a file of the package, such as "models/text.npz". Raises FileNotFoundError, KeyError or ValueError."""
        with files("ingest.core.labelling").joinpath(resource).open("rb") as stream:
            return cls.read(stream)  # type: ignore[arg-type]  # a resource opened with "rb" is binary

    @classmethod
    def read(cls, stream: BinaryIO) -> Forest:
        """The model in an open .npz. Raises KeyError where an array is missing, ValueError where one would need pickle."""
        with np.load(stream, allow_pickle=False) as arrays:
            return cls(
                columns=tuple(str(name) for name in arrays["names"]),
                feature=arrays["feature"].astype(np.intp),
                threshold=arrays["threshold"].astype(np.float32),
                child=arrays["child"].astype(np.intp),
                value=arrays["value"].astype(np.float64),
                roots=arrays["roots"].astype(np.intp),
                provenance=json.loads(str(arrays["provenance"])) if "provenance" in arrays else {},
            )

    @cached_property
    def depth(self) -> int:
        """Steps from a root to the farthest leaf."""
        level, steps = self.roots, 0
        while (level := level[self.child[level] != level]).size:
            level = np.concatenate((self.child[level], self.child[level] + 1))
            steps += 1
        return steps

    def predict(self, rows: Floats, *, early_exit: EarlyExit | None = None) -> Doubles:
        """The probability of yes for each row of float32[n, f]: float64[n]. With an `early_exit`, roughly where its trees are sure."""
        if rows.ndim != 2 or rows.shape[1] != len(self.columns):
            raise ValueError(f"rows of {len(self.columns)} columns wanted, got an array of shape {rows.shape}")
        first = early_exit.trees if early_exit else self.roots.size
        odds = self._log_odds(rows, self.roots[:first])
        if early_exit:
            said = _probability(odds)
            unsure = np.flatnonzero((said > early_exit.low) & (said < early_exit.high))
            odds[unsure] += self._log_odds(rows[unsure], self.roots[first:])
        return _probability(odds)

    def contributions(self, row: Floats) -> Doubles:
        """What each column of one row (float32[f]) adds to the log odds: float64[f].

        Along each tree's path the change of `value` is added to the column compared there. For explanations, not for speed.
        """
        charged = np.zeros(len(self.columns))
        node = self.roots
        for _ in range(self.depth):
            after = self._step(np.ascontiguousarray(row), node, np.zeros_like(node))
            np.add.at(charged, self.feature[node], self.value[after] - self.value[node])
            node = after
        return charged

    def _log_odds(self, rows: Floats, roots: Nodes) -> Doubles:
        """Summed answers of some trees, log odds: float64[n]."""
        height = max(1, _CELLS_PER_CHUNK // max(1, roots.size))
        parts = [self._traverse(rows[start : start + height], roots) for start in range(0, len(rows), height)]
        return np.concatenate(parts) if parts else np.zeros(0)

    def _traverse(self, rows: Floats, roots: Nodes) -> Doubles:
        """The same. All rows go down one tree, then the next: its nodes stay in the cache."""
        n = len(rows)
        cells = np.ascontiguousarray(rows).ravel()
        start = np.tile(np.arange(n) * len(self.columns), roots.size)  # of each walker's row in `cells`
        node = np.repeat(roots, n)
        leaf = node.copy()
        walker = np.arange(node.size)
        for done in range(0, self.depth, _STEPS_PER_ROUND):
            for _ in range(min(_STEPS_PER_ROUND, self.depth - done)):
                node = self._step(cells, node, start)
            leaf[walker] = node
            going = np.flatnonzero(_take(self.child, node) != node)
            walker, node, start = _take(walker, going), _take(node, going), _take(start, going)
        return np.asarray(np.ascontiguousarray(_take(self.value, leaf).reshape(-1, n).T).sum(axis=1))

    def _step(self, cells: Floats, node: Nodes, start: Nodes) -> Nodes:
        asked = _take(cells, _take(self.feature, node) + start)
        return np.asarray(_take(self.child, node) + (asked > _take(self.threshold, node)))


def _probability(odds: Doubles) -> Doubles:
    return np.asarray(1.0 / (1.0 + np.exp(-odds)))


def _take(values: NDArray[Any], places: Nodes) -> NDArray[Any]:
    """The values at places that are all within bounds: "wrap" spares the look through them that would find out."""
    return values.take(places, mode="wrap")
