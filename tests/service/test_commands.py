"""The commands status, failed, journal, reclean and enqueue."""

from __future__ import annotations

import contextlib
import fcntl
import gzip
import json
import os
import pty
import re
import struct
import subprocess
import sys
import termios
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from ingest.cli import cli
from ingest.service import runner
from ingest.service.journal import Journal
from ingest.service.record_store import SegmentStore
from ingest.service.settings import Settings
from ingest.service.spool import Spool
from tests.support.processes import article, drop, names_in, plain, records_in

Make = Callable[..., Settings]


def run(settings: Settings, *words: str) -> Result:
    return CliRunner().invoke(cli, [*words, "--spool", str(settings.spool), "--out", str(settings.out)])


@pytest.fixture
def used(make: Make) -> Settings:
    settings = make()
    drop(settings, "good.txt", article(1))
    drop(settings, "bad.txt", "BUG in it")
    drop(settings, "no.txt.meta.json", '["no object"]')
    drop(settings, "no.txt", "text")
    runner.up(settings, once=True, clean=plain)
    return settings


def test_status_counts_and_explains(used: Settings) -> None:
    seen = json.loads(run(used, "status", "--json").stdout)
    assert (seen["inbox"], seen["claimed"], seen["done"]) == (0, 0, 1)
    assert seen["quarantined"] == {"bug": 1, "invalid_claims": 1}
    assert seen["why"] == []
    drop(used, "more.txt", article(2))
    text = run(used, "status").stdout
    assert "no watcher is running: start `ingest up`" in text
    text = run(used, "status", "--broker", "redis://:hunter2@127.0.0.1:1/0").stdout
    assert "Redis cannot be used at redis://:***@127.0.0.1:1/0" in text
    assert "hunter2" not in text


def test_failed_lists_shows_purges_and_retries(used: Settings) -> None:
    assert [line.split("\t")[1:] for line in run(used, "failed", "list", "--reason", "bug").stdout.splitlines()] == [
        ["bug", "bad.txt"]
    ]
    shown = json.loads(run(used, "failed", "show", "--reason", "bug").stdout)
    assert shown["message"].startswith("KeyError at processes.py:")
    assert run(used, "failed", "purge", "--yes", "--reason", "invalid_claims").stdout == "1 deleted\n"
    assert run(used, "failed", "retry").exit_code == 0
    assert names_in(used.spool / "claimed") == []
    assert "bug" not in run(used, "failed", "list").stdout


def test_reclean_replaces_records_under_new_rules(used: Settings) -> None:
    (record,) = records_in(used.out)
    before = record.read_bytes()  # of the stand-in
    assert run(used, "reclean").exit_code == 0
    assert record.read_bytes() != before
    assert names_in(used.spool / "done") == ["good.txt"]
    run(used, "reclean", "--publisher", "nobody.example")
    assert len(list(Journal(str(used.spool)).lines())) == 4


def test_the_limits_that_are_set_reach_the_core(make: Make) -> None:
    settings = make(max_blocks=1, max_bytes=2000, max_unpacked=2000)
    drop(settings, "cut.txt", article(1))
    drop(settings, "bomb.txt", gzip.compress(article(2).encode() * 50))
    runner.up(settings, once=True)
    (record,) = records_in(settings.out)
    assert json.loads(record.read_bytes())["provenance"]["body"] == "truncated"
    (why,) = run(settings, "failed", "show").stdout.splitlines()
    assert json.loads(why)["message"].endswith("(INGEST_MAX_UNPACKED)")


def test_the_journal_has_each_outcome_and_survives_rotation(make: Make) -> None:
    settings = make(journal_bytes=4096)
    journal = Journal(str(settings.spool), limit=100)
    Spool(settings.spool).prepare()
    for number in range(3):
        journal.append({"token": f"t{number}", "text": "x" * 60})
        journal.rotate()
    assert [line["token"] for line in journal.lines()] == ["t0", "t1", "t2"]
    assert journal.has("t2")
    assert len(run(settings, "journal").stdout.splitlines()) == 3


