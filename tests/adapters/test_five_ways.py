"""One set of pages through `ingest clean`, `ingest up`, Celery, datatrove and Ray: the records are the same bytes."""

from __future__ import annotations

import json
import os
import pickle
import subprocess
import sys
from collections.abc import Iterator
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

import ingest
from ingest.adapters.rows import RowCleaner
from ingest.service.environment import load_settings
from ingest.service.settings import Settings
from tests.adapters.pages import read_part, write_pages
from tests.support.processes import Redis, Tree, lines_of, private_redis, records_in, until

PAGES = 240
REFUSED = PAGES // 8
QUIET = {"HF_HUB_OFFLINE": "1", "RAY_USAGE_STATS_ENABLED": "0", "RAY_DATA_DISABLE_PROGRESS_BARS": "1"}


def engine(module: str) -> Any:
    """An engine's module; the test is skipped where it is not installed, but not in CI."""
    if os.environ.get("CI"):
        return import_module(module)
    return pytest.importorskip(module, reason=f"{module} is not installed: make engines")


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("pages")
    write_pages(folder, PAGES)
    return folder


@pytest.fixture(scope="module")
def records(pages: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """What `ingest clean` makes of the pages: the records' bytes by their ids."""
    out = tmp_path_factory.mktemp("clean")
    done = subprocess.run(
        [sys.executable, "-m", "ingest", "clean", pages, "-o", out, "--jobs", "2"], check=False, capture_output=True
    )
    assert done.returncode == 1, done.stderr
    found = {path.stem: path.read_bytes().strip() for path in out.iterdir()}
    assert len(found) == PAGES - REFUSED
    return found


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    for name in [name for name in os.environ if name.startswith("INGEST_")]:
        monkeypatch.delenv(name)
    return load_settings(spool=tmp_path / "spool", out=tmp_path / "out", workers=2)


@pytest.fixture
def redis(tmp_path: Path) -> Iterator[Redis]:
    yield from private_redis(tmp_path)


def through_service(pages: Path, settings: Settings, tmp_path: Path, *commands: str) -> dict[str, bytes]:
    """The records that parts of the service make of the pages; they end with this."""
    inbox = settings.spool / "inbox/pages"
    inbox.parent.mkdir(parents=True)
    started = [Tree(settings, *command.split(), log=tmp_path / "log", INGEST_STORIES="off") for command in commands]
    try:
        subprocess.run(["cp", "-r", pages, tmp_path / "copy"], check=True)
        (tmp_path / "copy").rename(inbox)
        until(lambda: len(lines_of(settings)) == PAGES, seconds=120)
    finally:
        for tree in started:
            tree.kill()
    return {path.stem: path.read_bytes().strip() for path in records_in(settings.out)}


def test_up(pages: Path, records: dict[str, bytes], settings: Settings, tmp_path: Path) -> None:
    assert through_service(pages, settings, tmp_path, "ingest up") == records


def test_celery(pages: Path, records: dict[str, bytes], settings: Settings, tmp_path: Path, redis: Redis) -> None:
    with_broker = load_settings(spool=settings.spool, out=settings.out, workers=2, broker_url=redis.url)
    assert through_service(pages, with_broker, tmp_path, "ingest watch", "celery -A worker worker") == records


def _one(folder: Path, kind: str) -> list[dict[str, Any]]:
    """All lines of the JSON Lines that a writer of datatrove has written, of all ranks."""
    return [json.loads(line) for path in sorted(folder.glob(f"{kind}/*.jsonl")) for line in path.open()]


def test_datatrove(pages: Path, records: dict[str, bytes], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    engine("datatrove")
    from datatrove.executor import LocalPipelineExecutor
    from datatrove.pipeline.writers.jsonl import JsonlWriter

    from ingest.adapters.datatrove import Cleaner

    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    refused = JsonlWriter(str(tmp_path / "refused"), compression=None)
    steps = [
        partial(read_part, folder=str(pages)),
        Cleaner(exclusion_writer=refused),
        JsonlWriter(str(tmp_path / "kept"), compression=None),
    ]
    LocalPipelineExecutor(steps, tasks=4, workers=2, logging_dir=str(tmp_path / "logs")).run()
    kept = _one(tmp_path, "kept")
    assert {line["metadata"]["id"]: line["metadata"]["record"].encode() for line in kept} == records
    line = next(line for line in kept if line["id"] == "2.html")
    assert line["text"].startswith("The harbour of Nordvik")
    assert line["metadata"]["headline"] == "Storm closes harbour, day 2"
    reasons = {line["id"]: line["metadata"]["filter_reason"] for line in _one(tmp_path, "refused")}
    assert len(reasons) == REFUSED
    assert (reasons["7.html"], reasons["15.html"]) == ("no_article", "undecodable")


def test_ray(pages: Path, records: dict[str, bytes], monkeypatch: pytest.MonkeyPatch) -> None:
    ray = engine("ray")
    from ingest.adapters.ray import IngestBatch

    for name, value in QUIET.items():
        monkeypatch.setenv(name, value)
    # One CPU more than actors: the tasks that read files need one, and would wait for ever.
    ray.init(num_cpus=3, include_dashboard=False, log_to_driver=False, object_store_memory=100 << 20)
    try:
        read = ray.data.read_binary_files(str(pages), include_paths=True)
        rows = read.map_batches(IngestBatch, batch_size=32, compute=ray.data.ActorPoolStrategy(size=2)).take_all()
    finally:
        ray.shutdown()
    assert {row["id"]: row["record"].encode() for row in rows if row["record"]} == records
    assert sorted(row["reason"] for row in rows if row["reason"]) == ["no_article"] * 15 + ["undecodable"] * 15
    assert all(Path(row["path"]).exists() for row in rows)


def test_a_bag_of_dask(pages: Path, records: dict[str, bytes]) -> None:
    """The recipe of docs/scale.md."""
    bag = engine("dask.bag")
    paths = bag.from_sequence([str(path) for path in sorted(pages.iterdir())], npartitions=4)
    rows = paths.map(lambda path: {"path": path, "bytes": Path(path).read_bytes()}).map(RowCleaner())
    found = rows.compute(scheduler="processes", num_workers=2)
    assert {row["id"]: row["record"].encode() for row in found if row["record"]} == records


def test_memory_travels_as_one_file(pages: Path, tmp_path: Path) -> None:
    known = ingest.learn(())
    (tmp_path / "publishers.memory").write_bytes(known.save())
    clean = pickle.loads(pickle.dumps(RowCleaner(memory=tmp_path / "publishers.memory")))  # noqa: S301 - as engines do
    record = json.loads(clean({"bytes": (pages / "2.html").read_bytes()})["record"])
    assert record["ingest"]["memory"] == known.version


def test_a_row_without_an_article_is_our_callers_fault() -> None:
    with pytest.raises(KeyError, match="no 'bytes' among html: say content="):
        RowCleaner()({"html": "<p>"})
