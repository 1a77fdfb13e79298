"""Settings in a temporary folder, and processes that end with the test."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from ingest.service import composition
from ingest.service.environment import load_settings
from ingest.service.settings import Settings
from ingest.service.spool import beneath
from tests.support.folder_bucket import FolderBucket
from tests.support.objects import FaultProxy, ObjectServer, environment_of, object_server
from tests.support.processes import Redis, Tmpfs, Tree, private_redis


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "redis" in getattr(item, "fixturenames", ()):
            item.add_marker("redis")


@pytest.fixture(autouse=True)
def _clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("INGEST_")]:
        monkeypatch.delenv(name)


@pytest.fixture
def make(tmp_path: Path) -> Callable[..., Settings]:
    def made(**knobs: Any) -> Settings:
        return load_settings(
            **{"spool": tmp_path / "spool", "out": tmp_path / "out", "settle_seconds": 0.0, "workers": 2} | knobs
        )

    return made


@pytest.fixture
def bucket(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FolderBucket:
    """The bucket at every address s3://…, in a folder."""
    made = FolderBucket(tmp_path / "bucket")
    monkeypatch.setattr(composition, "open_bucket", lambda _: made)
    return made


@pytest.fixture
def tree(tmp_path: Path) -> Iterator[Callable[..., Tree]]:
    grown: list[Tree] = []

    def grow(settings: Settings, *arguments: str, **environment: str) -> Tree:
        grown.append(Tree(settings, *arguments, log=tmp_path / "log", **environment))
        return grown[-1]

    yield grow
    for one in grown:
        one.kill()


@pytest.fixture
def disk() -> Iterator[Callable[..., Tmpfs]]:
    made: list[Tmpfs] = []

    def make(folder: Path, options: str) -> Tmpfs:
        made.append(Tmpfs(folder, options))
        return made[-1]

    yield make
    for one in made:
        one.end()


@pytest.fixture
def redis(tmp_path: Path) -> Iterator[Redis]:
    yield from private_redis(tmp_path)


@pytest.fixture(scope="session")
def _object_server() -> Iterator[ObjectServer]:
    with object_server() as server:
        yield server


@pytest.fixture
def objects(_object_server: ObjectServer, monkeypatch: pytest.MonkeyPatch) -> ObjectServer:
    """An S3 server, which this process and its children find."""
    for name, value in environment_of(_object_server.url).items():
        monkeypatch.setenv(name, value)
    return _object_server


@pytest.fixture
def proxy(objects: ObjectServer, monkeypatch: pytest.MonkeyPatch) -> Iterator[FaultProxy]:
    """A proxy before that server, which this process and its children find instead."""
    with FaultProxy(objects) as proxy:
        monkeypatch.setenv("AWS_ENDPOINT_URL", proxy.url)
        yield proxy


@pytest.fixture(params=["openat2", "walk"])
def opened_by(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Both ways of opening folders."""
    if request.param == "walk":
        monkeypatch.setattr(beneath, "_missing", {"openat2", "renameat2"})
    elif "openat2" in beneath._missing:
        pytest.skip("this kernel has no openat2")
    return str(request.param)
