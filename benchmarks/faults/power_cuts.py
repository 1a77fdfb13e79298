"""Power cuts: the image of a disk is copied under a running service, and the service is started on each copy.

    python -m benchmarks.faults.power_cuts --cuts 20     # as root: it mounts its own images (ext4, 64 MiB) in a temporary folder

What had not reached the disk is not in the copy: lines, renames, whole files, in any order that the file system allows. After the
start on a copy each source must lie in one place, each done source must have its record, and each settled one exactly one whole line.
A copy that even fsck cannot mend is counted apart.
"""

from __future__ import annotations

import argparse
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from ingest.service.environment import load_settings
from ingest.service.settings import Settings
from tests.service.agreement import disagreements
from tests.support.processes import Tree, article, drop

IMAGE_BYTES = 64 << 20
FILES = 400
BAD_SHARE = 0.1  # of the files are refused
RESTART_SECONDS = 120


def mount(image: Path, at: Path) -> None:
    """Mount an image through the loop device: a copy of the image then holds what a disk would hold."""
    at.mkdir(exist_ok=True)
    subprocess.run(["mount", "-o", "loop,commit=1", str(image), str(at)], check=True)


def unmount(at: Path) -> None:
    """Unmount now, or as soon as the last file is closed."""
    subprocess.run(["umount", "--lazy", str(at)], check=False)


def snapshot(image: Path, running: Tree) -> bytes:
    """What is on a disk at one moment: the writers are stopped, which flushes nothing, and the image is read until two reads agree."""
    os.killpg(running.process.pid, signal.SIGSTOP)
    try:
        before, now = b"", image.read_bytes()
        while before != now:
            before, now = now, image.read_bytes()
        return now
    finally:
        os.killpg(running.process.pid, signal.SIGCONT)


def service(disk: Path, *words: str) -> tuple[Settings, Tree]:
    """`ingest up` on a disk."""
    settings = load_settings(spool=disk / "spool", out=disk / "out", workers=2, settle_seconds=0.0)
    return settings, Tree(settings, "ingest", "up", *words, log=disk.with_suffix(".log"), INGEST_SETTLE_SECONDS="0")


def main() -> int:
    """Exit code 1 if sources, records and lines disagreed after any start."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--cuts", type=int, default=10)
    cuts = parser.parse_args().cuts
    folder = Path(tempfile.mkdtemp(prefix="powercut-"))
    dice = random.Random(3)  # noqa: S311
    image, disk = folder / "disk.img", folder / "disk"
    with image.open("wb") as file:
        file.truncate(IMAGE_BYTES)
    subprocess.run(["mkfs.ext4", "-q", "-F", str(image)], check=True)
    mount(image, disk)
    given = {
        f"{number}.txt": b"\0" * (1000 + number) if dice.random() < BAD_SHARE else article(number).encode()
        for number in range(FILES)
    }
    failed = broken = 0
    try:
        settings, running = service(disk)
        for name, content in given.items():
            drop(settings, name, content)
        os.sync()  # making dropped files durable is up to the sender
        for cut in range(cuts):
            time.sleep(dice.uniform(0.05, 1.0))
            (folder / f"{cut}.img").write_bytes(snapshot(image, running))
        running.kill()
    finally:
        unmount(disk)
    for cut in range(cuts):
        copy, at = folder / f"{cut}.img", folder / f"{cut}"
        if subprocess.run(["e2fsck", "-f", "-p", str(copy)], check=False, capture_output=True).returncode > 1:
            broken += 1
            continue
        mount(copy, at)
        try:
            lines = (
                (at / "spool/journal.jsonl").read_bytes().count(b"\n") if (at / "spool/journal.jsonl").exists() else 0
            )
            settings, again = service(at, "--once")
            code = again.process.wait(RESTART_SECONDS)
            wrong = disagreements(settings, given)
            failed += bool(wrong or code)
            print(f"cut {cut}: {lines} lines were on the disk; {wrong[:5] or 'all agree'}", flush=True)
        finally:
            unmount(at)
    print(f"{cuts} cuts, {failed} with disagreements, {broken} copies that no longer held a file system")
    if not failed:
        shutil.rmtree(folder)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
