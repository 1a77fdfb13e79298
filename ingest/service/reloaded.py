"""What a file of the spool says, read again once another process has replaced the file."""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, TypeVar

from ingest.service.spool import durable

T = TypeVar("T")


class Reloaded(Generic[T]):
    """The value that `read` gave when the file at `path` was last replaced, None as long as there is none; a call costs one `stat`.

    What `read` raises is raised, and the next call reads again.
    """

    def __init__(self, path: str, read: Callable[[], T | None]) -> None:
        self._path = path
        self._load = read
        self._stamp: tuple[int, int] | None = None
        self._value: T | None = None

    def __call__(self) -> T | None:
        """The value now."""
        stamp = durable.stamp(self._path)
        if stamp != self._stamp:
            self._value = self._load()
            self._stamp = stamp
        return self._value
