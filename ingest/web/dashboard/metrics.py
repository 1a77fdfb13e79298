"""The dashboard's facts for Prometheus. Counters come from the journal, so they survive restarts and count all processes' work."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from itertools import accumulate
from typing import Any

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    Metric,
    SummaryMetricFamily,
)
from prometheus_client.registry import Collector

from ingest.web.dashboard.journal_counts import BUCKET_SECONDS
from ingest.web.dashboard.journal_index import JournalIndex

Facts = Mapping[str, Any]


def render_metrics(index: JournalIndex, facts: Facts) -> bytes:
    """All metrics as text, format 0.0.4."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_MetricsCollector(index, facts))
    return generate_latest(registry)


class _MetricsCollector(Collector):
    def __init__(self, index: JournalIndex, facts: Facts) -> None:
        self.ledger, self.facts = index, facts

    def collect(self) -> Iterator[Metric]:
        yield from _counts(self.ledger)
        if "inbox" in self.facts:  # there is a spool
            yield from _levels(self.facts)
            yield from _workers(self.facts)
            yield from _memory(self.facts.get("memory"))
            yield from _sinks(self.facts["sinks"])
        share = GaugeMetricFamily(
            "ingest_removed_share", "Share of the words removed from the newest 100 records, 0 to 1"
        )
        if (lately := self.ledger.recent_share) is not None:
            share.add_metric([], lately)
        yield share


def _counts(index: JournalIndex) -> Iterator[Metric]:
    files = CounterMetricFamily("ingest_files", "Files that found their outcome", labels=["outcome", "worker"])
    for (outcome, worker), count in sorted(index.counts.outcomes.items()):
        files.add_metric([outcome, worker], count)
    yield files
    yield _counter("ingest_refused", "Refused files by reason", "reason", index.counts.reasons)
    yield _counter("ingest_words", "Words by where they went", "went", index.counts.words)
    stages = SummaryMetricFamily("ingest_stage_seconds", "Time that a stage of cleaning took", labels=["stage"])
    for stage, (count, seconds) in sorted(index.counts.stages.items()):
        stages.add_metric([stage], count_value=count, sum_value=seconds)
    yield stages
    bounds = [*map(str, BUCKET_SECONDS), "+Inf"]
    buckets = list(zip(bounds, accumulate(index.counts.buckets), strict=True))
    yield HistogramMetricFamily(
        "ingest_file_seconds",
        "Time from opening a source to its record",
        buckets=buckets,
        sum_value=index.counts.seconds,
    )


def _levels(facts: Facts) -> Iterator[Metric]:
    waiting = GaugeMetricFamily(
        "ingest_waiting", "Files in the inbox or claimed, tasks in the broker", labels=["where"]
    )
    oldest = GaugeMetricFamily("ingest_oldest_seconds", "How long the oldest of them has been there", labels=["where"])
    for where in ("inbox", "claimed"):
        waiting.add_metric([where], facts[where])
        oldest.add_metric([where], facts[f"oldest_{where}_seconds"])
    if redis := facts.get("redis"):
        waiting.add_metric(["broker"], redis["waiting"])
    yield waiting
    yield oldest
    yield _gauge("ingest_quarantined", "Sources in quarantine by reason", "reason", facts["quarantined"])
    yield _gauge("ingest_free_disk_bytes", "Free disk where sources and records go", "folder", facts["free_disk"])
    watcher = facts["keeper"] or {}
    yield GaugeMetricFamily("ingest_intake_held", "1 while intake is held back", int(bool(watcher.get("held"))))
    yield GaugeMetricFamily(
        "ingest_stalled_seconds",
        "Since anything was settled, while sources are claimed and a worker is alive; 0 below a minute",
        facts["stalled_seconds"],
    )
    yield GaugeMetricFamily("ingest_stuck", "Reasons why something does not move", len(facts["why"]))


def _workers(facts: Facts) -> Iterator[Metric]:
    beat = GaugeMetricFamily(
        "ingest_beat_seconds", "Since a living part was last heard of", labels=["worker", "role", "pid"]
    )
    children = GaugeMetricFamily("ingest_children", "Children that clean", labels=["worker", "state"])
    counts: dict[tuple[str, str], int] = {}
    for heartbeat in facts["heartbeats"]:
        host, role = str(heartbeat.notes.get("host")), str(heartbeat.notes.get("role"))
        if role == "child":
            state = "busy" if heartbeat.notes.get("path") else "idle"
            counts[host, state] = counts.get((host, state), 0) + 1
        else:
            beat.add_metric([host, role, str(heartbeat.notes.get("pid"))], round(heartbeat.age, 1))
    for (host, state), count in sorted(counts.items()):
        children.add_metric([host, state], count)
    yield beat
    yield children


def _memory(known: Mapping[str, Any] | None) -> Iterator[Metric]:
    if known is None:
        return
    yield GaugeMetricFamily("ingest_memory_publishers", "Publishers that the memory knows", known["publishers"])
    yield GaugeMetricFamily("ingest_memory_stories", "Stories that it has learned from", known["stories"])
    yield GaugeMetricFamily("ingest_memory_bytes", "Size of its snapshot", known["bytes"])
    yield GaugeMetricFamily(
        "ingest_memory_template_changes", "How often a publisher's template was found to have changed", known["changes"]
    )
    left_out = CounterMetricFamily("ingest_memory_left_out", "Articles beyond what one sender may teach in a day")
    left_out.add_metric([], known["left_out"])
    yield left_out


def _sinks(sinks: Sequence[Facts]) -> Iterator[Metric]:
    gauges = (
        ("ingest_sink_lag_lines", "Lines of the journal that a sink has not been given", "lag_lines"),
        ("ingest_sink_lag_seconds", "For how long the first of them has been there", "lag_seconds"),
        ("ingest_sink_failed_attempts", "Attempts to deliver that failed one after the other", "attempts"),
        ("ingest_sink_dead_letters", "Records that a sink rejected for good", "dead_letters"),
        ("ingest_sink_running", "1 while a process delivers to a sink", "running"),
    )
    for name, help_text, key in gauges:
        yield _gauge(name, help_text, "sink", {sink["sink"]: float(sink[key]) for sink in sinks})
    yield _counter(
        "ingest_sink_delivered",
        "Records and deletions given to a sink",
        "sink",
        {each["sink"]: each["delivered"] for each in sinks},
    )
    last = {s["sink"]: datetime.fromisoformat(s["last_delivered"]).timestamp() for s in sinks if s["last_delivered"]}
    yield _gauge("ingest_sink_last_delivered_timestamp_seconds", "When the last batch was delivered", "sink", last)


def _counter(name: str, help_text: str, label: str, counts: Mapping[str, int]) -> Metric:
    family = CounterMetricFamily(name, help_text, labels=[label])
    for value, count in sorted(counts.items()):
        family.add_metric([value], count)
    return family


def _gauge(name: str, help_text: str, label: str, levels: Mapping[str, float]) -> Metric:
    family = GaugeMetricFamily(name, help_text, labels=[label])
    for value, level in sorted(levels.items()):
        family.add_metric([value], level)
    return family
