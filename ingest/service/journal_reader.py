"""Reading the journal from a position that survives restarts, rotations, and a journal that was mended."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, datetime

from ingest.service.formats import JournalEntry
from ingest.service.journal import READ_BYTES, Journal, parse_line
from ingest.service.spool.filenames import TOKEN

_LONGEST_LINE_BYTES = 1 << 20
"""To look back for the line before an offset: a line is a few kB, since names and headlines are bounded."""


@dataclass(frozen=True, slots=True)
class Position:
    """A place between two lines. Files are renamed when they are rotated, so a hash of its first line names a file; tokens would not
    do, as the lines of all members of a container have one token.
    """

    first: str = ""
    """Hash of the first line of the file; empty: the oldest file, or one without a line yet."""
    offset: int = 0
    """Bytes from the start of the file to the next line."""
    before: str = ""
    """Hash of the line before; empty at the start of a file."""

    def to_json(self) -> str:
        """As it is stored."""
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> Position | None:
        """Read again; None of what is none."""
        try:
            stored = json.loads(text)
            return cls(str(stored["first"]), int(stored["offset"]), str(stored["before"]))
        except (ValueError, KeyError, TypeError):
            return None


START = Position()


class JournalReader:
    """Reads lines from a position on, across rotations. To be closed."""

    def __init__(self, journal: Journal, position: Position = START) -> None:
        self.journal = journal
        self.position = position
        self.lost = False
        """Whether the position was in no file any more, so that lines come again from the oldest one that is left."""
        self._handle = -1

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
            position = _behind(position, line)
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
                    named = ((later, first) for later in files[turn + 1 :] if (first := _first_hash(later)))
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


def locate(journal: Journal, position: Position) -> tuple[str, Position, bool] | None:
    """The file of a position, the position there, and whether it was lost; None if there is no journal yet.

    Where its file was changed, the line is looked for in all files; where that is gone, too, the position is the start of its
    file, or of the oldest one: lines may come again, and none is left out.
    """
    files = [path for path in journal.files() if os.path.exists(path)]
    if not files:
        return None
    if not position.first:
        return files[0], Position(first=_first_hash(files[0])), False
    ours = [path for path in reversed(files) if _first_hash(path) == position.first]
    for path in ours:
        if _hash_before(path, position.offset) == position.before:
            return path, position, False
    for path in files:
        if found := _find(path, position.before):
            return path, found, False
    start = ours[-1] if ours else files[0]
    return start, Position(first=_first_hash(start)), True


def end(journal: Journal) -> Position:
    """The position behind the last line."""
    for path in reversed(journal.files()):
        with contextlib.suppress(FileNotFoundError), open(path, "rb") as file:
            size = os.fstat(file.fileno()).st_size
            file.seek(max(0, size - _LONGEST_LINE_BYTES))
            whole = file.read().rpartition(b"\n")
            offset = size - len(whole[2])
            if first := _first_hash(path):
                return Position(first, offset, _hash_before(path, offset))
    return START


def since(journal: Journal, point: str) -> Position:
    """The position before the line with this token, or before the first line that is not older than this time (RFC 3339; UTC if it
    has no offset). Raises ValueError, in words for people.
    """
    if point == "start":
        return START
    token = bool(TOKEN.fullmatch(point))
    try:
        moment = None if token else datetime.fromisoformat(point)
    except ValueError:
        raise ValueError(
            f"{point!r} is no token of the journal and no time such as 2026-01-31T12:00Z, and not `start`"
        ) from None
    if moment and moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)

    def wanted(entry: JournalEntry) -> bool:
        return datetime.fromisoformat(entry["time"]) >= moment if moment else entry.get("token") == point

    for path in journal.files():
        with contextlib.suppress(FileNotFoundError):
            if moment and os.stat(path).st_mtime < moment.timestamp():
                continue
            if found := _find_before(path, wanted):
                return found
    if token:
        raise ValueError(f"the journal has no line with the token {point}")
    return end(journal)


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
                waiting = time.time() - datetime.fromisoformat(entry["time"]).timestamp() if entry else waiting
            while chunk := file.read(READ_BYTES):
                count += chunk.count(b"\n")
    return count, max(0.0, waiting)


def _behind(position: Position, line: bytes) -> Position:
    mark = _hash(line)
    return Position(position.first or mark, position.offset + len(line), mark)


def _hash(line: bytes) -> str:
    return hashlib.blake2b(line, digest_size=12).hexdigest()


def _first_hash(path: str) -> str:
    with contextlib.suppress(FileNotFoundError), open(path, "rb") as file:
        line = file.readline()
        return _hash(line) if line.endswith(b"\n") else ""
    return ""


def _hash_before(path: str, offset: int) -> str:
    """The hash of the line that ends at an offset; empty if none does."""
    with contextlib.suppress(FileNotFoundError), open(path, "rb") as file:
        file.seek(start := max(0, offset - _LONGEST_LINE_BYTES))
        text = file.read(offset - start)
        if len(text) == offset - start and text.endswith(b"\n"):
            return _hash(text[text.rfind(b"\n", 0, -1) + 1 :])
    return ""


def _lines(path: str) -> Iterator[tuple[bytes, Position]]:
    """The whole lines of a file, each with the position behind it."""
    position = Position()
    with contextlib.suppress(FileNotFoundError), open(path, "rb") as file:
        for line in file:
            if line.endswith(b"\n"):
                position = _behind(position, line)
                yield line, position


def _find(path: str, mark: str) -> Position | None:
    """The position behind the line with this hash."""
    return next((position for _, position in _lines(path) if position.before == mark), None)


def _find_before(path: str, wanted: Callable[[JournalEntry], bool]) -> Position | None:
    """The position before the first line that is wanted."""
    before = Position(first=_first_hash(path))
    for line, behind in _lines(path):
        if (entry := parse_line(line)) and wanted(entry):
            return before
        before = behind
    return None
