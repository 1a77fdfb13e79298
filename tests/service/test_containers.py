"""Containers through the service: each member has one line and its record names it, whatever is killed; the container settles last."""

from __future__ import annotations

import json
import os
import random
import signal
import time
from collections import Counter
from collections.abc import Callable

import pytest
from click.testing import CliRunner

from ingest import Record
from ingest.cli import cli
from ingest.service import runner
from ingest.service.composition import open_service
from ingest.service.journal import Journal
from ingest.service.settings import Settings
from ingest.service.spool import Spool, containers
from ingest.service.status import read_status
from ingest.service.workers import unpacker
from tests.service.stepping import killed_at, may_trace
from tests.service.test_up import empty
from tests.support.hostile.containers import json_lines, tarred, warc_gz, warc_record, zipped
from tests.support.processes import Redis, Tree, article, drop, lines_of, names_in, plain, records_in, until

Make = Callable[..., Settings]
Grow = Callable[..., Tree]
MEMBERS = int(os.environ.get("FAULT_FILES", "300"))  # 2,000 as judged: FAULT_FILES=2000 FAULT_KILLS=60
KILLS = int(os.environ.get("FAULT_KILLS", "6"))
STRIDE = int(os.environ.get("KILL_STRIDE", "23"))


def page(number: int) -> bytes:
    paragraphs = "".join(f"<p>{part}</p>" for part in article(number).split("\n\n"))
    return f"<html><body><h1>Talks of day {number} went on</h1>{paragraphs}</body></html>".encode()


def crawl(count: int) -> bytes:
    return warc_gz(*(warc_record(number, page(number)) for number in range(count)))


def assert_each_member_once(settings: Settings, count: int) -> None:
    lines = lines_of(settings)
    assert Counter(line["member"] for line in lines) == {None: 1} | {f"urn:uuid:{number}": 1 for number in range(count)}
    assert [(line["outcome"], line["members"]) for line in lines if line["member"] is None] == [("unpacked", count)]
    assert lines[-1]["outcome"] == "unpacked"
    assert len(records_in(settings.out)) == count
    assert names_in(settings.spool / "claimed") == names_in(settings.spool / "quarantine") == []


def test_members_of_each_format_become_records_that_name_them(make: Make) -> None:
    settings = make()
    drop(settings, "a.warc.gz", crawl(2))
    drop(settings, "a.warc.gz.meta.json", json.dumps({"section": "World"}))
    drop(
        settings,
        "b.jsonl",
        json_lines({"url": "https://news.example/b", "title": "The talks of June", "text": article(7), "k": 1}),
    )
    drop(
        settings,
        "c.zip",
        zipped(
            {
                "in/c.html": page(8),
                "in/c.html.meta.json": b'{"byline": "By Kim"}',
                "d.tar": tarred({"e.txt": article(9).encode()}),
            }
        ),
    )
    assert runner.up(settings, once=True) == 0
    records = {}
    for path in records_in(settings.out):
        record = Record.model_validate_json(path.read_bytes())
        assert record.container
        records[record.container.name, record.container.member] = record
    assert records.keys() == {
        ("a.warc.gz", "urn:uuid:0"), ("a.warc.gz", "urn:uuid:1"), ("b.jsonl", "byte 0"), ("c.zip", "in/c.html"), ("c.zip", "d.tar/e.txt"),
    }  # fmt: skip
    first, line, inside = (
        records["a.warc.gz", "urn:uuid:1"],
        records["b.jsonl", "byte 0"],
        records["c.zip", "in/c.html"],
    )
    assert (first.url, first.provenance["url"]) == ("https://news.example/1", "format")
    assert (first.section, first.provenance["section"]) == ("World", "given")
    assert first.container
    assert first.container.fetched == "2026-03-04T05:06:07Z"
    assert (line.headline, line.provenance["headline"], line.extra) == ("The talks of June", "format", {"k": 1})
    assert (inside.source.name, inside.byline) == ("c.html", "By Kim")
    by_name = {entry["name"]: entry for entry in lines_of(settings) if entry["member"] is None}
    assert {name: entry["members"] for name, entry in by_name.items()} == {"a.warc.gz": 2, "b.jsonl": 1, "c.zip": 2}


