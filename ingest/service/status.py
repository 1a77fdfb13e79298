"""The state of the service, seen from outside: what waits, who works, and why nothing moves when nothing moves."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from itertools import islice
from typing import Any

from ingest.service.alert_state import read_alerts
from ingest.service.composition import Service, open_service
from ingest.service.formats import (
    ContainerStatus,
    NoSpoolStatus,
    ServiceStatus,
)
from ingest.service.health import low_disk, spool_problem
from ingest.service.memory_snapshot import MemorySnapshot
from ingest.service.object_status import read_object_status
from ingest.service.pack_snapshot import PackSnapshot
from ingest.service.settings import Settings
from ingest.service.sinks.status import sink_problems, sink_statuses
from ingest.service.spool import FOLDERS, Spool, containers, filenames
from ingest.service.spool.clock import MAX_CLOCK_SKEW_SECONDS, age_key
from ingest.service.spool.heartbeat import HeartbeatStatus, heartbeats
from ingest.service.spool.inbox import Inbox
from ingest.service.status_parts import (
    MAX_STALL_SECONDS,
    count_reasons,
    free_disk,
    last_refused,
    live_parts,
    rate_per_minute,
    redis_status,
)
from ingest.service.workers.process import MAX_PENDING

MAX_REASONS = 10_000
"""Sources in quarantine whose reasons are read, the newest: 45 µs each. The others count as "older"."""
MAX_CONTAINERS = 20
"""Containers that are listed."""


def read_status(settings: Settings) -> ServiceStatus | NoSpoolStatus:
    """The state of the service, seen from outside. Lists every source that is kept."""
    service = open_service(settings)
    if settings.in_object_store:
        return read_object_status(service)
    spool = service.spool
    if not has_spool(settings):
        return {"why": [no_spool_message(settings)]}
    waiting = sum(
        1
        for _ in Inbox(
            spool.at("inbox"), filenames.ignore_pattern(settings.ignore), settle_seconds=0, polled=False
        ).scan()
    )
    claimed, oldest = claimed_and_age(spool)
    tail = service.journal.tail(1 << 20)
    found = list(heartbeats(spool.root))
    parts = live_parts(found)
    seen: ServiceStatus = {
        "inbox": waiting,
        "claimed": claimed,
        "oldest_claimed_seconds": oldest,
        "containers": list(islice(_containers(spool), MAX_CONTAINERS)),
        "done": sum(1 for _ in spool.settled("done")),
        "quarantined": count_reasons(spool, spool.settled("quarantine"), MAX_REASONS),
        "rate_per_minute": rate_per_minute(tail),
        "last_refused": last_refused(tail),
        "keeper": parts["keeper"],
        "standing_by": parts["standing_by"],
        "workers": parts["workers"],
        "children": parts["children"],
        "stalled_seconds": stalled(service, found, claimed, oldest),
        "free_disk_mib": {folder: free >> 20 for folder, free in free_disk(settings).items()},
        "broker": settings.broker_shown,
        "sinks": sink_statuses(service),
        "packs": PackSnapshot(spool.root).state(),
        "alerts": read_alerts(spool.root),
        "memory": None if settings.memory == "off" else MemorySnapshot(spool.root).state(),
        "why": [],
    }
    if settings.broker:
        seen["redis"], why = redis_status(service)
        seen["why"] += why
    if wrong := spool_problem(service) or low_disk(settings):
        seen["why"].append(wrong)
    seen["why"] += blockers(seen)
    return seen


def _containers(spool: Spool) -> Iterator[ContainerStatus]:
    for path in containers.claimed_containers(spool.listed("claimed")):
        if progress := containers.progress_of(spool, path):
            yield {
                "name": progress.name,
                "format": progress.format,
                "members": progress.members,
                "read_share": round(progress.read / progress.size, 3) if progress.size else 0.0,
            }


def has_spool(settings: Settings) -> bool:
    """Whether there is a spool, with all its folders; of an object store nothing is asked."""
    return settings.in_object_store or all((settings.root / folder).is_dir() for folder in FOLDERS)


def no_spool_message(settings: Settings) -> str:
    """The message where there is no spool."""
    return f"there is no spool at {settings.root}; `ingest up` makes one"


def claimed_and_age(spool: Spool) -> tuple[int, int]:
    """How many sources are claimed, and how many seconds ago the oldest of them was: below 0, if the clock was set back since.

    Without containers: one may take hours, and what it holds is claimed beside it.
    """
    since = []
    with os.scandir(spool.at("claimed")) as listed:
        entries = list(listed)
        apart = {filenames.token_of(entry.name) for entry in entries if entry.name.endswith(filenames.CONTAINER)}
        for entry in entries:
            if filenames.is_source(entry.name) and filenames.token_of(entry.name) not in apart:
                try:
                    since.append(entry.stat(follow_symlinks=False).st_ctime)
                except FileNotFoundError:  # settled meanwhile
                    continue
    return len(since), round(time.time() - min(since, key=age_key(), default=time.time()))


def stalled(
    service: Service, found: Sequence[HeartbeatStatus], claimed: int, oldest: int, *, host: str | None = None
) -> int:
    """Seconds for which nothing has been settled although sources are claimed and a worker is alive; 0 while things move.

    `claimed`, `oldest`: as `claimed_and_age` gives them. `host`: of the workers of one host, if more waits than the others work on.
    """
    alive = [heartbeat for heartbeat in found if heartbeat.alive]
    workers = [heartbeat for heartbeat in alive if heartbeat.notes.get("role") in {"up", "worker"}]
    since = [heartbeat.notes.get("since", 0.0) for heartbeat in workers if host in {None, heartbeat.notes.get("host")}]
    in_hand = MAX_PENDING * sum(
        heartbeat.notes.get("role") == "child" and bool(heartbeat.notes.get("path")) for heartbeat in alive
    )
    if not since or claimed <= (0 if host is None else in_hand):
        return 0
    journal = service.journal
    if host is None:
        last = journal.last_written() or 0.0
    else:
        own = (line["time"] for line in reversed(journal.tail(1 << 20)) if line.get("worker") == host)
        last = next((datetime.fromisoformat(at).timestamp() for at in own), 0.0)
    idle = round(time.time() - max(last, min(since), time.time() - oldest))
    return idle if idle > max(MAX_STALL_SECONDS, 2 * service.settings.time_limit) else 0


def stall_message(seconds: int, claimed: int) -> str:
    """The message about a stall."""
    return f"nothing was settled for {seconds} s, though {claimed} sources are claimed and a worker is alive; see its log, or restart it"


def blockers(seen: Mapping[str, Any]) -> list[str]:
    """Why sources do not move, and what to do."""
    why, keeper = [], seen["keeper"]
    if keeper is None and (seen["inbox"] or seen["claimed"] or seen.get("containers")):
        why.append("no watcher is running: start `ingest up`, or `ingest watch` and `ingest worker`")
    elif keeper and keeper.get("held"):
        why.append(f"intake is held back: {keeper['held']}")
    if keeper and keeper.get("stuck"):
        why.append(keeper["stuck"])
    if (behind := -seen["oldest_claimed_seconds"]) > MAX_CLOCK_SKEW_SECONDS:
        why.append(
            f"the clock was set back, by {behind} s at least: that loses nothing; the journal's times go back, too"
        )
    if seen["stalled_seconds"]:
        why.append(stall_message(seen["stalled_seconds"], seen["claimed"]))
    if missing := missing_worker(seen):
        why.append(missing)
    why += [f"the changed packs are not used: {problem}" for problem in seen["packs"]["problems"]]
    return why + [line for sink in seen.get("sinks", ()) for line in sink_problems(sink)]


def missing_worker(seen: Mapping[str, Any]) -> str | None:
    """What to do if sources are claimed and no worker is alive; None if there is one. `seen`: as `read_status` gives it."""
    keeper = seen["keeper"]
    if seen["claimed"] and not seen["workers"] and (keeper is None or keeper["role"] == "watch"):
        return "no worker is running: start `ingest worker`"
    return None
