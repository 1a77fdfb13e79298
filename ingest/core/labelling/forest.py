"""Boosted trees as plain arrays, read and evaluated with numpy alone: no pickle, no training library at run time.

Trees are stored one after another in flat arrays with one entry per node. A node's children are adjacent: a row whose
value is at most the threshold goes to `child`, any other to `child + 1`; a leaf is its own child, and its threshold is
infinite. So all rows descend all trees in step, and each step is four gathers. Rows that have reached a leaf are
dropped every few steps, because trees grown leaf by leaf are three times as deep as they are on average.
`training/export_forest.py` writes the files.
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

_CELLS_PER_CHUNK = (
    1 << 14
)  # rows times trees evaluated at once: their node numbers then fit in a core's second-level cache
_STEPS_PER_ROUND = 5  # steps after which rows that have reached a leaf are dropped


class EarlyExit(NamedTuple):
    """Early exit after the first trees of a forest, which decide most rows: those with a probability below `low` or
    above `high` skip the other trees.
    """

    trees: int
    low: float
    high: float


@dataclass(frozen=True, eq=False)
class Forest:
    """A model: `predict` gives probabilities, `contributions` explains them. Rows must not contain NaN."""

    columns: tuple[str, ...]
    """The name of each column of a row, in order; callers compare them with what they compute."""
    feature: Nodes
    """The column that each node compares."""
    threshold: Floats
    child: Nodes
    value: Doubles
    """The value of each node; at a leaf, its prediction in log odds."""
    roots: Nodes
    """The root node of each tree."""
    provenance: Mapping[str, Any] = field(default_factory=dict)
    """Training data, date and quality of the model, as written by training/provenance.py; empty in a file without it.
    """

    @classmethod
    def load(cls, resource: str) -> Forest:
        """Load a model from a file of the package, such as "models/text.npz". Raises FileNotFoundError, KeyError or
        ValueError.
        """
        with files("ingest.core.labelling").joinpath(resource).open("rb") as stream:
            return cls.read(stream)  # type: ignore[arg-type]  # a resource opened with "rb" is binary

    @classmethod
    def read(cls, stream: BinaryIO) -> Forest:
        """Load a model from an open .npz. Raises KeyError where an array is missing, ValueError where one would need
        pickle.
        """
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
    def position(self) -> Mapping[str, int]:
        """The index of each column in a row."""
        return {name: at for at, name in enumerate(self.columns)}

    @cached_property
    def depth(self) -> int:
        """Number of steps from a root to the deepest leaf."""
        level, steps = self.roots, 0
        while (level := level[self.child[level] != level]).size:
            level = np.concatenate((self.child[level], self.child[level] + 1))
            steps += 1
        return steps

    def predict(self, rows: Floats, *, early_exit: EarlyExit | None = None) -> Doubles:
        """The probability of the positive class for each row of float32[n, f]: float64[n]. With an `early_exit`, it is
        approximate where the first trees are sure.
        """
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
        """The contribution of each column of one row (float32[f]) to the log odds: float64[f].

        Along each tree's path, the change of `value` is added to the column compared there. For explanations; slow.
        """
        charged = np.zeros(len(self.columns))
        node = self.roots
        for _ in range(self.depth):
            after = self._step(np.ascontiguousarray(row), node, np.zeros_like(node))
            np.add.at(charged, self.feature[node], self.value[after] - self.value[node])
            node = after
        return charged

    def _log_odds(self, rows: Floats, roots: Nodes) -> Doubles:
        """The sum of the predictions of some trees, in log odds: float64[n]."""
        height = max(1, _CELLS_PER_CHUNK // max(1, roots.size))
        parts = [self._traverse(rows[start : start + height], roots) for start in range(0, len(rows), height)]
        return np.concatenate(parts) if parts else np.zeros(0)

    def _traverse(self, rows: Floats, roots: Nodes) -> Doubles:
        """The same. All rows go down one tree, then the next: its nodes stay in the cache."""
        n = len(rows)
        cells = np.ascontiguousarray(rows).ravel()
        start = np.tile(
            np.arange(n) * len(self.columns), roots.size
        )  # offset in `cells` of the row of each (row, tree) pair
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
    """The values at indices known to be within bounds: mode "wrap" avoids the bounds check."""
    return values.take(places, mode="wrap")
