"""The intake over HTTP, through a real server; killed while articles are sent."""

from __future__ import annotations

import http.client
import json
import os
import random
import re
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from ingest.service.environment import load_settings
from ingest.service.settings import Settings
from ingest.service.ticket import Ticket
from tests.support.processes import Tree, article, until

TOKEN = "a token of the intake"  # noqa: S105
BOUNDARY = "two-dashes-and-this"


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    for name in [name for name in os.environ if name.startswith("INGEST_")]:
        monkeypatch.delenv(name)
    return load_settings(spool=tmp_path / "spool", out=tmp_path / "out", settle_seconds=0.0, workers=1)


@pytest.fixture
def start(settings: Settings, tmp_path: Path) -> Iterator[Callable[..., Tree]]:
    started: list[Tree] = []

    def one(*words: str, **environment: str) -> Tree:
        tree = Tree(settings, "ingest", *words, log=tmp_path / f"{words[0]}-{len(started)}", **environment)
        started.append(tree)
        return tree

    yield one
    for tree in started:
        tree.kill()


def _port(tree: Tree) -> int:
    until(lambda: "(Ctrl-C" in tree.log.read_text())
    [*_, found] = re.findall(r"http://127\.0\.0\.1:(\d+)/", tree.log.read_text())
    return int(found)


def _ask(port: int, method: str, path: str, body: bytes = b"", **headers: str) -> tuple[int, dict[str, Any]]:
    line = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    given = {name.replace("_", "-"): value for name, value in headers.items()}
    line.request(method, path, body, {"Authorization": f"Bearer {TOKEN}"} | given)
    answer = line.getresponse()
    return answer.status, json.loads(answer.read())


def _part(name: str, content: str, more: str = "") -> str:
    return f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"{more}\r\n\r\n{content}\r\n'


def test_articles_come_in_and_outcomes_go_out(settings: Settings, start: Callable[..., Tree]) -> None:
    start("up")
    until((settings.spool / "quarantine").is_dir)
    port = _port(start("serve", "--port", "0", INGEST_INTAKE_TOKEN=TOKEN, INGEST_MAX_BYTES="20000"))
    claims = json.dumps({"section": "World"})
    status, said = _ask(
        port, "POST", "/articles?url=https://news.example/1&name=one.txt", article(1).encode(), Ingest_Claims=claims
    )
    assert status == 202
    [row] = said["articles"]
    line = Ticket(row["id"], f"claimed/{row['token']}~one.txt", settings).wait(60)
    assert line["outcome"] == "stored"
    assert _ask(port, "GET", row["outcome"]) == (200, line)
    record = json.loads((settings.out / row["id"][:2] / f"{row['id']}.json").read_bytes())
    assert (record["url"], record["section"]) == ("https://news.example/1", "World")

    parts = [
        _part("url", "https://news.example/2"), _part("claims", claims), _part("article", article(2), '; filename="две.txt"'),
        _part("article", article(3), '; filename="3.txt"'), f"--{BOUNDARY}--\r\n",
    ]  # fmt: skip
    kind = f"multipart/form-data; boundary={BOUNDARY}"
    status, said = _ask(port, "POST", "/articles", "".join(parts).encode(), Content_Type=kind)
    assert (status, len(said["articles"])) == (202, 2)

    for expected, path, body, headers in (
        (401, "/articles", b"text", {"Authorization": "Bearer wrong"}),
        (413, "/articles", b"x" * 20_001, {}),
        (400, "/articles", b"text", {"Ingest_Claims": "[]"}),
        (400, "/articles", _part("page", "text").encode() + f"--{BOUNDARY}--\r\n".encode(), {"Content_Type": kind}),
        (400, "/articles", f"--{BOUNDARY}--\r\n".encode(), {"Content_Type": kind}),
        (422, "/articles", b"\x1f\x8b\x08\x00cut off", {}),
    ):
        status, said = _ask(port, "POST", path, body, **headers)
        assert status == expected, (path, said)
        assert said.get("error") or said["articles"][0]["reason"]
    assert _ask(port, "GET", "/articles/claimed%2e%2e")[0] == 404
    assert _ask(port, "GET", f"/articles/{'0' * 16}-abcdef")[0] == 404


def test_nothing_that_was_accepted_is_lost_under_kills(settings: Settings, start: Callable[..., Tree]) -> None:
    watcher = start("up")
    until((settings.spool / "quarantine").is_dir)
    server = start("serve", "--port", "0", INGEST_INTAKE_TOKEN=TOKEN)
    dice = random.Random(3)  # noqa: S311
    accepted: list[dict[str, str]] = []
    port, due = _port(server), time.monotonic() + 0.5
    for number in range(60):
        for _ in range(20):  # as a client should: without an answer it sends again
            try:
                status, said = _ask(port, "POST", "/articles?name=a.txt", article(number).encode())
            except (OSError, http.client.HTTPException):
                continue
            if status == 202:
                accepted += said["articles"]
                break
        if time.monotonic() > due:
            due = time.monotonic() + 1
            if dice.random() < 0.6:
                server.kill()
                server.log.write_text("")
                server.start()
                port = _port(server)
            else:
                os.kill(watcher.children()[-1], signal.SIGKILL)
    assert len(accepted) == 60
    for row in accepted:
        line = Ticket(row["id"], f"claimed/{row['token']}~a.txt", settings).wait(60)
        assert (line["outcome"], line["id"]) == ("stored", row["id"])
    assert len(list(settings.out.glob("??/*.json"))) == 60


def test_without_a_token_there_is_no_intake(settings: Settings, start: Callable[..., Tree]) -> None:
    port = _port(start("serve", "--port", "0"))
    status, said = _ask(port, "POST", "/articles", b"text")
    assert (status, said) == (404, {"error": "there is no intake: INGEST_INTAKE_TOKEN is not set"})
    assert _ask(port, "GET", f"/articles/{'0' * 16}-abcdef")[0] == 404
    assert not settings.spool.exists()
