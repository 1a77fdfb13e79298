"""Where a model comes from: written into its .npz as one string of JSON, the array `provenance`.

    python -m training.provenance FILE.npz ...     prints that of each file

Keys: `inputs`, each file's name with the SHA-256 of its content; `inputs_sha256`, one hash over these names and hashes; `trained`, the day
(YYYY-MM-DD); `version` of this project; `libraries` with their versions; `figures`, the measures stated for the model.
"""

from __future__ import annotations

import hashlib
import json
import sys
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ingest import __version__

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from numpy.typing import NDArray

ARRAY = "provenance"
LIBRARIES = ("lightgbm", "scikit-learn", "scipy", "numpy")


def provenance(
    inputs: Iterable[Path], *, trained: str | None, figures: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """The provenance of a model made now, by this version, of these files."""
    hashes = {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in sorted(inputs)}
    return {
        "inputs": hashes,
        "inputs_sha256": digest(hashes),
        "trained": trained,
        "version": __version__,
        "libraries": {name: found for name in LIBRARIES if (found := _version(name))},
        "figures": dict(figures or {}),
    }


def digest(hashes: Mapping[str, str]) -> str:
    """One SHA-256, in hex, over the names of files and the hashes of their contents: the lines of sha256sum, sorted by name."""
    return hashlib.sha256("".join(f"{hashes[name]}  {name}\n" for name in sorted(hashes)).encode()).hexdigest()


def as_array(said: Mapping[str, Any]) -> NDArray[Any]:
    """The array that holds a provenance."""
    return np.array(json.dumps(said, sort_keys=True))


def read(path: Path) -> dict[str, Any]:
    """The provenance in an .npz; empty where it has none."""
    with np.load(path, allow_pickle=False) as arrays:
        return json.loads(str(arrays[ARRAY])) if ARRAY in arrays else {}


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None


if __name__ == "__main__":
    for name in sys.argv[1:]:
        print(name, json.dumps(read(Path(name)), indent=1, sort_keys=True))
