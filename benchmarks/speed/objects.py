"""What a spool in an object store costs: articles a second beside a folder, requests an article, requests of an idle watcher, and a long listing.

    python -m benchmarks.speed.objects [--articles 200] [--folder PAGES] [--keys 1000000]

The store is moto's server, which answers one request at a time, some 200 a second: its speed is no figure of a store. CPU of the parent and
of the worker processes, and the requests, are those of the service. Everything is on this machine, nothing on a network.
"""

from __future__ import annotations

import argparse
import os
import resource
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ingest.core.preload import preload
from ingest.service import runner
from ingest.service.environment import load_settings
from ingest.service.objects import Entry
from ingest.service.objects.s3 import S3Bucket
from ingest.service.spool import filenames
from ingest.service.spool.object_inbox import ObjectInbox
from tests.support.objects import FaultProxy, ObjectServer, environment_of, object_server
from tests.support.processes import article

IDLE_SECONDS = 30


class LongListing:
    """A bucket with so many keys in its inbox, made as they are listed."""

    def __init__(self, count: int) -> None:
        self._count = count

    def list(self, prefix: str, *, after: str = "") -> Iterator[Entry]:
        """The keys behind one."""
        first = int(after.rpartition("/")[2].removesuffix(".html")) + 1 if after else 0
        for number in range(first, self._count):
            yield Entry(f"{prefix}{number:09}.html", 6000, '"0"', 1.8e9)


def cpu(who: int) -> float:
    """Seconds of CPU so far."""
    used = resource.getrusage(who)
    return used.ru_utime + used.ru_stime


def clean_all(name: str, count: int, **given: Any) -> None:
    """Clean what was dropped, with two workers, and print what it took."""
    settings = load_settings(workers=2, stories="off", **given)
    began, ours, theirs = time.monotonic(), cpu(resource.RUSAGE_SELF), cpu(resource.RUSAGE_CHILDREN)
    runner.up(settings, once=True)
    seconds = time.monotonic() - began
    ours, theirs = cpu(resource.RUSAGE_SELF) - ours, cpu(resource.RUSAGE_CHILDREN) - theirs
    each = f"CPU an article: parent {1000 * ours / count:.1f} ms, workers {1000 * theirs / count:.1f} ms"
    print(f"{name}: {count / seconds:.1f} articles a second; {each}", flush=True)


def in_a_folder(root: Path, contents: list[bytes]) -> None:
    """The same in a folder."""
    (root / "spool/inbox").mkdir(parents=True)
    for number, content in enumerate(contents):
        (root / f"spool/inbox/{number}.html").write_bytes(content)
    clean_all("folder", len(contents), spool=root / "spool", out=root / "out", settle_seconds=0.0)


def in_a_store(root: Path, contents: list[bytes], server: ObjectServer, *, records: bool) -> None:
    """The same in a bucket, once with its requests counted. `records`: they go to the bucket, too."""
    with FaultProxy(server) as proxy:
        os.environ.update(environment_of(proxy.url))
        address = server.make_bucket("news")
        bucket = S3Bucket(address)
        for number, content in enumerate(contents):
            bucket.put(f"inbox/{number}.html", content)
        before = proxy.counts()
        where = f"{address}-out" if records else root / f"out-{records}"
        name = "bucket" + (", records too" if records else "")
        clean_all(name, len(contents), spool=str(address), out=where, state=root / "state")
        print("    requests an article:", shares(proxy.counts() - before, len(contents)), flush=True)


def shares(counts: Counter[str], of: float) -> str:
    """So many of each kind."""
    return ", ".join(f"{number / of:.2f} {kind}" for kind, number in sorted(counts.items()))


def idle(root: Path, server: ObjectServer) -> None:
    """Requests of a watcher that finds nothing."""
    with FaultProxy(server) as proxy:
        flags = environment_of(proxy.url) | {
            "INGEST_SPOOL": str(server.make_bucket("idle")),
            "INGEST_OUT": str(root / "idle"),
        }
        flags |= {"INGEST_STATE": str(root / "idle-state"), "INGEST_WORKERS": "1"}
        up = subprocess.Popen([sys.executable, "-m", "ingest", "up"], env=os.environ | flags, stderr=subprocess.DEVNULL)
        while proxy.counts()["LIST"] < 4:
            time.sleep(0.1)
        before = proxy.counts()
        time.sleep(IDLE_SECONDS)
        print("idle watcher, requests an hour:", shares(proxy.counts() - before, IDLE_SECONDS / 3600), flush=True)
        up.send_signal(signal.SIGTERM)
        up.wait()


def listing(count: int) -> None:
    """A pass over a long inbox: CPU a key, and memory."""
    inbox, after, began, found = (
        ObjectInbox(LongListing(count), filenames.ignore_pattern(())),
        "",
        cpu(resource.RUSAGE_SELF),
        0,
    )  # type: ignore[arg-type]
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    following: str | None = after
    while following is not None:
        page, following = inbox.page(following)
        found += len(page)
    used = cpu(resource.RUSAGE_SELF) - began
    more = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) >> 10
    print(f"{found} keys: {1e6 * used / count:.1f} µs of CPU a key, {more} MiB more memory, {-(-count // 1000)} LIST")


def main() -> None:
    """Print all figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--articles", type=int, default=200)
    parser.add_argument("--folder", type=Path, help="pages to clean instead of invented articles")
    parser.add_argument("--keys", type=int, default=1_000_000)
    given = parser.parse_args()
    pages = sorted(given.folder.rglob("*.html"))[: given.articles] if given.folder else []
    contents = [page.read_bytes() for page in pages] or [article(number).encode() for number in range(given.articles)]
    listing(given.keys)
    preload()
    with tempfile.TemporaryDirectory() as folder, object_server() as server:
        root = Path(folder)
        in_a_folder(root, contents)
        in_a_store(root, contents, server, records=False)
        in_a_store(root, contents, server, records=True)
        idle(root, server)


if __name__ == "__main__":
    main()
