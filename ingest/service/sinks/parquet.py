"""Parquet: a folder for each day on which records were stored, for DuckDB, pandas, Spark and whatever reads Parquet.

    SELECT headline FROM 'articles/*/*.parquet' WHERE published_day >= '2026-01-01'

    <folder>/settled_day=2026-01-31/<time>-<line>.parquet

A batch is one file for each day, named by its first line of the journal: given again, it replaces that file. A record has one row in all files:
when it comes again or is deleted, the file that has it is written anew without it. `.index.db` knows which file that is, and the
position in the journal; it is made again from the files if it is lost. For a moment a reader may see both rows of a record that was replaced,
never none. Files are never changed in place.
"""

from __future__ import annotations

import contextlib
import io
import itertools
import os
import sqlite3
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any, ClassVar

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from ingest.export.columns import columns
from ingest.service.sinks.sink import Delivery, Rejection, SinkAway, last_of_each, one_line
from ingest.service.sinks.url import SinkUrl
from ingest.service.spool import durable

_TEXT, _DAY, _INSTANT = pa.string(), pa.date32(), pa.timestamp("us", tz="UTC")
SCHEMA = pa.schema(
    [
        pa.field("id", _TEXT, nullable=False),
        *(pa.field(name, _TEXT) for name in ("url", "publisher_name", "publisher_domain", "headline", "subheadline")),
        pa.field("authors", pa.list_(_TEXT), nullable=False),
        pa.field("byline", _TEXT),
        pa.field("language", _TEXT),
        pa.field("published_day", _DAY),
        pa.field("published_at", _INSTANT),
        pa.field("modified_day", _DAY),
        pa.field("modified_at", _INSTANT),
        pa.field("section", _TEXT),
        pa.field("keywords", pa.list_(_TEXT), nullable=False),
        pa.field("body", _TEXT, nullable=False),
        pa.field("copyright_notice", _TEXT),
        pa.field("usage_terms", _TEXT),
        pa.field("status", _TEXT),
        pa.field("embargoed_day", _DAY),
        pa.field("embargoed_at", _INSTANT),
        pa.field("story", _TEXT),
        pa.field("schema_version", pa.int16(), nullable=False),
        pa.field("settled_at", _INSTANT, nullable=False),
        pa.field("token", _TEXT, nullable=False),
        pa.field("record", _TEXT, nullable=False),
    ]
)
"""Columns are only added, at the end and nullable; DuckDB then reads old and new files together with `union_by_name = true`."""
_INDEX = """
    CREATE TABLE IF NOT EXISTS rows (id TEXT PRIMARY KEY, file TEXT NOT NULL) WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS positions (spool TEXT PRIMARY KEY, position TEXT NOT NULL);
"""


