"""Quality floors: figures that were reached once, pinned with the SHA-256 of the files they were measured on.

    {"files": {name: sha256}, "floors": {slice: {measure: floor}}}

Higher is better for every measure. A floor applies only to the same files; other files are scored without being held to it.
"""

from __future__ import annotations

import hashlib
import json
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterable, Mapping
    from pathlib import Path

Cells = dict[str, dict[str, float]]

TOLERANCE = 0.0005  # what another version of a library may cost; one line more or less moves a figure by as much


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of `check_floors` to a parser."""
    parser.add_argument("--update", action="store_true", help="pin the measured figures; refuses to lower a floor …")
    parser.add_argument("--allow-regression", action="store_true", help="… unless this is given too")


def check_floors(measured: Cells, files: Iterable[Path], floors: Path, *, update: bool, allow_regression: bool) -> int:
    """Print the figures, compare them with the floors, pin them with `update`. The exit status: 1 where one lies below its floor."""
    for name, cells in measured.items():
        print(f"{name:18}", "  ".join(f"{measure} {value:.4f}" for measure, value in cells.items()))
    pinned = json.loads(floors.read_text()) if floors.exists() else {"files": {}, "floors": {}}
    hashes = {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in files}
    same = all(pinned["files"].get(name, digest) == digest for name, digest in hashes.items())
    missed = list(below_floor(measured, pinned["floors"])) if same else []
    for line in missed:
        print(line)
    if not update:
        return int(bool(missed))
    if missed and not allow_regression:
        print("Nothing was written: a floor would be lowered (--allow-regression permits it).", file=sys.stderr)
        return 1
    kept = pinned["floors"] if same else {}
    rounded = {name: {measure: round(value, 4) for measure, value in cells.items()} for name, cells in measured.items()}
    pinned = {"files": pinned["files"] | hashes, "floors": kept | rounded}
    floors.write_text(json.dumps(pinned, indent=2, sort_keys=True) + "\n")
    return 0


def below_floor(
    measured: Mapping[str, Mapping[str, float]], floors: Mapping[str, Mapping[str, float]]
) -> Iterable[str]:
    """A line for each figure below its floor."""
    for name in measured.keys() & floors.keys():
        for measure, floor in sorted(floors[name].items()):
            if measured[name].get(measure, 0.0) < floor - TOLERANCE:
                yield f"{name} {measure} {measured[name].get(measure, 0.0):.4f} below {floor:.4f}"
