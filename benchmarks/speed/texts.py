"""What a text costs: processor time a line, as texts grow, and what a process pays first.

python -m benchmarks.speed.texts            # texts made here, of 10 to 100,000 lines
python -m benchmarks.speed.texts --start    # import, first text, first page, memory: three new processes each
"""

from __future__ import annotations

import argparse
import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from statistics import median

from benchmarks.speed.service import WORDS
from ingest import clean, clean_many

LINES = (10, 50, 200, 1_000, 10_000, 100_000)
MIN_LINES = 3_000
"""Lines of each measurement: so many different texts of one length that they have as many together."""
ROUNDS = 3
MAX_GROWTH = 1.5
"""The price of a line of the longest text against one of 1,000 lines; from the double on, something grows as a square."""
STARTS = 3

_START = """
import re, resource, time
began = time.process_time()
from ingest import clean
clean
imported = time.process_time()
clean({content!r})
cleaned = time.process_time()
held = re.search(r"Rss: +([0-9]+)", open("/proc/self/smaps_rollup").read())[1]
print(imported - began, cleaned - imported, int(held) / 1024, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
"""
FIRST = {
    "text": b"The harbour is closed\n\nThe harbour was closed on Monday after a ferry had run aground, the council said.\n",
    "page": b"<html><head><title>The harbour is closed</title></head><body><h1>The harbour is closed</h1>"
    + b"<p>The harbour was closed on Monday after a ferry had run aground near the pier, the council said in a statement.</p>"
    * 5
    + b"</body></html>",
}


def grown_text(lines: int, seed: int = 5) -> bytes:
    """A text of so many lines: a headline, then paragraphs and short lines as menus leave them."""
    dice = random.Random(seed)  # noqa: S311
    found = ["The harbour is closed until the new year"]
    while len(found) < lines:
        long = dice.random() < 0.6
        said = " ".join(dice.choices(WORDS, k=40 if long else 3)).capitalize()
        found.append(f"{said}." if long else said)
    return "\n".join(found).encode()


def growth() -> int:
    """Print the price of a line as texts grow, alone and by `clean_many`; the exit status, 1 if it rises."""
    prices: dict[int, float] = {}
    clean(grown_text(LINES[0]))
    for lines in LINES:
        raws = [grown_text(lines, seed) for seed in range(max(1, MIN_LINES // lines))]
        alone, many = _least(lambda: [clean(raw) for raw in raws], lambda: list(clean_many(raws)))  # noqa: B023  called at once
        prices[lines] = alone / len(raws) / lines
        print(
            f"{lines:>7} lines  {alone / len(raws) * 1e3:9.1f} ms  {prices[lines] * 1e6:6.1f} µs a line  "
            f"{many / len(raws) / lines * 1e6:6.1f} by clean_many",
            flush=True,
        )
    return int(prices[LINES[-1]] > MAX_GROWTH * prices[1_000])


def _least(*works: Callable[[], object]) -> list[float]:
    """Processor seconds of each, the least of some rounds in which they take turns."""
    seconds: list[list[float]] = [[] for _ in works]
    for _ in range(ROUNDS):
        for work, spent in zip(works, seconds, strict=True):
            began = time.process_time()
            work()
            spent.append(time.process_time() - began)
    return list(map(min, seconds))


def start() -> None:
    """Print what a new process pays: seconds of processor time and MiB, with compiled modules as an installed package has them."""
    with tempfile.TemporaryDirectory() as folder:
        environment = {key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"}
        environment["PYTHONPYCACHEPREFIX"] = folder
        for what, content in FIRST.items():
            runs = [
                subprocess.run(
                    [sys.executable, "-c", _START.format(content=content)],
                    capture_output=True,
                    text=True,
                    check=True,
                    env=environment,
                ).stdout.split()
                for _ in range(STARTS + 1)
            ][1:]  # the first compiles
            imported, first, held, peak = (median(map(float, column)) for column in zip(*runs, strict=True))
            print(
                f"first {what}: import {imported:.2f} s, cleaning {first:.2f} s, {held:.0f} MiB, {peak:.0f} at the most",
                flush=True,
            )


def main() -> int:
    """The command line; the exit status."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--start", action="store_true", help="what a new process pays")
    if options.parse_args().start:
        start()
        return 0
    return growth()


if __name__ == "__main__":
    raise SystemExit(main())
