"""What it costs to clean in sandboxed workers: against the same work in plain forked processes, in turns, in one run.

    python -m benchmarks.speed.isolation [FOLDER]        # the files of a folder; without one, small texts made here

"celery": a task's tickets through a worker pool of one, as in a Celery pool process; "up": a pool of two; "clean": `ingest clean --jobs 1`.
The plain process runs the same tickets, with the same moves and fsyncs, but has no pipe to a parent, no sandbox, no limits and no
heartbeat. CPU is that of all processes together, so that other load on the machine does not count; the ratio should be at most 1.05.
"""

from __future__ import annotations

import argparse
import os
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from itertools import chain, islice
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path

from benchmarks.speed.service import texts
from ingest.cli.clean import writer
from ingest.cli.sandboxed import worker
from ingest.core.packs import load_packs
from ingest.core.preload import preload
from ingest.service.composition import open_service
from ingest.service.environment import load_settings
from ingest.service.settings import Settings
from ingest.service.spool import Spool
from ingest.service.spool.heartbeat import heartbeats
from ingest.service.tasks import run_tickets
from ingest.service.workers.ordered_map import map_in_workers
from ingest.service.workers.pool import WorkerPool

PAIRS = 12
ARTICLES_PER_TURN = 120
CLEAN_FACTOR = 8  # times as many for "clean", which forks its workers anew each turn: that costs a fifth of a second
CLOCK_TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")

Do = Callable[[list[str]], object]


def cpu(pids: list[int]) -> float:
    """Processor seconds that running processes have used."""
    total = 0.0
    for pid in pids:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        total += sum(map(int, fields[11:15])) / CLOCK_TICKS_PER_SECOND  # its own, and those of its ended children
    return total


class Plain:
    """A forked process without sandbox or limits."""

    def __init__(self, do: Do) -> None:
        self.pipe, theirs = get_context("fork").Pipe()
        self.process = get_context("fork").Process(target=_serve, args=(theirs, do), daemon=True)
        self.process.start()

    def start(self, paths: list[str]) -> None:
        """Begin with these paths."""
        self.pipe.send(paths)

    def wait(self) -> None:
        """Wait until they are done."""
        self.pipe.recv()


def _serve(pipe: Connection, do: Do) -> None:
    while True:
        do(pipe.recv())
        pipe.send(None)


def run_plain(plain: list[Plain], paths: list[str]) -> None:
    """Divide the paths among plain processes and wait."""
    for at, one in enumerate(plain):
        one.start(paths[at :: len(plain)])
    for one in plain:
        one.wait()


def compared(
    name: str,
    fresh: Callable[[], list[str]],
    sandboxed: Do,
    bare: Do,
    pids: Callable[[], list[int]],
    pairs: int = PAIRS,
) -> None:
    """Print the median ratios of turns taken alternately."""
    ratios: dict[str, list[float]] = {"CPU": [], "time": []}
    for turn in range(-1, pairs):  # the first warms up
        spent: dict[str, tuple[float, float]] = {}
        for which, do in [("sandboxed", sandboxed), ("bare", bare)][:: 1 if turn % 2 else -1]:
            paths = fresh()
            before, began = cpu(pids()), time.perf_counter()
            do(paths)
            spent[which] = (cpu(pids()) - before, time.perf_counter() - began)
        if turn >= 0:
            for at, what in enumerate(ratios):
                ratios[what].append(spent["sandboxed"][at] / spent["bare"][at])
    shown = ", ".join(f"{what} {statistics.median(found):.3f}" for what, found in ratios.items())
    print(f"{name:>7}: {shown} of a plain process ({pairs} pairs of {len(paths)} articles)", flush=True)


def run(folder: Path, articles: list[bytes]) -> None:
    """All three comparisons. `articles`: the contents that are cleaned, again and again."""
    clean = preload()
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
            lambda paths, size=size: run_plain(plain[:size], paths),
            lambda: [os.getpid(), *bare, *_children(settings)],
        )
        pool.close()

    packs = load_packs(None)
    files = folder / "files"
    files.mkdir()

    def written() -> list[str]:
        for number, content in enumerate(chain.from_iterable(islice(blocks, CLEAN_FACTOR))):
            (files / f"{number}.txt").write_bytes(content)
        return [str(path) for path in files.iterdir()]

    record = worker(writer("jsonl"), packs=packs)

    one = Plain(lambda paths: [record(path) for path in paths])
    compared(
        "clean",
        written,
        lambda paths: list(map_in_workers(paths, 1, record)),
        lambda paths: run_plain([one], paths),
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
        yield [articles[(at + number) % len(articles)] for number in range(ARTICLES_PER_TURN)]
        at += ARTICLES_PER_TURN


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", nargs="?", type=Path)
    given = parser.parse_args().folder
    with tempfile.TemporaryDirectory(prefix="ingest-isolation-") as folder:
        if given is None:
            given = Path(folder, "texts")
            texts(given, 1000, 7)
        run(Path(folder), [file.read_bytes() for file in sorted(given.rglob("*")) if file.is_file()])


if __name__ == "__main__":
    main()
