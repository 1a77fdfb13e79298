"""The outbox: one process delivers the journal to one sink, in order, each line at least once.

    read a batch of lines ─▶ read their records ─▶ deliver ─▶ dead letters ─▶ position      each step durable before the next

A kill between two steps repeats the batch, which the sink takes as it took it before: its key is the record's id. A sink that stores the
position with the batch is not even given it twice. There is one batch at a time, bounded in records and bytes: a slow sink slows its own process
and nothing else.
"""

from __future__ import annotations

import logging
import random
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import replace
from typing import TYPE_CHECKING

from ingest.errors import InvalidSettings
from ingest.service.formats import JournalEntry
from ingest.service.journal_reader import START, JournalReader, Position, locate, since
from ingest.service.sinks.sink import Delivery, Sink, SinkAway, one_line
from ingest.service.sinks.state import DeadLetter, SinkFolder
from ingest.service.spool import timestamp

if TYPE_CHECKING:
    from ingest.service.journal import Journal
    from ingest.service.record_store import RecordStore

log = logging.getLogger(__name__)

MAX_BATCH_BYTES = 8 << 20
"""Of records in one batch: 500 pages with their `removed` take about 5 MB; OpenSearch refuses requests above 100 MB."""
IDLE_SECONDS = 0.25  # between two looks for new lines
FIRST_RETRY_SECONDS = 0.5
MAX_RETRY_SECONDS = 30.0
MISSING = "the record store has no such record"


