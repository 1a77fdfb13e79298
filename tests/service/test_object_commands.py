"""The commands on a spool in an object store: what they show, retry and refuse."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from ingest.cli import cli
from ingest.core.model import Rejected
from ingest.errors import InvalidSettings, TransientError
from ingest.service import runner
from ingest.service.enqueue import enqueue, enqueue_many
from ingest.service.environment import load_settings
from ingest.service.settings import Settings
from ingest.service.spool import filenames
from tests.service.object_spools import drop
from tests.support.folder_bucket import FolderBucket
from tests.support.processes import article, plain, records_in

Make = Callable[..., Settings]
Run = Callable[..., Result]


@pytest.fixture
def settings(make: Make, tmp_path: Path) -> Settings:
    return make(spool="s3://bucket/prefix", state=tmp_path / "state", workers=1, max_attempts=1)


@pytest.fixture
def run(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.setenv("INGEST_SPOOL", str(settings.spool))
    monkeypatch.setenv("INGEST_OUT", str(settings.out))
    monkeypatch.setenv("INGEST_STATE", str(settings.state))
    return lambda *words, **given: CliRunner().invoke(cli, words, **given)


def test_a_refused_source_is_shown_retried_and_purged(bucket: FolderBucket, settings: Settings, run: Run) -> None:
    drop(bucket, "desk/crash.txt", b"CRASH", {"publisher": {"domain": "example.org"}})
    drop(bucket, "bug.txt", b"BUG")
    drop(bucket, "good.txt", b"a good one")
    assert runner.up(settings, once=True, clean=plain) == 0
    shown = json.loads(run("status", "--json").stdout)
    assert (shown["inbox"], shown["claimed"], shown["done"]) == (0, 0, 1)
    assert shown["quarantined"] == {"crash": 1, "bug": 1}
    assert shown["why"] == []
    listed = run("failed", "list", "--publisher", "example.org").stdout.split()
    assert listed[1:] == ["crash", "desk/crash.txt"]
    assert run("failed", "retry", listed[0]).exit_code == 0
    assert runner.up(settings, once=True, clean=lambda raw, **known: plain(b"mended " + raw, **known)) == 0
    lines = [json.loads(line) for line in run("journal").stdout.splitlines()]
    assert sorted((line["name"], line["outcome"]) for line in lines) == [
        ("bug.txt", "refused"), ("crash.txt", "refused"), ("crash.txt", "stored"), ("good.txt", "stored"),
    ]  # fmt: skip
    assert run("failed", "purge", "--yes").stdout == "1 deleted\n"
    assert {entry.key.partition("/")[0] for entry in bucket.list("")} == {"done", "journal"}
    assert run("report", "-o", str(settings.out / "report.html")).exit_code == 0
    assert run("reclean").exit_code == 0
    assert runner.up(settings, once=True, clean=plain) == 0
    assert len(run("journal").stdout.splitlines()) == 6


def test_what_is_deleted_leaves_no_source(bucket: FolderBucket, settings: Settings, run: Run) -> None:
    for name in ("a.txt", "b.txt"):
        drop(bucket, name, b"the same", {"url": f"https://example.org/{name}"})
    drop(bucket, "other.txt", b"another")
    assert runner.up(settings, once=True, clean=plain) == 0
    record_id = sha256(b"the same").hexdigest()
    assert run("delete", "--yes", record_id).stdout == f"{record_id}\tdeleted\n"
    assert [path.stem for path in records_in(settings.out)] == [sha256(b"another").hexdigest()]
    assert [entry.key[-9:] for entry in bucket.list("done/")] == ["other.txt"]
    lines = [json.loads(line) for line in run("journal", "--outcome", "deleted").stdout.splitlines()]
    assert [line["id"] for line in lines] == [record_id]
    assert run("delete", "--yes", "0" * 64).exit_code == 1


def test_old_days_of_done_are_deleted(bucket: FolderBucket, settings: Settings) -> None:
    kept = f"done/{datetime.now(UTC) - timedelta(days=2):%Y-%m-%d}/00/{filenames.new_token()}~a.txt"
    for key in (
        kept,
        kept.replace("done/", "done/2020-01-01/").replace("/00/", "/01/"),
        "done/2020-01-01/00/x.meta.json",
    ):
        bucket.put(key, b"text")
    drop(bucket, "a.txt", b"a good one")
    assert runner.up(settings.model_copy(update={"keep_days": 2}), once=True, clean=plain) == 0
    assert {entry.key[:15] for entry in bucket.list("done/")} == {kept[:15], f"done/{datetime.now(UTC):%Y-%m-%d}"}


def test_a_container_is_refused_and_kept(bucket: FolderBucket, settings: Settings, run: Run) -> None:
    content = b"".join(
        json.dumps({"html": article(number), "url": f"https://example.org/{number}"}).encode() + b"\n"
        for number in range(3)
    )
    drop(bucket, "pages.jsonl", content)
    assert runner.up(settings, once=True, clean=plain) == 0
    [quarantined] = [entry for entry in bucket.list("quarantine/") if entry.key.endswith("pages.jsonl")]
    assert bucket.get(quarantined.key).content == content
    assert "container" in run("failed", "list").stdout


@pytest.mark.usefixtures("bucket")
def test_what_is_enqueued_has_its_outcome(settings: Settings) -> None:
    first = enqueue(b"by hand", name="../a.meta.json", url="https://example.org/a", settings=settings)
    second, bad = enqueue_many([b"another one", {"source": b"\x1f\x8b broken"}], settings=settings)
    assert isinstance(bad, Rejected)
    again = enqueue(b"by hand", name="b.txt", on_duplicate="replace", settings=settings)
    assert first.outcome() is None
    assert runner.up(settings, once=True, clean=plain) == 0
    lines = [ticket.wait(5) for ticket in (first, second, again)]
    assert [line["outcome"] for line in lines] == ["stored"] * 3
    assert [line["id"] for line in lines] == [first.id, second.id, first.id]
    assert '"https://example.org/a"' not in records_in(settings.out)[0].read_text()  # it was replaced


@pytest.mark.parametrize(
    "words",
    [("serve",), ("deliver",), ("memory", "show"), ("what-if", ".")],
    ids=lambda words: words[0],
)
def test_what_needs_a_folder_is_refused_in_one_line(run: Run, words: tuple[str, ...]) -> None:
    result = run(*words)
    assert result.exit_code == 2
    assert "works with a spool in a folder only" in result.output.splitlines()[-1]


@pytest.mark.parametrize(
    "given", [{"memory": "learn"}, {"sinks": "sqlite:x.db"}, {"stories": "s.db"}, {"alert_command": "x"}]
)
def test_a_setting_that_needs_a_folder_is_refused(given: dict[str, str]) -> None:
    with pytest.raises(
        InvalidSettings, match=f"INGEST_{next(iter(given)).upper()}: works with a spool in a folder only"
    ):
        load_settings(spool="s3://bucket/prefix", **given)


@pytest.mark.parametrize("out", ["s3://bucket/prefix", "s3://bucket/prefix/inbox", "s3://bucket/prefix/inbox/records"])
def test_records_may_not_go_to_the_inbox(out: str) -> None:
    with pytest.raises(InvalidSettings, match="out must not lie in the inbox"):
        load_settings(spool="s3://bucket/prefix", out=out)


def test_a_store_that_is_away_is_told_in_one_line(
    run: Run, bucket: FolderBucket, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*_: object, **__: object) -> None:
        raise TransientError("s3://bucket/prefix: no route")

    monkeypatch.setattr(bucket, "list", away)
    monkeypatch.setattr(bucket, "put", away)
    assert "s3://bucket/prefix: no route" in run("status").output
    result = run("failed", "list")
    assert (result.exit_code, result.output) == (74, "Error: s3://bucket/prefix: no route\n")
