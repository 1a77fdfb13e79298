"""The service against a plain process pool: what the spool, the queue and the isolation cost.

    python -m benchmarks.speed.service [--files 20000] [--memory 100000]

In one run, in turns: (a) a process pool of two that cleans the files and writes the records with the store's own fsyncs;
(b) the same files, renamed into the inbox of a watcher with one Celery worker of two pool processes on a private Redis;
(c) `ingest up` with two children. Gives the ratios, which should be at most 1.2, then the rate of publishing
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
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from functools import cache
from pathlib import Path

from ingest.service.record_store import JsonStore

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
def store_at(out: str) -> JsonStore:
    """One store per process: it makes each folder durable once."""
    return JsonStore(out)


def clean_files(files: list[str], out: str) -> int:
    """What a process of the plain pool does: clean and write, nothing else."""
    from ingest import clean

    store = store_at(out)
    for file in files:
        record = clean(Path(file).read_bytes(), name=os.path.basename(file))  # noqa: PTH119
        store.write(record.id, record.to_json().encode() + b"\n")
    return len(files)


def count(out: Path) -> int:
    """Records in the store so far."""
    return sum(len(os.listdir(shard)) for shard in out.glob("??"))  # noqa: PTH208


@contextmanager
def running(log: Path, environment: dict[str, str], *commands: list[str]) -> Iterator[list[subprocess.Popen[bytes]]]:
    """Start processes; they are ended with the block."""
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
        time.sleep(0.25)  # counting 12,000 records every 20 ms took a third of a core from the workers
    return time.perf_counter() - began


def resident(pid: int) -> float:
    """Resident memory of a process, in MiB."""
    fields = Path(f"/proc/{pid}/statm").read_text().split()
    return int(fields[1]) * os.sysconf("SC_PAGESIZE") / 2**20


def publishing(folder: Path, url: str) -> None:
    """Publish the tickets of files in the spool: with our broker, and one by one in Kombu's batch."""
    from ingest.service.broker import QUEUE, Broker
    from ingest.service.environment import load_settings

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


def parse_arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--files", type=int, default=20_000)
    parser.add_argument(
        "--memory", type=int, default=0, help="then pass this many more files and print the memory on the way"
    )
    return parser.parse_args()


def main() -> None:
    """Measure and print."""
    options = parse_arguments()
    folder = Path(tempfile.mkdtemp(prefix="ingest-bench-"))
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    url = f"redis://127.0.0.1:{port}/0"
    each = options.files // TURNS
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
        for name in ("c", "u"):  # warm them up
            while not (folder / name / "inbox").is_dir():
                time.sleep(0.1)
            texts(folder / f"warm-{name}", 8, 99)
            through(folder / name, folder / f"{name}-out", folder / f"warm-{name}")
        list(pool.map(clean_files, [[], []], ["", ""]))
        for turn in range(TURNS):
            source = folder / f"texts-{turn}"
            for name in ("c", "u"):
                shutil.copytree(source, folder / f"{name}-{turn}")
            files = [str(file) for file in source.iterdir()]
            chunks = [files[start : start + 50] for start in range(0, len(files), 50)]
            began = time.perf_counter()
            list(pool.map(clean_files, chunks, [str(folder / "pool-out")] * len(chunks)))
            seconds["pool"].append(time.perf_counter() - began)
            seconds["celery"].append(through(folder / "c", folder / "c-out", folder / f"c-{turn}"))
            seconds["up"].append(through(folder / "u", folder / "u-out", folder / f"u-{turn}"))
        base = sum(seconds["pool"])
        for name, spent in seconds.items():
            print(
                f"{name:>7}: {each * TURNS / sum(spent):7.0f} files/s, {sum(spent) / base:.2f} of the pool's time",
                flush=True,
            )
        for start in range(0, options.memory, 10_000):
            texts(folder / "more", 10_000, 1000 + start)
            through(folder / "c", folder / "c-out", folder / "more")
            print(
                f"{start + 10_000:>7} more: watcher {resident(watcher.pid):.0f} MiB, worker {resident(worker.pid):.0f} MiB",
                flush=True,
            )
    shutil.rmtree(folder)


if __name__ == "__main__":
    main()
