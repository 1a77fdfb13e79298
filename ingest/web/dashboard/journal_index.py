"""An incremental index of the journal: counts since its beginning, and the files that were settled last.

The journal is the one place that all workers of all machines write to, whole lines at a time, so counting its lines is right
however many processes there are and whichever of them die.
"""

from __future__ import annotations

import heapq
import json
from bisect import bisect_left
from collections import Counter, deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from ingest.core.text.normalize import match_key
from ingest.service.journal_cursor import JournalCursor
from ingest.web.html.confidence import LeastSure, least_sure

MAX_ROWS = 50_000
"""Files that are listed and searched; of older ones only the counts are kept. About 30 MB."""
SLICE_BYTES = 1 << 20
"""Bytes read at once: 20 ms."""
MAX_MINUTES = 60
RECENT_FILES = 100
"""Files over which the share removed "lately" is taken."""
BUCKET_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 20.0)
"""Seconds, upper bounds of the histogram; the last is the usual INGEST_TIME_LIMIT."""


@dataclass(frozen=True, slots=True)
class SettledFile:
    """One line of the journal. `stored`, or else refused for a `reason`; `title`: its headline, or its file's name."""

    token: str
    time: str
    id: str | None
    title: str
    publisher: str | None
    stored: bool
    reason: str | None
    ms: float
    words: int = 0
    removed: int = 0
    least: LeastSure | None = None
    """Its least sure field; None where the journal does not say."""
    published: str | None = None
    """Day or time of publication."""
    language: str | None = None
    story: str | None = None
    key: str = field(default="", repr=False)
    """Headline, name and publisher, normalised for searching."""

    @property
    def share(self) -> float | None:
        """The share of its words that was removed; None where the journal does not say."""
        total = self.words + self.removed
        return self.removed / total if total else None


def settled_file(line: Mapping[str, Any]) -> SettledFile:
    """What a line of the journal says. Raises KeyError where it lacks the token, the time or the outcome."""
    name, headline, publisher = str(line.get("name")), line.get("headline"), line.get("publisher")
    return SettledFile(
        token=line["token"],
        time=line["time"],
        id=line.get("id"),
        title=headline or name,
        publisher=publisher,
        stored=line["outcome"] == "stored",
        reason=line.get("reason"),
        ms=line.get("ms") or 0.0,
        words=line.get("words") or 0,
        removed=line.get("words_removed") or 0,
        least=least_sure(line.get("confidence") or {}),
        published=line.get("published"),
        language=line.get("language"),
        story=line.get("story"),
        key=" ".join(map(match_key, (headline or "", name, publisher or ""))),
    )


@dataclass(slots=True)
class JournalIndex:
    """What has been read of the journal so far."""

    cursor: JournalCursor
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
    _recent: deque[SettledFile] = field(default_factory=lambda: deque(maxlen=MAX_ROWS))
    _by_id: dict[str, SettledFile] = field(default_factory=dict)

    @property
    def behind(self) -> bool:
        """There is more in the journal than was read."""
        return self.cursor.behind

    def read_on(self) -> bool:
        """Read one slice more; whether there is still more."""
        self._note(self.cursor.read(SLICE_BYTES))
        return self.behind

    def _note(self, lines: bytes) -> None:
        for text in lines.split(b"\n"):
            try:
                line = json.loads(text)
                self._add(line, line["outcome"], line["time"])
            except (ValueError, KeyError, TypeError):  # a partial line after a kill, or not ours
                continue

    def _add(self, line: dict[str, Any], outcome: str, time: str) -> None:
        seconds = (line.get("ms") or 0.0) / 1000
        self.outcomes[outcome, line.get("worker") or "unknown"] += 1
        self.buckets[bisect_left(BUCKET_SECONDS, seconds)] += 1
        self.seconds += seconds
        for stage, ms in (line.get("stages") or {}).items():
            count, total = self.stages.get(stage, (0, 0.0))
            self.stages[stage] = (count + 1, total + ms / 1000)
        words, removed = line.get("words") or 0, line.get("words_removed") or 0
        self.words.update(body=words, removed=removed)
        if line.get("reason"):
            self.reasons[line["reason"]] += 1
        self.minutes.setdefault(time[:16], Counter())[outcome] += 1
        while len(self.minutes) > MAX_MINUTES:
            del self.minutes[min(self.minutes)]
        self.last = max(self.last, time)
        if outcome == "deleted":
            self._by_id.pop(str(line.get("id")), None)
            return
        if outcome in {"duplicate", "unpacked"} or (
            outcome == "stored" and not line.get("headline") and line.get("id") in self._by_id
        ):
            return  # a duplicate: its record stayed as it was; a container: its members are listed
        row = settled_file(line)
        if len(self._recent) == MAX_ROWS and (oldest := self._recent[0]).id and self._by_id.get(oldest.id) is oldest:
            del self._by_id[oldest.id]
        self._recent.append(row)
        if row.stored and row.id:
            self._by_id[row.id] = row

    def record(self, record_id: str) -> SettledFile | None:
        """The line of a record that is still listed."""
        return self._by_id.get(record_id)

    def newest(self) -> Iterator[SettledFile]:
        """All files that are listed, the newest first."""
        return reversed(self._recent)

    def least_sure(self, count: int) -> Sequence[SettledFile]:
        """The records with the least sure values among those listed, the least sure first."""
        known = ((row.least, at, row) for at, row in enumerate(self.records()) if row.least)
        return [row for *_, row in heapq.nsmallest(count, known)]

    def records(self, query: str = "") -> Iterator[SettledFile]:
        """Records, the newest first, once each; with a query those whose headline, name or publisher has all its words."""
        wanted: Sequence[str] = [folded for word in query.split() if (folded := match_key(word))]
        for row in self.newest():
            if row.stored and row.id and self._by_id.get(row.id) is row and all(word in row.key for word in wanted):
                yield row

    def page(self, query: str, start: int, count: int) -> Sequence[SettledFile]:
        """Up to `count` of these records from the `start`-th on."""
        return list(islice(self.records(query), start, start + count))

    @property
    def recent_share(self) -> float | None:
        """The share of words removed from the newest records that the journal gives words of."""
        rows = [row for row, _ in zip(self.newest(), range(RECENT_FILES), strict=False)]
        total = sum(row.words + row.removed for row in rows)
        return sum(row.removed for row in rows) / total if total else None
