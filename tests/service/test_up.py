"""`ingest up` as a process tree of its own, with the real core, under kills of every kind."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from ingest.service.enqueue import enqueue
from ingest.service.journal import Journal
from ingest.service.settings import Settings
from tests.support.processes import Tree, article, drop, names_in, records_in, until

Make = Callable[..., Settings]
Grow = Callable[..., Tree]
FILES = int(os.environ.get("FAULT_FILES", "600"))  # 2,000 as judged: FAULT_FILES=2000 FAULT_KILLS=60
KILLS = int(os.environ.get("FAULT_KILLS", "6"))


def assert_nothing_lost(settings: Settings, count: int) -> None:
    assert len(records_in(settings.out)) == count
    assert len(names_in(settings.spool / "done")) == count
    assert names_in(settings.spool / "quarantine") == []

    def lines_per_name() -> Counter[str]:
        return Counter(line["token"] for line in Journal(str(settings.spool)).lines() if line["outcome"] == "stored")

    until(
        lambda: len(lines_per_name()) >= count
    )  # the watcher writes the line of a worker killed before it could, after MIN_AGE_SECONDS
    assert len(lines_per_name()) == count
    assert set(lines_per_name().values()) == {1}


def empty(settings: Settings) -> bool:
    left = [path for folder in ("inbox", "claimed") for path in (settings.spool / folder).rglob("*") if path.is_file()]
    return not left


def test_kills_of_children_and_of_the_whole_tree_lose_nothing(make: Make, tree: Grow) -> None:
    settings = make()
    up = tree(settings, "ingest", "up")
    dice = random.Random(5)  # noqa: S311
    for number in range(FILES):
        drop(settings, f"{number % 7}/{number}.txt", article(number))
    until(lambda: len(records_in(settings.out)) > 3)
    for turn in range(KILLS):
        time.sleep(1)
        children = up.children()
        if turn % 3 == 2 or not children:
            up.kill()
            up.start()
        else:
            os.kill(dice.choice(children), signal.SIGKILL)
    until(lambda: empty(settings), seconds=120)
    assert_nothing_lost(settings, FILES)
    assert up.end() in {0, -signal.SIGTERM}  # it may just have been started anew


def test_a_second_watcher_stands_by_and_takes_over(make: Make, tree: Grow) -> None:
    settings = make()
    first = tree(settings, "ingest", "up")
    drop(settings, "a.txt", article(1))
    until(lambda: len(records_in(settings.out)) == 1)
    tree(settings, "ingest", "up")
    first.kill()
    drop(settings, "b.txt", article(2))
    until(lambda: len(records_in(settings.out)) == 2)


def test_enqueue_without_a_broker_reaches_up(make: Make, tree: Grow, tmp_path: Path) -> None:
    settings = make()
    tree(settings, "ingest", "up")
    file = tmp_path / "mine.txt"
    file.write_text(article(3))
    ticket = enqueue(file, url="https://example.org/3", settings=settings)
    line = ticket.wait(60)
    assert line is not None
    assert (line["outcome"], line["id"], line["name"]) == ("stored", ticket.id, "mine.txt")
    assert '"https://example.org/3"' in (settings.out / ticket.id[:2] / f"{ticket.id}.json").read_text()
    assert file.exists()


def test_ctrl_c_ends_it_with_130(make: Make, tree: Grow) -> None:
    settings = make()
    up = tree(settings, "ingest", "up")
    drop(settings, "a.txt", article(1))
    until(lambda: len(records_in(settings.out)) == 1)
    up.process.send_signal(signal.SIGINT)
    assert up.process.wait(30) == 130
    assert "Traceback" not in up.log.read_text()
    assert '"outcome": "stored"' in up.log.read_text()
    assert list((settings.spool / ".desks").iterdir()) == []


def test_help_imports_no_heavy_module() -> None:
    code = "import sys; from ingest.cli import cli; cli(['--help'], standalone_mode=False); print(sorted(sys.modules))"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert not any(
        f"'{heavy}'" in loaded for heavy in ("celery", "pydantic", "trafilatura", "lxml", "rich", "watchfiles")
    )
