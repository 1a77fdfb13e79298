"""Fault runs: real parts of the service, killed once a second, with hostile files among the articles.

    python -m benchmarks.speed.service --faults 2000
    python -m benchmarks.speed.service --hostile          # the large corpus as a whole, through `ingest up`, nothing killed
    python -m benchmarks.speed.service --crowd 100000     # so many files at once, with a core that costs nothing

Each input must end in exactly one outcome, a record or a refusal with its reason, and no article of ours in quarantine. Everything
runs on 127.0.0.1 and in a folder of its own, is bounded in time, and what was started is ended by its pid.
"""

from __future__ import annotations

import json
import os
import random
import signal
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from ingest.service.journal import Journal
from ingest.service.runner import up
from ingest.service.settings import Settings, load_settings
from tests.support import hostile
from tests.support.processes import Redis, Tree, article, drop, names_in, plain, records_in, redis_server

HOSTILE = 0.05  # the share of hostile files
PATIENCE = 900.0  # seconds after the last kill
OURS = {"bug", "crash", "time_limit", "memory_limit", "killed"}
"""Reasons that would say we broke."""


def inputs(count: int, dice: random.Random) -> dict[str, bytes]:
    """Name → content; the number before the dash is the input's own."""
    corpus = [(name, content) for name, content in hostile.corpus() if "/" not in name]
    chosen = set(dice.sample(range(count), round(count * HOSTILE)))
    made = {}
    for number in range(count):
        name, content = dice.choice(corpus) if number in chosen else ("article.txt", article(number).encode())
        made[f"{'h' if number in chosen else 'a'}{number}-{name[-60:]}"] = content
    return made


def mixed(kind: str, count: int, kills: int, folder: Path) -> bool:
    """One run of "celery" or "up" on articles and hostile files; prints what was found, and tells whether all is well."""
    return _run(kind, inputs(count, random.Random(11)), kills, folder)  # noqa: S311


def hostile_alone(folder: Path) -> bool:
    """The large corpus through `ingest up`, with default limits."""
    corpus = [(name, content) for name, content in hostile.corpus(large=True) if "/" not in name]
    return _run("up", {f"h{number}-{name[-60:]}": content for number, (name, content) in enumerate(corpus)}, 0, folder)


def crowd(count: int, folder: Path) -> bool:
    """So many small files in the inbox at once, through the runner with a stand-in for the core."""
    settings = load_settings(spool=folder / "spool", out=folder / "out", workers=2, settle_seconds=0.0)
    for number in range(count):
        drop(settings, f"{number % 100}/a{number}-article.txt", f"article {number}")
    began = time.monotonic()
    up(settings, once=True, clean=plain)
    print(f"crowd: {count} files at once, {count / (time.monotonic() - began):.0f} a second")
    return _judged(settings, {f"a{number}-": b"" for number in range(count)})


def _run(kind: str, files: dict[str, bytes], kills: int, folder: Path) -> bool:
    dice = random.Random(5)  # noqa: S311
    count = len(files)
    redis = Redis(redis_server() or "redis-server", folder) if kind == "celery" else None
    settings = load_settings(
        spool=folder / "spool", out=folder / "out", workers=2, broker_url=redis.url if redis else None
    )

    def grow(*arguments: str) -> Tree:
        return Tree(settings, *arguments, log=folder / "log", INGEST_SETTLE_SECONDS=str(settings.settle_seconds))

    if redis:
        watcher = grow("ingest", "watch")
        trees = [grow("celery", "-A", "worker", "worker"), grow("ingest", "worker")]
    else:
        watcher = grow("ingest", "up")
        trees = [watcher]
    try:
        for name, content in files.items():
            drop(settings, f"{len(name) % 7}/{name}", content)
        _until(lambda: len(records_in(settings.out)) > 3, PATIENCE)
        done = _murder(trees, watcher, redis, dice, kills, lambda: _settled(settings, count))
        began = time.monotonic()
        empty = _until(lambda: _settled(settings, count), PATIENCE)
        print(
            f"{kind}: {count} inputs, kills {dict(done)}, empty {time.monotonic() - began:.0f} s after the last: {empty}"
        )
        for one in {*trees, watcher}:
            one.end()
    finally:
        for one in {*trees, watcher}:
            one.kill()
        if redis:
            redis.kill()
    return _judged(settings, files) and empty


def _murder(
    trees: list[Tree], watcher: Tree, redis: Redis | None, dice: random.Random, kills: int, over: Callable[[], bool]
) -> Counter[str]:
    done: Counter[str] = Counter()
    for turn in range(kills):
        time.sleep(1)
        if over():
            break
        tree = dice.choice(trees)
        children = tree.children()
        if redis and turn % 9 == 7:
            redis.kill()
            time.sleep(0.5)
            redis.start()
            done["redis"] += 1
        elif redis and turn % 9 == 4:
            watcher.kill()
            watcher.start()
            done["watcher"] += 1
        elif turn % 3 == 2:
            tree.kill()
            tree.start()
            done["whole tree"] += 1
        elif children:
            os.kill(dice.choice(children), signal.SIGKILL)
            done["child"] += 1
    return done


def _settled(settings: Settings, count: int) -> bool:
    left = [path for part in ("inbox", "claimed") for path in (settings.spool / part).rglob("*") if path.is_file()]
    return not left and sum(1 for _ in Journal(str(settings.spool)).lines()) >= count


def _until(true: Callable[[], bool], seconds: float) -> bool:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if true():
            return True
        time.sleep(0.5)
    return False


def _judged(settings: Settings, files: dict[str, bytes]) -> bool:
    lines = list(Journal(str(settings.spool)).lines())
    outcomes = Counter(line["name"].partition("-")[0] for line in lines)
    given = {name.partition("-")[0] for name in files}
    refused = [line for line in lines if line["outcome"] == "refused"]
    stored = {line["id"] for line in lines if line["outcome"] == "stored"}
    records = records_in(settings.out)
    quarantined = names_in(settings.spool / "quarantine")
    reasons = len(list((settings.spool / "quarantine").rglob("*.reason.json")))
    found = {
        "inputs without an outcome": len(given - outcomes.keys()),
        "inputs with several": sum(number > 1 for number in outcomes.values()),
        "articles in quarantine": sum(line["name"].startswith("a") for line in refused),
        "refusals without a reason": sum(not line["reason"] for line in refused) + abs(len(quarantined) - reasons),
        "refusals because we broke": sum(line["reason"] in OURS for line in refused),
        "records without an outcome, or the reverse": len({path.stem for path in records} ^ stored),
        "records that are not whole": sum(
            json.loads(path.read_bytes()).get("id", path.stem) != path.stem for path in records
        ),
        "refused but not in quarantine, or the reverse": abs(len(refused) - len(quarantined)),
        "files elsewhere in out": sum(path.is_file() for path in settings.out.glob("[!.]*/**/*")) - len(records),
    }
    print(
        f"  stored {len(lines) - len(refused)} as {len(records)} records; refused {dict(Counter(line['reason'] for line in refused))}"
    )
    for line in (line for line in refused if line["reason"] in OURS):
        print(f"  {line['reason']}: {line['name']}")
    for what, number in found.items():
        print(f"  {number:>5} {what}")
    return not any(found.values())
