"""Sinks: each ends with what the journal says, whatever dies when."""

from __future__ import annotations

import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import pytest
import redis as redis_client
from click.testing import CliRunner, Result

from benchmarks.faults.sinks import all_is_well
from benchmarks.faults.sinks import run as run_under_kills
from ingest.cli import cli
from ingest.core.record import Record
from ingest.service.settings import Settings
from ingest.service.sinks import outbox as outbox_module
from ingest.service.sinks.outbox import Outbox
from ingest.service.sinks.state import SinkFolder
from ingest.service.sinks.url import SinkUrl
from ingest.service.spool.heartbeat import Heartbeat, heartbeats
from ingest.web.dashboard.journal_index import JournalIndex
from ingest.web.dashboard.metrics import render_metrics
from ingest.web.dashboard.snapshot import SpoolSnapshot
from tests.support.processes import Tree, redis_server, status, until
from tests.support.sinks import (
    Postgres,
    SearchReceiver,
    Settled,
    WebhookReceiver,
    free_port,
    postgres_programs,
    record_id,
)

Make = Callable[..., Settings]
KINDS = ("sqlite", "parquet", "postgres", "redis-stream", "opensearch", "webhook")
STORES = ("sqlite", "parquet", "postgres", "opensearch")
"""Kinds that hold each record once; the others are told what happened, in order."""


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    if (programs := postgres_programs()) is None:
        assert not os.environ.get("CI"), "no PostgreSQL: CI must have one"
        pytest.skip("no PostgreSQL is installed")
    server = Postgres(programs, "-c", "fsync=off")
    yield server
    server.end()


class Bench:
    """One sink of a kind, and what it holds."""

    def __init__(self, kind: str, request: pytest.FixtureRequest, folder: Path) -> None:
        self.kind, self.folder = kind, folder
        if kind == "postgres":
            self.server: Any = request.getfixturevalue("postgres")
            self.table = f"t{os.urandom(6).hex()}"
            self.url = f"{self.server.url}?table={self.table}"
        elif kind == "redis-stream":
            self.server = request.getfixturevalue("redis")
            self.url = self.server.url.replace("redis:", "redis-stream:")
        elif kind in {"opensearch", "webhook"}:
            self.server = SearchReceiver() if kind == "opensearch" else WebhookReceiver()
            request.addfinalizer(self.server.end)
            self.url = self.server.url
        else:
            self.url = f"{kind}:{folder / kind}"

    def rows(self) -> list[tuple[str, dict[str, Any]]]:
        """Id and record of each row that a reader finds."""
        if self.kind == "postgres":
            return [(str(id_), record) for id_, record in self.server.rows(f"SELECT id, record FROM {self.table}")]  # noqa: S608
        if self.kind == "sqlite":
            with sqlite3.connect(self.folder / "sqlite") as connection:
                return [
                    (id_, json.loads(record)) for id_, record in connection.execute("SELECT id, record FROM articles")
                ]
        if self.kind == "parquet":
            if not list((self.folder / "parquet").glob("*/*.parquet")):
                return []
            found = duckdb.sql(f"SELECT id, record FROM '{self.folder}/parquet/*/*.parquet'").fetchall()  # noqa: S608
            return [(id_, json.loads(record)) for id_, record in found]
        return [
            (id_, {name: each[name] for name in Record.model_fields}) for id_, each in self.server.documents.items()
        ]

    def events(self) -> list[tuple[str, str]]:
        """Id and outcome of each event, in order, of a kind that is told events."""
        if self.kind == "webhook":
            messages = self.server.messages.values()
            return [(each["data"]["id"], each["type"].removeprefix("article.")) for each in messages]
        with redis_client.Redis.from_url(self.server.url, decode_responses=True) as client:
            entries: Any = client.xrange("articles")
            return [(fields["id"], fields["outcome"]) for _, fields in entries]

    def check(self, settled: Settled) -> None:
        if self.kind in STORES:
            assert Counter(id_ for id_, _ in self.rows()) == Counter(settled.records().keys())
            assert dict(self.rows()) == settled.records()
        else:
            assert self.events() == settled.events()


@pytest.fixture(autouse=True)
def _no_disk_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "fsync", lambda _: None)


