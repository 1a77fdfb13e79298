"""Containers: the watcher has them read by a worker process, a few members at a time, and settles each once all its members are settled.

A worker that meets a container notes that it is one and leaves it. From then on it is the watcher's: its members are claimed sources like
any other, cleaned by whoever takes their tickets. So many members are claimed at once as keep the workers busy, whatever a container holds.
"""

from __future__ import annotations

import contextlib
import logging
import os
import time
from typing import TYPE_CHECKING

from ingest.core.model import Refused, Unpacked
from ingest.errors import Reason, TransientError
from ingest.service.settlement import Result, settle
from ingest.service.spool import containers, filenames, heartbeat
from ingest.service.spool.filenames import MEMBER
from ingest.service.workers.failures import FAILURE_MESSAGES, clean_nothing
from ingest.service.workers.unpacker import MEMBERS_PER_REQUEST, Unpacker

if TYPE_CHECKING:
    from ingest.service.composition import Service

log = logging.getLogger(__name__)

LOOK_SECONDS = 0.25
"""Between two looks at `claimed` while containers are there …"""
IDLE_LOOK_SECONDS = 1.0
"""… and while there are none."""
MAX_OPEN_CONTAINERS = 4
"""Containers that are read in turn; the others wait, so that a small one need not wait for a large one, nor all for each other."""
MEMBERS_PER_WORKER = 50
"""Members that are claimed for each worker process, at least a request's: each cleans some 30 in a second."""
FAULT_PAUSE_SECONDS = 2.0


class Unpacking:
    """The containers of a spool. Call `step` often; it does not block."""

    def __init__(self, service: Service, *, workers: int) -> None:
        self._service = service
        self._spool = service.spool
        self._job = service.open_job(clean=clean_nothing)
        self._most_claimed = max(2 * MEMBERS_PER_REQUEST, MEMBERS_PER_WORKER * workers)
        self._child: Unpacker | None = None
        self._next_look = 0.0
        self._turn = 0
        self.open: list[str] = []
        """The containers that were in `claimed` at the last look."""

    @property
    def pending(self) -> bool:
        """Whether an answer of the worker process is due."""
        return bool(self._child and self._child.pending)

    def wake(self) -> None:
        """Look for containers at the next step, not later."""
        self._next_look = 0.0

    def look(self) -> bool:
        """Whether there are containers, as of now."""
        with contextlib.suppress(OSError):
            self.open = list(containers.claimed_containers(self._spool.listed("claimed")))
        return bool(self.open)

    def step(self, *, paused: bool) -> list[str]:
        """Go on for a moment; gives the members that were handed out, for workers to clean. `paused`: hand out no more for now."""
        members: list[str] = []
        try:
            self._receive(members)
            if not self.pending and time.monotonic() >= self._next_look:
                self._next_look = time.monotonic() + IDLE_LOOK_SECONDS
                self._look_around(paused=paused)
        except (OSError, TransientError) as error:
            log.error("cannot tend the containers: %s", error)  # noqa: TRY400 - the next look tries again
            self._next_look = time.monotonic() + FAULT_PAUSE_SECONDS
        return members

    def _look_around(self, *, paused: bool) -> None:
        names = sorted(self._spool.listed("claimed"))
        self.open = list(containers.claimed_containers(names))
        if not self.open:
            self._close_child()
            return
        self._next_look = time.monotonic() + LOOK_SECONDS
        unread = []
        for path in self.open:
            if (progress := containers.progress_of(self._spool, path)) is None:
                continue
            if not progress.ended:
                unread.append(path)
            elif not containers.claimed_members(names, path, progress):
                self._settle(path, progress)
        claimed = sum(name.endswith(MEMBER) for name in names)
        if unread and not paused and claimed <= self._most_claimed - MEMBERS_PER_REQUEST:
            self._turn += 1
            self._ask(unread[self._turn % min(len(unread), MAX_OPEN_CONTAINERS)])

    def _settle(self, path: str, progress: containers.Progress) -> None:
        source = self._spool.open(path)
        if source is None:
            return  # a worker looks at it, for a ticket that came twice
        try:
            self._settle_locked(path, progress)
        finally:
            source.close()

    def _settle_locked(self, path: str, progress: containers.Progress) -> None:
        containers.recover(self._spool, path, progress)
        names = sorted(self._spool.listed("claimed"))
        if containers.claimed_members(names, path, progress) or self._has_unsettled(path):
            return  # a killed process had left some
        if progress.reason:
            message = (
                f"{progress.message} {progress.members:,} members were read before."
                if progress.members
                else progress.message
            )
            outcome: Refused | Unpacked = Refused(Reason(progress.reason), message)
        else:
            outcome = Unpacked(progress.members)
        containers.forget(self._spool, path)
        settle(self._job, path, Result(outcome))

    def _has_unsettled(self, path: str) -> bool:
        """Whether a dead process had one of its members, which may have moved and have no line yet (see `recovery.clear_heartbeat`)."""
        token = filenames.token_of(os.path.basename(path))
        left = [each.notes.get("path") for each in heartbeat.heartbeats(self._spool.root) if not each.alive]
        tokens = [filenames.token_of(each[8:]) for each in left if isinstance(each, str) and filenames.is_ticket(each)]
        return containers.holds_any(token, tokens)

    def _ask(self, path: str) -> None:
        if self._child is None:
            self._child = Unpacker(self._service.settings)
        self._child.submit(path)

    def _receive(self, members: list[str]) -> None:
        """Read the answer, if it has come; what was handed out is added to `members`."""
        child = self._child
        if child is None or not child.pending:
            return
        path = child.pending[0]
        if child.seconds_left() <= 0:
            child.kill()
        answers = child.receive()
        if answers is None:
            self._child = None
            self._count_failure(path, child.reap())
            return
        for answer in answers:
            self._next_look = 0.0
            found = filenames.tickets(answer.get("members", []))
            members += found
            if fault := answer.get("fault"):
                log.error("paused: %s", fault)
                self._next_look = time.monotonic() + FAULT_PAUSE_SECONDS
            elif answer.get("changed"):
                self._spool.return_to_inbox(path)
            elif found:
                self._spool.forget_failures(path)

    def _count_failure(self, path: str, why: Reason) -> None:
        """The worker process died over a container: as for documents, but each member that is handed out begins the count anew."""
        settings = self._service.settings
        kind = "deaths" if why is Reason.KILLED else "attempts"
        bound = settings.max_worker_losses if why is Reason.KILLED else settings.max_attempts
        count = self._spool.record_failure(path, kind, why)
        log.warning(
            "the worker process that read a container died", extra={"fields": {"path": path, "why": why, kind: count}}
        )
        progress = containers.progress_of(self._spool, path)
        if count >= bound and progress:
            refused = containers.refused(progress, why, f"{FAILURE_MESSAGES[why]}, {count} times.")
            containers.write_progress(self._spool, path, refused)

    def _close_child(self) -> None:
        if self._child:
            self._child.kill()
            self._child.reap()
            self._child = None

    def close(self) -> None:
        """End the worker process. What it had begun is finished or read again by the next."""
        self._close_child()
