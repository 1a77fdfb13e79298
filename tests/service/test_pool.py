"""Documents that kill their worker, loop, exhaust memory or fail, in real worker processes with a scripted core."""

from __future__ import annotations

import errno
import json
import os
import signal
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from ingest.service import runner
from ingest.service.journal import Journal
from ingest.service.settings import Settings
from ingest.service.spool import Spool, durable
from ingest.service.spool.heartbeat import heartbeats
from tests.support.processes import drop, names_in, plain, records_in

Make = Callable[..., Settings]


def outcomes(settings: Settings) -> dict[str, list[str]]:
    """name → its outcomes, as the journal tells them."""
    found: dict[str, list[str]] = {}
    for line in Journal(str(settings.spool)).lines():
        found.setdefault(line["name"], []).append(line["reason"] or line["outcome"])
    return found


@pytest.mark.parametrize(
    ("word", "reason"), [("CRASH", "crash"), ("LOOP", "time_limit"), ("EAT", "memory_limit"), ("BUG", "bug")]
)
def test_a_bad_document_only_harms_itself(make: Make, word: str, reason: str) -> None:
    settings = make(time_limit=1.5 if word == "LOOP" else 60, memory_limit=100, max_attempts=2)
    for number in range(25):
        drop(settings, f"{number}.txt", f"article {number}")
    drop(settings, "bad.txt", f"{word} and so on")
    assert runner.up(settings, once=True, clean=plain) == 0
    found = outcomes(settings)
    assert found.pop("bad.txt") == [reason]
    assert found == {f"{number}.txt": ["stored"] for number in range(25)}
    assert names_in(settings.spool / "quarantine") == ["bad.txt"]
    assert len(records_in(settings.out)) == 25
    (why,) = (settings.spool / "quarantine").rglob("*.reason.json")
    said = json.loads(why.read_text())
    assert said["reason"] == reason
    if word != "BUG":
        assert [attempt["why"] for attempt in said["attempts"]] == [reason, reason]
    assert os.listdir(settings.spool / "claimed") == []
    assert list(heartbeats(str(settings.spool))) == []


def test_the_same_article_twice_gives_one_record_and_two_outcomes(make: Make) -> None:
    settings = make()
    drop(settings, "a.txt", "the same")
    drop(settings, "b/a.txt", "the same")
    runner.up(settings, once=True, clean=plain)
    assert outcomes(settings) == {"a.txt": ["stored", "stored"]}
    assert len(records_in(settings.out)) == 1


@pytest.mark.parametrize(("policy", "last"), [("skip", False), ("replace", True)])
def test_the_first_record_stays_unless_replace_is_set(make: Make, policy: str, last: bool) -> None:  # noqa: FBT001
    settings = make(on_duplicate=policy)
    for url in ("https://example.org/1", "https://example.org/2"):
        drop(settings, "a.txt.meta.json", json.dumps({"url": url}))
        drop(settings, "a.txt", "the same")
        runner.up(settings, once=True, clean=plain)
    (record,) = records_in(settings.out)
    assert json.loads(record.read_text())["url"].endswith("2" if last else "1")


def test_links_devices_and_broken_sidecars_are_refused(make: Make, tmp_path: Path) -> None:
    settings = make(max_bytes=1000)
    secret = tmp_path / "secret"
    secret.write_text("not for you")
    drop(settings, "fine.txt", "fine")
    (settings.spool / "inbox/link.txt").symlink_to(secret)
    os.mkfifo(settings.spool / "inbox/pipe")
    drop(settings, "claims.txt.meta.json", "{no json")
    drop(settings, "claims.txt", "text")
    drop(settings, "large.txt", "x" * 1001)
    runner.up(settings, once=True, clean=plain)
    assert outcomes(settings) == {
        "fine.txt": ["stored"], "link.txt": ["not_a_file"], "pipe": ["not_a_file"], "claims.txt": ["invalid_claims"],
        "large.txt": ["too_large"],
    }  # fmt: skip
    assert secret.read_text() == "not for you"


def test_killed_workers_charge_no_other_document(make: Make) -> None:
    settings = make(max_attempts=1)
    for number in range(20):
        drop(settings, f"{number}.txt", f"SLOW {number}")
    done = threading.Event()

    def murder() -> None:
        while not done.wait(0.4):
            for status in heartbeats(str(settings.spool)):
                if status.notes.get("role") == "child" and status.alive:
                    os.kill(status.notes["pid"], signal.SIGKILL)
                    break

    killer = threading.Thread(target=murder)
    killer.start()
    try:
        runner.up(settings, once=True, clean=plain)
    finally:
        done.set()
        killer.join()
    assert outcomes(settings) == {f"{number}.txt": ["stored"] for number in range(20)}


def test_with_a_full_disk_intake_pauses_and_no_attempt_is_charged(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = make()
    for number in range(10):
        drop(settings, f"{number}.txt", f"article {number}")
    full = time.monotonic() + 3
    whole = durable.write_atomically

    def write(target: str, content: bytes, *, staging: str | None = None) -> None:
        if staging and time.monotonic() < full:
            raise OSError(errno.ENOSPC, "No space left on device")
        whole(target, content, staging=staging)

    monkeypatch.setattr(durable, "write_atomically", write)
    runner.up(settings, once=True, clean=plain)
    assert time.monotonic() > full
    assert outcomes(settings) == {f"{number}.txt": ["stored"] for number in range(10)}


def test_the_journal_line_of_a_killed_worker_is_written_once(make: Make) -> None:
    settings = make()
    spool = Spool(settings.spool)
    spool.prepare()
    path = spool.deposit(b"x", name="x.txt")
    line = {"name": "x.txt", "outcome": "stored", "reason": None, "token": path[8:31]}
    old = time.time() - 60
    for _ in range(2):  # the second heartbeat file: of a worker killed after writing its line
        spool.done(path)
        desk = spool.at(".desks", "dead")
        Path(desk).write_text(json.dumps({"role": "child", "path": path, "line": line}) + "\n")
        os.utime(desk, (old, old))
        runner.up(settings, once=True, clean=plain)
    assert outcomes(settings) == {"x.txt": ["stored"]}


def test_the_loss_of_the_whole_tree_is_counted_separately(make: Make) -> None:
    settings = make(max_worker_losses=2)
    spool = Spool(settings.spool)
    spool.prepare()
    path = spool.deposit(b"x", name="x.txt")
    spool.record_failure(path, "deaths", "killed")
    desk = Path(spool.at(".desks", "dead"))
    desk.write_text(json.dumps({"role": "child", "path": path}) + "\n")
    os.utime(desk, (time.time() - 60,) * 2)
    runner.up(settings, once=True, clean=plain)
    assert outcomes(settings) == {"x.txt": ["killed"]}
