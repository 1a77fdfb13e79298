"""The bucket against a real S3 server: conditions, versions, order, faults, forks."""

from __future__ import annotations

import os
import threading
import time
from collections import Counter

import pytest
from botocore.retries import standard

from ingest.errors import InvalidSettings, TransientError
from ingest.service.objects import Bucket, Conflict, ObjectAddress, open_bucket, opening, s3
from ingest.service.objects.s3 import S3Bucket
from tests.support.objects import BROKEN, CONCURRENT, DROP, LOSE, UNAVAILABLE, Fault, FaultProxy, ObjectServer, Seen

WAYS = ["", "a/prefix"]


@pytest.fixture(autouse=True)
def _short_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    """Waits between attempts are those of botocore, a hundredth as long."""
    monkeypatch.setattr(standard.RetryPolicy, "compute_retry_delay", lambda *_: 0.01)


def opened(server: ObjectServer, prefix: str = "") -> S3Bucket:
    return S3Bucket(server.make_bucket(prefix))


@pytest.mark.parametrize("prefix", WAYS)
def test_conditions_and_versions(objects: ObjectServer, prefix: str) -> None:
    at = opened(objects, prefix)
    assert at.head("x") is None
    first = at.put("x", b"one", absent=True)
    with pytest.raises(Conflict):
        at.put("x", b"two", absent=True)
    second = at.put("x", b"three", version=first)
    assert second != first
    for act in (
        lambda: at.put("x", b"four", version=first),
        lambda: at.put("none", b"four", version=first),
        lambda: at.get("x", version=first),
        lambda: at.copy("x", "y", version=first),
        lambda: at.delete("x", version=first),
    ):
        with pytest.raises(Conflict):
            act()
    found = at.get("x", version=second)
    assert (found.content, found.size, found.version) == (b"three", 5, second)
    assert abs(found.modified - at.server_time()) < 60
    at.copy("x", "y", version=second)
    at.delete("x", version=second)
    at.delete("x")
    at.delete("x", version=second)
    with pytest.raises(FileNotFoundError):
        at.get("x")
    with pytest.raises(FileNotFoundError):
        at.copy("x", "z")
    assert at.get("y").content == b"three"


@pytest.mark.parametrize("prefix", WAYS)
def test_keys_come_in_order_and_in_pages(objects: ObjectServer, prefix: str) -> None:
    at = opened(objects, prefix)
    other = S3Bucket(ObjectAddress(at.address.bucket, "a/prefix-of-another"))
    other.put("x", b"")
    keys = sorted(
        [f"d/{number:04}" for number in range(70)] + ["d/ä ?#%+&", "d/~", "d.txt", "d/e/f", "Ω"], key=str.encode
    )
    for key in keys:
        at.put(key, b"")
    before = at.requests["ListObjectsV2"]
    mine = [entry.key for entry in at.list() if not entry.key.startswith("a/prefix-of-another")]
    assert mine == keys
    assert at.requests["ListObjectsV2"] - before == 2
    assert [entry.key for entry in at.list("d/", after="d/0066")] == [
        key for key in keys if key.startswith("d/") and key > "d/0066"
    ]
    assert at.folders("d/") == ["d/e/"]
    assert "d/" in at.folders()
    assert at.get("d/ä ?#%+&").content == b""
    at.copy("d/ä ?#%+&", "Ω 2")
    assert at.head("Ω 2")


def test_the_beginning_of_an_object(objects: ObjectServer) -> None:
    at = opened(objects)
    at.put("x", content := os.urandom(3_000_000))
    part = at.get("x", limit=10)
    assert (part.content, part.size) == (content[:10], 3_000_000)
    assert at.get("x").content == content
    at.put("empty", b"")
    assert at.get("empty", limit=10).content == b""


