"""Names of senders through the spool: long, deep, odd, and of an older version; each is preserved and only ever returns to the inbox."""

from __future__ import annotations

import json
import os
import shutil
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from ingest.core.text.characters import UNSAFE_CHARACTERS
from ingest.service import runner
from ingest.service.composition import open_service
from ingest.service.settings import Settings
from ingest.service.spool import Spool, beneath, filenames
from ingest.service.spool.inbox import Inbox, ReadyFile
from ingest.service.watcher import Watcher
from tests.support import hostile
from tests.support.processes import drop, lines_of, outcomes_by_name, plain, records_in

Make = Callable[..., Settings]


# --- names of a sender ------------------------------------------------------------------------------------------------

CYRILLIC = "Президент підписав закон про державний бюджет на наступний рік, повідомили в парламенті о восьмій годині вечора.html"
assert 200 < len(CYRILLIC.encode()) <= 245


def long_places(outside: Path) -> list[str]:
    """Paths below the inbox that do not fit into a name, some made to begin with an absolute path where 200 bytes are left."""
    cut = str(outside / "evil.txt").lstrip("/")
    steps = "/".join(["d" * 20] * 12)
    return [
        CYRILLIC,
        *hostile.NAMES,
        f"{steps}/{'y' * (200 - 3 - len(cut.replace('/', '%2F')) % 200)}/{cut}",
        f"{'z' * 60}/{'q' * 200}/{cut}",
    ]


@pytest.mark.usefixtures("opened_by")
def test_a_long_name_is_preserved_on_every_path(make: Make, tmp_path: Path) -> None:
    settings = make()
    spool = Spool(settings.spool)
    spool.prepare()
    outside = tmp_path / "outside"
    outside.mkdir()
    for place in long_places(outside):
        drop(settings, place, f"text of {place!a}")
        drop_sidecar = len(os.fsencode(os.path.basename(place))) <= 245
        if drop_sidecar:
            drop(settings, place + filenames.SIDECAR, json.dumps({"section": ascii(place)}))
        claims = {"section": ascii(place)} if drop_sidecar else None

        found = list(Inbox(spool.at("inbox"), filenames.ignore_pattern(()), settle_seconds=0, polled=False).scan())
        if not found:  # named like what editors leave
            shutil.rmtree(settings.spool / "inbox")
            (settings.spool / "inbox").mkdir()
            continue
        assert found == [ReadyFile(place, drop_sidecar)]
        path = str(spool.claim(place, sidecar=drop_sidecar))
        assert len(os.path.basename(path).encode()) <= 255
        assert filenames.inbox_path_of(spool.whole_name(path)) == place
        assert spool.read_sidecar(path) == claims
        spool.return_to_inbox(path)
        assert (settings.spool / "inbox" / place).is_file()
        assert os.listdir(settings.spool / "claimed") == []

        path = str(spool.claim(place))  # and killed before the sidecar followed
        assert list(spool.orphaned()) == [path]
        assert spool.read_sidecar(path) == claims
        assert spool.refuse(path, {"reason": "x"})
        (quarantined,) = spool.settled("quarantine")
        assert filenames.inbox_path_of(spool.whole_name(quarantined)) == place
        assert spool.read_sidecar(quarantined) == claims
        again = str(spool.requeue(quarantined, replace=True))
        assert filenames.inbox_path_of(spool.whole_name(again)) == place
        assert spool.read_sidecar(again) == claims
        assert spool.done(again)
        (done,) = spool.settled("done")
        assert spool.read(done, 9999).decode() == f"text of {place!a}"
        assert not UNSAFE_CHARACTERS.search(filenames.display_path(spool.whole_name(done)))
        spool.delete(done)
        left = [each for each in settings.spool.rglob("*") if not each.is_dir()]
        assert left == []
    assert os.listdir(outside) == []
    assert {each.name for each in tmp_path.iterdir()} == {"spool", "outside"}


def test_a_sidecar_of_a_long_name_reaches_the_record(make: Make) -> None:
    settings = make()
    Spool(settings.spool).prepare()
    drop(settings, CYRILLIC + filenames.SIDECAR, '{"url": "https://example.org/a", "section": "World"}')
    drop(settings, CYRILLIC, "An article that says enough to be read as one.\n\nAnd it has another paragraph, too.\n")
    assert runner.up(settings, once=True) == 0
    (record,) = records_in(settings.out)
    found = json.loads(record.read_bytes())
    assert (found["url"], found["section"], found["source"]["name"]) == ("https://example.org/a", "World", CYRILLIC)
    assert outcomes_by_name(settings) == {CYRILLIC: "stored"}


