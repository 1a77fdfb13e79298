"""Health means progress: a worker with a heartbeat that settles nothing while sources wait is reported as unhealthy everywhere."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any

import pytest

from ingest.service import runner
from ingest.service.settings import Settings
from ingest.service.spool import Spool
from ingest.service.spool.heartbeat import Heartbeat
from ingest.web.dashboard.app import Dashboard, ready
from ingest.web.dashboard.metrics import render_metrics
from tests.service.test_commands import run
from tests.service.test_up import assert_nothing_lost, empty
from tests.support.processes import Redis, Tree, drop, plain, records_in, status, until

Make = Callable[..., Settings]
Grow = Callable[..., Tree]
OBEYING = ("celery", "-A", "tests.support.scripted_core", "worker")


@pytest.fixture
def waiting(make: Make, monkeypatch: pytest.MonkeyPatch) -> Iterator[Settings]:
    """A worker that beats, and a source that waits for it; half a second is long here."""
    monkeypatch.setattr("ingest.service.status.MAX_STALL_SECONDS", 0.6)
    monkeypatch.setenv("INGEST_TIME_LIMIT", "0.1")
    settings = make()
    spool = Spool(settings.spool)
    spool.prepare()
    heartbeat = Heartbeat(spool.root, "worker")
    spool.deposit(b"x", name="x.txt")
    yield settings
    heartbeat.close()


def answer(settings: Settings) -> tuple[int, dict[str, str], str]:
    """What `/ready` and `/metrics` say."""

    async def ask() -> tuple[int, dict[str, str], str]:
        warden: Any = None
        dashboard = Dashboard(settings, warden)
        request: Any = SimpleNamespace(app=SimpleNamespace(state=SimpleNamespace(dashboard=dashboard)))
        said = await ready(request)
        return (
            said.status_code,
            json.loads(bytes(said.body)),
            render_metrics(dashboard.index, await dashboard.facts()).decode(),
        )

    return asyncio.run(ask())


def test_a_stall_is_shown_by_status_health_ready_and_metrics(waiting: Settings) -> None:
    assert run(waiting, "health", "worker").exit_code == 0
    code, said, metrics = answer(waiting)
    assert (code, said["progress"]) == (200, "yes")
    assert "ingest_stalled_seconds 0.0" in metrics
    time.sleep(1.7)
    assert "nothing was settled for 2 s, though 1 sources are claimed and a worker is alive" in status(waiting)
    result = run(waiting, "health", "worker")
    assert (result.exit_code, "nothing was settled for" in result.stderr) == (1, True)
    code, said, metrics = answer(waiting)
    assert (code, said["progress"][:24]) == (503, "no: nothing was settled ")
    assert "ingest_stalled_seconds 2.0" in metrics


def test_not_ready_while_sources_wait_for_a_worker_that_is_gone(make: Make) -> None:
    """Seen with containers: 90 seconds after the only worker was killed, `/ready` still said that work was moving."""
    settings = make()
    spool = Spool(settings.spool)
    spool.prepare()
    assert answer(settings)[1]["progress"] == "yes"
    spool.deposit(b"x", name="x.txt")
    code, said, _ = answer(settings)
    assert (code, said["progress"][:24]) == (503, "no: no worker is running")


def test_no_stall_without_workers_or_waiting_sources(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ingest.service.status.MAX_STALL_SECONDS", 0.1)
    settings = make(time_limit=0.1)
    drop(settings, "a.txt", "article")
    runner.up(settings, once=True, clean=plain)
    time.sleep(1.2)
    heartbeat = Heartbeat(str(settings.spool), "worker")
    assert "nothing was settled" not in status(settings)  # nothing waits
    heartbeat.close()
    Spool(settings.spool).deposit(b"x", name="x.txt")
    time.sleep(1.2)
    assert "nothing was settled" not in status(settings)  # nobody works, which has its own line
    assert "no watcher is running" in status(settings)


def test_redis_away_for_four_seconds_while_a_worker_is_busy(make: Make, tree: Grow, redis: Redis) -> None:
    """So long that acknowledgements fail: Kombu counts their deliveries for ever, until its window is full of them."""
    settings = make(broker_url=redis.url)
    small_tasks = {"INGEST_TICKETS_PER_TASK": "5"}  # of 1.5 s, so that some end while Redis is away
    parts = [tree(settings, "ingest", "watch", **small_tasks), tree(settings, *OBEYING, **small_tasks)]
    for number in range(60):
        drop(settings, f"{number}.txt", f"SLOW {number}")
    until(lambda: len(records_in(settings.out)) >= 10)
    redis.kill()
    time.sleep(4)
    assert "Couldn't ack" in parts[1].log.read_text()
    redis.start()
    until(lambda: empty(settings), seconds=90)
    assert_nothing_lost(settings, 60)
    assert {part.end() for part in parts} == {0}
