"""The watcher of a spool in an object store: finds sources to claim and claims that nobody works on. Any number may run at once.

It lists the inbox a page at a time, by and by: a page is listed when the one before it has been handed on, so memory stays flat whatever the
inbox holds. Watchers on several machines see the same pages; each goes through a page in an order of its own, leaves out what is claimed,
and lists again when others were faster too often.
"""

from __future__ import annotations

import contextlib
import logging
import queue
import random
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from ingest.errors import SpoolError, TransientError
from ingest.service.composition import Service
from ingest.service.health import low_disk, prepare_out
from ingest.service.pack_snapshot import PackSnapshot
from ingest.service.spool import filenames
from ingest.service.spool.heartbeat import Heartbeat
from ingest.service.spool.object_claim import SeenSource
from ingest.service.spool.object_inbox import ObjectInbox
from ingest.service.spool.object_journal import ObjectJournal, each_within
from ingest.service.workers.fork_gate import ForkGate

log = logging.getLogger(__name__)

MAX_OFFERED = 100
"""Tickets that wait for a thread; more would be stale when their turn comes."""
MAX_LOST_RACES = 5
"""So many sources of a page that others claimed first: then the page is listed anew."""
MAINTENANCE_SECONDS = 5.0
BROKER_CLAIMS_SECONDS = 5.0
"""Between two listings of the claims where a broker has the tickets: their number says when intake may go on."""
CLEANUP_SECONDS = 3600.0  # between two deletions of old days in `done`
FAULT_PAUSE_SECONDS = 2.0
START_SECONDS = 30.0
"""So long a store may be away when a part of the service starts; then its start has failed."""


@dataclass(frozen=True, slots=True)
class Offer:
    """A ticket to run. `seen`: its source is to be claimed first; `woken`: it was among the claims that wait; `late_since`: nobody works on it,
    and it was written to then, by the store's clock.
    """

    path: str
    seen: SeenSource | None = None
    woken: bool = False
    late_since: float | None = None


