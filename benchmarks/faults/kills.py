"""Real processes of the service under SIGKILL once a second, with hostile files among the articles.

    python -m benchmarks.faults.kills --files 2000       # through Celery, then through `ingest up`
    python -m benchmarks.faults.kills --hostile          # the whole large hostile corpus through `ingest up`; nothing is killed
    python -m benchmarks.faults.kills --burst 100000     # that many files at once, with a stand-in for the core that costs nothing

Each input must end in exactly one outcome, a record or a refusal with its reason, and no ordinary article may end in quarantine.
Everything runs on 127.0.0.1 in a temporary folder and is bounded in time; each process is ended by its process id.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from ingest.service.environment import load_settings
from ingest.service.journal import Journal
from ingest.service.runner import up
from ingest.service.settings import Settings
from tests.support import hostile
from tests.support.processes import Redis, Tree, article, drop, names_in, plain, records_in, redis_server

HOSTILE_SHARE = 0.05
TIMEOUT_SECONDS = 900.0  # after the last kill
INTERNAL_REASONS = {"bug", "crash", "time_limit", "memory_limit", "killed"}
"""Reasons that mean that the service failed, not the input."""


def inputs(count: int, dice: random.Random) -> dict[str, bytes]:
    """Name → content; each name begins with a number of its own, up to the first dash."""
    corpus = [(name, content) for name, content in hostile.corpus() if "/" not in name]
    chosen = set(dice.sample(range(count), round(count * HOSTILE_SHARE)))
    files = {}
    for number in range(count):
        name, content = dice.choice(corpus) if number in chosen else ("article.txt", article(number).encode())
        files[f"{'h' if number in chosen else 'a'}{number}-{name[-60:]}"] = content
    return files


def mixed(kind: str, count: int, kills: int, folder: Path) -> bool:
    """One run of "celery" or "up" on articles and hostile files; prints what it found and returns whether all is well."""
    return _run(kind, inputs(count, random.Random(11)), kills, folder)  # noqa: S311


def hostile_alone(folder: Path) -> bool:
    """The large hostile corpus through `ingest up`, with default limits."""
    corpus = [(name, content) for name, content in hostile.corpus(large=True) if "/" not in name]
    return _run("up", {f"h{number}-{name[-60:]}": content for number, (name, content) in enumerate(corpus)}, 0, folder)


def burst(count: int, folder: Path) -> bool:
    """`count` small files in the inbox at once, through the runner with a stand-in for the core."""
    settings = load_settings(spool=folder / "spool", out=folder / "out", workers=2, settle_seconds=0.0)
    for number in range(count):
        drop(settings, f"{number % 100}/a{number}-article.txt", f"article {number}")
    began = time.monotonic()
    up(settings, once=True, clean=plain)
    print(f"burst: {count} files at once, {count / (time.monotonic() - began):.0f} a second")
    return _all_is_well(settings, {f"a{number}-": b"" for number in range(count)})


def _run(kind: str, files: dict[str, bytes], kills: int, folder: Path) -> bool:
    dice = random.Random(5)  # noqa: S311
    count = len(files)
    redis = Redis(redis_server() or "redis-server", folder) if kind == "celery" else None
    settings = load_settings(
        spool=folder / "spool", out=folder / "out", workers=2, broker_url=redis.url if redis else None
    )

    def start(*arguments: str) -> Tree:
        return Tree(settings, *arguments, log=folder / "log", INGEST_SETTLE_SECONDS=str(settings.settle_seconds))

    if redis:
        watcher = start("ingest", "watch")
        trees = [start("celery", "-A", "worker", "worker"), start("ingest", "worker")]
    else:
        watcher = start("ingest", "up")
        trees = [watcher]
    try:
        for name, content in files.items():
            drop(settings, f"{len(name) % 7}/{name}", content)
        _until(lambda: len(records_in(settings.out)) > 3, TIMEOUT_SECONDS)
        done = _kill_at_random(trees, watcher, redis, dice, kills, lambda: _settled(settings, count))
        began = time.monotonic()
        empty = _until(lambda: _settled(settings, count), TIMEOUT_SECONDS)
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
    return _all_is_well(settings, files) and empty


def _kill_at_random(
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
    return not left and sum(not line.get("member") for line in Journal(str(settings.spool)).lines()) >= count


def _until(true: Callable[[], bool], seconds: float) -> bool:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if true():
            return True
        time.sleep(0.5)
    return False


def _all_is_well(settings: Settings, files: dict[str, bytes]) -> bool:
    lines = list(Journal(str(settings.spool)).lines())
    outcomes = Counter(line["name"].partition("-")[0] for line in lines if not line["member"])
    given = {name.partition("-")[0] for name in files}
    refused = [line for line in lines if line["outcome"] == "refused"]
    stored = {line["id"] for line in lines if line["outcome"] == "stored"}
    records = records_in(settings.out)
    quarantined = names_in(settings.spool / "quarantine")
    reasons = len(list((settings.spool / "quarantine").rglob("*.reason.json")))
    found = {
        "inputs without an outcome": len(given - outcomes.keys()),
        "inputs with several": sum(number > 1 for number in outcomes.values()),
        "members of containers with several": len(lines) - len({line["token"] for line in lines}),
        "articles in quarantine": sum(line["name"].startswith("a") and not line["member"] for line in refused),
        "refusals without a reason": sum(not line["reason"] for line in refused) + abs(len(quarantined) - reasons),
        "refusals for a reason of ours": sum(line["reason"] in INTERNAL_REASONS for line in refused),
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
    for line in (line for line in refused if line["reason"] in INTERNAL_REASONS):
        print(f"  {line['reason']}: {line['name']}")
    for what, number in found.items():
        print(f"  {number:>5} {what}")
    return not any(found.values())


def main() -> int:
    """The exit code: 0 if every input of every run had exactly one outcome."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--files", type=int, default=0, help="inputs of each run, hostile ones among them, under SIGKILLs"
    )
    parser.add_argument("--kills", type=int, default=60, help="with --files: at most this many, one a second")
    parser.add_argument("--kind", choices=["celery", "up"], action="append", help="with --files: only this one")
    parser.add_argument("--hostile", action="store_true", help="the large hostile corpus through `ingest up`")
    parser.add_argument("--burst", type=int, default=0, help="this many files at once")
    options = parser.parse_args()
    runs: list[Callable[[Path], bool]] = []
    if options.files:
        kinds = options.kind or ["celery", "up"]
        runs += [lambda folder, kind=kind: mixed(kind, options.files, options.kills, folder) for kind in kinds]
    if options.hostile:
        runs.append(hostile_alone)
    if options.burst:
        runs.append(lambda folder: burst(options.burst, folder))
    if not runs:
        parser.error("choose --files, --hostile or --burst")
    all_well = True
    for run in runs:
        with tempfile.TemporaryDirectory(prefix="ingest-faults-") as folder:
            all_well &= run(Path(folder))
    return 0 if all_well else 1


if __name__ == "__main__":
    sys.exit(main())
