"""The view models of the dashboard's pages. All work without JavaScript, which only keeps the first page up to date."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

from ingest.web.dashboard.journal_counts import MAX_MINUTES
from ingest.web.dashboard.journal_index import JournalIndex, SettledFile
from ingest.web.html import PageTemplate, readable_name
from ingest.web.html.charts import ColumnChart, column_chart

TEMPLATE = PageTemplate.of(Path(__file__).parent, served=True)
MAX_LAST_FILES = 8

Facts = Mapping[str, Any]


class Card(NamedTuple):
    """A figure, what it counts, and a note on it."""

    name: str
    figure: str
    note: str = ""


class FileRow(NamedTuple):
    """One settled file and its page."""

    title: str
    address: str
    time: str
    facts: tuple[str, ...]
    stored: bool


class StageRow(NamedTuple):
    """A stage, its mean time, and that as a share of the slowest stage's."""

    name: str
    ms: float
    share: float


class WorkerRow(NamedTuple):
    """One parent process: its machine and role, the seconds since its heartbeat, its children, and its machine's files."""

    host: str
    role: str
    heartbeat_age: float
    busy: int
    children: int
    files: str


@dataclass(frozen=True, slots=True)
class View:
    """`behind`: the journal has not been read to its end."""

    behind: bool


@dataclass(frozen=True, slots=True)
class NowView(View):
    """How the service is doing. `problems`: why it makes no progress; None and empty parts are left out."""

    problems: Sequence[str]
    alerts: tuple[str, ...]
    verdict: str
    cards: tuple[Card, ...]
    chart: ColumnChart | None
    last_files: tuple[FileRow, ...]
    stages: tuple[StageRow, ...]
    workers: tuple[WorkerRow, ...]


@dataclass(frozen=True, slots=True)
class MessageView(View):
    """A page with one message, and files that it concerns."""

    title: str
    text: str
    rows: tuple[FileRow, ...] = ()


def now(facts: Facts, index: JournalIndex) -> str:
    """How the service is doing."""
    view = NowView(
        behind=bool(facts.get("behind")),
        problems=facts["why"],
        alerts=tuple(_alerts(facts.get("alerts", {}))),
        verdict="The service is not making progress." if facts["why"] else _all_well(facts, index),
        cards=tuple(_cards(facts, index)) if "inbox" in facts else (),
        chart=_last_hour(index) if index.counts.minutes else None,
        last_files=file_rows(islice(index.newest(), MAX_LAST_FILES)),
        stages=_stages(index),
        workers=tuple(_workers(facts, index)),
    )
    return TEMPLATE.render("dashboard_now.html", view)


def message(facts: Facts, title: str, text: str, rows: Iterable[SettledFile] = ()) -> str:
    """A page with one message."""
    return TEMPLATE.render(
        "dashboard_message.html", MessageView(bool(facts.get("behind")), title, text, file_rows(rows))
    )


def _alerts(alerts: Mapping[str, Sequence[str]]) -> Iterator[str]:
    yield from alerts.get("raised", ())
    for failure in alerts.get("undelivered", ()):
        yield f"Alerts are not delivered: {failure}"


def _all_well(facts: Facts, index: JournalIndex) -> str:
    if waiting := facts["inbox"] + facts["claimed"]:
        return f"All is well: {waiting:,} file{'' if waiting == 1 else 's'} in progress."
    return "All is well: nothing is waiting." if index.counts.last else "No file has arrived yet."


def _cards(facts: Facts, index: JournalIndex) -> Iterator[Card]:
    totals: dict[str, int] = {"stored": 0, "refused": 0}
    for (outcome, _), count in index.counts.outcomes.items():
        totals[outcome] = totals.get(outcome, 0) + count
    share = index.recent_share
    yield Card("in the inbox", f"{facts['inbox']:,}", _oldest_age(facts["oldest_inbox_seconds"]))
    yield Card("being cleaned", f"{facts['claimed']:,}", _oldest_age(facts["oldest_claimed_seconds"]))
    if redis := facts.get("redis"):
        yield Card("tasks in Redis", f"{redis['waiting']:,}", f"{redis['memory_mib']:g} MiB of memory")
    yield Card(
        "stored", f"{totals['stored']:,}", f"last at {index.counts.last[11:19]} UTC" if index.counts.last else ""
    )
    yield Card("refused", f"{totals['refused']:,}", f"{sum(facts['quarantined'].values()):,} in quarantine")
    yield Card("of the words removed", "–" if share is None else f"{share:.0%}", "in the newest 100 records")
    yield Card("of disk space free", f"{min(facts['free_disk'].values(), default=0) / (1 << 30):,.1f} GiB")


def _oldest_age(seconds: int) -> str:
    if not seconds:
        return ""
    age = f"{seconds} s" if seconds < 120 else f"{seconds // 60} min" if seconds < 7200 else f"{seconds // 3600} h"
    return f"the oldest for {age}"


def _last_hour(index: JournalIndex) -> ColumnChart:
    """Outcomes of each minute of the hour that ended with the last file, also of those that had none."""
    end = datetime.fromisoformat(index.counts.last[:16])
    minutes = [f"{end - timedelta(minutes=back):%Y-%m-%dT%H:%M}" for back in range(MAX_MINUTES - 1, -1, -1)]
    first, last = (minute[5:].replace("T", " ") for minute in (minutes[0], minutes[-1]))
    return column_chart({minute: index.counts.minutes.get(minute, {}) for minute in minutes}, first, last)


def _stages(index: JournalIndex) -> tuple[StageRow, ...]:
    mean = {stage: 1000 * total / count for stage, (count, total) in index.counts.stages.items()}
    most = max(mean.values(), default=0.0) or 1
    return tuple(StageRow(stage, ms, ms / most) for stage, ms in mean.items())


def _workers(facts: Facts, index: JournalIndex) -> Iterator[WorkerRow]:
    heartbeats = facts.get("heartbeats", ())
    for heartbeat in heartbeats:
        host, role = str(heartbeat.notes.get("host")), str(heartbeat.notes.get("role"))
        if role == "child":
            continue
        mine = [h for h in heartbeats if h.notes.get("role") == "child" and h.notes.get("host") == host]
        busy = sum("path" in h.notes for h in mine)
        counts = ", ".join(
            f"{n:,} {outcome}" for (outcome, who), n in sorted(index.counts.outcomes.items()) if who == host
        )
        yield WorkerRow(host, role, heartbeat.age, busy, len(mine), counts or "–")


def file_rows(rows: Iterable[SettledFile]) -> tuple[FileRow, ...]:
    """Settled files as lists show them."""
    return tuple(_row(row) for row in rows)


def _row(row: SettledFile) -> FileRow:
    facts = (
        row.publisher,
        row.published and f"published {row.published[:16].replace('T', ' ')}",
        None if row.stored else f"refused: {readable_name(row.reason or '')}",
        None if row.share is None else f"{row.share:.0%} removed",
        None if row.least is None else str(row.least),
        f"{row.ms:,.0f} ms",
    )
    address = f"/records/{row.id}" if row.stored else f"/quarantine/{row.token}"
    return FileRow(row.title, address, row.time, tuple(fact for fact in facts if fact), row.stored)
