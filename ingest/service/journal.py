"""The journal: one JSON line per settled source, in the order in which they were settled. Consumers follow it.

A line is written under a lock, in one write, after a look whether the file ends with a whole line: what a kill, a full disk or a
power cut has torn is cut off first, so no two lines are ever glued. A process that moves a source and writes its line holds `settling` for
both; one that compares the lines with the sources (recovery.py) holds `quiet`, so that no process is between the two meanwhile.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import json
import os
import re
import time
from collections.abc import Collection, Iterator
from datetime import UTC, datetime
from typing import cast

from ingest.service.formats import JournalEntry
from ingest.service.spool import durable
from ingest.service.spool.filenames import TOKEN, new_token

LOCK_NAME = ".journal"
LOCK_SECONDS = 10.0
"""So long `quiet` waits for those who settle; one that was stopped (SIGSTOP) holds its lock as long as it is."""
DOUBTFUL_SECONDS = 600.0
"""Lines and moves that are younger, at the last sync, may not have reached the disk: some file systems commit twice a minute."""
TAIL_BYTES = 1 << 20
READ_BYTES = 1 << 20
_TOKEN = re.compile(rb'"token": "([^"\\]+)"')


class Journal:
    """`<spool>/journal.jsonl`, rotated by rename to `journal-<token>.jsonl`. Lines of several writers never mix."""

    def __init__(self, spool_root: str, *, limit: int = 64 << 20) -> None:
        self.folder = spool_root
        self.path = os.path.join(spool_root, "journal.jsonl")
        self._limit = limit
        self._synced: tuple[int, int] = (0, 0)

    # --- writing ------------------------------------------------------------------------------------------------------

    @contextlib.contextmanager
    def settling(self) -> Iterator[None]:
        """A shared lock, held while a source is settled: it is moved and its line is written."""
        handle = self._lock_file()
        try:
            fcntl.flock(handle, fcntl.LOCK_SH)
            yield
        finally:
            os.close(handle)

    @contextlib.contextmanager
    def quiet(self) -> Iterator[int]:
        """The exclusive lock: no source is being settled meanwhile. Gives the lock file; raises OSError (ETIMEDOUT) after `LOCK_SECONDS`."""
        handle = self._lock_file()
        try:
            until = time.monotonic() + LOCK_SECONDS
            while not durable.try_lock(handle):
                if time.monotonic() > until:
                    raise OSError(
                        errno.ETIMEDOUT, "another process, stopped perhaps, holds the lock of the journal", LOCK_NAME
                    )
                time.sleep(0.005)
            yield handle
        finally:
            os.close(handle)

    def append(self, line: JournalEntry) -> None:
        """Write one line, whole, or raise OSError and leave none of it."""
        encoded = json.dumps(line).encode() + b"\n"
        with self._locked() as handle:
            size = _cut_torn_tail(handle)
            try:
                written = os.write(handle, encoded)
            except OSError:
                written = -1
                raise
            finally:
                if written != len(encoded):
                    with contextlib.suppress(OSError):  # the next writer cuts it off
                        os.ftruncate(handle, size)
            if written != len(encoded):
                raise OSError(errno.ENOSPC, "only a part of a line could be written", self.path)

    def sync(self) -> None:
        """Make the lines so far durable, and remember how far that is."""
        try:
            with self._locked(create=False) as handle:
                seen = os.fstat(handle)
            if (seen.st_size, seen.st_mtime_ns) == self._synced:
                return
            handle = os.open(
                self.path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC
            )  # another: writers need not wait for the disk
        except FileNotFoundError:
            return
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
        self._note(durable=seen.st_mtime, bytes=seen.st_size)
        self._synced = (seen.st_size, seen.st_mtime_ns)

    def rotate(self) -> None:
        """Rotate the journal when it is full; writers open it for each line, so they follow."""
        with contextlib.suppress(FileNotFoundError):
            if os.stat(self.path).st_size <= self._limit:
                return
            last = self.files()[:-1][-1:]
            token = new_token(after=os.path.basename(last[0])[8:31] if last else "")
            aside = os.path.join(self.folder, f"journal-{token}.jsonl")
            with self.quiet(), self._locked(create=False) as handle:
                _cut_torn_tail(handle)
                os.fsync(handle)
                os.rename(self.path, aside)
                durable.fsync_folder(self.folder)
                at = os.fstat(handle).st_ctime
                self._note(durable=at, bytes=0, rotated=at)

    @contextlib.contextmanager
    def _locked(self, *, create: bool = True) -> Iterator[int]:
        """The file that is written to, open for appending and locked; never one that was set aside meanwhile."""
        while True:
            handle = os.open(
                self.path, os.O_RDWR | os.O_APPEND | os.O_NOFOLLOW | os.O_CLOEXEC | (os.O_CREAT if create else 0), 0o644
            )
            try:
                fcntl.flock(handle, fcntl.LOCK_EX)
                if self.is_current(handle):
                    yield handle
                    return
            finally:
                os.close(handle)

    def is_current(self, handle: int) -> bool:
        """Whether an open file is the one that lines are written to."""
        try:
            return os.stat(self.path).st_ino == os.fstat(handle).st_ino
        except FileNotFoundError:
            return False

    def _lock_file(self) -> int:
        return os.open(
            os.path.join(self.folder, LOCK_NAME), os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o644
        )

    # --- after a crash ------------------------------------------------------------------------------------------------

    def _notes(self) -> dict[str, float]:
        notes = durable.read_json(os.path.join(self.folder, ".journal-durable"))
        return notes if isinstance(notes, dict) else {}

    def _note(self, **notes: float) -> None:
        content = json.dumps(self._notes() | notes).encode()
        durable.write_atomically(os.path.join(self.folder, ".journal-durable"), content)

    def doubtful_since(self) -> float:
        """From when on, in seconds by the spool's own clock, a source may have been settled without its line being durable."""
        notes = self._notes()
        durable = notes.get("durable", self.last_written() or 0.0)
        return max(durable - DOUBTFUL_SECONDS, notes.get("rotated", 0.0))

    def mend(self) -> None:
        """Remove what is not a line from the part that was not durable: a power failure may leave zeros. `quiet` must be held."""
        with contextlib.suppress(FileNotFoundError), self._locked(create=False) as handle:
            size = _cut_torn_tail(handle)
            start = int(self._notes().get("bytes", 0))
            if start > size or _read(handle, max(0, start - 1), start) not in {b"", b"\n"}:
                start = 0  # the notes are of another file
            doubtful = _read(handle, start, size)
            whole = [line for line in doubtful.splitlines(keepends=True) if parse_line(line) is not None]
            if len(kept := b"".join(whole)) != len(doubtful):
                durable.write_atomically(self.path, _read(handle, 0, start) + kept)

    def entries_of(self, tokens: Collection[str]) -> dict[str, JournalEntry]:
        """The lines of these sources, by token, of those that have one. Reads back no farther than needed."""
        found: dict[str, JournalEntry] = {}
        wanted = set(tokens)
        for turn, path in enumerate(reversed(self.files())):
            if not wanted:
                break
            with contextlib.suppress(FileNotFoundError), open(path, "rb") as file:
                seen = os.fstat(file.fileno())
                # A line is younger than its source's claim; with a clock that was set back this is only nearly so.
                if turn > 1 and seen.st_mtime < min(map(_claimed_at, wanted)) - DOUBTFUL_SECONDS:
                    break
                for start in sorted({max(0, seen.st_size - TAIL_BYTES), 0}, reverse=True):
                    file.seek(start)
                    for line in file:
                        if (match := _TOKEN.search(line)) and (token := match[1].decode()) in wanted:
                            found |= {token: parsed} if (parsed := parse_line(line)) else {}
                    wanted -= found.keys()
                    if not wanted:
                        break
        return found

    def has(self, token: str) -> bool:
        """Whether this source has a line."""
        return token in self.entries_of([token])

    # --- reading ------------------------------------------------------------------------------------------------------

    def files(self) -> list[str]:
        """All files of the journal, oldest first; the current one may not exist yet."""
        old = sorted(
            name for name in os.listdir(self.folder) if name.startswith("journal-") and name.endswith(".jsonl")
        )
        return [*(os.path.join(self.folder, name) for name in old), self.path]

    def lines(self, *, since: float | None = None) -> Iterator[JournalEntry]:
        """All lines, the oldest first; files last written before `since` (seconds) are left out."""
        for path in self.files():
            with contextlib.suppress(FileNotFoundError), open(path, "rb") as file:
                if since is None or os.fstat(file.fileno()).st_mtime >= since:
                    yield from filter(None, map(parse_line, file))

    def tail(self, limit: int) -> list[JournalEntry]:
        """The lines in the last `limit` bytes of the current file."""
        try:
            with open(self.path, "rb") as file:
                start = max(0, os.fstat(file.fileno()).st_size - limit)
                file.seek(start)
                if start:
                    file.readline()
                return list(filter(None, map(parse_line, file)))
        except FileNotFoundError:
            return []

    def last_written(self) -> float | None:
        """When the last line was written, in seconds by the spool's own clock; None if none ever was."""
        for path in reversed(self.files()):
            with contextlib.suppress(FileNotFoundError):
                return os.stat(path).st_mtime
        return None