def test_segments_are_sealed_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = SegmentStore(tmp_path, records=3)
    ids = [f"{number:064x}" for number in range(8)]
    for record_id in ids:
        store.write(record_id, json.dumps({"id": record_id}).encode())
    monkeypatch.setattr("ingest.service.record_store.os.rmdir", _killed)
    with pytest.raises(KeyboardInterrupt):  # killed after the first pack was sealed
        store.maintain()
    monkeypatch.undo()
    SegmentStore(tmp_path, records=3).maintain(flush=True)
    lines = [json.loads(line)["id"] for file in sorted(tmp_path.glob("segments/*.jsonl")) for line in file.open()]
    assert lines == ids
    assert all(store.has(record_id) for record_id in ids)
    assert not store.has("f" * 64)


def _killed(_: str) -> None:
    raise KeyboardInterrupt


@pytest.mark.parametrize("folder", ["spool", "out"])
def test_a_folder_that_cannot_be_made_is_reported_in_one_sentence(make: Make, tmp_path: Path, folder: str) -> None:
    (tmp_path / "file").write_text("a file, not a folder")
    wrong = tmp_path / "file/below"
    result = run(make(**{folder: wrong}), "up", "--once")
    assert result.exit_code == 2
    assert f"{wrong} cannot be written to: Not a directory" in " ".join(result.output.split())


@pytest.mark.parametrize(
    "words", [["failed", "list"], ["failed", "purge", "--yes"], ["journal"], ["reclean"], ["health", "up"]]
)
def test_commands_say_that_there_is_no_spool(make: Make, words: list[str]) -> None:
    done = run(make(), *words)
    assert done.exit_code == 2
    assert "there is no spool at" in done.stderr


def test_long_lists_are_filtered_by_time_and_publisher(make: Make) -> None:
    settings = make()
    drop(settings, "a.txt", article(1))
    drop(settings, "b.txt", "BUG")
    runner.up(settings, once=True, clean=plain)

    def said(*words: str) -> list[str]:
        done = CliRunner().invoke(cli, [*words, "--spool", str(settings.spool), "--out", str(settings.out)])
        assert done.exit_code == 0, done.output
        return done.output.splitlines()

    assert len(said("journal", "--since", "1h")) == 2
    assert [json.loads(line)["name"] for line in said("journal", "--since", "2020-01-01", "--reason", "bug")] == [
        "b.txt"
    ]
    assert said("journal", "--since", "2999-01-01T00:00Z") == said("journal", "--publisher", "news.example") == []
    assert len(said("failed", "list", "--since", "5m")) == 1
    assert said("failed", "list", "--since", "2999-01-01") == []
    assert said("status")[-1].split() == ["ok", "nothing", "blocks"]
    bad = CliRunner().invoke(cli, ["journal", "--since", "soon", "--spool", str(settings.spool)])
    assert bad.exit_code == 2
    assert "'soon' is neither a day" in bad.output


def test_on_a_terminal_clean_has_a_bar_and_a_summary_and_explain_wraps(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in/a.txt").write_text(f"Harbour reopens\n\n{article(1)}", "utf-8")
    (tmp_path / "in/b.txt").touch()
    said = _on_a_terminal("clean", str(tmp_path / "in"), "-o", str(tmp_path / "out"))
    assert "cleaning" in said
    assert re.search(r"b\.txt: empty: [^\n]*\n", said)
    assert re.search(r"\n?1 cleaned, 1 refused \(1 empty\) in \d+ s, in ", said)
    rows = _on_a_terminal("explain", str(tmp_path / "in/a.txt")).splitlines()
    assert max(map(len, rows)) <= 80
    assert any(row.startswith(" " * 23) and row.strip() for row in rows)  # a wrapped line stands under its text


def _on_a_terminal(*words: str) -> str:
    """What a command prints on a terminal of 80 columns, without colours."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
    command = [sys.executable, "-m", "ingest", *words]
    with subprocess.Popen(command, stdout=theirs, stderr=theirs, env=os.environ | {"TERM": "xterm"}) as process:
        os.close(theirs)
        said = bytearray()
        with contextlib.suppress(OSError):  # EIO: the other side has closed
            while part := os.read(ours, 65_536):
                said += part
        process.wait(30)
    os.close(ours)
    return re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", said.decode()).replace("\r\n", "\n")
