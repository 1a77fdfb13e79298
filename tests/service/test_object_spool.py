"""The spool in an object store: one claim, one outcome, one line, whoever is killed, paused, or faster."""

from __future__ import annotations

import itertools
import json
import os
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ingest.errors import SpoolError
from ingest.service import composition, runner
from ingest.service.composition import open_service
from ingest.service.formats import JournalEntry
from ingest.service.objects import Bucket, Entry, Object
from ingest.service.objects.s3 import S3Bucket
from ingest.service.settings import Settings
from ingest.service.spool import filenames, object_inbox
from ingest.service.spool.heartbeat import Heartbeat, heartbeat_folder
from ingest.service.spool.object_inbox import ObjectInbox
from ingest.service.spool.object_journal import ObjectJournal
from ingest.service.spool.object_spool import ObjectSpool
from ingest.service.workers import leftovers
from ingest.service.workers.leftovers import ContentsFolder, delete_leftovers
from tests.service.object_spools import Stepping, disagreements, drop, killed, run_one, sources_of
from tests.support.folder_bucket import FolderBucket
from tests.support.objects import ObjectServer
from tests.support.processes import plain

STRIDE = int(os.environ.get("KILL_STRIDE", "3"))  # every so many requests; 1, as judged
Make = Callable[..., Settings]


@pytest.fixture
def make(make: Make, tmp_path: Path, bucket: FolderBucket) -> Make:
    del bucket
    return lambda **knobs: make(**{"spool": "s3://bucket/prefix", "state": tmp_path / "state"} | knobs)


@pytest.fixture
def spools(bucket: FolderBucket, tmp_path: Path) -> Callable[[], ObjectSpool]:
    return lambda: ObjectSpool(bucket, str(tmp_path), max_bytes=1000, lease_seconds=60)


Spools = Callable[[], ObjectSpool]


def line(name: str, outcome: str = "stored") -> JournalEntry:
    return JournalEntry(name=name, outcome=outcome, token=name)  # type: ignore[typeddict-item]


def let_leases_run_out(bucket: FolderBucket) -> None:
    bucket.clock_skew += 1000


def test_two_watchers_cannot_claim_the_same_upload(spools: Spools, bucket: FolderBucket) -> None:
    drop(bucket, "a.txt", b"one")
    (seen,) = sources_of(bucket)
    assert spools().claim(seen, lease=True) == seen.path
    assert spools().claim(seen, lease=True) is None
    drop(bucket, "a.txt", b"two")
    (again,) = sources_of(bucket)
    assert again.path != seen.path
    assert spools().claim(again, lease=False) == again.path


def test_a_lease_keeps_others_away_until_it_runs_out(spools: Spools, bucket: FolderBucket) -> None:
    drop(bucket, "a.txt", b"one")
    (seen,) = sources_of(bucket)
    first, second = spools(), spools()
    first.claim(seen, lease=True)
    assert second.open(seen.path) is None
    assert second.orphaned() == []
    let_leases_run_out(bucket)
    assert [entry.key for entry in second.orphaned()] == [seen.path]
    source = second.open(seen.path)
    assert source is not None
    assert source.read(1000) == b"one"
    assert len(second.failures(seen.path)["deaths"]) == 1
    assert not first.settle(seen.path, line("first"), None)  # it was paused, and comes too late
    assert second.settle(seen.path, line("second"), None)
    second.unfinished.finish()
    first.unfinished.finish()
    assert [each["name"] for each in ObjectJournal(bucket).lines()] == ["second"]
    assert len(list(second.settled("done"))) == 1


def test_of_two_that_take_a_claim_at_once_one_gets_it(
    spools: Spools, bucket: FolderBucket, monkeypatch: pytest.MonkeyPatch
) -> None:
    drop(bucket, "a.txt", b"one")
    (seen,) = sources_of(bucket)
    first, second = spools(), spools()
    first.claim(seen, lease=False)
    get, taken = bucket.get, []

    def get_late(key: str, **given: object) -> Object:
        found = get(key, **given)  # type: ignore[arg-type]
        if not taken:
            taken.append(True)
            taken[0] = second.leases.take(key) is not None
        return found

    monkeypatch.setattr(bucket, "get", get_late)
    assert first.leases.take(seen.path) is None
    assert taken == [True]


