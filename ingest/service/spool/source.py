"""A claimed source that a process works on: open, and locked while it is open."""

from __future__ import annotations

import os
from dataclasses import dataclass

from ingest.service.spool import durable


@dataclass(slots=True)
class LockedSource:
    """A claimed source, open and locked by us until closed."""

    handle: int
    opened_stat: os.stat_result

    def head(self, limit: int) -> bytes:
        """Its first bytes."""
        return os.pread(self.handle, limit, 0)

    def read(self, limit: int) -> bytes | None:
        """All its bytes; None if there are more than `limit`."""
        if self.opened_stat.st_size > limit:
            return None
        with os.fdopen(os.dup(self.handle), "rb") as file:
            content = file.read(limit + 1)
        return content if len(content) <= limit else None

    def changed(self) -> bool:
        """Whether it has been written to since it was opened."""
        now = os.fstat(self.handle)
        return (now.st_size, now.st_mtime_ns) != (self.opened_stat.st_size, self.opened_stat.st_mtime_ns)

    def close(self) -> None:
        """Release the lock."""
        os.close(self.handle)


def open_locked(name: str, folder: int) -> LockedSource | None:
    """Open and lock a source in an open folder; see `Spool.open`."""
    try:
        handle, was = durable.open_regular(name, dir_fd=folder)
    except FileNotFoundError:
        return None
    try:
        # Settled between open and lock: the name is gone, and the file that we hold is done.
        if durable.try_lock(handle) and _still(name, folder, was):
            return LockedSource(handle, was)
    except BaseException:
        os.close(handle)
        raise
    os.close(handle)
    return None


def _still(name: str, folder: int, was: os.stat_result) -> bool:
    try:
        return os.stat(name, dir_fd=folder, follow_symlinks=False).st_ino == was.st_ino
    except FileNotFoundError:
        return False
