"""Failures of folders: two watchers, a clock set back, no inode, read-only, other mounts, files that change, too many at once."""

from __future__ import annotations

import os
import shutil
import threading
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from click.testing import CliRunner

from ingest import Rejected
from ingest.cli import cli
from ingest.core.model import Gone, Outcome, Stored
from ingest.core.record import Confidence
from ingest.service import runner
from ingest.service.broker import Broker
from ingest.service.composition import open_service
from ingest.service.journal import Journal
from ingest.service.settings import Settings
from ingest.service.spool import Spool, filenames
from ingest.service.spool.clock import MAX_CLOCK_SKEW_SECONDS, age_key
from ingest.service.spool.inbox import Inbox
from ingest.service.watcher import Watcher
from tests.support.processes import Redis, Tmpfs, Tree, drop, names_in, plain, records_in, status, until

Make = Callable[..., Settings]
HOUR = 3600.0


def outcome_counts(settings: Settings) -> Counter[str]:
    return Counter(line["reason"] or line["outcome"] for line in Journal(str(settings.spool)).lines())


# --- two watchers -----------------------------------------------------------------------------------------------------


def test_two_watchers_share_an_inbox_without_a_file_twice(make: Make) -> None:
    settings = make()
    Spool(settings.spool).prepare()
    for number in range(400):
        drop(settings, f"{number}.txt", "text")
    children = []
    for _ in range(2):
        if pid := os.fork():
            children.append(pid)
            continue
        spool = Spool(settings.spool)
        for found in list(
            Inbox(spool.at("inbox"), filenames.ignore_pattern(()), settle_seconds=0, polled=False).scan()
        ):
            spool.claim(found.inbox_path)
        os._exit(0)
    assert [os.waitpid(pid, 0)[1] for pid in children] == [0, 0]
    assert names_in(settings.spool / "claimed") == sorted(f"{number}.txt" for number in range(400))


def test_a_watcher_that_stands_by_is_shown(make: Make) -> None:
    settings = make()
    first = Watcher(open_service(settings), "up")
    asked = iter([False, False, True])
    seen = []

    def stopping() -> bool:
        seen.append(status(settings))
        return next(asked)

    Watcher(open_service(settings), "up", stopping=stopping).close()
    assert "standing by  1" in seen[-1]
    assert "standing by  0" in status(settings)
    first.close()


# --- the clock --------------------------------------------------------------------------------------------------------


