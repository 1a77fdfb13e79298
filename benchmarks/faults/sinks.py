"""Sinks while everything dies: `ingest up` with three sinks, a kill each second, then the sinks against the journal.

    python -m benchmarks.faults.sinks --records 2000     # PostgreSQL, SQLite and a Redis stream; some minutes
    python -m benchmarks.faults.sinks --records 200 --kills 8 --parquet     # and Parquet

In turns the whole service, one delivering process, PostgreSQL and Redis get SIGKILL, and the servers are started again half a second later. Meanwhile
records are replaced and deleted. Afterwards each table must have each record of the journal once, as it is in the store, and the stream an
entry for each line, in order. Everything runs on 127.0.0.1 and in temporary folders; each process is ended by its process id.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import random
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections import Counter
from itertools import pairwise
from pathlib import Path
from typing import Any

import redis

from ingest.service.composition import open_service
from ingest.service.environment import load_settings
from ingest.service.settings import Settings
from ingest.service.sinks.status import sink_statuses
from ingest.service.spool.heartbeat import heartbeats
from tests.support.processes import Redis, Tree, article, drop, redis_server
from tests.support.sinks import Postgres, Settled, postgres_programs

TIMEOUT_SECONDS = 600.0  # after the last kill
MAX_WAVES = 20  # in which the articles come, one a second


def run(records: int, kills: int, folder: Path, *, parquet: bool = False, seed: int = 3) -> dict[str, Any]:
    """One run. Gives what was found: how many kills of what, and by sink what is wrong, which is nothing if all is well."""
    dice = random.Random(seed)  # noqa: S311
    programs, server = postgres_programs(), redis_server()
    if programs is None or server is None:
        raise SystemExit("needs PostgreSQL and Redis")
    postgres, stream = Postgres(programs), Redis(server, folder)
    sinks = f"{postgres.url} sqlite:{folder}/articles.db {stream.url.replace('redis:', 'redis-stream:')}"
    if parquet:
        sinks += f" parquet:{folder}/articles"
    settings = load_settings(spool=folder / "spool", out=folder / "out", workers=2, sinks=sinks, journal_bytes=1 << 16)
    environment = {"INGEST_SINKS": sinks, "INGEST_JOURNAL_BYTES": str(settings.journal_bytes)}
    Settled(settings)
    wave, dropped = -(-records // min(kills, MAX_WAVES)), 0
    service = Tree(settings, "ingest", "up", log=folder / "log", **environment)
    done: Counter[str] = Counter()
    try:
        for turn in range(kills):
            for number in range(dropped, min(records, dropped + wave)):
                drop(settings, f"{number % 7}/{number}.txt", article(number))
            dropped += wave
            time.sleep(1)
            if dropped >= records and _finished(settings, records):
                break
            done[_kill(turn, dice, settings, service, postgres, stream)] += 1
            if turn % 5 == 3:
                done["deleted"] += _delete_one(settings, dice)
            if turn % 5 == 4:
                done["replaced"] += _replace_one(settings, dice, records)
        began = time.monotonic()
        while not _finished(settings, records) and time.monotonic() - began < TIMEOUT_SECONDS:
            time.sleep(0.5)
        done["seconds after the last kill"] = round(time.monotonic() - began)
        service.end()
        return {"done": dict(done), "wrong": _compare(settings, postgres, stream, folder)}
    finally:
        service.kill()
        stream.kill()
        postgres.end()


def _kill(turn: int, dice: random.Random, settings: Settings, service: Tree, postgres: Postgres, stream: Redis) -> str:
    what = ("a delivering process", "PostgreSQL", "the service", "Redis")[turn % 4]
    if what == "the service":
        service.kill()
        service.start()
    elif what == "a delivering process":
        ours = [beat for beat in heartbeats(str(settings.spool)) if beat.alive and beat.notes.get("role") == "deliver"]
        if ours:
            with contextlib.suppress(ProcessLookupError):
                os.kill(dice.choice(ours).notes["pid"], signal.SIGKILL)
    else:
        server: Any = postgres if what == "PostgreSQL" else stream
        server.kill()
        time.sleep(0.5)
        server.start()
    return what


def _stored(settings: Settings) -> list[str]:
    ids: dict[str, None] = {}
    for line in open_service(settings).journal.lines():
        if line["outcome"] == "stored" and line["id"]:
            ids[line["id"]] = None
        elif line["outcome"] == "deleted" and line["id"]:
            ids.pop(line["id"], None)
    return list(ids)


def _delete_one(settings: Settings, dice: random.Random) -> int:
    if not (ids := _stored(settings)):
        return 0
    flags = ["--spool", str(settings.spool), "--out", str(settings.out), "--yes"]
    done = subprocess.run(
        [sys.executable, "-m", "ingest", "delete", dice.choice(ids), *flags], check=False, capture_output=True
    )
    return int(done.returncode == 0)


def _replace_one(settings: Settings, dice: random.Random, records: int) -> int:
    number = dice.randrange(records)
    drop(settings, f"again/{number}-again.txt", article(records + number))
    return 1


def _finished(settings: Settings, records: int) -> bool:
    lines = sum(line["outcome"] != "deleted" for line in open_service(settings).journal.lines())
    left = [path for part in ("inbox", "claimed") for path in (settings.spool / part).rglob("*") if path.is_file()]
    statuses = sink_statuses(open_service(settings))
    return lines >= records and not left and all(not sink["lag_lines"] and not sink["error"] for sink in statuses)


def _compare(settings: Settings, postgres: Postgres, stream: Redis, folder: Path) -> dict[str, Any]:
    """By sink: what differs from the journal."""
    settled = Settled(settings)
    records = settled.records()
    with sqlite3.connect(folder / "articles.db") as connection:
        rows = {
            "sqlite": [(id_, json.loads(text)) for id_, text in connection.execute("SELECT id, record FROM articles")],
            "postgres": postgres.rows("SELECT id, record FROM articles"),
        }
    if any(url.scheme == "parquet" for url in settings.sink_urls):
        import duckdb

        found = duckdb.sql(f"SELECT id, record FROM '{folder}/articles/*/*.parquet'").fetchall()  # noqa: S608
        rows["parquet"] = [(id_, json.loads(text)) for id_, text in found]
    wrong: dict[str, Any] = {}
    for name, found in rows.items():
        held = dict(found)
        wrong[name] = {
            "doubled": len(found) - len(held),
            "missing": len(records.keys() - held.keys()),
            "not deleted": len(held.keys() - records.keys()),
            "another version": sum(held[id_] != records[id_] for id_ in held.keys() & records.keys()),
        }
    with redis.Redis.from_url(stream.url, decode_responses=True) as client:
        entries: Any = client.xrange("articles")
    events = [(fields["token"], fields["outcome"]) for _, fields in entries]
    lines = [
        (line["token"], line["outcome"])
        for line in settled.service.journal.lines()
        if line["outcome"] in {"stored", "deleted"}
    ]
    position = {event: at for at, event in enumerate(lines)}
    order = [position.get(event, -1) for event in events]
    gone = {line["id"] for line in settled.service.journal.lines() if line["outcome"] == "deleted"}
    told = {line["token"] for line in settled.service.journal.lines() if line["id"] in gone}
    wrong["redis-stream"] = {
        "doubled": len(events) - len(set(events)),
        "missing": sum(token not in told for token, _ in set(lines) - set(events)),
        "not in the journal": order.count(-1),
        "out of order": sum(first > second for first, second in pairwise(order)),
    }
    wrong["dead letters"] = {sink["name"]: sink["dead_letters"] for sink in sink_statuses(settled.service)}
    print(f"  {len(lines)} lines, {len(records)} records, {len(settled.service.journal.files())} files of the journal")
    return wrong


def all_is_well(found: dict[str, Any]) -> bool:
    """Whether nothing is wrong."""
    return not any(count for each in found["wrong"].values() for count in each.values())


def main() -> int:
    """The exit code: 0 if every sink equals the journal."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--records", type=int, default=2000)
    parser.add_argument("--kills", type=int, default=120, help="at most this many, one a second")
    parser.add_argument("--parquet", action="store_true", help="Parquet as a fourth sink")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="ingest-sinks-") as folder:
        found = run(options.records, options.kills, Path(folder), parquet=options.parquet)
    print(json.dumps(found, indent=1))
    return 0 if all_is_well(found) else 1


if __name__ == "__main__":
    sys.exit(main())
