"""Batches: lines of the journal with their records, read while the batch before is on its way."""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ingest.service.formats import JournalEntry
from ingest.service.journal_position import START, Position
from ingest.service.journal_reader import JournalReader
from ingest.service.sinks.sink import Delivery
from ingest.service.sinks.state import DeadLetter
from ingest.service.spool import timestamp

if TYPE_CHECKING:
    from ingest.service.journal import Journal
    from ingest.service.record_store import RecordStore

log = logging.getLogger(__name__)

MAX_BATCH_BYTES = 8 << 20
"""Of records in one batch: 500 pages with their `removed` take about 5 MB; OpenSearch refuses requests above 100 MB."""
MISSING = "the record store has no such record"


@dataclass(slots=True)
class Batch:
    """Deliveries, and the position behind the last line that was read for them."""

    position: Position
    deliveries: list[Delivery] = field(default_factory=list)
    full: bool = False
    """Whether there may be more lines."""


class RecordReader:
    """The records of lines, and whether one that is missing was deleted. `reject`: takes what no sink can be given."""

    def __init__(self, journal: Journal, store: RecordStore, reject: Callable[[DeadLetter], None]) -> None:
        self._journal, self._store, self._reject = journal, store, reject
        self._deleted: set[str] = set()
        self._deletions: JournalReader | None = None

    def deliveries(self, entry: JournalEntry, behind: Position) -> Iterator[Delivery]:
        """What one line has for a sink: a record, a deletion, or nothing. Raises OSError."""
        outcome, record_id = entry.get("outcome"), entry.get("id")
        if outcome not in {"stored", "deleted"} or not record_id:
            return
        token, line = entry["token"], f"{behind.first}-{behind.offset:012d}"
        content = self._store.read_bytes(record_id) if outcome == "stored" else None
        if content is None and outcome == "stored":
            if not self.is_deleted(record_id):
                self._reject(DeadLetter(timestamp(), token, record_id, MISSING, line))
            return
        delivery = Delivery(token, record_id, entry["time"], content, line)
        if content is not None and (fault := delivery.fault):
            self._reject(DeadLetter(timestamp(), token, record_id, fault, line))
            return
        yield delivery

    def is_deleted(self, record_id: str) -> bool:
        """Whether the journal has a line that says so, anywhere."""
        self._deletions = self._deletions or JournalReader(self._journal, START)
        while found := self._deletions.read(1000):
            self._deleted.update(str(entry.get("id")) for entry, _ in found if entry.get("outcome") == "deleted")
        return record_id in self._deleted

    def close(self) -> None:
        """Close its file."""
        if self._deletions:
            self._deletions.close()
            self._deletions = None


class BatchReader:
    """Batches from a position on, the next one read ahead in a thread. To be closed."""

    def __init__(self, journal: Journal, records: RecordReader, position: Position, *, size: int) -> None:
        self._records, self._size = records, size
        self._reader = JournalReader(journal, position)
        self._position = position
        self._lines: deque[tuple[JournalEntry, Position]] = deque()
        self._thread = ThreadPoolExecutor(1)
        self._ahead: Future[Batch] | None = None

    def next(self) -> Batch:
        """The next batch: full, or all lines that there are now, perhaps none. Raises OSError."""
        ahead, self._ahead = self._ahead, None
        return ahead.result() if ahead else self._filled(Batch(self._position))

    def fill(self, batch: Batch) -> None:
        """Add lines that have come since to a batch, while none was read ahead. Raises OSError."""
        self._filled(batch)

    def read_ahead(self) -> None:
        """Begin to read the batch after this one, for `next`."""
        self._ahead = self._thread.submit(self._filled, Batch(self._position))

    def close(self) -> None:
        """Close its file and end its thread."""
        self._thread.shutdown(cancel_futures=True)
        self._reader.close()

    def _filled(self, batch: Batch) -> Batch:
        size = sum(len(delivery.content or b"") for delivery in batch.deliveries)
        batch.full = True
        while len(batch.deliveries) < self._size and size < MAX_BATCH_BYTES:
            if not self._lines:
                self._lines.extend(self._reader.read(self._size))
                if self._reader.lost:
                    log.warning(
                        "the position in the journal is gone: delivering again from the oldest line that may be new"
                    )
                    self._reader.lost = False
            if not self._lines:
                batch.full = False
                break
            entry, behind = self._lines[0]
            for delivery in self._records.deliveries(entry, behind):
                batch.deliveries.append(delivery)
                size += len(delivery.content or b"")
            self._lines.popleft()
            self._position = batch.position = behind
        return batch