def test_a_member_that_is_refused_is_cleaned_again_alone(make: Make) -> None:
    settings = make()
    drop(
        settings,
        "a.warc.gz",
        warc_gz(warc_record(0, page(0)), warc_record(1, b"<html></html>"), warc_record(2, page(2))),
    )
    assert runner.up(settings, once=True) == 0
    [refused] = [line for line in lines_of(settings) if line["outcome"] == "refused"]
    assert (refused["container"], refused["member"]) == ("a.warc.gz", "urn:uuid:1")
    flags = ("--spool", str(settings.spool), "--out", str(settings.out))
    assert CliRunner().invoke(cli, ["failed", "list", *flags]).output.split("\t")[2].strip() == "a.warc.gz: urn:uuid:1"
    again = CliRunner().invoke(cli, ["failed", "retry", refused["token"], *flags])
    assert again.exit_code == 0
    lines = lines_of(settings)
    assert (lines[-1]["outcome"], lines[-1]["member"], len(lines)) == ("refused", "urn:uuid:1", 5)


def test_a_member_without_bytes_is_read_from_its_container_again(make: Make) -> None:
    settings = make(max_unpacked=20_000, max_bytes=20_000)
    long = article(1) + "".join(
        f"\nThe speaker number {number} said that the talks would go on.\n" for number in range(500)
    )
    drop(settings, "a.zip", zipped({"a.txt": article(7).encode(), "b.txt": long.encode()}))
    assert runner.up(settings, once=True) == 0
    [refused] = [line for line in lines_of(settings) if line["outcome"] == "refused"]
    assert (refused["member"], refused["reason"]) == ("b.txt", "too_large")
    flags = ("--spool", str(settings.spool), "--out", str(settings.out))
    assert CliRunner().invoke(cli, ["failed", "retry", refused["token"], *flags]).exit_code == 0
    assert (lines_of(settings)[-1]["outcome"], lines_of(settings)[-1]["member"]) == ("stored", "b.txt")


def test_what_a_record_that_stays_does_not_bear_of_a_member_is_named(make: Make) -> None:
    settings = make(workers=1)
    pages = [
        {"url": f"https://news.example/{title}", "title": f"The {title} talks of June", "text": article(7)}
        for title in ("first", "second")
    ]
    drop(settings, "a.jsonl", json_lines(*pages, pages[0]))
    assert runner.up(settings, once=True) == 0
    lines = sorted(lines_of(settings), key=lambda line: str(line["token"]))
    assert [line["outcome"] for line in lines] == ["unpacked", "stored", "duplicate", "stored"]
    assert lines[2]["claims_lost"] == ["headline", "url"]


def test_a_damaged_container_is_refused_after_its_sound_members(make: Make) -> None:
    settings = make()
    drop(settings, "a.warc", warc_record(0, b"x 0") + warc_record(1, b"x 1") + b"rubbish\r\n\r\n")
    assert runner.up(settings, once=True, clean=plain) == 0
    lines = lines_of(settings)
    assert [(line["outcome"], line["reason"]) for line in lines] == [("stored", None)] * 2 + [
        ("refused", "damaged_container")
    ]
    assert names_in(settings.spool / "quarantine") == ["a.warc"]


def test_reclean_reads_containers_again_and_not_their_members(make: Make) -> None:
    settings = make()
    drop(settings, "a.warc.gz", crawl(3))
    assert runner.up(settings, once=True) == 0
    before = {path: path.stat().st_mtime_ns for path in records_in(settings.out)}
    flags = ("--spool", str(settings.spool), "--out", str(settings.out))
    assert CliRunner().invoke(cli, ["reclean", *flags]).exit_code == 0
    assert len(lines_of(settings)) == 8
    after = {path: path.stat().st_mtime_ns for path in records_in(settings.out)}
    assert after.keys() == before.keys()
    assert all(after[path] > before[path] for path in after)
    assert names_in(settings.spool / "done") == ["a.warc.gz"]  # the members' bytes are in it


def test_a_container_that_grows_while_it_is_read_goes_back_to_the_inbox(make: Make) -> None:
    settings = make()
    Spool(settings.spool).prepare()
    path = Spool(settings.spool).deposit(crawl(3)[:-20], name="a.warc.gz")
    assert open_service(settings).open_job(clean=plain).run(path).name == "gone"
    with unpacker._reading_containers(settings) as work:
        unpacker_file = settings.spool / path
        first = unpacker.MEMBERS_PER_REQUEST
        unpacker.MEMBERS_PER_REQUEST = 1
        try:
            assert len(work(path)["members"]) == 1
            with unpacker_file.open("ab") as file:
                file.write(b"more")
            while not (answer := work(path)).get("ended"):
                if answer.get("changed"):
                    break
        finally:
            unpacker.MEMBERS_PER_REQUEST = first
    assert answer == {"changed": True}


