"""What holds for every spool, in a folder or in an object store: the same laws, through what those who work with a spool ask of it."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol

import pytest

from ingest.errors import NotInSpool, Reason, Rejected
from ingest.service import objects
from ingest.service.formats import JournalEntry
from ingest.service.objects.s3 import S3Bucket
from ingest.service.spool import Spool, filenames
from ingest.service.spool.inbox import Inbox
from ingest.service.spool.interface import AnySpool
from ingest.service.spool.object_spool import ObjectSpool
from tests.service import object_spools
from tests.support.folder_bucket import FolderBucket
from tests.support.objects import ObjectServer

IGNORED = filenames.ignore_pattern(())
NAMES = ("deep/er/ünï.txt", "-rf", "tab\tbed.txt", "100%.txt", "%2F.txt", "x" * 235 + ".txt", "d/" * 60 + "ü" * 40)


class Backend(Protocol):
    """A place for spools: each call of `open` is another process's view of the same one."""

    def open(self) -> AnySpool: ...
    def drop(self, name: str, content: bytes, claims: Mapping[str, Any] | None = None) -> None: ...
    def claim(self, spool: AnySpool) -> list[str]: ...
    def settle(self, spool: AnySpool, path: str, reason: dict[str, Any] | None = None) -> bool: ...


