"""What a sink costs over the bare client: the same records, the same batches.

    python -m benchmarks.speed.sinks [--records 2000] [--turns 8]

In one run, in turns: (a) a bare client that has the rows ready and sends them in batches, COPY to PostgreSQL, executemany to SQLite, bulk
requests to OpenSearch's stand-in, XADD in transactions to Redis; (b) `ingest deliver` in this process: reads the journal and the record store,
makes the rows, delivers them, and stores its position durably. Both write into tables of the same form, indexes and full text included.
Gives the median rates, their ratio, and the ratio of the processor time of client and server together, which other work on the machine
disturbs less: it should be at least .5. The stand-in for OpenSearch indexes nothing and Redis writes to memory: theirs are the worst cases.
"""

from __future__ import annotations

import argparse
import os
import random
import signal
import sqlite3
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from ingest.export.columns import columns
from ingest.service.environment import load_settings
from ingest.service.journal_position import START
from ingest.service.journal_reader import JournalReader
from ingest.service.settings import Settings
from ingest.service.sinks import opensearch, postgres, sqlite
from ingest.service.sinks.sink import Delivery
from ingest.service.sinks.url import SinkUrl
from tests.support.processes import Redis, redis_server
from tests.support.sinks import Postgres, SearchReceiver, Settled, postgres_programs

BATCH = 500
WORDS = Path(__file__).parents[2].joinpath("seeds/002_c69d56b196d5ceb2.txt").read_text().split()


def fill(settings: Settings, count: int) -> Settled:
    """A store and a journal with so many records of some 500 words, written without waiting for the disk."""
    dice = random.Random(5)  # noqa: S311
    settled, sync = Settled(settings), os.fsync
    os.fsync = lambda _: None  # type: ignore[assignment]
    try:
        for number in range(count):
            body = "\n\n".join(" ".join(dice.choices(WORDS, k=100)) for _ in range(5))
            settled.store(number, body=body, url=f"https://example.org/{number}")
    finally:
        os.fsync = sync
    return settled


def deliveries(settled: Settled) -> list[Delivery]:
    """The same lines as the sinks get."""
    reader, found = JournalReader(settled.service.journal, START), []
    while lines := reader.read(1000):
        for entry, at in lines:
            content = settled.service.store.read_bytes(str(entry["id"]))
            found.append(Delivery(entry["token"], str(entry["id"]), entry["time"], content, str(at.offset)))
    reader.close()
    return found


class Bare:
    """The bare client of each kind. `prepare` makes what is not timed; `send` sends all batches."""

    def __init__(self, lines: Sequence[Delivery], folder: Path) -> None:
        self._batches = [lines[start : start + BATCH] for start in range(0, len(lines), BATCH)]
        self._rows = [
            [[*columns(each.record).values(), each.time, each.token, each.text_json] for each in batch]
            for batch in self._batches
        ]
        self._folder = folder

    def postgres(self, url: SinkUrl) -> Callable[[], None]:
        """COPY."""
        import psycopg

        sink = postgres.PostgresSink(url, "bare")
        sink.open()
        sink.close()
        names = ", ".join(postgres.NAMES)

        def send() -> None:
            with psycopg.connect(url.rebuilt("postgresql", without=("table",)), autocommit=True) as connection:
                for rows in self._rows:
                    with (
                        connection.cursor() as cursor,
                        cursor.copy(f"COPY {url.parameters['table']} ({names}) FROM STDIN") as copy,
                    ):
                        for row in rows:
                            copy.write_row(row)

        return send

    def sqlite(self, url: SinkUrl) -> Callable[[], None]:
        """Inserts in transactions."""
        sink = sqlite.SqliteSink(url, "bare")
        sink.open()
        sink.close()
        rows = [[[*map(sqlite.to_value, row[:-3]), *row[-3:]] for row in batch] for batch in self._rows]
        names, marks = ", ".join(sqlite.NAMES), ", ".join("?" * len(sqlite.NAMES))
        insert = f"INSERT INTO articles ({names}) VALUES ({marks})"  # noqa: S608 - names of our own

        def send() -> None:
            connection = sqlite3.connect(url.absolute_path, isolation_level=None)
            connection.execute("PRAGMA synchronous = FULL")
            for batch in rows:
                connection.execute("BEGIN")
                connection.executemany(insert, batch)
                connection.execute("COMMIT")
            connection.close()

        return send

    def opensearch(self, url: SinkUrl) -> Callable[[], None]:
        """Bulk requests."""
        from opensearchpy import OpenSearch

        sink = opensearch.OpenSearchSink(url, "bare")
        sink.open()
        sink.close()
        client = OpenSearch(hosts=[{"host": "127.0.0.1", "port": url.parts.port}])
        bodies = ["".join(map(opensearch.bulk_lines, batch)) for batch in self._batches]

        def send() -> None:
            for body in bodies:
                client.bulk(body=body, index=url.path.strip("/"))

        return send

    def redis_stream(self, url: SinkUrl) -> Callable[[], None]:
        """XADD in transactions."""
        import redis

        def send() -> None:
            with redis.Redis.from_url(url.rebuilt("redis", without=("stream",))) as client:
                for batch in self._batches:
                    with client.pipeline(transaction=True) as transaction:
                        for each in batch:
                            fields = {
                                "id": each.id,
                                "outcome": "stored",
                                "time": each.time,
                                "token": each.token,
                                "record": each.content,
                            }
                            transaction.xadd(url.parameters["stream"], fields)  # type: ignore[arg-type]
                        transaction.execute()

        return send


