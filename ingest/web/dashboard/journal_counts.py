"""What the journal counts up to, kept beside it, so that a dashboard that starts anew reads only what is new."""

from __future__ import annotations

import json
from bisect import bisect_left
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ingest.service.journal_position import START, Position
from ingest.service.spool import durable

FILE_NAME = ".journal-counts"
FORMAT = 1
"""Of the file; one of another format is left out of account, and written anew."""
MAX_MINUTES = 60
BUCKET_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 20.0)
"""Seconds, upper bounds of the histogram; the last is the usual INGEST_TIME_LIMIT."""


@dataclass(slots=True)
class JournalCounts:
    """Sums over all lines up to a position. They name workers and reasons, and no article."""

    outcomes: Counter[tuple[str, str]] = field(default_factory=Counter)
    """By outcome and worker."""
    reasons: Counter[str] = field(default_factory=Counter)
    stages: dict[str, tuple[int, float]] = field(default_factory=dict)
    """Per stage, how often it ran and its total seconds."""
    buckets: list[int] = field(default_factory=lambda: [0] * (len(BUCKET_SECONDS) + 1))
    seconds: float = 0.0
    words: Counter[str] = field(default_factory=Counter)
    """"body" and "removed"."""
    minutes: dict[str, Counter[str]] = field(default_factory=dict)
    """Outcomes by minute, "2026-11-22T20:41", of the last sixty that had any."""
    last: str = ""

    def add(self, line: Mapping[str, Any]) -> None:
        """One line more. Raises KeyError, TypeError, ValueError and AttributeError for one that is not ours."""
        outcome, time = line["outcome"], line["time"]
        seconds = (line.get("ms") or 0.0) / 1000
        self.outcomes[outcome, line.get("worker") or "unknown"] += 1
        self.buckets[bisect_left(BUCKET_SECONDS, seconds)] += 1
        self.seconds += seconds
        for stage, ms in (line.get("stages") or {}).items():
            count, total = self.stages.get(stage, (0, 0.0))
            self.stages[stage] = (count + 1, total + ms / 1000)
        words, removed = line.get("words") or 0, line.get("words_removed") or 0
        self.words["body"] += words
        self.words["removed"] += removed
        if line.get("reason"):
            self.reasons[line["reason"]] += 1
        minute = self.minutes.get(time[:16])
        if minute is None:
            minute = self.minutes[time[:16]] = Counter()
            while len(self.minutes) > MAX_MINUTES:
                del self.minutes[min(self.minutes)]
        minute[outcome] += 1
        self.last = max(self.last, time)

    def save(self, path: str, position: Position) -> None:
        """Write them to a file, with how far they go. Raises OSError."""
        content = {
            "format": FORMAT,
            "position": position.to_json(),
            "outcomes": [[*key, count] for key, count in self.outcomes.items()],
            "reasons": self.reasons,
            "stages": self.stages,
            "buckets": self.buckets,
            "seconds": self.seconds,
            "words": self.words,
            "minutes": self.minutes,
            "last": self.last,
        }
        durable.write_atomically(path, json.dumps(content).encode())


def load_counts(path: str) -> tuple[JournalCounts, Position]:
    """What `save` wrote, and how far it goes; nothing, from the start, where there is no such file or another version's."""
    try:
        saved = durable.read_json(path)
        position = Position.from_json(saved["position"])
        if saved["format"] == FORMAT and position and len(saved["buckets"]) == len(BUCKET_SECONDS) + 1:
            return JournalCounts(
                outcomes=Counter({(outcome, worker): count for outcome, worker, count in saved["outcomes"]}),
                reasons=Counter(saved["reasons"]),
                stages={stage: (count, total) for stage, (count, total) in saved["stages"].items()},
                buckets=saved["buckets"],
                seconds=saved["seconds"],
                words=Counter(saved["words"]),
                minutes={minute: Counter(counts) for minute, counts in saved["minutes"].items()},
                last=saved["last"],
            ), position
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        pass
    return JournalCounts(), START
