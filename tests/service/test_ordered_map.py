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
from tests.core.test_containers import PAGES
from tests.support import hostile
from tests.support.hostile.containers import warc_gz, warc_record


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


def of_members(request: str) -> dict[str, str]:
    """A file whose name begins with "C" is a container of 30 members, the seventh of which kills; of "D" each kills."""
    name, number, _, _ = ordered_map.split_request(request)
    if name.startswith(("C", "D")) and not number:
        return {"container": "warc", "size": "30"}
    if name.startswith("D") or (name.startswith("C") and number == 7):
        os.kill(os.getpid(), signal.SIGSEGV)
    return {"end": "whole"} if number > 30 else {"id": f"{name}{number or ''}", "member": str(number)}


def test_members_come_in_order_and_one_that_kills_costs_itself() -> None:
    found = list(ordered_map.map_members_in_workers(["a", "C", "b", "D", "c"], 2, of_members))
    assert [index for index, _ in found] == sorted(index for index, _ in found)
    said = [answer.get("id") or answer.get("reason") or answer.get("container") or "end" for _, answer in found]
    members = [f"C{number}" if number != 7 else "crash" for number in range(1, 31)]
    assert said[:35] == ["a", "warc", *members, "end", "b", "warc"]
    assert set(said[35:-1]) == {"crash"}  # which of its members are asked for before the third death, chance decides
    assert len(said[35:-1]) <= ordered_map.MAX_DEATHS_IN_A_ROW
    assert said[-1] == "c"


def test_clean_counts_the_members_of_a_container_by_reason(tmp_path: Path) -> None:
    content = warc_gz(*(warc_record(n, PAGES[n] if n else b"<html></html>") for n in range(4)))
    (tmp_path / "a.warc.gz").write_bytes(content[:-60])
    done = CliRunner().invoke(clean, [str(tmp_path / "a.warc.gz"), "--jobs", "2"])
    assert done.exit_code == 1
    records = [Record.model_validate_json(line) for line in done.stdout.splitlines()]
    assert [record.container and record.container.member for record in records] == ["urn:uuid:1", "urn:uuid:2"]
    *refused, last = done.stderr.splitlines()
    assert [line.split(": ")[2] for line in refused] == ["no_article", "damaged_container"]
    assert last.endswith("a.warc.gz: 4 members: 2 cleaned, 1 no_article, 1 damaged_container")


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
