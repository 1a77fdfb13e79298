"""An incremental index of the journal: counts since its beginning, and the files that were settled last.

The journal is the one place that all workers of all machines write to, whole lines at a time, so counting its lines is right
however many processes there are and whichever of them die.
"""

from __future__ import annotations

import contextlib
import heapq
import logging
import os
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from ingest.core.text.normalize import match_key
from ingest.service.journal import Journal
from ingest.service.journal_position import START, back, locate
from ingest.service.journal_reader import JournalReader
from ingest.web.dashboard.journal_counts import FILE_NAME, JournalCounts, load_counts
from ingest.web.html.confidence import LeastSure, least_sure

log = logging.getLogger(__name__)

MAX_ROWS = 50_000
"""Files that are listed and searched; of older ones only the counts are kept. About 30 MB."""
SLICE_BYTES = 1 << 20
"""Bytes read at once: 20 ms."""
SAVE_BYTES = 1 << 24
"""Bytes after which the counts are written down: at most so much is read twice after a kill."""
LISTED_BYTES = 32 << 20
"""Bytes in front of what is new that a start reads again for the lists: some 75,000 lines, a second."""
RECENT_FILES = 100
"""Files over which the share removed "lately" is taken."""


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


class JournalIndex:
    """What has been read of the journal so far."""

    def __init__(self, journal: Journal) -> None:
        self._path = os.path.join(journal.folder, FILE_NAME)
        self._reader = JournalReader(journal)
        self.counts = JournalCounts()
        self._counted = START
        """How far the counts go that were written down."""
        self._unsaved = 0
        self._recent: deque[SettledFile] = deque(maxlen=MAX_ROWS)
        self._by_id: dict[str, SettledFile] = {}
        self._begun = False

    @property
    def behind(self) -> bool:
        """There may be more in the journal than was read."""
        return self._reader.behind

    def read_on(self) -> bool:
        """Read one slice more; whether there may be still more. Raises OSError."""
        if not self._begun:
            self._begin()
        was = self._reader.position
        counts = self._counted in {START, was}
        found = self._reader.read_slice(SLICE_BYTES, None if counts else self._counted)
        if self._reader.lost:
            self._begin_anew()
            return True
        for line in found:
            with contextlib.suppress(KeyError, TypeError, ValueError, AttributeError):  # not ours
                self.add(line, counted=not counts)
        if counts and (now := self._reader.position) != was:
            self._counted = START
            self._unsaved += now.offset - (was.offset if was.first == now.first else 0)
            if self._unsaved >= SAVE_BYTES:
                self.save()
        return self.behind

    def add(self, line: Mapping[str, Any], *, counted: bool = False) -> None:
        """Count and list one line; `counted`: it is among those that were written down. Raises what `JournalCounts.add` does."""
        if not counted:
            self.counts.add(line)
        self._list(line, line["outcome"])

    def save(self) -> None:
        """Write the counts down, for the next start; without them it reads the whole journal."""
        if not self._unsaved:
            return
        self._unsaved = 0
        try:
            self.counts.save(self._path, self._reader.position)
        except OSError as error:
            log.debug("the counts of the journal cannot be kept: %s", error)

    def _begin(self) -> None:
        """Take up the counts that were written down, and list what was settled shortly before."""
        self._begun = True
        journal, (counts, position) = self._reader.journal, load_counts(self._path)
        found = locate(journal, position) if position != START else None
        if found and not found[2]:
            self.counts, self._counted = counts, found[1]
            self._reader = JournalReader(journal, back(journal, self._counted, LISTED_BYTES))

    def _begin_anew(self) -> None:
        """The journal no longer has the line up to which it was read: whatever it has now is counted."""
        self._reader.close()
        self._reader = JournalReader(self._reader.journal)
        self.counts, self._counted = JournalCounts(), START
        self._recent.clear()
        self._by_id.clear()

    def _list(self, line: Mapping[str, Any], outcome: str) -> None:
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
