"""A gate between threads and forks: a process forks only while none of its threads is at work.

A fork copies the locks that other threads hold at that moment, and nobody ever opens them in the child. So threads that talk to a store
work inside the gate and wait for each other outside, and the one thread that forks waits until all are outside.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator


class ForkGate:
    """Made before the threads that go through it."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._working = 0
        self._closed = False

    @contextlib.contextmanager
    def working(self) -> Iterator[None]:
        """A thread is at work; waits while a process is being forked."""
        self._enter()
        try:
            yield
        finally:
            self._leave()

    @contextlib.contextmanager
    def waiting(self) -> Iterator[None]:
        """Inside of `working`: the thread waits for something, and holds no lock meanwhile."""
        self._leave()
        try:
            yield
        finally:
            self._enter()

    @contextlib.contextmanager
    def forking(self, timeout: float) -> Iterator[bool]:
        """Whether one may fork now; False if a thread was at work for all of `timeout` seconds."""
        with self._changed:
            self._closed = True
            quiet = self._changed.wait_for(lambda: not self._working, timeout)
        try:
            yield quiet
        finally:
            with self._changed:
                self._closed = False
                self._changed.notify_all()

    def _enter(self) -> None:
        with self._changed:
            self._changed.wait_for(lambda: not self._closed)
            self._working += 1

    def _leave(self) -> None:
        with self._changed:
            self._working -= 1
            self._changed.notify_all()


LINKS = ForkGate()
"""That of the threads which ask an object store for worker processes; every worker process is forked through it."""
