"""The service learns its publishers: workers note, the watcher learns, workers use it; a sender's say is limited; what-if, reclean, reset."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ingest import clean
from ingest.core.learn import observed
from ingest.core.memory.observation import Observation
from ingest.service.memory_snapshot import (
    MAX_STORIES_OF_SENDER,
    MAX_UNPROVEN_STORIES_OF_SENDER,
    CurrentMemory,
    MemoryKeeper,
    MemorySnapshot,
    forget_publisher,
)
from ingest.service.settings import Settings
from ingest.service.status import read_status
from tests.support.words import NOUNS

Make = Callable[..., Settings]
NOTICE = "Sharing of the Lantern's pages with friends and on other sites is welcome where its name stands beside them."


def prose(seed: int, count: int = 5) -> list[str]:
    pick = random.Random(seed)  # noqa: S311
    return [
        " ".join(
            f"The {pick.choice(NOUNS)} of {pick.choice(NOUNS).title()} met a {pick.choice(NOUNS)} on day {seed} in room {pick.randrange(10**6)}."
            for _ in range(5)
        )
        for _ in range(count)
    ]


def page(seed: int, *, body: list[str] | None = None, domain: str | None = "lantern.example") -> bytes:
    """A page whose notice stands among its paragraphs; with a domain it says whose it is."""
    title = f"{NOUNS[seed % len(NOUNS)].title()} and {NOUNS[(seed * 5 + 1) % len(NOUNS)]} in dispute number {seed}"
    link = f'<link rel="canonical" href="https://{domain}/{seed}-story-of-the-day">' if domain else ""
    paragraphs = "".join(f"<p>{text}</p>" for text in (*(body or prose(seed)), NOTICE))
    return f"<html><head><title>{title}</title>{link}</head><body><article><h1>{title}</h1>{paragraphs}</article></body></html>".encode()


def run(settings: Settings, *words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    folders = {"INGEST_SPOOL": str(settings.spool), "INGEST_OUT": str(settings.out), "INGEST_SETTLE_SECONDS": "0"}
    return subprocess.run(
        [sys.executable, "-m", "ingest", *words],
        timeout=120, check=False, capture_output=True, text=True, env={**os.environ, **folders, **environment},
    )  # fmt: skip


def send(settings: Settings, name: str, content: bytes, claims: dict[str, Any] | None = None) -> None:
    path = settings.spool / "inbox" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    if claims:
        path.with_name(path.name + ".meta.json").write_text(json.dumps(claims))
    path.write_bytes(content)


def note(settings: Settings, number: int, content: bytes, *, sender: str, url: str | None = None) -> None:
    """What a worker notes of an article."""
    seen = observed(content, {"url": url} if url else None)
    assert seen
    folder = Path(MemorySnapshot(str(settings.spool)).seen)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{number:06d}").write_bytes(seen._replace(sender=sender).pack())


def test_what_was_settled_is_learned_used_proposed_and_forgotten(make: Make, tmp_path: Path) -> None:
    settings = make(memory="learn")
    for seed in range(8):
        send(settings, f"feed/{seed}.html", page(seed))
    assert run(settings, "up", "--once", INGEST_MEMORY="learn").returncode == 0
    state = MemorySnapshot(str(settings.spool)).state()
    assert (state["publishers"], state["stories"], state["left_out"]) == (1, 8, 0)
    assert read_status(settings)["memory"] == state

    listed = run(settings, "what-if", str(settings.spool / ".memory/current"), "-o", str(tmp_path / "list"))
    assert listed.stdout.startswith("8 sources, 8 records change, 0 skipped")
    assert (
        run(settings, "what-if", str(settings.spool / ".memory/current"), "-o", str(tmp_path / "list")).stdout
        == listed.stdout
    )
    assert run(settings, "reclean", "--changed", str(tmp_path / "list"), INGEST_MEMORY="use").returncode == 0
    records = [json.loads(path.read_text()) for path in settings.out.rglob("*.json")]
    assert len(records) == 8
    assert {record["ingest"]["memory"] for record in records} == {state["version"]}
    assert not any(NOTICE in record["body"] for record in records)

    assert "lantern.example" in run(settings, "memory", "show").stdout
    assert run(settings, "memory", "reset", "lantern.example").returncode == 0
    assert MemorySnapshot(str(settings.spool)).state()["publishers"] == 0
    assert CurrentMemory(str(settings.spool))() is not None


def test_learning_from_files_proposes_packs_that_pass_their_checks(make: Make, tmp_path: Path) -> None:
    folder = tmp_path / "articles"
    folder.mkdir()
    for seed in range(6):
        (folder / f"{seed}.html").write_bytes(page(seed))
    learned = run(make(), "learn", str(folder), "-o", str(tmp_path / "memory"), "--propose", str(tmp_path / "packs"))
    assert learned.returncode == 0, learned.stderr
    assert "lantern-example.toml: 1 rules, 6 of 6 articles would change" in learned.stderr
    assert run(make(), "packs", "check", str(tmp_path / "packs")).returncode == 0
    (folder / "new.html").write_bytes(page(77))
    for option in (("--memory", str(tmp_path / "memory")), ("--packs", str(tmp_path / "packs"))):
        assert NOTICE not in json.loads(run(make(), "clean", str(folder / "new.html"), *option).stdout)["body"]
    explained = run(make(), "explain", str(folder / "new.html"), "--memory", str(tmp_path / "memory")).stdout
    assert "memory/repeats" in explained
    assert "in 6 of 6 articles of this publisher" in " ".join(explained.split())


def test_a_sender_cannot_teach_another_publishers_prose(make: Make) -> None:
    settings = make()
    settings.spool.mkdir(parents=True)
    keeper, number = MemoryKeeper(str(settings.spool)), 0
    for seed in range(20):
        note(settings, number := number + 1, page(seed), sender="agency")
    target = prose(500)
    for seed in range(100, 160):  # the same paragraphs in many invented stories, by address alone
        body = [*prose(seed, 3), *target]
        note(
            settings,
            number := number + 1,
            page(seed, body=body, domain=None),
            sender="liar",
            url="https://lantern.example/a",
        )
    keeper.maintain(force=True)
    known = keeper.snapshot.load()
    assert known
    assert 20 < known.publishers["lantern.example"].stories <= 20 + MAX_UNPROVEN_STORIES_OF_SENDER
    assert keeper.snapshot.state()["left_out"] == 60 - MAX_UNPROVEN_STORIES_OF_SENDER
    assert clean(page(500, body=target), memory=known).body == "\n\n".join(target)


def test_one_sender_teaches_so_much_a_day(make: Make) -> None:
    settings = make()
    settings.spool.mkdir(parents=True)
    keeper = MemoryKeeper(str(settings.spool))
    for seed in range(MAX_STORIES_OF_SENDER + 5):
        note(settings, seed, page(seed), sender="agency")
    keeper.maintain(force=True)
    assert keeper.snapshot.state()["left_out"] == 5
    note(settings, 900, page(900), sender="another")
    keeper.maintain(force=True)
    assert keeper.snapshot.state()["stories"] == MAX_STORIES_OF_SENDER + 1


def test_a_note_that_is_none_and_a_memory_of_another_version_harm_nothing(
    make: Make, caplog: pytest.LogCaptureFixture
) -> None:
    settings = make()
    snapshot = MemorySnapshot(str(settings.spool))
    Path(snapshot.seen).mkdir(parents=True)
    for number, content in enumerate(
        (b"", b"{}\n", b'{"sketch": [0, 9, 9, 9], "publisher": 1}\n', b"\xff\n\0", b"[" * 9999)
    ):
        (Path(snapshot.seen) / f"x{number}").write_bytes(content)
    Path(snapshot.current).write_bytes(b"an older format")
    assert CurrentMemory(str(settings.spool))() is None
    note(settings, 1, page(1), sender="agency")
    keeper = MemoryKeeper(str(settings.spool))
    keeper.maintain(force=True)
    assert keeper.snapshot.state()["stories"] == 1
    assert list(Path(snapshot.seen).iterdir()) == []
    assert "begun anew" in caplog.text


def test_a_running_watcher_forgets_when_it_is_asked(make: Make) -> None:
    settings = make()
    settings.spool.mkdir(parents=True)
    note(settings, 1, page(1), sender="agency")
    keeper = MemoryKeeper(str(settings.spool))
    keeper.maintain(force=True)
    keeper.snapshot.ask_to_forget("lantern.example")
    keeper.maintain(force=True)
    assert keeper.snapshot.state()["publishers"] == 0
    assert forget_publisher(str(settings.spool), "lantern.example")


def test_an_observation_is_read_as_it_was_written() -> None:
    seen = observed(page(3))
    assert seen
    assert seen.proven
    assert seen.publisher == "lantern.example"
    again = Observation.unpack(seen.pack())
    assert again.pack() == seen.pack()
    assert again.sketch.is_any_of([seen.sketch])
    unproven = observed(page(3, domain=None), {"url": "https://lantern.example/a"})
    assert unproven
    assert not unproven.proven
    assert unproven.publisher == "lantern.example"


def test_learning_takes_little_of_the_watchers_time(make: Make) -> None:
    settings = make()
    settings.spool.mkdir(parents=True)
    for seed in range(40):
        note(settings, seed, page(seed), sender="agency")
    keeper = MemoryKeeper(str(settings.spool))
    keeper.maintain(force=True)
    began = time.process_time()
    for seed in range(40, 80):
        note(settings, seed, page(seed), sender="other")
    noted = time.process_time() - began
    began = time.process_time()
    keeper.maintain(force=True)
    assert time.process_time() - began < noted  # less than it takes to label them: no clock of this machine is trusted
