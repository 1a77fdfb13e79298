"""The worker pool of a spool in an object store: threads talk to the store, and sandboxed processes clean what these have fetched.

A ticket runs in a thread, by the same `Job` as a ticket of a folder; only cleaning is done by a child, which gets the content and gives
the record back. A child has no network and no credentials to lose, and a thread that waits for the store keeps no child from cleaning.
More threads finish what is settled and renew the leases.
"""

from __future__ import annotations

import contextlib
import json
import logging
import os
import queue
import tempfile
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from dataclasses import dataclass
from functools import partial
from typing import Any

from ingest.core.model import Gone, Refused
from ingest.core.preload import CleanFunction
from ingest.errors import Reason, Rejected, TransientError
from ingest.service.cleaned import CleanedRecord
from ingest.service.composition import Service
from ingest.service.settlement import Result, StageTimer, settle
from ingest.service.spool.object_claim import SeenSource
from ingest.service.workers.content_cleaner import ContentCleaners, WorkerDied
from ingest.service.workers.failures import FAILURE_MESSAGES
from ingest.service.workers.fork_gate import ForkGate
from ingest.service.workers.leftovers import ContentsFolder
from ingest.service.workers.pool import FAULT_PAUSE_SECONDS, Finished

log = logging.getLogger(__name__)

THREADS_PER_WORKER = 6
"""A page takes 20 ms of a core and eight requests of some 10 ms each, one after the other: so many threads keep a worker process busy."""
FINISHERS = 4
"""Threads that finish what is settled: two to four requests a source, against the eight of its cleaning."""
FINISH_SECONDS = 5.0  # that they may take once we are to stop
PAUSE_SECONDS = 0.5  # between two looks at what is to be finished or renewed


class _Again(Exception):
    """A ticket is to be run once more."""


@dataclass(frozen=True, slots=True)
class _Work:
    """A ticket. `seen`: a source that is to be claimed first; `woken`: its claim was found among those that wait."""

    path: str
    seen: SeenSource | None = None
    woken: bool = False