class Folder:
    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def open(self) -> Spool:
        spool = Spool(self._folder)
        spool.prepare()
        return spool

    def drop(self, name: str, content: bytes, claims: Mapping[str, Any] | None = None) -> None:
        path = os.fspath(self._folder / "inbox" / name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        if claims:
            Path(f"{path}.meta.json").write_text(json.dumps(claims))
        Path(path).write_bytes(content)

    def claim(self, spool: AnySpool) -> list[str]:
        assert isinstance(spool, Spool)
        found = list(Inbox(spool.at("inbox"), IGNORED, settle_seconds=0, polled=False).scan())
        return [path for each in found if (path := spool.claim(each.inbox_path, sidecar=each.sidecar))]

    def settle(self, spool: AnySpool, path: str, reason: dict[str, Any] | None = None) -> bool:
        assert isinstance(spool, Spool)
        return spool.done(path) if reason is None else spool.refuse(path, reason)


class Bucket:
    def __init__(self, folder: Path, bucket: objects.Bucket | None = None) -> None:
        self._bucket = bucket or FolderBucket(folder / "bucket")
        self._state = str(folder)

    def open(self) -> ObjectSpool:
        spool = ObjectSpool(self._bucket, self._state, max_bytes=1000, lease_seconds=60)
        spool.prepare()
        return spool

    def drop(self, name: str, content: bytes, claims: Mapping[str, Any] | None = None) -> None:
        object_spools.drop(self._bucket, name, content, claims)

    def claim(self, spool: AnySpool) -> list[str]:
        assert isinstance(spool, ObjectSpool)
        return [path for seen in object_spools.sources_of(self._bucket) if (path := spool.claim(seen, lease=False))]

    def settle(self, spool: AnySpool, path: str, reason: dict[str, Any] | None = None) -> bool:
        assert isinstance(spool, ObjectSpool)
        settled = spool.settle(path, JournalEntry(token=path), reason)  # type: ignore[typeddict-item]
        spool.unfinished.finish()
        return settled


@pytest.fixture(params=["folder", "bucket", "server"])
def backend(request: pytest.FixtureRequest, tmp_path: Path) -> Backend:
    """A folder; a bucket that is a folder; and one of a real S3 server."""
    if request.param == "server":
        server: ObjectServer = request.getfixturevalue("objects")
        return Bucket(tmp_path, S3Bucket(server.make_bucket("a/prefix")))
    return Folder(tmp_path) if request.param == "folder" else Bucket(tmp_path)


def test_each_source_is_claimed_once(backend: Backend) -> None:
    first, second = backend.open(), backend.open()
    for number in range(5):
        backend.drop(f"{number}.txt", b"text")
    for name in (".hidden", "a.part", "@eaDir/d.txt", "alone.txt.meta.json"):
        backend.drop(name, b"text")
    claimed = backend.claim(first)
    assert sorted(filenames.display_path(path[8:]) for path in claimed) == [f"{number}.txt" for number in range(5)]
    assert backend.claim(second) == []
    assert second.claimed_count() == 5


def test_one_process_at_a_time_has_a_source(backend: Backend) -> None:
    first, second = backend.open(), backend.open()
    backend.drop("a.txt", b"text")
    [path] = backend.claim(first)
    source = first.open(path)
    assert source is not None
    assert (source.head(2), source.read(100), source.read(3), source.changed()) == (b"te", b"text", None, False)
    assert second.open(path) is None
    assert second.holds(path)


@pytest.mark.parametrize("reason", [None, {"reason": "empty"}], ids=["done", "refused"])
def test_a_source_is_settled_once(backend: Backend, reason: dict[str, Any] | None) -> None:
    first, second = backend.open(), backend.open()
    backend.drop("a.txt", b"text")
    [path] = backend.claim(first)
    assert backend.settle(first, path, reason)
    assert not backend.settle(second, path)
    assert not backend.settle(first, path, {"reason": "late"})
    assert first.open(path) is None
    assert not second.holds(path)
    assert second.claimed_count() == 0
    settled = [*second.settled("done"), *second.settled("quarantine")]
    assert len(settled) == 1
    assert second.read(settled[0], 100) == b"text"
    with pytest.raises(OSError, match="more than"):
        second.read(settled[0], 3)
    assert backend.claim(second) == []


@pytest.mark.parametrize("name", NAMES, ids=range(len(NAMES)))
def test_names_and_claims_go_with_a_source_there_and_back(backend: Backend, name: str) -> None:
    spool, claims = backend.open(), {"url": "https://example.org/1"}
    backend.drop(name, b"text", claims)
    [path] = backend.claim(spool)
    whole = spool.whole_name(path)
    assert filenames.inbox_path_of(whole) == name
    assert spool.read_sidecar(path) == claims
    assert backend.settle(spool, path, {"reason": "empty"})
    [quarantined] = spool.settled("quarantine")
    assert spool.whole_name(quarantined)[24:] == whole[24:]
    again = str(spool.requeue(quarantined, replace=True))
    assert spool.whole_name(again)[24:] == whole[24:]
    assert filenames.replaces(again[8:])
    assert spool.read_sidecar(again) == claims
    assert backend.settle(spool, again)
    assert list(spool.settled("quarantine")) == []
    [done] = spool.settled("done")
    assert (spool.whole_name(done)[24:], spool.read_sidecar(done)) == (whole[24:], claims)
    spool.delete(done)
    assert list(spool.settled("done")) == []
    assert spool.requeue(done, replace=False) is None


def test_failures_are_counted_by_kind_and_forgotten_by_a_retry(backend: Backend) -> None:
    spool = backend.open()
    backend.drop("a.txt", b"text")
    [path] = backend.claim(spool)
    assert [spool.record_failure(path, "attempts", "crash") for _ in range(2)] == [1, 2]
    assert spool.record_failure(path, "deaths", "killed") == 1
    assert {kind: len(found) for kind, found in spool.failures(path).items()} == {"attempts": 2, "deaths": 1}
    assert backend.settle(spool, path, {"reason": "crash"})
    [quarantined] = spool.settled("quarantine")
    assert spool.reason(quarantined) == {"reason": "crash"}
    assert spool.failures(str(spool.requeue(quarantined, replace=False))) == {}


def test_what_is_handed_over_is_claimed_under_its_ticket(backend: Backend) -> None:
    spool = backend.open()
    ticket = spool.deposit(
        b"text", name="../deep/a.txt.meta.json", claims={"url": "https://example.org/1"}, replace=True
    )
    assert filenames.is_ticket(ticket)
    backend.claim(spool)
    source = spool.open(ticket)
    assert source is not None
    assert source.read(100) == b"text"
    assert spool.read_sidecar(ticket) == {"url": "https://example.org/1"}
    assert filenames.replaces(ticket[8:])


def test_a_sidecar_that_is_none_is_told(backend: Backend) -> None:
    spool = backend.open()
    backend.drop("a.txt.meta.json", b"no JSON")
    backend.drop("a.txt", b"text")
    [path] = backend.claim(spool)
    with pytest.raises(Rejected) as told:
        spool.read_sidecar(path)
    assert told.value.reason is Reason.INVALID_CLAIMS


@pytest.mark.parametrize(
    "path", ["claimed/../secret", "inbox/a.txt", "done/2026-11-29/xx/a", "claimed/", "a", "claimed/a\0b"]
)
def test_a_path_that_is_none_is_refused(backend: Backend, path: str) -> None:
    spool = backend.open()
    backend.drop("a.txt", b"text")
    for act in (
        lambda: spool.open(path),
        lambda: spool.read(path, 10),
        lambda: spool.delete(path),
        lambda: spool.reason(path),
        lambda: spool.requeue(path, replace=False),
        lambda: spool.read_sidecar(path),
    ):
        with pytest.raises(NotInSpool):
            act()
    assert not spool.holds(path)
