"""A position in the journal: no line is left out, whatever happens to the files."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.service.journal import Journal
from ingest.service.journal_position import START, Position, locate, since
from ingest.service.journal_reader import JournalReader, unread


def entry(number: int, token: str = "") -> Any:
    return {
        "time": f"2026-01-31T00:{number // 60:02}:{number % 60:02}+00:00",
        "name": f"{number}",
        "token": token or f"t{number}",
    }


def rotate(journal: Journal) -> None:
    Journal(journal.folder, limit=1).rotate()


def rest(journal: Journal, position: Position) -> Iterator[int]:
    reader = JournalReader(journal, position)
    while found := reader.read(3):
        yield from (int(line["name"]) for line, _ in found)
    reader.close()


STEPS = st.lists(
    st.one_of(st.just("append"), st.just("rotate"), st.just("restart"), st.just("torn"), st.integers(1, 4)), max_size=40
)


@settings(max_examples=40)
@given(steps=STEPS, token=st.sampled_from(["", "one"]))
def test_each_line_is_read_once_and_in_order(
    tmp_path_factory: pytest.TempPathFactory, steps: list[Any], token: str
) -> None:
    """Also where all lines have one token, as those of a container's members."""
    journal = Journal(str(tmp_path_factory.mktemp("spool")))
    reader, read, written = JournalReader(journal), [], 0
    for step in steps:
        if step == "append":
            journal.append(entry(written, token))
            written += 1
        elif step == "torn":
            with open(journal.path, "ab") as file:
                file.write(b'{"time": "to')
        elif step == "rotate":
            rotate(journal)
        elif step == "restart":
            position = Position.from_json(reader.position.to_json())
            reader.close()
            reader = JournalReader(journal, position or START)
        else:
            read += [int(line["name"]) for line, _ in reader.read(step)]
        assert unread(journal, reader.position)[0] == written - len(read)
    while found := reader.read(5):
        read += [int(line["name"]) for line, _ in found]
    reader.close()
    assert read == list(range(written))


def test_a_mended_or_removed_file_leaves_out_no_line(tmp_path: Path) -> None:
    journal = Journal(str(tmp_path))
    for number in range(9):
        journal.append(entry(number))
        if number in {2, 5}:
            rotate(journal)
    reader = JournalReader(journal)
    positions = [START] + [at for _ in range(9) for _, at in reader.read(1)]
    reader.close()
    assert [list(rest(journal, position)) for position in positions] == [list(range(start, 9)) for start in range(10)]
    current = Path(journal.path)
    current.write_bytes(b"\0" * 100 + b"\n" + current.read_bytes())  # as a power cut may leave it, before it is mended
    assert [list(rest(journal, position)) for position in positions[6:]] == [
        list(range(start, 9)) for start in range(6, 10)
    ]
    os.unlink(journal.files()[0])
    assert list(rest(journal, positions[2])) == [3, 4, 5, 6, 7, 8]  # its file is gone
    assert locate(journal, positions[2])[2]  # type: ignore[index]
    current.write_bytes(b"".join(current.read_bytes().splitlines(keepends=True)[:2]))  # and its last lines
    journal.append(entry(100))
    assert list(rest(journal, positions[9])) in ([6, 100], [3, 4, 5, 6, 100])


def test_a_point_is_a_token_or_a_time(tmp_path: Path) -> None:
    journal = Journal(str(tmp_path))
    for number in range(6):
        journal.append(entry(number, f"{number:016x}-{number:06x}"))
        if number == 2:
            rotate(journal)
    assert list(rest(journal, since(journal, f"{3:016x}-{3:06x}"))) == [3, 4, 5]
    assert list(rest(journal, since(journal, "2026-01-31T01:00:02+01:00"))) == [2, 3, 4, 5]
    assert list(rest(journal, since(journal, "2026-01-30"))) == list(range(6))
    assert list(rest(journal, since(journal, "2999-01-01"))) == []
    assert list(rest(journal, since(journal, "start"))) == list(range(6))
    for wrong in ("yesterday", f"{9:016x}-{9:06x}"):
        with pytest.raises(ValueError, match=wrong):
            since(journal, wrong)
    assert json.loads(since(journal, "start").to_json()) == {"first": "", "offset": 0, "before": ""}
