"""SQLite: a table of articles with full-text search, in one file. Needs nothing but Python.

SELECT articles.headline FROM articles JOIN articles_fts ON number = articles_fts.rowid WHERE articles_fts MATCH 'harbour storm'
"""

from __future__ import annotations

import contextlib
import json
import os
import sqlite3
from collections.abc import Sequence
from datetime import date, datetime
from typing import Any, ClassVar

from ingest.errors import InvalidSettings
from ingest.export.columns import Columns, columns
from ingest.service.sinks.sink import Delivery, Rejection, SinkAway, last_of_each, one_line, without_the_bad
from ingest.service.sinks.url import SinkUrl

MIGRATIONS = (
    """
    CREATE TABLE articles (
        number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, url TEXT, publisher_name TEXT, publisher_domain TEXT, headline TEXT,
        subheadline TEXT, authors TEXT NOT NULL, byline TEXT, language TEXT, published_day TEXT, published_at TEXT, modified_day TEXT,
        modified_at TEXT, section TEXT, keywords TEXT NOT NULL, body TEXT NOT NULL, copyright_notice TEXT, usage_terms TEXT,
        status TEXT, embargoed_day TEXT, embargoed_at TEXT, story TEXT,
        schema_version INTEGER NOT NULL, settled_at TEXT NOT NULL, token TEXT NOT NULL, record TEXT NOT NULL
    );
    CREATE INDEX articles_published ON articles (published_day);
    CREATE INDEX articles_publisher ON articles (publisher_domain);
    CREATE VIRTUAL TABLE articles_fts USING fts5 (
        headline, subheadline, body, content='articles', content_rowid='number', tokenize='unicode61 remove_diacritics 2'
    );
    CREATE TRIGGER articles_inserted AFTER INSERT ON articles BEGIN
        INSERT INTO articles_fts (rowid, headline, subheadline, body) VALUES (new.number, new.headline, new.subheadline, new.body);
    END;
    CREATE TRIGGER articles_deleted AFTER DELETE ON articles BEGIN
        INSERT INTO articles_fts (articles_fts, rowid, headline, subheadline, body)
        VALUES ('delete', old.number, old.headline, old.subheadline, old.body);
    END;
    CREATE TRIGGER articles_updated AFTER UPDATE ON articles BEGIN
        INSERT INTO articles_fts (articles_fts, rowid, headline, subheadline, body)
        VALUES ('delete', old.number, old.headline, old.subheadline, old.body);
        INSERT INTO articles_fts (rowid, headline, subheadline, body) VALUES (new.number, new.headline, new.subheadline, new.body);
    END;
    CREATE TABLE ingest_positions (spool TEXT PRIMARY KEY, position TEXT NOT NULL);
    """,
)
"""Each brings the file from one `user_version` to the next; they are only added to."""
NAMES = (*Columns.__annotations__, "settled_at", "token", "record")
_UPSERT = (
    f"INSERT INTO articles ({', '.join(NAMES)}) VALUES ({', '.join('?' * len(NAMES))}) "  # noqa: S608 - names of our own
    f"ON CONFLICT (id) DO UPDATE SET {', '.join(f'{name} = excluded.{name}' for name in NAMES if name != 'id')}"
)
BUSY_SECONDS = 10.0


class SqliteSink:
    """`sqlite:/path/articles.db`."""

    batch_records: ClassVar[int] = 500
    linger_seconds: ClassVar[float] = 0.0
    keeps_position: ClassVar[bool] = True

    def __init__(self, url: SinkUrl, spool_identity: str) -> None:
        self.path = url.absolute_path
        self._spool = spool_identity
        self._connection: sqlite3.Connection | None = None

    def open(self) -> str | None:
        """See `Sink`."""
        try:
            os.makedirs(os.path.dirname(self.path), exist_ok=True)
            self._connection = connection = sqlite3.connect(self.path, timeout=BUSY_SECONDS, isolation_level=None)
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute(
                "PRAGMA synchronous = FULL"
            )  # in WAL mode, NORMAL may lose the last transactions in a power cut
            _migrate(connection, self.path)
            row = connection.execute("SELECT position FROM ingest_positions WHERE spool = ?", (self._spool,)).fetchone()
        except sqlite3.Error as error:
            raise SinkAway(f"{self.path}: {one_line(error)}") from error
        return str(row[0]) if row else None

    def deliver(self, batch: Sequence[Delivery], position: str) -> Sequence[Rejection]:
        """See `Sink`."""
        connection = self._connection
        assert connection  # noqa: S101 - opened before
        try:
            connection.execute("BEGIN IMMEDIATE")
            rejections = without_the_bad(last_of_each(batch), self._write, (sqlite3.DataError, sqlite3.IntegrityError))
            connection.execute(
                "INSERT INTO ingest_positions VALUES (?, ?) ON CONFLICT (spool) DO UPDATE SET position = excluded.position",
                (self._spool, position),
            )
            connection.execute("COMMIT")
        except sqlite3.Error as error:
            raise SinkAway(f"{self.path}: {one_line(error)}") from error
        return rejections

    def _write(self, batch: Sequence[Delivery]) -> None:
        connection = self._connection
        assert connection  # noqa: S101 - opened before
        connection.execute("SAVEPOINT part")
        try:
            connection.executemany(
                "DELETE FROM articles WHERE id = ?", [(each.id,) for each in batch if each.content is None]
            )
            connection.executemany(_UPSERT, [_row(each) for each in batch if each.content is not None])
        except BaseException:
            with contextlib.suppress(sqlite3.Error):
                connection.execute("ROLLBACK TO part")
                connection.execute("RELEASE part")
            raise
        connection.execute("RELEASE part")

    def close(self) -> None:
        """See `Sink`."""
        if self._connection:
            self._connection.close()
            self._connection = None


def _migrate(connection: sqlite3.Connection, path: str) -> None:
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    if version > len(MIGRATIONS):
        raise InvalidSettings(
            f"{path} was written by a newer version of news-ingest (its tables have version {version})"
        )
    for number, migration in enumerate(MIGRATIONS[version:], version + 1):
        connection.executescript(f"BEGIN IMMEDIATE; {migration} PRAGMA user_version = {number}; COMMIT;")


def _row(delivery: Delivery) -> list[Any]:
    typed = columns(delivery.text_record)
    return [*map(to_value, typed.values()), delivery.time, delivery.token, delivery.text_json]


def to_value(value: Any) -> Any:
    """A column's value as SQLite has it: days and instants in ISO 8601, lists as JSON."""
    if isinstance(value, datetime):
        return value.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    if isinstance(value, date):
        return value.isoformat()
    return json.dumps(value, ensure_ascii=False) if isinstance(value, list) else value
