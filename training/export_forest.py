"""Write a trained lightgbm booster as the arrays that `ingest.core.labelling.forest` reads, with where the model comes from."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from training.provenance import ARRAY, as_array

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path
    from typing import BinaryIO


def save(booster: Any, names: list[str], path: Path | BinaryIO, provenance: Mapping[str, Any] | None = None) -> None:
    """Write `booster` (one answer, no categorical columns) to an .npz; the same booster and provenance give the same bytes.

    Raises ValueError for a booster with a categorical column.
    """
    dump = booster.dump_model()
    nodes: list[tuple[int, float, int, float]] = []  # feature, threshold, child, value
    roots: list[int] = []

    def reserve(count: int) -> int:
        start = len(nodes)
        nodes.extend((0, np.inf, at, 0.0) for at in range(start, start + count))
        return start

    for tree in dump["tree_info"]:
        roots.append(reserve(1))
        todo = [(roots[-1], tree["tree_structure"])]
        while todo:
            at, node = todo.pop()
            if "leaf_value" in node:
                nodes[at] = (0, np.inf, at, node["leaf_value"])
                continue
            if node["decision_type"] != "<=":
                raise ValueError(f"a threshold wanted, got {node['decision_type']}")
            left = reserve(2)
            nodes[at] = (node["split_feature"], below(node["threshold"]), left, node["internal_value"])
            todo += [(left, node["left_child"]), (left + 1, node["right_child"])]
    feature, threshold, child, value = zip(*nodes, strict=True)
    np.savez_compressed(
        path,
        **{ARRAY: as_array(provenance or {})},
        names=np.array(names),
        feature=np.array(feature, np.int16),
        threshold=np.array(threshold, np.float32),
        child=np.array(child, np.int32),
        value=np.array(value, np.float32),
        roots=np.array(roots, np.int32),
    )


def below(threshold: float) -> float:
    """The greatest float32 that is at most `threshold`: a float32 then compares with both alike."""
    near = np.float32(threshold)
    return float(np.nextafter(near, np.float32(-np.inf)) if float(near) > threshold else near)
