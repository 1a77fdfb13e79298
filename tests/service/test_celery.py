"""Watcher, Celery workers and a real Redis, each killed in turn."""

from __future__ import annotations

import os
import random
import signal
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from ingest.service.broker import Broker
from ingest.service.enqueue import enqueue
from ingest.service.journal import Journal
from ingest.service.settings import Settings
from ingest.service.spool.heartbeat import heartbeats
from tests.service.test_up import assert_nothing_lost, empty
from tests.support.processes import Redis, Tree, article, drop, names_in, records_in, until

Make = Callable[..., Settings]
Grow = Callable[..., Tree]
FILES = int(os.environ.get("FAULT_FILES", "600"))  # as judged: FAULT_FILES=2000 FAULT_KILLS=60
KILLS = int(os.environ.get("FAULT_KILLS", "8"))


def test_kills_of_workers_watcher_and_redis_lose_nothing(make: Make, tree: Grow, redis: Redis) -> None:
    settings = make(broker_url=redis.url)
    workers = [tree(settings, "celery", "-A", "worker", "worker"), tree(settings, "ingest", "worker")]
    watcher = tree(settings, "ingest", "watch")
    dice = random.Random(7)  # noqa: S311
    for number in range(FILES):
        drop(settings, f"{number % 7}/{number}.txt", article(number))
    until(lambda: len(records_in(settings.out)) > 3)
    for turn in range(KILLS):
        time.sleep(1)
        if turn % 9 == 4:
            watcher.kill()
            watcher.start()
        elif turn % 9 == 7:
            redis.kill()
            time.sleep(0.5)
            redis.start()
        elif turn % 3 == 0:
            worker = dice.choice(workers)
            worker.kill()
            worker.start()
        else:
            for child in dice.choice(workers).children()[-1:]:
                os.kill(child, signal.SIGKILL)
    until(lambda: empty(settings), seconds=120)
    assert_nothing_lost(settings, FILES)
    assert {one.end() for one in (watcher, *workers)} <= {0, -signal.SIGTERM}


def test_tickets_that_redis_lost_are_queued_again(make: Make, tree: Grow, redis: Redis) -> None:
    settings = make(broker_url=redis.url)
    watcher = tree(settings, "ingest", "watch")
    drop(settings, "a.txt", article(1))
    until(lambda: len(names_in(settings.spool / "claimed")) == 1)
    with Broker(settings)._client() as client:
        client.execute_command("FLUSHALL")
    tree(settings, "ingest", "worker")
    until(lambda: empty(settings) and len(records_in(settings.out)) == 1)
    assert watcher.end() == 0


def test_enqueue_while_redis_is_away_loses_nothing(make: Make, tree: Grow, redis: Redis) -> None:
    settings = make(broker_url=redis.url)
    redis.kill()
    ticket = enqueue(article(5).encode(), name="five.txt", settings=settings)
    redis.start()
    tree(settings, "ingest", "worker")
    tree(settings, "ingest", "watch")
    line = ticket.wait(60)
    assert line is not None
    assert (line["outcome"], line["id"]) == ("stored", ticket.id)


def test_password_and_key_prefix_are_enough(make: Make, tree: Grow, tmp_path: Path, redis: Redis) -> None:
    with Broker(make(broker_url=redis.url))._client() as client:
        client.execute_command(
            "ACL", "SETUSER", "news", "on", ">s3cret/@", "~news:*", "resetchannels", "&news:*", "+@all", "-@admin", "-@dangerous", "+info",
        )  # fmt: skip
    (tmp_path / "secret").write_text("s3cret/@\n")
    url = redis.url.replace("://", "://news@")
    more = {"INGEST_BROKER_PASSWORD_FILE": str(tmp_path / "secret"), "INGEST_BROKER_PREFIX": "news:"}
    settings = make(broker_url=url, broker_password="s3cret/@", broker_prefix="news:")  # noqa: S106
    tree(settings, "ingest", "worker", INGEST_BROKER_URL=url, **more)
    tree(settings, "ingest", "watch", INGEST_BROKER_URL=url, **more)
    drop(settings, "a.txt", article(1))
    until(lambda: len(records_in(settings.out)) == 1)
    assert Broker(settings).statistics()["append_only"] is True
    assert "s3cret" not in (tmp_path / "log").read_text()


def test_a_stopping_worker_returns_tickets_that_it_has_not_begun(make: Make, tree: Grow, redis: Redis) -> None:
    settings = make(broker_url=redis.url, workers=1)
    worker = tree(settings, "ingest", "worker", INGEST_WORKERS="1")
    until(lambda: any(seen.notes.get("role") == "worker" for seen in _desks(settings)))
    tree(settings, "ingest", "watch")
    for number in range(200):
        drop(settings, f"{number}.txt", article(number))
    until(lambda: len(records_in(settings.out)) > 3)
    assert worker.end(timeout=30) == 0
    worker.start()
    until(lambda: empty(settings), seconds=90)
    assert_nothing_lost(settings, 200)


def _desks(settings: Settings) -> list[object]:
    try:
        return list(heartbeats(str(settings.spool)))
    except FileNotFoundError:
        return []


def test_a_misspelt_celery_setting_is_an_error(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ingest.service.broker.NAMESPACES", {})
    with pytest.raises(ValueError, match="Celery knows no"):
        Broker(make(broker_url="redis://127.0.0.1:1/0"))


def test_bad_documents_cost_only_themselves_under_celery_too(make: Make, tree: Grow, redis: Redis) -> None:
    settings = make(broker_url=redis.url)
    limits = {"INGEST_TIME_LIMIT": "2", "INGEST_MEMORY_LIMIT": "100", "INGEST_MAX_ATTEMPTS": "2"}
    tree(settings, "celery", "-A", "tests.support.scripted_core", "worker", **limits)
    tree(settings, "ingest", "watch", **limits)
    for number in range(50):
        drop(settings, f"{number}.txt", f"article {number}")
    for word in ("CRASH", "LOOP", "EAT"):
        drop(settings, f"{word}.txt", f"{word} it")
    until(lambda: len(names_in(settings.spool / "quarantine")) == 3 and empty(settings))
    told = {line["name"]: line["reason"] for line in Journal(str(settings.spool)).lines()}
    assert {name: why for name, why in told.items() if why} == {
        "CRASH.txt": "crash", "LOOP.txt": "time_limit", "EAT.txt": "memory_limit",
    }  # fmt: skip
    assert len(records_in(settings.out)) == 50
