"""Records in an object store: the same bytes as in a folder, under kills and outages; and what reads records."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from ingest.cli import cli
from ingest.core.preload import preload
from ingest.errors import InvalidSettings, Reason, TransientError
from ingest.service.composition import open_service
from ingest.service.deletion import delete_records
from ingest.service.object_store import ObjectStore, StoreAwayError
from ingest.service.objects import ObjectAddress, open_bucket, opening
from ingest.service.record_store import JsonStore, RecordStore
from ingest.service.settings import Settings
from ingest.service.status import read_status
from ingest.service.watcher import Watcher
from ingest.service.workers import process
from ingest.service.workers.cleaner import Cleaner
from ingest.service.workers.fork_gate import LINKS
from ingest.service.workers.store_link import LinkedStore, StoreLink
from tests.support.objects import BROKEN, LOSE, UNAVAILABLE, Fault, FaultProxy, ObjectServer, Seen
from tests.support.processes import Redis, Tree, article, drop, lines_of, names_in, plain, records_in, status, until
from tests.support.sinks import record_id

Make = Callable[..., Settings]
Grow = Callable[..., Tree]


def records_at(settings: Settings) -> dict[str, bytes]:
    """The records by their names: of a folder, or of an object store."""
    if isinstance(settings.out, Path):
        return {path.name: path.read_bytes() for path in records_in(settings.out)}
    bucket = open_bucket(settings.out)
    return {entry.key[3:]: bucket.get(entry.key).content for entry in bucket.list() if entry.key.endswith(".json")}


@pytest.fixture(params=["folder", "objects", "linked"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[RecordStore | LinkedStore]:
    if request.param == "folder":
        yield JsonStore(tmp_path)
        return
    server: ObjectServer = request.getfixturevalue("objects")
    own = ObjectStore(open_bucket(server.make_bucket("a/b")))
    if request.param == "objects":
        yield own
        return
    link = StoreLink(own)
    theirs = LinkedStore(link.child.dup())
    link.serve()
    yield theirs


def test_a_store_keeps_what_is_written(store: RecordStore | LinkedStore) -> None:
    one, two = record_id(1), record_id(2)
    assert not store.has(one)
    large = b'{"body": "' + b"x" * 3_000_000 + b'"}\n'
    for content in (b'{"body": "a"}\n', large):  # the second in place of the first
        store.write(one, content)
        assert store.has(one)
        assert store.read(one) == json.loads(content)
    assert store.read(two) is None
    store.write(two, b"no json")
    assert store.read(two) is None
    if isinstance(store, LinkedStore):
        return
    assert store.read_bytes(one) == large
    assert store.delete(one)
    assert not store.delete(one)
    assert store.read_bytes(one) is None
    assert store.has(two)


def test_a_child_says_an_id_and_a_content_alone(proxy: FaultProxy) -> None:
    address = proxy.server.make_bucket("a/b")
    for wrong in (
        b'{"do": "write", "id": "../../other", "bytes": 0}\n',
        b'{"do": "delete", "id": "%s", "bytes": 0}\n' % record_id(1).encode(),
        b'{"do": "write", "id": "%s", "bytes": -1}\n' % record_id(1).encode(),
        b"[" * 4096,
        b"\xff\n",
    ):
        link = StoreLink(ObjectStore(open_bucket(address)))
        child = link.child.dup()
        link.serve()
        child.sendall(wrong)
        assert child.recv(100) == b""
    assert not proxy.seen
    proxy.decide = lambda _: UNAVAILABLE
    link = StoreLink(ObjectStore(open_bucket(address)))
    theirs = LinkedStore(link.child.dup())
    link.serve()
    with pytest.raises(StoreAwayError, match="s3://") as caught:
        theirs.has(record_id(1))
    assert isinstance(caught.value, TransientError)


def test_no_process_is_forked_while_a_thread_asks_the_store(monkeypatch: pytest.MonkeyPatch, make: Make) -> None:
    monkeypatch.setattr(process, "FORK_SECONDS", 0.05)
    settings = make()
    open_service(settings).spool.prepare()
    with LINKS.working(), pytest.raises(BlockingIOError):
        Cleaner(settings, plain)
    child = Cleaner(settings, plain)
    child.kill()
    assert child.reap() is Reason.KILLED


def test_up_writes_the_bytes_of_a_folder(objects: ObjectServer, make: Make, tree: Grow, tmp_path: Path) -> None:
    there = make(out=str(objects.make_bucket("news/records")))
    here = make(spool=tmp_path / "spool-2", out=tmp_path / "out")
    for settings in (there, here):
        up = tree(settings, "ingest", "up", INGEST_STORIES="off")  # a story is named after its first article
        for number in range(12):
            drop(settings, f"{number % 10}.txt", article(number % 10))
        drop(settings, "empty.txt")
        until(lambda settings=settings: len(lines_of(settings)) == 11)  # type: ignore[misc]
        assert up.end() == 0
    assert records_at(there) == records_at(here)
    assert len(records_at(there)) == 10
    assert "free" not in status(there).partition(str(there.spool))[2]

    report = tmp_path / "report.html"
    places = ["--spool", str(there.spool), "--out", str(there.out)]
    done = CliRunner().invoke(cli, ["report", *places, "-o", str(report)])
    assert "10 records, 11 lines" in done.output
    sink = {"INGEST_SINKS": f"sqlite:{tmp_path}/articles.db"}
    assert CliRunner().invoke(cli, ["deliver", "--once", *places], env=sink).exit_code == 0
    assert sqlite3.connect(tmp_path / "articles.db").execute("SELECT count(*) FROM articles").fetchone() == (10,)
    gone = next(str(line["id"]) for line in lines_of(there) if line["outcome"] == "stored")
    assert [each.found for each in delete_records(open_service(there), [gone])] == [True]
    assert len(records_at(there)) == 9


def test_spool_and_records_in_one_bucket(objects: ObjectServer, make: Make, tree: Grow, tmp_path: Path) -> None:
    bucket = objects.make_bucket()
    settings = make(spool=f"{bucket}/spool", out=f"{bucket}/records", state=tmp_path / "state")
    inbox = open_bucket(ObjectAddress(bucket.bucket, "spool/inbox"))
    for number in range(6):
        inbox.put(f"{number}.txt", article(number).encode())
    up = tree(settings, "ingest", "up", "--once", INGEST_STATE=str(tmp_path / "state"))
    assert up.process.wait(60) == 0
    assert {json.loads(record)["source"]["name"] for record in records_at(settings).values()} == {
        f"{number}.txt" for number in range(6)
    }
    assert [line["outcome"] for line in open_service(settings).any_journal.lines()] == ["stored"] * 6
    assert list(inbox.list()) == []


def test_outages_and_kills_lose_nothing_and_cost_no_attempt(proxy: FaultProxy, make: Make, tree: Grow) -> None:
    settings = make(out=str(proxy.server.make_bucket()))
    count = 60
    up = tree(settings, "ingest", "up", INGEST_TIME_LIMIT="3")
    faults = [LOSE, BROKEN, Fault(delay=0.5), UNAVAILABLE]

    def decide(_: Seen) -> Fault | None:
        number, rest = divmod(len(proxy.seen), 7)
        return None if rest else faults[number % len(faults)]

    proxy.decide = decide
    for number in range(count):
        drop(settings, f"{number}.txt", article(number))
    for turn in range(4):
        until(lambda turn=turn: len(records_at(settings)) > 4 * turn)  # type: ignore[misc]
        proxy.leave(1.0)
        time.sleep(1.0)
        if turn == 1:
            for child in up.children():
                os.kill(child, signal.SIGKILL)
        if turn == 2:
            up.kill()
            up.start()
    proxy.decide = lambda _: None
    until(lambda: len(lines_of(settings)) >= count, seconds=120)
    assert up.end() in {0, -signal.SIGTERM}
    assert len(records_at(settings)) == len(names_in(settings.spool / "done")) == count
    assert Counter(line["token"] for line in lines_of(settings) if line["outcome"] == "stored") == dict.fromkeys(
        [line["token"] for line in lines_of(settings)], 1
    )
    assert names_in(settings.spool / "quarantine") == []
    log = up.log.read_text()
    assert "Traceback" not in log
    assert "time_limit" not in log


def test_a_slow_store_is_no_fault_of_a_document(proxy: FaultProxy, make: Make, tree: Grow) -> None:
    settings = make(out=str(proxy.server.make_bucket()))
    proxy.decide = lambda seen: Fault(delay=3.0) if seen.key.endswith(".json") and seen.method == "PUT" else None
    up = tree(settings, "ingest", "up", INGEST_TIME_LIMIT="2")
    drop(settings, "a.txt", article(1))
    until(lambda: [line["outcome"] for line in lines_of(settings)] == ["stored"])
    assert up.end() == 0
    assert "a child died" not in up.log.read_text()


def test_celery(objects: ObjectServer, redis: Redis, make: Make, tree: Grow) -> None:
    settings = make(out=str(objects.make_bucket()), broker_url=redis.url)
    parts = [tree(settings, "ingest", "watch"), tree(settings, "celery", "-A", "worker", "worker")]
    for number in range(10):
        drop(settings, f"{number}.txt", article(number))
    until(lambda: len(lines_of(settings)) == 10)
    assert len(records_at(settings)) == 10
    assert [part.end() for part in parts] == [0, 0]


def test_what_is_away_at_the_start_is_said(proxy: FaultProxy, make: Make) -> None:
    settings = make(out=str(proxy.server.make_bucket()))
    proxy.decide = lambda _: Fault(status=403, code="AccessDenied")
    with pytest.raises(TransientError, match=rf"records cannot be written: {settings.out}.*AccessDenied"):
        Watcher(open_service(settings), "up")
    proxy.decide = lambda _: None
    watcher = Watcher(open_service(settings), "up")
    watcher.maintain(queued=0)
    assert not watcher.broken
    assert not any("free" in why for why in read_status(settings)["why"])
    watcher.close()
    proxy.decide = lambda _: Fault(status=403, code="AccessDenied")
    job = open_service(settings).open_job(clean=preload())
    drop(settings, "a.txt", article(1))
    path = job.spool.claim("a.txt")
    assert path
    with pytest.raises(TransientError, match="Forbidden"):
        job.run(path)
    assert names_in(settings.spool / "quarantine") == []


@pytest.mark.parametrize("words", [["up"], ["watch"]])
def test_without_the_client_it_is_said_at_the_start(
    make: Make, monkeypatch: pytest.MonkeyPatch, words: list[str]
) -> None:
    monkeypatch.setattr(opening, "find_spec", lambda _: None)
    settings = make(out="s3://news")
    done = CliRunner().invoke(
        cli,
        [*words, "--spool", str(settings.spool), "--out", str(settings.out)],
        env={"INGEST_BROKER_URL": "redis://127.0.0.1:1"},
    )
    assert done.exit_code == 2
    assert "pip install 'news-ingest[objects]'" in done.stderr


def test_settings(make: Make) -> None:
    settings = make(out="s3://news/records/")
    assert settings.out == ObjectAddress("news", "records")
    for wrong, why in (
        ({"out": "s3://key:secret@news"}, "credentials"),
        ({"out": "gs://news"}, "an address, not a path"),
        ({"out": "s3://news", "out_format": "jsonl"}, "jsonl needs a folder"),
    ):
        with pytest.raises(InvalidSettings, match=why) as caught:
            make(**wrong)
        assert "secret" not in str(caught.value)
