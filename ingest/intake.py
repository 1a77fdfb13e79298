"""The keeper of a spool: scans the inbox and claims what is ready, holds back when there is too much, clears up after the dead.

`ingest up` and `ingest watch` are both keepers; they differ in where the claimed tickets go. One keeper at a time holds a spool,
a second stands by and takes over when the first dies.
"""

from __future__ import annotations

import contextlib
import errno
import logging
import os
import select
import shutil
import threading
import time
from collections.abc import Callable, Container, Iterator
from datetime import UTC, datetime, timedelta
from itertools import islice

from ingest.crew import GRACE, hindered, mourn
from ingest.job import Fault
from ingest.journal import Journal
from ingest.recovery import JournalCare
from ingest.settings import Settings
from ingest.signs import shown
from ingest.sink import open_sink
from ingest.spool import Spool, Unusable, files, names
from ingest.spool.beneath import LINK_ERRNOS
from ingest.spool.clock import order
from ingest.spool.desk import Desk
from ingest.spool.inbox import Found, Inbox, watching
from ingest.spool.settled import DAY

log = logging.getLogger("ingest")

TEND_SECONDS = 5.0  # between two looks for what the dead left
DAY_SECONDS = 3600.0  # between two looks for old days in `done`
WIDE_AWAKE = 0.05  # seconds that a burst of events is let gather


class Keeper:
    """Holds the spool until closed."""

    def __init__(self, settings: Settings, role: str, *, stopping: Callable[[], bool] = lambda: False) -> None:
        self.spool = Spool(settings.spool)
        self.spool.prepare()
        try:
            settings.out.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise Unusable(files.trouble(settings.out, error)) from None
        self.settings = settings
        self.desk = Desk(self.spool.root, role)
        self._lock = _only_keeper(self.spool.at(".keeper"), self.desk, stopping)
        self.journal = Journal(self.spool.root, limit=settings.journal_bytes)
        self.sink = open_sink(settings.sink, settings.out)
        self.polled, self.mode = watching(settings)
        log.info("watching %s %s", self.spool.at("inbox"), self.mode)
        self.inbox = Inbox(
            self.spool.at("inbox"), names.ignoring(settings.ignore), settle=settings.settle, polled=self.polled
        )
        self.held: str | None = None  # why intake pauses
        self.broken = False  # nothing can be written, so nothing is moved either
        self.stuck: list[str] = []  # what the last finished scan could not claim, and why
        self._stuck: list[str] = []
        self._unmoved: dict[str, tuple[str, float]] = {}  # why a file could not be claimed, and when to try again
        self._queued: dict[str, float] = {}  # when what was lost was queued again; before that, its change time says it
        self._scan: Iterator[Found] | None = None
        self._next_scan = 0.0
        self._next_tend = 0.0
        self._next_day = 0.0
        self._journal_care = JournalCare(self.spool, self.journal, keep=settings.keep_days > 0)

    def claim(self, room: int) -> Iterator[str]:
        """Claim up to so many ready files. A scan goes on where the last call left it, so a full inbox costs nothing."""
        if room <= 0:
            return
        if self._scan is None:
            if time.monotonic() < self._next_scan:
                return
            self._scan = self.inbox.scan()
        left = room
        for found in self._scan:
            told, due = self._unmoved.get(found.place, ("", 0.0))
            if time.monotonic() < due:  # a try may itself raise an event, and events wake the scan
                self._stuck.append(told)
                continue
            try:
                path = self.spool.claim(found.place, sidecar=found.sidecar)
            except OSError as error:
                self._stuck.append(told := _cannot_claim(found.place, error))
                self._unmoved[found.place] = (told, time.monotonic() + self.settings.scan_interval)
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
        pause = self.settings.settle + 0.1 if self.inbox.young else self.settings.scan_interval
        self._next_scan = time.monotonic() + min(pause, self.settings.scan_interval)

    def wake(self) -> None:
        """Something happened in the inbox: scan now, not later."""
        self._next_scan = 0.0

    @property
    def idle(self) -> bool:
        """Whether the last scan saw all there is, and nothing that will soon be ready."""
        return self._scan is None and not self.inbox.young

    def pause(self, *, room: int) -> float:
        """Seconds until a keeper with so much room has something to do."""
        due = self._next_tend
        if room and self.held is None:
            due = min(due, self._next_scan if self._scan is None else 0.0)
        return max(0.0, due - time.monotonic())

    def tend(self, *, queued: int, fault: str | None = None, **notes: object) -> bool:
        """What a keeper does every few seconds; True when it was time. Decides whether intake is held back, and says so."""
        if time.monotonic() < self._next_tend:
            return False
        self._next_tend = time.monotonic() + TEND_SECONDS
        broken = scarce(self.settings) or hindered(self.settings)
        held = broken or fault or self._too_many(queued)
        self.broken = broken is not None
        self.hold(held, **notes)
        try:
            if not self.broken:
                mourn(self.settings, self.spool, self.journal)
                self.sink.tend()
                self._journal_care.tend()
                self._forget_old_days()
        except (OSError, Fault) as error:
            log.error("cannot tend the spool: %s", error)  # noqa: TRY400 - the next round tries again
        return True

    def hold(self, held: str | None, **notes: object) -> None:
        """Hold intake back, for a reason, or let it go on; say so in the log and on our desk."""
        if held != self.held:
            log.warning("intake is held back: %s", held) if held else log.info("intake goes on")
        self.held = held
        stuck = f"{len(self.stuck)} files of the inbox cannot be claimed: {self.stuck[0]}" if self.stuck else None
        with contextlib.suppress(OSError):
            self.desk.note(mode=self.mode, held=held, stuck=stuck, **notes)

    def _too_many(self, queued: int) -> str | None:
        if queued < self.settings.max_claimed:
            return None
        return f"{queued} sources are claimed and wait for workers (INGEST_MAX_CLAIMED is {self.settings.max_claimed})"

    def _forget_old_days(self) -> None:
        if time.monotonic() < self._next_day:
            return
        self._next_day = time.monotonic() + DAY_SECONDS
        oldest = f"{datetime.now(UTC) - timedelta(days=self.settings.keep_days):%Y-%m-%d}"
        for day in self.spool.listed("done"):
            if DAY.fullmatch(day) and day < oldest:
                shutil.rmtree(self.spool.at("done", day), ignore_errors=True)

    def left(self, mine: Container[str], room: int) -> list[str]:
        """Up to so many claimed sources that are in nobody's hands, nor in `mine`."""
        return self._adrift(room, mine=mine)

    def crowd(self) -> int:
        """How many sources are claimed."""
        try:
            return self.spool.crowd()
        except OSError as error:
            log.error("cannot read the spool: %s", error)  # noqa: TRY400 - the next round tries again
            return 0

    def _adrift(self, room: int, since: Callable[[float], bool] | None = None, mine: Container[str] = ()) -> list[str]:
        try:
            return list(islice(self.spool.adrift(since, mine), room))
        except OSError as error:
            log.error("cannot read the spool: %s", error)  # noqa: TRY400 - the next round tries again
            return []

    def lost(self, oldest_waiting: float | None) -> list[str]:
        """Claimed sources that are in nobody's hands, and were queued before what waits in the queue: to be queued again.

        First in, first out: what is older than all that waits was lost on the way.
        """
        before = (oldest_waiting or time.time()) - GRACE
        key = order()

        def older(at: float) -> bool:
            return key(at) < key(before)

        found = self._adrift(self.settings.max_claimed, older)
        lost = [path for path in found if path not in self._queued or older(self._queued[path])]
        if lost:
            log.info("%d claimed sources were in nobody's hands: queued again", len(lost))
        kept = {path: at for path, at in self._queued.items() if not older(at)}
        self._queued = kept | dict.fromkeys(lost, time.time())
        return lost

    def close(self) -> None:
        """Give the spool to the next keeper."""
        with contextlib.suppress(OSError):
            self.sink.tend(all_of_it=True)
        self._journal_care.close()
        self.desk.close()
        os.close(self._lock)


