"""Where records go. `write` returns when the record is durable.

Two copies of one ticket write the same bytes to the same name, so a record is never doubled and never half there.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import json
import os
import time
from collections.abc import Iterator
from typing import Any, Protocol

from ingest.service.spool import durable
from ingest.service.spool.filenames import new_token

SEGMENT_RECORDS = 1000
SEGMENT_SECONDS = 60.0
STALE_SECONDS = 600.0  # an unfinished file that old has no writer: no document is allowed so long


class RecordWriter(Protocol):
    """A destination of records, as a job uses it. Raises OSError where it says nothing else."""

    def write(self, record_id: str, content: bytes) -> None:
        """Make the record durable under its id, in place of an older one. Raises OSError and leaves nothing half-written."""

    def has(self, record_id: str) -> bool:
        """Whether a durable record has this id."""

    def read(self, record_id: str) -> dict[str, Any] | None:
        """The record that has this id; None if it cannot be read any more, or is in a segment."""


class RecordStore(RecordWriter, Protocol):
    """The whole of a destination."""

    def read_bytes(self, record_id: str) -> bytes | None:
        """The record as JSON, wherever it is; None if there is none. Raises OSError, also if the store has nothing at all."""

    def delete(self, record_id: str) -> bool:
        """Delete the record, durably; False if there is none. Raises OSError."""

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
        return parse_record(_content(self.path(record_id)))

    def read_bytes(self, record_id: str) -> bytes | None:
        """See `RecordStore`."""
        content = _content(self.path(record_id))
        if content is None and not any(os.scandir(self.out)):
            raise FileNotFoundError(errno.ENOENT, "there is no record at all: is its disk mounted?", self.out)
        return content

    def delete(self, record_id: str) -> bool:
        """See `RecordStore`."""
        return _delete(self.path(record_id))

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
    the batch is a folder first, named like the segment it becomes: packing it again gives the same segment. A small
    file `<out>/.packed/<xx>/<id>.json` stays behind as the index: the segment, and where in it the record begins. A replaced record comes again in a later segment.
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
        """Path of the small file which says in which segment this record is."""
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
        return parse_record(_content(os.path.join(self._waiting, f"{record_id}.json")))

    def read_bytes(self, record_id: str) -> bytes | None:
        """See `RecordStore`. What was sealed before version 0.3 is looked for in all segments."""
        name = f"{record_id}.json"
        for _ in range(2):  # once more, if the record went from one place to the next while they were looked at
            if (content := _content(os.path.join(self._waiting, name))) is not None:
                return content
            for batch in sorted(os.listdir(self._batches), reverse=True):
                if (content := _content(os.path.join(self._batches, batch, name))) is not None:
                    return content
            if (index := _content(self.path(record_id))) is not None:
                return self._sealed(record_id, index.decode().split())
        return None

    def _sealed(self, record_id: str, index: list[str]) -> bytes | None:
        """A record in a segment. `index`: the segment's name and the byte where the record begins, or nothing."""
        if index:
            with contextlib.suppress(FileNotFoundError), open(os.path.join(self._segments, index[0]), "rb") as file:
                file.seek(int(index[1]))
                if _is_of(line := file.readline(), record_id):
                    return line
        for name in sorted(os.listdir(self._segments), reverse=True):
            with open(os.path.join(self._segments, name), "rb") as file:
                if found := [line for line in file if _is_of(line, record_id)]:
                    return found[-1]
        return None

    def delete(self, record_id: str) -> bool:
        """See `RecordStore`. Writes each segment anew that has the record."""
        with self._packer():
            for batch in sorted(os.listdir(self._batches)):
                self._seal(batch)
            found = _delete(os.path.join(self._waiting, f"{record_id}.json"))
            for name in sorted(os.listdir(self._segments)) if os.path.exists(self.path(record_id)) else ():
                path = os.path.join(self._segments, name)
                with open(path, "rb") as file:
                    lines = file.readlines()
                if len(kept := [line for line in lines if not _is_of(line, record_id)]) < len(lines):
                    durable.write_atomically(path, b"".join(kept), staging=self._staging)
            return _delete(self.path(record_id)) or found

    @contextlib.contextmanager
    def _packer(self) -> Iterator[None]:
        lock = os.open(os.path.join(self.out, ".packer"), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield
        finally:
            os.close(lock)

    def maintain(self, *, flush: bool = False) -> None:
        """Pack what waits, if it is enough or old enough, and finish batches that a dead watcher left."""
        super().maintain()
        with self._packer():
            for batch in self._unsealed(flush=flush):
                self._seal(batch)

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
        lines = {}
        for name in inside:
            with open(os.path.join(folder, name), "rb") as file:
                lines[name] = file.read()
        if inside and not os.path.exists(segment):
            durable.write_atomically(segment, b"".join(lines.values()), staging=self._staging)
        start = 0
        for name, line in lines.items():
            shard = os.path.dirname(self.path(name.removesuffix(".json")))
            os.makedirs(shard, exist_ok=True)
            with open(os.path.join(shard, name), "w") as file:
                file.write(f"{batch}.jsonl {start}")  # a hint: after a kill amid this loop the record is looked for
            start += len(line)
            os.unlink(os.path.join(folder, name))
        os.rmdir(folder)


def parse_record(content: bytes | None) -> dict[str, Any] | None:
    """A record from its bytes; None where there are none, or no JSON object."""
    try:
        record = json.loads(content) if content else None
    except (ValueError, RecursionError):
        return None
    return record if isinstance(record, dict) else None


def _content(path: str) -> bytes | None:
    """The bytes of a file; None if there is none."""
    try:
        with open(path, "rb") as file:
            return file.read()
    except FileNotFoundError:
        return None


def _delete(path: str) -> bool:
    try:
        os.unlink(path)
    except FileNotFoundError:
        return False
    durable.fsync_folder(os.path.dirname(path))
    return True


def _is_of(line: bytes, record_id: str) -> bool:
    """Whether a line of a segment is the record with this id."""
    try:
        return f'"id":"{record_id}"'.encode() in line and json.loads(line).get("id") == record_id
    except ValueError:  # the middle of a line: the segment was written anew since
        return False
