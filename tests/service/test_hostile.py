"""Hostile files through the whole service: each has one outcome, and nothing appears outside its folders."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from ingest.service.journal import Journal
from ingest.service.settings import Settings
from tests.support import hostile
from tests.support.processes import Redis, Tree, drop, records_in, until

Make = Callable[..., Settings]
Grow = Callable[..., Tree]
OURS = {"bug", "crash", "time_limit", "memory_limit", "killed"}
"""Reasons that would say we broke."""


def given(settings: Settings) -> int:
    """The corpus in the inbox, mixed: whatever a name can be on this disk. How many."""
    count = 0
    for name, content in hostile.corpus():
        if "/" not in name:
            drop(settings, name, content)
            count += 1
    return count


def settled(settings: Settings, count: int) -> Callable[[], bool]:
    return lambda: sum(line["member"] is None for line in Journal(str(settings.spool)).lines()) >= count


def assert_sound(settings: Settings, count: int, around: Path) -> None:
    lines = list(Journal(str(settings.spool)).lines())
    assert sum(line["member"] is None for line in lines) == count
    assert len(lines) == len({line["token"] for line in lines})
    assert [line for line in lines if line["reason"] in OURS] == []
    stored = {line["id"] for line in lines if line["outcome"] == "stored"}
    records = records_in(settings.out)
    assert {path.stem for path in records} == stored
    for path in records:
        assert re.fullmatch(r"[0-9a-f]{2}/[0-9a-f]{64}\.json", str(path.relative_to(settings.out)))
        assert json.loads(path.read_bytes())["id"] == path.stem
    known = {settings.spool, settings.out, around / "log"}
    assert {path for path in around.iterdir() if not path.name.startswith(("appendonly", "dump"))} <= known
    assert all(line.isprintable() for line in (around / "log").read_text().splitlines())


def test_hostile_files_have_one_outcome_each_through_up(make: Make, tree: Grow, tmp_path: Path) -> None:
    settings = make()
    count = given(settings)
    up = tree(settings, "ingest", "up")
    until(settled(settings, count), seconds=120)
    assert up.end() == 0
    assert_sound(settings, count, tmp_path)


@pytest.mark.usefixtures("redis")
def test_hostile_files_have_one_outcome_each_through_celery(
    make: Make, tree: Grow, redis: Redis, tmp_path: Path
) -> None:
    settings = make(broker_url=redis.url)
    count = given(settings)
    watcher, worker = tree(settings, "ingest", "watch"), tree(settings, "celery", "-A", "worker", "worker")
    until(settled(settings, count), seconds=120)
    assert {watcher.end(), worker.end()} == {0}
    assert_sound(settings, count, tmp_path)
