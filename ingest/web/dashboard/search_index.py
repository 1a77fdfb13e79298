"""The search index of the dashboard: headlines and bodies of all records, in SQLite (FTS5), made from the journal and the records.

A thread of the dashboard reads the journal on and enters each record, with how far it came in the same transaction, so a kill loses
nothing. What cannot be read any more is made again. One dashboard of a spool writes, others read.
"""

from __future__ import annotations

import contextlib
import json
import logging
import os
import sqlite3
import threading
import time
import zlib
from typing import TYPE_CHECKING, Any

from ingest.service.composition import Service, open_service
from ingest.service.health import low_disk
from ingest.service.journal_position import START, Position
from ingest.service.journal_reader import JournalReader
from ingest.service.spool import durable
from ingest.service.spool.inbox import is_network_mount
from ingest.web.dashboard.search_terms import facet_words, index_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from ingest.service.settings import Settings

log = logging.getLogger(__name__)

FORMAT = 1
"""`user_version` of the file; a file of another format is made again."""
SLICE_BYTES = 1 << 17
"""Bytes of the journal that are entered in one transaction: some 200 records, a quarter of a second."""
PAUSE_SECONDS = 1.0
RETRY_SECONDS = 30.0
LOCK_SECONDS = 10.0
CACHE_KIB = 16 << 10
MAX_BODY_CHARACTERS = 200_000
"""Of one record; what follows is not searched."""
DAMAGED = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB})
KEPT = ("token", "time", "id", "name", "headline", "publisher", "language", "published", "story", "outcome", "ms", "words",
        "words_removed", "confidence")  # fmt: skip
"""Fields of a journal line that lists show."""
_TABLES = """
CREATE VIRTUAL TABLE IF NOT EXISTS text USING fts5(words, facets, content='', tokenize='unicode61 remove_diacritics 0');
CREATE TABLE IF NOT EXISTS record (number INTEGER PRIMARY KEY, id BLOB NOT NULL UNIQUE, story BLOB, line TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS entered (number INTEGER PRIMARY KEY, words BLOB NOT NULL, facets TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS record_of_story ON record (story);
CREATE TABLE IF NOT EXISTS facet (kind TEXT, value TEXT, count INTEGER NOT NULL, PRIMARY KEY (kind, value)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS read_to (position TEXT NOT NULL);
"""


def search_path(settings: Settings) -> Path | None:
    """Where the index is; None where the settings turn it off."""
    return None if settings.search == "off" else settings.search or settings.root / "search.db"


