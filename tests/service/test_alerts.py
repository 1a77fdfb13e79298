"""Alerts: told once when something begins and once when it ends, to a real command and a real receiver, across restarts and failures."""

from __future__ import annotations

import json
import logging
import os
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.errors import InvalidSettings
from ingest.service import alert_delivery
from ingest.service.alert_conditions import JournalConditions
from ingest.service.alert_delivery import DeliveryError, post, run_command
from ingest.service.alert_state import read_alerts
from ingest.service.alerts import Alerts
from ingest.service.composition import open_service
from ingest.service.environment import load_settings
from ingest.service.journal import Journal
from ingest.service.spool import Spool
from ingest.service.status import read_status
from tests.support.processes import until

NOW = datetime(2026, 11, 29, 12, tzinfo=UTC)
SAVE = "import sys; open(sys.argv[1], 'ab').write(sys.stdin.buffer.read())"


def line(outcome: str, at: datetime = NOW, **more: Any) -> dict[str, Any]:
    return {"time": at.isoformat(timespec="milliseconds"), "name": "x", "id": None, "outcome": outcome} | more


def append(root: Path, *lines: dict[str, Any]) -> None:
    with (root / "journal.jsonl").open("a") as journal:
        for number, each in enumerate(lines):
            journal.write(json.dumps(each | {"token": f"{time.time_ns():x}-{number}"}) + "\n")


class Receiver:
    """A server that keeps the messages it gets and answers with `status`."""

    def __init__(self) -> None:
        self.status, self.seconds, self.got = 200, 0.0, list[dict[str, Any]]()
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                time.sleep(outer.seconds)
                outer.got.append(json.loads(self.rfile.read(int(self.headers["content-length"]))))
                self.send_response(outer.status)
                self.send_header("location", "http://127.0.0.1:1/")
                self.send_header("content-length", "0")
                self.end_headers()

            def log_message(self, *_: Any) -> None:
                pass

        self.server = HTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/hook?secret=hunter2"
        threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True).start()


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    made = Receiver()
    yield made
    made.server.shutdown()
    made.server.server_close()


@pytest.fixture
def spool(tmp_path: Path) -> Path:
    (tmp_path / "out").mkdir()
    Spool(tmp_path / "spool").prepare()
    return tmp_path / "spool"


def alerts_of(spool: Path, **settings: Any) -> Alerts:
    return Alerts(open_service(load_settings(spool=spool, out=spool.parent / "out", **settings)))


def checked(alerts: Alerts, at: datetime = NOW, broken: str | None = None) -> None:
    alerts.check(broken, at)
    alerts.wait()


def told(messages: list[dict[str, Any]]) -> list[tuple[str, str, str]]:
    return [(each["kind"], each["subject"], each["state"]) for message in messages for each in message["alerts"]]


def test_a_command_and_a_webhook_are_told_of_each_change_once(spool: Path, receiver: Receiver) -> None:
    saved = spool.parent / "saved by a command"
    settings = {"alert_command": f"{sys.executable} -c \"{SAVE}\" '{saved}'", "alert_webhook": receiver.url}
    alerts = alerts_of(spool, **settings)
    append(spool, *[line("refused", reason="no_article")] * 15, *[line("stored")] * 5)
    for _ in range(3):
        checked(alerts)
    assert told(receiver.got) == [("refusals", "", "raised")]
    assert "15 of the last hour's 20 files were refused (75%)" in receiver.got[0]["text"]
    restarted = alerts_of(spool, **settings)
    checked(restarted)
    append(spool, *[line("stored")] * 20)
    checked(restarted)
    assert told(receiver.got) == [("refusals", "", "raised"), ("refusals", "", "cleared")]
    assert [json.loads(each) for each in saved.read_text().splitlines()] == receiver.got
    checked(alerts_of(spool, **settings))
    assert len(receiver.got) == 2


def test_drift_and_silence_of_a_publisher(spool: Path, receiver: Receiver) -> None:
    alerts = alerts_of(spool, alert_webhook=receiver.url)
    start = NOW - timedelta(days=60)

    def article(name: str, day: int, removed: int) -> dict[str, Any]:
        return line("stored", start + timedelta(days=day), publisher=name, words=100, words_removed=removed)

    append(
        spool,
        *[article(name, day, 40 + day % 7) for day in range(45) for name in ("steady.example", "changed.example")],
    )
    append(spool, *[article("steady.example", day, 40 + day % 7) for day in range(45, 60)])
    append(spool, *[article("changed.example", day, 300) for day in range(50, 60)])
    append(spool, *[article("silent.example", day, 40) for day in range(20)])
    checked(alerts)
    assert set(told(receiver.got)) == {("drift", "changed.example", "raised"), ("silence", "silent.example", "raised")}
    append(spool, article("silent.example", 60, 40))
    checked(alerts)
    assert told(receiver.got)[2:] == [("silence", "silent.example", "cleared")]
    (spool / "journal.jsonl").unlink()
    checked(alerts_of(spool, alert_webhook=receiver.url))
    assert told(receiver.got)[3:] == [("drift", "changed.example", "cleared")]


