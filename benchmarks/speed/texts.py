"""What a text costs: processor time a line, as texts grow, and what a process pays first.

python -m benchmarks.speed.texts            # texts made here, of 10 to 100,000 lines
python -m benchmarks.speed.texts --start    # import, first text, first page, memory: three new processes each
"""

from __future__ import annotations

import argparse
import random
import subprocess
import sys
from statistics import median

from benchmarks.speed.service import WORDS
from benchmarks.speed.turns import ours, take_turns

OURS = "news-ingest"
LINES = (10, 50, 200, 1_000, 10_000, 100_000)
MAX_GROWTH = 1.5
"""The price of a line of the longest text against one of 1,000 lines; from the double on, something grows as a square."""
STARTS = 3

_START = """
import resource, time
began = time.process_time()
from ingest import clean
clean
imported = time.process_time()
clean({content!r})
print(imported - began, time.process_time() - imported, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
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
    """Print the price of a line as texts grow; the exit status, 1 if it rises."""
    inputs: list[tuple[bytes, str | None]] = [(grown_text(lines), None) for lines in LINES]
    spent = take_turns({OURS: ours}, inputs, rounds=3).seconds[OURS]
    prices = [seconds * 1e6 / lines for seconds, lines in zip(spent, LINES, strict=True)]
    for lines, seconds, price in zip(LINES, spent, prices, strict=True):
        print(f"{lines:>7} lines  {seconds * 1e3:9.1f} ms  {price:6.1f} µs a line", flush=True)
    return int(prices[-1] > MAX_GROWTH * prices[LINES.index(1_000)])


def start() -> None:
    """Print what a new process pays: seconds of processor time and MiB."""
    for what, content in FIRST.items():
        runs = [
            subprocess.run(
                [sys.executable, "-c", _START.format(content=content)], capture_output=True, text=True, check=True
            ).stdout.split()
            for _ in range(STARTS)
        ]
        imported, first, memory = (median(map(float, column)) for column in zip(*runs, strict=True))
        print(f"first {what}: import {imported:.2f} s, cleaning {first:.2f} s, {memory:.0f} MiB", flush=True)


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
