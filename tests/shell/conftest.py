"""Settings in a folder of their own, and processes that end with the test."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from ingest.settings import Settings, load
from tests.shell.rig import Tree


@pytest.fixture(autouse=True)
def _clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("INGEST_")]:
        monkeypatch.delenv(name)


@pytest.fixture
def make(tmp_path: Path) -> Callable[..., Settings]:
    def made(**knobs: Any) -> Settings:
        return load(**{"spool": tmp_path / "spool", "out": tmp_path / "out", "settle": 0.0, "workers": 2} | knobs)

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
