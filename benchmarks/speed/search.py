"""What a search of the dashboard takes with many records, and what its index costs.

    python -m benchmarks.speed.search [--records 100000] [--words 400]

Made records with words by Zipf's law, a tenth of them in a script without spaces, and a journal; the index is made from them as the dashboard
does. Gives the index's size, the time of one record, and the median and the slowest of nine searches of each kind in milliseconds, also over HTTP.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import re
import shutil
import sys
import tempfile
import time
from hashlib import sha256
from itertools import accumulate
from pathlib import Path
from statistics import median
from urllib.parse import quote
from urllib.request import urlopen

from benchmarks.speed.service import ROOT, running
from ingest.service.environment import load_settings
from ingest.web.dashboard.search import Search, Wanted
from ingest.web.dashboard.search_index import SearchIndex

VOCABULARY = 60_000
SEARCHES = {
    "a rare word": "w30000x",
    "the most frequent word": "w0x",
    "two frequent words": "w0x w1x",
    "the beginning of 1,111 words": "w110",
    "two characters without spaces": "文字",
    "no record": "zzzzzz",
}


def make(folder: Path, records: int, words: int) -> None:
    """A spool and an out folder as a service leaves them."""
    chance = random.Random(7)  # noqa: S311 - made records
    vocabulary = [f"w{number}x" for number in range(VOCABULARY)]
    weights = list(accumulate(1 / (number + 1) for number in range(VOCABULARY)))
    for part in ("inbox", "claimed", "done", "quarantine"):
        (folder / "spool" / part).mkdir(parents=True)
    for number in range(256):
        (folder / f"out/{number:02x}").mkdir(parents=True)
    with (folder / "spool/journal.jsonl").open("w") as journal:
        for number in range(records):
            name = sha256(str(number).encode()).hexdigest()
            body = " ".join(chance.choices(vocabulary, cum_weights=weights, k=words))
            if number % 10 == 0:
                body = "".join(chance.choices("文字新聞市議会橋東京決定火曜日", k=3 * words))
            line = {
                "time": f"2026-11-{1 + number % 28:02}T08:00:00.000+00:00", "name": f"{number}.html", "id": name, "outcome": "stored",
                "headline": body[:60], "publisher": f"publisher{number % 300}.example", "language": "en", "ms": 30.0,
                "published": f"2026-11-{1 + number % 28:02}", "words": words, "words_removed": 40, "token": f"{number:016x}-000000",
            }  # fmt: skip
            journal.write(json.dumps(line) + "\n")
            (folder / f"out/{name[:2]}/{name}.json").write_text(json.dumps({"body": body}))


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--records", type=int, default=100_000)
    parser.add_argument("--words", type=int, default=400)
    arguments = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="ingest-search-"))
    make(folder, arguments.records, arguments.words)
    settings = load_settings(spool=folder / "spool", out=folder / "out", min_free=0.0)
    index, began, spent = SearchIndex(settings), time.perf_counter(), time.process_time()
    index.start()
    while index.behind:
        time.sleep(0.5)
    print(
        f"{arguments.records} records entered in {time.perf_counter() - began:.0f} s, "
        f"{1000 * (time.process_time() - spent) / arguments.records:.2f} ms of processor time each"
    )
    index.stop()
    bodies = sum(path.stat().st_size for path in (folder / "out").rglob("*.json"))
    size = (folder / "spool/search.db").stat().st_size
    print(f"index: {size / 1e6:.0f} MB, {size / bodies:.2f} of the bodies' {bodies / 1e6:.0f} MB")
    search = Search(index)
    for what, query in SEARCHES.items():
        for facets in ({}, {"publisher": "publisher7.example"}, {"day": "2026-11-03", "language": "en"}):
            took = []
            for _ in range(9):
                began = time.perf_counter()
                rows = search.find(Wanted(query, facets), 0, 51)
                took.append(1000 * (time.perf_counter() - began))
            print(
                f"{what}, {' and '.join(facets) or 'no filter'}: {median(took):.0f} ms, {max(took):.0f} at most, {len(rows)} rows"
            )
    environment = {
        "INGEST_SPOOL": str(folder / "spool"), "INGEST_OUT": str(folder / "out"), "INGEST_MIN_FREE": "0",
        "PYTHONPATH": f"{ROOT}{os.pathsep}{os.environ.get('PYTHONPATH', '')}",
    }  # fmt: skip
    log = folder / "log"
    with running(log, environment, [sys.executable, "-m", "ingest", "serve", "--port", "0"]):
        while ":" not in log.read_text():
            time.sleep(0.1)
        port = int(re.search(r":(\d+)/", log.read_text())[1])  # type: ignore[index]
        time.sleep(20)  # until the journal is read
        for what, query in SEARCHES.items():
            took = []
            for _ in range(9):
                began = time.perf_counter()
                urlopen(f"http://127.0.0.1:{port}/records?q={quote(query)}").read()
                took.append(1000 * (time.perf_counter() - began))
            print(f"over HTTP, {what}: {median(took):.0f} ms, {max(took):.0f} at most")
    shutil.rmtree(folder)


if __name__ == "__main__":
    main()
