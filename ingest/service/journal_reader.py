"""Reading the journal from a position that survives restarts, rotations, and a journal that was mended."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Iterator

from ingest.service.formats import JournalEntry
from ingest.service.journal import READ_BYTES, Journal, parse_line, seconds_since
from ingest.service.journal_position import START, Position, behind, end, first_hash, hash_of, locate


class JournalReader:
    """Reads lines from a position on, across rotations. To be closed."""

    def __init__(self, journal: Journal, position: Position = START) -> None:
        self.journal = journal
        self.position = position
        self.lost = False
        """Whether the position was in no file any more, so that lines come again from the oldest one that is left."""
        self.behind = True
        """Whether there may be more in the journal than was read."""
        self._handle = -1

    def read_slice(self, limit: int, until: Position | None = None) -> Iterator[JournalEntry]:
        """The lines in about the next `limit` bytes; not beyond `until`, a position in front. They are passed as a whole, and parsed as they
        are asked for: thousands at once take twice as long. Raises OSError.
        """
        while self._handle >= 0 or self._open():
            rotated = not self.journal.is_current(self._handle)
            most = limit
            if until and until.first == self.position.first:
                most = min(limit, until.offset - self.position.offset)
            text = os.pread(self._handle, most, self.position.offset)
            whole, newline, _ = text.rpartition(b"\n")
            if newline:
                last = whole.rpartition(b"\n")[2] + newline
                first = self.position.first or hash_of(whole.partition(b"\n")[0] + newline)
                self.position = Position(first, self.position.offset + len(whole) + 1, hash_of(last))
                self.behind = rotated or len(text) == most
                return filter(None, map(parse_line, whole.split(b"\n")))
            if not rotated or not self._open_next():
                break
        self.behind = False
        return iter(())

    def read(self, limit: int) -> list[tuple[JournalEntry, Position]]:
        """Up to `limit` lines, each with the position behind it; fewer than there are at the end of a file, none if there is none now."""
        while self._handle >= 0 or self._open():
            rotated = not self.journal.is_current(self._handle)
            # What is no whole line yet is read again: it may be cut off, and another come in its place.
            whole, newline, _ = os.pread(self._handle, READ_BYTES, self.position.offset).rpartition(b"\n")
            if found := list(self._parsed(whole + newline, limit)):
                self.position = found[-1][1]
                return found
            if not rotated or not self._open_next():
                return []
        return []

    def close(self) -> None:
        """Close the file."""
        if self._handle >= 0:
            os.close(self._handle)
            self._handle = -1

    def _parsed(self, text: bytes, limit: int) -> Iterator[tuple[JournalEntry, Position]]:
        position = self.position
        for line in text.splitlines(keepends=True):
            position = behind(position, line)
            if entry := parse_line(line):
                yield entry, position
                limit -= 1
                if not limit:
                    return

    def _open(self) -> bool:
        """Open the file of the position; False if there is no journal yet."""
        found = locate(self.journal, self.position)
        if found is None:
            return False
        path, position, lost = found
        self.lost |= lost
        return self._open_at(path, position)

    def _open_at(self, path: str, position: Position) -> bool:
        try:
            handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
        except FileNotFoundError:
            return False
        self.close()
        self._handle, self.position = handle, position
        return True

    def _open_next(self) -> bool:
        """Go on to the file after this one, which no process writes to any more: writers check that after they have locked it."""
        ours, files = os.fstat(self._handle).st_ino, self.journal.files()
        for turn, path in enumerate(files):
            with contextlib.suppress(FileNotFoundError):
                if (
                    os.stat(path).st_ino == ours
                ):  # a file without a whole line has no name, and is left out while it has none
                    named = ((later, first) for later in files[turn + 1 :] if (first := first_hash(later)))
                    following, first = next(named, ("", ""))
                    return bool(first) and self._open_at(following, Position(first=first))
        self.close()  # the file was removed, or mended: look for the position again
        return self._open()


def follow(journal: Journal, *, pause_seconds: float = 0.5) -> Iterator[JournalEntry]:
    """Lines as they come, from now on, across rotations. Never ends."""
    reader = JournalReader(journal, end(journal))
    try:
        while True:
            found = reader.read(1000)
            yield from (entry for entry, _ in found)
            if not found:
                time.sleep(pause_seconds)
    finally:
        reader.close()


def unread(journal: Journal, position: Position) -> tuple[int, float]:
    """How many lines lie behind a position, and for how many seconds the first of them has been there; 0 and 0 if there is none."""
    if (found := locate(journal, position)) is None:
        return 0, 0.0
    path, position, _ = found
    files = journal.files()
    count, waiting = 0, 0.0
    for turn, each in enumerate(files[files.index(path) :]):
        with contextlib.suppress(FileNotFoundError), open(each, "rb") as file:
            file.seek(position.offset if not turn else 0)
            if not count:
                entry = parse_line(file.readline())
                count += entry is not None
                waiting = seconds_since(entry["time"]) if entry else waiting
            while chunk := file.read(READ_BYTES):
                count += chunk.count(b"\n")
    return count, max(0.0, waiting)