def test_hostile_names_pass_through_the_service(make: Make) -> None:
    settings = make()
    spool = Spool(settings.spool)
    spool.prepare()
    ignored = filenames.ignore_pattern(())
    places = [place for place in hostile.NAMES if not any(map(ignored.match, place.split("/")))]
    assert len(places) > 30
    for number, place in enumerate(places):
        drop(settings, place, f"text {number}")
    assert runner.up(settings, once=True, clean=plain) == 0
    lines = lines_of(settings)
    assert [line["outcome"] for line in lines] == ["stored"] * len(places)
    assert sorted(filenames.inbox_path_of(spool.whole_name(path)) for path in spool.settled("done")) == sorted(places)
    assert list((settings.spool / "claimed").iterdir()) == []


@pytest.mark.parametrize(
    "encoded", ["%2Fetc%2Fevil.txt", "..%2F..%2Fevil.txt", "%00", "a%2F%2Fb", ".%2Fx", "x" * 150 + "%2Fy" + "z" * 40]
)
@pytest.mark.usefixtures("opened_by")
def test_a_name_of_an_older_version_only_returns_to_the_inbox(make: Make, encoded: str) -> None:
    settings = make()
    spool = Spool(settings.spool)
    spool.prepare()
    name = f"{filenames.new_token()}~{encoded}"
    drop(settings, f"../claimed/{name}", "text")
    drop(settings, f"../claimed/{name[:23]}.meta.json", "{}")
    assert list(spool.orphaned()) == [f"claimed/{name}"]
    assert spool.read_sidecar(f"claimed/{name}") == {}
    spool.return_to_inbox(f"claimed/{name}")
    found = [path for path in (settings.spool / "inbox").rglob("*") if path.is_file()]
    assert len(found) == 2
    assert Watcher(open_service(settings), "up").inbox.scan().__next__().sidecar
    # and settled ones of that form are sent through again
    shelf = settings.spool / "done/2026-01-01/ab"
    shelf.mkdir(parents=True)
    old = f"done/2026-01-01/ab/0000000000000001-0000ab~{encoded}"
    (settings.spool / old).write_text("old")
    (shelf / "0000000000000001-0000ab.meta.json").write_text('{"section": "World"}')
    assert list(spool.settled("done")) == [old]
    path = str(spool.requeue(old, replace=True))
    assert spool.read_sidecar(path) == {"section": "World"}
    assert os.listdir(shelf) == []


# --- kills ------------------------------------------------------------------------------------------------------------


def test_a_kill_between_moves_never_separates_a_source_from_its_claims(
    make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At each rename and unlink of a source's life in its turn: what is found afterwards is one article, with its claims."""
    real = {name: getattr(os, name) for name in ("rename", "unlink")}

    class Killed(BaseException):
        pass

    for turn in range(40):
        settings = make(spool=make().spool.with_name(f"spool-{turn}"))
        spool = Spool(settings.spool)
        spool.prepare()
        place = CYRILLIC
        drop(settings, place + filenames.SIDECAR, '{"section": "World"}')
        drop(settings, place, "text")
        left = iter(range(turn, -1, -1))

        def dying(name: str, left: Iterator[int] = left) -> Callable[..., None]:
            def call(*given: Any, **named: Any) -> None:
                if next(left, 0) == 0:
                    raise Killed
                real[name](*given, **named)

            return call

        with monkeypatch.context() as patch:
            for name in real:
                patch.setattr(os, name, dying(name))
            patch.setattr(beneath, "_missing", {"openat2", "renameat2"})
            finished = False
            try:
                path = str(spool.claim(place, sidecar=True))
                spool.refuse(path, {"reason": "x"})
                path = str(spool.requeue(next(spool.settled("quarantine")), replace=True))
                spool.done(path)
                finished = True
            except Killed:
                pass
        now = time.time()
        monkeypatch.setattr(time, "time", lambda now=now: now + 20)
        list(spool.orphaned())
        monkeypatch.undo()
        if (settings.spool / "inbox" / place).exists():
            assert (settings.spool / "inbox" / (place + filenames.SIDECAR)).exists()
            continue
        found = [f"claimed/{name}" for name in os.listdir(settings.spool / "claimed") if filenames.is_source(name)]
        found += [*spool.settled("quarantine"), *spool.settled("done")]
        assert len(found) == 1, turn
        assert spool.read_sidecar(found[0]) == {"section": "World"}, turn
        assert filenames.inbox_path_of(spool.whole_name(found[0])) == place, turn
        if finished:
            assert turn > 6
            return
    raise AssertionError("it never came to its end")
