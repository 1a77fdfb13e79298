"""What a neighbour on the broker, a sender and a neighbour on the machine cannot do (SECURITY.md names each of these tests)."""

from __future__ import annotations

import codecs
import json
import logging
import os
import shutil
import subprocess
import tempfile
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from celery import Celery
from click.testing import CliRunner

from benchmarks import hostile
from ingest import runner
from ingest.cli import cli
from ingest.enqueuing import enqueue, publish, wait
from ingest.intake import Keeper
from ingest.job import open_job
from ingest.journal import Journal
from ingest.model import Gone, Stored, Ticket
from ingest.settings import Settings
from ingest.signs import UNSAFE
from ingest.spool import NotInSpool, Spool, Unusable, beneath, names
from ingest.spool.inbox import Found, Inbox
from tests.shell.rig import Redis, Tree, drop, names_in, plain, records_in, status, until

Make = Callable[..., Settings]
Grow = Callable[..., Tree]
DIARY = "a diary that nobody outside may read, and no record may hold"
NOBODY = 65_534
as_root = pytest.mark.skipif(os.geteuid() != 0, reason="needs root, to be two users")


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


@pytest.fixture(params=["openat2", "walk"])
def opened_by(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Both ways of opening folders."""
    if request.param == "walk":
        monkeypatch.setattr(beneath, "_missing", {"openat2", "renameat2"})
    elif "openat2" in beneath._missing:
        pytest.skip("this kernel has no openat2")
    return str(request.param)


def lines_of(settings: Settings) -> list[dict[str, Any]]:
    return list(Journal(str(settings.spool)).lines())


def told(settings: Settings) -> dict[str, str]:
    return {line["name"]: line["reason"] or line["outcome"] for line in lines_of(settings)}


def everything(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*")}


# --- tickets ----------------------------------------------------------------------------------------------------------


def tickets(spool: Spool, diary: Path) -> list[Any]:
    token = names.new_token()
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


def test_what_is_no_ticket_is_dropped_with_one_line(caplog: pytest.LogCaptureFixture) -> None:
    good = f"claimed/{names.claimed_name(names.new_token(), 'a/b.txt')}"
    for bad in hostile.TICKETS:
        caplog.clear()
        with caplog.at_level(logging.WARNING):
            assert names.tickets([bad, good, good]) == [good]
            assert not names.is_ticket(bad)
        assert [record.message for record in caplog.records] == ["dropped what is no ticket"]
        assert len(str(vars(caplog.records[0])["fields"])) < 600
        with pytest.raises(NotInSpool):
            names.split_path(bad)


def test_no_step_of_a_source_takes_what_is_no_ticket(make: Make, diary: Path) -> None:
    settings = make()
    spool = Spool(settings.spool)
    spool.prepare()
    job = open_job(settings, clean=plain)
    before = everything(settings.spool)
    for bad in tickets(spool, diary)[:-1]:
        assert job.run(bad) == Gone()
        assert not spool.holds(bad)
        for step in (
            spool.open, spool.claims, spool.charges, spool.give_back, spool.done, spool.whole_name, spool.forget, spool.reason,
            lambda path: spool.refuse(path, {}), lambda path: spool.charge(path, "attempts", "x"), lambda path: spool.read(path, 99),
            lambda path: spool.again(path, replace=False),
        ):  # fmt: skip
            with pytest.raises(NotInSpool):
                step(bad)
    assert everything(settings.spool) == before
    assert records_in(settings.out) == lines_of(settings) == []


@pytest.mark.usefixtures("redis")
def test_a_neighbour_on_the_broker_reaches_no_file(
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
    ticket = enqueue(b"An article, and all is well with it.", name="good.txt", settings=settings)
    worker = tree(settings, "celery", "-A", "worker", "worker")
    until(lambda: len(lines_of(settings)) == 1, seconds=90)
    watcher = tree(settings, "ingest", "watch")
    drop(settings, "later.txt", "An article that came in after it all.")
    until(lambda: len(lines_of(settings)) == 2, seconds=90)
    assert {watcher.end(), worker.end()} == {0}
    assert {path.stem for path in records_in(settings.out)} > {ticket.id}
    assert sorted(names_in(settings.spool)) == ["good.txt", "later.txt"]
    assert not any(DIARY in path.read_text() for path in records_in(settings.out))
    log = [json.loads(line) for line in (tmp_path / "log").read_text().splitlines() if line.startswith("{")]
    assert sum(line.get("dropped", 0) for line in log) == 3 * (len(bad) - 1) + 2  # the link has the form of one
    assert not any("Traceback" in str(line) for line in log)


def test_python_cannot_wait_for_or_publish_another_path(make: Make, diary: Path) -> None:
    settings = make()
    with pytest.raises(NotInSpool):
        wait(Ticket("0" * 64, str(diary)), settings=settings, timeout=0.1)
    assert publish(settings, [str(diary)])


def test_a_note_of_the_dead_names_no_file_of_others(make: Make, diary: Path) -> None:
    settings = make(deaths=1)
    keeper = Keeper(settings, "up")
    for number, path in enumerate([str(diary), "../home/diary.txt", "claimed/../../home/diary.txt", 7, ["x"]]):
        note = settings.spool / ".desks" / f"{number}"
        note.write_text(json.dumps({"role": "child", "path": path, "line": {"token": "x", "outcome": "stored"}}))
        os.utime(note, (1, 1))
    keeper.tend(queued=0)
    keeper.close()
    assert lines_of(settings) == []
    assert os.listdir(settings.spool / ".desks") == []


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


# --- links and other odd things in the spool ---------------------------------------------------------------------------


@pytest.mark.usefixtures("opened_by")
def test_links_in_the_spool_lead_nowhere(make: Make, diary: Path) -> None:
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
    spool.give_back(other)
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
    reasons = told(settings)
    assert {reasons[f"{name}.txt"] for name in odd} == {"bad_claims"}
    assert reasons["folder.txt"] == reasons["inside.txt"] == "stored"
    assert DIARY not in json.dumps(lines_of(settings))
    # whole days that are links
    os.rename(settings.spool / "quarantine", settings.spool / "q")
    (settings.spool / "quarantine").mkdir()
    os.symlink(settings.spool / "q" / os.listdir(settings.spool / "q")[0], settings.spool / "quarantine/2026-01-01")
    assert list(spool.settled("quarantine")) == []


def test_a_spool_of_links_is_refused_with_the_fix(make: Make, tmp_path: Path) -> None:
    settings = make()
    settings.spool.mkdir()
    (tmp_path / "elsewhere").mkdir()
    os.symlink(tmp_path / "elsewhere", settings.spool / "claimed")
    with pytest.raises(Unusable, match="is a link"):
        Spool(settings.spool).prepare()


def test_a_claimed_link_is_refused_and_not_read(make: Make, diary: Path) -> None:
    settings = make()
    Spool(settings.spool).prepare()
    os.symlink(diary, settings.spool / "claimed" / f"{names.new_token()}~diary.txt")
    os.symlink(diary, settings.spool / "inbox/other.txt")
    assert runner.up(settings, once=True, clean=plain) == 0
    assert told(settings) == {"diary.txt": "not_a_file", "other.txt": "not_a_file"}


# --- what belongs to somebody else -------------------------------------------------------------------------------------


@contextmanager
def user(number: int) -> Iterator[None]:
    os.setegid(number)
    os.seteuid(number)
    try:
        yield
    finally:
        os.seteuid(0)
        os.setegid(0)


@pytest.fixture
def owned(make: Make) -> Iterator[Settings]:
    """A spool that belongs to another user than the senders, in a folder that he may enter."""
    top = Path(tempfile.mkdtemp())
    top.chmod(0o755)
    settings = make(spool=top / "spool", out=top / "out", scan_interval=0.3)
    for folder in (settings.spool, settings.out):
        folder.mkdir()
        os.chown(folder, NOBODY, NOBODY)
    with user(NOBODY):
        Spool(settings.spool).prepare()
    (settings.spool / "inbox").chmod(0o777)
    yield settings
    shutil.rmtree(top)


def served(settings: Settings) -> int:
    """`ingest up --once` as the other user, with no right of root's left."""
    runner.warm()  # what is loaded here need not be readable there
    codecs.lookup("ascii")
    if pid := os.fork():
        return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    code = 1
    try:
        os.setgroups([])
        os.setresgid(NOBODY, NOBODY, NOBODY)
        os.setresuid(NOBODY, NOBODY, NOBODY)
        code = runner.up(settings, once=True)
    except BaseException:
        traceback.print_exc()
        raise
    finally:
        os._exit(code)


@as_root
def test_sidecars_of_another_user_settle(owned: Settings) -> None:
    """fs.protected_hardlinks=1 forbids to link what is not ours; a rename needs the folder alone."""
    for number in range(20):
        drop(owned, f"{number}.txt.meta.json", json.dumps({"url": f"https://example.org/{number}"})).chmod(0o644)
        drop(
            owned, f"{number}.txt", f"The article with the number {number} said that all went well in the town."
        ).chmod(0o644)
    drop(owned, "secret.txt.meta.json", "{}").chmod(0o600)
    drop(owned, "secret.txt", "An article beside claims that the service may not read.").chmod(0o644)
    assert served(owned) == 0
    assert sorted(told(owned).values()) == ["stored"] * 20 + ["unreadable"]
    assert {json.loads(path.read_bytes())["url"] for path in records_in(owned.out)} == {
        f"https://example.org/{n}" for n in range(20)
    }
    assert len(list((owned.spool / "done").rglob("*.meta.json"))) == 20
    assert os.listdir(owned.spool / "claimed") == []
    (line,) = [line for line in lines_of(owned) if line["reason"] == "unreadable"]
    mend = next(Spool(owned.spool).reason(path) for path in Spool(owned.spool).settled("quarantine"))["message"]
    shell = mend.partition("in the spool: ")[2].partition(";")[0]
    subprocess.run(shell, shell=True, check=True, cwd=owned.spool)  # noqa: S602 - what people are told to run
    with user(NOBODY):
        assert Spool(owned.spool).again(next(Spool(owned.spool).settled("quarantine")), replace=False)
    assert served(owned) == 0
    assert lines_of(owned)[-1]["outcome"] == "stored", line


@as_root
@pytest.mark.parametrize("case", ["sticky", "sidecar", "closed"])
def test_what_is_not_ours_to_take_stays_and_is_told(owned: Settings, case: str) -> None:
    inbox = owned.spool / "inbox"
    folder = inbox / "theirs"
    folder.mkdir()
    folder.chmod({"sticky": 0o1777, "sidecar": 0o1777, "closed": 0o755}[case])
    article = drop(owned, "theirs/a.txt", "An article in a folder that belongs to somebody else.")
    if case == "sidecar":  # the article is ours to move, its claims are not
        os.chown(article, NOBODY, NOBODY)
        drop(owned, "theirs/a.txt.meta.json", "{}")
    drop(owned, "b.txt", "An article that is in nobody's way and goes on.").chmod(0o644)
    with user(NOBODY):
        keeper = Keeper(owned, "up")
        taken = list(keeper.claim(9))
        assert [names.shown_name(path[8:]) for path in taken] == ["b.txt"]
        keeper.tend(queued=0)
        text = status(owned)
        keeper.close()
    assert "1 files of the inbox cannot be claimed: theirs/a.txt: inbox/theirs" in text
    assert "chown -R" in text
    assert article.exists()
    assert [name for name in os.listdir(owned.spool / "claimed") if "a.txt" in name] == []


def test_a_file_that_cannot_be_claimed_is_not_tried_with_each_event(
    make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = make(scan_interval=60)
    keeper = Keeper(settings, "up")
    drop(settings, "a.txt", "text")
    tried = []

    def claim(place: str, **_: object) -> None:
        tried.append(place)
        raise PermissionError(1, "not ours", place)

    monkeypatch.setattr(keeper.spool, "claim", claim)
    for _ in range(5):
        keeper.wake()
        list(keeper.claim(9))
    assert tried == ["a.txt"]
    assert len(keeper.stuck) == 1
    keeper.close()


def test_a_folder_of_the_inbox_that_cannot_be_read_is_told(make: Make) -> None:
    settings = make()
    keeper = Keeper(settings, "up")
    top = os.getcwd()
    os.chdir(settings.spool / "inbox")
    try:  # deeper than a path may be
        for _ in range(20):
            os.mkdir("d" * 250)
            os.chdir("d" * 250)
    finally:
        os.chdir(top)
    list(keeper.claim(9))
    keeper.tend(queued=0)
    assert "a folder cannot be read: inbox/" in status(settings)
    keeper.close()


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


def test_stored_stays_stored(make: Make) -> None:
    """The checks cost an honest article nothing: by name, by path, by ticket."""
    settings = make()
    spool = Spool(settings.spool)
    spool.prepare()
    path = spool.deposit(b"text", name="a.txt")
    assert open_job(settings, clean=plain).run(path) == Stored()
    assert CliRunner().invoke(cli, ["failed", "list", "--spool", str(settings.spool)]).exit_code == 0
