"""The index of stories: one answer for one article, one first among copies, whatever is killed, forgotten or damaged."""

from __future__ import annotations

import json
import multiprocessing
import os
import random
import sqlite3
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from itertools import permutations
from pathlib import Path
from typing import Any

import pytest

from ingest.core.memory.story_changes import Placement
from ingest.core.memory.story_fingerprint import fingerprint
from ingest.core.preload import preload
from ingest.core.record import Record
from ingest.service import runner
from ingest.service.composition import open_story_index
from ingest.service.settings import Settings
from ingest.service.story_index import StoryIndex
from tests.core.stories import ENGLISH, GREEK, RUSSIAN, STORIES
from tests.core.test_stories import record
from tests.service.stepping import killed_at, may_trace
from tests.support.processes import drop, records_in

Make = Callable[..., Settings]
STRIDE = int(os.environ.get("KILL_STRIDE", "7"))

WHOLE = record(ENGLISH.prose, ENGLISH.title, domain="herald.example")
COPY = record([*ENGLISH.prose, "Printed with permission."], ENGLISH.title, domain="courier.example")
OPENING = record(ENGLISH.prose[:3], ENGLISH.title, domain="post.example")
ENDING = record(ENGLISH.prose[3:], "Machines still work", domain="times.example")
OTHER = record(RUSSIAN.prose, RUSSIAN.title)


def nothing(record_id: str) -> dict[str, Any] | None:
    del record_id


@pytest.fixture
def index(tmp_path: Path) -> Iterator[StoryIndex]:
    made = StoryIndex(tmp_path / "stories.db", limit=1000)
    yield made
    made.close()


def groups(index: StoryIndex) -> set[frozenset[str]]:
    found: dict[str, set[str]] = {}
    for article, story in index.stories().items():
        found.setdefault(story, set()).add(article)
    return set(map(frozenset, found.values()))


def test_an_article_gets_the_same_answer_again(index: StoryIndex) -> None:
    before = {one.id: json.loads(one.to_json()) for one in (WHOLE, COPY)}
    corrected = record([*ENGLISH.prose[:4], "The price was 301,000 pounds."], f"CORRECTED: {ENGLISH.title}")
    answers = [
        index.place(one, arrived, before.get) for arrived, one in enumerate((OPENING, WHOLE, OTHER, COPY, corrected))
    ]
    assert answers[4].changes is not None
    assert answers[4].changes.headline_before == ENGLISH.title
    index.close()
    again = [index.place(one, 99, nothing) for one in (corrected, COPY, OTHER, WHOLE, OPENING)]
    assert again[::-1] == answers
    assert [answer.story for answer in answers] == [OPENING.id, OPENING.id, OTHER.id, OPENING.id, OPENING.id]


def test_groups_do_not_depend_on_the_order(tmp_path: Path) -> None:
    """The opening and the ending share nothing: the whole article joins their stories when it comes."""
    for number, order in enumerate(permutations((WHOLE, COPY, OPENING, ENDING, OTHER))):
        index = StoryIndex(tmp_path / f"{number}.db", limit=1000)
        for arrived, one in enumerate(order):
            index.place(one, arrived, nothing)
        assert groups(index) == {frozenset({WHOLE.id, COPY.id, OPENING.id, ENDING.id}), frozenset({OTHER.id})}
        index.close()


def test_the_oldest_are_forgotten_with_all_their_keys(tmp_path: Path) -> None:
    index = StoryIndex(tmp_path / "stories.db", limit=3)
    first = record(GREEK.prose, GREEK.title)
    index.place(first, 0, nothing)
    for number, story in enumerate(STORIES[5:], 1):
        index.place(record(story.prose, story.title), number, nothing)
    assert len(index.stories()) == 3
    assert index.place(first, 99, nothing) == Placement(first.id)
    index.close()
    with sqlite3.connect(tmp_path / "stories.db") as rows:
        kept = {number for (number,) in rows.execute("SELECT number FROM article")}
        assert {key & ((1 << 31) - 1) for (key,) in rows.execute("SELECT key FROM key")} == kept


@pytest.mark.parametrize("damage", ["no database", "half a page", "another format"])
def test_a_file_that_cannot_be_used_is_set_aside(tmp_path: Path, damage: str) -> None:
    path = tmp_path / "stories.db"
    index = StoryIndex(path, limit=1000)
    index.place(WHOLE, 1, nothing)
    index.close()
    if damage == "no database":
        path.write_bytes(b"no database, but long enough to be read as one" * 100)
    elif damage == "half a page":
        content = bytearray(path.read_bytes())
        content[4096:] = random.Random(1).randbytes(len(content) - 4096)  # noqa: S311 - no secret
        path.write_bytes(content)
    else:
        with sqlite3.connect(path) as rows:
            rows.execute("PRAGMA user_version = 99")
    assert index.place(COPY, 2, nothing) == Placement(COPY.id)
    assert index.place(OPENING, 3, nothing).story == COPY.id
    assert len(list(tmp_path.glob("stories.db.damaged-*"))) == 1
    index.close()


