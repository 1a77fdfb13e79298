"""A snapshot of the spool, read at most once a second and for at most a twentieth of the time."""

from __future__ import annotations

import contextlib
import os
import re
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ingest.service.alert_state import read_alerts
from ingest.service.composition import Service
from ingest.service.memory_snapshot import MemorySnapshot
from ingest.service.pack_snapshot import PackSnapshot
from ingest.service.sinks.status import sink_statuses
from ingest.service.spool import Spool, filenames, settled
from ingest.service.spool.heartbeat import HeartbeatStatus, heartbeats
from ingest.service.status import blockers, claimed_and_age, has_spool, no_spool_message, stalled
from ingest.service.status_parts import free_disk, live_parts, redis_status

if TYPE_CHECKING:
    pass

MIN_REFRESH_SECONDS = 1.0
MAX_BUSY_FRACTION = 20
"""After a reading that took a tenth of a second the next one comes two seconds later: 100,000 files in the inbox cost half a second."""
MTIME_RESOLUTION_SECONDS = 2.0
"""Seconds for which a folder's mtime is not yet reliable: two changes may fall into one tick of the clock."""


@dataclass(frozen=True, slots=True)
class Quarantined:
    """One source in quarantine: its path in the spool and what its reason.json says."""

    path: str
    why: dict[str, Any]


@dataclass(slots=True)
class QuarantineIndex:
    """The sources in quarantine by token; a folder is listed again when it has changed."""

    spool: Spool
    sources: dict[str, Quarantined] = field(default_factory=dict)
    _shards: dict[str, tuple[float, dict[str, Quarantined]]] = field(default_factory=dict)

    def refresh(self) -> None:
        """Bring `sources` up to date."""
        shards = {}
        for shard in settled.shards(self.spool, "quarantine"):
            with contextlib.suppress(FileNotFoundError):
                changed = os.stat(self.spool.at(shard), follow_symlinks=False).st_mtime
                known, inside = self._shards.get(shard, (0.0, {}))
                if known != changed:
                    inside = dict(self._inside(shard, inside))
                restless = time.time() - changed < MTIME_RESOLUTION_SECONDS
                shards[shard] = (0.0 if restless else changed, inside)
        self._shards = shards
        self.sources = {token: source for _, inside in shards.values() for token, source in inside.items()}

    def _inside(self, shard: str, before: dict[str, Quarantined]) -> Iterator[tuple[str, Quarantined]]:
        with contextlib.suppress(NotADirectoryError):
            for name in self.spool.listed(shard):
                if filenames.is_source(name):
                    path, token = f"{shard}/{name}", filenames.token_of(name)
                    yield token, before.get(token) or Quarantined(path, self.spool.reason(path))


class SpoolSnapshot:
    """The current facts, in `facts`."""

    def __init__(self, service: Service) -> None:
        self.service = service
        self.settings = service.settings
        self.spool = service.spool
        self.quarantine = QuarantineIndex(self.spool)
        self.facts: dict[str, Any] = {}
        self._due = 0.0

    @property
    def stale(self) -> bool:
        """Whether it is time to read again."""
        return time.monotonic() >= self._due

    def invalidate(self) -> None:
        """Something was changed: the next request reads again."""
        self._due = 0.0

    def refresh(self) -> None:
        """Read again."""
        began = time.monotonic()
        self.facts = self._read()
        self._due = time.monotonic() + max(MIN_REFRESH_SECONDS, MAX_BUSY_FRACTION * (time.monotonic() - began))

    def _read(self) -> dict[str, Any]:
        if not has_spool(self.settings):
            return {"why": [no_spool_message(self.settings)]}
        ignored = filenames.ignore_pattern(self.settings.ignore)
        waiting, since = _waiting(self.spool.at("inbox"), ignored)
        claimed, oldest_claimed = claimed_and_age(self.spool)
        self.quarantine.refresh()
        found: list[HeartbeatStatus] = list(heartbeats(self.spool.root))
        seen: dict[str, Any] = {
            "inbox": waiting,
            "oldest_inbox_seconds": max(0, round(time.time() - since)) if waiting else 0,
            "claimed": claimed,
            "oldest_claimed_seconds": oldest_claimed if claimed else 0,
            "quarantined": dict(
                Counter(each.why.get("reason", "unknown") for each in self.quarantine.sources.values())
            ),
            **live_parts(found),
            "stalled_seconds": stalled(self.service, found, claimed, oldest_claimed),
            "heartbeats": [heartbeat for heartbeat in found if heartbeat.alive],
            "free_disk": free_disk(self.settings),
            "sinks": sink_statuses(self.service),
            "packs": PackSnapshot(self.spool.root).state(),
            "alerts": read_alerts(self.spool.root),
            "memory": None if self.settings.memory == "off" else MemorySnapshot(self.spool.root).state(),
        }
        why: list[str] = []
        if self.settings.broker:
            seen["redis"], why = redis_status(self.service)
        return seen | {"why": why + blockers(seen)}


def _waiting(inbox: str, ignored: re.Pattern[str]) -> tuple[int, float]:
    """How many files lie in the inbox, and since when the oldest of them does, in seconds of the epoch."""
    count, oldest, folders = 0, time.time(), [inbox]
    while folders:
        with contextlib.suppress(FileNotFoundError, PermissionError), os.scandir(folders.pop()) as entries:
            for entry in entries:
                if ignored.match(entry.name):
                    continue
                if entry.is_dir(follow_symlinks=False):
                    folders.append(entry.path)
                elif not entry.name.endswith(filenames.SIDECAR):
                    with contextlib.suppress(FileNotFoundError):
                        oldest = min(oldest, entry.stat(follow_symlinks=False).st_ctime)
                        count += 1
    return count, oldest