def test_a_source_that_is_replaced_while_it_is_cleaned_comes_again(spools: Spools, bucket: FolderBucket) -> None:
    drop(bucket, "a.txt", b"one", {"url": "https://example.org/1"})
    (seen,) = sources_of(bucket)
    spool = spools()
    spool.claim(seen, lease=True)
    source = spool.open(seen.path)
    assert source is not None
    drop(bucket, "a.txt", b"two", {"url": "https://example.org/2"})
    assert spool.settle(seen.path, line("one"), {"reason": "empty"})
    spool.unfinished.finish()
    (again,) = sources_of(bucket)
    spool.claim(again, lease=True)
    found = spool.open(again.path)
    assert found is not None
    assert found.read(1000) == b"two"
    assert spool.read_sidecar(again.path) == {"url": "https://example.org/2"}


def test_a_source_that_is_replaced_before_it_is_read_has_one_outcome(spools: Spools, bucket: FolderBucket) -> None:
    drop(bucket, "a.txt", b"one")
    (seen,) = sources_of(bucket)
    spool = spools()
    spool.claim(seen, lease=True)
    drop(bucket, "a.txt", b"two")
    assert spool.open(seen.path) is None
    assert spool.claimed_count() == 0


def test_who_saw_an_old_page_claims_nothing(spools: Spools, bucket: FolderBucket) -> None:
    drop(bucket, "a.txt", b"one")
    (seen,) = sources_of(bucket)
    first, late = spools(), spools()
    first.claim(seen, lease=True)
    assert first.settle(seen.path, line("a"), None)
    first.unfinished.finish()
    late.claim(seen, lease=True)
    assert late.open(seen.path) is None
    assert late.claimed_count() == 0


def test_what_one_settled_another_finishes_and_the_line_is_there_once(spools: Spools, bucket: FolderBucket) -> None:
    drop(bucket, "a.txt", b"one")
    (seen,) = sources_of(bucket)
    first, second = spools(), spools()
    first.claim(seen, lease=True)
    assert first.settle(seen.path, line("a"), None)
    let_leases_run_out(bucket)
    for entry in second.orphaned():
        assert second.open(entry.key) is None
    second.unfinished.finish()
    first.unfinished.finish()
    assert len(list(bucket.list("journal/"))) == 2
    assert [each["name"] for each in ObjectJournal(bucket).lines()] == ["a"]
    assert [entry.key.partition("/")[0] for entry in bucket.list("") if "~" in entry.key] == ["done"]


def test_a_retry_is_claimed_once_and_moves_what_belongs_to_it(spools: Spools, bucket: FolderBucket) -> None:
    drop(bucket, "f/ö.txt", b"one", {"url": "https://example.org/1"})
    (seen,) = sources_of(bucket)
    spool = spools()
    spool.claim(seen, lease=True)
    assert spool.record_failure(seen.path, "attempts", "crash") == 1
    assert spool.settle(seen.path, line("a", "refused"), {"reason": "crash"})
    spool.unfinished.finish()
    (quarantined,) = spool.settled("quarantine")
    assert spool.reason(quarantined) == {"reason": "crash"}
    path = spool.requeue(quarantined, replace=True)
    assert path is not None
    assert spools().requeue(quarantined, replace=True) is None
    (waiting,) = ObjectInbox(bucket, filenames.ignore_pattern(())).page("")[0]
    assert waiting == path
    source = spool.open(path)
    assert source is not None
    assert (filenames.replaces(path[8:]), filenames.display_path(path[8:])) == (True, "f/ö.txt")
    assert spool.failures(path) == {}
    assert spool.read_sidecar(path) == {"url": "https://example.org/1"}
    spool.woken(path)
    assert spool.settle(path, line("b"), None)
    spool.unfinished.finish()
    assert {entry.key.partition("/")[0] for entry in bucket.list("")} == {"done", "journal"}
    (done,) = spool.settled("done")
    assert spool.read_sidecar(done) == {"url": "https://example.org/1"}


def test_what_is_given_back_is_claimed_by_others_at_once(spools: Spools, bucket: FolderBucket) -> None:
    drop(bucket, "a.txt", b"one")
    drop(bucket, "b.txt", b"two")
    seen = sources_of(bucket)
    first = spools()
    for each in seen:
        first.claim(each, lease=True)
    failed = seen[1].path
    first.record_failure(failed, "attempts", "crash")
    first.release([each.path for each in seen])
    second = spools()
    assert second.claim(seen[0], lease=True)
    assert second.open(failed)
    assert len(second.failures(failed)["attempts"]) == 1
    assert "deaths" not in second.failures(failed)


NAMES = st.text("ab.-", min_size=1, max_size=4)


