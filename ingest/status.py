"""What can be seen of the service from outside: what waits, who works, and why nothing moves when nothing moves."""

from __future__ import annotations

import os
import shutil
import time
from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from ingest.child import WINDOW
from ingest.crew import hindered
from ingest.intake import scarce
from ingest.journal import Journal
from ingest.settings import Settings
from ingest.spool import FOLDERS, Spool, names
from ingest.spool.clock import FUTURE, order
from ingest.spool.desk import Seen, desks
from ingest.spool.inbox import Inbox

if TYPE_CHECKING:
    from ingest.broker import Broker

SOON = 30.0  # seconds without a beat after which a part of the service counts as gone
MAX_STALL_SECONDS = 60.0
"""Sources wait, somebody is there who should work on them, and so long nothing was settled: the service has stalled."""


def look(settings: Settings) -> dict[str, Any]:
    """All that can be seen from here; looks at every source that is kept."""
    spool = Spool(settings.spool)
    if not has_spool(settings):
        return {"why": [no_spool(settings)]}
    waiting = sum(1 for _ in Inbox(spool.at("inbox"), names.ignoring(settings.ignore), settle=0, polled=False).scan())
    claimed, oldest = crowd(spool)
    quarantined = list(spool.settled("quarantine"))
    told = Journal(spool.root).tail(1 << 20)
    recent = [line for line in told if _age(line["time"]) < 60]
    refused = [line for line in told if line["outcome"] == "refused"]
    seen: dict[str, Any] = {
        "inbox": waiting,
        "claimed": claimed,
        "oldest_claimed_seconds": oldest,
        "done": sum(1 for _ in spool.settled("done")),
        "quarantined": dict(Counter(spool.reason(path).get("reason", "unknown") for path in quarantined)),
        "rate_per_minute": len(recent),
        "last_refused": {key: refused[-1].get(key) for key in ("time", "name", "reason")} if refused else None,
        **living(found := list(desks(spool.root))),
        "stalled_seconds": stalled(settings, found, claimed, oldest),
        "free_disk_mib": {folder: free >> 20 for folder, free in free_disk(settings).items()},
        "broker": settings.broker_shown,
    }
    why = ask_redis(settings, seen) if settings.broker else []
    if wrong := hindered(settings) or scarce(settings):
        why.append(wrong)
    return seen | {"why": why + stuck(seen)}


def has_spool(settings: Settings) -> bool:
    """Whether there is one, with all its folders."""
    return all((settings.spool / folder).is_dir() for folder in FOLDERS)


def no_spool(settings: Settings) -> str:
    """What to say where there is none."""
    return f"there is no spool at {settings.spool}; `ingest up` makes one"


def crowd(spool: Spool) -> tuple[int, int]:
    """How many sources are claimed, and how many seconds ago the oldest of them was: below 0, if the clock was set back since."""
    since = []
    with os.scandir(spool.at("claimed")) as entries:
        for entry in entries:
            if names.is_source(entry.name):
                try:
                    since.append(entry.stat(follow_symlinks=False).st_ctime)
                except FileNotFoundError:  # settled meanwhile
                    continue
    return len(since), round(time.time() - min(since, key=order(), default=time.time()))


def living(found: Any) -> dict[str, Any]:
    """Of desks: the keeper that was heard of lately, the hosts of such workers, and how many children there are."""
    alive: list[Seen] = [desk for desk in found if desk.alive]
    keepers = [d for d in alive if d.notes.get("role") in {"up", "watch"} and d.age < SOON]
    keeper = min(keepers, key=lambda d: bool(d.notes.get("standing_by")), default=None)
    return {
        "keeper": keeper.notes | {"beat_seconds": round(keeper.age)} if keeper else None,
        "standing_by": sum(bool(d.notes.get("standing_by")) for d in keepers),
        "workers": [d.notes.get("host") for d in alive if d.notes.get("role") == "worker" and d.age < SOON],
        "children": sum(d.notes.get("role") == "child" for d in alive),
    }


