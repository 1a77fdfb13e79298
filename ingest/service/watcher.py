"""The watcher of a spool: scans the inbox, claims ready files, pauses intake under load, and recovers what dead processes left.

`ingest up` and `ingest watch` are both watchers; they differ in where the claimed tickets go. One watcher at a time holds the lock of a spool;
a second stands by and takes over when the first dies.
"""

from __future__ import annotations

import contextlib
import errno
import logging
import os
import shutil
import time
from collections.abc import Callable, Container, Iterator
from datetime import UTC, datetime, timedelta
from itertools import islice

from ingest.core.text.characters import escape_for_display
from ingest.errors import InvalidSettings, TransientError
from ingest.service.alerts import Alerts
from ingest.service.composition import Service
from ingest.service.health import low_disk, prepare_out, spool_problem
from ingest.service.memory_snapshot import MemoryKeeper
from ingest.service.pack_snapshot import PackSnapshot
from ingest.service.recovery import JournalCare
from ingest.service.spool import durable, filenames
from ingest.service.spool.beneath import LINK_ERRNOS
from ingest.service.spool.clock import age_key
from ingest.service.spool.heartbeat import Heartbeat
from ingest.service.spool.inbox import Inbox, ReadyFile, watching
from ingest.service.spool.settled import DAY
from ingest.service.workers.failures import MIN_AGE_SECONDS, recover_dead_workers

log = logging.getLogger(__name__)

MAINTENANCE_SECONDS = 5.0  # between two rounds of `maintain`
CLEANUP_SECONDS = 3600.0  # between two deletions of old days in `done`


