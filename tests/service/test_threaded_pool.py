"""The threaded pool: hostile articles cost themselves alone, whatever their neighbours, and processes are forked beside threads at work."""

from __future__ import annotations

import os
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from ingest.errors import TransientError
from ingest.service import composition, runner
from ingest.service.composition import open_service
from ingest.service.settings import Settings
from ingest.service.spool.heartbeat import heartbeat_folder
from ingest.service.workers.fork_gate import ForkGate
from ingest.service.workers.threaded_pool import ThreadedPool
from tests.service.object_spools import disagreements, drop, sources_of
from tests.support.folder_bucket import FolderBucket
from tests.support.processes import plain, until

Make = Callable[..., Settings]


@pytest.fixture
def make(make: Make, tmp_path: Path) -> Make:
    return lambda **knobs: make(**{"spool": "s3://bucket/prefix", "state": tmp_path / "state"} | knobs)


def test_hostile_articles_are_refused_and_cost_no_other(make: Make, bucket: FolderBucket) -> None:
    settings = make(time_limit=1.0, memory_limit=64, max_attempts=2)
    hostile = {"LOOP": "time_limit", "CRASH": "crash", "EAT": "memory_limit", "BUG": "bug"}
    given = {f"{word}.txt": word.encode() for word in hostile} | {f"{n}.txt": b"good %d" % n for n in range(20)}
    for name, content in given.items():
        drop(bucket, name, content)
    assert runner.up(settings, once=True, clean=plain) == 0
    assert disagreements(bucket, settings, given) == []
    refused = {line["name"]: line["reason"] for line in open_service(settings).any_journal.lines() if line["reason"]}
    assert refused == {f"{word}.txt": reason for word, reason in hostile.items()}
    assert os.listdir(heartbeat_folder(str(settings.root))) == []
    assert not [name for name in os.listdir(settings.root) if name.startswith(".contents-")]


def test_a_process_for_each_article_is_forked_beside_busy_threads(make: Make, bucket: FolderBucket) -> None:
    settings = make(max_docs_per_child=1, workers=4)
    given = {f"{number}.txt": b"article %d" % number for number in range(60)}
    for name, content in given.items():
        drop(bucket, name, content)
    assert runner.up(settings, once=True, clean=plain) == 0
    assert disagreements(bucket, settings, given) == []


def test_what_is_left_at_the_end_is_given_back(make: Make, bucket: FolderBucket) -> None:
    settings = make(workers=1)
    for number in range(4):
        drop(bucket, f"{number}.txt", b"LOOP %d" % number)
    service = open_service(settings)
    pool = ThreadedPool(service, plain, size=1)
    for seen in sources_of(bucket):
        pool.submit(seen.path, seen=seen)
    until(lambda: pool.step(0.1) is not None and service.object_spool.claimed_count() == 4)
    began = time.monotonic()
    pool.close(grace_seconds=0.2)
    assert time.monotonic() - began < 5
    assert service.object_spool.claimed_count() == 0
    assert len(sources_of(bucket)) == 4


def test_a_fork_waits_until_no_thread_is_at_work() -> None:
    gate = ForkGate()
    with gate.working(), gate.forking(0.01) as quiet:
        assert not quiet
    with gate.working(), gate.waiting(), gate.forking(0.01) as quiet:
        assert quiet


def test_a_store_that_fails_now_and_then_costs_no_attempt(
    make: Make, bucket: FolderBucket, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each kind of request fails a few times, before or after its work was done."""

    settings, failed = make(), Counter[str]()
    monkeypatch.setattr("ingest.service.workers.threaded_pool.FAULT_PAUSE_SECONDS", 0.05)
    monkeypatch.setattr("ingest.service.object_watcher.FAULT_PAUSE_SECONDS", 0.05)

    def failing(kind: str) -> Callable[..., object]:
        method = getattr(bucket, kind)

        def asked(*given: object, **named: object) -> object:
            failed[kind] += 1
            if failed[kind] % 8 == 1:
                raise TransientError("before")
            answer = method(*given, **named)
            if failed[kind] % 8 == 5:
                raise TransientError("after")
            return answer

        return asked

    given = {f"{number}.txt": b"article %d" % number for number in range(10)}
    for name, content in given.items():
        drop(bucket, name, content, {"url": f"https://example.org/{name}"})
    service = open_service(settings)
    service.object_spool.prepare()
    for kind in ("get", "put", "copy", "delete"):
        monkeypatch.setattr(bucket, kind, failing(kind))
    monkeypatch.setattr("ingest.service.object_runner.prepare", lambda _: settings.out.mkdir())
    assert runner.up(settings.model_copy(update={"lease_seconds": 1.0}), once=True, clean=plain) == 0
    monkeypatch.undo()
    monkeypatch.setattr(composition, "open_bucket", lambda _: bucket)
    assert disagreements(bucket, settings, given) == []
    assert all(line["outcome"] == "stored" for line in open_service(settings).any_journal.lines())
    assert failed.total() > 80