class ThreadedPool:
    """Submit tickets, then call `step` until they have ended."""

    def __init__(self, service: Service, clean: CleanFunction, *, size: int) -> None:
        self.fault: str | None = None
        self.gate = ForkGate()
        self.moved_at = time.monotonic()
        """When a ticket last ended, or the first was submitted."""
        self._settings = service.settings
        self._spool = service.object_spool
        self._job = service.open_job(clean=self._clean_in_child)
        self._threads = THREADS_PER_WORKER * size
        self._tasks: queue.SimpleQueue[Callable[[], None]] = queue.SimpleQueue()
        self._waiting: deque[_Work] = deque()
        self._running: dict[str, tuple[_Work, Future[Finished]]] = {}
        self._cleaners = ContentCleaners(self._settings, clean, self.gate, size=size)
        self._contents = ContentsFolder(self._spool.root)
        self._retry_at = 0.0
        self._ended = threading.Event()
        for work in (*[self._serve] * self._threads, *[self._finish] * FINISHERS, self._renew):
            threading.Thread(target=self._again_and_again, args=(work,), daemon=True).start()

    def __contains__(self, path: object) -> bool:
        return path in self._running or any(work.path == path for work in self._waiting)

    def __len__(self) -> int:
        return len(self._waiting) + len(self._running)

    @property
    def capacity(self) -> int:
        """How many more tickets keep all threads busy."""
        return max(0, self._threads - len(self))

    def submit(self, path: str, *, seen: SeenSource | None = None, woken: bool = False) -> None:
        """One more ticket. `seen`: its source is to be claimed first. `woken`: it was among those that wait."""
        if not len(self):
            self.moved_at = time.monotonic()
        self._waiting.append(_Work(path, seen, woken))

    def take_back(self) -> list[str]:
        """The tickets that no thread has begun to run."""
        back = [work.path for work in self._waiting]
        self._waiting.clear()
        return back

    def wake(self) -> None:
        """End the wait of `step`. For any thread."""
        self._cleaners.wake()

    # --- the thread that owns the processes ---------------------------------------------------------------------------

    def step(self, timeout: float) -> list[Finished]:
        """Let threads and children work for at most `timeout` seconds; gives the tickets that ended."""
        if self.fault and time.monotonic() >= self._retry_at:
            log.warning("going on after a pause")
            self.fault = None
        while self._waiting and self.fault is None and len(self._running) < self._threads:
            work = self._waiting.popleft()
            self._running[work.path] = work, (outcome := Future[Finished]())
            self._tasks.put(partial(self._run, work, outcome))
        try:
            self._cleaners.step(min(timeout, 0.2) if self.fault else timeout)
        except TransientError as fault:
            self._pause(str(fault))
        return list(self._collect())

    def _collect(self) -> Iterator[Finished]:
        for path, (work, future) in list(self._running.items()):
            if not future.done():
                continue
            del self._running[path]
            self.moved_at = time.monotonic()
            try:
                yield future.result()
            except _Again:
                self._waiting.append(_Work(path))
            except TransientError as fault:
                self._pause(str(fault))
                self._waiting.append(work)

    def _pause(self, fault: str) -> None:
        if self.fault is None:
            log.error("paused: %s", fault)
            self._retry_at = time.monotonic() + FAULT_PAUSE_SECONDS
        self.fault = fault

    def close(self, *, grace_seconds: float = 0.0) -> None:
        """Let each thread finish its ticket within `grace_seconds`; what is left is given back, for others to take."""
        self._waiting.clear()
        until = time.monotonic() + grace_seconds
        while self._running and (left := until - time.monotonic()) > 0:
            self.step(left)
            self._waiting.clear()
        self._ended.set()
        begun = dict(self._running)
        self._cleaners.close()
        until = time.monotonic() + 1.0
        while any(not future.done() for _, future in begun.values()) and time.monotonic() < until:
            time.sleep(0.01)
        with contextlib.suppress(TransientError):
            self._spool.unfinished.finish()
            while len(self._spool.unfinished) and time.monotonic() < until + FINISH_SECONDS:
                time.sleep(0.01)  # a thread of ours is at it
            going_on = {path for path, (_, future) in begun.items() if not future.done()}
            self._spool.release([path for path in self._spool.leases.paths() if path not in going_on])
        self._contents.close()

    # --- the threads that run tickets ---------------------------------------------------------------------------------

    def _again_and_again(self, work: Callable[[], None]) -> None:
        """Run in this thread; after a bug, whose traceback is printed, in another."""
        try:
            work()
        finally:
            if not self._ended.is_set():
                threading.Thread(target=self._again_and_again, args=(work,), daemon=True).start()

    def _serve(self) -> None:
        while True:
            self._tasks.get()()

    def _run(self, work: _Work, ended: Future[Finished]) -> None:
        try:
            with self.gate.working():
                ended.set_result(Finished(work.path, self._outcome(work)))
        except (TransientError, _Again) as error:
            ended.set_exception(error)
        finally:
            if not ended.done():
                ended.set_exception(TransientError("a bug in a thread; see its traceback"))
            self.wake()

    def _outcome(self, work: _Work) -> str:
        path, gone = work.path, Gone.name
        if work.seen and path not in self._spool.leases and not self._spool.leases.make(work.seen):
            return "claimed"
        lease = self._spool.leases.take(path)
        if work.woken:
            self._spool.woken(path)
        if lease is None:
            return gone
        deaths = len(lease.claimed.failures.get("deaths", ()))
        if deaths >= self._settings.max_worker_losses:
            return self._refuse(path, Reason.KILLED, deaths)
        try:
            return self._job.run(path).name
        except WorkerDied as died:
            return self._charge(path, died.why)

    def _charge(self, path: str, why: Reason) -> str:
        kind = "deaths" if why is Reason.KILLED else "attempts"
        if not (count := self._spool.record_failure(path, kind, why)):
            return Gone.name
        log.warning("a child died", extra={"fields": {"path": path, "why": why, kind: count}})
        bound = self._settings.max_attempts if kind == "attempts" else self._settings.max_worker_losses
        if count < bound:
            raise _Again
        return self._refuse(path, why, count)

    def _refuse(self, path: str, why: Reason, count: int) -> str:
        return settle(self._job, path, Result(Refused(why, f"{FAILURE_MESSAGES[why]}, {count} times"))).name

    def _clean_in_child(
        self, raw: bytes, *, on_stage_end: Callable[[str], None], limits: Any, min_confidence: Any, **known: Any
    ) -> CleanedRecord:
        """As `clean`, by a child. Raises `Rejected`, `WorkerDied`, `TransientError`."""
        del limits, min_confidence  # the child has the same settings
        known.pop("packs", None)
        handle, file = tempfile.mkstemp(dir=self._contents.path)
        try:
            with os.fdopen(handle, "wb") as written:
                written.write(json.dumps(known).encode() + b"\n" + raw)
            asked = self._cleaners.ask(file)
            with self.gate.waiting():
                answer = asked.result()
        finally:
            os.unlink(file)
        if fault := answer.get("fault"):
            raise TransientError(fault)
        if reason := answer.get("reason"):
            raise Rejected(reason, answer["message"])
        if isinstance(on_stage_end, StageTimer):
            on_stage_end.include(answer["stages"])
        return CleanedRecord(answer["record"], answer["summary"])

    # --- the other threads --------------------------------------------------------------------------------------------

    def _finish(self) -> None:
        """Finish what is settled."""
        while not self._ended.wait(PAUSE_SECONDS):
            if self._spool.unfinished.due:
                try:
                    self._spool.unfinished.finish(self.gate.working)
                except TransientError as error:
                    log.error("cannot finish what is settled: %s", error)  # noqa: TRY400 - the next round tries again

    def _renew(self) -> None:
        """Renew the leases."""
        while not self._ended.wait(PAUSE_SECONDS):
            try:
                with self.gate.working():
                    self._spool.leases.renew()
            except TransientError as error:
                log.error("cannot renew a lease: %s", error)  # noqa: TRY400 - the next round tries again