class Outbox:
    """Delivers to one sink. `folder` must be locked by this process."""

    def __init__(
        self,
        sink: Sink,
        folder: SinkFolder,
        journal: Journal,
        store: RecordStore,
        *,
        beat: Callable[[], None] = lambda: None,
    ) -> None:
        self.sink, self.folder, self.journal, self.store = sink, folder, journal, store
        self.state = folder.read_state()
        self._beat = beat
        self._reader: JournalReader | None = None
        self._lines: deque[tuple[JournalEntry, Position]] = deque()
        self._read_until = self.state.position
        self._deleted: set[str] = set()
        self._deletions: JournalReader | None = None

    def run(self, stopping: Callable[[], bool] = lambda: False, *, once: bool = False) -> bool:
        """Deliver until `stopping`, or, `once`, until all lines are delivered or an attempt fails. False if one failed last.

        Raises `InvalidSettings`.
        """
        with ExitStack() as closing:
            closing.callback(self._close)
            while not stopping():
                self._beat()
                try:
                    self._open()
                    self._work(stopping, once=once)
                    if once:
                        return True
                except InvalidSettings as error:
                    self._failed(error)
                    raise
                except (SinkAway, OSError) as error:
                    self._close()
                    self._failed(error)
                    if once:
                        return False
                    self._wait(_pause(self.state.attempts, error), stopping)
        return True

    # --- one connection -----------------------------------------------------------------------------------------------

    def _open(self) -> None:
        """Open the sink, and begin where it is if it knows that."""
        known = Position.from_json(self.sink.open() or "")
        if known and not self.state.sought and (found := locate(self.journal, known)) and not found[2]:
            self.state = replace(self.state, position=known)
        self._go_to(self.state.position)

    def _go_to(self, position: Position) -> None:
        if self._reader:
            self._reader.close()
        self._reader = JournalReader(self.journal, position)
        self._read_until = position
        self._lines.clear()

    def _close(self) -> None:
        self.sink.close()
        for reader in (self._reader, self._deletions):
            if reader:
                reader.close()
        self._reader = self._deletions = None

    def _work(self, stopping: Callable[[], bool], *, once: bool) -> None:
        batch: list[Delivery] = []
        began = time.monotonic()
        while not stopping():
            self._beat()
            if self._answer_request():
                batch = []
            full = self._fill(batch)
            if not batch:
                began = time.monotonic()
            if full or once or not batch or time.monotonic() - began >= self.sink.linger_seconds:
                if batch:
                    self._deliver(batch)
                self._arrived(len(batch))
                batch = []
                if once and not full:
                    return
            if not full:
                self._wait(IDLE_SECONDS, stopping)

    def _fill(self, batch: list[Delivery]) -> bool:
        """Add lines to a batch until it is full; False if there are no more lines now."""
        assert self._reader  # noqa: S101 - opened before
        size = sum(len(delivery.content or b"") for delivery in batch)
        while len(batch) < self.sink.batch_records and size < MAX_BATCH_BYTES:
            if not self._lines:
                self._lines.extend(self._reader.read(self.sink.batch_records))
                if self._reader.lost:
                    log.warning(
                        "its place in the journal is gone; delivering again from the oldest line that may be new"
                    )
                    self._reader.lost = False
            if not self._lines:
                return False
            entry, self._read_until = self._lines.popleft()
            for delivery in self._deliveries(entry, self._read_until):
                batch.append(delivery)
                size += len(delivery.content or b"")
        return True

    def _deliveries(self, entry: JournalEntry, behind: Position) -> Iterator[Delivery]:
        """What one line has for a sink: a record, a deletion, or nothing."""
        outcome, record_id = entry.get("outcome"), entry.get("id")
        if outcome not in {"stored", "deleted"} or not record_id:
            return
        line = f"{behind.first}-{behind.offset:012d}"
        token, time_, content = entry["token"], entry["time"], None
        if outcome == "stored":
            content = self.store.read_bytes(record_id)
            fault = Delivery(token, record_id, time_, content, line).fault if content is not None else MISSING
            if fault is not None:
                if content is not None or not self._is_deleted(record_id):
                    self.folder.add_dead_letters([DeadLetter(timestamp(), token, record_id, fault, line)])
                return
        yield Delivery(token, record_id, time_, content, line)

    def _is_deleted(self, record_id: str) -> bool:
        """Whether the journal has a line that says so, anywhere."""
        self._deletions = self._deletions or JournalReader(self.journal, START)
        while found := self._deletions.read(1000):
            self._deleted.update(str(entry.get("id")) for entry, _ in found if entry.get("outcome") == "deleted")
        return record_id in self._deleted

    def _deliver(self, batch: Sequence[Delivery]) -> None:
        rejections = self.sink.deliver(batch, self._read_until.to_json())
        now = timestamp()
        self.folder.add_dead_letters(
            [
                DeadLetter(now, each.delivery.token, each.delivery.id, each.reason, each.delivery.line)
                for each in rejections
            ]
        )
        for each in rejections:
            fields = {"id": each.delivery.id, "token": each.delivery.token, "reason": each.reason}
            log.error("rejected by the sink", extra={"fields": fields})
        self.state = replace(
            self.state, delivered=self.state.delivered + len(batch), last_delivered=now, last_token=batch[-1].token
        )

    def _arrived(self, delivered: int) -> None:
        """Make the position durable, and forget the last error."""
        before = self.state
        position = self._read_until if delivered or not self.state.sought else self.state.position
        self.state = replace(
            before, position=position, sought=before.sought and not delivered, error=None, error_since=None, attempts=0
        )
        if self.state != before or delivered:
            self.folder.write_state(self.state)

    # --- faults and requests ------------------------------------------------------------------------------------------

    def _failed(self, error: Exception) -> None:
        message = one_line(error)
        if message != self.state.error:
            log.warning("cannot deliver: %s", message)
        since_then = self.state.error_since or timestamp()
        self.state = replace(self.state, error=message, error_since=since_then, attempts=self.state.attempts + 1)
        try:
            self.folder.write_state(self.state)
        except OSError as full:
            log.warning("cannot write the state of the sink: %s", one_line(full))

    def _wait(self, seconds: float, stopping: Callable[[], bool]) -> None:
        until = time.monotonic() + seconds
        while (left := until - time.monotonic()) > 0 and not stopping():
            self._beat()
            time.sleep(min(left, IDLE_SECONDS))

    def _answer_request(self) -> bool:
        """Do what a command has asked for; True if the position was changed."""
        if (request := self.folder.take_request()) is None:
            return False
        if request.retry:
            self._retry()
        if request.since is not None:
            try:
                position = since(self.journal, request.since)
            except ValueError as error:
                log.error("cannot deliver since then: %s", error)  # noqa: TRY400 - the command has said so, too
            else:
                self.state = replace(self.state, position=position, sought=True)
                self.folder.write_state(self.state)
                self._go_to(position)
        self.folder.forget_request()
        return request.since is not None

    def _retry(self) -> None:
        """Deliver the dead letters again, as the records are now; those that are rejected again stay."""
        left: list[DeadLetter] = []
        letters = self.folder.dead_letters()
        for letter in letters:
            content = self.store.read_bytes(letter.id)
            if content is None:
                if not self._is_deleted(letter.id):
                    left.append(replace(letter, reason=MISSING))
                continue
            delivery = Delivery(letter.token, letter.id, letter.time, content, letter.line)
            rejections = self.sink.deliver([delivery], self.state.position.to_json())
            left += [replace(letter, time=timestamp(), reason=each.reason) for each in rejections]
        self.folder.replace_dead_letters(left)
        log.info("%d of %d dead letters delivered", len(letters) - len(left), len(letters))


def _pause(attempts: int, error: Exception) -> float:
    """Seconds until the next attempt: longer each time, with jitter, so that many processes do not come back at once."""
    longest = min(MAX_RETRY_SECONDS, FIRST_RETRY_SECONDS * 2 ** min(attempts, 10))
    asked = error.retry_after if isinstance(error, SinkAway) else None
    return max(asked or 0.0, random.uniform(longest / 2, longest))  # noqa: S311 - jitter is no secret