@example({"a", "a-a", "a-b", "a-.", "b"}, {"a"}, 1)
@given(st.sets(NAMES, max_size=12), st.sets(NAMES, max_size=6), st.integers(1, 4))
def test_each_article_is_found_once_with_its_sidecar(names: set[str], with_sidecar: set[str], page: int) -> None:
    """Whatever stands between an article and its sidecar in the order of keys, and wherever a page ends."""
    keys = sorted([f"inbox/x{name}" for name in names] + [f"inbox/x{name}.meta.json" for name in names & with_sidecar])
    entries = [Entry(key, 1, "v", 0.0) for key in keys]

    class Listed:
        def list(self, prefix: str, *, after: str = "") -> list[Entry]:
            return [entry for entry in entries if entry.key.startswith(prefix) and entry.key > after]

        def head(self, key: str) -> Entry | None:
            return next((entry for entry in entries if entry.key == key), None)

    inbox = ObjectInbox(Listed(), filenames.ignore_pattern(()))  # type: ignore[arg-type]
    found, after = [], ""
    before, object_inbox.PAGE_SOURCES = object_inbox.PAGE_SOURCES, page
    try:
        while after is not None:
            sources, after = inbox.page(after)  # type: ignore[assignment]
            found += [(each.key, each.sidecar and each.sidecar[0]) for each in sources if not isinstance(each, str)]
    finally:
        object_inbox.PAGE_SOURCES = before
    articles = [key for key in keys if not object_inbox.is_sidecar(key)]
    expected = {(key, f"{key}.meta.json" if f"{key}.meta.json" in keys else None) for key in articles}
    assert sorted(found, key=str) == sorted(expected, key=str)


@given(st.text(min_size=1, max_size=300).filter(lambda name: not name.endswith("/")))
def test_a_claim_of_any_key_is_a_ticket_and_keeps_the_key(name: str) -> None:
    seen = object_inbox.source_at(Entry(f"inbox/{name}", 1, '"v"', 1.8e9))
    assert filenames.is_ticket(seen.path)
    assert len(seen.path.encode()) < 512
    if not filenames.is_long(seen.path[8:]):
        assert filenames.inbox_path_of(seen.path[8:]) == name


def test_a_kill_while_files_of_the_journal_are_joined_loses_and_doubles_no_line(bucket: FolderBucket) -> None:
    journal, tokens = ObjectJournal(bucket), [f"{number:016x}-000000" for number in range(40)]
    bucket.clock_skew = -200_000.0
    for first in range(0, 40, 4):  # some lines are in two files
        journal.write(journal.new_key(), [line(token) for token in tokens[first : first + 5]])
    bucket.clock_skew = 0.0
    listed = list(bucket.list("journal/"))
    for stop in itertools.count(0, STRIDE):
        died = killed(lambda stop=stop: ObjectJournal(Stepping(bucket, stop)).join())  # type: ignore[arg-type]
        assert sorted(each["token"] for each in journal.lines()) == tokens
        if not died:
            break
    assert stop > 20
    journal.join()
    [joined] = bucket.list("journal/")
    assert joined.key.startswith(
        listed[-1].key.removesuffix(".jsonl")
    )  # and so found by who looks for its youngest line
    assert set(journal.entries_of(tokens)) == set(tokens)
    assert sorted(each["token"] for each in journal._once(listed, {})) == tokens  # who listed before they were joined


@pytest.mark.parametrize(
    "change",
    [
        {"source": {"key": "inbox/other.txt"}}, {"source": {"key": "journal/2026-11-29/a.jsonl"}},
        {"source": {"sidecar": ["inbox/other.txt", "v"]}}, {"source": {"name": "other"}},
        {"settled": {"target": "inbox/other.txt~", "line": {}, "reason": None}}, {"holder": 1, "more": 2}, {"source": None},
    ],
)  # fmt: skip
def test_a_claim_that_somebody_else_wrote_is_not_followed(
    spools: Spools, bucket: FolderBucket, change: dict[str, Any]
) -> None:
    drop(bucket, "a.txt", b"one")
    drop(bucket, "other.txt", b"other")
    seen = sources_of(bucket)[0]
    spools().claim(seen, lease=False)
    said = json.loads(bucket.get(seen.path).content)
    for name, value in change.items():
        said[name] = said[name] | value if isinstance(said.get(name), dict) and value else value
    bucket.put(seen.path, json.dumps(said).encode())
    spool = spools()
    assert spool.open(seen.path) is None
    assert not spool.settle(seen.path, line("a"), None)
    spool.unfinished.finish()
    assert [entry.key for entry in bucket.list("inbox/")] == ["inbox/a.txt", "inbox/other.txt"]


