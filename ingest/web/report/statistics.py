"""The journal and the records, counted. Nothing here asks the clock: "now" is when the journal ends."""

from __future__ import annotations

import datetime as dt
import heapq
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from statistics import median
from typing import TYPE_CHECKING, Any, NamedTuple

from ingest.core.metadata.resolve_date import UNSURE
from ingest.core.text.characters import count_words
from ingest.service.publisher_changes import day_of, drift, silence
from ingest.web.html.charts import ArticleShare
from ingest.web.html.confidence import LeastSure, least_sure

if TYPE_CHECKING:
    from ingest.core.record import Record

UNKNOWN = "unknown publisher"
MAX_SLOWEST = 10
MAX_TIMES = 400
"""Columns of a chart; in a longer run only days with files have one."""
MAX_UNSURE = 50
"""Records that a person can look at; of ten thousand, if they are the right ones."""


@dataclass(frozen=True, slots=True)
class PublisherStatistics:
    """One publisher's articles, the oldest first. `silent_days`: the days it has been silent, if that is longer than ever."""

    name: str
    articles: tuple[ArticleShare, ...]
    drift: tuple[float, float] | None = None
    """The median share removed before and lately, if the change is significant."""
    silent_days: int | None = None

    @property
    def share(self) -> float:
        """The median share removed."""
        return median(share for _, share, _ in self.articles)


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
    stored: dict[str, str] = field(default_factory=dict)
    slowest: list[tuple[float, int, Mapping[str, Any]]] = field(default_factory=list)
    first: str = ""
    last: str = ""


@dataclass(slots=True)
class _RecordTotals:
    """Counts over the records, which are streamed; only numbers are kept."""

    labels: Counter[str] = field(default_factory=Counter)
    rules: Counter[str] = field(default_factory=Counter)
    articles: dict[str, list[ArticleShare]] = field(default_factory=dict)
    ids: set[int] = field(default_factory=set)
    unsure: list[tuple[float, UnsureRecord]] = field(default_factory=list)
    """A heap: the surest of those kept lies on top."""
    records: int = 0
    unsure_days: int = 0


def summarize(
    lines: Iterable[Mapping[str, Any]], records: Iterable[Record], rules: Iterable[str] = ()
) -> RunStatistics:
    """Count a journal's lines and the records of a run. `rules`: the ids of all rules that might have decided."""
    journal, count = _JournalTotals(), _RecordTotals()
    for number, line in enumerate(lines):
        _add_journal_line(journal, number, line)
    for record in records:
        if (
            key := int(record.id[:16], 16)
        ) not in count.ids:  # a folder may hold it twice, and replaced ones come again
            count.ids.add(key)
            _add_record(count, record, journal.stored.get(record.id, ""))
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
        publishers=tuple(_publisher(name, articles, last) for name, articles in sorted(count.articles.items())),
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


def _add_journal_line(journal: _JournalTotals, number: int, line: Mapping[str, Any]) -> None:
    time, outcome = line["time"], line["outcome"]
    journal.by_hour.setdefault(time[:13], Counter())[outcome] += 1
    journal.first, journal.last = min(journal.first or time, time), max(journal.last, time)
    if outcome == "stored" and line.get("id"):
        journal.stored[line["id"]] = time
    if outcome == "deleted":
        journal.stored.pop(str(line.get("id")), None)
    if line.get("reason"):
        journal.reasons[line["reason"]] += 1
    slow = (line.get("ms") or 0.0, number, line)
    if len(journal.slowest) < MAX_SLOWEST:
        heapq.heappush(journal.slowest, slow)
    else:
        heapq.heappushpop(journal.slowest, slow)


def _add_record(count: _RecordTotals, record: Record, time: str) -> None:
    gone = sum(count_words(removed.text) for removed in record.removed)
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
    publisher = record.publisher and (record.publisher.domain or record.publisher.name)
    share = gone / ((gone + count_words(record.body)) or 1)
    count.articles.setdefault(publisher or UNKNOWN, []).append((time, share, record.id))


def _publisher(name: str, articles: Sequence[ArticleShare], last: str) -> PublisherStatistics:
    ordered = tuple(sorted(articles))
    if name == UNKNOWN:  # many publishers under one name: no comparable history
        return PublisherStatistics(name, ordered)
    timed = [article for article in ordered if article[0]]
    return PublisherStatistics(
        name, ordered, drift([share for _, share, _ in timed]), silence([time for time, _, _ in timed], last)
    )


def times(first: str, last: str, *, by_day: bool) -> list[str]:
    """The days or hours of a run, also those without files, at most `MAX_TIMES`; none of a longer run."""
    step, digits = (dt.timedelta(days=1), 10) if by_day else (dt.timedelta(hours=1), 13)
    start, end = (dt.datetime.fromisoformat(time[:digits]) for time in (first, last))
    count = (end - start) // step + 1
    return [(start + number * step).isoformat()[:digits] for number in range(count)] if count <= MAX_TIMES else []
