"""PostgreSQL: a table of articles with typed columns, the whole record as JSONB, and a full-text index.

New records are copied straight into the table (COPY), those that are there are replaced; both in one transaction with the position in the
journal, so that a record is neither lost nor doubled whichever of the two processes dies when.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Sequence
from typing import Any, ClassVar, LiteralString

import psycopg
from psycopg import sql

from ingest.errors import InvalidSettings
from ingest.export.columns import Columns, columns
from ingest.service.sinks.sink import Delivery, Rejection, SinkAway, last_of_each, one_line, without_the_bad
from ingest.service.sinks.url import SinkUrl

MIGRATIONS: tuple[LiteralString, ...] = (
    """
    CREATE TABLE {table} (
        id text PRIMARY KEY, url text, publisher_name text, publisher_domain text, headline text, subheadline text,
        authors text[] NOT NULL, byline text, language text, published_day date, published_at timestamptz, modified_day date,
        modified_at timestamptz, section text, keywords text[] NOT NULL, body text NOT NULL, copyright_notice text, usage_terms text,
        status text, embargoed_day date, embargoed_at timestamptz, story text,
        schema_version smallint NOT NULL, settled_at timestamptz NOT NULL, token text NOT NULL, record jsonb NOT NULL,
        search tsvector GENERATED ALWAYS AS (
            setweight(to_tsvector('simple', coalesce(left(headline, 2000), '')), 'A')
            || setweight(to_tsvector('simple', coalesce(left(subheadline, 2000), '')), 'B')
            || to_tsvector('simple', left(body, 100000))
        ) STORED
    );
    CREATE INDEX {search_index} ON {table} USING gin (search);
    CREATE INDEX {day_index} ON {table} (published_day);
    CREATE INDEX {publisher_index} ON {table} (publisher_domain);
    """,
)
"""Each brings the tables from one version to the next; they are only added to. `search` leaves out what lies behind 100,000 characters
of a body: a tsvector holds 1 MB, and an article that is longer would be refused as a whole."""
NAMES = (*Columns.__annotations__, "settled_at", "token", "record")
_TABLE = re.compile(r"[a-z_][a-z0-9_]{0,40}(\.[a-z_][a-z0-9_]{0,40})?")
_REFUSALS = (psycopg.DataError, psycopg.IntegrityError, psycopg.errors.ProgramLimitExceeded)
_CONNECT = {"connect_timeout": 10, "tcp_user_timeout": 30_000, "application_name": "news-ingest"}


class PostgresSink:
    """`postgres://user:password@host/database?table=articles`; other parameters are those of libpq, such as `sslmode`."""

    batch_records: ClassVar[int] = 500
    linger_seconds: ClassVar[float] = 0.0
    keeps_position: ClassVar[bool] = True

    def __init__(self, url: SinkUrl, spool_identity: str) -> None:
        self._shown = url.shown
        self._conninfo = url.rebuilt("postgresql", without=("table",))
        table = url.parameters.get("table", "articles")
        if not _TABLE.fullmatch(table):
            raise InvalidSettings(f"{url.shown}: table must be lower-case letters, digits and _, perhaps with a schema")
        self._spool = spool_identity
        self._connection: psycopg.Connection[Any] | None = None
        base = table.rpartition(".")[2]
        self._names = {
            "table": sql.Identifier(*table.split(".")),
            "versions": sql.Identifier(*f"{table}_versions".split(".")),
            "positions": sql.Identifier(*f"{table}_positions".split(".")),
            "search_index": sql.Identifier(f"{base}_search"),
            "day_index": sql.Identifier(f"{base}_published_day"),
            "publisher_index": sql.Identifier(f"{base}_publisher_domain"),
            "columns": sql.SQL(", ").join(map(sql.Identifier, NAMES)),
            "excluded": sql.SQL(", ").join(
                sql.SQL("{0} = excluded.{0}").format(sql.Identifier(name)) for name in NAMES if name != "id"
            ),
        }

    def open(self) -> str | None:
        """See `Sink`."""
        try:
            self._connection = connection = psycopg.connect(self._conninfo, autocommit=True, **_CONNECT)  # type: ignore[arg-type]
            if (encoding := connection.info.parameter_status("server_encoding")) != "UTF8":
                raise InvalidSettings(f"{self._shown}: the database has the encoding {encoding}; make one with UTF8")
            self._migrate(connection)
            row = connection.execute(
                self._sql("SELECT position FROM {positions} WHERE spool = %s"), (self._spool,)
            ).fetchone()
        except psycopg.Error as error:
            raise self._away(error) from error
        return str(row[0]) if row else None

    def deliver(self, batch: Sequence[Delivery], position: str) -> Sequence[Rejection]:
        """See `Sink`."""
        connection = self._connected()
        try:
            with connection.transaction():
                rejections = without_the_bad(last_of_each(batch), self._write, _REFUSALS)
                connection.execute(
                    self._sql(
                        "INSERT INTO {positions} VALUES (%s, %s) ON CONFLICT (spool) DO UPDATE SET position = excluded.position"
                    ),
                    (self._spool, position),
                )
        except psycopg.Error as error:
            raise self._away(error) from error
        return rejections

    def _write(self, batch: Sequence[Delivery]) -> None:
        connection = self._connected()
        with connection.transaction():  # a savepoint
            ids = [each.id for each in batch]
            found = connection.execute(self._sql("SELECT id FROM {table} WHERE id = ANY(%s)"), (ids,)).fetchall()
            there = {row[0] for row in found}
            if gone := [each.id for each in batch if each.content is None and each.id in there]:
                connection.execute(self._sql("DELETE FROM {table} WHERE id = ANY(%s)"), (gone,))
            stored = [each for each in batch if each.content is not None]
            self._copy("COPY {table} ({columns}) FROM STDIN", [each for each in stored if each.id not in there])
            if newer := [each for each in stored if each.id in there]:
                connection.execute(
                    self._sql("CREATE TEMP TABLE newer ON COMMIT DROP AS SELECT {columns} FROM {table} WITH NO DATA")
                )
                self._copy("COPY newer ({columns}) FROM STDIN", newer)
                connection.execute(
                    self._sql(
                        "INSERT INTO {table} ({columns}) SELECT {columns} FROM newer ON CONFLICT (id) DO UPDATE SET {excluded}"
                    )
                )
                connection.execute("DROP TABLE newer")

    def _copy(self, statement: LiteralString, batch: Sequence[Delivery]) -> None:
        if not batch:
            return
        with self._connected().cursor() as cursor, cursor.copy(self._sql(statement)) as copy:
            for delivery in batch:
                typed = columns(delivery.text_record)
                copy.write_row([*typed.values(), delivery.time, delivery.token, delivery.text_json])

    def _migrate(self, connection: psycopg.Connection[Any]) -> None:
        with connection.transaction():
            for statement in (
                "CREATE TABLE IF NOT EXISTS {versions} (version integer PRIMARY KEY, applied_at timestamptz NOT NULL DEFAULT now())",
                "CREATE TABLE IF NOT EXISTS {positions} (spool text PRIMARY KEY, position text NOT NULL)",
                "LOCK TABLE {versions} IN EXCLUSIVE MODE",
            ):
                connection.execute(self._sql(statement))
            (version,) = connection.execute(
                self._sql("SELECT coalesce(max(version), 0) FROM {versions}")
            ).fetchone() or (0,)
            if version > len(MIGRATIONS):
                raise InvalidSettings(
                    f"{self._shown} was written by a newer version of news-ingest (its tables have version {version})"
                )
            for number, migration in enumerate(MIGRATIONS[version:], version + 1):
                connection.execute(self._sql(migration))
                connection.execute(self._sql("INSERT INTO {versions} VALUES (%s)"), (number,))

    def _sql(self, statement: LiteralString) -> sql.Composed:
        return sql.SQL(statement).format(**self._names)

    def _connected(self) -> psycopg.Connection[Any]:
        assert self._connection  # noqa: S101 - opened before
        return self._connection

    def _away(self, error: psycopg.Error) -> SinkAway:
        return SinkAway(f"{self._shown}: {one_line(error)}")

    def close(self) -> None:
        """See `Sink`."""
        if self._connection:
            with contextlib.suppress(psycopg.Error):
                self._connection.close()
            self._connection = None
