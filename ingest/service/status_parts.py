"""Parts of the state of a service that are the same wherever its spool is."""

from __future__ import annotations

import shutil
from collections import Counter, deque
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import cast

from ingest.service.composition import Service
from ingest.service.formats import JournalEntry, KeeperStatus, LastRefused, LiveParts, RedisStatistics
from ingest.service.journal import seconds_since
from ingest.service.settings import Settings
from ingest.service.spool.heartbeat import HeartbeatStatus
from ingest.service.spool.interface import AnySpool

STALE_SECONDS = 30.0  # seconds without a beat after which a part of the service counts as gone
MAX_STALL_SECONDS = 60.0
"""Sources wait, a worker is alive, and nothing was settled for so long: the service has stalled."""


def live_parts(found: Iterable[HeartbeatStatus]) -> LiveParts:
    """The watcher, the hosts of Celery workers with a heartbeat of the last 30 seconds, and the number of worker processes."""
    alive = [heartbeat for heartbeat in found if heartbeat.alive]
    keepers = [d for d in alive if d.notes.get("role") in {"up", "watch"} and d.age < STALE_SECONDS]
    keeper = min(keepers, key=lambda d: bool(d.notes.get("standing_by")), default=None)
    return {
        "keeper": cast(KeeperStatus, keeper.notes | {"beat_seconds": round(keeper.age)}) if keeper else None,
        "standing_by": sum(bool(d.notes.get("standing_by")) for d in keepers),
        "workers": [
            str(d.notes.get("host")) for d in alive if d.notes.get("role") == "worker" and d.age < STALE_SECONDS
        ],
        "children": sum(d.notes.get("role") == "child" for d in alive),
    }


def rate_per_minute(tail: Iterable[JournalEntry]) -> int:
    """How many of the last lines of a journal are of the last minute."""
    return sum(seconds_since(line["time"]) < 60 for line in tail)


def last_refused(tail: Sequence[JournalEntry]) -> LastRefused | None:
    """The source that was refused last, of the last lines of a journal."""
    line = next((line for line in reversed(tail) if line["outcome"] == "refused"), None)
    return cast(LastRefused, {key: line.get(key) for key in ("time", "name", "reason")}) if line else None


def count_reasons(spool: AnySpool, quarantined: Iterable[str], most: int) -> dict[str, int]:
    """How many sources are in quarantine, by reason. `quarantined`: the oldest first; `most`: whose reasons are read, the newest, the
    others count as "older".
    """
    older, newest = 0, deque[str](maxlen=most)
    for path in quarantined:
        older += len(newest) == most
        newest.append(path)
    found = Counter(str(spool.reason(path).get("reason", "unknown")) for path in newest)
    return dict(found) | ({"older": older} if older else {})


def free_disk(settings: Settings) -> dict[str, int]:
    """Bytes that are free where sources and records go."""
    folders = [at for at in (settings.root, settings.out) if isinstance(at, Path) and at.exists()]
    return {str(at): shutil.disk_usage(at).free for at in folders}


def redis_status(service: Service) -> tuple[RedisStatistics | None, list[str]]:
    """The statistics of Redis, None if it cannot be reached; and what is wrong with it."""
    from ingest.service.broker import BROKER_ERRORS, describe_error  # noqa: PLC0415 - celery, for those who have a broker

    try:
        facts = service.broker.statistics()
    except BROKER_ERRORS as error:
        return None, [describe_error(service.settings, error)]
    why = []
    if facts["eviction"] != "noeviction":
        why.append(
            f"Redis may drop tickets: its maxmemory-policy is {facts['eviction']}; run: CONFIG SET maxmemory-policy noeviction"
        )
    if not facts["append_only"]:
        why.append("Redis forgets its queue at a restart (appendonly is off): the watcher queues again, a little later")
    if facts["memory_limit_mib"] and facts["memory_mib"] > 0.7 * facts["memory_limit_mib"]:
        why.append(f"Redis is nearly full: {facts['memory_mib']} of {facts['memory_limit_mib']} MiB")
    return facts, why
