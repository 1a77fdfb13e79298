"""The index of stories: the fingerprints of the articles seen so far, in SQLite, shared by all worker processes of a machine.

An article is looked up and entered in one transaction, so of two copies that are cleaned at once one is the first. What was answered is
kept: the same article gets the same answer again, whatever came meanwhile. A kill leaves a transaction whole or undone. Nothing waits for
the disk, which would cost 5 ms an article at 350,000; what a power failure leaves is checked at the next start of the machine.

`key` has one number for each key of each article: 32 bits of the key, 31 bits of the article's number. A look-up is a range of numbers.
"""

from __future__ import annotations

import contextlib
import fcntl
import logging
import os
import sqlite3
import zlib
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

from pydantic import TypeAdapter

from ingest.core.memory.stories import Match, compare, replaced, strongest
from ingest.core.memory.story_changes import Placement, changes_since
from ingest.core.memory.story_fingerprint import Fingerprint, fingerprint
from ingest.core.record import Record
from ingest.core.record_parts import SameAs
from ingest.service.spool.filenames import new_token

log = logging.getLogger(__name__)

FORMAT = 1
"""`user_version` of the file; another format is set aside like a damaged file."""
LOCK_SECONDS = 10.0
"""So long a process waits for another one's transaction, which takes a millisecond."""
MAX_ROWS_PER_KEY = 64
"""Articles that one key brings; a key of more is a phrase of a template."""
MAX_CANDIDATES = 48
"""Articles that a new one is compared with, those with the most keys in common."""
CHECKPOINT_PAGES = 8000
"""Of 4 KiB: an article changes some 20 pages here and there, so writing them back by 1,000 writes most of them for one change each."""
CACHE_KIB = 16 << 10
_NUMBER_BITS = 31
_NUMBERS = (1 << _NUMBER_BITS) - 1
_DAMAGED = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB})
_TABLES = """
CREATE TABLE IF NOT EXISTS article (
    number INTEGER PRIMARY KEY, id BLOB NOT NULL, fingerprint BLOB NOT NULL, root INTEGER NOT NULL, answer BLOB
);
CREATE TABLE IF NOT EXISTS key (key INTEGER PRIMARY KEY);
CREATE TABLE IF NOT EXISTS machine_start (id TEXT NOT NULL);
"""
_PLACEMENT = TypeAdapter(Placement)

Read = Callable[[str], dict[str, Any] | None]
"""The record with an id, as its JSON object; None if it cannot be read."""


