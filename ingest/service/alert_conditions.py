"""What the journal says of publishers and refusals: the conditions of alerts, kept as the journal grows."""

from __future__ import annotations

from collections import OrderedDict, deque
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from ingest.service.journal_reader import JournalReader
from ingest.service.publisher_changes import RECENT_ARTICLES, drift, silence

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from ingest.service.journal import Journal

SLICE_BYTES = 1 << 21
"""Bytes of the journal that are read at once: 40 ms, every five seconds until its end is reached."""
MAX_PAST_ARTICLES = 200
"""Articles of a publisher that the last ones are compared with."""
MAX_DAYS = 100
"""Days with articles of which a publisher's pauses are known."""
MAX_PUBLISHERS = 5_000
"""The one heard of least recently is forgotten; 2 KiB each."""
REFUSAL_MINUTES = 60
MIN_FILES = 20
"""Files of the last hour; of fewer no share is taken."""

Conditions = dict[tuple[str, str], str | None]
"""Kind and subject → the message of what is so, None of what is not; what is not known is absent."""


@dataclass(slots=True)
class _Publisher:
    shares: deque[float] = field(default_factory=lambda: deque(maxlen=MAX_PAST_ARTICLES + RECENT_ARTICLES))
    days: deque[str] = field(default_factory=lambda: deque(maxlen=MAX_DAYS))


class JournalConditions:
    """Drift and silence of publishers, as `ingest report` flags them, and the share of refusals over the last hour."""

    def __init__(self, journal: Journal, refused_share: float) -> None:
        self._reader = JournalReader(journal)
        self._refused_share = refused_share
        self._publishers: OrderedDict[str, _Publisher] = OrderedDict()
        self._minutes: dict[str, tuple[int, int]] = {}
        """Files, and refused ones among them, by minute."""
        self._changed: set[str] = set()
        """Publishers with articles since the last evaluation."""
        self._day = ""

    def read_on(self) -> None:
        """Read one slice more of the journal. Raises OSError."""
        for line in self._reader.read_slice(SLICE_BYTES):
            try:
                self._add(line, line["time"], line["outcome"])
            except (KeyError, TypeError, AttributeError):  # not ours
                continue

    def evaluate(self, now: datetime, raised: Iterable[tuple[str, str]] = ()) -> Conditions:
        """What is so; nothing while there is more of the journal to read. `raised`: kinds and subjects that were so before; of publishers
        that the journal no longer knows they end.
        """
        self.read_on()
        if self._reader.behind:
            return {}
        gone = {(kind, name): None for kind, name in raised if name and name not in self._publishers}
        return gone | self._refusals(now) | dict(self._of_publishers(now))

    def _add(self, line: Mapping[str, Any], time: str, outcome: str) -> None:
        if outcome in {"stored", "duplicate", "refused"}:
            files, refused = self._minutes.get(time[:16], (0, 0))
            self._minutes[time[:16]] = (files + 1, refused + (outcome == "refused"))
            if len(self._minutes) > 2 * REFUSAL_MINUTES:
                self._minutes = dict(sorted(self._minutes.items())[-REFUSAL_MINUTES:])
        words, name = (line.get("words") or 0) + (line.get("words_removed") or 0), line.get("publisher")
        if outcome != "stored" or not name or not words:
            return
        publisher = self._publishers.setdefault(name, _Publisher())
        self._publishers.move_to_end(name)
        self._changed.add(name)
        publisher.shares.append((line.get("words_removed") or 0) / words)
        if not publisher.days or time[:10] > publisher.days[-1]:
            publisher.days.append(time[:10])
        if len(self._publishers) > MAX_PUBLISHERS:
            self._publishers.popitem(last=False)

    def _of_publishers(self, now: datetime) -> Iterator[tuple[tuple[str, str], str | None]]:
        """Of publishers with new articles, and after midnight of all."""
        today = f"{now.astimezone(UTC):%Y-%m-%d}"
        for name in list(self._publishers) if today != self._day else self._changed & self._publishers.keys():
            publisher, message = self._publishers[name], None
            if found := drift(list(publisher.shares)):
                before, lately = found
                message = (
                    f"{name} now loses {lately:.0%} of its words, {before:.0%} before: its template may have changed"
                )
            yield ("drift", name), message
            days = silence(list(publisher.days), today)
            yield ("silence", name), f"{name} has sent nothing for {days} days" if days else None
        self._day, self._changed = today, set()

    def _refusals(self, now: datetime) -> Conditions:
        since = f"{now.astimezone(UTC) - timedelta(minutes=REFUSAL_MINUTES):%Y-%m-%dT%H:%M}"
        recent = [counts for minute, counts in self._minutes.items() if minute > since]
        files, refused = sum(count for count, _ in recent), sum(count for _, count in recent)
        if files < MIN_FILES:
            return {}
        share = refused / files
        message = f"{refused:,} of the last hour's {files:,} files were refused ({share:.0%}); see `ingest failed list`"
        return {("refusals", ""): message if share > self._refused_share else None}
