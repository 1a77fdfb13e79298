"""Files as the commands meet them: which are articles, what lies beside them, and how a new one is written."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ingest.signs import shown as shown  # noqa: PLC0414  the commands' door to it

if TYPE_CHECKING:
    from collections.abc import Iterator

SIDECAR = ".meta.json"


def files_in(paths: tuple[Path, ...]) -> Iterator[Path]:
    """Every file named or found; dotfiles are not ours, and a sidecar belongs to its article."""
    for path in paths:
        if not path.is_dir():
            yield path
            continue
        for folder, folders, names in os.walk(path):
            folders[:] = sorted(name for name in folders if not name.startswith("."))
            yield from (
                Path(folder, name)
                for name in sorted(names)
                if not name.startswith(".") and not (name.endswith(SIDECAR) and name[: -len(SIDECAR)] in names)
            )


def sidecar(path: Path) -> dict[str, Any] | None:
    """What the file beside an article claims about it; raises `Rejected` (invalid_claims) where that is no JSON object."""
    from ingest.sidecar import read_sidecar

    return read_sidecar(path.with_name(path.name + SIDECAR)) if path.name else None


def write_whole(path: Path, text: str) -> None:
    """Whole or not at all: a reader never meets half a record."""
    with tempfile.NamedTemporaryFile(
        "w", encoding="utf-8", dir=path.parent, prefix=".", suffix=".tmp", delete=False
    ) as file:
        try:
            file.write(text + "\n")
            file.close()
            Path(file.name).chmod(0o644)
            Path(file.name).replace(path)
        except BaseException:
            Path(file.name).unlink(missing_ok=True)
            raise