class StoryIndex:
    """Opened at the first use, so that a forked process opens its own. Raises OSError and sqlite3.Error."""

    def __init__(self, path: str | os.PathLike[str], *, limit: int, network: bool = False) -> None:
        self.path = os.fspath(path)
        self._limit = limit
        self._network = network
        self._opened: sqlite3.Connection | None = None
        self._inode: int | None = None

    def place(self, record: Record, arrived: int, read: Read) -> Placement:
        """Where a record stands among those seen before, and enter it. `arrived`: a number that grows with each article."""
        new = fingerprint(record, arrived)
        try:
            return self._place(new, record, read)
        except sqlite3.DatabaseError as error:
            if getattr(error, "sqlite_errorcode", 0) & 0xFF not in _DAMAGED:
                self.close()
                raise
            self._set_aside(str(error))
        return self._place(new, record, read)

    def stories(self) -> dict[str, str]:
        """Article → story, as all that came since has joined them."""
        with self._transaction() as rows:
            ids = {number: bytes(name).hex() for number, name in rows.execute("SELECT number, id FROM article")}
            return {name: ids.get(_root(rows, number), name) for number, name in ids.items()}

    def delete(self, record_id: str) -> bool:
        """Forget an article and overwrite what was kept of it; whether it was known. Its story keeps its name."""
        if self._opened is None and not os.path.exists(self.path):
            return False
        with self._transaction() as rows:
            rows.execute("PRAGMA secure_delete = ON")
            numbers = [number for number in _numbers(rows, _id_key(record_id)) if _id_of(rows, number) == record_id]
            for number in numbers:
                _delete(rows, number)
            rows.execute("PRAGMA secure_delete = OFF")
        if numbers:
            rows.execute("PRAGMA wal_checkpoint(TRUNCATE)")  # the log has older pages
        return bool(numbers)

    def close(self) -> None:
        """Close the file; the next use opens it again."""
        if self._opened:
            with contextlib.suppress(sqlite3.Error):
                self._opened.close()
        self._opened = None

    def _place(self, new: Fingerprint, record: Record, read: Read) -> Placement:
        with self._transaction() as rows:
            if known := _find(rows, new.id):
                return known
            found = _candidates(rows, new)
            matches = [(number, match) for number, old in found if (match := compare(new, old))]
            number = (rows.execute("SELECT max(number) FROM article").fetchone()[0] or 0) + 1
            root = _join(rows, [at for at, match in matches if match.joins], number)
            answer = _answer(rows, root, new.id, [match for _, match in matches], record, read)
            told = zlib.compress(_PLACEMENT.dump_json(answer)) if matches else None
            values = (number, bytes.fromhex(new.id), new.to_bytes(), root, told)
            rows.execute("INSERT INTO article VALUES (?, ?, ?, ?, ?)", values)
            keys = [(key << _NUMBER_BITS | number,) for key in (_id_key(new.id), *new.stored_keys())]
            rows.executemany("INSERT OR IGNORE INTO key VALUES (?)", keys)
            if number > self._limit:
                _forget(rows, number - self._limit)
            return answer

    @contextlib.contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        rows = self._opened = self._opened or self._open()
        rows.execute("BEGIN IMMEDIATE")
        try:
            yield rows
        except BaseException:
            with contextlib.suppress(sqlite3.Error):
                rows.execute("ROLLBACK")
            raise
        rows.execute("COMMIT")

    def _open(self) -> sqlite3.Connection:
        if folder := os.path.dirname(self.path):
            os.makedirs(folder, exist_ok=True)
        self._inode = _inode(self.path)
        rows = sqlite3.connect(self.path, timeout=LOCK_SECONDS, isolation_level=None)
        try:
            # A log that is written ahead needs memory shared by all who write: one machine. Elsewhere a commit waits for the disk.
            rows.execute(f"PRAGMA journal_mode = {'TRUNCATE' if self._network else 'WAL'}")
            rows.execute(f"PRAGMA synchronous = {'NORMAL' if self._network else 'OFF'}")
            rows.execute(f"PRAGMA wal_autocheckpoint = {CHECKPOINT_PAGES}")
            rows.execute(f"PRAGMA cache_size = -{CACHE_KIB}")
            _make_tables(rows)
            if not self._network:
                _check_after_restart(rows)
        except BaseException:
            rows.close()
            raise
        self._inode = _inode(self.path)
        return rows

    def _set_aside(self, why: str) -> None:
        """Rename a file that cannot be used, so that a new one begins. Of several processes that notice it, one does so."""
        self.close()
        handle = os.open(f"{self.path}.lock", os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o644)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX)
            if _inode(self.path) != self._inode:
                return
            aside = f"{self.path}.damaged-{new_token()}"
            os.rename(self.path, aside)
            for suffix in ("-wal", "-shm", "-journal"):
                with contextlib.suppress(FileNotFoundError):
                    os.unlink(self.path + suffix)
        finally:
            os.close(handle)
        log.error("the index of stories cannot be used and begins anew: %s", why, extra={"fields": {"aside": aside}})


class _Unusable(sqlite3.DatabaseError):
    """Written by another version of this program, or damaged by a power failure."""

    sqlite_errorcode = sqlite3.SQLITE_NOTADB


def _make_tables(rows: sqlite3.Connection) -> None:
    rows.execute("BEGIN IMMEDIATE")
    version = rows.execute("PRAGMA user_version").fetchone()[0]
    if version not in {0, FORMAT}:
        raise _Unusable(f"it has format {version}, not {FORMAT}")
    for statement in _TABLES.split(";")[:-1]:
        rows.execute(statement)
    rows.execute(f"PRAGMA user_version = {FORMAT}")
    rows.execute("COMMIT")


def _check_after_restart(rows: sqlite3.Connection) -> None:
    """Check the file once after each start of the machine: 10 s for 10^6 articles. Raises `_Unusable`."""
    with contextlib.suppress(OSError), open("/proc/sys/kernel/random/boot_id", encoding="ascii") as file:
        start = file.read().strip()
        seen = rows.execute("SELECT id FROM machine_start").fetchone()
        if seen == (start,):
            return
        rows.execute("BEGIN IMMEDIATE")
        if seen and (found := rows.execute("PRAGMA quick_check(1)").fetchone()) != ("ok",):
            raise _Unusable(f"after a restart of the machine: {found[0]}")
        rows.execute("DELETE FROM machine_start")
        rows.execute("INSERT INTO machine_start VALUES (?)", (start,))
        rows.execute("COMMIT")


