"""`ingest status`: what moves, and why nothing moves when nothing moves."""

from __future__ import annotations

import json
import time
from collections import Counter
from typing import TYPE_CHECKING, Any

import click

from ingest.cli.service import settings_of, with_settings

if TYPE_CHECKING:
    from ingest.settings import Settings

SOON = 30.0  # seconds without a beat after which a part of the service counts as gone


@click.command()
@with_settings
@click.option("--json", "as_json", is_flag=True, help="for machines")
@click.option("--watch", is_flag=True, help="again every two seconds, until Ctrl-C")
def status(as_json: bool, watch: bool, **flags: Any) -> None:  # noqa: FBT001
    """Show what waits, who works, and why nothing moves when nothing moves."""
    settings = settings_of(**flags)
    while True:
        seen = look(settings)
        click.echo(json.dumps(seen, default=str) if as_json else "\n".join(_lines(seen)))
        if not watch:
            return
        time.sleep(2)
        if not as_json:
            click.clear()


def look(settings: Settings) -> dict[str, Any]:
    """All that can be seen from here."""
    import shutil

    from ingest.crew import hindered
    from ingest.journal import Journal
    from ingest.spool import Spool, names
    from ingest.spool.desk import desks
    from ingest.spool.inbox import Inbox

    spool = Spool(settings.spool)
    if not (settings.spool / "inbox").is_dir():
        return {"why": [f"there is no spool at {settings.spool}; `ingest up` makes one"]}
    waiting = [
        found.place
        for found in Inbox(spool.at("inbox"), names.ignoring(settings.ignore), settle=0, polled=False).scan()
    ]
    claimed = [name for name in (settings.spool / "claimed").iterdir() if names.is_source(name.name)]
    quarantined = list(spool.settled("quarantine"))
    alive = [desk for desk in desks(spool.root) if desk.alive]
    keepers = [desk for desk in alive if desk.notes.get("role") in {"up", "watch"} and desk.age < SOON]
    told = Journal(spool.root).tail(1 << 20)
    recent = [line for line in told if _age(line["time"]) < 60]
    refused = [line for line in told if line["outcome"] == "refused"]
    seen: dict[str, Any] = {
        "inbox": len(waiting),
        "claimed": len(claimed),
        "oldest_claimed_seconds": round(time.time() - min((p.lstat().st_ctime for p in claimed), default=time.time())),
        "done": sum(1 for _ in spool.settled("done")),
        "quarantined": dict(Counter(spool.reason(path).get("reason", "unknown") for path in quarantined)),
        "rate_per_minute": len(recent),
        "last_refused": {key: refused[-1].get(key) for key in ("time", "name", "reason")} if refused else None,
        "keeper": keepers[0].notes | {"beat_seconds": round(keepers[0].age)} if keepers else None,
        "workers": [desk.notes.get("host") for desk in alive if desk.notes.get("role") == "worker" and desk.age < SOON],
        "children": sum(desk.notes.get("role") == "child" for desk in alive),
        "free_disk_mib": {
            str(at): shutil.disk_usage(at).free >> 20 for at in (settings.spool, settings.out) if at.exists()
        },
        "broker": settings.broker_shown,
    }
    why: list[str] = []
    if settings.broker:
        seen["redis"] = _redis(settings, why)
    if wrong := hindered(settings):
        why.append(wrong)
    keeper = seen["keeper"]
    if keeper is None and (waiting or claimed):
        why.append("nobody keeps this spool: start `ingest up`, or `ingest watch` and `ingest worker`")
    elif keeper and keeper.get("held"):
        why.append(f"intake is held back: {keeper['held']}")
    if claimed and not seen["workers"] and (keeper is None or keeper["role"] == "watch"):
        why.append("no worker has been heard of: start `ingest worker`")
    return seen | {"why": why}


def _redis(settings: Settings, why: list[str]) -> dict[str, Any] | None:
    from ingest.broker import AWAY, Broker

    try:
        facts = Broker(settings).facts()
    except AWAY as error:
        why.append(f"Redis cannot be used at {settings.broker_shown}: {error}")
        return None
    if facts["eviction"] != "noeviction":
        why.append(
            f"Redis may drop tickets: its maxmemory-policy is {facts['eviction']}; run: CONFIG SET maxmemory-policy noeviction"
        )
    if not facts["append_only"]:
        why.append("Redis forgets its queue at a restart (appendonly is off): the keeper queues again, a little later")
    if facts["memory_limit_mib"] and facts["memory_mib"] > 0.7 * facts["memory_limit_mib"]:
        why.append(f"Redis is nearly full: {facts['memory_mib']} of {facts['memory_limit_mib']} MiB")
    return facts


def _age(written: str) -> float:
    from datetime import datetime

    return time.time() - datetime.fromisoformat(written).timestamp()


def _lines(seen: dict[str, Any]) -> list[str]:
    lines = []
    for key, value in seen.items():
        if key == "why":
            continue
        shown = ", ".join(f"{k} {v}" for k, v in value.items()) if isinstance(value, dict) else value
        shown = len(value) if isinstance(value, list) else shown
        lines.append(f"{key.replace('_', ' '):>24}  {shown if shown not in (None, '') else '-'}")
    return lines + [f"{'!':>24}  {reason}" for reason in seen["why"]]
