"""The dashboard's counts: a start that takes up what an earlier one has written down comes to the same as one that reads everything."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

import pytest

from ingest.service.journal import Journal
from ingest.web.dashboard import journal_index
from ingest.web.dashboard.journal_counts import FILE_NAME
from ingest.web.dashboard.journal_index import JournalIndex


def line(number: int) -> Any:
    outcome = random.Random(number).choice(["stored", "stored", "refused", "duplicate", "deleted"])  # noqa: S311
    stored = outcome == "stored"
    return {
        "token": f"{number:016x}-000000", "time": f"2026-11-{number // 600 + 1:02}T{number // 60 % 24:02}:{number % 60:02}:00+00:00", "outcome": outcome,
        "id": f"{number % 300:064x}", "name": f"{number}.html", "headline": f"Boat {number}" if stored else None, "publisher": "Lantern",
        "reason": "no_article" if outcome == "refused" else None, "ms": number % 40, "stages": {"parse": number % 7}, "words": number % 500, "worker": "host",
    }  # fmt: skip


def read(folder: Path) -> tuple[JournalIndex, int]:
    """An index that has read all, and how many slices that took."""
    index = JournalIndex(Journal(str(folder)))
    turns = 1
    while index.read_on():
        turns += 1
    return index, turns


def same(index: JournalIndex, folder: Path) -> bool:
    kept = (folder / FILE_NAME).read_bytes() if (folder / FILE_NAME).exists() else None
    (folder / FILE_NAME).unlink(missing_ok=True)
    fresh, _ = read(folder)
    if kept:
        (folder / FILE_NAME).write_bytes(kept)
    return index.counts == fresh.counts and list(index.newest()) == list(fresh.newest())


def test_a_restart_reads_what_is_new_and_comes_to_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(journal_index, "SLICE_BYTES", 4 << 10)
    monkeypatch.setattr(journal_index, "LISTED_BYTES", 40 << 10)
    monkeypatch.setattr(journal_index, "MAX_ROWS", 50)
    journal = Journal(str(tmp_path), limit=60 << 10)
    number = 0
    for more in (900, 3, 0, 400, 1):
        for _ in range(more):
            journal.append(line(number))
            journal.rotate()
            number += 1
        index, turns = read(tmp_path)
        assert same(index, tmp_path)
        assert number == 900 or turns < 60, "of some 100 slices"
        index.save()
    assert len(journal.files()) > 5


def test_a_journal_that_lost_lines_is_counted_anew(tmp_path: Path) -> None:
    journal = Journal(str(tmp_path))
    for number in range(40):
        journal.append(line(number))
    index, _ = read(tmp_path)
    index.save()
    lines = (tmp_path / "journal.jsonl").read_text().splitlines(keepends=True)
    (tmp_path / "journal.jsonl").write_text("".join(lines[:30]))  # a power failure
    for number in range(100, 120):
        journal.append(line(number))
    again, _ = read(tmp_path)
    assert sum(again.counts.outcomes.values()) == 50
    assert same(again, tmp_path)


@pytest.mark.parametrize("kept", ["", "{}", '{"format": 0}', json.dumps({"format": 1, "position": "?"})])
def test_counts_that_cannot_be_read_are_made_again(tmp_path: Path, kept: str) -> None:
    Journal(str(tmp_path)).append(line(1))
    (tmp_path / FILE_NAME).write_text(kept)
    index, _ = read(tmp_path)
    assert sum(index.counts.outcomes.values()) == 1
