"""Failures of the journal: one whole line for each settled source, whatever a disk or a power cut does to it."""

from __future__ import annotations

import errno
import json
import os
import random
import shutil
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from ingest.service import journal, runner
from ingest.service.journal import Journal
from ingest.service.journal_reader import follow
from ingest.service.settings import Settings
from ingest.service.spool import Spool
from tests.service.agreement import disagreements
from tests.support.processes import drop, plain

Make = Callable[..., Settings]


def give(settings: Settings, count: int) -> dict[str, bytes]:
    given = {f"{number}.txt": f"article {number}".encode() for number in range(count)} | {"bad.txt": b"\0" * 2000}
    for name, content in given.items():
        drop(settings, name, content)
    return given


@pytest.mark.parametrize("fault", [errno.ENOSPC, errno.EIO, "short"])
def test_a_line_that_cannot_be_written_is_written_later(
    make: Make, monkeypatch: pytest.MonkeyPatch, fault: int | str
) -> None:
    settings = make(max_bytes=1000)
    given = give(settings, 12)
    until = time.monotonic() + 3
    write = os.write

    def failing(handle: int, content: bytes) -> int:
        if time.monotonic() < until and bytes(content).startswith(b'{"time"'):
            if fault == "short":
                return write(handle, content[: len(content) // 2])
            raise OSError(fault, "it failed")
        return write(handle, content)

    monkeypatch.setattr(journal.os, "write", failing)
    assert runner.up(settings, once=True, clean=plain) == 0
    assert time.monotonic() > until
    assert disagreements(settings, given) == []


def test_a_kill_after_a_failed_line_and_a_failed_return_loses_nothing(
    make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = make(max_bytes=1000)
    given = give(settings, 3)
    with monkeypatch.context() as broken:
        for method in (Journal, "append"), (Spool, "reopen"):
            broken.setattr(*method, lambda *_: (_ for _ in ()).throw(OSError(errno.EIO, "it failed")))
        broken.setattr("ingest.service.workers.pool.FAULT_PAUSE_SECONDS", 0.1)
        stop = iter([False] * 20 + [True] * 9)
        broken.setattr("ingest.service.runner.StopSignal.__call__", lambda _: next(stop))
        runner.up(settings, clean=plain)
    assert not (settings.spool / "journal.jsonl").exists()
    assert runner.up(settings, once=True, clean=plain) == 0
    assert disagreements(settings, given) == []


@pytest.mark.parametrize("seed", range(6))
def test_after_a_power_cut_sources_records_and_lines_agree(make: Make, seed: int) -> None:
    """What was not forced to the disk is lost in any combination: lines from some byte on, zeros amid them, renames."""
    dice = random.Random(seed)  # noqa: S311
    settings = make(max_bytes=1000)
    given = give(settings, 12)
    runner.up(settings, once=True, clean=plain)
    whole = (settings.spool / "journal.jsonl").read_bytes()
    cut = bytearray(whole[: dice.choice([0, len(whole), dice.randrange(len(whole))])])
    if seed % 2 and len(cut) > 600:
        at = dice.randrange(len(cut) - 500)
        cut[at : at + 500] = bytes(500)
    (settings.spool / "journal.jsonl").write_bytes(cut)
    if seed % 3 == 0 or len(cut) == len(whole):  # what is noted as durable has no zeros: then the notes are lost, too
        (settings.spool / ".journal-durable").unlink()
    for path in [path for fate in ("done", "quarantine") for path in (settings.spool / fate).rglob("*~*")]:
        if dice.random() < 0.4:
            path.rename(settings.spool / "claimed" / path.name)
            if path.name.endswith("bad.txt"):
                (path.parent / f"{path.name[:23]}.reason.json").unlink()
    image = settings.spool.parent / "image"
    shutil.copytree(settings.spool, image)  # as a copied disk: with times of its own
    copied = make(spool=image, max_bytes=1000)
    assert runner.up(copied, once=True, clean=plain) == 0
    assert disagreements(copied, given) == []


def test_concurrent_lines_stay_whole_for_writers_and_followers(tmp_path: Path) -> None:
    found = Journal(str(tmp_path))
    found.append({"token": "one"})
    following = follow(found, pause_seconds=0.01)
    pid = os.fork()
    if pid == 0:
        time.sleep(0.2)
        with open(found.path, "ab") as file:
            file.write(b'{"token": "to')
        time.sleep(0.2)
        found.append({"token": "two"})
        found.rotate()
        Journal(str(tmp_path), limit=1).rotate()
        found.append({"token": "three"})
        os._exit(0)
    assert [next(following)["token"], next(following)["token"]] == ["two", "three"]
    os.waitpid(pid, 0)
    assert [line["token"] for line in found.lines()] == ["one", "two", "three"]


def test_lines_of_removed_rotated_files_are_not_written_again(make: Make) -> None:
    settings = make(journal_bytes=4096)
    for number in range(60):
        drop(settings, f"{number}.txt", f"article {number}")
    runner.up(settings, once=True, clean=plain)
    taken = list(settings.spool.glob("journal-*.jsonl"))
    assert taken
    lines = sum(len(path.read_bytes().splitlines()) for path in settings.spool.glob("journal*.jsonl"))
    assert lines == 60
    for path in taken:
        path.unlink()
    left = list(Journal(str(settings.spool)).lines())
    runner.up(settings, once=True, clean=plain)
    assert list(Journal(str(settings.spool)).lines()) == left


def test_sources_that_are_not_kept_have_their_lines(make: Make) -> None:
    settings = make(keep_days=0)
    for number in range(5):
        drop(settings, f"{number}.txt", f"article {number}")
    runner.up(settings, once=True, clean=plain)
    assert [path for path in (settings.spool / "done").rglob("*") if path.is_file()] == []
    assert len(list(Journal(str(settings.spool)).lines())) == 5


def test_a_line_says_when_its_source_was_received(make: Make) -> None:
    settings = make()
    drop(settings, "a.txt", "article")
    runner.up(settings, once=True, clean=plain)
    (line,) = Journal(str(settings.spool)).lines()
    assert line["received"] == journal.received(line["token"])
    assert line["received"] <= line["time"]


def test_a_duplicate_with_new_claims_is_reported_and_keeps_its_sidecar(make: Make) -> None:
    settings = make()
    for name, claims in (("a", {"url": "https://example.org/1"}), ("b", {"url": "https://example.org/2"}), ("c", None)):
        if claims:
            drop(settings, f"{name}.txt.meta.json", json.dumps(claims))
        drop(settings, f"{name}.txt", "the same")
        runner.up(settings, once=True, clean=plain)
    found = {line["name"]: (line["outcome"], line.get("claims_lost")) for line in Journal(str(settings.spool)).lines()}
    assert found == {"a.txt": ("stored", None), "b.txt": ("duplicate", ["url"]), "c.txt": ("stored", None)}
    kept = [json.loads(path.read_text()) for path in (settings.spool / "done").rglob("*.meta.json")]
    assert {"url": "https://example.org/2"} in kept
