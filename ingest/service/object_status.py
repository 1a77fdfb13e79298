"""The state of a service whose spool is in an object store: what waits there, and who works on this machine."""

from __future__ import annotations

import time
from itertools import islice
from typing import Any

from ingest.errors import TransientError
from ingest.service.alert_state import read_alerts
from ingest.service.composition import Service
from ingest.service.formats import NoSpoolStatus, ServiceStatus
from ingest.service.health import low_disk
from ingest.service.pack_snapshot import PackSnapshot
from ingest.service.spool import filenames
from ingest.service.spool.heartbeat import heartbeats
from ingest.service.spool.object_inbox import ObjectInbox
from ingest.service.status_parts import (
    MAX_STALL_SECONDS,
    count_reasons,
    free_disk,
    last_refused,
    live_parts,
    rate_per_minute,
    redis_status,
)

MAX_COUNTED = 100_000
"""Sources of the inbox, and of `done`, that are counted, a thousand a request; there may be more."""
MAX_REASONS = 200
"""Reasons in quarantine that are looked at, the newest, one request each; the others count as "older"."""


def read_object_status(service: Service) -> ServiceStatus | NoSpoolStatus:
    """The state, as far as it can be seen from this machine: the heartbeats are those of this machine alone."""
    try:
        return _read(service)
    except TransientError as error:
        return {"why": [str(error)]}


def _read(service: Service) -> ServiceStatus:
    settings, spool = service.settings, service.object_spool
    claims = {entry.key: entry.modified for entry in spool.claims()}
    inbox = _waiting(ObjectInbox(spool.bucket, filenames.ignore_pattern(settings.ignore)), set(claims))
    now = spool.bucket.server_time()
    late = sum(at < now - 2 * settings.lease_seconds for at in claims.values())
    tail = service.any_journal.tail(1 << 20)
    recent = rate_per_minute(tail)
    parts = live_parts(heartbeats(spool.root))
    keeper = parts["keeper"]
    stalled = stalled_seconds(dict(keeper or {}), settings.time_limit)
    seen: ServiceStatus = {
        "inbox": inbox,
        "claimed": len(claims),
        "oldest_claimed_seconds": round(max((now - filenames.claimed_ns(path) / 1e9 for path in claims), default=0.0)),
        "containers": [],
        "done": sum(1 for _ in islice(spool.settled("done"), MAX_COUNTED)),
        "quarantined": count_reasons(spool, islice(spool.settled("quarantine"), MAX_COUNTED), MAX_REASONS),
        "rate_per_minute": recent,
        "last_refused": last_refused(tail),
        "keeper": keeper,
        "standing_by": parts["standing_by"],
        "workers": parts["workers"],
        "children": parts["children"],
        "stalled_seconds": stalled,
        "free_disk_mib": {folder: free >> 20 for folder, free in free_disk(settings).items()},
        "broker": settings.broker_shown,
        "sinks": [],
        "packs": PackSnapshot(spool.root).state(),
        "alerts": read_alerts(spool.root),
        "memory": None,
        "why": [],
    }
    if settings.broker:
        seen["redis"], why = redis_status(service)
        seen["why"] += why
    if wrong := low_disk(settings):
        seen["why"].append(wrong)
    if keeper and (held := keeper.get("held")):
        seen["why"].append(f"intake is held back: {held}")
    if stalled:
        seen["why"].append(
            f"nothing was settled here for {stalled} s, though sources are in hand; see the log, or restart"
        )
    if late or (inbox and not recent and keeper is None):
        command = "`ingest watch` and `ingest worker`" if settings.broker else "`ingest up`"
        seen["why"].append(f"nobody seems to work, here or elsewhere: start {command}")
    seen["why"] += [f"the changed packs are not used: {problem}" for problem in seen["packs"]["problems"]]
    return seen


def stalled_seconds(notes: dict[str, Any], time_limit: float) -> int:
    """Seconds for which a process has had sources in hand and settled none; 0 while things move, and while intake is held back."""
    idle = notes.get("moved_seconds", 0)
    moves = not notes.get("in_hand") or notes.get("held") or not isinstance(idle, int)
    return 0 if moves or idle <= max(MAX_STALL_SECONDS, 2 * time_limit) else idle


def _waiting(inbox: ObjectInbox, claimed: set[str]) -> int:
    """Sources of the inbox that are not claimed."""
    count, after, until = 0, "", time.monotonic() + 60
    while True:
        page, following = inbox.page(after)
        count += sum(not isinstance(item, str) and item.path not in claimed for item in page)
        if following is None or count >= MAX_COUNTED or time.monotonic() > until:
            return count
        after = following
