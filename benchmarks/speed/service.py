"""The service against a plain process pool: what the spool, the queue and the isolation cost.

    python -m benchmarks.speed.service [--files 20000] [--memory 100000]
    python -m benchmarks.speed.service --faults 2000          # kills, hostile files, crowds instead: see faults.py
    python -m benchmarks.speed.service --isolation            # the price of caged children: see isolation.py

In one run, in turns: (a) a process pool of two that cleans the files and writes the records with the sink's own fsyncs;
(b) the same files, renamed into the inbox of a watcher with one Celery worker of two pool processes on a private Redis;
(c) `ingest up` with two children. Gives the ratios, which the house holds to be at most 1.2, then the rate of publishing
tickets against Kombu's own batched publish (at least 0.8), and the memory of watcher and worker as files pass.
"""

from __future__ import annotations

import argparse
import os
import random
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from functools import cache
from pathlib import Path

from ingest.service.sinks import JsonSink

ROOT = Path(__file__).parents[2]
WORDS = (ROOT / "seeds/002_c69d56b196d5ceb2.txt").read_text().split()
TURNS = 4


def texts(folder: Path, count: int, seed: int) -> None:
    """Small texts, each its own: the words of a seed, shuffled into a few paragraphs."""
    dice = random.Random(seed)  # noqa: S311
    folder.mkdir(parents=True)
    for number in range(count):
        paragraphs = [" ".join(dice.choices(WORDS, k=40)) + "." for _ in range(5)]
        (folder / f"{number}.txt").write_text(f"Headline number {number}\n\n" + "\n\n".join(paragraphs) + "\n")


@cache
def sink_at(out: str) -> JsonSink:
    """One sink for a process: it makes each folder durable once."""
    return JsonSink(out)


def clean_some(files: list[str], out: str) -> int:
    """A pool's job: clean, write, nothing else."""
    from ingest import clean

    sink = sink_at(out)
    for file in files:
        record = clean(Path(file).read_bytes(), name=os.path.basename(file))  # noqa: PTH119
        sink.write(record.id, record.to_json().encode() + b"\n")
    return len(files)


def count(out: Path) -> int:
    """Records so far."""
    return sum(len(os.listdir(shelf)) for shelf in out.glob("??"))  # noqa: PTH208


@contextmanager
def running(log: Path, environment: dict[str, str], *commands: list[str]) -> Iterator[list[subprocess.Popen[bytes]]]:
    """Processes that end with the block."""
    with log.open("wb") as file:
        started = [
            subprocess.Popen(command, env=os.environ | environment, cwd=ROOT, stdout=file, stderr=file)
            for command in commands
        ]
    try:
        yield started
    finally:
        for process in started:
            process.send_signal(signal.SIGTERM)
        for process in started:
            try:
                process.wait(90)
            except subprocess.TimeoutExpired:
                process.kill()


def through(spool: Path, out: Path, files: Path) -> float:
    """Seconds from the rename into the inbox to the last record."""
    before, wanted = count(out), len(os.listdir(files))  # noqa: PTH208
    began = time.perf_counter()
    files.rename(spool / "inbox" / f"batch-{before}")
    while count(out) < before + wanted:
        time.sleep(0.25)  # looking costs: every 20 ms, 12,000 records took a third of a core from those who cleaned
    return time.perf_counter() - began


def resident(pid: int) -> float:
    """MiB of a process."""
    fields = Path(f"/proc/{pid}/statm").read_text().split()
    return int(fields[1]) * os.sysconf("SC_PAGESIZE") / 2**20


def publishing(folder: Path, url: str) -> None:
    """Tickets of files in the spool, published by us and one by one in Kombu's batch."""
    from ingest.service.broker import QUEUE, Broker
    from ingest.service.settings import load_settings

    broker = Broker(load_settings(spool=folder / "p", out=folder / "q", broker_url=url, broker_prefix="bench:"))
    paths = [f"claimed/{number:016x}-{number:06x}~{number}.txt" for number in range(20_000)]
    ours, theirs = [], []
    for _ in range(3):
        began = time.perf_counter()
        broker.publish(paths)
        ours.append(len(paths) / (time.perf_counter() - began))
        with broker.app.producer_pool.acquire(block=True) as producer:
            began = time.perf_counter()
            with producer.batch(max_size=500):
                for path in paths:
                    producer.publish([[path], {}, {}], routing_key=QUEUE, serializer="json")
            theirs.append(len(paths) / (time.perf_counter() - began))
    a, b = statistics.median(ours), statistics.median(theirs)
    print(f"publishing: {a:,.0f} tickets/s, Kombu's batch {b:,.0f} messages/s, ratio {a / b:.2f} (at least 0.8)")


def isolation(articles: str) -> None:
    """What the caged children cost, on the files of a folder or on small texts."""
    from benchmarks.speed.isolation import run

    with tempfile.TemporaryDirectory(prefix="ingest-isolation-") as folder:
        given = Path(articles) if articles else Path(folder, "texts")
        if not articles:
            texts(given, 1000, 7)
        run(Path(folder), [file.read_bytes() for file in sorted(given.rglob("*")) if file.is_file()])


