"""A claimed source in somebody's hands: open, and locked as long as it is open."""

from __future__ import annotations

import errno
import os
import stat
from dataclasses import dataclass

from ingest.spool import files


@dataclass(slots=True)
class Source:
    """A claimed source, open and locked by us until closed."""

    handle: int
    was: os.stat_result

    def read(self, limit: int) -> bytes | None:
        """All its bytes; None if there are more than `limit`."""
        if self.was.st_size > limit:
            return None
        with os.fdopen(os.dup(self.handle), "rb") as file:
            content = file.read(limit + 1)
        return content if len(content) <= limit else None

    def changed(self) -> bool:
        """Whether somebody wrote to it since it was opened."""
        now = os.fstat(self.handle)
        return (now.st_size, now.st_mtime_ns) != (self.was.st_size, self.was.st_mtime_ns)

    def close(self) -> None:
        """Give the lock back."""
        os.close(self.handle)


def take(path: str) -> Source | None:
    """Open and lock a source; see `Spool.open`."""
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except FileNotFoundError:
        return None
    try:
        was = os.fstat(handle)
        if not stat.S_ISREG(was.st_mode):
            raise OSError(errno.EINVAL, "not a regular file", path)  # noqa: TRY301 - closed below, like all else
        # Settled between open and lock: the name is gone, and what we hold is somebody's past.
        if files.try_lock(handle) and _still(path, was):
            return Source(handle, was)
    except BaseException:
        os.close(handle)
        raise
    os.close(handle)
    return None


def _still(path: str, was: os.stat_result) -> bool:
    try:
        return os.stat(path, follow_symlinks=False).st_ino == was.st_ino
    except FileNotFoundError:
        return False