def test_a_kill_at_each_system_call_of_reading_hands_no_member_out_twice(make: Make) -> None:
    if not may_trace():
        pytest.skip("processes may not be traced here")
    settings = make()
    spool = Spool(settings.spool)
    spool.prepare()
    settings.out.mkdir()
    count, stop, through = 0, 0, False
    while not through:
        path = spool.deposit(
            warc_gz(*(warc_record(f"{stop}-{n}", f"x {stop} {n}".encode()) for n in range(3))), name=f"{stop}.warc.gz"
        )
        open_service(settings).open_job(clean=plain).run(path)
        through = not killed_at(stop, lambda path=path: read_all(settings, path))
        count += 1
        stop += STRIDE
    assert count > 100 / STRIDE
    assert runner.up(settings, once=True, clean=plain) == 0
    lines = lines_of(settings)
    assert Counter(line["outcome"] for line in lines) == {"stored": 3 * count, "unpacked": count}
    assert len({line["member"] for line in lines}) == 3 * count + 1
    assert all(path.name.endswith(".tmp") for path in (settings.spool / "claimed").iterdir())  # swept after ten minutes


def read_all(settings: Settings, path: str) -> None:
    with unpacker._reading_containers(settings) as work:
        while not work(path).get("ended"):
            pass


def test_kills_of_children_and_of_the_whole_tree_lose_no_member(make: Make, tree: Grow) -> None:
    settings = make()
    drop(settings, "crawl.warc.gz", crawl(MEMBERS))
    up = tree(settings, "ingest", "up")
    dice = random.Random(3)  # noqa: S311
    until(lambda: len(records_in(settings.out)) > 3)
    seen = 0.0
    for turn in range(KILLS):
        time.sleep(1)
        seen = max([seen, *(each["read_share"] for each in read_status(settings).get("containers", []))])
        children = up.children()
        if turn % 3 == 2 or not children:
            up.kill()
            up.start()
        else:
            os.kill(dice.choice(children), signal.SIGKILL)
    assert seen > 0
    until(lambda: empty(settings), seconds=120)
    until(lambda: len(lines_of(settings)) > MEMBERS)
    assert up.end() in {0, -signal.SIGTERM}  # it may not have come as far as its own handlers
    assert_each_member_once(settings, MEMBERS)


def test_kills_of_watcher_workers_and_redis_lose_no_member(make: Make, tree: Grow, redis: Redis) -> None:
    settings = make(broker_url=redis.url)
    worker, watcher = tree(settings, "celery", "-A", "worker", "worker"), tree(settings, "ingest", "watch")
    drop(settings, "crawl.warc.gz", crawl(MEMBERS))
    until(lambda: len(records_in(settings.out)) > 3)
    for turn in range(KILLS):
        time.sleep(1)
        killed = (watcher, redis, worker)[turn % 3]
        killed.kill()
        killed.start()
    until(lambda: empty(settings), seconds=120)
    until(lambda: len(lines_of(settings)) > MEMBERS)
    assert {watcher.end(), worker.end()} <= {0, -signal.SIGTERM}
    assert_each_member_once(settings, MEMBERS)


def test_a_container_whose_reader_dies_each_time_is_refused(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = make(max_attempts=2)
    drop(settings, "a.warc.gz", crawl(1))
    monkeypatch.setattr(unpacker, "read_members", lambda *_, **__: os.kill(os.getpid(), signal.SIGSEGV))
    assert runner.up(settings, once=True, clean=plain) == 0
    [line] = lines_of(settings)
    assert (line["outcome"], line["reason"]) == ("refused", "crash")


def test_a_kill_between_its_move_and_its_line_settles_a_container_once(
    make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = make()
    drop(settings, "a.warc.gz", crawl(2))
    append = Journal.append

    def fail_once(self: Journal, line: dict[str, object]) -> None:
        if line["outcome"] == "unpacked" and not failed:
            failed.append(line)
            raise OSError(28, "no space")
        append(self, line)  # type: ignore[arg-type]

    failed: list[object] = []
    monkeypatch.setattr(Journal, "append", fail_once)
    assert runner.up(settings, once=True) == 0
    assert failed
    assert_each_member_once(settings, 2)


def test_tokens_of_members_are_theirs_alone() -> None:
    container = "18ec7371f807a9e0-6e5898"
    tokens = [containers.filenames.member_token(container, index) for index in range(1, 500)]
    assert len(set(tokens)) == len(tokens)
    assert sorted([container, *tokens]) == [container, *tokens]
    assert [containers.filenames.member_index(container, token) for token in tokens] == list(range(1, 500))
    assert containers.filenames.member_index(container, container) is None
    assert containers.filenames.member_index(tokens[3], tokens[4]) is None