class ParquetSink:
    """`parquet:/path/folder`."""

    batch_records: ClassVar[int] = 5000
    linger_seconds: ClassVar[float] = 30.0
    """A file for each few articles would make readers slow: at most 2,880 files a day."""
    keeps_position: ClassVar[bool] = True

    def __init__(self, url: SinkUrl, spool_identity: str) -> None:
        self.folder = url.absolute_path
        self._spool = spool_identity
        self._index: sqlite3.Connection | None = None

    def open(self) -> str | None:
        """See `Sink`."""
        os.makedirs(self.folder, exist_ok=True)
        path = os.path.join(self.folder, ".index.db")
        known = os.path.exists(path)
        try:
            self._index = index = sqlite3.connect(path, isolation_level=None)
            index.execute("PRAGMA synchronous = FULL")
            index.executescript(_INDEX)
            if not known:
                index.execute("BEGIN")
                for file in self._files():
                    ids = pq.read_table(os.path.join(self.folder, file), columns=["id"], partitioning=None)["id"]
                    index.executemany(
                        "INSERT OR REPLACE INTO rows VALUES (?, ?)", ((each.as_py(), file) for each in ids)
                    )
                index.execute("COMMIT")
            row = index.execute("SELECT position FROM positions WHERE spool = ?", (self._spool,)).fetchone()
        except (sqlite3.Error, pa.ArrowException) as error:
            raise SinkAway(f"{self.folder}: {one_line(error)}") from error
        return str(row[0]) if row else None

    def deliver(self, batch: Sequence[Delivery], position: str) -> Sequence[Rejection]:
        """See `Sink`."""
        try:
            for day, group in itertools.groupby(batch, lambda each: each.time[:10]):
                self._write_day(day, list(group))
            self._connected().execute("INSERT OR REPLACE INTO positions VALUES (?, ?)", (self._spool, position))
        except (sqlite3.Error, pa.ArrowException) as error:
            raise SinkAway(f"{self.folder}: {one_line(error)}") from error
        return ()

    def _write_day(self, day: str, group: list[Delivery]) -> None:
        """One file, the files that had its records before without them, and the index: in this order, so that a kill loses nothing."""
        index = self._connected()
        first = group[0]
        began = datetime.fromisoformat(first.time).astimezone(UTC)
        file = f"settled_day={day}/{began:%H%M%S}-{first.line}.parquet"
        last = last_of_each(group)
        rows = [_row(delivery) for delivery in last if delivery.content is not None]
        before: dict[str, list[str]] = {}
        for chunk in _chunks(last, 500):
            marks = ", ".join("?" * len(chunk))
            query = f"SELECT file, id FROM rows WHERE id IN ({marks})"  # noqa: S608 - question marks alone
            for old, record_id in index.execute(query, [each.id for each in chunk]):
                before.setdefault(old, []).append(record_id)
        self._replace(file, pa.Table.from_pylist(rows, SCHEMA))
        for old, ids in before.items():
            if old != file:
                self._remove(old, ids)
        index.execute("BEGIN")
        index.executemany("DELETE FROM rows WHERE id = ?", [(each.id,) for each in last])
        index.executemany("INSERT INTO rows VALUES (?, ?)", [(row["id"], file) for row in rows])
        index.execute("COMMIT")

    def _remove(self, file: str, ids: Sequence[str]) -> None:
        """Write a file anew without these records."""
        path = os.path.join(self.folder, file)
        with contextlib.suppress(FileNotFoundError):
            table = pq.read_table(path, partitioning=None)
            self._replace(file, table.filter(pc.invert(pc.is_in(table["id"], pa.array(ids)))))

    def _replace(self, file: str, table: pa.Table) -> None:
        """Make this the content of a file, at once and durably; without rows there is no file."""
        path = os.path.join(self.folder, file)
        if not table.num_rows:
            with contextlib.suppress(FileNotFoundError):
                os.unlink(path)
            return
        if not os.path.isdir(folder := os.path.dirname(path)):
            os.makedirs(folder)
            durable.fsync_folder(self.folder)
        buffer = io.BytesIO()
        pq.write_table(table, buffer, compression="zstd")
        durable.write_atomically(path, buffer.getvalue())

    def _files(self) -> Iterator[str]:
        for day in sorted(os.listdir(self.folder)):
            if day.startswith("settled_day="):
                yield from (
                    f"{day}/{name}"
                    for name in sorted(os.listdir(os.path.join(self.folder, day)))
                    if name.endswith(".parquet")
                )

    def _connected(self) -> sqlite3.Connection:
        assert self._index  # noqa: S101 - opened before
        return self._index

    def close(self) -> None:
        """See `Sink`."""
        if self._index:
            self._index.close()
            self._index = None


def _chunks(values: Sequence[Delivery], size: int) -> Iterator[Sequence[Delivery]]:
    return (values[start : start + size] for start in range(0, len(values), size))


def _row(delivery: Delivery) -> dict[str, Any]:
    settled = datetime.fromisoformat(delivery.time)
    return {
        **columns(delivery.text_record),
        "settled_at": settled,
        "token": delivery.token,
        "record": delivery.text_json,
    }
