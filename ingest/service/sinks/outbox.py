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
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import replace
from typing import TYPE_CHECKING

from ingest.errors import IngestError
from ingest.service.journal import seconds_since
from ingest.service.journal_position import Position, locate, since
from ingest.service.sinks.batches import MISSING, Batch, BatchReader, RecordReader
from ingest.service.sinks.sink import Delivery, Rejection, Sink, SinkAway, one_line
from ingest.service.sinks.state import DeadLetter, SinkFolder
from ingest.service.spool import timestamp

if TYPE_CHECKING:
    from ingest.service.journal import Journal
    from ingest.service.record_store import RecordStore

log = logging.getLogger(__name__)

IDLE_SECONDS = 0.25  # between two looks for new lines
SYNC_SECONDS = 1.0
"""At most so old is the last durable position: a sync takes 13 ms here, and a webhook has one batch for each line."""
FIRST_RETRY_SECONDS = 0.5
MAX_RETRY_SECONDS = 30.0


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
        self._records = RecordReader(journal, store, lambda letter: folder.add_dead_letters([letter]))
        self._batches: BatchReader | None = None
        self._synced = 0.0

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
                except (SinkAway, OSError) as error:
                    self._close()
                    self._failed(error)
                    if once:
                        return False
                    self._wait(_pause(self.state.attempts, error), stopping)
                except (
                    Exception
                ) as error:  # a setting that no retry mends, or a bug: for `ingest status`, whoever starts us again
                    self._failed(error)
                    raise
        return True

    # --- one connection -----------------------------------------------------------------------------------------------

    def _open(self) -> None:
        """Open the sink, and begin where it is if it knows that."""
        known = Position.from_json(self.sink.open() or "")
        if known and not self.state.sought and (found := locate(self.journal, known)) and not found[2]:
            self.state = replace(self.state, position=known)
        self._go_to(self.state.position)

    def _go_to(self, position: Position) -> None:
        if self._batches:
            self._batches.close()
        self._batches = BatchReader(self.journal, self._records, position, size=self.sink.batch_records)

    def _close(self) -> None:
        self.sink.close()
        if self._batches:
            self._batches.close()
            self._batches = None
        self._records.close()

    def _work(self, stopping: Callable[[], bool], *, once: bool) -> None:
        batch: Batch | None = None
        began = time.monotonic()
        while not stopping() and self._batches:
            self._beat()
            if self._answer_request():
                batch = None
            if batch:
                self._batches.fill(batch)
            else:
                batch, began = self._batches.next(), time.monotonic()
            # By the first line, too, so that restarts do not make it wait longer.
            age = seconds_since(batch.deliveries[0].time) if batch.deliveries else 0.0
            full, waited = batch.full, max(time.monotonic() - began, age)
            if full or once or not batch.deliveries or waited >= self.sink.linger_seconds:
                if full:
                    self._batches.read_ahead()
                self._deliver(batch)
                batch = None
                if once and not full:
                    return
            if not full:
                self._wait(IDLE_SECONDS, stopping)

    def _deliver(self, batch: Batch) -> None:
        """Deliver a batch, and make the position behind it durable."""
        before, position, lines = self.state, batch.position, batch.deliveries
        after = replace(before, position=position, error=None, error_since=None, attempts=0)
        if lines:
            rejections = self.sink.deliver(lines, position.to_json())
            self._bury(rejections)
            after = replace(
                after,
                sought=False,
                delivered=before.delivered + len(lines),
                last_delivered=timestamp(),
                last_token=lines[-1].token,
            )
        elif before.sought:  # until the sink has a batch from there on, its own position is the old one
            after = replace(after, position=before.position)
        self.state = after
        if after != before:
            self._write_state()

    def _write_state(self, *, synced: bool = False) -> None:
        """A position that is lost is an older one, and its lines come again: it need not be durable each time, above all not where
        the sink has it, too.
        """
        now = time.monotonic()
        synced |= not self.sink.keeps_position and now - self._synced > SYNC_SECONDS
        self._synced = now if synced else self._synced
        self.state = self.folder.write_state(self.state, synced=synced)

    def _bury(self, rejections: Sequence[Rejection]) -> None:
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

    # --- faults and requests ------------------------------------------------------------------------------------------

    def _failed(self, error: Exception) -> None:
        message = (
            one_line(error)
            if isinstance(error, IngestError | OSError)
            else f"{type(error).__name__}: {one_line(error)}"
        )
        if message != self.state.error:
            log.warning("cannot deliver: %s", message)
        since_then = self.state.error_since or timestamp()
        self.state = replace(self.state, error=message, error_since=since_then, attempts=self.state.attempts + 1)
        try:
            self._write_state(synced=True)
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
                self._write_state(synced=True)
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
                if not self._records.is_deleted(letter.id):
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
