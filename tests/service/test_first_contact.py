"""What a new user meets first: one file or a folder, links, URLs instead of paths, full disks."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from ingest import Rejected, clean, enqueue
from ingest.cli import cli
from ingest.core import pipeline
from ingest.core.preload import PAGE, TEXT
from ingest.errors import InvalidSettings
from ingest.service.environment import load_settings
from ingest.service.health import write_problem
from ingest.service.settings import Settings
from ingest.service.workers import ordered_map
from tests.support.processes import Tmpfs, article

ROOT = Path(__file__).parents[2]
Make = Callable[..., Settings]


def run(*words: object, **more: Any) -> Result:
    return CliRunner().invoke(cli, [*map(str, words)], **more)


def process(*words: object, folder: Path, **more: Any) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [sys.executable, "-m", "ingest", *map(str, words)], check=False, cwd=folder, stderr=subprocess.PIPE, **more
    )


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """With one article, and all that may lead out of a folder; the working folder of the test is above it."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "secret.txt").write_text(article(7))
    (tmp_path / "secret.json").write_text('{"headline": "Of another folder"}')
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere/other.txt").write_text(article(8))
    inside = tmp_path / "in"
    inside.mkdir()
    (inside / "a.txt").write_text(article(1))
    (inside / "a.txt.meta.json").symlink_to(tmp_path / "secret.json")
    (inside / "link.txt").symlink_to(tmp_path / "secret.txt")
    (inside / "below").symlink_to(tmp_path / "elsewhere")
    os.mkfifo(inside / "pipe")
    return inside


LEFT_ALONE = ["a.txt.meta.json: a symbolic link", "below: a symbolic link", "link.txt: a symbolic link", "pipe: a pipe"]


# --- one file is as many ----------------------------------------------------------------------------------------------


def probe(raw: bytes, **_: Any) -> None:
    """In place of the core: says which process it runs in, and whether that can reach the network."""
    if raw in (TEXT, PAGE):  # of `preload`, in the parent
        return
    if raw.startswith(b"LOOP"):
        time.sleep(1000)
    try:
        socket.socket().close()
        reach = "open"
    except PermissionError:
        reach = "shut"
    raise Rejected("bug", f"{os.getpid() == PARENT} {reach}")


PARENT = os.getpid()


@pytest.mark.skipif(sys.platform != "linux", reason="no filter of system calls here")
@pytest.mark.parametrize("words", [["clean"], ["explain"], ["explain", "--html"]])
def test_one_file_is_read_in_a_sandbox_too(folder: Path, monkeypatch: pytest.MonkeyPatch, words: list[str]) -> None:
    monkeypatch.setattr(f"{__name__}.PARENT", os.getpid())
    monkeypatch.setattr(pipeline, "clean", probe)
    monkeypatch.setattr(pipeline, "label_article", probe)
    piped = folder / "pipe"
    for given, source in (
        (folder / "a.txt", None),
        ("-", article(1)),
        (folder / "link.txt", None),
        (piped, article(2)),
    ):
        if given == piped and os.fork() == 0:
            piped.write_text(str(source))
            os._exit(0)
        done = run(*words, given, input=source if given == "-" else None)
        assert done.stderr.splitlines()[-1].endswith(": bug: False shut"), done.output
        assert done.exit_code == 1
    os.wait()


def test_a_single_file_that_hangs_is_killed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pipeline, "clean", probe)
    monkeypatch.setattr(ordered_map, "TIME_LIMIT_SECONDS", 1.0)
    done = run("clean", "-", input="LOOP")
    assert (done.exit_code, done.stderr.splitlines()[-1][:13]) == (1, "-: time_limit")


# --- links ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("words", [["clean"], ["explain", "--html", "-o", "pages"], ["enqueue"]])
def test_links_and_pipes_in_a_folder_are_named_and_skipped(folder: Path, words: list[str]) -> None:
    done = run(*words, "in")
    assert done.exit_code == 0
    assert sorted(done.stderr.splitlines()) == [f"in/{what}; skipped" for what in LEFT_ALONE]
    assert len(done.stdout.splitlines()) == 1
    assert "Of another folder" not in done.stdout
    made = [path.name for path in folder.parent.rglob("*.meta.json") if path.parent != folder]
    assert made == []  # no claims went along


