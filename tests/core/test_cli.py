"""The commands as a shell sees them."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from ingest import Record
from tests.core.stories import ENGLISH

SEEDS = Path(__file__).parents[2] / "seeds"


def ingest(*arguments: object, stdin: bytes | None = None) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [sys.executable, "-m", "ingest", *map(str, arguments)], input=stdin, capture_output=True, check=False
    )


def test_records_go_to_the_terminal_or_to_a_folder(tmp_path: Path) -> None:
    shown = ingest("clean", SEEDS, "--jobs", 2)
    records = [Record.model_validate_json(line) for line in shown.stdout.splitlines()]
    assert (shown.returncode, [record.source.name for record in records]) == (
        0,
        sorted(path.name for path in SEEDS.iterdir()),
    )
    ingest("clean", SEEDS, "-o", tmp_path, "--format", "json")
    assert {path.name: Record.model_validate_json(path.read_bytes()) for path in tmp_path.iterdir()} == {
        f"{r.id}.json": r for r in records
    }


def test_a_refused_file_has_its_line_and_does_not_stop_the_others(tmp_path: Path) -> None:
    (tmp_path / "a\n\x1b[31m.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    (tmp_path / "b.txt").write_bytes(next(SEEDS.iterdir()).read_bytes())
    (tmp_path / ".hidden").write_bytes(b"no")
    done = ingest("clean", tmp_path)
    assert done.returncode == 1
    assert len(done.stdout.splitlines()) == 1
    [line] = [line for line in done.stderr.splitlines() if b": " in line]  # a slow machine says how far it is, too
    assert b"unsupported_format: The file is a PNG image" in line
    assert b"\x1b" not in done.stderr


def test_standard_input_url_and_sidecar_are_used(tmp_path: Path) -> None:
    raw = (SEEDS / "000_47fd47bebe7271c0.txt").read_bytes()
    piped = json.loads(ingest("clean", "-", "--url", "https://english.kyodonews.net/a", stdin=raw).stdout)
    assert (piped["publisher"]["name"], piped["source"]["name"]) == ("Kyodo News", None)
    (tmp_path / "a.txt").write_bytes(raw)
    (tmp_path / "a.txt.meta.json").write_text('{"headline": "Hayashi speaks", "published": "2023-02-24"}')
    [line] = ingest("clean", tmp_path).stdout.splitlines()
    record = json.loads(line)
    assert (record["headline"], record["published"], record["provenance"]["headline"]) == (
        "Hayashi speaks",
        "2023-02-24",
        "given",
    )


@pytest.mark.parametrize(
    "arguments", [["clean"], ["clean", "no-such-file"], ["clean", ".", "--format", "xml"], ["nonsense"]]
)
def test_usage_errors_exit_with_2(arguments: list[str]) -> None:
    done = ingest(*arguments)
    assert done.returncode == 2
    assert done.stderr.startswith(b"Usage:")


def test_schema_prints_the_records_schema() -> None:
    assert json.loads(ingest("schema").stdout)["properties"].keys() == Record.model_fields.keys()


def test_ctrl_c_exits_with_130(tmp_path: Path) -> None:
    raw = next(SEEDS.iterdir()).read_bytes()
    for number in range(300):  # their records fill the pipe ten times over: nobody reads it, so it cannot have ended
        (tmp_path / f"{number}.txt").write_bytes(raw + str(number).encode())
    running = subprocess.Popen(
        [sys.executable, "-m", "ingest", "clean", str(tmp_path), "--jobs", "2"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),  # noqa: PLW1509 - under a shell's `&` it is ignored
    )
    assert running.stdout
    assert running.stdout.readline()
    os.killpg(running.pid, signal.SIGINT)
    _, complaints = running.communicate(timeout=30)
    assert running.returncode == 130
    assert b"Traceback" not in complaints


def test_clean_says_which_files_tell_one_story_when_asked(tmp_path: Path) -> None:
    for name, title in (("a.txt", ENGLISH.title), ("b.txt", f"CORRECTED: {ENGLISH.title}")):
        (tmp_path / name).write_text("\n\n".join((title, *ENGLISH.prose)), encoding="utf-8")
    plain, told = (
        [json.loads(line) for line in ingest("clean", tmp_path, *more).stdout.splitlines()]
        for more in ((), ("--stories",))
    )
    first, second = told
    assert second["same_as"] == [{"id": first["id"], "relation": "correction"}]
    assert second["story"] == first["story"] == first["id"]
    assert second["changes"]["headline_before"] == ENGLISH.title
    unset = {"story": None, "same_as": [], "changes": None}
    assert [record | unset for record in told] == plain
