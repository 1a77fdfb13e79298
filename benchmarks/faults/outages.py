"""Redis outages under a busy worker, of every kind and length that has ever made a difference.

    python -m benchmarks.faults.outages                      # the whole matrix, about a quarter of an hour
    python -m benchmarks.faults.outages --seconds 4 --kind TERM

Each run has a private Redis on 127.0.0.1, a watcher, and one `celery -A … worker` of two processes that is in the middle of its
tasks, so that acknowledgements fall into the outage. Afterwards every source must have its record and one line of the journal, and
the worker must have gone on by itself: a run that takes longer than `TIMEOUT_SECONDS` after the outage has failed. All files lie in a
temporary folder; each process is ended by its process id.
"""

from __future__ import annotations

import argparse
import os
import shutil
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

from ingest.service.environment import load_settings
from ingest.service.journal import Journal
from ingest.service.settings import Settings
from tests.support.processes import Redis, Tree, drop, records_in

OUTAGE_SECONDS = (0.0, 0.3, 3.0, 4.0, 30.0)
KINDS = ("TERM", "KILL", "paused", "read-only", "full")
FILES = 80  # each takes .3 s, two at a time: 12 s of work
TIMEOUT_SECONDS = 90.0
SCRIPTED_WORKER = ("celery", "-A", "tests.support.scripted_core", "worker")
SMALL_TASKS = {"INGEST_TICKETS_PER_TASK": "5"}  # a task ends every 1.5 s, so some end in any outage


def take_away(server: Redis, kind: str, seconds: float) -> None:
    """Take Redis away for this many seconds, then restore it."""
    if kind in {"TERM", "KILL"}:
        server.process.send_signal(signal.SIGTERM if kind == "TERM" else signal.SIGKILL)
        server.process.wait()
        time.sleep(seconds)
        server.start()
    elif kind == "paused":
        server.process.send_signal(signal.SIGSTOP)
        time.sleep(seconds)
        server.process.send_signal(signal.SIGCONT)
    elif kind == "read-only":
        server.tell("REPLICAOF", "127.0.0.1", "1")
        time.sleep(seconds)
        server.tell("REPLICAOF", "NO", "ONE")
    else:
        server.tell("CONFIG", "SET", "maxmemory", "1")
        time.sleep(seconds)
        server.tell("CONFIG", "SET", "maxmemory", "0")


def outage(folder: Path, server: Redis, kind: str, seconds: float) -> str:
    """One run; what went wrong, "" if nothing did."""
    settings = load_settings(spool=folder / "spool", out=folder / "out", workers=2, broker_url=server.url)
    parts = [
        Tree(settings, "ingest", "watch", log=folder / "watch.log", **SMALL_TASKS),
        Tree(settings, *SCRIPTED_WORKER, log=folder / "worker.log", **SMALL_TASKS),
    ]
    try:
        for number in range(FILES):
            drop(settings, f"{number}.txt", f"SLOW {number}")
        _until(lambda: len(records_in(settings.out)) >= 10, TIMEOUT_SECONDS)
        take_away(server, kind, seconds)
        _until(lambda: len(list(Journal(str(settings.spool)).lines())) >= FILES, TIMEOUT_SECONDS)
        time.sleep(1.0)  # a superfluous line would come late
        return disagreement(settings, FILES)
    finally:
        for part in parts:
            part.kill()


def disagreement(settings: Settings, count: int) -> str:
    """What is wrong with a spool that should have settled `count` sources, each exactly once; "" if nothing is."""
    lines = Counter(line["name"] for line in Journal(str(settings.spool)).lines())
    left = [path for part in ("inbox", "claimed") for path in (settings.spool / part).rglob("*") if path.is_file()]
    wrong = []
    if (records := len(records_in(settings.out))) != count:
        wrong.append(f"{records} records")
    if len(lines) != count:
        wrong.append(f"lines of {len(lines)} sources")
    if twice := sum(number > 1 for number in lines.values()):
        wrong.append(f"{twice} sources with several lines")
    if left:
        wrong.append(f"{len(left)} files left")
    return ", ".join(wrong)


def _until(true: Callable[[], bool], seconds: float) -> None:
    end = time.monotonic() + seconds
    while time.monotonic() < end and not true():
        time.sleep(0.3)


def _runs(options: argparse.Namespace) -> Iterator[tuple[str, float, str]]:
    for kind in KINDS if options.kind is None else (options.kind,):
        for seconds in OUTAGE_SECONDS if options.seconds is None else (options.seconds,):
            for append_only in ("yes", "no") if kind in {"TERM", "KILL"} else ("yes",):
                yield kind, seconds, append_only


def main() -> int:
    """Exit code 1 if any run failed."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--kind", choices=KINDS)
    parser.add_argument("--seconds", type=float)
    options = parser.parse_args()
    failed = 0
    for kind, seconds, append_only in _runs(options):
        folder = Path(tempfile.mkdtemp(prefix="outage-"))
        server = Redis(shutil.which("redis-server") or "valkey-server", folder, "--appendonly", append_only)
        try:
            began = time.monotonic()
            wrong = outage(folder, server, kind, seconds)
            failed += bool(wrong)
            print(
                f"{kind:>9} {seconds:4.1f} s, appendonly {append_only:>3}: {wrong or 'all well'}, {time.monotonic() - began:.0f} s in all"
                + (f"; see {folder}" if wrong else ""),
                flush=True,
            )
        finally:
            server.kill()
        if not wrong and not os.environ.get("KEEP"):
            shutil.rmtree(folder)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
