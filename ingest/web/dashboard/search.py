"""Asks the search index: records by words and filters, the newest first; what can be filtered by; the members of a story."""

from __future__ import annotations

import contextlib
import json
import os
import sqlite3
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ingest.web.dashboard.journal_index import SettledFile, settled_file
from ingest.web.dashboard.search_index import SearchIndex
from ingest.web.dashboard.search_terms import match_expression

MAX_SEARCH_SECONDS = 2.0
STEPS_PER_CHECK = 10_000
"""Instructions of SQLite's virtual machine between two looks at the clock: a millisecond."""
MAX_CHOICES = 200
"""Publishers that a filter lists."""
MAX_MEMBERS = 50
LOCK_SECONDS = 2.0


class SearchError(Exception):
    """Why a search has no answer."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is looked for: words, and by `publisher`, `language` and `day` what they must be."""

    query: str = ""
    facets: Mapping[str, str] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(match_expression(self.query, self.facets))


class Search:
    """The reader of an index. Its functions may be called from any thread, and take turns."""

    def __init__(self, index: SearchIndex) -> None:
        self.index = index
        self._turn = threading.Lock()
        self._opened: sqlite3.Connection | None = None
        self._inode: int | None = None

    def find(self, wanted: Wanted, start: int, count: int) -> Sequence[SettledFile]:
        """Up to `count` records from the `start`-th on, the newest first. Raises `SearchError`."""
        expression = match_expression(wanted.query, wanted.facets)
        sql = (
            "SELECT record.line FROM text JOIN record ON record.number = text.rowid "
            "WHERE text MATCH ? ORDER BY text.rowid DESC LIMIT ? OFFSET ?"
        )
        return [settled_file(json.loads(line)) for (line,) in self._ask(sql, (expression, count, start))]

    def choices(self) -> dict[str, list[tuple[str, int]]]:
        """Publishers and languages with their records, the most frequent first. Raises `SearchError`."""
        sql = "SELECT value, count FROM facet WHERE kind = ? AND count > 0 ORDER BY count DESC, value LIMIT ?"
        return {kind: self._ask(sql, (kind, MAX_CHOICES)) for kind in ("publisher", "language")}

    def unread(self) -> int:
        """How many records' bodies could not be read, and so are not searched. Raises `SearchError`."""
        found = self._ask("SELECT count FROM facet WHERE kind = 'unread'", ())
        return int(found[0][0]) if found else 0

    def record(self, record_id: str) -> SettledFile | None:
        """The record with an id. Raises `SearchError`."""
        found = self._ask("SELECT line FROM record WHERE id = ?", (bytes.fromhex(record_id),))
        return settled_file(json.loads(found[0][0])) if found else None

    def members(self, story: str) -> Sequence[SettledFile]:
        """Records of a story as the journal names it, the newest first. Raises `SearchError`."""
        sql = "SELECT line FROM record WHERE story = ? ORDER BY number DESC LIMIT ?"
        return [settled_file(json.loads(line)) for (line,) in self._ask(sql, (bytes.fromhex(story), MAX_MEMBERS))]

    def close(self) -> None:
        """Close the file."""
        if self._opened:
            self._opened.close()
        self._opened = None

    def _ask(self, sql: str, values: tuple[Any, ...]) -> list[Any]:
        with self._turn, self._rows() as rows:
            until = time.monotonic() + MAX_SEARCH_SECONDS
            rows.set_progress_handler(lambda: time.monotonic() > until, STEPS_PER_CHECK)
            return rows.execute(sql, values).fetchall()

    @contextlib.contextmanager
    def _rows(self) -> Iterator[sqlite3.Connection]:
        if self.index.path is None:
            raise SearchError("the search index is off (INGEST_SEARCH)")
        try:
            inode = os.stat(self.index.path).st_ino
        except OSError:
            raise SearchError(self.index.problem or "the search index is being made") from None
        try:
            if self._opened is None or inode != self._inode:
                self.close()
                self._opened = sqlite3.connect(self.index.path, timeout=LOCK_SECONDS, check_same_thread=False)
                self._opened.execute("PRAGMA query_only = ON")
                self._inode = inode
            yield self._opened
        except sqlite3.OperationalError as error:
            if "interrupted" in str(error):
                raise SearchError(
                    "too many records have these words; add a word or choose a publisher or a day"
                ) from None
            self.close()
            raise SearchError(f"the search index cannot be read: {error}") from None
        except sqlite3.DatabaseError as error:
            self.close()
            self.index.damaged = True
            raise SearchError(f"the search index is damaged and is made again: {error}") from None
