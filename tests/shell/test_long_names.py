"""Names of senders through the spool: long, deep, odd, and of an older version; each is kept whole and returns to the inbox alone."""

from __future__ import annotations

import json
import os
import shutil
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from benchmarks import hostile
from ingest import runner
from ingest.intake import Keeper
from ingest.settings import Settings
from ingest.signs import UNSAFE
from ingest.spool import Spool, beneath, names
from ingest.spool.inbox import Found, Inbox
from tests.shell.rig import drop, lines_of, plain, records_in, told

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
def test_a_long_name_is_kept_whole_on_every_way(make: Make, tmp_path: Path) -> None:
    settings = make()
    spool = Spool(settings.spool)
    spool.prepare()
    outside = tmp_path / "outside"
    outside.mkdir()
    for place in long_places(outside):
        drop(settings, place, f"text of {place!a}")
        drop_sidecar = len(os.fsencode(os.path.basename(place))) <= 245
        if drop_sidecar:
            drop(settings, place + names.SIDECAR, json.dumps({"section": ascii(place)}))
        claims = {"section": ascii(place)} if drop_sidecar else None

        found = list(Inbox(spool.at("inbox"), names.ignoring(()), settle=0, polled=False).scan())
        if not found:  # named like what editors leave
            shutil.rmtree(settings.spool / "inbox")
            (settings.spool / "inbox").mkdir()
            continue
        assert found == [Found(place, drop_sidecar)]
        path = str(spool.claim(place, sidecar=drop_sidecar))
        assert len(os.path.basename(path).encode()) <= 255
        assert names.place_of(spool.whole_name(path)) == place
        assert spool.claims(path) == claims
        spool.give_back(path)
        assert (settings.spool / "inbox" / place).is_file()
        assert os.listdir(settings.spool / "claimed") == []

        path = str(spool.claim(place))  # and killed before the sidecar followed
        assert list(spool.adrift()) == [path]
        assert spool.claims(path) == claims
        assert spool.refuse(path, {"reason": "x"})
        (quarantined,) = spool.settled("quarantine")
        assert names.place_of(spool.whole_name(quarantined)) == place
        assert spool.claims(quarantined) == claims
        again = str(spool.again(quarantined, replace=True))
        assert names.place_of(spool.whole_name(again)) == place
        assert spool.claims(again) == claims
        assert spool.done(again)
        (done,) = spool.settled("done")
        assert spool.read(done, 9999).decode() == f"text of {place!a}"
        assert not UNSAFE.search(names.shown_place(spool.whole_name(done)))
        spool.forget(done)
        left = [each for each in settings.spool.rglob("*") if not each.is_dir()]
        assert left == []
    assert os.listdir(outside) == []
    assert {each.name for each in tmp_path.iterdir()} == {"spool", "outside"}


def test_claims_beside_a_long_name_reach_the_record(make: Make) -> None:
    settings = make()
    Spool(settings.spool).prepare()
    drop(settings, CYRILLIC + names.SIDECAR, '{"url": "https://example.org/a", "section": "World"}')
    drop(settings, CYRILLIC, "An article that says enough to be read as one.\n\nAnd it has another paragraph, too.\n")
    assert runner.up(settings, once=True) == 0
    (record,) = records_in(settings.out)
    found = json.loads(record.read_bytes())
    assert (found["url"], found["section"], found["source"]["name"]) == ("https://example.org/a", "World", CYRILLIC)
    assert told(settings) == {CYRILLIC: "stored"}


def test_hostile_names_through_the_service(make: Make) -> None:
    settings = make()
    spool = Spool(settings.spool)
    spool.prepare()
    ignored = names.ignoring(())
    places = [place for place in hostile.NAMES if not any(map(ignored.match, place.split("/")))]
    assert len(places) > 30
    for number, place in enumerate(places):
        drop(settings, place, f"text {number}")
    assert runner.up(settings, once=True, clean=plain) == 0
    lines = lines_of(settings)
    assert [line["outcome"] for line in lines] == ["stored"] * len(places)
    assert sorted(names.place_of(spool.whole_name(path)) for path in spool.settled("done")) == sorted(places)
    assert list((settings.spool / "claimed").iterdir()) == []


@pytest.mark.parametrize(
    "encoded", ["%2Fetc%2Fevil.txt", "..%2F..%2Fevil.txt", "%00", "a%2F%2Fb", ".%2Fx", "x" * 150 + "%2Fy" + "z" * 40]
)
@pytest.mark.usefixtures("opened_by")
def test_a_name_of_an_older_version_returns_to_the_inbox_alone(make: Make, encoded: str) -> None:
    settings = make()
    spool = Spool(settings.spool)
    spool.prepare()
    name = f"{names.new_token()}~{encoded}"
    drop(settings, f"../claimed/{name}", "text")
    drop(settings, f"../claimed/{name[:23]}.meta.json", "{}")
    assert list(spool.adrift()) == [f"claimed/{name}"]
    assert spool.claims(f"claimed/{name}") == {}
    spool.give_back(f"claimed/{name}")
    found = [path for path in (settings.spool / "inbox").rglob("*") if path.is_file()]
    assert len(found) == 2
    assert Keeper(settings, "up").inbox.scan().__next__().sidecar
    # and settled ones of that form are sent through again
    shelf = settings.spool / "done/2026-01-01/ab"
    shelf.mkdir(parents=True)
    old = f"done/2026-01-01/ab/0000000000000001-0000ab~{encoded}"
    (settings.spool / old).write_text("old")
    (shelf / "0000000000000001-0000ab.meta.json").write_text('{"section": "World"}')
    assert list(spool.settled("done")) == [old]
    path = str(spool.again(old, replace=True))
    assert spool.claims(path) == {"section": "World"}
    assert os.listdir(shelf) == []


# --- kills ------------------------------------------------------------------------------------------------------------


def test_a_kill_between_any_two_moves_parts_no_source_from_its_claims(
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
        drop(settings, place + names.SIDECAR, '{"section": "World"}')
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
                path = str(spool.again(next(spool.settled("quarantine")), replace=True))
                spool.done(path)
                finished = True
            except Killed:
                pass
        now = time.time()
        monkeypatch.setattr(time, "time", lambda now=now: now + 20)
        list(spool.adrift())
        monkeypatch.undo()
        if (settings.spool / "inbox" / place).exists():
            assert (settings.spool / "inbox" / (place + names.SIDECAR)).exists()
            continue
        found = [f"claimed/{name}" for name in os.listdir(settings.spool / "claimed") if names.is_source(name)]
        found += [*spool.settled("quarantine"), *spool.settled("done")]
        assert len(found) == 1, turn
        assert spool.claims(found[0]) == {"section": "World"}, turn
        assert names.place_of(spool.whole_name(found[0])) == place, turn
        if finished:
            assert turn > 6
            return
    raise AssertionError("it never came to its end")