def test_records_and_packs_that_are_links_are_skipped(folder: Path) -> None:
    run("clean", "in", "-o", "out")
    (record,) = Path("out").iterdir()
    Path("out", "0.json").symlink_to(record)
    done = run("report", "-o", "report.html")
    assert done.stderr == "{}: a symbolic link; skipped\n".format(Path("out/0.json").absolute())
    assert ": 1 records" in done.stdout
    Path("packs").mkdir()
    Path("packs/mine.toml").symlink_to(folder / "a.txt")
    for words in (["packs", "list", "packs"], ["packs", "check", "packs"], ["clean", "in/a.txt", "--packs", "packs"]):
        done = run(*words)
        assert done.exit_code == 0
        assert "packs/mine.toml: a symbolic link; skipped" in done.stderr.splitlines()


# --- addresses --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("words", [["clean"], ["explain"], ["enqueue"], ["validate"], ["explain", "--html"]])
def test_a_url_as_input_is_refused_with_advice(words: list[str]) -> None:
    done = run(*words, "https://example.org/a.html")
    assert done.exit_code == 2
    assert "https://example.org/a.html is an address: fetch it first, then give the file" in done.stderr


@pytest.mark.parametrize("address", ["s3://bucket/x", "file:///tmp/x", "redis://127.0.0.1/0", " S3://x", "gs+v2://b"])
@pytest.mark.parametrize(
    "words",
    [
        ["clean", "in", "-o"], ["clean", "in", "--packs"], ["explain", "--html", "in", "-o"],
        ["report", "-o"], ["report", "--pages"], ["packs", "list"], ["packs", "check", "--records"], ["clean"],
    ],
)  # fmt: skip
def test_a_url_is_not_accepted_as_a_path(folder: Path, words: list[str], address: str) -> None:
    before = sorted(folder.parent.iterdir())
    done = run(*words, address)
    assert done.exit_code == 2
    assert f"{address} is an address" in done.stderr
    assert sorted(folder.parent.iterdir()) == before


@pytest.mark.parametrize("address", ["file:///tmp/x", "redis://127.0.0.1/0", " S3://x", "gs+v2://b"])
@pytest.mark.parametrize("words", [["status", "--spool"], ["up", "--out"]])
def test_spool_and_records_are_in_folders_or_in_buckets(folder: Path, words: list[str], address: str) -> None:
    test_a_url_is_not_accepted_as_a_path(folder, words, address)


