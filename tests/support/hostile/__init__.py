"""Hostile files: what a newsroom's inbox may be sent by accident or on purpose, made here, the same on every run.

    python -m tests.support.hostile FOLDER            # some megabytes in all
    python -m tests.support.hostile FOLDER --large    # 10 MB lines, a million tags: some 500 MB

`corpus()` gives the same to the tests; `TICKETS` and `ENCODING_NAMES` are what may be published, and what a file may be called.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.support.hostile.containers import CONTAINERS
from tests.support.hostile.documents import DOCUMENTS
from tests.support.hostile.fixed import FIXED
from tests.support.hostile.growing import GROWING
from tests.support.hostile.matter import ARTICLE, PROSE, page
from tests.support.hostile.names import NAMES, TICKETS

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

__all__ = [
    "ARTICLE",
    "CONTAINERS",
    "DOCUMENTS",
    "FIXED",
    "GROWING",
    "NAMES",
    "PROSE",
    "TICKETS",
    "corpus",
    "page",
    "write",
]


def corpus(*, large: bool = False) -> Iterator[tuple[str, bytes]]:
    """Every hostile file: its name, as its sender calls it, and its content."""
    yield from FIXED.items()
    yield from CONTAINERS.items()
    yield from DOCUMENTS.items()
    for name, (make, few, many) in GROWING.items():
        yield name, make(many if large else few)


def write(folder: Path, *, large: bool = False) -> int:
    """The files that can be written there, under their names; how many."""
    folder.mkdir(parents=True, exist_ok=True)
    written = 0
    for name, content in corpus(large=large):
        if "/" not in name:
            (folder / name).write_bytes(content)
            written += 1
    return written
