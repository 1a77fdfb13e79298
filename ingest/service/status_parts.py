"""Parts of the state of a service that are the same wherever its spool is."""

from __future__ import annotations

import shutil
from collections.abc import Iterable
from pathlib import Path
from typing import cast

from ingest.service.composition import Service
from ingest.service.formats import KeeperStatus, LiveParts, RedisStatistics
from ingest.service.settings import Settings
from ingest.service.spool.heartbeat import HeartbeatStatus

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
