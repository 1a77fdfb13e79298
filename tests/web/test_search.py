"""The dashboard's search: what it finds in any script, that kills and damage cost nothing but time, and what it says it does not search."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import time
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.service.environment import load_settings
from ingest.service.formats import JournalEntry
from ingest.service.journal import Journal
from ingest.service.record_store import JsonStore, SegmentStore
from ingest.service.settings import Settings
from ingest.web.dashboard.search import Search, SearchError, Wanted
from ingest.web.dashboard.search_index import SearchIndex
from ingest.web.dashboard.search_terms import facet_words, index_text, match_expression
from tests.support.processes import until

Lines = list[tuple[str, str, dict[str, str]]]
TEXTS: Lines = [
    ("A bridge closes", "The council met on Tuesday; ferries sail instead.", {"publisher": "one.example", "language": "en"}),
    ("東京の橋が閉鎖", "市議会は火曜日に橋の閉鎖を決めた。", {"publisher": "two.example", "language": "ja"}),
    ("สะพานปิด", "สภาเมืองปิดสะพานในวันอังคาร", {"publisher": "two.example", "language": "th"}),
    ("Brücke gesperrt", "Der Rat beschloß am Dienstag: U.S. Touristen nehmen die Fähre.", {"language": "de"}),
    ("Міст закрито", "Рада вирішила закрити міст.", {"published": "2026-11-03T10:00:00+02:00", "language": "uk"}),
]  # fmt: skip


def record_id(headline: str) -> str:
    return sha256(headline.encode()).hexdigest()


def line_of(headline: str, number: int = 0, **more: str) -> JournalEntry:
    """A line of the journal."""
    line = {"time": "2026-11-29T08:00:00.000+00:00", "name": f"{number}.txt", "id": record_id(headline), "outcome": "stored",
            "headline": headline, "token": f"{number:016x}-000000", **more}  # fmt: skip
    return cast("JournalEntry", line)


def settled(settings: Settings, texts: Lines, first: int = 0) -> None:
    """Records and their lines in the journal."""
    store, journal = JsonStore(settings.out), Journal(str(settings.spool))
    for number, (headline, body, more) in enumerate(texts, first):
        path = Path(store.path(record_id(headline)))
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps({"body": body}))
        journal.append(line_of(headline, number, **more))


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    (tmp_path / "spool").mkdir()
    return load_settings(spool=tmp_path / "spool", out=tmp_path / "out")


@pytest.fixture
def index(settings: Settings) -> Iterator[SearchIndex]:
    settled(settings, TEXTS)
    made = SearchIndex(settings)
    made.start()
    until(lambda: not made.behind)
    yield made
    made.stop()


def found(search: Search, query: str, **facets: str) -> list[str]:
    return [row.title for row in search.find(Wanted(query, facets), 0, 50)]


@pytest.mark.parametrize(("query", "headline"), [("FERRIES tuesday", "A bridge closes"), ("ferr", "A bridge closes"),
    ("東京", "東京の橋が閉鎖"), ("決", "東京の橋が閉鎖"), ("市議会", "東京の橋が閉鎖"), ("วันอังคาร", "สะพานปิด"), ("brucke", "Brücke gesperrt"), ("U.S.", "Brücke gesperrt"),
    ("beschloss FÄHRE", "Brücke gesperrt"), ("вирішила", "Міст закрито"), ("3.txt", "Brücke gesperrt"), ("two.example 火曜日", "東京の橋が閉鎖")])  # fmt: skip
def test_words_of_headline_and_body_are_found_in_any_script(index: SearchIndex, query: str, headline: str) -> None:
    assert found(Search(index), query) == [headline]


def test_filters_hold_together_with_words_and_alone(index: SearchIndex) -> None:
    search = Search(index)
    assert found(search, "", publisher="two.example") == ["สะพานปิด", "東京の橋が閉鎖"]
    assert found(search, "", publisher="two.example", language="ja") == ["東京の橋が閉鎖"]
    assert found(search, "закрити", day="2026-11-03") == ["Міст закрито"]
    assert not found(search, "закрити", day="2026-11-04")
    assert not found(search, "東局")
    assert search.choices()["publisher"] == [("two.example", 2), ("one.example", 1)]


@given(st.text(max_size=40), st.text(max_size=12))
def test_any_query_is_answered_or_has_no_words(query: str, value: str) -> None:
    rows = sqlite3.connect(":memory:")
    rows.execute(
        "CREATE VIRTUAL TABLE text USING fts5(words, facets, content='', tokenize='unicode61 remove_diacritics 0')"
    )
    rows.execute(
        "INSERT INTO text (rowid, words, facets) VALUES (1, ?, ?)", (index_text(query), facet_words({"day": value}))
    )
    expression = match_expression(query, {"day": value})
    assert rows.execute("SELECT rowid FROM text WHERE text MATCH ?", (expression,)).fetchall() == [(1,)]


def test_a_replaced_record_is_found_by_its_new_words_alone(index: SearchIndex, settings: Settings) -> None:
    store, journal = JsonStore(settings.out), Journal(str(settings.spool))
    ours, line = record_id("A bridge closes"), next(iter(Journal(str(settings.spool)).lines()))
    store.write(ours, json.dumps({"body": "It opens again."}).encode())
    journal.append(line | {"headline": "A bridge opens", "token": f"{9:016x}-000000"})
    search = Search(index)
    until(lambda: found(search, "opens again") == ["A bridge opens"])
    assert not found(search, "ferries")
    assert search.choices()["publisher"] == [("two.example", 2), ("one.example", 1)]
    row = search.record(ours)
    assert row is not None
    assert row.title == "A bridge opens"


def test_a_deleted_record_leaves_no_word_in_the_file(index: SearchIndex, settings: Settings) -> None:
    search, files = Search(index), [settings.spool / f"search.db{suffix}" for suffix in ("", "-wal")]
    assert any(b"erries" in file.read_bytes() for file in files)
    line = {
        "time": "2026-11-29T09:00:00.000+00:00",
        "outcome": "deleted",
        "id": record_id("A bridge closes"),
        "token": f"{9:016x}-000000",
    }
    Journal(str(settings.spool)).append(line)  # type: ignore[arg-type]
    until(lambda: search.record(record_id("A bridge closes")) is None)
    assert not found(search, "ferries")
    assert search.choices()["publisher"] == [("two.example", 2)]
    search.close()
    index.stop()
    assert not any(b"erries" in file.read_bytes() for file in files if file.exists())


@pytest.mark.parametrize("damage", ["deleted", "not a database", "overwritten"])
def test_a_damaged_index_is_made_again(settings: Settings, damage: str) -> None:
    settled(settings, TEXTS)
    first = SearchIndex(settings)
    first.start()
    until(lambda: not first.behind)
    first.stop()
    path = settings.spool / "search.db"
    if damage == "deleted":
        path.unlink()
    elif damage == "not a database":
        path.write_bytes(b"nothing of the kind" * 1000)
    else:
        path.write_bytes(path.read_bytes()[:4096] + os.urandom(path.stat().st_size - 4096))
    again = SearchIndex(settings)
    again.start()
    search = Search(again)

    def answered() -> bool:
        try:
            return found(search, "ferries") == ["A bridge closes"]
        except SearchError:
            return False

    until(answered)
    again.stop()


def test_a_kill_at_any_moment_loses_no_record(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ingest.web.dashboard.search_index.SLICE_BYTES", 1 << 12)
    texts: Lines = [(f"headline {number}", f"body of number {number} " * 50, {}) for number in range(600)]
    settled(settings, texts)
    for seconds in (0.1, 0.2, 0.4):
        if (pid := os.fork()) == 0:
            SearchIndex(settings).start()
            time.sleep(60)
            os._exit(1)
        time.sleep(seconds)
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
    index = SearchIndex(settings)
    index.start()
    until(lambda: not index.behind)
    index.stop()
    titles = found_all(Search(index), "number")
    assert titles == [headline for headline, _, _ in reversed(texts)]


def found_all(search: Search, query: str) -> list[str]:
    return [row.title for row in search.find(Wanted(query), 0, 5000)]


def test_bodies_that_cannot_be_read_are_counted(settings: Settings) -> None:
    settled(settings, TEXTS)
    Path(JsonStore(settings.out).path(record_id("A bridge closes"))).unlink()
    index = SearchIndex(settings)
    index.start()
    until(lambda: not index.behind)
    search = Search(index)
    assert search.unread() == 1
    assert found(search, "bridge") == ["A bridge closes"]
    assert not found(search, "ferries")
    index.stop()


@pytest.mark.usefixtures("index")
def test_one_process_writes_and_another_reads(settings: Settings) -> None:
    second = SearchIndex(settings)
    second.start()
    settled(settings, [("Late news", "The tide is high.", {})], first=20)
    until(lambda: found(Search(second), "tide") == ["Late news"])
    second.stop()


def test_without_an_index_the_reason_is_given(settings: Settings) -> None:
    index = SearchIndex(settings.model_copy(update={"search": "off"}))
    index.start()
    with pytest.raises(SearchError, match="INGEST_SEARCH"):
        Search(index).find(Wanted("x"), 0, 1)
    index.stop()


def test_bodies_in_segments_are_searched(tmp_path: Path) -> None:
    settings = load_settings(spool=tmp_path / "spool", out=tmp_path / "out", out_format="jsonl")
    settings.spool.mkdir()
    store = SegmentStore(settings.out)
    record = {"id": record_id("A bridge closes"), "body": "The ferries sail."}
    store.write(record["id"], json.dumps(record, separators=(",", ":")).encode())
    store.maintain(flush=True)
    Journal(str(settings.spool)).append(line_of("A bridge closes", language="en"))
    index = SearchIndex(settings)
    index.start()
    until(lambda: not index.behind)
    assert found(Search(index), "ferries") == ["A bridge closes"]
    assert Search(index).unread() == 0
    index.stop()