def test_what_cannot_be_sent_is_logged_said_in_status_and_sent_later(
    spool: Path, receiver: Receiver, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING)
    alerts = alerts_of(spool, alert_webhook=receiver.url, alert_command="/nonexistent/alert")
    receiver.status = 302
    checked(alerts, broken="the disk is full")
    checked(alerts, broken="the disk is full")
    failures = "INGEST_ALERT_COMMAND cannot be run: No such file or directory: /nonexistent/alert"
    status = read_status(alerts.service.settings)
    assert status["alerts"] == {  # type: ignore[typeddict-item]
        "raised": ["intake is held back: the disk is full"],
        "undelivered": [failures, "INGEST_ALERT_WEBHOOK answered 302"],
    }
    assert caplog.text.count("answered 302") == 1
    assert "hunter2" not in caplog.text + (spool / ".alerts.json").read_text()
    receiver.status = 200
    checked(alerts, broken="the disk is full")
    assert told(receiver.got) == [("no_progress", "", "raised")] * 3
    checked(alerts)
    assert told(receiver.got)[3:] == [("no_progress", "", "cleared")]
    assert read_status(alerts.service.settings)["alerts"]["raised"] == []  # type: ignore[typeddict-item]


def test_what_ended_before_it_could_be_sent_is_not_sent(spool: Path, receiver: Receiver) -> None:
    alerts = alerts_of(spool, alert_webhook=receiver.url)
    receiver.status = 500
    checked(alerts, broken="the disk is full")
    receiver.status, receiver.got = 200, []
    checked(alerts)
    assert receiver.got == []


def test_a_slow_receiver_holds_nobody_up(spool: Path, receiver: Receiver) -> None:
    alerts = alerts_of(spool, alert_webhook=receiver.url)
    receiver.seconds = 1.0
    began = time.monotonic()
    for _ in range(5):
        alerts.check("the disk is full", NOW)
    assert time.monotonic() - began < 0.9
    alerts.wait()
    assert told(receiver.got) == [("no_progress", "", "raised")]


def test_a_command_gets_its_words_as_they_are_and_is_killed_with_its_children(tmp_path: Path) -> None:
    run_command([sys.executable, "-c", SAVE, str(tmp_path / "; touch $HOME")], {"text": "a"})
    assert (tmp_path / "; touch $HOME").read_text() == '{"text": "a"}\n'
    pid = tmp_path / "pid"
    fork = (
        f"import os, time; child = os.fork(); child or open({str(pid)!r}, 'w').write(str(os.getpid())); time.sleep(60)"
    )
    with pytest.raises(DeliveryError, match="took longer than 1 s"):
        run_command([sys.executable, "-c", fork], {}, seconds=1)
    child = int(pid.read_text())
    until(lambda: not Path(f"/proc/{child}").exists() or " Z " in Path(f"/proc/{child}/stat").read_text())
    with pytest.raises(DeliveryError, match="status 3: what went wrong"):
        run_command([sys.executable, "-c", "import sys; print('what went wrong', file=sys.stderr); sys.exit(3)"], {})


def test_a_receiver_that_is_away_or_mute(receiver: Receiver) -> None:
    with pytest.raises(DeliveryError, match="cannot be reached: Connection refused"):
        post("http://127.0.0.1:1/", {})
    receiver.seconds = 3
    with pytest.raises(DeliveryError, match=r"does not answer|cannot be reached"):
        post(receiver.url, {}, seconds=0.2)


@given(st.binary(max_size=300))
def test_a_damaged_state_is_no_obstacle(content: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, ".alerts.json").write_bytes(content)
        assert read_alerts(folder) == {"raised": [], "undelivered": []}


def test_bad_settings_are_errors() -> None:
    for wrong in ({"alert_command": '"open'}, {"alert_command": "  "}, {"alert_webhook": "file:///etc/passwd"}):
        with pytest.raises(InvalidSettings):
            load_settings(**wrong)


def test_a_stalled_service_and_a_missing_worker_are_no_progress(spool: Path, receiver: Receiver) -> None:
    alerts = alerts_of(spool, alert_webhook=receiver.url)
    (spool / "claimed" / f"{time.time_ns():016x}-abcdef~a.txt").write_text("text")
    checked(alerts, datetime.now(UTC))
    assert receiver.got == []  # it has only just come
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("ingest.service.alerts.MAX_STALL_SECONDS", -1)
        checked(alerts, datetime.now(UTC))
    assert told(receiver.got) == [("no_progress", "", "raised")]
    assert "no worker is running" in receiver.got[0]["text"]


def test_conditions_wait_until_the_journal_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ingest.service.alert_conditions.SLICE_BYTES", 1000)
    append(tmp_path, *[line("refused")] * 40)
    conditions = JournalConditions(Journal(os.fspath(tmp_path)), 0.5)
    assert conditions.evaluate(NOW) == {}
    for _ in range(20):
        conditions.read_on()
    assert conditions.evaluate(NOW)["refusals", ""]


def test_the_limits_are_those_of_the_manual() -> None:
    text = (Path(__file__).parents[2] / "docs/alerts.md").read_text()
    assert f"{alert_delivery.COMMAND_SECONDS:g} seconds" in text
    assert f"{alert_delivery.WEBHOOK_SECONDS:g} seconds" in text