def _only_keeper(path: str, desk: Desk, stopping: Callable[[], bool]) -> int:
    handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o644)
    if not files.try_lock(handle):
        log.info("somebody else keeps this spool: standing by")
        while not stopping() and not files.try_lock(handle):
            desk.note(standing_by=True)
            time.sleep(0.5)
    return handle


def _cannot_claim(place: str, error: OSError) -> str:
    folder = os.path.join("inbox", os.path.dirname(place))
    if error.errno in LINK_ERRNOS:
        why = "is a link, or a file stands in its place; no link is followed"
    elif error.errno == errno.EXDEV:
        why = "is a mount of its own; mount the whole spool folder, not folders in it"
    elif isinstance(error, PermissionError):
        why = (
            f"is not ours to take files from; as its owner or root, run: chown -R {os.getuid()}:{os.getgid()} {folder}"
        )
    else:
        why = str(error.strerror)
    return shown(f"{place}: {folder} {why}")


def scarce(settings: Settings) -> str | None:
    """Of what the disks have too little left, bytes or inodes; None if there is enough."""
    for folder in (settings.spool, settings.out):
        with contextlib.suppress(OSError):
            disk = os.statvfs(folder)
            limit = f"INGEST_MIN_FREE is {settings.min_free:g} %"
            if 100 * disk.f_bavail < settings.min_free * disk.f_blocks:
                return f"{folder}: only {disk.f_bavail * disk.f_frsize >> 20} MiB of disk are free ({limit})"
            if 100 * disk.f_favail < settings.min_free * disk.f_files:
                return f"{folder}: only {disk.f_favail} inodes are free, each file takes one ({limit}; see df -i)"
    return None


class Waker(threading.Thread):
    """Reads file events and writes a byte to a pipe for each burst. When it fails, the periodic scan goes on alone."""

    def __init__(self, folder: str) -> None:
        super().__init__(name="waker", daemon=True)
        self._folder = folder
        self.ear, self._mouth = os.pipe2(os.O_CLOEXEC | os.O_NONBLOCK)

    def run(self) -> None:
        """Until the end of the process."""
        from watchfiles._rust_notify import RustNotify, WatchfilesRustInternalError  # noqa: PLC0415 - only who polls not

        while True:
            try:
                with RustNotify([self._folder], False, False, 300, True, False) as notify:  # noqa: FBT003 - its own order
                    while notify.watch(int(1000 * WIDE_AWAKE), 10, 60_000, None) != "stop":
                        with contextlib.suppress(BlockingIOError):
                            os.write(self._mouth, b".")
            except WatchfilesRustInternalError as error:  # one name that is not UTF-8 ends it (measured)
                log.debug("file events stopped: %s", error)
            except (OSError, RuntimeError) as error:
                log.warning("no file events, only the periodic scan: %s", error)
                return
            with contextlib.suppress(BlockingIOError):
                os.write(self._mouth, b".")
            time.sleep(1.0)

    def heard(self) -> None:
        """Empty the pipe."""
        with contextlib.suppress(BlockingIOError):
            os.read(self.ear, 65_536)

    def wait(self, timeout: float) -> bool:
        """Sleep until an event or the end of the time; whether there was an event."""
        if select.select([self.ear], [], [], timeout)[0]:
            self.heard()
            return True
        return False
