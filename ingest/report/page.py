"""The report as a page of its own: no font, picture or script is fetched from anywhere."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from ingest.report.chart import amount, columns, spark
from ingest.sheet import Inside, Node, Sheet, node, table

if TYPE_CHECKING:
    from collections import Counter

    from ingest.report.tell import Publisher, Told

SHEET = Sheet.of(Path(__file__).parent)
EXAMPLES = 3
PUBLISHERS, RULES = 200, 25
"""Rows of a table; the rest is counted."""

Linked = Callable[[str], str | None]
"""The address of an article's explain page by its id, if there is one."""


def page(told: Told, linked: Linked = lambda _: None) -> str:
    """A self-contained HTML page."""
    return SHEET.write("ingest report", _top(told), _body(told, linked))


def _top(told: Told) -> Node:
    facts = [f"{told.records:,} records", *(f"{count:,} {outcome}" for outcome, count in told.outcomes.most_common())]
    if told.first:
        facts.append(f"{told.first[:16]} to {told.last[:16]}".replace("T", " "))
    return node(
        "header", node("h1", "What became of the news"), node("ul", *(node("li", f) for f in facts), class_="facts")
    )


def _body(told: Told, linked: Linked) -> Node:
    parts = [
        _section("What wants a look", _flags(told, linked)),
        _section("Files by time, refused ones on top", columns(told.by_time), _axis(told)) if told.by_time else None,
        _section("Why files were refused", _bars(told.reasons)) if told.reasons else None,
        _section("Publishers", _publishers(told.publishers, linked)),
        _section("What was removed, in blocks by label", _bars(told.labels)),
        _section("Rules that decided most", _bars(told.rules), _never(told.never)),
        _section("Slowest files", _slowest(told, linked)) if told.slowest else None,
    ]
    return node("main", *parts)


def _section(title: str, *inside: Inside) -> Node:
    return node("section", node("h2", title), *inside)


def _axis(told: Told) -> Node:
    times = [time.replace("T", " ") + (" h" if "T" in time else "") for time in (min(told.by_time), max(told.by_time))]
    most = max(counts.total() for counts in told.by_time.values())
    words = (times[0], f"{most:,} at most", times[1])
    return node("p", *(node("span", each) for each in words), class_="axis")


def _flags(told: Told, linked: Linked) -> Node:
    found: list[Inside] = []
    for publisher in told.publishers:
        if publisher.drift:
            before, lately = publisher.drift
            words = f" now loses {lately:.0%} of its words, {before:.0%} before: its template may have changed."
            found.append(node("li", node("bdi", publisher.name), words, *_examples(publisher, linked)))
        if publisher.silent:
            words = f" has sent nothing for {publisher.silent} days, more than twice its longest pause so far."
            found.append(node("li", node("bdi", publisher.name), words))
    return (
        node("ul", *found, class_="flags") if found else node("p", "Nothing: no publisher drifts or has gone silent.")
    )


def _examples(publisher: Publisher, linked: Linked) -> list[Inside]:
    """Ways to the explain pages of its last articles."""
    found = [address for _, _, article_id in publisher.articles[-EXAMPLES:] if (address := linked(article_id))]
    links = [node("a", f"article {number}", href=address) for number, address in enumerate(found, 1)]
    return [" See ", *(part for each in links for part in (each, " "))] if links else []


def _last(publisher: Publisher, linked: Linked) -> Inside:
    time, _, article_id = publisher.articles[-1]
    address = linked(article_id)
    return node("a", time[:10] or "page", href=address) if address else time[:10] or "–"


def _publishers(publishers: Sequence[Publisher], linked: Linked) -> Node:
    shown = sorted(publishers, key=lambda p: (-(bool(p.drift) + bool(p.silent)), -len(p.articles), p.name))
    rows = [
        (
            node("bdi", publisher.name),
            f"{len(publisher.articles):,}",
            f"{publisher.share:.0%}",
            spark(publisher.articles),
            _last(publisher, linked),
            " ".join(flag for flag, raised in (("drifts", publisher.drift), ("silent", publisher.silent)) if raised),
        )
        for publisher in shown[:PUBLISHERS]
    ]
    heads = ("publisher", "articles", "words removed (median)", "share by day", "last", "")
    more = node("p", f"And {len(shown) - PUBLISHERS:,} more.") if len(shown) > PUBLISHERS else None
    return node(
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
        (node("bdi", name.replace("_", " ")), f"{count:,}", amount(count / most))
        for name, count in counts.most_common(RULES)
    ]
    return table(("", "", ""), rows, numbers=(1,))


def _never(never: Sequence[str]) -> Node | None:
    if not never:
        return None
    summary = node("summary", f"{len(never):,} rules decided nothing here")
    return node("details", summary, node("ul", *(node("li", rule) for rule in never), class_="never"))


def _slowest(told: Told, linked: Linked) -> Node:
    rows: list[Sequence[Inside]] = []
    for line in told.slowest:
        name, address = node("bdi", str(line.get("name"))), linked(str(line.get("id")))
        shown = node("a", name, href=address) if address else name
        rows.append((shown, f"{line.get('ms') or 0:,.0f}", str(line.get("reason") or line["outcome"])))
    return node(
        "div",
        table(("file", "ms", "fate"), rows, numbers=(1,)),
        class_="wide",
        tabindex="0",
        role="region",
        aria_label="Slowest files",
    )
