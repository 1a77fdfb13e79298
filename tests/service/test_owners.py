"""Files and folders of other users than the service: their articles settle, or stay where they are and are reported."""

from __future__ import annotations

import codecs
import json
import os
import shutil
import subprocess
import tempfile
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from ingest.core.preload import preload
from ingest.service import runner
from ingest.service.composition import open_service
from ingest.service.settings import Settings
from ingest.service.spool import Spool, filenames
from ingest.service.watcher import Watcher
from tests.support.processes import drop, lines_of, outcomes_by_name, records_in, status

Make = Callable[..., Settings]
NOBODY = 65_534
as_root = pytest.mark.skipif(os.geteuid() != 0, reason="needs root, to be two users")


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
    preload()  # what is loaded here need not be readable there
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
    assert sorted(outcomes_by_name(owned).values()) == ["stored"] * 20 + ["unreadable"]
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
        assert Spool(owned.spool).requeue(next(Spool(owned.spool).settled("quarantine")), replace=False)
    assert served(owned) == 0
    assert lines_of(owned)[-1]["outcome"] == "stored", line


@as_root
@pytest.mark.parametrize("case", ["sticky", "sidecar", "closed"])
def test_files_that_we_may_not_move_stay_and_are_reported(owned: Settings, case: str) -> None:
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
        watcher = Watcher(open_service(owned), "up")
        taken = list(watcher.claim(9))
        assert [filenames.display_name(path[8:]) for path in taken] == ["b.txt"]
        watcher.maintain(queued=0)
        text = status(owned)
        watcher.close()
    assert "1 files of the inbox cannot be claimed: theirs/a.txt: inbox/theirs" in text
    assert "chown -R" in text
    assert article.exists()
    assert [name for name in os.listdir(owned.spool / "claimed") if "a.txt" in name] == []


def test_a_file_that_cannot_be_claimed_is_not_tried_with_each_event(
    make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = make(scan_interval=60)
    watcher = Watcher(open_service(settings), "up")
    drop(settings, "a.txt", "text")
    tried = []

    def claim(place: str, **_: object) -> None:
        tried.append(place)
        raise PermissionError(1, "not ours", place)

    monkeypatch.setattr(watcher.spool, "claim", claim)
    for _ in range(5):
        watcher.wake()
        list(watcher.claim(9))
    assert tried == ["a.txt"]
    assert len(watcher.stuck) == 1
    watcher.close()


def test_an_unreadable_folder_of_the_inbox_is_reported(make: Make) -> None:
    settings = make()
    watcher = Watcher(open_service(settings), "up")
    top = os.getcwd()
    os.chdir(settings.spool / "inbox")
    try:  # deeper than a path may be
        for _ in range(20):
            os.mkdir("d" * 250)
            os.chdir("d" * 250)
    finally:
        os.chdir(top)
    list(watcher.claim(9))
    watcher.maintain(queued=0)
    assert "a folder cannot be read: inbox/" in status(settings)
    watcher.close()
