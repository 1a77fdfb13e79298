"""Reads the journal as it grows, whole lines at a time, across rotations."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Mapping
from hashlib import blake2b
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ingest.service.journal import Journal

MAX_FIRST_LINE_BYTES = 1 << 16
"""A file is known by its first line, which has a token: rotation renames files, and a copy from a backup has other inodes."""


class JournalCursor:
    """How far the journal has been read. `positions`: bytes read of each file, by the digest of its first line."""

    def __init__(self, journal: Journal, positions: Mapping[str, int] | None = None) -> None:
        self.journal = journal
        self.positions = dict(positions or {})
        self.behind = True
        """There is more in the journal than was read."""

    def read(self, limit: int) -> bytes:
        """The next lines, about `limit` bytes at most, the oldest first. Raises OSError."""
        self.behind = False
        taken, left, positions = [], limit, {}
        for path in self.journal.files():
            with contextlib.suppress(FileNotFoundError), open(path, "rb") as file:
                first, newline, _ = file.read(MAX_FIRST_LINE_BYTES).partition(b"\n")
                if not newline:
                    continue
                name, size = blake2b(first, digest_size=16).hexdigest(), os.fstat(file.fileno()).st_size
                start = self.positions.get(name, 0)
                start = start if start <= size else 0  # it was cut and has other lines now
                if start < size and left > 0:
                    file.seek(start)
                    lines, newline, torn = file.read(left).rpartition(b"\n")
                    start += len(lines) + len(newline)
                    left -= len(lines)
                    taken.append(lines)
                    self.behind |= start + len(torn) < size
                elif start < size:
                    self.behind = True
                positions[name] = start
        self.positions = positions
        return b"\n".join(taken)
