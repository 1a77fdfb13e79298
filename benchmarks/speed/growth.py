"""How the parts that look at everything grow: the scan of an inbox, the count of done, and what reads the journal.

    python -m benchmarks.speed.growth [--files 1000 10000 100000] [--journal 16 128 1024]

Each figure is from a process of its own: seconds of wall clock and of CPU, and the peak of its memory. `scan` claims every file of
an inbox of so many files; `done` counts the settled sources; `status`, `index` (all that the dashboard reads at its first start, and at the second) and `report`
read a journal of so many MiB, made of lines as the service writes them. The inbox is made on the disk of TMPDIR.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from ingest.service.composition import open_service
from ingest.service.environment import load_settings

PARTS = ("scan", "done", "status", "index", "report")


def fill_inbox(spool: Path, count: int) -> None:
    """An inbox of small files that have stood still."""
    (spool / "inbox").mkdir(parents=True)
    for number in range(count):
        (spool / "inbox" / f"{number}.txt").write_text(f"Article number {number}.\n")


def fill_journal(spool: Path, mebibytes: int) -> int:
    """A journal in files of 64 MiB; gives its number of lines."""
    open_service(load_settings(spool=spool, out=spool.with_name("out"))).spool.prepare()
    total, number = 0, 0
    while total < mebibytes << 20:
        lines, size = [], 0
        while size < min(64 << 20, (mebibytes << 20) - total):
            lines.append(json.dumps(entry(number)) + "\n")
            size += len(lines[-1])
            number += 1
        total += size
        name = "journal.jsonl" if total >= mebibytes << 20 else f"journal-{number:016x}-000000.jsonl"
        (spool / name).write_text("".join(lines))
    return number


def settle_all(spool: Path) -> None:
    """Move what is claimed to one day of done, into its 256 shards."""
    for number in range(256):
        (spool / f"done/2026-11-28/{number:02x}").mkdir(parents=True)
    for path in list((spool / "claimed").iterdir()):
        if path.is_file():
            path.rename(spool / "done/2026-11-28" / path.name[21:23] / path.name)


def entry(number: int) -> dict[str, object]:
    """A line of the journal."""
    return {
        "token": f"{1_790_000_000_000_000_000 + number:016x}-{number % 0xFFFFFF:06x}",
        "time": f"2026-11-{number // 1_000_000 % 28 + 1:02}T{number // 3600 % 24:02}:{number // 60 % 60:02}:{number % 60:02}Z",
        "outcome": "stored" if number % 9 else "refused",
        "reason": None if number % 9 else "no_article",
        "id": f"{number:064x}",
        "name": f"{number}.html",
        "publisher": f"Paper {number % 500}",
        "headline": f"The harbour was closed again on day {number}",
        "words": 400,
        "words_removed": 180,
        "ms": 21.5,
        "stages": {"parse": 9.0, "label": 8.0, "compose": 1.5},
        "worker": "host",
    }


def peak() -> float:
    """The most memory that this process has had, in MiB; `ru_maxrss` begins with that of the parent."""
    found = re.search(r"VmHWM:\s+(\d+)", Path("/proc/self/status").read_text())
    return int(found[1]) / 1024 if found else 0.0


def run_part(part: str, spool: Path) -> None:
    """Do one part and print what it took."""
    settings = load_settings(spool=spool, out=spool.with_name("out"), settle_seconds=0.0, watch="poll")
    service = open_service(settings)
    began, spent = time.perf_counter(), time.process_time()
    said: object = None
    if part == "scan":
        from ingest.service.watcher import Watcher

        service.spool.prepare()
        watcher = Watcher(service, "watch")
        said = 0
        while not watcher.caught_up or not said:
            said += sum(1 for _ in watcher.claim(500))
        watcher.close()
    elif part == "done":
        said = sum(1 for _ in service.spool.settled("done"))
    elif part == "status":
        from ingest.service.status import read_status

        said = len(read_status(settings))
    elif part == "index":
        from ingest.web.dashboard.journal_index import JournalIndex

        index = JournalIndex(service.journal)
        while index.read_on():
            pass
        index.save()
        said = sum(index.counts.outcomes.values())
    else:
        from ingest.web.report import report_page, summarize

        said = len(report_page(summarize(service.journal.lines(), (), ())))
    took = {
        "seconds": time.perf_counter() - began,
        "cpu": time.process_time() - spent,
        "mib": peak(),
        "said": said,
    }
    print(json.dumps(took))


def measure(part: str, spool: Path, size: str) -> None:
    """Run a part in a process of its own and print a line of the table."""
    command = [sys.executable, "-m", "benchmarks.speed.growth", "--part", part, "--spool", str(spool)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    took = json.loads(done.stdout.splitlines()[-1])
    print(
        f"{part:>7} {size:>16}: {took['seconds']:8.2f} s, {took['cpu']:8.2f} s of CPU, {took['mib']:6.0f} MiB at most ({took['said']})",
        flush=True,
    )


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--files", type=int, nargs="*", default=[1_000, 10_000, 100_000])
    parser.add_argument("--journal", type=int, nargs="*", default=[16, 128, 1024], help="sizes in MiB")
    parser.add_argument("--part", choices=PARTS, help=argparse.SUPPRESS)
    parser.add_argument("--spool", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.part:
        run_part(options.part, options.spool)
        return
    folder = Path(tempfile.mkdtemp(prefix="ingest-growth-"))
    os.environ.pop("INGEST_SPOOL", None)
    try:
        for count in options.files:
            spool = folder / f"files-{count}" / "spool"
            fill_inbox(spool, count)
            measure("scan", spool, f"{count:,} files")
            settle_all(spool)
            measure("done", spool, f"{count:,} files")
            measure("status", spool, f"{count:,} in done")
            shutil.rmtree(spool.parent)
        for size in options.journal:
            spool = folder / f"journal-{size}" / "spool"
            lines = fill_journal(spool, size)
            for part in ("status", "index", "index", "report"):
                measure(part, spool, f"{size:,} MiB")
            print(f"        {lines:,} lines in {size:,} MiB", flush=True)
            shutil.rmtree(spool.parent)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
