"""The spool by itself: names, readiness, claiming, settling."""

from __future__ import annotations

import errno
import os
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.service.spool import Spool, SpoolError, filenames
from ingest.service.spool.inbox import Inbox

PART = st.binary(min_size=1, max_size=60).filter(lambda b: not set(b) & set(b"\0/") and b not in {b".", b".."})


@pytest.fixture
def spool(tmp_path: Path) -> Spool:
    made = Spool(tmp_path / "spool")
    made.prepare()
    return made


def put(spool: Spool, place: str, content: bytes = b"text") -> None:
    os.makedirs(os.path.dirname(spool.at("inbox", place)), exist_ok=True)
    with open(spool.at("inbox", place), "wb") as file:
        file.write(content)


def ready(spool: Spool, *, settle: float = 0.0, polled: bool = False) -> list[str]:
    return sorted(
        found.inbox_path
        for found in Inbox(spool.at("inbox"), filenames.ignore_pattern(()), settle_seconds=settle, polled=polled).scan()
    )


@given(st.lists(PART, min_size=1, max_size=3))
def test_a_claimed_name_is_safe_and_keeps_the_inbox_path(parts: list[bytes]) -> None:
    place = os.fsdecode(b"/".join(parts))
    name = filenames.claimed_name(filenames.new_token(), place)
    assert filenames.is_source(name)
    assert "/" not in name
    assert name.isprintable() or all(ord(character) > 0x7F for character in name if not character.isprintable())
    assert len(name.encode()) <= 24 + filenames.MAX_NAME_BYTES  # encodes: no surrogate is left
    if not filenames.is_long(name):  # a long one stands beside the source
        assert filenames.inbox_path_of(name) == place


def test_odd_names_pass_through_the_spool_and_back(spool: Spool) -> None:
    for place in (
        "deep/er/ünï.txt",
        os.fsdecode(b"latin-\xe9.txt"),
        "-rf",
        "new\nline.txt",
        "x" * 250 + ".txt",
        "100%.txt",
    ):
        put(spool, place)
    places = ready(spool)
    assert len(places) == 6
    claimed = [path for place in places if (path := spool.claim(place))]
    assert len(claimed) == 6
    assert all(spool.done(path) for path in claimed)
    back = [spool.requeue(path, replace=True) for path in list(spool.settled("done"))]
    assert sorted(filenames.inbox_path_of(path[8:]) for path in back if path and "x" * 99 not in path) == [
        place for place in places if "x" * 99 not in place
    ]


def test_files_that_are_no_articles_are_ignored(spool: Spool) -> None:
    for place in (".hidden", "a.part", "b.TMP", "c~", "@eaDir/d.txt", ".git/e.txt", "f.txt.meta.json", "g.txt"):
        put(spool, place)
    assert ready(spool) == ["g.txt"]


def test_a_file_is_ready_when_it_has_not_changed(spool: Spool) -> None:
    put(spool, "still.txt")
    put(spool, "young.txt")
    old = time.time() - 100
    os.utime(spool.at("inbox", "still.txt"), (old, old))
    assert ready(spool, settle=5) == ["still.txt"]
    assert ready(spool, settle=5, polled=True) == []  # over a network the sender may set the mtime


def test_a_file_from_the_future_is_ready_after_two_scans(spool: Spool, monkeypatch: pytest.MonkeyPatch) -> None:
    put(spool, "a.txt")
    monkeypatch.setattr(
        "ingest.service.spool.inbox._file_system_time", lambda _: time.time() - 3600
    )  # the clock was set back
    now = [time.monotonic()]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    inbox = Inbox(spool.at("inbox"), filenames.ignore_pattern(()), settle_seconds=0.1, polled=False)
    assert list(inbox.scan()) == []
    assert list(inbox.scan()) == []
    now[0] += 0.12
    assert [found.inbox_path for found in inbox.scan()] == ["a.txt"]


def test_the_lock_is_the_lease(spool: Spool) -> None:
    put(spool, "a.txt")
    path = str(spool.claim("a.txt"))
    source = spool.open(path)
    assert source is not None
    assert spool.open(path) is None
    assert list(spool.orphaned()) == []
    source.close()
    assert list(spool.orphaned()) == [path]
    assert list(spool.orphaned(lambda at: at < time.time() - 60)) == []
    assert list(spool.orphaned(exclude={path})) == []


def test_a_source_is_settled_once(spool: Spool) -> None:
    put(spool, "a.txt")
    path = str(spool.claim("a.txt"))
    assert spool.done(path)
    assert not spool.done(path)
    assert not spool.refuse(path, {"reason": "late"})
    assert list(spool.settled("quarantine")) == []
    assert spool.open(path) is None


def test_a_sidecar_moves_with_its_article(spool: Spool) -> None:
    put(spool, "a.txt.meta.json", b'{"url": "https://example.org/a"}')
    put(spool, "a.txt")
    path = str(spool.claim("a.txt"))  # and killed before the sidecar followed
    assert spool.read_sidecar(path) is None
    assert list(spool.orphaned()) == [path]
    assert spool.read_sidecar(path) == {"url": "https://example.org/a"}
    assert spool.refuse(path, {"reason": "x"})
    (quarantined,) = spool.settled("quarantine")
    assert spool.reason(quarantined) == {"reason": "x"}
    again = str(spool.requeue(quarantined, replace=False))
    assert spool.read_sidecar(again) == {"url": "https://example.org/a"}
    assert sum(len(files) for _, _, files in os.walk(spool.at("quarantine"))) == 0
    assert spool.done(again)
    assert os.listdir(spool.at("claimed")) == []


def test_failures_are_counted_by_kind_and_reset_on_retry(spool: Spool) -> None:
    path = spool.deposit(b"x", name="x.txt")
    assert [spool.record_failure(path, "attempts", "crash") for _ in range(2)] == [1, 2]
    assert spool.record_failure(path, "deaths", "killed") == 1
    spool.refuse(path, {})
    (quarantined,) = spool.settled("quarantine")
    assert spool.failures(str(spool.requeue(quarantined, replace=False))) == {}


@pytest.mark.parametrize(
    ("call", "number", "mend"),
    [("os.rename", errno.EXDEV, "mount the whole spool"), ("fcntl.flock", errno.ENOLCK, "without locks")],
)
def test_a_mount_without_locks_or_renames_is_refused(
    call: str, number: int, mend: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(call, fail)
    with pytest.raises(SpoolError, match=mend):
        Spool(tmp_path).prepare()
    assert not any(path.is_file() for path in tmp_path.rglob("*"))
