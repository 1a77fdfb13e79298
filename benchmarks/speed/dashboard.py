"""What the dashboard costs the service: the same files with and without a reader who asks it 50 times a second.

    python -m benchmarks.speed.dashboard [--files 2000] [--pairs 6] [--rate 50]

In one run, in pairs, in alternating order: `ingest up` with two workers ingests the files while the dashboard is asked for all its
pages in turn, and while it is idle. Gives the ratios of elapsed time and of the processor time of both, which should be under 1.05,
and the response times. The second ratio is the steadier one on a machine that others use too. The reader has the lowest priority: a
real reader's browser runs on another machine.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import re
import shutil
import socket
import statistics
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.request import urlopen

from benchmarks.speed.service import ROOT, running, texts, through

if TYPE_CHECKING:
    from multiprocessing.queues import Queue
    from multiprocessing.synchronize import Event

CONNECTIONS = 4
PATHS = (
    "/",
    "/records",
    "/records?q=headline+7",
    "/metrics",
    "/quarantine",
    "/records/{id}",
    "/health",
    "/records?page=2",
)


def ask(port: int, rate: float, newest: str, stop: Event) -> list[float]:
    """The response times in seconds, until `stop` is set; over one connection, like a browser."""
    took: list[float] = []
    with socket.create_connection(("127.0.0.1", port)) as connection:
        due = time.perf_counter()
        while not stop.wait(max(0.0, due - time.perf_counter())):
            due += 1 / rate
            path = PATHS[len(took) % len(PATHS)].format(id=newest)
            began = time.perf_counter()
            connection.sendall(f"GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
            head = b""
            while b"\r\n\r\n" not in head:
                head += connection.recv(1 << 16)
            head, _, body = head.partition(b"\r\n\r\n")
            assert head.startswith(b"HTTP/1.1 200"), head[:200]  # noqa: S101
            left = int(re.search(rb"content-length: (\d+)", head)[1]) - len(body)  # type: ignore[index]
            while left > 0:
                left -= len(connection.recv(min(left, 1 << 16)))
            took.append(time.perf_counter() - began)
    return took


def asking(port: int, rate: float, newest: str, stop: Event, answers: Queue[list[float]]) -> None:
    """A process that asks over several connections and puts the response times into `answers`."""
    os.nice(19)
    with ThreadPoolExecutor(CONNECTIONS) as threads:
        took = [threads.submit(ask, port, rate / CONNECTIONS, newest, stop) for _ in range(CONNECTIONS)]
        answers.put([seconds for each in took for seconds in each.result()])


def processor(pid: int) -> float:
    """Seconds of processor time of a process and its children so far."""
    spent = 0
    for entry in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = entry.read_text().rpartition(")")[2].split()
        except (FileNotFoundError, ProcessLookupError):
            continue
        if entry.parent.name == str(pid):
            spent += sum(map(int, fields[11:15]))  # and of its ended children
        elif fields[1] == str(pid):
            spent += sum(map(int, fields[11:13]))
    return spent / os.sysconf("SC_CLK_TCK")


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--files", type=int, default=2_000)
    parser.add_argument("--pairs", type=int, default=6)
    parser.add_argument("--rate", type=float, default=50)
    arguments = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="ingest-dashboard-"))
    spool, out = folder / "spool", folder / "out"
    environment = {
        "INGEST_SPOOL": str(spool), "INGEST_OUT": str(out), "INGEST_WORKERS": "2",
        "PYTHONPATH": f"{ROOT}{os.pathsep}{os.environ.get('PYTHONPATH', '')}",
    }  # fmt: skip
    python = [sys.executable, "-m", "ingest"]
    log = folder / "dashboard.log"
    with (
        running(folder / "up.log", environment, [*python, "up"]) as (up,),
        running(log, environment, [*python, "serve", "--port", "0"]) as (dashboard,),
    ):
        while not (spool / "inbox").is_dir() or ":" not in log.read_text():
            time.sleep(0.1)
        port = int(re.search(r":(\d+)/", log.read_text())[1])  # type: ignore[index]
        texts(folder / "warm", 60, 99)
        through(spool, out, folder / "warm")
        newest = json.loads((spool / "journal.jsonl").read_text().splitlines()[-1])["id"]
        urlopen(f"http://127.0.0.1:{port}/records/{newest}").read()
        clock: dict[bool, list[float]] = {False: [], True: []}
        work: dict[bool, list[float]] = {False: [], True: []}
        took: list[float] = []
        for pair in range(arguments.pairs):
            for loaded in (True, False) if pair % 2 else (False, True):
                texts(folder / "files", arguments.files, 2 * pair + loaded)
                time.sleep(2.5)  # until the files count as complete
                stop, answers = multiprocessing.Event(), multiprocessing.Queue()
                if loaded:
                    reader = multiprocessing.Process(target=asking, args=(port, arguments.rate, newest, stop, answers))
                    reader.start()
                before = processor(up.pid) + processor(dashboard.pid)
                clock[loaded].append(through(spool, out, folder / "files"))
                work[loaded].append(processor(up.pid) + processor(dashboard.pid) - before)
                if loaded:
                    stop.set()
                    took += answers.get()
                    reader.join()
            print(
                f"pair {pair + 1}: {clock[False][-1]:.1f} s alone, {clock[True][-1]:.1f} s with the reader", flush=True
            )
    took.sort()
    print(f"{arguments.files} files, {len(took) / sum(clock[True]):.0f} answers a second")
    for name, spent in (("time", clock), ("processor time of both", work)):
        ratios = [with_ / without for with_, without in zip(spent[True], spent[False], strict=True)]
        print(
            f"{name}: {statistics.median(ratios):.3f} of the idle dashboard's, pair by pair; {sum(spent[True]) / sum(spent[False]):.3f} in all"
        )
    print(
        f"answers: median {1000 * took[len(took) // 2]:.0f} ms, 99 % within {1000 * took[int(len(took) * 0.99)]:.0f} ms"
    )
    shutil.rmtree(folder)


if __name__ == "__main__":
    main()
