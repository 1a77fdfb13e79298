"""A pool of preloaded worker processes: dispatches tickets, notices which process dies of what, and records it against its document.

`ingest up` has one pool for the machine; each process of a Celery worker has a pool of one. A death costs the document
in progress an attempt and the others nothing: they go on in the next process.
"""

from __future__ import annotations

import logging
import selectors
import time
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from ingest.core.model import Refused
from ingest.core.preload import CleanFunction
from ingest.errors import Reason, TransientError
from ingest.service.composition import Service
from ingest.service.health import spool_problem
from ingest.service.job import Job
from ingest.service.recovery import clear_heartbeat
from ingest.service.settlement import Result, settle
from ingest.service.spool import heartbeat
from ingest.service.workers.cleaner import Cleaner
from ingest.service.workers.failures import FAILURE_MESSAGES
from ingest.service.workers.process import MAX_PENDING

log = logging.getLogger(__name__)

FAULT_PAUSE_SECONDS = 2.0  # between two checks whether the fault has gone


@dataclass(frozen=True, slots=True)
class Finished:
    """A ticket that has come to its end, and the name of its outcome."""

    path: str
    outcome: str


class WorkerPool:
    """Submit tickets, then call `step` until they have ended."""

    def __init__(self, service: Service, clean: CleanFunction, *, size: int) -> None:
        self.fault: str | None = None
        self._service = service
        self._settings = service.settings
        self._clean = clean
        self._size = size
        # A sandboxed child has no network: its parent asks an object store for it.
        self._linked = None if isinstance(self._settings.out, Path) else service.object_store
        self._job: Job = service.open_job(clean=clean)
        self._children: list[Cleaner] = []
        self._waiting: deque[str] = deque()
        self._selector = selectors.DefaultSelector()
        self._not_before = 0.0
        self._retry_at = 0.0

    def __contains__(self, path: object) -> bool:
        return path in self._waiting or any(path in child.pending for child in self._children)

    def __len__(self) -> int:
        return len(self._waiting) + sum(len(child.pending) for child in self._children)

    @property
    def capacity(self) -> int:
        """How many more tickets keep all processes busy."""
        return max(0, 2 * MAX_PENDING * self._size - len(self))

    def add_reader(self, handle: int, call: Callable[[], None]) -> None:
        """Wake `step` also when this handle can be read."""
        self._selector.register(handle, selectors.EVENT_READ, call)

    def submit(self, path: str) -> None:
        """One more ticket."""
        self._waiting.append(path)

    def take_back(self) -> list[str]:
        """The tickets that no child has begun to clean."""
        back = list(self._waiting)
        self._waiting.clear()
        return back

    def step(self, timeout: float) -> list[Finished]:
        """Let the children work for at most `timeout` seconds; gives the tickets that ended."""
        self._resume()
        self._dispatch()
        waits = [timeout, *(max(0.0, child.seconds_left()) for child in self._children if child.pending)]
        if self._waiting and (self.fault or self._not_before > time.monotonic()):
            waits.append(0.2)
        ended: list[Finished] = []
        for key, _ in self._selector.select(min(waits)):
            if isinstance(key.data, Cleaner):
                ended.extend(self._receive(key.data))
            else:
                key.data()
        for child in self._children:
            if child.pending and child.seconds_left() <= 0:
                child.kill()
        return ended

    def _resume(self) -> None:
        if self.fault and time.monotonic() >= self._retry_at:
            self._retry_at = time.monotonic() + FAULT_PAUSE_SECONDS
            if spool_problem(self._service) is None:
                log.warning("the fault has gone: going on")
                self.fault = None

    def _dispatch(self) -> None:
        if self.fault or time.monotonic() < self._not_before:
            return
        while self._waiting:
            fit = [
                child
                for child in self._children
                if len(child.pending) < MAX_PENDING and not self._is_due_for_recycling(child)
            ]
            child = min(fit, key=lambda child: len(child.pending), default=None)
            if (child is None or child.pending) and len(self._children) < self._size:
                child = self._spawn()
            if child is None:
                return
            child.submit(self._waiting.popleft())

    def _is_due_for_recycling(self, child: Cleaner) -> bool:
        return child.completed + len(child.pending) >= self._settings.max_docs_per_child

    def _spawn(self) -> Cleaner | None:
        try:
            child = Cleaner(self._settings, self._clean, self._linked)
        except OSError as error:
            self._pause(f"cannot start a child: {error}")
            return None
        self._children.append(child)
        self._selector.register(child, selectors.EVENT_READ, child)
        return child

    def _receive(self, child: Cleaner) -> Iterator[Finished]:
        in_hand = list(child.pending)
        said = child.receive()
        if said is None:
            yield from self._reap(child)
            return
        for path, answer in zip(in_hand, said, strict=False):
            if fault := answer.get("fault"):
                self._pause(fault)
                self._waiting.append(path)  # last: should it be this document alone, the others go on
            else:
                yield Finished(path, answer["outcome"])
        if not child.pending and self._is_due_for_recycling(child):
            yield from self._reap(child)

    def _pause(self, fault: str) -> None:
        if self.fault is None:
            log.error("paused: %s", fault)
            self._retry_at = time.monotonic() + FAULT_PAUSE_SECONDS
        self.fault = fault

    def _reap(self, child: Cleaner) -> Iterator[Finished]:
        self._selector.unregister(child)
        self._children.remove(child)
        why = child.reap()
        status = heartbeat.read_heartbeat(child.heartbeat_path)
        in_hand = status.notes.get("path") if status else None
        for path in reversed(child.pending):
            if path != in_hand:
                self._waiting.appendleft(path)
        if in_hand is None and child.pending:
            self._not_before = time.monotonic() + 1.0  # it died before it began: avoid a fork loop
            if wrong := spool_problem(self._service):
                self._pause(wrong)
        try:
            if status:
                clear_heartbeat(status, self._service.spool, self._service.journal)
            if in_hand in child.pending:
                yield from self._record_failure(str(in_hand), why)
        except (OSError, TransientError) as error:
            self._pause(str(error))
            if in_hand in child.pending:
                self._waiting.append(str(in_hand))

    def _record_failure(self, path: str, why: Reason) -> Iterator[Finished]:
        if not self._job.spool.holds(path):
            yield Finished(path, "settled")  # it died after settling
            return
        kind = "deaths" if why is Reason.KILLED else "attempts"
        count = self._job.spool.record_failure(path, kind, why)
        log.warning("a child died", extra={"fields": {"path": path, "why": why, kind: count}})
        bound = self._settings.max_attempts if kind == "attempts" else self._settings.max_worker_losses
        if count < bound:
            self._waiting.append(path)
            return
        yield Finished(
            path, settle(self._job, path, Result(Refused(why, f"{FAILURE_MESSAGES[why]}, {count} times"))).name
        )

    def close(self, *, grace_seconds: float = 0.0) -> None:
        """Let each process finish its document within `grace_seconds`, then kill it. What is left stays claimed."""
        self._waiting.clear()
        until = time.monotonic() + grace_seconds
        while any(child.pending for child in self._children) and time.monotonic() < until:
            self.step(until - time.monotonic())
            self._waiting.clear()
        for child in list(self._children):
            if child.pending:
                child.kill()
            for _ in self._reap(child):
                pass
        self._selector.close()