def test_a_large_object_is_copied_in_parts(objects: ObjectServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(s3, "MAX_COPY_BYTES", 5 << 20)  # the least that a part may have
    at = opened(objects)
    at.put("x", content := os.urandom((12 << 20) + 7))
    entry = at.head("x")
    assert entry
    at._copy_parts(entry, "y", {"CopySource": {"Bucket": at.address.bucket, "Key": "x"}})
    assert at.get("y").content == content


def test_one_of_many_writers_wins(objects: ObjectServer) -> None:
    address, rounds, won = objects.make_bucket(), 10, Counter[int]()
    start = threading.Barrier(4)

    def write(number: int) -> None:
        at = open_bucket(address)
        for turn in range(rounds):
            start.wait()
            try:
                at.put(f"{turn}", f"{number}".encode(), absent=True)
            except Conflict:
                continue
            won[turn] += 1

    threads = [threading.Thread(target=write, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert won == dict.fromkeys(range(rounds), 1)


@pytest.mark.parametrize(
    "fault", [DROP, LOSE, UNAVAILABLE, BROKEN, CONCURRENT], ids=["drop", "lose", "503", "500", "409"]
)
def test_a_write_that_fails_once_is_made_once(proxy: FaultProxy, fault: Fault) -> None:
    """A lost answer: the repeated write finds its own object there, and that is no conflict."""
    at = opened(proxy.server)
    proxy.once(fault, "PUT", "/x")
    version = at.put("x", b"one", absent=True)
    proxy.once(fault, "PUT", "/x")
    assert at.put("x", b"two", version=version) == at.get("x").version
    assert at.get("x").content == b"two"
    proxy.once(fault, "PUT", "/x")
    with pytest.raises(Conflict):  # even where another has written the same
        at.put("x", b"two", absent=True)
    proxy.once(fault, "DELETE", "/x")
    at.delete("x")
    assert at.head("x") is None


def test_a_lost_answer_after_which_another_wrote(proxy: FaultProxy) -> None:
    at = opened(proxy.server)

    def lose(_: Seen) -> Fault:
        proxy.decide = overtake
        return LOSE

    def overtake(_: Seen) -> None:
        proxy.decide = lambda _: None
        S3Bucket(at.address).put("x", b"theirs")

    proxy.decide = lose
    with pytest.raises(Conflict):
        at.put("x", b"ours", absent=True)
    assert at.get("x").content == b"theirs"


def test_reads_are_repeated(proxy: FaultProxy) -> None:
    at = opened(proxy.server)
    at.put("x", b"one")
    for fault in (DROP, LOSE, UNAVAILABLE, BROKEN):
        for act in (lambda: at.get("x").content, lambda: at.head("x"), lambda: list(at.list()), at.reach):
            proxy.once(fault)
            act()
    assert at.requests["GetObject"] == 8


def test_what_lasts_is_transient_and_tells_no_secret(proxy: FaultProxy, monkeypatch: pytest.MonkeyPatch) -> None:
    at = opened(proxy.server, "p")
    proxy.decide = lambda _: UNAVAILABLE
    for act in (
        lambda: at.get("x"),
        lambda: at.head("x"),
        lambda: at.put("x", b"", absent=True),
        lambda: at.copy("x", "y"),
        lambda: at.delete("x"),
        lambda: list(at.list()),
        at.server_time,
    ):
        before = len(proxy.seen)
        with pytest.raises(TransientError, match=f"s3://{at.address.bucket}/p"):
            act()
        assert len(proxy.seen) - before == s3.ATTEMPTS
    monkeypatch.setenv(
        "AWS_ENDPOINT_URL", proxy.url.replace("//", "//user:password@").replace("127.0.0.1", "127.0.0.9")
    )
    with pytest.raises(TransientError) as caught:
        S3Bucket(at.address).reach()
    assert "password" not in str(caught.value)


@pytest.mark.usefixtures("objects")
def test_a_bucket_that_is_not_there_is_no_absent_object() -> None:
    at = S3Bucket(ObjectAddress("nobody-made-this"))
    for act in (lambda: at.get("x"), lambda: at.put("x", b"", absent=True), lambda: list(at.list()), at.reach):
        with pytest.raises(TransientError):
            act()


def test_the_time_is_that_of_the_store(objects: ObjectServer, monkeypatch: pytest.MonkeyPatch) -> None:
    at = opened(objects)
    real = time.time()
    monkeypatch.setattr(time, "time", lambda: 0.0)
    told = at.server_time()
    assert -2 < told - real < 30
    assert at.server_time() >= told
    assert at.requests == {"HeadBucket": 1}


def test_a_forked_process_opens_its_own_client(objects: ObjectServer) -> None:
    at = opened(objects)
    at.put("x", b"parent")
    children = []
    for number in range(3):
        if (pid := os.fork()) == 0:
            code = 1
            try:
                for turn in range(6):
                    at.put(f"{number}-{turn}", b"child")
                code = 0 if at.get("x").content == b"parent" else 2
            finally:
                os._exit(code)
        children.append(pid)
    for _ in range(6):
        assert at.get("x").content == b"parent"
    assert [os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) for pid in children] == [0, 0, 0]
    assert len(list(at.list())) == 19


def test_addresses() -> None:
    assert ObjectAddress.parse("s3://news/a/b/") == ObjectAddress("news", "a/b")
    assert str(ObjectAddress.parse("s3://news")) == "s3://news"
    for wrong in (
        "s3://",
        "s3://ab",
        "s3://key:secret@news/x",
        "s3://news//x",
        "s3://news/../x",
        "s3://news/x?region=y",
        "gs://news",
        "s3://News",
    ):
        with pytest.raises(ValueError, match=r"bucket|begins|credentials|parameters|prefix") as caught:
            ObjectAddress.parse(wrong)
        assert "secret" not in str(caught.value)


def test_the_client_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(opening, "find_spec", lambda _: None)
    with pytest.raises(InvalidSettings, match=r"news-ingest\[objects\]"):
        open_bucket(ObjectAddress("news"))


def test_it_is_a_bucket(objects: ObjectServer) -> None:
    at: Bucket = opened(objects)
    assert at.list() is not None
