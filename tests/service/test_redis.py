"""Failures of Redis: absent, restarted without its data, refusing the password, full, shared by two deployments."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from ingest.service.broker import Broker
from ingest.service.settings import Settings
from tests.service.test_up import assert_nothing_lost, empty
from tests.support.processes import Redis, Tree, drop, records_in, status, until

Make = Callable[..., Settings]
Grow = Callable[..., Tree]
OBEYING = ("celery", "-A", "tests.support.scripted_core", "worker")


def give(settings: Settings, *numbers: int) -> None:
    for number in numbers:
        drop(settings, f"{number}.txt", f"article {number}")


def waiting(settings: Settings) -> int:
    return len(os.listdir(settings.spool / "inbox"))


def test_redis_missing_at_the_start_and_losing_its_data_later(make: Make, tree: Grow, redis: Redis) -> None:
    settings = make(broker_url=redis.url)
    redis.kill()
    watcher, worker = tree(settings, "ingest", "watch"), tree(settings, *OBEYING)
    give(settings, *range(40))
    until(lambda: "intake is held back: Redis cannot be used" in status(settings))
    redis.start()
    until(lambda: len(records_in(settings.out)) == 40)
    redis.kill()
    redis.lose_data()
    give(settings, *range(40, 80))
    until(lambda: "intake is held back: Redis cannot be used" in status(settings))
    redis.start()
    until(lambda: empty(settings), seconds=120)
    assert_nothing_lost(settings, 80)
    assert {watcher.end(), worker.end()} == {0}


def test_a_wrong_password_is_one_log_line_with_backoff(make: Make, tree: Grow, redis: Redis) -> None:
    redis.tell("CONFIG", "SET", "requirepass", "right-one")
    settings = make(broker_url=redis.url, broker_password="hunter-2")  # noqa: S106
    watcher, worker = tree(settings, "ingest", "watch"), tree(settings, *OBEYING)
    give(settings, 1, 2, 3)
    until(lambda: "intake is held back" in status(settings))
    assert "it refuses the user or the password; see INGEST_BROKER_URL" in status(settings)
    until(lambda: watcher.log.read_text().count("Cannot connect to redis") > 0)
    assert (watcher.process.poll(), worker.process.poll()) == (None, None)
    assert waiting(settings) == 3
    said = watcher.log.read_text()
    assert said.count("intake is held back") == 1
    assert "Traceback" not in said
    assert "hunter-2" not in said + status(settings)
    with Broker(make(broker_url=redis.url, broker_password="right-one"))._client() as client:  # noqa: S106
        client.execute_command("CONFIG", "SET", "requirepass", "hunter-2")
    until(lambda: empty(settings) and len(records_in(settings.out)) == 3)


def test_a_full_redis_leaves_files_in_the_inbox(make: Make, tree: Grow, redis: Redis) -> None:
    redis.tell("CONFIG", "SET", "maxmemory", "1")
    settings = make(broker_url=redis.url)
    watcher, worker = tree(settings, "ingest", "watch"), tree(settings, *OBEYING)
    give(settings, *range(20))
    until(lambda: "intake is held back: Redis cannot be used" in status(settings))
    assert "it is full (maxmemory); let the workers catch up, or give it more" in status(settings)
    until(lambda: worker.log.read_text().count("Cannot connect to redis") > 1)  # Celery alone would end at the first
    assert "Frequent restarts" not in worker.log.read_text()
    assert waiting(settings) == 20
    redis.tell("CONFIG", "SET", "maxmemory", "0")
    until(lambda: empty(settings), seconds=120)
    assert_nothing_lost(settings, 20)
    assert {watcher.end(), worker.end()} == {0}


def test_two_deployments_share_one_redis_server(make: Make, tree: Grow, redis: Redis, tmp_path: Path) -> None:
    one = make(broker_url=redis.url, broker_prefix="one:")
    two = make(broker_url=redis.url, broker_prefix="two:", spool=tmp_path / "spool-2", out=tmp_path / "out-2")
    for settings in (one, two):
        tree(settings, "ingest", "watch", INGEST_BROKER_PREFIX=settings.broker_prefix)
        give(settings, *range(10))
        until(lambda settings=settings: not waiting(settings) and Broker(settings).waiting() > 0)
    tree(one, *OBEYING, INGEST_BROKER_PREFIX="one:")
    until(lambda: empty(one))
    assert_nothing_lost(one, 10)
    assert records_in(two.out) == []
    assert {key[:4] for key in redis.tell("KEYS", "*")} == {b"one:", b"two:"}
    tree(two, *OBEYING, INGEST_BROKER_PREFIX="two:")
    until(lambda: empty(two))
    assert_nothing_lost(two, 10)


def test_two_deployments_with_one_prefix_are_reported(make: Make, tree: Grow, redis: Redis, tmp_path: Path) -> None:
    first = make(broker_url=redis.url)
    tree(first, "ingest", "watch")
    until(lambda: redis.tell("GET", "ingest:spool") is not None)
    second = make(broker_url=redis.url, spool=tmp_path / "spool-2", out=tmp_path / "out-2")
    tree(second, "ingest", "watch")
    give(second, 1)
    until(lambda: "give each deployment a INGEST_BROKER_PREFIX of its own" in status(second))
    assert waiting(second) == 1


def test_a_password_that_breaks_its_url_is_not_shown(make: Make) -> None:
    for url in ("redis://:hun/ter2@host:6379/0", "redis://:12?hunter2@host/0", "redis://:hunter2#@host/0", "redis://"):
        with pytest.raises(ValueError, match="INGEST_BROKER_PASSWORD") as caught:
            make(broker_url=url)
        assert "hun" not in str(caught.value)
