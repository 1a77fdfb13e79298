"""`ingest clean` in several processes: order is kept, and a document that breaks its worker only harms itself."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

import pytest
from click.testing import CliRunner

from ingest import Record, Rejected
from ingest.cli.clean import clean
from ingest.core.model import RawArticle
from ingest.core.parse.decode import unpack
from ingest.service.workers import ordered_map
from tests.support import hostile


def work(name: str) -> dict[str, str]:
    if name == "LOOP":
        time.sleep(1000)
    if name == "CRASH":
        os.kill(os.getpid(), signal.SIGSEGV)
    if name == "EAT":
        eaten = []
        while True:
            eaten.append(bytearray(8 << 20))
    return {"id": name, "text": "x" * 3_000_000 if name == "LONG" else ""}


def test_each_fault_is_reported_for_its_own_file(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ordered_map, "TIME_LIMIT_SECONDS", 3.0)
    monkeypatch.setattr(ordered_map, "MEMORY_LIMIT_MIB", 64)
    faults = {"LOOP": "time_limit", "CRASH": "crash", "EAT": "memory_limit"}
    names = ["first", *faults, "LONG", *map(str, range(100)), "CRASH", "last"]
    answers = list(ordered_map.map_in_workers(names, 2, work))
    assert [answer.get("id", answer.get("reason")) for answer in answers] == [faults.get(name, name) for name in names]


def test_hostile_files_write_only_records_into_the_folder(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    names = {name: content for name, content in hostile.FIXED.items() if "/" not in name}
    for name, content in names.items():
        (tmp_path / "in" / name).write_bytes(content)
    before = {path for path in tmp_path.rglob("*") if path.is_file()}
    done = CliRunner().invoke(clean, [str(tmp_path / "in"), "-o", str(tmp_path / "out"), "--jobs", "2"])
    assert done.exit_code == 1
    made = {path for path in tmp_path.rglob("*") if path.is_file()} - before
    for path in made:
        assert path.parent == tmp_path / "out"
        record = Record.model_validate_json(path.read_bytes())
        assert path.name == f"{record.id}.json"
    assert all(line.isprintable() for line in done.stderr.splitlines())
    refused = [line for line in done.stderr.splitlines() if ": " in line]
    kept = [content for content in names.values() if f"{_id(content)}.json" in {path.name for path in made}]
    assert len(refused) + len(kept) == len(names)
    assert not any(": bug" in line or ": crash" in line for line in refused)


def _id(content: bytes) -> str | None:
    try:
        return RawArticle(unpack(content)).id
    except Rejected:
        return None
