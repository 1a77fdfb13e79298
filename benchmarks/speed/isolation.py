"""What it costs to clean in a caged child: against the same work in a plain forked process, in turns, in one run.

    python -m benchmarks.speed.service --isolation [FOLDER]

"celery": a task's tickets through a crew of one, as in a pool process; "up": a crew of two; "clean": `ingest clean --jobs 1`. The plain
process runs the same tickets, with the same moves and fsyncs, but no line to a parent, no cage, no limits and no desk. CPU is that of
all processes together, so that a busy machine does not count; the house holds it to be at most 1.05.
"""

from __future__ import annotations

import os
import statistics
import time
from collections.abc import Callable, Iterator
from itertools import chain, islice
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path

from ingest.cli.clean import writer
from ingest.cli.sandboxed import worker
from ingest.core.packs import load_packs
from ingest.service.composition import open_service
from ingest.service.runner import warm
from ingest.service.settings import Settings, load_settings
from ingest.service.spool import Spool
from ingest.service.spool.heartbeat import heartbeats
from ingest.service.tasks import run_tickets
from ingest.service.workers.ordered_map import map_in_workers
from ingest.service.workers.pool import WorkerPool

PAIRS = 12
BLOCK = 120  # articles a turn
LONG = 8  # times as many for "clean", which forks its children anew each turn: that costs a fifth of a second
TICKS = os.sysconf("SC_CLK_TCK")

Do = Callable[[list[str]], object]


def cpu(pids: list[int]) -> float:
    """Seconds of processor that living processes have had."""
    total = 0.0
    for pid in pids:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        total += sum(map(int, fields[11:15])) / TICKS  # its own, and its dead children's
    return total


class Plain:
    """A forked process that does what it is asked and nothing else."""

    def __init__(self, do: Do) -> None:
        self.line, theirs = get_context("fork").Pipe()
        self.process = get_context("fork").Process(target=_serve, args=(theirs, do), daemon=True)
        self.process.start()

    def ask(self, paths: list[str]) -> None:
        """Begin."""
        self.line.send(paths)

    def end(self) -> None:
        """Wait until it is done."""
        self.line.recv()


def _serve(line: Connection, do: Do) -> None:
    while True:
        do(line.recv())
        line.send(None)


def through(plain: list[Plain], paths: list[str]) -> None:
    """Shared out among plain processes."""
    for at, one in enumerate(plain):
        one.ask(paths[at :: len(plain)])
    for one in plain:
        one.end()


def compared(
    name: str, fresh: Callable[[], list[str]], caged: Do, bare: Do, pids: Callable[[], list[int]], pairs: int = PAIRS
) -> None:
    """Print the median ratios of turns taken alternately."""
    ratios: dict[str, list[float]] = {"CPU": [], "time": []}
    for turn in range(-1, pairs):  # the first warms
        spent: dict[str, tuple[float, float]] = {}
        for which, do in [("caged", caged), ("bare", bare)][:: 1 if turn % 2 else -1]:
            paths = fresh()
            before, began = cpu(pids()), time.perf_counter()
            do(paths)
            spent[which] = (cpu(pids()) - before, time.perf_counter() - began)
        if turn >= 0:
            for at, what in enumerate(ratios):
                ratios[what].append(spent["caged"][at] / spent["bare"][at])
    shown = ", ".join(f"{what} {statistics.median(found):.3f}" for what, found in ratios.items())
    print(f"{name:>7}: {shown} of a plain process ({pairs} pairs of {len(paths)} articles)", flush=True)


def run(folder: Path, articles: list[bytes]) -> None:
    """All three. `articles`: what is cleaned, again and again."""
    clean = warm()
    settings = load_settings(spool=folder / "spool", out=folder / "out", on_duplicate="replace", keep_days=0, workers=2)
    spool = Spool(settings.spool)
    spool.prepare()
    settings.out.mkdir(parents=True)
    job = open_service(settings).open_job(clean=clean)

    def tickets(paths: list[str]) -> None:
        for path in paths:
            job.run(path)

    def deposited() -> list[str]:
        return [spool.deposit(content, name="article.txt") for content in next(blocks)]

    blocks = _blocks(articles)
    plain = [Plain(tickets), Plain(tickets)]
    bare = [one.process.pid or 0 for one in plain]
    for name, size in (("celery", 1), ("up", 2)):
        pool = WorkerPool(open_service(settings), clean, size=size)
        compared(
            name,
            deposited,
            lambda paths, pool=pool: run_tickets(pool, paths, lambda: False),
            lambda paths, size=size: through(plain[:size], paths),
            lambda: [os.getpid(), *bare, *_children(settings)],
        )
        pool.close()

    packs = load_packs(None)
    files = folder / "files"
    files.mkdir()

    def written() -> list[str]:
        for number, content in enumerate(chain.from_iterable(islice(blocks, LONG))):
            (files / f"{number}.txt").write_bytes(content)
        return [str(path) for path in files.iterdir()]

    record = worker(writer("jsonl"), packs=packs)

    one = Plain(lambda paths: [record(path) for path in paths])
    compared(
        "clean",
        written,
        lambda paths: list(map_in_workers(paths, 1, record)),
        lambda paths: through([one], paths),
        lambda: [os.getpid(), one.process.pid or 0],
        PAIRS // 3,
    )


def _children(settings: Settings) -> list[int]:
    return [
        status.notes["pid"]
        for status in heartbeats(str(settings.spool))
        if status.alive and status.notes.get("role") == "child"
    ]


def _blocks(articles: list[bytes]) -> Iterator[list[bytes]]:
    at = 0
    while True:
        yield [articles[(at + number) % len(articles)] for number in range(BLOCK)]
        at += BLOCK
