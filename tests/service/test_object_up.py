"""`ingest up` on two machines, which share a bucket of a real S3 server and nothing else: process trees of their own, with states of their own."""

from __future__ import annotations

import json
import os
import random
import signal
import time
from collections.abc import Callable
from pathlib import Path

from ingest.service.broker import Broker
from ingest.service.enqueue import enqueue
from ingest.service.objects.s3 import S3Bucket
from ingest.service.settings import Settings
from tests.service.object_spools import disagreements, drop
from tests.support.objects import FaultProxy, ObjectServer
from tests.support.processes import Redis, Tree, article, records_in, until

Make = Callable[..., Settings]
Grow = Callable[..., Tree]
FILES = int(os.environ.get("FAULT_FILES", "60"))
KILLS = int(os.environ.get("FAULT_KILLS", "4"))


def machine(tree: Grow, settings: Settings, state: Path) -> Tree:
    return tree(settings, "ingest", "up", INGEST_STATE=str(state), INGEST_LEASE_SECONDS="2", INGEST_SCAN_INTERVAL="0.5")


def left(bucket: S3Bucket) -> list[str]:
    return [entry.key for folder in ("inbox/", "claimed/") for entry in bucket.list(folder)]


def test_kills_of_two_machines_and_outages_of_the_store_lose_and_double_nothing(
    make: Make, tree: Grow, proxy: FaultProxy, objects: ObjectServer, tmp_path: Path
) -> None:
    address = objects.make_bucket("news")
    bucket, settings = S3Bucket(address), make(spool=str(address))
    given = {f"{number}.txt": article(number).encode() for number in range(FILES)}
    for number, (name, content) in enumerate(given.items()):
        drop(bucket, name, content, {"url": f"https://example.org/{number}"} if number % 3 == 0 else None)
    machines = [machine(tree, settings, tmp_path / f"state-{number}") for number in range(2)]
    dice = random.Random(7)  # noqa: S311
    until(lambda: len(records_in(settings.out)) > 2)
    for turn in range(KILLS):
        proxy.leave(1.0)
        time.sleep(2.0)
        chosen = machines[turn % 2]
        if turn % 4 < 2:
            chosen.kill()
            chosen.start()
        elif children := chosen.children():
            os.kill(dice.choice(children), signal.SIGKILL)
    until(lambda: not left(bucket), seconds=120)
    assert [each.end() for each in machines] == [0, 0]
    assert disagreements(bucket, settings, given) == []
    assert len(records_in(settings.out)) == FILES
    addresses = {f"https://example.org/{number}" for number in range(0, FILES, 3)}
    assert {json.loads(path.read_bytes())["url"] for path in records_in(settings.out)} == addresses | {None}


def test_a_machine_that_was_stopped_for_longer_than_its_leases_settles_nothing(
    make: Make, tree: Grow, objects: ObjectServer, tmp_path: Path
) -> None:
    address = objects.make_bucket("news")
    bucket, settings = S3Bucket(address), make(spool=str(address))
    given = {f"{number}.txt": article(number).encode() for number in range(FILES)}
    first = machine(tree, settings, tmp_path / "first")
    for name, content in given.items():
        drop(bucket, name, content)
    until(lambda: len(records_in(settings.out)) > 2)
    os.killpg(first.process.pid, signal.SIGSTOP)
    second = machine(tree, settings, tmp_path / "second")
    until(lambda: not left(bucket), seconds=120)
    os.killpg(first.process.pid, signal.SIGCONT)
    time.sleep(2.0)
    assert [first.end(), second.end()] == [0, 0]
    assert disagreements(bucket, settings, given) == []


def test_celery_workers_take_what_a_watcher_claims_whoever_is_killed(
    make: Make, tree: Grow, redis: Redis, objects: ObjectServer, tmp_path: Path
) -> None:
    address = objects.make_bucket("news")
    bucket = S3Bucket(address)
    settings = make(spool=str(address), broker_url=redis.url, state=tmp_path / "state", workers=1)
    given = {f"{number}.txt": article(number).encode() for number in range(FILES // 2)}
    for name, content in given.items():
        drop(bucket, name, content)
    own = {"INGEST_LEASE_SECONDS": "2", "INGEST_SCAN_INTERVAL": "0.5"}
    watcher = tree(settings, "ingest", "watch", INGEST_STATE=str(tmp_path / "watcher"), **own)
    workers = [tree(settings, "ingest", "worker", INGEST_STATE=str(tmp_path / f"worker-{n}"), **own) for n in range(2)]
    until(lambda: len(records_in(settings.out)) > 2)
    workers[0].kill()
    workers[0].start()
    watcher.kill()
    with Broker(settings)._client() as client:
        client.execute_command("FLUSHALL")
    watcher.start()
    tickets = [
        enqueue(f"{article(number)} by hand".encode(), name=f"{number}.txt", settings=settings)
        for number in (1000, 1001)
    ]
    assert [ticket.wait(90)["outcome"] for ticket in tickets] == ["stored", "stored"]
    until(lambda: not left(bucket), seconds=120)
    given |= {f"{number}.txt": f"{article(number)} by hand".encode() for number in (1000, 1001)}
    assert disagreements(bucket, settings, given) == []
    assert {one.end() for one in (watcher, *workers)} <= {0, -signal.SIGTERM}
