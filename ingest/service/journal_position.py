"""Positions in the journal that survive restarts, rotations, and a journal that was mended; and how they are found."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, datetime

from ingest.service.formats import JournalEntry
from ingest.service.journal import Journal, parse_line
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


def locate(journal: Journal, position: Position) -> tuple[str, Position, bool] | None:
    """The file of a position, the position there, and whether it was lost; None if there is no journal yet.

    Where its file was changed, the line is looked for in all files; where that is gone, too, the position is the start of its
    file, or of the oldest one: lines may come again, and none is left out.
    """
    files = [path for path in journal.files() if os.path.exists(path)]
    if not files:
        return None
    if not position.first:
        return files[0], Position(first=first_hash(files[0])), False
    ours = [path for path in reversed(files) if first_hash(path) == position.first]
    for path in ours:
        if _hash_before(path, position.offset) == position.before:
            return path, position, False
    for path in files:
        if found := _find(path, position.before):
            return path, found, False
    start = ours[-1] if ours else files[0]
    return start, Position(first=first_hash(start)), True


def end(journal: Journal) -> Position:
    """The position behind the last line."""
    for path in reversed(journal.files()):
        with contextlib.suppress(FileNotFoundError), open(path, "rb") as file:
            size = os.fstat(file.fileno()).st_size
            file.seek(max(0, size - _LONGEST_LINE_BYTES))
            whole = file.read().rpartition(b"\n")
            offset = size - len(whole[2])
            if first := first_hash(path):
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


def back(journal: Journal, position: Position, size: int) -> Position:
    """The position between two lines some `size` bytes before another one, or that of the first line."""
    if (found := locate(journal, position)) is None:
        return START
    path, position, _ = found
    files = journal.files()
    left = size - position.offset
    for earlier in reversed(files[: files.index(path)]):
        if left <= 0:
            break
        path, left = earlier, left - os.path.getsize(earlier)
    return _position_at(path, max(0, -left))


def _position_at(path: str, offset: int) -> Position:
    """The position behind the line that an offset is in; the start of the file for the offset 0."""
    first = first_hash(path)
    if not offset:
        return Position(first=first)
    with open(path, "rb") as file:
        file.seek(offset)
        line = file.readline()
        return Position(first, file.tell(), _hash_before(path, file.tell())) if line else Position(first=first)


def behind(position: Position, line: bytes) -> Position:
    """The position behind the next line."""
    mark = hash_of(line)
    return Position(position.first or mark, position.offset + len(line), mark)


def hash_of(line: bytes) -> str:
    """What names a line, with its line end."""
    return hashlib.blake2b(line, digest_size=12).hexdigest()


def first_hash(path: str) -> str:
    """What names a file of the journal; empty while it has no whole line."""
    with contextlib.suppress(FileNotFoundError), open(path, "rb") as file:
        line = file.readline()
        return hash_of(line) if line.endswith(b"\n") else ""
    return ""


def _hash_before(path: str, offset: int) -> str:
    """The hash of the line that ends at an offset; empty if none does."""
    with contextlib.suppress(FileNotFoundError), open(path, "rb") as file:
        file.seek(start := max(0, offset - _LONGEST_LINE_BYTES))
        text = file.read(offset - start)
        if len(text) == offset - start and text.endswith(b"\n"):
            return hash_of(text[text.rfind(b"\n", 0, -1) + 1 :])
    return ""


def _lines(path: str) -> Iterator[tuple[bytes, Position]]:
    """The whole lines of a file, each with the position behind it."""
    position = Position()
    with contextlib.suppress(FileNotFoundError), open(path, "rb") as file:
        for line in file:
            if line.endswith(b"\n"):
                position = behind(position, line)
                yield line, position


def _find(path: str, mark: str) -> Position | None:
    """The position behind the line with this hash."""
    return next((position for _, position in _lines(path) if position.before == mark), None)


def _find_before(path: str, wanted: Callable[[JournalEntry], bool]) -> Position | None:
    """The position before the first line that is wanted."""
    before = Position(first=first_hash(path))
    for line, behind in _lines(path):
        if (entry := parse_line(line)) and wanted(entry):
            return before
        before = behind
    return None
