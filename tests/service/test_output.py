"""Output for people: nothing in it controls a terminal, forges a line or is a password."""

from __future__ import annotations

import json
import logging
import os
import pty
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner

from ingest.cli import cli
from ingest.service import runner
from ingest.service.broker import describe_error
from ingest.service.logs import JsonLines, TerminalLines
from ingest.service.settings import Settings
from ingest.service.spool import Spool
from tests.support import hostile
from tests.support.processes import article, drop, plain

Make = Callable[..., Settings]
OUR_STYLE = re.compile(r"\x1b\[[0-9;]*m")
NAMES = (
    "a\x1b]0;owned\x07.txt", "b\nstored\tall is well.txt", "c\x9b2J.txt", "d\u202egpj.exe", "e\u2028f.txt", "g\x7f\x08\r.txt",
    "h\U000e0041\u061c\u200b.txt",
)  # fmt: skip
PASSWORD = "p:w/1 @%"  # noqa: S105


def lines(settings: Settings, *words: str) -> list[str]:
    ran = CliRunner().invoke(
        cli,
        [*words, "--spool", str(settings.spool), "--out", str(settings.out)],
        env={"INGEST_BROKER_PASSWORD": PASSWORD},
    )
    assert ran.exception is None or isinstance(ran.exception, SystemExit), ran.output
    assert ran.output
    return ran.output.removesuffix("\n").split("\n")


def assert_harmless(shown: list[str]) -> None:
    for line in shown:
        assert line.replace("\t", " ").isprintable()


@pytest.mark.parametrize("name", ["signs.txt", "signs.html", "references.html", "linked-22.html"])
@pytest.mark.parametrize("form", [(), ("--json",)])
def test_explain_escapes_escape_sequences(name: str, form: tuple[str, ...], tmp_path: Path) -> None:
    file = tmp_path / name
    file.write_bytes(hostile.FIXED[name])
    said = CliRunner().invoke(cli, ["explain", str(file), *form], color=True).output
    assert said
    assert_harmless(OUR_STYLE.sub("", said).removesuffix("\n").split("\n"))


def test_names_cannot_control_the_terminal_or_forge_a_line(make: Make, capsys: pytest.CaptureFixture[str]) -> None:
    settings = make()
    for name in NAMES:
        drop(settings, name, "BUG in it")
        drop(settings, f"good-{name}", article(1))
    logged = logging.StreamHandler(sys.stderr)
    logged.setFormatter(JsonLines())
    logging.getLogger("ingest").addHandler(logged)
    try:
        runner.up(settings, once=True, clean=plain)
    finally:
        logging.getLogger("ingest").removeHandler(logged)
    for line in capsys.readouterr().err.splitlines():
        assert line.isprintable()
    shown = {
        words: lines(settings, *words) for words in (("failed", "list"), ("failed", "show"), ("journal",), ("status",))
    }
    assert [len(shown[words]) for words in (("failed", "list"), ("failed", "show"), ("journal",))] == [7, 7, 14]
    for said in shown.values():
        assert_harmless(said)


def test_a_log_entry_is_always_one_line() -> None:
    record = logging.LogRecord("x", 20, __file__, 1, "a\nb\x1b[31m %s", ("\u2028\x9b2J",), None)
    record.fields = {"name": "c\nd\u202e"}
    line = JsonLines().format(record)
    assert line.isprintable()
    assert json.loads(line)["message"] == "a\nb\x1b[31m \u2028\x9b2J"


HEADLINE = "Переговори\u00a0триватимуть می\u200cرود\u3000会談"


def settled(**more: str) -> logging.LogRecord:
    record = logging.LogRecord("ingest", 20, __file__, 1, "settled", (), None)
    record.fields = {"outcome": "stored", "name": "стаття\x1b[2J.txt", "headline": f"{HEADLINE}\x07\u202e", **more}
    record.data = {"args": ["of Celery's"]}
    return record


def test_a_log_keeps_each_script_and_escapes_what_is_not_printable() -> None:
    line = JsonLines().format(settled())
    assert f'"headline": "{HEADLINE}\\u0007\\u202e"' in line
    assert r"стаття\u001b[2J.txt" in line
    assert "Celery" not in line
    assert json.loads(line)["headline"] == f"{HEADLINE}\x07\u202e"


def test_on_a_terminal_the_log_is_human_readable() -> None:
    said = OUR_STYLE.sub("", TerminalLines().format(settled()))
    plain_spaces = HEADLINE.replace("\u00a0", " ").replace("\u3000", " ")
    assert re.fullmatch(r"\d\d:\d\d:\d\d  (.*)", said)[1] == rf"stored    стаття\x1b[2J.txt  {plain_spaces}\x07\u202e"
    said = TerminalLines().format(settled(outcome="refused", reason="empty", headline=""))
    assert OUR_STYLE.sub("", said).endswith(r"refused   стаття\x1b[2J.txt  empty")
    record = logging.LogRecord("ingest", 40, __file__, 1, "paused: %s", ("a\nb",), None)
    assert OUR_STYLE.sub("", TerminalLines().format(record)).endswith(r"  error: paused: a\nb")


def test_up_detects_a_terminal(make: Make) -> None:
    settings = make()
    ours, theirs = pty.openpty()
    flags = ["--spool", str(settings.spool), "--out", str(settings.out)]
    for stderr, wanted in ((theirs, rb"\n.*stored .*  "), (subprocess.PIPE, rb'"outcome": "stored"')):
        drop(settings, "стаття.txt", article(1))
        done = subprocess.run([sys.executable, "-m", "ingest", "up", "--once", *flags], stderr=stderr, check=True)
        said = done.stderr or os.read(ours, 65_536)
        assert re.search(wanted, said)
        assert "стаття.txt".encode() in said
    os.close(ours)
    os.close(theirs)


@pytest.mark.parametrize(
    "url", ["redis://127.0.0.1:1/0", "redis://news@127.0.0.1:1/0", "redis://:inline-1@127.0.0.1:1/0"]
)
def test_no_password_is_shown(make: Make, url: str) -> None:
    settings = make(broker_url=url, broker_password=PASSWORD)
    Spool(settings.spool).prepare()
    drop(settings, "a.txt", "text")
    said = [
        line
        for words in (("status",), ("status", "--json"), ("settings",))
        for line in lines(settings, *words, "--broker", url)
    ]
    said += [repr(settings), describe_error(settings, OSError(f"cannot use {settings.broker} with {PASSWORD}"))]
    for secret in (*settings.secrets, "inline-1", PASSWORD):
        assert not any(secret in line for line in said)
