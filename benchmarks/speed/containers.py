"""A WARC file against a plain process pool over the same pages as files: what reading, handing out and keeping members costs.

    python -m benchmarks.speed.containers [FOLDER] [--pages 1000] [--turns 3]     # the pages of a folder; without one, pages made here
    python -m benchmarks.speed.containers --memory 2000                           # MiB of a WARC file; prints the memory of its reader

In turns of one run, each with two processes: (a) a process pool that cleans the files and writes the records with the store's own fsyncs;
(b) `ingest clean` of the WARC file; (c) `ingest up --once` with the WARC file in the inbox. Prints time and processor time of (b) and (c)
over those of (a), at best 1 and to be at most 1.1. Other load on the machine harms the times of all three; processor time it does not.
"""

from __future__ import annotations

import argparse
import gzip
import os
import random
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

from benchmarks.speed.service import WORDS, clean_files
from ingest.service.composition import open_service
from ingest.service.environment import load_settings
from ingest.service.workers.unpacker import Unpacker

PROCESSES = 2
FILES_PER_CALL = 10
MEMORY_RECORD_BYTES = 60_000
MIB = 1 << 20


def made_pages(count: int) -> list[bytes]:
    """Pages, each its own: the words of a seed, shuffled into paragraphs between menus and lists of links."""
    dice = random.Random(1)  # noqa: S311
    pages = []
    for number in range(count):
        links = "".join(f'<li><a href="/{n}">{" ".join(dice.choices(WORDS, k=6))}</a></li>' for n in range(40))
        paragraphs = "".join(f"<p>{' '.join(dice.choices(WORDS, k=50))}.</p>" for _ in range(20))
        head = f"<title>Headline number {number}</title>"
        menu = f'<nav><ul class="menu">{links}</ul></nav>'
        article = f"<article><h1>Headline number {number}</h1>{paragraphs}</article>"
        pages.append(f"<html><head>{head}</head><body>{menu}{article}<footer>{links}</footer></body></html>".encode())
    return pages


def record(number: int, page: bytes) -> bytes:
    """A page as a record of a WARC file, compressed by itself as crawlers do."""
    block = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n" + page
    head = (
        f"WARC/1.1\r\nWARC-Type: response\r\nWARC-Record-ID: <urn:uuid:{number}>\r\nWARC-Date: 2026-01-02T03:04:05Z\r\n"
        f"Content-Type: application/http; msgtype=response\r\nContent-Length: {len(block)}\r\n\r\n"
    )
    return gzip.compress(head.encode() + block + b"\r\n\r\n", 6)


def plain(files: Path, out: Path) -> None:
    """What a process pool and nothing else does."""
    from ingest.core.preload import preload

    preload()
    names = sorted(map(str, files.iterdir()))
    parts = [names[at : at + FILES_PER_CALL] for at in range(0, len(names), FILES_PER_CALL)]
    with ProcessPoolExecutor(PROCESSES) as pool:
        print(sum(pool.map(clean_or_refuse, parts, [str(out)] * len(parts))))


def clean_or_refuse(files: list[str], out: str) -> int:
    """`service.clean_files`, of pages that may be refused."""
    from ingest import Rejected

    count = 0
    for file in files:
        try:
            count += clean_files([file], out)
        except Rejected:
            continue
    return count


def spent(command: list[str], environment: dict[str, str]) -> tuple[float, float]:
    """Seconds of time and of processor time that a command takes, with its children."""
    began = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, "-m", *command],
        env=os.environ | environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    _, _, usage = os.wait4(process.pid, 0)
    return time.perf_counter() - began, usage.ru_utime + usage.ru_stime


