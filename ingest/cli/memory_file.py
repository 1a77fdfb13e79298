"""A memory of publishers in a file: the option that several commands share, and how it is read and written."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from ingest.cli.files import LocalPath, OneLineError, cannot_use, cannot_write, escape_for_display

if TYPE_CHECKING:
    from ingest.core.memory.snapshot import Memory

MEMORY = click.option(
    "--memory",
    "memory_file",
    type=LocalPath(path_type=Path, exists=True, dir_okay=False),
    help="Memory of publishers, written by `ingest learn`.",
)


def read_memory(path: Path | None) -> Memory | None:
    """The memory in a file; None without one. Raises `OneLineError`."""
    if path is None:
        return None
    from ingest.core.memory.snapshot import Memory
    from ingest.errors import InvalidMemory

    try:
        return Memory.load(path.read_bytes())
    except InvalidMemory as error:
        raise OneLineError(f"{escape_for_display(str(path))}: {error}") from None
    except OSError as error:
        raise cannot_use(error, f"{escape_for_display(str(path))}: {error.strerror}") from None


def write_memory(path: Path, memory: Memory) -> None:
    """Write a memory so that no reader sees half of it. Raises `OneLineError`."""
    from ingest.service.spool.durable import write_atomically

    try:
        write_atomically(str(path.absolute()), memory.save())
    except OSError as error:
        raise cannot_write(path, error) from None