@pytest.fixture
def bench(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Bench:
    monkeypatch.setattr(outbox_module, "FIRST_RETRY_SECONDS", 0.01)
    monkeypatch.setattr(outbox_module, "MAX_RETRY_SECONDS", 0.02)
    monkeypatch.setattr(outbox_module, "IDLE_SECONDS", 0.01)
    return Bench(request.param, request, tmp_path)


each_kind = pytest.mark.parametrize("bench", KINDS, indirect=True)
each_store = pytest.mark.parametrize("bench", STORES, indirect=True)


def deliver(settled: Settled, url: str, *, once: bool = True, stopping: Callable[[], bool] = lambda: False) -> bool:
    sink = SinkUrl(url)
    folder = settled.service.sink_folder(sink)
    assert folder.try_lock()
    try:
        return settled.service.open_outbox(sink, folder).run(stopping, once=once)
    finally:
        folder.unlock()


def run(*words: Any, **environment: str) -> Result:
    return CliRunner(env=environment).invoke(cli, [str(word) for word in words])


def story(settled: Settled, first: int = 0) -> None:
    """Ten records, a refusal, a new version, a deletion, and one that was deleted and came again."""
    for number in range(first, first + 10):
        settled.store(number)
    settled.line("refused")
    settled.store(first + 3, headline="The second version")
    settled.delete(first + 4)
    settled.delete(first + 5)
    settled.store(first + 5)


@each_kind
def test_a_sink_ends_with_what_the_journal_says(make: Make, bench: Bench) -> None:
    settled = Settled(make())
    for first in (0, 100):
        story(settled, first)
        assert deliver(settled, bench.url)
        bench.check(settled)


@each_kind
def test_a_kill_at_any_step_repeats_nothing_that_shows(
    make: Make, bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    settled = Settled(make())

    def die(*_: Any, **__: Any) -> None:
        raise KeyboardInterrupt

    for first, step in (
        (0, (SinkFolder, "write_state")),
        (20, (SinkFolder, "add_dead_letters")),
        (40, (Outbox, "_bury")),
    ):
        story(settled, first)
        with monkeypatch.context() as dying:
            dying.setattr(*step, die)
            with pytest.raises(KeyboardInterrupt):
                deliver(settled, bench.url)
        settled.store(first + 12)  # so that the batch that comes again is another one
        assert deliver(settled, bench.url)
        bench.check(settled)


@each_store
def test_everything_again_leaves_a_store_as_it_was(make: Make, bench: Bench) -> None:
    settled = Settled(make())
    story(settled)
    token = settled.store(50)
    assert deliver(settled, bench.url)
    at = ["--spool", settled.settings.spool, "--out", settled.settings.out, "--sink", bench.url, "--once", "--since"]
    for since in ("start", token, "2020-01-01"):
        done = run("deliver", *at, since)
        assert (done.exit_code, bench.check(settled)) == (0, None), done.output
    assert run("deliver", *at, "yesterday").exit_code == 2


@each_store
def test_texts_that_databases_refuse_arrive(make: Make, bench: Bench) -> None:
    """What is no text in a database is replaced, and what is too long for an index stays in the body."""
    settled = Settled(make())
    words = " ".join(f"w{number:x}" for number in range(300_000))
    settled.store(0, body=words, headline="h" * 40_000, extra={"nul": "a\0b", "pair": "😀", "n": 10**40})
    settled.store(1, published="2025-02-30", modified="2026-01-31T23:59:60Z")
    settled.store(2, published="0001-01-01T00:00:00+05:00", modified="9999-12-31")
    assert deliver(settled, bench.url)
    rows = dict(bench.rows())
    assert rows.keys() == settled.records().keys()
    first = rows[record_id(0)]
    assert first["body"] == words
    assert first["extra"] == {"nul": "a\ufffdb", "pair": "😀", "n": 10**40}


@pytest.mark.parametrize("bench", ["opensearch", "webhook"], indirect=True)
def test_what_is_rejected_for_good_is_a_dead_letter_until_it_is_retried(make: Make, bench: Bench) -> None:
    settings = make(sinks=bench.url)
    settled = Settled(settings)
    settled.store(0)
    settled.store(1, headline="REFUSED")
    settled.store(2)
    settled.line("stored", record_id(7))  # whose record somebody took away
    assert deliver(settled, bench.url)
    arrived = bench.events() if bench.kind == "webhook" else bench.rows()
    assert [id_ for id_, _ in arrived] == [record_id(0), record_id(2)]
    assert "has rejected 2 records" in status(settings)
    at = ["--spool", settings.spool, "--out", settings.out, "--sink", bench.url, "--dead-letters"]
    letters = [json.loads(line) for line in run("deliver", *at).output.splitlines()]
    assert {letter["id"] for letter in letters} == {record_id(7), record_id(1)}
    bench.server.refused = b"\xff" if bench.kind == "webhook" else "\0"
    assert run("deliver", *at, "--retry").exit_code == 0
    assert [letter.id for letter in settled.service.sink_folder(SinkUrl(bench.url)).dead_letters()] == [record_id(7)]
    settled.delete(7)
    assert run("deliver", *at, "--retry").exit_code == 0
    assert "has rejected" not in status(settings)
    assert (
        len([id_ for id_, what in bench.events() if what == "stored"] if bench.kind == "webhook" else bench.rows()) == 3
    )


@pytest.mark.parametrize("bench", ["opensearch", "webhook"], indirect=True)
@pytest.mark.parametrize("fault", [None, 401, 429, 503])
def test_a_server_that_is_away_is_tried_again(make: Make, bench: Bench, fault: int | None) -> None:
    settled = Settled(make())
    story(settled)
    bench.server.faults += [fault, fault]
    bench.server.busy_items = 3
    stop = iter([False] * 120)
    assert deliver(settled, bench.url, once=False, stopping=lambda: next(stop, True))
    bench.check(settled)
    assert settled.service.sink_folder(SinkUrl(bench.url)).read_state().error is None


def test_one_sink_that_is_away_stops_no_other(tmp_path: Path, make: Make) -> None:
    settings = make()
    (settings.spool / "inbox").mkdir(parents=True)
    for number in range(3):
        (settings.spool / f"inbox/{number}.txt").write_text(
            f"Harbour closed after storm {number}\n\nIt will open on Monday, they said.\n"
        )
    away = f"redis-stream://:hunter2@127.0.0.1:{free_port()}/0"
    sinks = f"{away} sqlite:{tmp_path}/a.db parquet:{tmp_path}/p"
    environment = os.environ | {"INGEST_SINKS": sinks, "INGEST_SETTLE_SECONDS": "0"}
    done = subprocess.run(
        [sys.executable, "-m", "ingest", "up", "--once", "--spool", settings.spool, "--out", settings.out],
        env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 1, done.stderr
    with sqlite3.connect(tmp_path / "a.db") as connection:
        assert connection.execute("SELECT count(*) FROM articles").fetchone() == (3,)
    assert len(pd.read_parquet(tmp_path / "p")) == 3
    said = status(make(sinks=sinks))
    assert "nothing can be delivered since" in said
    assert "3 lines wait" in said
    assert "hunter2" not in said + done.stderr
    assert "0 lines behind" in said


def test_a_table_has_columns_and_full_text(make: Make, tmp_path: Path, postgres: Postgres) -> None:
    settled = Settled(make())
    story(settled)
    settled.store(20, published="2026-02-01")
    for url in (f"sqlite:{tmp_path}/a.db", f"parquet:{tmp_path}/p", f"{postgres.url}?table=columns"):
        assert deliver(settled, url)
    with sqlite3.connect(tmp_path / "a.db") as connection:
        query = "SELECT articles.headline, published_day, published_at FROM articles JOIN articles_fts ON number = articles_fts.rowid"
        assert connection.execute(f"{query} WHERE articles_fts MATCH 'storm second version'").fetchall() == [
            ("The second version", "2026-01-31", "2026-02-01T01:30:00.000Z")
        ]
    found = postgres.rows(
        "SELECT authors, published_day::text FROM columns WHERE search @@ to_tsquery('simple', 'second & storm')"
    )
    assert found == [(["Ana Lima", "Bo Ek"], "2026-01-31")]
    assert postgres.rows("SELECT record->>'headline' FROM columns WHERE published_at IS NULL") == [("Harbour news 20",)]
    frame = pd.read_parquet(tmp_path / "p")
    assert frame.published_at.dt.hour.dropna().unique().tolist() == [1]
    assert frame[frame.published_at.isna()].published_day.astype(str).tolist() == ["2026-02-01"]


def test_a_newer_schema_is_left_alone(make: Make, tmp_path: Path, postgres: Postgres) -> None:
    settled = Settled(make())
    settled.store(0)
    assert deliver(settled, f"sqlite:{tmp_path}/a.db")
    assert deliver(settled, f"{postgres.url}?table=newer")
    with sqlite3.connect(tmp_path / "a.db") as connection:
        connection.execute("PRAGMA user_version = 99")
    postgres.rows("INSERT INTO newer_versions VALUES (99) RETURNING version")
    for url in (f"sqlite:{tmp_path}/a.db", f"{postgres.url}?table=newer"):
        done = run("deliver", "--spool", settled.settings.spool, "--sink", url, "--once")
        assert done.exit_code != 0
        assert "was written by a newer version" in done.output
        assert "hunter2" not in done.output


@pytest.mark.parametrize("out_format", ["json", "jsonl"])
def test_delete_takes_the_record_its_source_and_the_rows(make: Make, tmp_path: Path, out_format: str) -> None:
    settings = make(out_format=out_format, sinks=f"sqlite:{tmp_path}/a.db")
    settled = Settled(settings)
    for number in range(4):
        settled.store(number)
    settled.service.store.maintain(flush=True)
    settled.store(4)
    assert deliver(settled, f"sqlite:{tmp_path}/a.db")
    at = ["--spool", settings.spool, "--out", settings.out, "--yes"]
    flags = {"INGEST_OUT_FORMAT": out_format}
    assert run("delete", *at, record_id(1), record_id(4), **flags).output.count("deleted") == 2
    again = run("delete", *at, record_id(1), record_id(9), **flags)
    assert (again.exit_code, again.output.count("not found")) == (1, 2)
    assert settled.records().keys() == {record_id(number) for number in (0, 2, 3)}
    assert deliver(settled, f"sqlite:{tmp_path}/a.db")
    with sqlite3.connect(tmp_path / "a.db") as connection:
        assert {id_ for (id_,) in connection.execute("SELECT id FROM articles")} == settled.records().keys()


@pytest.mark.parametrize(
    ("sinks", "says"),
    [
        ("mysql://news:hunter2@host/db", "mysql: is no kind of sink"),
        ("hunter2", "?: is no kind of sink"),
        ("sqlite:", "sqlite: names no path"),
        ("webhook+https://", "names no host"),
        ("postgres://news:hunter2@host:port/db", "cannot be read"),
        ("redis-stream://host?strem=a", "has no parameter 'strem'"),
        ("sqlite:/a sqlite:/a", "two sinks are the same"),
        ("webhook+https://:hunter2@host/", "needs a secret"),
        ("postgres://news:hunter2@host/db?table=a;b", "table must be"),
    ],
)
def test_a_bad_address_is_one_line_without_its_password(make: Make, sinks: str, says: str) -> None:
    settings = make()
    Settled(settings)
    done = run(
        "deliver",
        "--once",
        "--spool",
        settings.spool,
        "--sink" if " " not in sinks else "--out",
        sinks.split(maxsplit=1)[0],
        INGEST_SINKS=sinks,
    )
    assert done.exit_code != 0
    assert says in done.output
    assert "hunter2" not in done.output.replace("'hunter2'", "") or sinks == "hunter2"
    assert "Traceback" not in done.output


def test_the_pipelines_of_the_readme_run_as_printed(tmp_path: Path, postgres: Postgres) -> None:
    root = Path(__file__).parents[2]
    section = (root / "README.md").read_text().partition("A folder in, a table out:")[2].partition("[docs/sinks.md]")[0]
    lines = [line[4:] for line in section.splitlines() if line.startswith("    ")]
    assert len(lines) == 4
    (tmp_path / "seeds").symlink_to(root / "seeds")
    script = "\n".join(lines).replace("postgres://news:secret@localhost/news", f"{postgres.url}?table=readme")
    path = os.pathsep.join([os.path.dirname(sys.executable), *os.get_exec_path()])
    environment = os.environ | {"PATH": path, "INGEST_SETTLE_SECONDS": "0"}
    done = subprocess.run(
        ["bash", "-ec", script], cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert "Japan, NATO condemn" in done.stdout
    assert postgres.rows("SELECT count(*), count(DISTINCT id) FROM readme") == [(2, 2)]


def test_kills_of_everything_leave_every_sink_equal_to_the_journal(tmp_path: Path) -> None:
    """The short form of benchmarks/faults/sinks.py."""
    if postgres_programs() is None or redis_server() is None:
        assert not os.environ.get("CI"), "CI must have PostgreSQL and Redis"
        pytest.skip("needs PostgreSQL and Redis")
    found = run_under_kills(100, 8, tmp_path)
    assert set(found["done"]) >= {"a delivering process", "PostgreSQL", "the service", "Redis"}
    assert all_is_well(found), found


def test_the_old_name_of_the_format_of_records_warns(make: Make) -> None:
    settings = make()
    at = ["--once", "--spool", settings.spool, "--out", settings.out]
    done = run("up", *at, "--sink", "jsonl")
    assert done.exit_code == 0
    assert "--sink is now --out-format" in done.stderr
    assert (settings.out / "segments").is_dir()


def test_metrics_and_health_know_the_sinks(make: Make, tmp_path: Path) -> None:
    settings = make(sinks=f"sqlite:{tmp_path}/a.db redis-stream://:hunter2@127.0.0.1:{free_port()}/0")
    settled = Settled(settings)
    settled.store(0)
    for url in settings.sink_urls:
        deliver(settled, url.text)
    snapshot = SpoolSnapshot(settled.service)
    snapshot.refresh()
    found = render_metrics(JournalIndex(settled.service.journal), snapshot.facts).decode()
    assert f'ingest_sink_lag_lines{{sink="sqlite:{tmp_path}/a.db"}} 0.0' in found
    assert f'ingest_sink_delivered_total{{sink="sqlite:{tmp_path}/a.db"}} 1.0' in found
    (away,) = [
        line for line in found.splitlines() if line.startswith("ingest_sink_failed_attempts") and line.endswith(" 1.0")
    ]
    assert "redis-stream://:***@127.0.0.1" in away
    assert run("health", "deliver", "--spool", settings.spool).exit_code == 1
    heartbeat = Heartbeat(str(settings.spool), "deliver")
    assert run("health", "deliver", "--spool", settings.spool).exit_code == 0
    heartbeat.close()


def test_records_on_a_disk_that_is_not_mounted_are_waited_for(make: Make, tmp_path: Path) -> None:
    settings = make()
    settled = Settled(settings)
    settled.store(0)
    settings.out.rename(tmp_path / "elsewhere")
    settings.out.mkdir()
    url = f"sqlite:{tmp_path}/a.db"
    assert not deliver(settled, url)
    assert "is its disk mounted" in str(settled.service.sink_folder(SinkUrl(url)).read_state().error)
    settings.out.rmdir()
    (tmp_path / "elsewhere").rename(settings.out)
    assert deliver(settled, url)
    assert not settled.service.sink_folder(SinkUrl(url)).dead_letters()


def test_the_parquet_index_is_made_again(make: Make, tmp_path: Path) -> None:
    settled = Settled(make())
    story(settled)
    url = f"parquet:{tmp_path}/p"
    assert deliver(settled, url)
    (tmp_path / "p/.index.db").unlink()
    settled.store(3, headline="The third version")
    settled.delete(1)
    assert deliver(settled, url)
    frame = pd.read_parquet(tmp_path / "p")
    assert sorted(frame.id) == sorted(settled.records())
    assert frame[frame.id == record_id(3)].headline.tolist() == ["The third version"]


def test_a_sink_that_was_restored_from_a_backup_is_given_the_rest_again(make: Make, tmp_path: Path) -> None:
    settled = Settled(make())
    url = f"sqlite:{tmp_path}/a.db"
    story(settled)
    assert deliver(settled, url)
    shutil.copy(tmp_path / "a.db", tmp_path / "backup.db")
    story(settled, 20)
    assert deliver(settled, url)
    shutil.copy(tmp_path / "backup.db", tmp_path / "a.db")
    settled.store(40)
    assert deliver(settled, url)
    with sqlite3.connect(tmp_path / "a.db") as connection:
        assert dict(connection.execute("SELECT id, headline FROM articles")) == {
            id_: record["headline"] for id_, record in settled.records().items()
        }


def test_a_running_process_does_what_commands_ask(make: Make, tree: Callable[..., Tree], tmp_path: Path) -> None:
    settings = make(sinks=f"sqlite:{tmp_path}/a.db")
    settled = Settled(settings)
    settled.store(0)
    (url,) = settings.sink_urls
    folder = settled.service.sink_folder(url)
    running = tree(settings, "ingest", "deliver", INGEST_SINKS=url.text)
    until(lambda: folder.read_state().delivered == 1)
    done = run("deliver", "--since", "start", "--spool", settings.spool, "--out", settings.out, INGEST_SINKS=url.text)
    assert "the process that delivers there does it" in done.output
    until(lambda: folder.read_state().delivered == 2)
    settled.store(1)
    until(lambda: folder.read_state().delivered == 3)
    pid = next(beat.notes["pid"] for beat in heartbeats(str(settings.spool)) if beat.notes.get("role") == "deliver")
    os.kill(pid, signal.SIGKILL)  # it is started again
    settled.store(2)
    until(lambda: folder.read_state().delivered == 4)
    assert running.end() == 0
    assert not folder.held


@pytest.mark.parametrize("bench", ["opensearch"], indirect=True)
def test_a_request_that_is_too_large_is_sent_in_halves(make: Make, bench: Bench) -> None:
    settled = Settled(make())
    story(settled)
    bench.server.faults += [413, 413]
    assert deliver(settled, bench.url)
    bench.check(settled)
    settled.store(60)
    bench.server.faults += [413]
    assert deliver(settled, bench.url)
    (letter,) = settled.service.sink_folder(SinkUrl(bench.url)).dead_letters()
    assert (letter.id, letter.reason[:8]) == (record_id(60), "HTTP 413")