def compare(pages: list[bytes], folder: Path, turns: int) -> None:
    """Print the ratios."""
    files, warc = folder / "files", folder / "crawl.warc.gz"
    files.mkdir()
    for number, page in enumerate(pages):
        (files / f"{number:06}.html").write_bytes(page)
    warc.write_bytes(b"".join(record(number, page) for number, page in enumerate(pages)))
    ratios: dict[str, list[tuple[float, float]]] = {"clean": [], "up": []}
    for turn in range(turns):
        here = folder / str(turn)
        spool, out = here / "spool", here / "out"
        (spool / "inbox").mkdir(parents=True)
        shutil.copy(warc, spool / "inbox")
        settings = {
            "INGEST_SPOOL": str(spool), "INGEST_OUT": str(out / "up"), "INGEST_SETTLE_SECONDS": "0", "INGEST_WORKERS": str(PROCESSES),
        }  # fmt: skip
        commands = {
            "plain": ["benchmarks.speed.containers", "--plain", str(files), str(out / "plain")],
            "clean": ["ingest", "clean", str(warc), "-o", str(out / "clean"), "--jobs", str(PROCESSES)],
            "up": ["ingest", "up", "--once"],
        }
        took = {name: spent(command, settings) for name, command in list(commands.items())[:: 1 if turn % 2 else -1]}
        counts = {name: sum(1 for path in (out / name).rglob("*.json")) for name in commands}
        print(f"turn {turn}: " + ", ".join(f"{name} {t:.1f} s ({c:.1f} s CPU), {counts[name]} records" for name, (t, c) in took.items()), flush=True)  # fmt: skip
        for name, found in ratios.items():
            found.append((took[name][0] / took["plain"][0], took[name][1] / took["plain"][1]))
        shutil.rmtree(here)
    for name, found in ratios.items():
        time_ratio, cpu_ratio = (statistics.median(part) for part in zip(*found, strict=True))
        print(
            f"{name}: time {time_ratio:.3f}, CPU {cpu_ratio:.3f} of a plain pool ({turns} turns of {len(pages)} pages)"
        )


def measure_memory(folder: Path, mebibytes: int) -> None:
    """Print the memory of the process that reads a WARC file of that size, as it goes on. Its members are deleted as they come."""
    settings = load_settings(spool=folder / "spool", out=folder / "out")
    spool = open_service(settings).spool
    spool.prepare()
    path = spool.deposit(b"", name="crawl.warc")
    dice = random.Random(2)  # noqa: S311
    with (settings.spool / path).open("wb") as file:
        number = 0
        while file.tell() < mebibytes * MIB:
            page = b"<html><body><p>" + dice.randbytes(MEMORY_RECORD_BYTES).hex().encode()
            file.write(gzip.decompress(record(number, page)))
            number += 1
    open_service(settings).open_job(clean=lambda *_, **__: None).run(path)
    reader = Unpacker(settings)
    pages, ended, said = 0, False, 0
    while not ended:
        reader.submit(path)
        while not (answers := reader.receive()):
            time.sleep(0.01)
        status = Path(f"/proc/{reader.pid}/status").read_text()
        ended = bool(answers[0].get("ended"))
        for member in answers[0]["members"]:
            (settings.spool / member).unlink()
            pages += 1
        for companion in (settings.spool / "claimed").glob("*.member.json"):
            companion.unlink()
        if pages >= said or ended:
            said += number // 8
            anonymous = next(line for line in status.splitlines() if line.startswith("RssAnon")).split()[1]
            print(f"{pages:>9,} of {number:,} members: {int(anonymous) / 1024:.0f} MiB", flush=True)
    reader.kill()
    reader.reap()


def main() -> None:
    """See above."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("folder", nargs="?", type=Path)
    parser.add_argument("--pages", type=int, default=1000)
    parser.add_argument("--turns", type=int, default=3)
    parser.add_argument("--memory", type=int, metavar="MIB")
    parser.add_argument("--plain", nargs=2, type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.plain:
        plain(*given.plain)
        return
    with tempfile.TemporaryDirectory() as name:
        if given.memory:
            measure_memory(Path(name), given.memory)
            return
        if given.folder:
            pages = [path.read_bytes() for path in sorted(given.folder.iterdir())[: given.pages]]
        else:
            pages = made_pages(given.pages)
        compare(pages, Path(name), given.turns)


if __name__ == "__main__":
    main()
