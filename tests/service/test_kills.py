"""A kill at each system call between claim and acknowledgement, then a new start: nothing is lost and nothing is duplicated."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from ingest.service import runner
from ingest.service.composition import open_service
from ingest.service.journal import Journal
from ingest.service.settings import Settings
from ingest.service.spool import Spool
from ingest.service.spool.heartbeat import Heartbeat
from tests.service.agreement import disagreements
from tests.service.stepping import killed_at, may_trace
from tests.support.processes import drop, plain

Make = Callable[..., Settings]
STRIDE = int(os.environ.get("KILL_STRIDE", "7"))  # every so many system calls; 1, as judged, takes a minute
KINDS = ("stored", "claims", "refused", "duplicate")


def content_of(kind: str, number: int) -> bytes:
    return b"the same" if kind == "duplicate" else b"\0" * 2000 if kind == "refused" else f"{kind} {number}".encode()


def run_one(settings: Settings, place: str) -> None:
    """What a worker does between taking a source and acknowledging its ticket."""
    spool = Spool(settings.spool)
    path = spool.claim(place, sidecar=(settings.spool / "inbox" / f"{place}.meta.json").exists())
    assert path is not None
    heartbeat = Heartbeat(spool.root, "child")
    open_service(settings).open_job(clean=plain, heartbeat=heartbeat).run(path)
    heartbeat.close()


def trials(settings: Settings, kind: str, stride: int) -> Iterator[tuple[str, bytes]]:
    """Kill one worker after the other, each at a later system call, until one gets through; gives what each had in hand."""
    stop, through = 0, False
    while not through:
        place, content = f"{kind}-{stop}.txt", content_of(kind, stop)
        if kind in {"claims", "duplicate"}:
            drop(settings, f"{place}.meta.json", json.dumps({"url": f"https://example.org/{stop}"}))
        drop(settings, place, content)
        through = not killed_at(stop, lambda place=place: run_one(settings, place))
        yield place, content
        stop += stride


@pytest.mark.parametrize("kind", KINDS)
def test_a_kill_at_each_system_call_loses_and_duplicates_nothing(make: Make, kind: str) -> None:
    if not may_trace():
        pytest.skip("processes may not be traced here")
    settings = make(max_bytes=1000)
    Spool(settings.spool).prepare()
    settings.out.mkdir()
    given = dict(trials(settings, kind, STRIDE))
    assert len(given) > 60 / STRIDE  # so many system calls at least are there to be killed at
    assert runner.up(settings, once=True, clean=plain) == 0
    assert disagreements(settings, given) == []
    outcomes = [line["outcome"] for line in Journal(str(settings.spool)).lines()]
    if kind != "duplicate":  # what was killed after it wrote its record is no duplicate of its own
        assert set(outcomes) == {"refused" if kind == "refused" else "stored"}
    else:
        assert outcomes.count("stored") == 1


def test_a_worker_killed_before_its_journal_line_is_recovered_by_its_parent(
    make: Make, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    settings = make()
    append = Journal.append

    def die_once(self: Journal, line: dict[str, object]) -> None:
        try:
            os.close(os.open(tmp_path / f"died-{line['name']}", os.O_CREAT | os.O_EXCL))
        except FileExistsError:
            append(self, line)
        else:
            os.kill(os.getpid(), signal.SIGKILL)

    monkeypatch.setattr(Journal, "append", die_once)
    given = {f"{number}.txt": f"article {number}".encode() for number in range(5)}
    for name, content in given.items():
        drop(settings, name, content)
    assert runner.up(settings, once=True, clean=plain) == 0
    assert disagreements(settings, given) == []