def stalled(settings: Settings, found: Sequence[Seen], claimed: int, oldest: int, *, host: str | None = None) -> int:
    """Seconds for which nothing has been settled although sources are claimed and a worker is alive; 0 while things move.

    `claimed`, `oldest`: as `crowd` tells them. `host`: ask it of the workers of one host, if more waits than others have in hand.
    """
    alive = [desk for desk in found if desk.alive]
    workers = [desk for desk in alive if desk.notes.get("role") in {"up", "worker"}]
    since = [desk.notes.get("since", 0.0) for desk in workers if host in {None, desk.notes.get("host")}]
    in_hand = WINDOW * sum(desk.notes.get("role") == "child" and bool(desk.notes.get("path")) for desk in alive)
    if not since or claimed <= (0 if host is None else in_hand):
        return 0
    journal = Journal(str(settings.spool))
    if host is None:
        last = journal.last_written() or 0.0
    else:
        own = (line["time"] for line in reversed(journal.tail(1 << 20)) if line.get("worker") == host)
        last = next((datetime.fromisoformat(at).timestamp() for at in own), 0.0)
    idle = round(time.time() - max(last, min(since), time.time() - oldest))
    return idle if idle > max(MAX_STALL_SECONDS, 2 * settings.time_limit) else 0


def stall_told(seconds: int, claimed: int) -> str:
    """What to say of it."""
    return f"nothing was settled for {seconds} s, though {claimed} sources are claimed and a worker is alive; see its log, or restart it"


def free_disk(settings: Settings) -> dict[str, int]:
    """Bytes that are free where sources and records go."""
    return {str(at): shutil.disk_usage(at).free for at in (settings.spool, settings.out) if at.exists()}


def stuck(seen: dict[str, Any]) -> list[str]:
    """Why what waits does not move, and what to start."""
    why, keeper = [], seen["keeper"]
    if keeper is None and (seen["inbox"] or seen["claimed"]):
        why.append("nobody keeps this spool: start `ingest up`, or `ingest watch` and `ingest worker`")
    elif keeper and keeper.get("held"):
        why.append(f"intake is held back: {keeper['held']}")
    if keeper and keeper.get("stuck"):
        why.append(keeper["stuck"])
    if (behind := -seen["oldest_claimed_seconds"]) > FUTURE:
        why.append(
            f"the clock was set back, by {behind} s at least: that loses nothing; the journal's times go back, too"
        )
    if seen["stalled_seconds"]:
        why.append(stall_told(seen["stalled_seconds"], seen["claimed"]))
    if seen["claimed"] and not seen["workers"] and (keeper is None or keeper["role"] == "watch"):
        why.append("no worker has been heard of: start `ingest worker`")
    return why


def ask_redis(settings: Settings, seen: dict[str, Any], broker: Broker | None = None) -> list[str]:
    """Note under "redis" what Redis says of itself, None if it is away; gives what is wrong with it.

    `broker`: one to ask again and again; without it one is made.
    """
    from ingest.broker import AWAY, Broker, told  # noqa: PLC0415 - celery, for those who have a broker

    seen["redis"] = None
    try:
        facts = seen["redis"] = (broker or Broker(settings)).facts()
    except AWAY as error:
        return [told(settings, error)]
    why = []
    if facts["eviction"] != "noeviction":
        why.append(
            f"Redis may drop tickets: its maxmemory-policy is {facts['eviction']}; run: CONFIG SET maxmemory-policy noeviction"
        )
    if not facts["append_only"]:
        why.append("Redis forgets its queue at a restart (appendonly is off): the keeper queues again, a little later")
    if facts["memory_limit_mib"] and facts["memory_mib"] > 0.7 * facts["memory_limit_mib"]:
        why.append(f"Redis is nearly full: {facts['memory_mib']} of {facts['memory_limit_mib']} MiB")
    return why


def _age(written: str) -> float:
    return time.time() - datetime.fromisoformat(written).timestamp()
