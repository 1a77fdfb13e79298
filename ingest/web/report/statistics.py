"""The journal and the records, counted. Nothing here asks the clock: "now" is when the journal ends."""

from __future__ import annotations

import datetime as dt
import heapq
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

from ingest.core.metadata.resolve_date import UNSURE
from ingest.core.text.characters import count_words
from ingest.service.publisher_changes import day_of
from ingest.web.html.confidence import LeastSure, least_sure
from ingest.web.report.articles import ArticleTable, PublisherStatistics

if TYPE_CHECKING:
    from ingest.core.record import Record

MAX_SLOWEST = 10
MAX_TIMES = 400
"""Columns of a chart; in a longer run only days with files have one."""
MAX_UNSURE = 50
"""Records that a person can look at; of ten thousand, if they are the right ones."""


class UnsureRecord(NamedTuple):
    """A record with its least sure value."""

    least: LeastSure
    id: str
    title: str


@dataclass(frozen=True, slots=True)
class RunStatistics:
    """Everything that the page shows."""

    outcomes: Counter[str]
    reasons: Counter[str]
    by_time: Mapping[str, Counter[str]]
    """Outcomes by day ("2026-11-22"), or by hour ("2026-11-22T18") where there are two days at most."""
    publishers: tuple[PublisherStatistics, ...]
    labels: Counter[str]
    rules: Counter[str]
    unused_rules: tuple[str, ...]
    """Rules of the packs that decided nothing."""
    slowest: tuple[Mapping[str, Any], ...]
    unsure: tuple[UnsureRecord, ...] = ()
    """Records with the least sure values, the least sure first."""
    first: str = ""
    last: str = ""
    records: int = 0
    unsure_days: int = 0
    """Records with a day that is null because claims disagree."""


@dataclass(slots=True)
class _JournalTotals:
    """Counts over the journal's lines, which are streamed: there may be millions."""

    by_hour: dict[str, Counter[str]] = field(default_factory=dict)
    reasons: Counter[str] = field(default_factory=Counter)
    slowest: list[tuple[float, int, Mapping[str, Any]]] = field(default_factory=list)
    first: str = ""
    last: str = ""


@dataclass(slots=True)
class _RecordTotals:
    """Counts over the records, which are streamed; only numbers are kept."""

    labels: Counter[str] = field(default_factory=Counter)
    rules: Counter[str] = field(default_factory=Counter)
    unsure: list[tuple[float, UnsureRecord]] = field(default_factory=list)
    """A heap: the surest of those kept lies on top."""
    records: int = 0
    unsure_days: int = 0


def summarize(
    lines: Iterable[Mapping[str, Any]], records: Iterable[Record], rules: Iterable[str] = ()
) -> RunStatistics:
    """Count a journal's lines and the records of a run. `rules`: the ids of all rules that might have decided."""
    articles = ArticleTable()
    try:
        return _summarize(articles, lines, records, rules)
    finally:
        articles.close()


def _summarize(
    articles: ArticleTable, lines: Iterable[Mapping[str, Any]], records: Iterable[Record], rules: Iterable[str]
) -> RunStatistics:
    journal, count = _JournalTotals(), _RecordTotals()
    for number, line in enumerate(lines):
        _add_journal_line(journal, number, line, articles)
    for record in records:
        _add_record(count, record, articles)
    hours = journal.by_hour
    last = journal.last
    by_day = bool(last) and (day_of(last) - day_of(journal.first)).days > 1
    by_time: dict[str, Counter[str]] = {}
    if hours:
        by_time = {time: Counter() for time in times(journal.first, last, by_day=by_day)}
    for hour in sorted(hours):
        by_time.setdefault(hour[:10] if by_day else hour, Counter()).update(hours[hour])
    return RunStatistics(
        outcomes=sum(hours.values(), Counter()),
        reasons=journal.reasons,
        by_time=by_time,
        publishers=tuple(articles.publishers(last)),
        labels=count.labels,
        rules=count.rules,
        unused_rules=tuple(sorted(set(rules) - count.rules.keys())),
        slowest=tuple(line for _, _, line in sorted(journal.slowest, reverse=True)),
        unsure=tuple(sorted(each for _, each in count.unsure)),
        first=journal.first,
        last=last,
        records=count.records,
        unsure_days=count.unsure_days,
    )


def _add_journal_line(journal: _JournalTotals, number: int, line: Mapping[str, Any], articles: ArticleTable) -> None:
    time, outcome = line["time"], line["outcome"]
    journal.by_hour.setdefault(time[:13], Counter())[outcome] += 1
    journal.first, journal.last = min(journal.first or time, time), max(journal.last, time)
    if outcome in {"stored", "deleted"} and line.get("id"):
        articles.add_line(line["id"], time if outcome == "stored" else "")
    if line.get("reason"):
        journal.reasons[line["reason"]] += 1
    slow = (line.get("ms") or 0.0, number, line)
    if len(journal.slowest) < MAX_SLOWEST:
        heapq.heappush(journal.slowest, slow)
    else:
        heapq.heappushpop(journal.slowest, slow)


def _add_record(count: _RecordTotals, record: Record, articles: ArticleTable) -> None:
    gone = sum(count_words(removed.text) for removed in record.removed)
    publisher = (record.publisher.domain or record.publisher.name) if record.publisher else None
    if not articles.add_record(record.id, publisher, gone / ((gone + count_words(record.body)) or 1)):
        return  # a folder may hold it twice, and replaced ones come again
    count.records += 1
    count.unsure_days += any(
        origin.startswith(f"{UNSURE}:")
        for name, origin in record.provenance.items()
        if name in {"published", "modified"}
    )
    count.labels.update(removed.label.value for removed in record.removed)
    count.rules.update(removed.rule for removed in record.removed)
    if least := least_sure(dict(record.confidence)):
        each = UnsureRecord(least, record.id, record.headline or record.source.name or record.id)
        put = heapq.heappush if len(count.unsure) < MAX_UNSURE else heapq.heappushpop
        put(count.unsure, (-least.chance, each))


def times(first: str, last: str, *, by_day: bool) -> list[str]:
    """The days or hours of a run, also those without files, at most `MAX_TIMES`; none of a longer run."""
    step, digits = (dt.timedelta(days=1), 10) if by_day else (dt.timedelta(hours=1), 13)
    start, end = (dt.datetime.fromisoformat(time[:digits]) for time in (first, last))
    count = (end - start) // step + 1
    return [(start + number * step).isoformat()[:digits] for number in range(count)] if count <= MAX_TIMES else []
