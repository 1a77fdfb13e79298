"""The report's page: what it shows of a run's statistics."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from ingest.web.html import PageTemplate
from ingest.web.html.charts import ColumnChart, Sparkline, column_chart, sparkline

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Sequence

    from ingest.web.report.articles import PublisherStatistics
from ingest.web.report.statistics import RunStatistics

TEMPLATE = PageTemplate.of(Path(__file__).parent)
MAX_BARS = 25
MAX_SHOWN_PUBLISHERS, MAX_PUBLISHERS = 20, 500
"""Rows of the table, beside the flagged ones: those that are shown at once, and those that can be unfolded; the rest is counted."""

ExplainLink = Callable[[str], str | None]
"""The address of an article's explain page by its id, if there is one."""


class Flag(NamedTuple):
    """A warning about a publisher, and pages of its last articles."""

    publisher: str
    text: str
    examples: tuple[str, ...] = ()


class PublisherRow(NamedTuple):
    """One publisher. `share`: the median share removed. `last`: the day of its last article, and that article's page."""

    name: str
    articles: int
    share: float
    sparkline: Sparkline | None
    last: str
    address: str | None
    flags: str


@dataclass(frozen=True, slots=True)
class CountBar:
    """A name, how often it occurs, and that as a share of the most frequent one's count."""

    name: str
    count: int
    share: float


class SlowFile(NamedTuple):
    """A file, its explain page, its processing time in ms and its outcome, or why it was refused."""

    name: str
    address: str | None
    ms: float
    outcome: str


class UnsureRow(NamedTuple):
    """A record's title, its explain page, its least sure field and the chance that this is right."""

    title: str
    address: str | None
    field: str
    chance: float


@dataclass(frozen=True, slots=True)
class ReportView:
    """All that report.html shows. What is empty or None is left out."""

    facts: tuple[str, ...]
    flags: tuple[Flag, ...]
    chart: ColumnChart | None
    chart_unit: str
    """Hour or day."""
    reasons: tuple[CountBar, ...]
    publishers: tuple[PublisherRow, ...]
    folded_publishers: tuple[PublisherRow, ...]
    more_publishers: int
    labels: tuple[CountBar, ...]
    rules: tuple[CountBar, ...]
    unused_rules: tuple[str, ...]
    slowest: tuple[SlowFile, ...]
    unsure: tuple[UnsureRow, ...]


def report_page(
    stats: RunStatistics, linked: ExplainLink = lambda _: None, changed: Sequence[tuple[str, str]] = ()
) -> str:
    """A self-contained HTML page. `changed`: publishers whose template has changed, as memory found, and the day."""
    return TEMPLATE.render("report.html", report_view(stats, linked, changed))


def report_view(stats: RunStatistics, linked: ExplainLink, changed: Sequence[tuple[str, str]] = ()) -> ReportView:
    """What the page shows."""
    by_articles = sorted(stats.publishers, key=lambda publisher: (-publisher.count, publisher.name))
    flagged = [publisher for publisher in by_articles if publisher.drift or publisher.silent_days]
    others = [publisher for publisher in by_articles if not (publisher.drift or publisher.silent_days)]
    shown = [*flagged, *others[:MAX_SHOWN_PUBLISHERS]]
    folded = others[MAX_SHOWN_PUBLISHERS:]
    return ReportView(
        facts=(*_facts(stats), *(f"the template of {name} changed by {day}" for name, day in changed)),
        flags=tuple(flag for publisher in stats.publishers for flag in _flags(publisher, linked)),
        chart=_chart(stats) if stats.by_time else None,
        chart_unit="hour" if any("T" in time for time in stats.by_time) else "day",
        reasons=_bars(stats.reasons),
        publishers=tuple(_publisher(publisher, linked) for publisher in shown),
        folded_publishers=tuple(_publisher(publisher, linked) for publisher in folded[:MAX_PUBLISHERS]),
        more_publishers=max(0, len(folded) - MAX_PUBLISHERS),
        labels=_bars(stats.labels),
        rules=_bars(stats.rules),
        unused_rules=stats.unused_rules,
        slowest=tuple(
            SlowFile(
                str(line.get("name")),
                linked(str(line.get("id"))),
                line.get("ms") or 0.0,
                str(line.get("reason") or line["outcome"]),
            )
            for line in stats.slowest
        ),
        unsure=tuple(
            UnsureRow(each.title, linked(each.id), each.least.field, each.least.chance) for each in stats.unsure
        ),
    )


def _facts(stats: RunStatistics) -> tuple[str, ...]:
    facts = [f"{stats.records:,} records", *(f"{count:,} {outcome}" for outcome, count in stats.outcomes.most_common())]
    if stats.unsure_days:
        facts.append(f"{stats.unsure_days:,} with an unsure day")
    if stats.first:
        facts.append(f"{stats.first[:16]} to {stats.last[:16]}".replace("T", " "))
    return tuple(facts)


def _chart(stats: RunStatistics) -> ColumnChart:
    first, last = (
        time.replace("T", " ") + (" h" if "T" in time else "") for time in (min(stats.by_time), max(stats.by_time))
    )
    return column_chart(stats.by_time, first, last)


def _flags(publisher: PublisherStatistics, linked: ExplainLink) -> list[Flag]:
    found = []
    if publisher.drift:
        before, lately = publisher.drift
        examples = (linked(article.id) for article in publisher.newest)
        found.append(
            Flag(
                publisher.name,
                f"now loses {lately:.0%} of its words, {before:.0%} before: its template may have changed.",
                tuple(address for address in examples if address),
            )
        )
    if publisher.silent_days:
        text = f"has sent nothing for {publisher.silent_days} days, more than twice its longest pause so far."
        found.append(Flag(publisher.name, text))
    return found


def _publisher(publisher: PublisherStatistics, linked: ExplainLink) -> PublisherRow:
    time, article_id = publisher.newest[-1]
    address = linked(article_id)
    flags = [flag for flag, raised in (("drifts", publisher.drift), ("silent", publisher.silent_days)) if raised]
    return PublisherRow(
        publisher.name,
        publisher.count,
        publisher.share,
        sparkline(publisher.days),
        time[:10] or ("page" if address else "–"),
        address,
        " ".join(flags),
    )


def _bars(counts: Counter[str]) -> tuple[CountBar, ...]:
    most = max(counts.values(), default=1)
    return tuple(CountBar(name, count, count / most) for name, count in counts.most_common(MAX_BARS))