def received(token: str) -> str | None:
    """When the source with this token was claimed, in RFC 3339; None of what is no token."""
    at = _claimed_at(token)
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds") if at else None


def seconds_since(written: str) -> float:
    """How many seconds ago a line was written, by its `time`."""
    return time.time() - datetime.fromisoformat(written).timestamp()


def _claimed_at(token: str) -> float:
    return int(token[:16], 16) / 1e9 if TOKEN.fullmatch(token) else 0.0


def parse_line(line: bytes) -> JournalEntry | None:
    """One line of the journal; None of what is no JSON object."""
    with contextlib.suppress(ValueError):
        parsed = json.loads(line)
        return cast(JournalEntry, parsed) if isinstance(parsed, dict) else None
    return None


def _read(handle: int, start: int, end: int) -> bytes:
    parts = []
    while start < end and (part := os.pread(handle, min(end - start, 1 << 24), start)):
        parts.append(part)
        start += len(part)
    return b"".join(parts)


def _cut_torn_tail(handle: int) -> int:
    """Cut off what follows the last whole line of a locked file; gives its size."""
    size = end = os.fstat(handle).st_size
    if not size or os.pread(handle, 1, size - 1) == b"\n":
        return size
    while end and (at := (part := os.pread(handle, min(end, 4096), max(0, end - 4096))).rfind(b"\n")) < 0:
        end -= len(part)
    end = end - len(part) + at + 1 if end else 0
    os.ftruncate(handle, end)
    return end