def test_a_clock_set_back_delays_nothing(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = make()
    Spool(settings.spool).prepare()
    Spool(settings.spool).deposit(b"left by the dead", name="left.txt")
    drop(settings, "new.txt", "new")
    real = time.time
    monkeypatch.setattr(time, "time", lambda: real() - HOUR)
    assert "the clock was set back" in status(settings)
    runner.up(settings, once=True, clean=plain)
    assert outcome_counts(settings) == {"stored": 2}


def test_lost_tickets_are_found_with_any_clock(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = make()
    watcher = Watcher(open_service(settings), "watch")
    path = watcher.spool.deposit(b"x", name="x.txt")
    now = time.time()
    assert watcher.lost_tickets(now) == []  # it may still wait behind what is next in the queue
    monkeypatch.setattr(time, "time", lambda: now + 20)
    assert watcher.lost_tickets(now + 20) == [path]
    assert watcher.lost_tickets(now + 20) == []  # queued again, and not yet passed by
    monkeypatch.setattr(time, "time", lambda: now - HOUR)
    watcher._queued.clear()
    assert watcher.lost_tickets(now - 2) == []  # what is next was published before the clock was set back, too
    assert watcher.lost_tickets(now - HOUR) == [path]
    assert watcher.lost_tickets(None) == []
    watcher.close()


def test_times_in_the_future_count_as_the_oldest() -> None:
    now = time.time()
    times = [
        now - HOUR,
        now,
        now + MAX_CLOCK_SKEW_SECONDS / 2,
        now + HOUR,
    ]  # another host's clock may be ahead a little
    assert sorted(times, key=age_key()) == [times[3], *times[:3]]


def test_the_journal_keeps_its_order(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = make()
    settings.spool.mkdir()
    journal = Journal(str(settings.spool), limit=0)
    real = time.time_ns
    for turn in range(4):
        monkeypatch.setattr(time, "time_ns", lambda turn=turn: real() - turn * 10**12)
        journal.append({"turn": turn})
        journal.rotate()
    assert [line["turn"] for line in journal.lines()] == [0, 1, 2, 3]


# --- disks ------------------------------------------------------------------------------------------------------------


def started(settings: Settings) -> threading.Thread:
    thread = threading.Thread(target=runner.up, args=(settings,), kwargs={"once": True, "clean": plain})
    thread.start()
    return thread


def test_without_free_inodes_intake_pauses_and_no_attempt_is_charged(make: Make, disk: Callable[..., Tmpfs]) -> None:
    settings = make()
    small = disk(settings.out, "size=4m,nr_inodes=40")
    for number in range(60):
        drop(settings, f"{number}.txt", f"article {number}")
    up = started(settings)
    until(lambda: "df -i" in status(settings))
    assert 0 < len(records_in(settings.out)) < 40
    assert outcome_counts(settings).keys() <= {"stored"}
    small.remount("nr_inodes=1000")
    up.join()
    assert outcome_counts(settings) == {"stored": 60}
    assert len(records_in(settings.out)) == 60


def test_with_a_read_only_out_folder_intake_pauses_and_no_attempt_is_charged(
    make: Make, disk: Callable[..., Tmpfs]
) -> None:
    settings = make()
    locked = disk(settings.out, "size=4m,ro")
    for number in range(5):
        drop(settings, f"{number}.txt", f"article {number}")
    up = started(settings)
    until(lambda: "intake is held back" in status(settings))
    assert f"mount -o remount,rw {settings.out}" in status(settings)
    assert len(list((settings.spool / "inbox").iterdir())) == 5
    locked.remount("rw")
    up.join()
    assert outcome_counts(settings) == {"stored": 5}


def test_an_inbox_on_another_mount_is_refused_with_the_fix(make: Make, disk: Callable[..., Tmpfs]) -> None:
    settings = make()
    disk(settings.spool / "inbox", "size=1m")
    start = CliRunner().invoke(cli, ["up", "--once", "--spool", str(settings.spool), "--out", str(settings.out)])
    assert start.exit_code == 2
    assert "mount the whole spool folder, not the folders in it" in " ".join(start.output.split())
    assert "mount the whole spool folder" in status(settings)


def test_a_subfolder_on_another_mount_blocks_no_other_file(make: Make, disk: Callable[..., Tmpfs]) -> None:
    settings = make()
    disk(settings.spool / "inbox/usb", "size=1m")
    drop(settings, "usb/stuck.txt", "text")
    drop(settings, "free.txt", "text")
    watcher = Watcher(open_service(settings), "up")
    assert [path[32:] for path in watcher.claim(9)] == ["free.txt"]
    watcher.maintain(queued=0)
    assert "1 files of the inbox cannot be claimed: usb/stuck.txt: inbox/usb is a mount of its own" in status(settings)
    watcher.close()


# --- files that change ------------------------------------------------------------------------------------------------


def ran(settings: Settings, during: Callable[[str], object], *, refuse: bool = False) -> Outcome:
    """One file through a job, with something done to it while it is cleaned."""
    spool = Spool(settings.spool)
    spool.prepare()
    drop(settings, "a.txt.meta.json", '{"section": "World"}')
    drop(settings, "a.txt", "first")
    path = str(spool.claim("a.txt", sidecar=True))

    def clean(*_: object, **__: object) -> Any:
        during(spool.at(path))
        if refuse:
            raise Rejected("undecodable", "half a file")
        return SimpleNamespace(
            publisher=None, headline=None, body="", removed=(), confidence=Confidence(), to_json=lambda: "{}"
        )

    return open_service(settings).open_job(clean=clean).run(path)


@pytest.mark.parametrize("refuse", [False, True])
def test_a_file_written_to_while_it_is_read_goes_back(make: Make, refuse: bool) -> None:  # noqa: FBT001
    settings = make()
    assert ran(settings, lambda path: Path(path).write_text("first and more"), refuse=refuse) == Gone()
    assert (settings.spool / "inbox/a.txt").read_text() == "first and more"
    assert (settings.spool / "inbox/a.txt.meta.json").exists()
    assert (records_in(settings.out), outcome_counts(settings)) == ([], {})


def test_a_returned_file_does_not_overwrite_a_new_one(make: Make) -> None:
    settings = make()

    def during(path: str) -> None:
        Path(path).write_text("first and more")
        drop(settings, "a.txt", "second")

    ran(settings, during)
    texts = {path.read_text() for path in (settings.spool / "inbox").rglob("a.txt")}
    assert texts == {"first and more", "second"}


def test_a_file_removed_or_replaced_while_it_is_read_is_handled(make: Make) -> None:
    settings = make()
    assert ran(settings, lambda path: (os.unlink(path), drop(settings, "a.txt", "second"))) == Gone()
    assert ran(settings, lambda _: None) == Stored()
    assert outcome_counts(settings) == {"stored": 1}


def test_a_file_is_claimed_when_it_has_stopped_growing(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = make()
    Spool(settings.spool).prepare()
    inbox = Inbox(str(settings.spool / "inbox"), filenames.ignore_pattern(()), settle_seconds=2.0, polled=False)
    file = drop(settings, "slow.txt", "")
    began = time.time() - HOUR
    for second in range(60):  # a writer that pauses for less than it must have stood still
        os.utime(file, (began + second, began + second))
        monkeypatch.setattr("ingest.service.spool.inbox._file_system_time", lambda _, now=began + second + 1.9: now)
        assert list(inbox.scan()) == []
        assert inbox.unstable_count == 1
    monkeypatch.setattr("ingest.service.spool.inbox._file_system_time", lambda _: began + 61.1)
    assert [found.inbox_path for found in inbox.scan()] == ["slow.txt"]


def test_a_folder_that_disappears_does_not_end_the_scan(make: Make) -> None:
    settings = make()
    drop(settings, "a.txt", "text")
    drop(settings, "b/c.txt", "text")
    scan = Inbox(str(settings.spool / "inbox"), filenames.ignore_pattern(()), settle_seconds=0, polled=False).scan()
    assert next(scan).inbox_path == "a.txt"
    shutil.rmtree(settings.spool / "inbox/b")
    drop(settings, "b", "text")
    assert list(scan) == []


# --- many -------------------------------------------------------------------------------------------------------------


def test_thousands_at_once_are_all_taken(make: Make) -> None:
    settings = make(max_claimed=100)
    for number in range(3000):
        drop(settings, f"{number % 3}/{number}.txt", f"article {number}")
    runner.up(settings, once=True, clean=plain)
    assert outcome_counts(settings) == {"stored": 3000}


def test_a_folder_of_ten_thousand_moved_in_is_queued_whole(
    make: Make, tree: Callable[..., Tree], redis: Redis, tmp_path: Path
) -> None:
    settings = make(broker_url=redis.url)
    watcher = tree(settings, "ingest", "watch", INGEST_MAX_CLAIMED="20000")
    until((settings.spool / ".desks").is_dir)
    outside = tmp_path / "outside"
    outside.mkdir()
    for number in range(10_000):
        os.mknod(outside / f"{number}.txt")
    outside.rename(settings.spool / "inbox/batch")
    until(lambda: len(os.listdir(settings.spool / "claimed")) == 10_000)
    broker = Broker(settings)
    until(lambda: broker.waiting() >= 10_000 / settings.tickets_per_task)
    assert os.listdir(settings.spool / "inbox/batch") == []
    assert watcher.end() == 0
