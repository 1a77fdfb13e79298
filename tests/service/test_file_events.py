"""File events wake the scan; whatever ends them, they come back, or the periodic scan goes on alone."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from ingest.service.file_events import FileEvents
from tests.support.processes import until


@pytest.fixture
def events(tmp_path: Path) -> Iterator[FileEvents]:
    made = FileEvents(str(tmp_path))
    made.start()
    yield made
    made.close()
    assert not made.is_alive()
    with pytest.raises(OSError, match="Bad file descriptor"):
        os.fstat(made.read_fd)


def wakes(events: FileEvents, folder: Path) -> None:
    """A file of its own, again and again, until one raises an event: the watch may only be starting."""
    names = iter(range(1000))
    events.drain()
    until(lambda: bool((folder / f"{next(names)}.txt").write_text("x")) and events.wait(0.3), seconds=20)


def test_a_new_file_is_an_event_also_after_a_name_that_ends_the_watch(events: FileEvents, tmp_path: Path) -> None:
    wakes(events, tmp_path)
    with open(os.fsencode(tmp_path) + b"/caf\xe9.txt", "wb") as file:
        file.write(b"x")
    assert events.wait(5)
    while events.wait(1.5):  # the burst, and the restart
        pass
    (tmp_path / "after.txt").write_text("x")
    assert events.wait(10)


def test_a_folder_that_cannot_be_watched_is_said_once(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, "ingest")
    events = FileEvents(str(tmp_path / "missing"))
    events.start()
    assert events.wait(10)  # the scan is woken, for events may have been missed
    events.close()
    assert not events.is_alive()
    assert [record.levelname for record in caplog.records if record.name == "ingest.service.file_events"] == ["WARNING"]