def _place_copies(path: Path, numbers: range) -> list[tuple[str, str]]:
    index = StoryIndex(path, limit=1000)
    made = [record([*ENGLISH.prose, f"Copy {number}."], domain=f"paper{number}.example") for number in numbers]
    return [(one.id, index.place(one, number, nothing).story) for number, one in zip(numbers, made, strict=True)]


def test_of_copies_that_come_at_once_one_is_the_first(tmp_path: Path) -> None:
    # Ended by a message: a child forked after a test that ran the service in this process takes no SIGTERM.
    with ProcessPoolExecutor(4, mp_context=multiprocessing.get_context("fork")) as pool:
        work = [pool.submit(_place_copies, tmp_path / "stories.db", range(start, 40, 4)) for start in range(4)]
        answers = [answer for part in work for answer in part.result(timeout=60)]
    assert len({story for _, story in answers}) == 1
    assert sum(own == story for own, story in answers) == 1


def test_a_kill_at_each_system_call_leaves_a_whole_index(tmp_path: Path) -> None:
    if not may_trace():
        pytest.skip("processes may not be traced here")
    path = tmp_path / "stories.db"
    told = StoryIndex(path, limit=1000).place(WHOLE, 1, nothing)
    stop, through, trials = 0, False, 0
    while not through:
        copy = record([*ENGLISH.prose, f"Copy {stop}."], ENGLISH.title, domain=f"paper{stop}.example")
        through = not killed_at(stop, lambda copy=copy: StoryIndex(path, limit=1000).place(copy, 2, nothing))
        index = StoryIndex(path, limit=1000)
        assert index.place(WHOLE, 3, nothing) == told
        answer = index.place(copy, 4, nothing)
        assert answer.story == WHOLE.id
        assert index.place(copy, 5, nothing) == answer
        index.close()
        with sqlite3.connect(path) as rows:
            assert rows.execute("PRAGMA integrity_check").fetchone() == ("ok",)
            assert rows.execute("SELECT count(*) FROM article").fetchone()[0] == trials + 2
        stop, trials = stop + STRIDE, trials + 1
    assert trials > 20 / STRIDE


def test_records_of_the_service_know_their_story(make: Make) -> None:
    settings = make(workers=1)
    changed = ENGLISH.prose[1].replace("310,000", "301,000")
    texts = (
        (ENGLISH.title, *ENGLISH.prose),
        (f"CORRECTED: {ENGLISH.title}", ENGLISH.prose[0], changed, *ENGLISH.prose[2:]),
    )
    for number, text in enumerate(texts):
        drop(settings, f"{number}.txt", "\n\n".join(text))
        assert runner.up(settings, once=True, clean=preload()) == 0
    records = [Record.model_validate_json(path.read_bytes()) for path in records_in(settings.out)]
    first, second = sorted(records, key=lambda one: len(one.same_as))
    assert (first.story, first.same_as, first.changes) == (first.id, (), None)
    assert (second.story, second.same_as[0].id, second.same_as[0].relation) == (first.id, first.id, "correction")
    assert second.changes is not None
    assert (second.changes.added, second.changes.removed) == ((changed,), (ENGLISH.prose[1],))
    assert second.changes.headline_before == ENGLISH.title


def test_the_index_can_be_turned_off_or_lie_elsewhere(make: Make, tmp_path: Path) -> None:
    assert open_story_index(make(stories="off")) is None
    here = open_story_index(make())
    there = open_story_index(make(stories=tmp_path / "elsewhere.db"))
    assert here is not None
    assert here.path == str(tmp_path / "spool" / "stories.db")
    assert there is not None
    assert there.path == str(tmp_path / "elsewhere.db")


def test_a_deleted_article_leaves_nothing_in_the_file(index: StoryIndex) -> None:
    for number, one in enumerate((WHOLE, OTHER, COPY)):
        index.place(one, number, nothing)
    assert index.delete(WHOLE.id)
    assert not index.delete(WHOLE.id)
    assert groups(index) == {frozenset({COPY.id}), frozenset({OTHER.id})}
    assert index.place(record(ENGLISH.prose[:3], ENGLISH.title, domain="post.example"), 9, nothing).story == COPY.id
    written = b"".join(path.read_bytes() for path in Path(index.path).parent.iterdir())
    assert fingerprint(OTHER, 1).to_bytes() in written
    assert fingerprint(WHOLE, 0).to_bytes() not in written
