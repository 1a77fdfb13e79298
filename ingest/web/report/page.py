"""The report as a page of its own: no font, picture or script is fetched from anywhere."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from ingest.web.html import Child, Node, PageTemplate, element, table
from ingest.web.html.charts import share_bar, sparkline, stacked_columns

if TYPE_CHECKING:
    from collections import Counter

    from ingest.web.report.statistics import PublisherStatistics, RunStatistics

TEMPLATE = PageTemplate.of(Path(__file__).parent)
MAX_EXAMPLES = 3
MAX_PUBLISHERS, MAX_RULES = 200, 25
"""Rows of a table; the rest is counted."""

ExplainLink = Callable[[str], str | None]
"""The address of an article's explain page by its id, if there is one."""


def report_page(stats: RunStatistics, linked: ExplainLink = lambda _: None) -> str:
    """A self-contained HTML page."""
    return TEMPLATE.render("ingest report", _top(stats), _body(stats, linked))


def _top(stats: RunStatistics) -> Node:
    facts = [f"{stats.records:,} records", *(f"{count:,} {outcome}" for outcome, count in stats.outcomes.most_common())]
    if stats.first:
        facts.append(f"{stats.first[:16]} to {stats.last[:16]}".replace("T", " "))
    return element(
        "header",
        element("h1", "What became of the news"),
        element("ul", *(element("li", f) for f in facts), class_="facts"),
    )


def _body(stats: RunStatistics, linked: ExplainLink) -> Node:
    parts = [
        _section("What wants a look", _flags(stats, linked)),
        _section("Files by time, refused ones on top", stacked_columns(stats.by_time), _axis(stats))
        if stats.by_time
        else None,
        _section("Why files were refused", _bars(stats.reasons)) if stats.reasons else None,
        _section("Publishers", _publishers(stats.publishers, linked)),
        _section("What was removed, in blocks by label", _bars(stats.labels)),
        _section("Rules that decided most", _bars(stats.rules), _unused_rules(stats.unused_rules)),
        _section("Slowest files", _slowest(stats, linked)) if stats.slowest else None,
    ]
    return element("main", *parts)


def _section(title: str, *inside: Child) -> Node:
    return element("section", element("h2", title), *inside)


def _axis(stats: RunStatistics) -> Node:
    times = [
        time.replace("T", " ") + (" h" if "T" in time else "") for time in (min(stats.by_time), max(stats.by_time))
    ]
    most = max(counts.total() for counts in stats.by_time.values())
    words = (times[0], f"{most:,} at most", times[1])
    return element("p", *(element("span", each) for each in words), class_="axis")


def _flags(stats: RunStatistics, linked: ExplainLink) -> Node:
    found: list[Child] = []
    for publisher in stats.publishers:
        if publisher.drift:
            before, lately = publisher.drift
            words = f" now loses {lately:.0%} of its words, {before:.0%} before: its template may have changed."
            found.append(element("li", element("bdi", publisher.name), words, *_examples(publisher, linked)))
        if publisher.silent_days:
            words = f" has sent nothing for {publisher.silent_days} days, more than twice its longest pause so far."
            found.append(element("li", element("bdi", publisher.name), words))
    return (
        element("ul", *found, class_="flags")
        if found
        else element("p", "Nothing: no publisher drifts or has gone silent.")
    )


def _examples(publisher: PublisherStatistics, linked: ExplainLink) -> list[Child]:
    """Ways to the explain pages of its last articles."""
    found = [address for _, _, article_id in publisher.articles[-MAX_EXAMPLES:] if (address := linked(article_id))]
    links = [element("a", f"article {number}", href=address) for number, address in enumerate(found, 1)]
    return [" See ", *(part for each in links for part in (each, " "))] if links else []


def _last(publisher: PublisherStatistics, linked: ExplainLink) -> Child:
    time, _, article_id = publisher.articles[-1]
    address = linked(article_id)
    return element("a", time[:10] or "page", href=address) if address else time[:10] or "–"


def _publishers(publishers: Sequence[PublisherStatistics], linked: ExplainLink) -> Node:
    shown = sorted(publishers, key=lambda p: (-(bool(p.drift) + bool(p.silent_days)), -len(p.articles), p.name))
    rows = [
        (
            element("bdi", publisher.name),
            f"{len(publisher.articles):,}",
            f"{publisher.share:.0%}",
            sparkline(publisher.articles),
            _last(publisher, linked),
            " ".join(
                flag for flag, raised in (("drifts", publisher.drift), ("silent", publisher.silent_days)) if raised
            ),
        )
        for publisher in shown[:MAX_PUBLISHERS]
    ]
    heads = ("publisher", "articles", "words removed (median)", "share by day", "last", "")
    more = element("p", f"And {len(shown) - MAX_PUBLISHERS:,} more.") if len(shown) > MAX_PUBLISHERS else None
    return element(
        "div",
        table(heads, rows, numbers=(1, 2)),
        more,
        class_="wide",
        tabindex="0",
        role="region",
        aria_label="Publishers",
    )


def _bars(counts: Counter[str]) -> Node:
    most = max(counts.values(), default=1)
    rows = [
        (element("bdi", name.replace("_", " ")), f"{count:,}", share_bar(count / most))
        for name, count in counts.most_common(MAX_RULES)
    ]
    return table(("", "", ""), rows, numbers=(1,))


def _unused_rules(never: Sequence[str]) -> Node | None:
    if not never:
        return None
    summary = element("summary", f"{len(never):,} rules decided nothing here")
    return element("details", summary, element("ul", *(element("li", rule) for rule in never), class_="never"))


def _slowest(stats: RunStatistics, linked: ExplainLink) -> Node:
    rows: list[Sequence[Child]] = []
    for line in stats.slowest:
        name, address = element("bdi", str(line.get("name"))), linked(str(line.get("id")))
        shown = element("a", name, href=address) if address else name
        rows.append((shown, f"{line.get('ms') or 0:,.0f}", str(line.get("reason") or line["outcome"])))
    return element(
        "div",
        table(("file", "ms", "fate"), rows, numbers=(1,)),
        class_="wide",
        tabindex="0",
        role="region",
        aria_label="Slowest files",
    )