class ObjectWatcher:
    """Looks in a thread of its own, from `start` on, and offers what it finds; the other methods are for the main thread."""

    def __init__(self, service: Service, role: str, gate: ForkGate, *, wake: Callable[[], None]) -> None:
        settings = service.settings
        self.settings = settings
        self.spool = service.object_spool
        self.inbox = ObjectInbox(self.spool.bucket, filenames.ignore_pattern(settings.ignore))
        self.claimed_count = 0
        self.empty_since = 0.0
        """When the last look began that found neither a source nor a claim; 0.0 if the last one found some."""
        self._store = service.store
        self._journal = ObjectJournal(self.spool.bucket)
        self._gate = gate
        self._wake = wake
        self._packs = PackSnapshot(self.spool.root)
        self._packs.publish_at_start(settings.packs)
        self._heartbeat = Heartbeat(self.spool.root, role)
        self._offers: queue.Queue[Offer] = queue.Queue(MAX_OFFERED)
        self._late: deque[Offer] = deque()
        self._claims_seconds = BROKER_CLAIMS_SECONDS if role == "watch" else settings.lease_seconds / 2
        self._ended = threading.Event()
        self._lost_races = 0
        self._in_hand: set[str] = set()
        """What was handed on and has not ended: it may not be claimed yet."""
        self._busy = True
        """Whether the last page had a source, or there are claims; else the claims are listed more seldom."""
        self._held: str | None = None
        self._next_beat = self._next_claims = 0.0
        self._thread = threading.Thread(target=self._look, name="watcher", daemon=True)

    def start(self) -> None:
        """Begin to look."""
        log.info("watching %s by listing it every %g s", self.settings.spool, self.settings.scan_interval)
        self._thread.start()
        threading.Thread(target=self._tidy, name="tidy", daemon=True).start()

    def take(self, limit: int) -> Iterator[Offer]:
        """Up to so many tickets, without waiting; those that nobody works on first."""
        late = self._late  # the thread puts another in its place
        with contextlib.suppress(queue.Empty):
            for _ in range(limit if self._held is None else 0):
                yield late.popleft() if late else self._offers.get_nowait()

    def ended(self, path: str, *, lost: bool = False) -> None:
        """A ticket is not in hand any more. `lost`: another process claimed it first, or has settled it."""
        self._in_hand.discard(path)
        self._lost_races += lost

    def claimed(self, count: int) -> None:
        """So many sources were claimed since the last look."""
        self.claimed_count += count

    def beat(self, *, fault: str | None, **notes: object) -> None:
        """The heartbeat, every few seconds. Intake is paused by a fault, and while the disk of the state is full.

        Raises RuntimeError if the thread has ended, which is a bug: better no process than one that finds nothing.
        """
        if time.monotonic() < self._next_beat:
            return
        if not self._thread.is_alive():
            raise RuntimeError("the thread that looks into the inbox has ended; its traceback is above")
        self._next_beat = time.monotonic() + MAINTENANCE_SECONDS
        held = fault or low_disk(self.settings)
        if held != self._held:
            log.warning("intake is held back: %s", held) if held else log.info("intake goes on")
        self._held = held
        with contextlib.suppress(OSError):
            self._heartbeat.beat(mode=f"by listing every {self.settings.scan_interval:g} s", held=held, **notes)

    def close(self) -> None:
        """End looking, and the heartbeat."""
        self._ended.set()
        self._thread.join(FAULT_PAUSE_SECONDS)
        self._heartbeat.close()

    # --- the thread ---------------------------------------------------------------------------------------------------

    def _look(self) -> None:
        pause, fault = 0.0, False
        while not self._ended.wait(pause):
            try:
                self._scan()
                pause, fault = self.settings.scan_interval, False
            except (TransientError, OSError) as error:
                if not fault:
                    log.error("cannot look into the spool: %s", error)  # noqa: TRY400 - it is tried again
                pause, fault = FAULT_PAUSE_SECONDS, True

    def _scan(self) -> None:
        """One pass over the inbox."""
        began, found, after, claimed = time.monotonic(), False, "", set[str]()
        while not self._ended.is_set():
            # Before all else: some of it may soon be neither in hand nor yet seen as claimed.
            in_hand = set(self._in_hand)
            with self._gate.working():
                self._store.maintain()
                self._packs.publish(self.settings.packs)
                # First the claims: a source that is finished in between is in neither list, and not claimed once more.
                if self._busy or time.monotonic() >= self._next_claims:
                    claimed = self._claims()
                page, following = self.inbox.page(after)
            self._busy = bool(page) or bool(self.claimed_count)
            found = found or self._busy
            offers = [offer for item in page if (offer := _offer(item)).woken or offer.path not in claimed]
            offers = [offer for offer in offers if offer.path not in in_hand]
            random.shuffle(offers)
            if not self._hand_on(offers):
                continue
            if following is None:
                self.empty_since = 0.0 if found else began
                self._wake()
                return
            after = following

    def _claims(self) -> set[str]:
        """The paths of all claims; those that nobody works on are offered."""
        self._next_claims = time.monotonic() + self._claims_seconds
        claims = list(self.spool.claims())
        self.claimed_count = len(claims)
        self._late = deque(Offer(entry.key, late_since=entry.modified) for entry in self.spool.orphaned(claims))
        return {entry.key for entry in claims}

    def _hand_on(self, offers: list[Offer]) -> bool:
        """Hand tickets on as fast as they are taken; False if the rest of them is stale."""
        self._lost_races = 0
        while offers and not self._ended.is_set():
            path = offers[-1].path
            self._in_hand.add(path)
            try:
                self._offers.put(offers[-1], timeout=1.0)
            except queue.Full:
                self._in_hand.discard(path)
                if time.monotonic() >= self._next_claims:
                    with self._gate.working():
                        self._claims()
                continue
            offers.pop()
            self._wake()
            if self._lost_races > MAX_LOST_RACES:
                return False
        return True

    # --- another thread -----------------------------------------------------------------------------------------------

    def _tidy(self) -> None:
        """Once an hour, delete old days of `done` and join files of the journal; slow, as each source is a request."""
        while not self._ended.is_set():
            try:
                oldest = f"{datetime.now(UTC) - timedelta(days=self.settings.keep_days):%Y-%m-%d}"
                for path in each_within(self.spool.settled_before(oldest), self._gate.working):
                    if self._ended.is_set():
                        return
                    with self._gate.working():
                        self.spool.bucket.delete(path)
                self._journal.join(self._gate.working)
            except TransientError as error:
                log.error("cannot tidy the spool: %s", error)  # noqa: TRY400 - the next round tries again
            self._ended.wait(CLEANUP_SECONDS)


def _offer(item: SeenSource | str) -> Offer:
    return Offer(item, woken=True) if isinstance(item, str) else Offer(item.path, seen=item)


def prepare(service: Service) -> None:
    """Prove that the spool, the output and the state can be used. Raises `SpoolError`, in words that say how to mend it."""
    until = time.monotonic() + START_SECONDS
    while True:
        try:
            service.object_spool.prepare()
            prepare_out(service)
        except TransientError as error:
            if time.monotonic() > until:
                raise SpoolError(str(error)) from None
            log.warning("the object store cannot be used yet: %s", error)
            time.sleep(FAULT_PAUSE_SECONDS)
        else:
            return
