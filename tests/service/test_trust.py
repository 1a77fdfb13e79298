"""What another client of the broker, a sender and another user of the machine cannot do (SECURITY.md names each of these tests)."""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from celery import Celery
from click.testing import CliRunner

from ingest.cli import cli
from ingest.core.model import Gone, Stored
from ingest.service import runner
from ingest.service.composition import open_service
from ingest.service.enqueue import enqueue, publish
from ingest.service.settings import Settings
from ingest.service.spool import NotInSpool, Spool, SpoolError, filenames
from ingest.service.ticket import Ticket
from ingest.service.watcher import Watcher
from tests.support import hostile
from tests.support.processes import Redis, Tree, drop, lines_of, names_in, outcomes_by_name, plain, records_in, until

Make = Callable[..., Settings]
Grow = Callable[..., Tree]
DIARY = "a diary that nobody outside may read, and no record may hold"


@pytest.fixture
def diary(tmp_path: Path) -> Iterator[Path]:
    """A file outside the spool; it stays where it is, as it is, and nothing comes beside it."""
    folder = tmp_path / "home"
    folder.mkdir()
    file = folder / "diary.txt"
    file.write_text(DIARY)
    yield file
    assert file.read_text() == DIARY
    assert os.listdir(folder) == ["diary.txt"]


