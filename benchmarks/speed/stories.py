"""The index of stories when it is large: its size on the disk and what one article costs.

    python -m benchmarks.speed.stories FILE [--articles 1000000] [--every 100000]

Enters made-up articles as long as news articles are (200 to 1,400 shingles, each hash random; one in twenty is a copy of an earlier one) into an
index at FILE, which must not exist, and prints at each step the bytes an article takes and the mean milliseconds of looking up and
entering 1,000 articles: CPU of the process, and wall clock with what the disk takes.
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np

from ingest.core.memory.story_fingerprint import LEVELS, OPENING_SHINGLES, SKETCH_SHINGLES, Fingerprint
from ingest.service.story_index import StoryIndex

MIN_SHINGLES, MAX_SHINGLES = 200, 1400
COPY_SHARE = 0.05
SAMPLE = 1000


def made_up(draw: np.random.Generator, number: int, size: int) -> Fingerprint:
    """The fingerprint of an article that shares nothing with another."""
    level = max(0, int(np.ceil(np.log2(size / SKETCH_SHINGLES))))
    count = size >> level
    numbers = [int(one) for one in draw.integers(1, 1 << 62, 4)]
    return Fingerprint(
        draw.bytes(32).hex(), number, level, size, tuple(count >> step for step in range(LEVELS)),
        draw.integers(0, 1 << 32, count, np.uint32), draw.integers(0, 1 << 32, OPENING_SHINGLES, np.uint32),
        numbers[0], numbers[1], size > 0, numbers[2], numbers[3], draw.integers(0, 1 << 32, 8, np.uint32), None, 0.0,
    )  # fmt: skip


def main() -> int:
    """The command line; the exit status."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file", type=Path)
    parser.add_argument("--articles", type=int, default=1_000_000)
    parser.add_argument("--every", type=int, default=100_000)
    args = parser.parse_args()
    if args.file.exists():
        parser.error(f"{args.file} exists")
    draw = np.random.default_rng(1)
    index = StoryIndex(args.file, limit=args.articles)
    nothing: Any = None
    seeds = draw.integers(0, 1 << 60, args.articles)
    cpu = wall = 0.0
    for number in range(args.articles):
        original = int(draw.integers(0, number)) if number and draw.random() < COPY_SHARE else number
        own = np.random.default_rng(seeds[original])
        new = made_up(own, number, int(own.integers(MIN_SHINGLES, MAX_SHINGLES)))
        if original != number:
            new = Fingerprint(**{**vars(new), "id": draw.bytes(32).hex()})
        if number % args.every == args.every - SAMPLE:
            cpu, wall = time.process_time(), time.monotonic()
        index._place(new, nothing, lambda _: None)  # noqa: SLF001 - fingerprints alone: no text is made up
        if number % args.every == args.every - 1:
            cpu, wall = (
                1000 * (now - then) / SAMPLE for now, then in ((time.process_time(), cpu), (time.monotonic(), wall))
            )
            size = sum(Path(f"{args.file}{end}").stat().st_size for end in ("", "-wal"))
            print(
                f"{number + 1:9,} articles  {size / 2**20:7.1f} MiB  {size / (number + 1):5.0f} bytes an article  "
                f"{cpu:.2f} ms CPU  {wall:.2f} ms",
                flush=True,
            )
    index.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