class SearchProcess:
    """The stand-in for OpenSearch in a process of its own."""

    def __init__(self) -> None:
        read, write = os.pipe()
        self.pid = os.fork()
        if not self.pid:
            os.write(write, str(SearchReceiver().port).encode())
            time.sleep(3600)
            os._exit(0)
        self.port = int(os.read(read, 10))

    def end(self) -> None:
        """End it."""
        os.kill(self.pid, signal.SIGKILL)
        os.waitpid(self.pid, 0)


def ours(settled: Settled, url: SinkUrl) -> Callable[[], None]:
    """The same through the sink."""
    folder = settled.service.sink_folder(url)
    folder.try_lock()
    outbox = settled.service.open_outbox(url, folder)

    def send() -> None:
        if not outbox.run(once=True):
            raise SystemExit(outbox.state.error)

    return send


def timed(send: Callable[[], None], server: int | None) -> tuple[float, float]:
    """Seconds by the clock, and of processor time, that of the server and its ended processes included."""
    before, used, began = _used(server), time.process_time(), time.perf_counter()
    send()
    seconds, ours = time.perf_counter() - began, time.process_time() - used
    time.sleep(0.1)  # a backend of PostgreSQL counts once it has ended
    return seconds, ours + _used(server) - before


def _used(pid: int | None) -> float:
    if pid is None:
        return 0.0
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return sum(map(int, fields[11:15])) / os.sysconf("SC_CLK_TCK")


def main() -> int:
    """The exit code: 0 if the ratios of PostgreSQL and SQLite are .5 or more."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--records", type=int, default=2000)
    parser.add_argument("--turns", type=int, default=8)
    options = parser.parse_args()
    programs, server = postgres_programs(), redis_server()
    if programs is None or server is None:
        raise SystemExit("needs PostgreSQL and Redis")
    with tempfile.TemporaryDirectory(prefix="ingest-speed-") as name:
        folder = Path(name)
        settled = fill(load_settings(spool=folder / "spool", out=folder / "out"), options.records)
        lines = deliveries(settled)
        size = sum(len(each.content or b"") for each in lines)
        print(f"{len(lines)} records, {size / len(lines) / 1024:.1f} KiB each, in batches of {BATCH}")
        database, stream, search = Postgres(programs), Redis(server, folder), SearchProcess()
        bare, worst = Bare(lines, folder), 9.0
        addresses: dict[str, Callable[[str], str]] = {
            "postgres": lambda turn: f"{database.url}?table=t{turn}",
            "sqlite": lambda turn: f"sqlite:{folder}/{turn}.db",
            "opensearch": lambda turn: f"opensearch+http://127.0.0.1:{search.port}/a{turn}",
            "redis_stream": lambda turn: f"{stream.url.replace('redis:', 'redis-stream:')}?stream=s{turn}",
        }
        servers = {
            "postgres": database.process.pid,
            "sqlite": None,
            "opensearch": search.pid,
            "redis_stream": stream.process.pid,
        }
        try:
            for kind, address in addresses.items():
                took: dict[str, list[tuple[float, float]]] = {"bare": [], "sink": []}
                for turn in range(options.turns):
                    sends = {
                        "bare": getattr(bare, kind)(SinkUrl(address(f"{turn}bare"))),
                        "sink": ours(settled, SinkUrl(address(f"{turn}sink"))),
                    }
                    for each in list(sends) if turn % 2 else list(reversed(sends)):
                        took[each].append(timed(sends[each], servers[kind]))
                clock, processor = (
                    {each: statistics.median(t[at] for t in took[each]) for each in took} for at in (0, 1)
                )
                ratio = processor["bare"] / processor["sink"]
                worst = min(worst, ratio) if kind in {"postgres", "sqlite"} else worst
                print(
                    f"{kind:>14}: {len(lines) / clock['sink']:6.0f} of {len(lines) / clock['bare']:6.0f} records a second, "
                    f"{clock['bare'] / clock['sink']:.2f}; processor time {ratio:.2f}",
                    flush=True,
                )
        finally:
            stream.kill()
            database.end()
            search.end()
    return 0 if worst >= 0.5 else 1


if __name__ == "__main__":
    sys.exit(main())