def everything(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*")}


# --- tickets ----------------------------------------------------------------------------------------------------------


def tickets(spool: Spool, diary: Path) -> list[Any]:
    token = filenames.new_token()
    linked = f"claimed/{token}~link.txt"
    os.symlink(diary, spool.at("claimed", linked[8:]))
    os.unlink(spool.at("claimed", linked[8:]))
    up = os.path.relpath(diary, spool.root)
    return [
        *hostile.TICKETS,
        str(diary),
        up,
        f"claimed/{os.path.relpath(diary, spool.at('claimed'))}",
        f"claimed/{diary}",
        linked,
    ]


def test_an_invalid_ticket_is_dropped_with_one_log_line(caplog: pytest.LogCaptureFixture) -> None:
    good = f"claimed/{filenames.claimed_name(filenames.new_token(), 'a/b.txt')}"
    for bad in hostile.TICKETS:
        caplog.clear()
        with caplog.at_level(logging.WARNING):
            assert filenames.tickets([bad, good, good]) == [good]
            assert not filenames.is_ticket(bad)
        assert [record.message for record in caplog.records] == ["dropped what is no ticket"]
        assert len(str(vars(caplog.records[0])["fields"])) < 600
        with pytest.raises(NotInSpool):
            filenames.split_path(bad)


def test_no_spool_method_accepts_an_invalid_ticket(make: Make, diary: Path) -> None:
    settings = make()
    spool = Spool(settings.spool)
    spool.prepare()
    job = open_service(settings).open_job(clean=plain)
    before = everything(settings.spool)
    for bad in tickets(spool, diary)[:-1]:
        assert job.run(bad) == Gone()
        assert not spool.holds(bad)
        for step in (
            spool.open, spool.read_sidecar, spool.failures, spool.return_to_inbox, spool.done, spool.whole_name, spool.delete, spool.reason,
            lambda path: spool.refuse(path, {}), lambda path: spool.record_failure(path, "attempts", "x"), lambda path: spool.read(path, 99),
            lambda path: spool.requeue(path, replace=False),
        ):  # fmt: skip
            with pytest.raises(NotInSpool):
                step(bad)
    assert everything(settings.spool) == before
    assert records_in(settings.out) == lines_of(settings) == []


@pytest.mark.usefixtures("redis")
def test_another_client_of_the_broker_reaches_no_file(
    make: Make, tree: Grow, redis: Redis, tmp_path: Path, diary: Path
) -> None:
    settings = make(broker_url=redis.url)
    spool = Spool(settings.spool)
    spool.prepare()
    neighbour = Celery("neighbour", broker=redis.url)
    neighbour.conf.update(
        broker_transport_options={"global_keyprefix": settings.broker_prefix}, task_default_queue="tickets"
    )

    def send(*given: Any, **named: Any) -> None:
        neighbour.send_task("ingest.run", args=given, kwargs=named)

    bad = tickets(spool, diary)
    send(bad)
    for each in bad:
        send([each])
        send(each)
    send()
    send([], [])
    send(paths=[str(diary)])
    # messages that are none, or of other tasks, or that Celery stumbles over
    for content in (
        "no JSON",
        "[]",
        "7",
        "{}",
        "[" * 99_999,
        '{"properties": {}}',
        '{"body": 7, "headers": {}, "properties": {"delivery_tag": "1"}}',
    ):
        redis.tell("LPUSH", f"{settings.broker_prefix}tickets", content)
    neighbour.send_task("celery.backend_cleanup")
    neighbour.send_task("no.such.task", args=[[str(diary)]])
    for headers in ({"task": ["ingest.run"]}, {"timelimit": "x"}, {"eta": "x"}, {"retries": "x", "group": 7}):
        neighbour.send_task("ingest.run", args=[[str(diary)]], headers=headers, **headers if "eta" in headers else {})
    ticket = enqueue(b"An article, and all is well with it.", name="good.txt", settings=settings)
    worker = tree(settings, "celery", "-A", "worker", "worker")
    until(lambda: len(lines_of(settings)) == 1, seconds=90)
    watcher = tree(settings, "ingest", "watch")
    drop(settings, "later.txt", "An article that came in after it all.")
    until(lambda: len(lines_of(settings)) == 2, seconds=90)
    assert worker.process.poll() is None  # the first, through it all
    assert {watcher.end(), worker.end()} == {0}
    assert {path.stem for path in records_in(settings.out)} > {ticket.id}
    assert sorted(names_in(settings.spool)) == ["good.txt", "later.txt"]
    assert not any(DIARY in path.read_text() for path in records_in(settings.out))
    log = [json.loads(line) for line in (tmp_path / "log").read_text().splitlines() if line.startswith("{")]
    assert sum(line.get("dropped", 0) for line in log) >= 3 * (len(bad) - 1) + 2  # the link has the form of one
    assert 1 <= sum(line["message"].startswith("dropped data that is not a message") for line in log) <= 7
    assert sum("Connection to broker lost" in line["message"] for line in log) <= 7  # none comes back
    assert sum(line["message"].startswith("dropped a message") for line in log) >= 3


def test_python_cannot_wait_for_or_publish_another_path(make: Make, diary: Path) -> None:
    settings = make()
    with pytest.raises(NotInSpool):
        Ticket("0" * 64, str(diary), settings).wait(0.1)
    assert publish(settings, [str(diary)])


def test_a_forged_heartbeat_file_names_no_other_file(make: Make, diary: Path) -> None:
    settings = make(max_worker_losses=1)
    watcher = Watcher(open_service(settings), "up")
    for number, path in enumerate([str(diary), "../home/diary.txt", "claimed/../../home/diary.txt", 7, ["x"]]):
        note = settings.spool / ".desks" / f"{number}"
        note.write_text(json.dumps({"role": "child", "path": path, "line": {"token": "x", "outcome": "stored"}}))
        os.utime(note, (1, 1))
    watcher.maintain(queued=0)
    watcher.close()
    assert lines_of(settings) == []
    assert os.listdir(settings.spool / ".desks") == []


# --- links and other odd things in the spool ---------------------------------------------------------------------------


@pytest.mark.usefixtures("opened_by")
def test_links_in_the_spool_are_not_followed(make: Make, diary: Path) -> None:
    settings = make()
    spool = Spool(settings.spool)
    spool.prepare()
    inbox = settings.spool / "inbox"
    # a folder that became a link after the scan saw it
    drop(settings, "sub/diary.txt", "text")
    drop(settings, "sub/other.txt", "text")
    other = str(spool.claim("sub/other.txt"))
    os.rename(inbox / "sub", inbox / "was")
    os.symlink(diary.parent, inbox / "sub")
    with pytest.raises(OSError, match=r"link|directory"):
        spool.claim("sub/diary.txt", sidecar=True)
    spool.return_to_inbox(other)
    assert [path.name for path in inbox.rglob("other.txt")] == ["other.txt"]
    os.unlink(inbox / "sub")
    # a sidecar that is a link, a pipe, a folder, too long, too deep
    odd: dict[str, Callable[[Path], object]] = {
        "link": lambda at: os.symlink(diary, at),
        "pipe": os.mkfifo,
        "deep": lambda at: at.write_text("[" * 200_000),
        "long": lambda at: at.write_text(json.dumps({"section": "x" * (1 << 20)})),
    }
    for name, make_odd in odd.items():
        drop(settings, f"{name}.txt", "text")
        make_odd(inbox / f"{name}.txt.meta.json")
    drop(settings, "folder.txt", "text")
    drop(settings, "folder.txt.meta.json/inside.txt", "text of its own")
    assert runner.up(settings, once=True, clean=plain) == 0
    reasons = outcomes_by_name(settings)
    assert {reasons[f"{name}.txt"] for name in odd} == {"invalid_claims"}
    assert reasons["folder.txt"] == reasons["inside.txt"] == "stored"
    assert DIARY not in json.dumps(lines_of(settings))
    # whole days that are links
    os.rename(settings.spool / "quarantine", settings.spool / "q")
    (settings.spool / "quarantine").mkdir()
    os.symlink(settings.spool / "q" / os.listdir(settings.spool / "q")[0], settings.spool / "quarantine/2026-01-01")
    assert list(spool.settled("quarantine")) == []


def test_a_spool_whose_folders_are_links_is_refused_with_the_fix(make: Make, tmp_path: Path) -> None:
    settings = make()
    settings.spool.mkdir()
    (tmp_path / "elsewhere").mkdir()
    os.symlink(tmp_path / "elsewhere", settings.spool / "claimed")
    with pytest.raises(SpoolError, match="is a link"):
        Spool(settings.spool).prepare()


def test_a_claimed_link_is_refused_and_not_read(make: Make, diary: Path) -> None:
    settings = make()
    Spool(settings.spool).prepare()
    os.symlink(diary, settings.spool / "claimed" / f"{filenames.new_token()}~diary.txt")
    os.symlink(diary, settings.spool / "inbox/other.txt")
    assert runner.up(settings, once=True, clean=plain) == 0
    assert outcomes_by_name(settings) == {"diary.txt": "not_a_file", "other.txt": "not_a_file"}


# --- and what is honest ---


def test_an_honest_article_passes_every_check(make: Make) -> None:
    """The checks cost an honest article nothing: by name, by path, by ticket."""
    settings = make()
    spool = Spool(settings.spool)
    spool.prepare()
    path = spool.deposit(b"text", name="a.txt")
    assert open_service(settings).open_job(clean=plain).run(path) == Stored()
    assert CliRunner().invoke(cli, ["failed", "list", "--spool", str(settings.spool)]).exit_code == 0