def test_what_dead_processes_left_in_the_state_is_deleted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    os.makedirs(heartbeat_folder(str(tmp_path)))

    def work() -> None:
        Heartbeat(str(tmp_path), "child")
        ContentsFolder(str(tmp_path))
        os.kill(os.getpid(), signal.SIGKILL)

    assert killed(work)
    ours = ContentsFolder(str(tmp_path))
    assert os.listdir(heartbeat_folder(str(tmp_path))) != []  # it may just have been made
    monkeypatch.setattr(leftovers, "MIN_AGE_SECONDS", 0.0)
    delete_leftovers(str(tmp_path))
    assert os.listdir(heartbeat_folder(str(tmp_path))) == []
    assert [name for name in os.listdir(tmp_path) if name.startswith(".c")] == [os.path.basename(ours.path)]
    ours.close()


def test_a_store_that_ignores_conditions_of_writes_is_refused(
    spools: Spools, bucket: FolderBucket, monkeypatch: pytest.MonkeyPatch
) -> None:
    spools().prepare()
    monkeypatch.setattr(bucket, "_check", lambda *_, **__: None)
    with pytest.raises(SpoolError, match="If-None-Match"):
        spools().prepare()
    assert list(bucket.list("")) == []


@pytest.mark.parametrize("ignores", [False, True])
def test_a_new_upload_is_never_deleted_with_the_old_one(
    spools: Spools,
    bucket: FolderBucket,
    ignores: bool,  # noqa: FBT001
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Also where the store ignores conditions of deletions, as MinIO does."""
    if ignores:
        delete = bucket.delete
        monkeypatch.setattr(bucket, "delete", lambda key, **_: delete(key))
    spool = spools()
    spool.prepare()
    assert spool.unfinished.trusts_deletions is not ignores
    drop(bucket, "a.txt", b"one", {"url": "https://example.org/1"})
    (seen,) = sources_of(bucket)
    spool.claim(seen, lease=True)
    assert spool.settle(seen.path, line("a"), None)
    drop(bucket, "a.txt", b"two", {"url": "https://example.org/2"})
    spool.unfinished.finish()
    assert [entry.key for entry in bucket.list("inbox/")] == ["inbox/a.txt", "inbox/a.txt.meta.json"]
    assert spool.claimed_count() == 0


@pytest.mark.parametrize("kind", ["stored", "claims", "refused", "duplicate"])
def test_a_kill_at_each_request_loses_and_duplicates_nothing(
    make: Make, bucket: FolderBucket, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = make(max_bytes=1000)
    given = kill_at_each_request(settings, bucket, kind, monkeypatch)
    let_leases_run_out(bucket)
    assert runner.up(settings, once=True, clean=plain) == 0
    assert disagreements(bucket, settings, given) == []
    outcomes = [each["outcome"] for each in open_service(settings).any_journal.lines()]
    if kind != "duplicate":
        assert set(outcomes) == {"refused" if kind == "refused" else "stored"}
    else:
        assert outcomes.count("stored") == 1


def test_a_kill_at_each_request_to_a_real_server_likewise(
    make: Make, objects: ObjectServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings, bucket = make(), S3Bucket(objects.make_bucket("news"))
    given = kill_at_each_request(settings, bucket, "claims", monkeypatch)
    monkeypatch.setattr(composition, "open_bucket", lambda _: bucket)
    server_time = bucket.server_time
    monkeypatch.setattr(bucket, "server_time", lambda: server_time() + 1000)  # leases have run out
    assert runner.up(settings, once=True, clean=plain) == 0
    assert disagreements(bucket, settings, given) == []


def kill_at_each_request(
    settings: Settings, bucket: Bucket, kind: str, monkeypatch: pytest.MonkeyPatch
) -> dict[str, bytes]:
    """Kill one worker after the other, each at a later request, until one gets through; gives what was dropped."""
    settings.out.mkdir()
    given: dict[str, bytes] = {}
    for stop in itertools.count(0, STRIDE):
        name = f"{kind}-{stop:03}.txt"
        given[name] = b"the same" if kind == "duplicate" else b"\0" * 2000 if kind == "refused" else name.encode()
        claims = {"url": f"https://example.org/{stop}"} if kind in {"claims", "duplicate"} else None
        drop(bucket, name, given[name], claims)
        with monkeypatch.context() as stepping:
            stepping.setattr(composition, "open_bucket", lambda _, stop=stop: Stepping(bucket, stop))
            if not killed(lambda name=name: run_one(settings, name)):
                break
    assert len(given) > 15 / STRIDE  # so many requests at least are there to be killed at
    return given