@pytest.mark.parametrize("name", ["PACKS", "BROKER_PASSWORD_FILE"])
def test_a_url_is_not_accepted_as_a_path_in_the_environment(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setenv(f"INGEST_{name}", "s3://bucket/x")
    with pytest.raises(InvalidSettings) as caught:
        load_settings()
    assert re.fullmatch(
        rf"INGEST_{name}: an address, not a path; only a \w+ of this machine can be used", str(caught.value)
    )


def test_python_errors_say_what_to_pass() -> None:
    for wrong in ("text", bytearray(b"text"), Path("a.html"), None):
        with pytest.raises(TypeError, match=rf"not {type(wrong).__name__}: pass bytes, such as "):
            clean(wrong)  # type: ignore[arg-type]
    for address in ("https://example.org/a.html", Path("s3://bucket/a.html")):
        with pytest.raises(ValueError, match="is an address: fetch it first"):
            enqueue(address)


# --- settings and tokens ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("TICKETS_PER_TASK", "0"),
        ("MAX_BYTES", "x"),
        ("OUT_FORMAT", "xml"),
        ("IGNORE", "no json"),
        ("IGNORE", "{}"),
        ("WORKERS", "-1"),
    ],
)
def test_a_wrong_setting_names_itself_alone(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    monkeypatch.setenv(f"INGEST_{name}", value)
    monkeypatch.setenv("INGEST_BROKER_PASSWORD", "hunter2")
    done = run("settings")
    assert done.exit_code == 2
    assert re.findall(r"INGEST_\w+", done.stderr) == [f"INGEST_{name}"]
    assert "hunter2" not in done.output


@pytest.mark.parametrize("words", [["list"], ["show"], ["retry"], ["purge", "--yes"]])
def test_an_unknown_token_is_named(make: Make, words: list[str]) -> None:
    settings = make()
    at = ["--spool", settings.spool, "--out", settings.out]
    run("up", "--once", *at)
    done = run("failed", *words, "no\x1bpe", *at)
    assert done.exit_code == 1
    assert done.stderr.splitlines()[0] == r"no\x1bpe: not found in the quarantine"


# --- what cannot be written -------------------------------------------------------------------------------------------

WRITERS = [
    ["clean", "in", "-o", "OUT"], ["explain", "--html", "in", "-o", "OUT"], ["explain", "--html", "in/a.txt", "-o", "OUT/page.html"],
    ["report", "-o", "OUT/report.html"], ["enqueue", "in", "--spool", "OUT"], ["up", "--once", "--spool", "OUT"],
]  # fmt: skip


def records_beside(folder: Path) -> None:
    run("clean", folder / "a.txt", "-o", "out")


@pytest.mark.parametrize("words", WRITERS, ids=" ".join)
def test_an_unusable_folder_is_reported_in_one_line(folder: Path, words: list[str]) -> None:
    records_beside(folder)
    wrong = "in/a.txt/below"
    done = run(*(word.replace("OUT", wrong) for word in words))
    assert done.exit_code == 2
    assert re.fullmatch(rf"Error: \S*{wrong} cannot be written to: Not a directory", done.stderr.splitlines()[-1])
    assert "Usage" not in done.stderr


@pytest.mark.parametrize("words", WRITERS[:5], ids=" ".join)
def test_a_full_disk_is_reported_in_one_line(folder: Path, disk: Callable[..., Tmpfs], words: list[str]) -> None:
    records_beside(folder)
    small = folder.parent / "small"
    if "enqueue" in words:
        small = folder.parent / "spool"
    disk(small, "size=64k,mode=777")
    with (small / "filler").open("wb", buffering=0) as filler, pytest.raises(OSError, match="No space"):
        filler.writelines([b"x" * 4096] * 17)
    done = run(*(word.replace("OUT", small.name) for word in words))
    said = write_problem(small)
    assert said
    assert said.endswith("is full: no disk is free; delete or move files")
    assert done.exit_code == 74
    assert done.stderr.splitlines()[-1].removeprefix("Error: ") in {said, said.replace(f"{small}", small.name)}
    assert [path.name for path in small.rglob("*") if path.is_file()] == ["filler"]


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full here")
@pytest.mark.parametrize(
    "words",
    [
        "clean in", "explain in/a.txt", "explain --html in/a.txt", "settings", "status --json", "packs list", "journal", "enqueue in",
        "validate r.json", "--help", "schema",
    ],
)  # fmt: skip
def test_a_full_standard_output_is_reported_in_one_line(folder: Path, words: str) -> None:
    (folder / "bad.txt").write_bytes(b"\x89PNG\r\n\x1a\n")
    if words.split(maxsplit=1)[0] in {"failed", "journal", "status"}:
        (folder.parent / "spool/inbox").mkdir(parents=True)
        (folder / "bad.txt").rename(folder.parent / "spool/inbox/bad.txt")
        process("up", "--once", folder=folder.parent)
    if "r.json" in words:
        Path("r.json").write_text("{}")
    with Path("/dev/full").open("wb") as full:
        done = process(*words.split(), folder=folder.parent, stdout=full)
    said = [
        line
        for line in done.stderr.decode().splitlines()
        if not re.search(r"skipped|unsupported|r\.json|\d of \d", line)
    ]
    assert said == ["Error: standard output is full: no disk is free; delete or move files"]
    assert done.returncode == 74


def test_a_closed_pipe_ends_the_command_quietly(folder: Path) -> None:
    for number in range(200):
        (folder / f"{number}.txt").write_text(article(number))
    with subprocess.Popen(
        [sys.executable, "-m", "ingest", "clean", "in"],
        cwd=folder.parent,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as running:
        assert running.stdout
        assert running.stderr
        running.stdout.readline()
        running.stdout.close()
        said = [
            line for line in running.stderr.read().decode().splitlines() if not re.search(r"skipped|\d of \d", line)
        ]
    assert (running.returncode, said) == (141, [])


def test_output_into_a_pipe_is_utf_8_whatever_the_locale(folder: Path) -> None:
    (folder / "a.txt").write_text(
        "Міністр заявив у понеділок, що переговори в столиці триватимуть ще тиждень.\n\n" + article(3)
    )
    done = process(
        "clean",
        "in/a.txt",
        folder=folder.parent,
        stdout=subprocess.PIPE,
        env=os.environ | {"PYTHONIOENCODING": "ascii"},
    )
    assert "Міністр" in done.stdout.decode()
