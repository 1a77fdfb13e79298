"""The journal of an object spool: `journal/<day>/<token>.jsonl`, each with the lines of some sources, never changed. Those of days that are
over are joined.

A source is settled by one conditional write of its claim, which has its line in it (object_spool.py). Whoever finishes it copies the line
to a file of the journal before the claim is deleted; after a kill somebody else does, and then two files have the line. A reader gives each
token's line once, so a source has one line, whatever happened.
"""

from __future__ import annotations

import json
import time
from collections import deque
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import AbstractContextManager, nullcontext
from datetime import UTC, datetime
from itertools import islice
from typing import TypeVar

from ingest.service.formats import JournalEntry
from ingest.service.journal import parse_line
from ingest.service.objects.bucket import Bucket, Entry
from ingest.service.spool import filenames

FOLDER = "journal/"
LATE_SECONDS = 600.0
"""A file may appear so long after the time in its name: its writer was held up, or its clock estimate was off."""
MAX_TAIL_FILES = 50
FOLLOW_SECONDS = 2.0
JOINED_BYTES = 4 << 20
"""Files of days that are over are joined until they are so large: some 7,000 lines."""
JOINED_DAYS = 10  # that are looked at: older ones have been joined
FOLLOWED_TOKENS = 100_000
"""Lines whose second copy is left out by who follows: a copy comes within the time of a lease."""
_Item = TypeVar("_Item")


class ObjectJournal:
    """Reads and writes the journal of a bucket. Everything raises `TransientError`."""

    def __init__(self, bucket: Bucket) -> None:
        self._bucket = bucket

    def new_key(self) -> str:
        """A key for new lines, by the store's clock."""
        return f"{_first_key(self._bucket.server_time())}{filenames.new_token()[16:]}.jsonl"

    def write(self, key: str, lines: Iterable[JournalEntry]) -> None:
        """Write lines, whole or not at all. Writing the same again changes nothing."""
        self._bucket.put(key, b"".join(json.dumps(line).encode() + b"\n" for line in lines))

    def append(self, line: JournalEntry) -> None:
        """Write one line."""
        self.write(self.new_key(), [line])

    def lines(self, *, since: float | None = None) -> Iterator[JournalEntry]:
        """All lines, the oldest files first; those of files last written before `since` (seconds) are left out."""
        return self._once(self._files(since), {})

    def tail(self, limit: int) -> list[JournalEntry]:
        """The lines of the last files, about `limit` bytes at most."""
        kept = list[Entry]()
        for entry in reversed(self._last_files()):
            if (limit := limit - entry.size) < 0 or len(kept) == MAX_TAIL_FILES:
                break
            kept.append(entry)
        return list(self._once(reversed(kept), {}))

    def last_written(self) -> float | None:
        """When the last line was written, in seconds by the store's clock; None if none ever was."""
        return max((entry.modified for entry in self._last_files()), default=None)

    def _last_files(self) -> list[Entry]:
        """The files of the last minutes or hours, or else those of the last day that has some; the oldest first."""
        now = self._bucket.server_time()
        for seconds in (LATE_SECONDS, 36 * LATE_SECONDS):
            if files := [*self._bucket.list(FOLDER, after=_first_key(now - seconds))]:
                return files
        for day in reversed(self._bucket.folders(FOLDER)):
            if files := [*self._bucket.list(day)]:
                return files
        return []

    def entries_of(self, tokens: Collection[str]) -> dict[str, JournalEntry]:
        """The lines of these sources, by token, of those that have one."""
        wanted, found = set(tokens), dict[str, JournalEntry]()
        if wanted:
            since = min(int(token[:16], 16) for token in wanted) / 1e9 - LATE_SECONDS
            for line in self.lines(since=since):
                if line.get("token") in wanted:
                    found[line["token"]] = line
                    if len(found) == len(wanted):
                        break
        return found

    def has(self, token: str) -> bool:
        """Whether this source has a line."""
        return token in self.entries_of([token])

    def follow(self) -> Iterator[JournalEntry]:
        """Lines as they come, from now on. Never ends."""
        seen: dict[str, None] = {}
        read = {entry.key for entry in self._files(self._bucket.server_time() - LATE_SECONDS)}
        while True:
            window = list(self._files(self._bucket.server_time() - LATE_SECONDS))
            yield from self._once((entry for entry in window if entry.key not in read), seen)
            read = {entry.key for entry in window}
            for token in list(islice(seen, max(0, len(seen) - FOLLOWED_TOKENS))):
                del seen[token]
            time.sleep(FOLLOW_SECONDS)

    def _files(self, since: float | None) -> Iterator[Entry]:
        if since is None:
            yield from self._bucket.list(FOLDER)
            return
        files = self._bucket.list(FOLDER, after=_first_key(since - LATE_SECONDS))
        yield from (entry for entry in files if entry.modified >= since)

    def _once(self, files: Iterable[Entry], seen: dict[str, None]) -> Iterator[JournalEntry]:
        read: set[str] = set()
        waiting = deque[Iterator[Entry]]([iter(files)])
        while waiting:
            for entry in waiting.popleft():
                if entry.key in read:
                    continue
                read.add(entry.key)
                try:
                    content = self._bucket.get(entry.key).content
                except FileNotFoundError:  # it was joined to another meanwhile
                    waiting.append(self._bucket.list(entry.key[: len(FOLDER) + 11]))
                    continue
                for line in filter(None, map(parse_line, content.splitlines())):
                    if (token := line.get("token", "")) not in seen:
                        seen[token] = None
                        yield line

    def join(self, working: Callable[[], AbstractContextManager[None]] = nullcontext) -> None:
        """Join the small files of days that are over; within `working` for each request. What was read is written first, to a file of its own, and nothing else is deleted: any
        number may do this at once, and be killed.
        """
        today = _first_key(self._bucket.server_time() - LATE_SECONDS)
        for day in [day for day in self._bucket.folders(FOLDER) if day < today[: len(day)]][-JOINED_DAYS:]:
            taken, size = list[Entry](), 0
            for entry in each_within(self._bucket.list(day), working):
                if entry.size < JOINED_BYTES:
                    taken.append(entry)
                    size += entry.size
                if size >= JOINED_BYTES:
                    self._join(taken, working)
                    taken, size = [], 0
            self._join(taken, working)

    def _join(self, files: list[Entry], working: Callable[[], AbstractContextManager[None]]) -> None:
        if len(files) < 2:
            return
        # Named after the last of them: a file has no line that is younger than its name.
        key = f"{files[-1].key.removesuffix('.jsonl')}-{filenames.new_token()[17:]}.jsonl"
        lines: dict[str, JournalEntry] = {}
        for entry in files:
            try:
                with working():
                    content = self._bucket.get(entry.key).content
            except FileNotFoundError:  # another process joins them
                return
            lines |= {line["token"]: line for line in filter(None, map(parse_line, content.splitlines()))}
        with working():
            self.write(key, lines.values())
        for entry in files:
            with working():
                self._bucket.delete(entry.key)


def each_within(items: Iterator[_Item], working: Callable[[], AbstractContextManager[None]]) -> Iterator[_Item]:
    """The same items, each asked for within `working`."""
    while True:
        with working():
            item = next(items, None)
        if item is None:
            return
        yield item


def _first_key(at: float) -> str:
    """What sorts before the keys that were chosen from this time on, in seconds since 1970."""
    at = max(0.0, at)
    return f"{FOLDER}{datetime.fromtimestamp(at, UTC):%Y-%m-%d}/{int(at * 1e9):016x}"