class Watcher:
    """Holds the spool until closed."""

    def __init__(self, service: Service, role: str, *, stopping: Callable[[], bool] = lambda: False) -> None:
        self.service = service
        settings = service.settings
        self.spool = service.spool
        self.spool.prepare()
        prepare_out(service)
        self.settings = settings
        self.packs = PackSnapshot(self.spool.root)
        self.memory = MemoryKeeper(self.spool.root)
        self.heartbeat = Heartbeat(self.spool.root, role)
        self._lock = _acquire_watcher_lock(self.spool.at(".keeper"), self.heartbeat, stopping)
        try:
            self.packs.publish_at_start(settings.packs)
        except InvalidSettings:
            self._release()
            raise
        self.journal = service.journal
        self.store = service.store
        self.polled, self.mode = watching(settings)
        log.info("watching %s %s", self.spool.at("inbox"), self.mode)
        self.inbox = Inbox(
            self.spool.at("inbox"),
            filenames.ignore_pattern(settings.ignore),
            settle_seconds=settings.settle_seconds,
            polled=self.polled,
        )
        self.hold_reason: str | None = None  # why intake pauses
        self.broken = False  # nothing can be written, so nothing is moved either
        self.stuck: list[str] = []  # what the last finished scan could not claim, and why
        self._stuck: list[str] = []
        self._unmoved: dict[str, tuple[str, float]] = {}  # why a file could not be claimed, and when to try again
        self._queued: dict[str, float] = {}  # when what was lost was queued again; before that, its change time says it
        self._scan: Iterator[ReadyFile] | None = None
        self._next_scan = 0.0
        self._next_maintenance = 0.0
        self._next_day = 0.0
        self._alerts = Alerts(service)
        self._journal_care = JournalCare(self.spool, self.journal, keep=settings.keep_days > 0)

    def claim(self, limit: int) -> Iterator[str]:
        """Claim up to so many ready files. A scan goes on where the last call left it, so a full inbox costs nothing."""
        if limit <= 0:
            return
        if self._scan is None:
            if time.monotonic() < self._next_scan:
                return
            self._scan = self.inbox.scan()
        left = limit
        for found in self._scan:
            why, due = self._unmoved.get(found.inbox_path, ("", 0.0))
            if time.monotonic() < due:  # a try may itself raise an event, and events wake the scan
                self._stuck.append(why)
                continue
            try:
                path = self.spool.claim(found.inbox_path, sidecar=found.sidecar)
            except OSError as error:
                self._stuck.append(why := _cannot_claim(found.inbox_path, error))
                self._unmoved[found.inbox_path] = (why, time.monotonic() + self.settings.scan_interval)
                continue
            if path:
                yield path
                left -= 1
                if not left:
                    return
        self._scan = None
        now = time.monotonic()
        self._unmoved = {place: until for place, until in self._unmoved.items() if now < until[1]}
        self._stuck += [f"a folder cannot be read: inbox/{folder}" for folder in self.inbox.unread]
        if self._stuck and not self.stuck:
            log.error("%d files of the inbox cannot be claimed, the first: %s", len(self._stuck), self._stuck[0])
        self.stuck, self._stuck = self._stuck, []
        pause = self.settings.settle_seconds + 0.1 if self.inbox.unstable_count else self.settings.scan_interval
        self._next_scan = time.monotonic() + min(pause, self.settings.scan_interval)

    def wake(self) -> None:
        """Something happened in the inbox: scan now, not later."""
        self._next_scan = 0.0

    @property
    def caught_up(self) -> bool:
        """Whether the last scan saw all there is, and nothing that will soon be ready."""
        return self._scan is None and not self.inbox.unstable_count

    def pause(self, *, capacity: int) -> float:
        """Seconds until there is something to do for a watcher with this capacity."""
        due = self._next_maintenance
        if capacity and self.hold_reason is None:
            due = min(due, self._next_scan if self._scan is None else 0.0)
        return max(0.0, due - time.monotonic())

    def maintain(self, *, queued: int, fault: str | None = None, **notes: object) -> bool:
        """What a watcher does every few seconds; True when it was time. Decides whether intake is paused."""
        if time.monotonic() < self._next_maintenance:
            return False
        self._next_maintenance = time.monotonic() + MAINTENANCE_SECONDS
        broken = low_disk(self.settings) or spool_problem(self.service)
        held = broken or fault or self._backpressure(queued)
        self.broken = broken is not None
        self.set_hold(held, **notes)
        try:
            if not self.broken:
                recover_dead_workers(self.service)
                self.store.maintain()
                self._journal_care.maintain()
                self.packs.publish(self.settings.packs)
                if self.settings.memory == "learn":
                    self.memory.maintain()
                self._delete_old_days()
        except (OSError, TransientError) as error:
            log.error("cannot tend the spool: %s", error)  # noqa: TRY400 - the next round tries again
        try:
            self._alerts.maintain(broken)
        except OSError as error:
            log.error("cannot look after alerts: %s", error)  # noqa: TRY400 - the next round tries again
        return True

    def set_hold(self, reason: str | None, **notes: object) -> None:
        """Pause intake, for a reason, or resume it; says so in the log and in the heartbeat."""
        if reason != self.hold_reason:
            log.warning("intake is held back: %s", reason) if reason else log.info("intake goes on")
        self.hold_reason = reason
        stuck = f"{len(self.stuck)} files of the inbox cannot be claimed: {self.stuck[0]}" if self.stuck else None
        with contextlib.suppress(OSError):
            self.heartbeat.beat(mode=self.mode, held=reason, stuck=stuck, **notes)

    def _backpressure(self, queued: int) -> str | None:
        if queued < self.settings.max_claimed:
            return None
        return f"{queued} sources are claimed and wait for workers (INGEST_MAX_CLAIMED is {self.settings.max_claimed})"

    def _delete_old_days(self) -> None:
        if time.monotonic() < self._next_day:
            return
        self._next_day = time.monotonic() + CLEANUP_SECONDS
        oldest = f"{datetime.now(UTC) - timedelta(days=self.settings.keep_days):%Y-%m-%d}"
        for day in self.spool.listed("done"):
            if DAY.fullmatch(day) and day < oldest:
                shutil.rmtree(self.spool.at("done", day), ignore_errors=True)

    def orphans(self, exclude: Container[str], limit: int) -> list[str]:
        """Up to `limit` claimed sources that no process works on and that are not in `exclude`."""
        return self._orphaned(limit, exclude=exclude)

    def claimed_count(self) -> int:
        """How many sources are claimed."""
        try:
            return self.spool.claimed_count()
        except OSError as error:
            log.error("cannot read the spool: %s", error)  # noqa: TRY400 - the next round tries again
            return 0

    def _orphaned(
        self, limit: int, since: Callable[[float], bool] | None = None, exclude: Container[str] = ()
    ) -> list[str]:
        try:
            return list(islice(self.spool.orphaned(since, exclude), limit))
        except OSError as error:
            log.error("cannot read the spool: %s", error)  # noqa: TRY400 - the next round tries again
            return []

    def lost_tickets(self, oldest_waiting: float | None) -> list[str]:
        """Claimed sources that no process works on, and that were queued before what waits in the queue: to be queued again.

        First in, first out: what is older than all that waits was lost on the way.
        """
        before = (oldest_waiting or time.time()) - MIN_AGE_SECONDS
        key = age_key()

        def older(at: float) -> bool:
            return key(at) < key(before)

        found = self._orphaned(self.settings.max_claimed, older)
        lost = [path for path in found if path not in self._queued or older(self._queued[path])]
        if lost:
            log.info("%d claimed sources were lost on the way to a worker: queued again", len(lost))
        kept = {path: at for path, at in self._queued.items() if not older(at)}
        self._queued = kept | dict.fromkeys(lost, time.time())
        return lost

    def close(self) -> None:
        """Release the spool to the next watcher."""
        with contextlib.suppress(OSError):
            self.store.maintain(flush=True)
            if self.settings.memory == "learn":
                self.memory.maintain(force=True)
        self._journal_care.close()
        self._release()

    def _release(self) -> None:
        self.heartbeat.close()
        os.close(self._lock)


def _acquire_watcher_lock(path: str, heartbeat: Heartbeat, stopping: Callable[[], bool]) -> int:
    handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o644)
    if not durable.try_lock(handle):
        log.info("another process watches this spool: standing by")
        while not stopping() and not durable.try_lock(handle):
            heartbeat.beat(standing_by=True)
            time.sleep(0.5)
    return handle


def _cannot_claim(inbox_path: str, error: OSError) -> str:
    folder = os.path.join("inbox", os.path.dirname(inbox_path))
    if error.errno in LINK_ERRNOS:
        why = "is a link, or a file stands in its place; no link is followed"
    elif error.errno == errno.EXDEV:
        why = "is a mount of its own; mount the whole spool folder, not folders in it"
    elif isinstance(error, PermissionError):
        why = f"does not let us take files; as its owner or root, run: chown -R {os.getuid()}:{os.getgid()} {folder}"
    else:
        why = str(error.strerror)
    return escape_for_display(f"{inbox_path}: {folder} {why}")
