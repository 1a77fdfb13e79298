"""Worker processes that are given contents and give records back: they know neither spool nor store, and reach no network.

A request is the path of a file: a line of JSON with what is known of the article, then its content. Who asked stores the record.
"""

from __future__ import annotations

import contextlib
import json
import logging
import os
import selectors
import time
from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from typing import Any

from ingest.core.preload import CleanFunction
from ingest.errors import Reason, TransientError
from ingest.service.job import clean_content
from ingest.service.pack_snapshot import CurrentPacks
from ingest.service.settings import Settings
from ingest.service.spool.heartbeat import Heartbeat, new_heartbeat_path
from ingest.service.workers.fork_gate import ForkGate
from ingest.service.workers.process import WorkerProcess, WorkFunction

log = logging.getLogger(__name__)

FORK_SECONDS = 1.0
"""So long all threads may finish what they do before a process is forked; then they go on, and it is tried again."""


class WorkerDied(TransientError):
    """The process that cleaned a content died over it."""

    def __init__(self, why: Reason) -> None:
        super().__init__(f"the process that cleaned a source died: {why}")
        self.why = why


class ContentCleaner(WorkerProcess):
    """A worker process; its answers are those of `clean_content`."""

    def __init__(self, settings: Settings, clean: CleanFunction) -> None:
        self.heartbeat_path = new_heartbeat_path(str(settings.root))
        super().__init__(
            lambda: _cleaning_contents(settings, clean, self.heartbeat_path),
            time_limit=settings.time_limit,
            memory_limit=settings.memory_limit,
        )


@contextmanager
def _cleaning_contents(settings: Settings, clean: CleanFunction, heartbeat_path: str) -> Iterator[WorkFunction]:
    heartbeat = Heartbeat(str(settings.root), "child", path=heartbeat_path)
    packs = CurrentPacks(str(settings.root))

    def work(path: str) -> dict[str, Any]:
        with open(path, "rb") as file:
            known, content = json.loads(file.readline()), file.read()
        return clean_content(lambda raw, **given: clean(raw, packs=packs(), **given), content, known, settings)

    yield work
    heartbeat.close()


class ContentCleaners:
    """Some worker processes, owned by one thread; any thread may `ask`. An answer is `WorkerDied` where the process died over the content."""

    def __init__(self, settings: Settings, clean: CleanFunction, gate: ForkGate, *, size: int) -> None:
        self._settings = settings
        self._clean = clean
        self._gate = gate
        self._size = size
        self._requests: deque[tuple[str, Future[dict[str, Any]]]] = deque()
        self._children: dict[ContentCleaner, Future[dict[str, Any]] | None] = {}
        self._selector = selectors.DefaultSelector()
        self._woken, self._wakes = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        self._selector.register(self._woken, selectors.EVENT_READ)
        self._not_before = 0.0

    def ask(self, file: str) -> Future[dict[str, Any]]:
        """Have the content of a file cleaned. For any thread."""
        answer: Future[dict[str, Any]] = Future()
        self._requests.append((file, answer))
        self.wake()
        return answer

    def wake(self) -> None:
        """End the wait of `step`. For any thread."""
        with contextlib.suppress(OSError):  # the pipe is full, or closed
            os.write(self._wakes, b".")

    def step(self, timeout: float) -> None:
        """Hand contents out and take answers, for at most `timeout` seconds, or until woken. Raises `TransientError` if none can be started."""
        self._dispatch()
        busy = [child for child, answer in self._children.items() if answer]
        waits = [timeout, *(max(0.0, child.seconds_left()) for child in busy)]
        if self._requests:
            waits.append(0.2)
        for key, _ in self._selector.select(min(waits)):
            if isinstance(key.data, ContentCleaner):
                self._receive(key.data)
            else:
                with contextlib.suppress(BlockingIOError):
                    os.read(self._woken, 4096)
        for child in busy:
            if child.pending and child.seconds_left() <= 0:
                child.kill()
        self._dispatch()

    def _dispatch(self) -> None:
        while self._requests:
            child = next((child for child, answer in self._children.items() if answer is None), None)
            if child is None and (len(self._children) == self._size or (child := self._spawn()) is None):
                return
            file, self._children[child] = self._requests.popleft()
            child.submit(file)

    def _spawn(self) -> ContentCleaner | None:
        if time.monotonic() < self._not_before:
            return None
        try:
            with self._gate.forking(FORK_SECONDS) as quiet:
                if not quiet:
                    return None
                child = ContentCleaner(self._settings, self._clean)
        except OSError as error:
            self._not_before = time.monotonic() + 1.0
            raise TransientError(f"cannot start a child: {error}") from error
        self._children[child] = None
        self._selector.register(child, selectors.EVENT_READ, child)
        return child

    def _receive(self, child: ContentCleaner) -> None:
        said, asked = child.receive(), self._children[child]
        if said is None:
            why = self._reap(child)
            if asked:
                asked.set_exception(WorkerDied(why))
            else:
                self._not_before = time.monotonic() + 1.0  # it died before it began: avoid a fork loop
            return
        for answer in said:
            if asked:
                self._children[child] = None
                asked.set_result(answer)
        if not child.pending and child.completed >= self._settings.max_docs_per_child:
            self._reap(child)

    def _reap(self, child: ContentCleaner) -> Reason:
        self._selector.unregister(child)
        del self._children[child]
        why = child.reap()
        with contextlib.suppress(FileNotFoundError):
            os.unlink(child.heartbeat_path)
        return why

    def close(self) -> None:
        """End all processes; what they have not answered is a `TransientError`."""
        for asked in filter(None, (*self._children.values(), *(answer for _, answer in self._requests))):
            asked.set_exception(TransientError("we are to stop"))
        self._requests.clear()
        for child in list(self._children):
            if child.pending:
                child.kill()
            self._reap(child)
        self._selector.close()
        os.close(self._woken)
        wakes, self._wakes = self._wakes, -1
        os.close(wakes)