def faults(asked: argparse.Namespace) -> int:
    """The exit code: 0 if every input of every run had exactly one outcome."""
    from benchmarks.faults import crowd, hostile_alone, mixed

    runs: list[Callable[[Path], bool]] = []
    if asked.faults:
        kinds = asked.kind or ["celery", "up"]
        runs += [lambda folder, kind=kind: mixed(kind, asked.faults, asked.kills, folder) for kind in kinds]
    if asked.hostile:
        runs.append(hostile_alone)
    if asked.crowd:
        runs.append(lambda folder: crowd(asked.crowd, folder))
    well = True
    for run in runs:
        with tempfile.TemporaryDirectory(prefix="ingest-faults-") as folder:
            well &= run(Path(folder))
    return 0 if well else 1


def parsed() -> argparse.Namespace:
    """What was asked for."""
    ask = argparse.ArgumentParser()
    ask.add_argument("--files", type=int, default=20_000)
    ask.add_argument("--memory", type=int, default=0, help="pass so many files more and show the memory on the way")
    ask.add_argument(
        "--faults", type=int, default=0, help="instead: so many files, hostile ones among them, under SIGKILLs"
    )
    ask.add_argument("--kills", type=int, default=60, help="with --faults: at most so many, one a second")
    ask.add_argument("--hostile", action="store_true", help="instead: the large hostile corpus through `ingest up`")
    ask.add_argument("--crowd", type=int, default=0, help="instead: so many files at once")
    ask.add_argument("--kind", choices=["celery", "up"], action="append", help="with --faults: only this one")
    ask.add_argument(
        "--isolation", nargs="?", const="", help="instead: what the caged children cost, on texts or a folder"
    )
    return ask.parse_args()


def main() -> None:
    """Measure and print."""
    asked = parsed()
    if asked.isolation is not None:
        isolation(asked.isolation)
        return
    if asked.faults or asked.hostile or asked.crowd:
        sys.exit(faults(asked))
    folder = Path(tempfile.mkdtemp(prefix="ingest-bench-"))
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    url = f"redis://127.0.0.1:{port}/0"
    each = asked.files // TURNS
    for turn in range(TURNS):
        texts(folder / f"texts-{turn}", each, turn)
    server = shutil.which("redis-server") or "valkey-server"
    redis = [
        server,
        "--port",
        str(port),
        "--bind",
        "127.0.0.1",
        "--dir",
        str(folder),
        "--save",
        "",
        "--appendonly",
        "yes",
    ]

    def settings(name: str) -> dict[str, str]:
        path = f"{ROOT}{os.pathsep}{os.environ.get('PYTHONPATH', '')}"
        return {
            "INGEST_SPOOL": str(folder / name),
            "INGEST_OUT": str(folder / f"{name}-out"),
            "INGEST_WORKERS": "2",
            "PYTHONPATH": path,
        }

    python = [sys.executable, "-m"]
    seconds: dict[str, list[float]] = {"pool": [], "celery": [], "up": []}
    celery = [[*python, "ingest", "watch"], [*python, "celery", "-A", "worker", "worker"]]
    with (
        running(folder / "redis.log", {}, redis),
        running(folder / "celery.log", settings("c") | {"INGEST_BROKER_URL": url}, *celery) as (watcher, worker),
        running(folder / "up.log", settings("u"), [*python, "ingest", "up"]),
        ProcessPoolExecutor(2) as pool,
    ):
        publishing(folder, url)
        for name in ("c", "u"):  # all warm
            while not (folder / name / "inbox").is_dir():
                time.sleep(0.1)
            texts(folder / f"warm-{name}", 8, 99)
            through(folder / name, folder / f"{name}-out", folder / f"warm-{name}")
        list(pool.map(clean_some, [[], []], ["", ""]))
        for turn in range(TURNS):
            source = folder / f"texts-{turn}"
            for name in ("c", "u"):
                shutil.copytree(source, folder / f"{name}-{turn}")
            files = [str(file) for file in source.iterdir()]
            chunks = [files[start : start + 50] for start in range(0, len(files), 50)]
            began = time.perf_counter()
            list(pool.map(clean_some, chunks, [str(folder / "pool-out")] * len(chunks)))
            seconds["pool"].append(time.perf_counter() - began)
            seconds["celery"].append(through(folder / "c", folder / "c-out", folder / f"c-{turn}"))
            seconds["up"].append(through(folder / "u", folder / "u-out", folder / f"u-{turn}"))
        base = sum(seconds["pool"])
        for name, spent in seconds.items():
            print(
                f"{name:>7}: {each * TURNS / sum(spent):7.0f} files/s, {sum(spent) / base:.2f} of the pool's time",
                flush=True,
            )
        for start in range(0, asked.memory, 10_000):
            texts(folder / "more", 10_000, 1000 + start)
            through(folder / "c", folder / "c-out", folder / "more")
            print(
                f"{start + 10_000:>7} more: watcher {resident(watcher.pid):.0f} MiB, worker {resident(worker.pid):.0f} MiB",
                flush=True,
            )
    shutil.rmtree(folder)


if __name__ == "__main__":
    main()
