"""Where records go. `write` returns when the record is durable.

Two copies of one ticket write the same bytes to the same name, so a record is never doubled and never half there.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import time
from collections.abc import Iterator
from typing import Any, Protocol

from ingest.service.spool import durable
from ingest.service.spool.filenames import new_token

SEGMENT_RECORDS = 1000
SEGMENT_SECONDS = 60.0
STALE_SECONDS = 600.0  # an unfinished file that old has no writer: no document is allowed so long


class RecordStore(Protocol):
    """A destination of records."""

    def write(self, record_id: str, content: bytes) -> None:
        """Make the record durable under its id, in place of an older one. Raises OSError and leaves nothing half-written."""

    def has(self, record_id: str) -> bool:
        """Whether a durable record has this id."""

    def read(self, record_id: str) -> dict[str, Any] | None:
        """The record that has this id; None if it cannot be read any more, or is in a segment."""

    def maintain(self, *, flush: bool = False) -> None:
        """What is to be done from time to time, by one watcher: delete leftovers of dead processes, seal full segments."""


class JsonStore:
    """`<out>/<xx>/<id>.json`, where xx begins the id: 10^6 records make 256 folders of 4,000."""

    def __init__(self, out: str | os.PathLike[str]) -> None:
        self.out = os.fspath(out)
        self._staging = os.path.join(self.out, ".unfinished")
        self._existing_folders: set[str] = set()

    def path(self, record_id: str) -> str:
        """Path of the record with this id, whether it exists or not."""
        return os.path.join(self.out, record_id[:2], f"{record_id}.json")

    def write(self, record_id: str, content: bytes) -> None:
        """See `RecordStore`."""
        path = self.path(record_id)
        shard = os.path.dirname(path)
        if shard not in self._existing_folders:
            os.makedirs(self._staging, exist_ok=True)
            os.makedirs(shard, exist_ok=True)
            durable.fsync_folder(self.out)
            self._existing_folders.add(shard)
        try:
            durable.write_atomically(path, content, staging=self._staging)
        except FileNotFoundError:  # `out` was deleted under us: make the folders anew next time
            self._existing_folders.clear()
            raise

    def has(self, record_id: str) -> bool:
        """See `RecordStore`."""
        return os.path.exists(self.path(record_id))

    def read(self, record_id: str) -> dict[str, Any] | None:
        """See `RecordStore`."""
        record = durable.read_json(self.path(record_id))
        return record if isinstance(record, dict) else None

    def maintain(self, *, flush: bool = False) -> None:
        """See `RecordStore`."""
        del flush
        with contextlib.suppress(FileNotFoundError), os.scandir(self._staging) as entries:
            for entry in entries:
                with contextlib.suppress(FileNotFoundError):
                    if time.time() - entry.stat(follow_symlinks=False).st_mtime > STALE_SECONDS:
                        os.unlink(entry.path)


class SegmentStore(JsonStore):
    """`<out>/segments/<token>.jsonl`, sealed by rename: records wait as files and are packed by the one watcher.

    A worker that appended to a segment itself and was killed before it settled its source would write the record twice. Here
    the batch is a folder first, named like the segment it becomes: packing it again gives the same segment. An empty
    file `<out>/.packed/<xx>/<id>.json` stays behind as the index. A replaced record comes again in a later segment.
    """

    def __init__(
        self, out: str | os.PathLike[str], *, records: int = SEGMENT_RECORDS, seconds: float = SEGMENT_SECONDS
    ) -> None:
        super().__init__(out)
        self.records = records
        self.seconds = seconds
        self._waiting = os.path.join(self.out, ".waiting")
        self._batches = os.path.join(self.out, ".packs")
        self._segments = os.path.join(self.out, "segments")
        for folder in (self._waiting, self._batches, self._segments, self._staging):
            os.makedirs(folder, exist_ok=True)

    def path(self, record_id: str) -> str:
        """Path of the empty file which says that this record is in a segment."""
        return os.path.join(self.out, ".packed", record_id[:2], f"{record_id}.json")

    def write(self, record_id: str, content: bytes) -> None:
        """See `RecordStore`. Returns when the record is durable; a segment shows it within a minute or 1,000 records."""
        durable.write_atomically(
            os.path.join(self._waiting, f"{record_id}.json"), content.rstrip(b"\n") + b"\n", staging=self._staging
        )

    def has(self, record_id: str) -> bool:
        """See `RecordStore`."""
        return os.path.exists(self.path(record_id)) or os.path.exists(os.path.join(self._waiting, f"{record_id}.json"))

    def read(self, record_id: str) -> dict[str, Any] | None:
        """See `RecordStore`. What is in a segment is not looked for."""
        record = durable.read_json(os.path.join(self._waiting, f"{record_id}.json"))
        return record if isinstance(record, dict) else None

    def maintain(self, *, flush: bool = False) -> None:
        """Pack what waits, if it is enough or old enough, and finish batches that a dead watcher left."""
        super().maintain()
        lock = os.open(os.path.join(self.out, ".packer"), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX)
            for batch in self._unsealed(flush=flush):
                self._seal(batch)
        finally:
            os.close(lock)

    def _unsealed(self, *, flush: bool) -> Iterator[str]:
        yield from sorted(os.listdir(self._batches))
        waiting = sorted(os.listdir(self._waiting))
        while waiting:
            if len(waiting) < self.records and not flush:
                oldest = min(os.stat(os.path.join(self._waiting, name)).st_mtime for name in waiting)
                if 0 <= time.time() - oldest < self.seconds:  # below 0: the clock was set back, and its age is unknown
                    return
            batch, taken, waiting = new_token(), waiting[: self.records], waiting[self.records :]
            os.mkdir(os.path.join(self._batches, batch))
            for name in taken:
                os.rename(os.path.join(self._waiting, name), os.path.join(self._batches, batch, name))
            yield batch

    def _seal(self, batch: str) -> None:
        folder = os.path.join(self._batches, batch)
        inside = sorted(os.listdir(folder))
        segment = os.path.join(self._segments, f"{batch}.jsonl")
        if inside and not os.path.exists(segment):
            lines = []
            for name in inside:
                with open(os.path.join(folder, name), "rb") as file:
                    lines.append(file.read())
            durable.write_atomically(segment, b"".join(lines), staging=self._staging)
        for name in inside:
            shard = os.path.dirname(self.path(name.removesuffix(".json")))
            os.makedirs(shard, exist_ok=True)
            with open(os.path.join(shard, name), "wb"):
                pass
            os.unlink(os.path.join(folder, name))
        os.rmdir(folder)