class SearchIndex:
    """Keeps the file up to date in a thread of its own, from `start` to `stop`."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.path = search_path(settings)
        self.problem: str | None = None
        """Why nothing is entered at present."""
        self.behind = True
        """There are records that were not entered yet."""
        self.damaged = False
        """Set by a reader that could not read it."""
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None
        self._lock: int | None = None
        self._service: Service | None = None

    def start(self) -> None:
        """Begin; does nothing where the index is off."""
        if self.path:
            self._thread = threading.Thread(target=self._run, name="search", daemon=True)
            self._thread.start()

    def stop(self) -> None:
        """End the thread: within the time of one slice."""
        self._stopping.set()
        if self._thread:
            self._thread.join()

    def _run(self) -> None:
        try:
            while not self._stopping.is_set():
                pause = RETRY_SECONDS
                try:
                    if self._may_write():
                        self._keep_up()
                    else:
                        self.behind, pause = False, PAUSE_SECONDS
                except sqlite3.DatabaseError as error:
                    if getattr(error, "sqlite_errorcode", 0) & 0xFF in DAMAGED:
                        log.error("the search index cannot be used and is made again: %s", error)  # noqa: TRY400
                        self._delete()
                        pause = PAUSE_SECONDS
                    else:
                        self._note(f"cannot write {self.path}: {error}")
                except OSError as error:
                    self._note(f"cannot write {self.path}: {error.strerror}")
                self._stopping.wait(pause)
        finally:
            if self._lock is not None:
                os.close(self._lock)

    def _keep_up(self) -> None:
        """Enter what comes until the thread is to end. Raises OSError and sqlite3.Error."""
        self._service = open_service(self.settings)
        rows = open_index(str(self.path), network=is_network_mount(self.settings.root))
        stored = rows.execute("SELECT position FROM read_to").fetchone()  # none: what is known already is passed over
        position = Position.from_json(stored[0]) if stored else None
        reader = JournalReader(self._service.journal, position or START)
        try:
            while not self._stopping.is_set():
                if self.damaged:
                    self.damaged = False
                    raise _Unusable("a reader found it damaged")
                if full := low_disk(self.settings):
                    self._note(full)
                    self._stopping.wait(RETRY_SECONDS)
                    continue
                began = time.monotonic()
                before = reader.position
                lines = reader.read_slice(SLICE_BYTES) if self.settings.root.is_dir() else ()
                if reader.position != before:
                    self._enter(rows, lines, reader.position)
                self._note(None)
                self.behind = reader.behind and reader.position != before
                self._stopping.wait(time.monotonic() - began if self.behind else PAUSE_SECONDS)
        finally:
            reader.close()
            rows.close()

    def _enter(self, rows: sqlite3.Connection, lines: Iterable[Mapping[str, Any]], position: Position) -> None:
        rows.execute("BEGIN IMMEDIATE")
        try:
            deleted = 0
            for line in lines:
                with contextlib.suppress(ValueError, KeyError, TypeError):  # not ours
                    if line["outcome"] == "stored" and line.get("id"):
                        self._enter_record(rows, line)
                    elif line["outcome"] == "deleted":
                        deleted += _remove(rows, bytes.fromhex(line["id"]))
            if deleted:  # until the index is merged, a deleted record's words are still in the file
                rows.execute("INSERT INTO text (text) VALUES ('optimize')")
            rows.execute("DELETE FROM read_to")
            rows.execute("INSERT INTO read_to VALUES (?)", (position.to_json(),))
        except BaseException:
            rows.execute("ROLLBACK")
            raise
        rows.execute("COMMIT")

    def _enter_record(self, rows: sqlite3.Connection, line: Mapping[str, Any]) -> None:
        record_id, kept = bytes.fromhex(line["id"]), {key: line[key] for key in KEPT if line.get(key) is not None}
        known = rows.execute("SELECT number, line FROM record WHERE id = ?", (record_id,)).fetchone()
        if known and (not line.get("headline") or json.loads(known[1])["token"] == line["token"]):
            return  # a duplicate, whose record stayed as it was; or a line that is read again
        record = self._record(line)
        for key in ("language", "published"):  # lines before 0.3 lack them
            if record.get(key) and key not in kept:
                kept[key] = record[key]
        if known:  # replaced
            _remove(rows, record_id)
        facets = facets_of(kept)
        body = str(record.get("body") or "")[:MAX_BODY_CHARACTERS]
        shown = (kept.get("headline"), kept.get("name"), kept.get("publisher"), record.get("subheadline"), body)
        story = bytes.fromhex(kept["story"]) if kept.get("story") else None
        added = rows.execute(
            "INSERT INTO record (id, story, line) VALUES (?, ?, ?)", (record_id, story, json.dumps(kept))
        )
        words, found = index_text("\n".join(str(part) for part in shown if part)), facet_words(facets)
        rows.execute("INSERT INTO text (rowid, words, facets) VALUES (?, ?, ?)", (added.lastrowid, words, found))
        rows.execute("INSERT INTO entered VALUES (?, ?, ?)", (added.lastrowid, zlib.compress(words.encode(), 1), found))
        _count(rows, facets | ({} if record else {"unread": ""}), 1)

    def _record(self, line: Mapping[str, Any]) -> dict[str, Any]:
        """The record; empty if it cannot be read any more."""
        record_id, store = line["id"], self._service.store if self._service else None
        if store is None:
            return {}
        with contextlib.suppress(OSError, ValueError):
            if (
                "language" not in line
            ):  # before 0.3: for each record that is in a segment all segments would be searched
                return store.read(record_id) or {}
            content = store.read_bytes(record_id)
            record = json.loads(content) if content else None
            return record if isinstance(record, dict) else {}
        return {}

    def _may_write(self) -> bool:
        """Whether this process is the one that writes, or has become it. Raises OSError."""
        if self._lock is None:
            handle = os.open(f"{self.path}.lock", os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o644)
            if not durable.try_lock(handle):
                os.close(handle)
                return False
            self._lock = handle
        return True

    def _delete(self) -> None:
        for suffix in ("", "-wal", "-shm", "-journal"):
            with contextlib.suppress(FileNotFoundError):
                os.unlink(f"{self.path}{suffix}")

    def _note(self, problem: str | None) -> None:
        if problem and problem != self.problem:
            log.warning("the search index is not kept up to date: %s", problem)
        self.problem = problem


def facets_of(line: Mapping[str, Any]) -> dict[str, str]:
    """What a record can be filtered by: its publisher, language and day of publication, as far as known."""
    found = {
        "publisher": line.get("publisher"),
        "language": line.get("language"),
        "day": str(line.get("published") or "")[:10],
    }
    return {kind: str(value).encode(errors="replace").decode() for kind, value in found.items() if value}


def open_index(path: str, *, network: bool) -> sqlite3.Connection:
    """The file, made if it is missing. Raises sqlite3.DatabaseError, with SQLITE_NOTADB for a file of another format."""
    rows = sqlite3.connect(path, timeout=LOCK_SECONDS, isolation_level=None, check_same_thread=False)
    try:
        rows.execute(f"PRAGMA journal_mode = {'TRUNCATE' if network else 'WAL'}")
        rows.execute("PRAGMA synchronous = NORMAL")
        rows.execute(f"PRAGMA cache_size = -{CACHE_KIB}")
        rows.execute("PRAGMA secure_delete = ON")
        _check_format(rows)
        rows.executescript(_TABLES)
        rows.execute(f"PRAGMA user_version = {FORMAT}")
    except BaseException:
        rows.close()
        raise
    return rows


def _check_format(rows: sqlite3.Connection) -> None:
    version = rows.execute("PRAGMA user_version").fetchone()[0]
    if version not in {0, FORMAT}:
        raise _Unusable(f"it has format {version}, not {FORMAT}")


class _Unusable(sqlite3.DatabaseError):
    """Written by another version of this program, or damaged."""

    sqlite_errorcode = sqlite3.SQLITE_NOTADB


def _remove(rows: sqlite3.Connection, record_id: bytes) -> bool:
    """Remove a record; whether there was one. FTS5 removes from an index without content what it is given again, so that is kept."""
    known = rows.execute("SELECT number, line FROM record WHERE id = ?", (record_id,)).fetchone()
    if known is None:
        return False
    words, facets = rows.execute("SELECT words, facets FROM entered WHERE number = ?", known[:1]).fetchone()
    rows.execute(
        "INSERT INTO text (text, rowid, words, facets) VALUES ('delete', ?, ?, ?)",
        (known[0], zlib.decompress(words).decode(), facets),
    )
    rows.execute("DELETE FROM entered WHERE number = ?", known[:1])
    rows.execute("DELETE FROM record WHERE number = ?", known[:1])
    _count(rows, facets_of(json.loads(known[1])), -1)
    return True


def _count(rows: sqlite3.Connection, facets: Mapping[str, str], change: int) -> None:
    rows.executemany(
        "INSERT INTO facet VALUES (?, ?, ?) ON CONFLICT (kind, value) DO UPDATE SET count = count + excluded.count",
        [(kind, value, change) for kind, value in facets.items()],
    )
