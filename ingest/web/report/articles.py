"""The articles of a run by publisher and time, in a database on disk that nobody else sees: there may be millions."""

from __future__ import annotations

import sqlite3
from array import array
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter
from statistics import median
from typing import NamedTuple

from ingest.service.publisher_changes import drift, silence
from ingest.web.html.charts import MAX_SPARK_POINTS, DayShare

UNKNOWN = "unknown publisher"
KEY_DIGITS = 15
"""Hexadecimal digits of an id that tell articles apart, as an integer of SQLite's; of 10^7 articles two are the same with a chance of 1 in 20,000."""
ROWS_AT_ONCE = 1000
MAX_NEWEST = 3
"""Articles of a publisher that are kept by id."""
CACHE_KIB = 16 << 10
_TABLES = """
CREATE TABLE line (number INTEGER PRIMARY KEY, key INTEGER NOT NULL, time TEXT NOT NULL);
CREATE TABLE article (key INTEGER PRIMARY KEY, publisher BLOB NOT NULL, share REAL NOT NULL, id TEXT NOT NULL);
CREATE TABLE stored (key INTEGER PRIMARY KEY, time TEXT NOT NULL);
"""


class NewArticle(NamedTuple):
    """When it was settled (RFC 3339, or "" if the journal does not say), and its id."""

    time: str
    id: str


@dataclass(frozen=True, slots=True)
class PublisherStatistics:
    """One publisher's articles."""

    name: str
    count: int
    share: float
    """The median share of their words that was removed, 0 to 1."""
    days: tuple[DayShare, ...]
    """The same for each of the last days with articles, in order."""
    newest: tuple[NewArticle, ...]
    """The newest last."""
    drift: tuple[float, float] | None = None
    """The median share removed before and lately, if the change is significant."""
    silent_days: int | None = None
    """The days it has been silent, if that is longer than ever."""


class ArticleTable:
    """Takes the lines of a journal, in order, then the records."""

    def __init__(self) -> None:
        self._rows = sqlite3.connect("", isolation_level=None)  # a temporary file, which SQLite deletes
        self._rows.execute(f"PRAGMA cache_size = -{CACHE_KIB}")
        self._rows.executescript(f"PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; BEGIN; {_TABLES}")
        self._lines: list[tuple[int, str]] = []

    def add_line(self, article_id: str, time: str) -> None:
        """When a record was stored; "" when it was deleted. The last line of a record counts."""
        if (key := _key(article_id)) is not None:
            self._lines.append((key, time))
            if len(self._lines) >= ROWS_AT_ONCE:
                self._write_lines()

    def add_record(self, article_id: str, publisher: str | None, share: float) -> bool:
        """A record, and the share of its words that was removed; False if it was there already."""
        name = (publisher or UNKNOWN).encode(errors="surrogatepass")  # in JSON a name may be half a character
        row = (_key(article_id), name, share, article_id)
        return bool(self._rows.execute("INSERT OR IGNORE INTO article VALUES (?, ?, ?, ?)", row).rowcount)

    def publishers(self, last: str) -> Iterator[PublisherStatistics]:
        """By name. `last`: the time with which the journal ends. To be asked once."""
        self._write_lines()
        if not self._rows.execute("SELECT 1 FROM article LIMIT 1").fetchone():
            return
        # Of the columns beside max() SQLite gives those of its row: the last line.
        newest = "SELECT key, time FROM (SELECT key, time, max(number) FROM line GROUP BY key ORDER BY key)"
        self._rows.execute(f"INSERT INTO stored {newest}")
        found = self._rows.execute(
            "SELECT publisher, coalesce(time, ''), share, id FROM article LEFT JOIN stored USING (key) ORDER BY 1, 2, 3, 4"
        )
        for name, articles in groupby(found, key=itemgetter(0)):
            yield _publisher(name.decode(errors="surrogatepass"), articles, last)

    def close(self) -> None:
        """Delete it."""
        self._rows.close()

    def _write_lines(self) -> None:
        self._rows.executemany("INSERT INTO line (key, time) VALUES (?, ?)", self._lines)
        self._lines.clear()


def _publisher(name: str, articles: Iterable[tuple[bytes, str, float, str]], last: str) -> PublisherStatistics:
    shares, timed = array("d"), array("d")
    newest: deque[NewArticle] = deque(maxlen=MAX_NEWEST)
    days: list[DayShare] = []
    for day, group in groupby(articles, key=lambda article: article[1][:10]):
        of_day = array("d")
        for _, time, share, article_id in group:
            of_day.append(share)
            newest.append(NewArticle(time, article_id))
        shares += of_day
        if day:
            timed += of_day
            days.append((day, median(of_day)))
    shown: Sequence[DayShare] = days[-MAX_SPARK_POINTS:]
    if name == UNKNOWN:  # many publishers under one name: no comparable history
        return PublisherStatistics(name, len(shares), median(shares), tuple(shown), tuple(newest))
    silent = silence([day for day, _ in days], last)
    return PublisherStatistics(name, len(shares), median(shares), tuple(shown), tuple(newest), drift(timed), silent)


def _key(article_id: str) -> int | None:
    """None of what is no id."""
    try:
        return int(article_id[:KEY_DIGITS], 16)
    except ValueError:
        return None