def _inode(path: str) -> int | None:
    try:
        return os.stat(path).st_ino
    except FileNotFoundError:
        return None


def _id_key(record_id: str) -> int:
    return int(record_id[:8], 16)


def _numbers(rows: sqlite3.Connection, key: int) -> list[int]:
    """The articles that have a key, the oldest first."""
    first = key << _NUMBER_BITS
    found = rows.execute(
        "SELECT key FROM key WHERE key BETWEEN ? AND ? LIMIT ?", (first, first | _NUMBERS, MAX_ROWS_PER_KEY)
    )
    return [one & _NUMBERS for (one,) in found]


def _find(rows: sqlite3.Connection, record_id: str) -> Placement | None:
    """What was answered for an article; None if it is not known."""
    for number in _numbers(rows, _id_key(record_id)):
        row = rows.execute("SELECT id, answer FROM article WHERE number = ?", (number,)).fetchone()
        if row and bytes(row[0]).hex() == record_id:
            return _PLACEMENT.validate_json(zlib.decompress(row[1])) if row[1] else Placement(record_id)
    return None


def _candidates(rows: sqlite3.Connection, new: Fingerprint) -> list[tuple[int, Fingerprint]]:
    """The articles that have most keys in common with a new one, the oldest first, with their numbers."""
    counts = Counter(number for key in new.probed_keys() for number in _numbers(rows, key))
    likely = sorted(counts, key=lambda number: (-counts[number], number))[:MAX_CANDIDATES]
    found = []
    for number in sorted(likely):
        row = rows.execute("SELECT id, fingerprint FROM article WHERE number = ?", (number,)).fetchone()
        if row:
            found.append((number, Fingerprint.from_bytes(bytes(row[0]).hex(), row[1])))
    return found


def _root(rows: sqlite3.Connection, number: int) -> int:
    """The number of the article by which a story is named: the first of it. One that was forgotten still has its number."""
    while (row := rows.execute("SELECT root FROM article WHERE number = ?", (number,)).fetchone()) and row[0] != number:
        number = row[0]
    return number


def _join(rows: sqlite3.Connection, numbers: list[int], new: int) -> int:
    """Make one story of those of several articles; gives its root, the oldest, or `new` if there are none."""
    roots = sorted({_root(rows, number) for number in numbers})
    for other in roots[1:]:
        rows.execute("UPDATE article SET root = ? WHERE number = ?", (roots[0], other))
    return roots[0] if roots else new


def _answer(
    rows: sqlite3.Connection, root: int, own: str, matches: list[Match], record: Record, read: Read
) -> Placement:
    row = rows.execute("SELECT id FROM article WHERE number = ?", (root,)).fetchone()
    joined = next((match.id for match in matches if match.joins), own)  # of a story whose first article was forgotten
    last = replaced(matches)
    before = read(last) if last else None
    return Placement(
        bytes(row[0]).hex() if row else joined,
        tuple(SameAs(id=match.id, relation=match.relation) for match in strongest(matches)),
        changes_since(before, record) if before else None,
    )


def _forget(rows: sqlite3.Connection, last: int) -> None:
    """Delete the articles with numbers up to `last`, a few at a time."""
    for (number,) in rows.execute("SELECT number FROM article WHERE number <= ? LIMIT 4", (last,)).fetchall():
        _delete(rows, number)


def _delete(rows: sqlite3.Connection, number: int) -> None:
    name, content = rows.execute("SELECT id, fingerprint FROM article WHERE number = ?", (number,)).fetchone()
    record_id = bytes(name).hex()
    keys = (_id_key(record_id), *Fingerprint.from_bytes(record_id, content).stored_keys())
    rows.executemany("DELETE FROM key WHERE key = ?", [(key << _NUMBER_BITS | number,) for key in keys])
    rows.execute("DELETE FROM article WHERE number = ?", (number,))


def _id_of(rows: sqlite3.Connection, number: int) -> str | None:
    row = rows.execute("SELECT id FROM article WHERE number = ?", (number,)).fetchone()
    return bytes(row[0]).hex() if row else None
