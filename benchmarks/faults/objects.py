"""An object store that is away for a second, again and again, while articles flow and machines are killed.

    python -m benchmarks.faults.objects                     # spool and records in the store, two machines
    python -m benchmarks.faults.objects --folder            # the spool in a folder, the records in the store; one machine

Each second a few articles are dropped and one thing goes wrong: the store is away, loses every third answer, refuses every third request (503, 500), is slow, or a
process is killed. In the end each article must have one record, one line in the journal and one source that is kept, and none of them an attempt that was not its own
fault. The server is moto's, on 127.0.0.1 and in memory, behind the proxy of the tests; each process is ended by its process id. Prints the requests
that an article took, too.
"""

from __future__ import annotations

import argparse
import os
import random
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from ingest.service.composition import open_service
from ingest.service.environment import load_settings
from ingest.service.objects.s3 import S3Bucket
from ingest.service.settings import Settings
from tests.support.objects import BROKEN, LOSE, UNAVAILABLE, Decide, Fault, FaultProxy, environment_of, object_server
from tests.support.processes import Tree, article, names_in, until

TIMEOUT_SECONDS = 600.0
FOLDERS = ("inbox/", "claimed/")
OWN = {"INGEST_LEASE_SECONDS": "5", "INGEST_SCAN_INTERVAL": "1"}


def every_third(fault: Fault) -> Decide:
    """Do this with a third of all requests."""
    dice = random.Random(3)  # noqa: S311
    return lambda _: fault if dice.random() < 1 / 3 else None


FAULTS: dict[str, Decide] = {
    "answers lost": every_third(LOSE),
    "503": every_third(UNAVAILABLE),
    "500": every_third(BROKEN),
    "slow": lambda _: Fault(delay=0.3),
}


class Run:
    """One run: what is dropped, and what is left in the end."""

    def __init__(self, folder: Path, proxy: FaultProxy, *, in_folder: bool) -> None:
        self.given: dict[str, str] = {}
        self._in_folder = in_folder
        os.environ.update(environment_of(proxy.server.url))
        self._spool, self._out = (S3Bucket(proxy.server.make_bucket(name)) for name in ("spool", "records"))
        for bucket in (self._spool, self._out):
            bucket.reach()  # opens its client now, past the proxy
        spool = folder / "spool" if in_folder else str(self._spool.address)
        self.settings: Settings = load_settings(
            spool=spool, out=str(self._out.address), workers=2, state=folder / "state"
        )
        os.environ.update(environment_of(proxy.url))

    def drop(self, count: int) -> None:
        """More articles."""
        for number in range(len(self.given), len(self.given) + count):
            name, text = f"{number}.txt", article(number)
            self.given[name] = text
            if self._in_folder:
                inbox = self.settings.root / "inbox"
                inbox.mkdir(parents=True, exist_ok=True)
                (inbox / f".{name}").write_text(text)
                (inbox / f".{name}").rename(inbox / name)
            else:
                self._spool.put(f"inbox/{name}", text.encode())

    def left(self) -> int:
        """Sources that have no outcome yet."""
        if self._in_folder:
            return sum(len(names_in(self.settings.root / folder)) for folder in ("inbox", "claimed")) + sum(
                path.is_file() and not path.name.startswith(".") for path in (self.settings.root / "inbox").iterdir()
            )
        return sum(1 for folder in FOLDERS for _ in self._spool.list(folder))

    def wrong(self) -> list[str]:
        """What is lost or doubled, in words."""
        lines = list(open_service(self.settings).any_journal.lines())
        by_name = Counter(line["name"] for line in lines)
        stored = {line["id"] for line in lines if line["outcome"] == "stored"}
        records = {entry.key[3:67] for entry in self._out.list() if entry.key.endswith(".json")}
        said = [f"{name}: {by_name[name]} lines" for name in self.given if by_name[name] != 1]
        said += [f"{line['name']}: {line['outcome']} {line['reason']}" for line in lines if line["outcome"] != "stored"]
        if len(records) != len(self.given) or records != stored:
            said.append(f"{len(records)} records, {len(stored)} stored, {len(self.given)} articles")
        if self._in_folder:
            kept = len(names_in(self.settings.root / "done"))
        else:
            kept = sum(entry.key.endswith(".txt") for entry in self._spool.list("done/"))
        return said if kept == len(self.given) else [*said, f"{kept} sources are kept"]


def main() -> None:
    """Run, and exit with 1 if anything was lost or doubled."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--turns", type=int, default=60, help="seconds in which something goes wrong")
    parser.add_argument("--each", type=int, default=5, help="articles dropped in each")
    parser.add_argument("--folder", action="store_true", help="the spool in a folder")
    options = parser.parse_args()
    dice = random.Random(11)  # noqa: S311
    with (
        tempfile.TemporaryDirectory(prefix="ingest-objects-") as made,
        object_server() as server,
        FaultProxy(server) as proxy,
    ):
        run, folder = Run(Path(made), proxy, in_folder=options.folder), Path(made)
        machines = [
            Tree(
                run.settings,
                "ingest",
                "up",
                log=folder / f"log-{number}",
                INGEST_STATE=str(folder / f"state-{number}"),
                **OWN,
            )
            for number in range(1 if options.folder else 2)
        ]
        try:
            run.drop(1)
            until(lambda: not run.left(), seconds=TIMEOUT_SECONDS)
            for turn in range(options.turns):
                run.drop(options.each)
                happened = fail(proxy, machines, turn, dice)
                print(f"{turn}: {happened}, {run.left()} of {len(run.given)} left", flush=True)
            ended = settle(run)
            codes = [machine.end() for machine in machines]
        finally:
            for machine in machines:
                machine.kill()
        wrong = run.wrong() + ([] if ended else [f"{run.left()} sources are left"])
        wrong += [f"a machine ended with {code}" for code in codes if code not in {0, -signal.SIGTERM}]
        wrong += [f"{path.name} has a traceback" for path in folder.glob("log-*") if "Traceback" in path.read_text()]
        each = {name: round(count / len(run.given), 1) for name, count in sorted(proxy.counts().items())}
        print(f"{len(run.given)} articles, requests for each, faults and waiting included: {each}")
        print("\n".join(wrong) or "nothing lost, nothing doubled")
        sys.exit(bool(wrong))


def fail(proxy: FaultProxy, machines: list[Tree], turn: int, dice: random.Random) -> str:
    """One second with something wrong; says what."""
    kinds: list[Callable[[], str]] = [
        *[lambda name=name: during(proxy, name) for name in FAULTS],  # type: ignore[misc]
        lambda: away(proxy),
        lambda: kill(machines, dice),
    ]
    return kinds[turn % len(kinds)]()


def during(proxy: FaultProxy, name: str) -> str:
    """A second of this fault, then half a second without."""
    proxy.decide = FAULTS[name]
    time.sleep(1.0)
    proxy.decide = lambda _: None
    time.sleep(0.5)
    return name


def away(proxy: FaultProxy) -> str:
    """A second in which the store is away, and a half in which it is there."""
    proxy.leave(1.0)
    time.sleep(1.5)
    return "away"


def kill(machines: list[Tree], dice: random.Random) -> str:
    """Kill a machine, or one of its worker processes."""
    machine = dice.choice(machines)
    if (children := machine.children()) and dice.random() < 0.5:
        try:
            os.kill(dice.choice(children), signal.SIGKILL)
        except ProcessLookupError:
            return "a process had ended"
        time.sleep(1.0)
        return "a process killed"
    machine.kill()
    time.sleep(1.0)
    machine.start()
    return "a machine killed"


def settle(run: Run) -> bool:
    """Whether everything came to its end in time."""
    until = time.monotonic() + TIMEOUT_SECONDS
    while run.left() and time.monotonic() < until:
        time.sleep(1.0)
    return not run.left()


if __name__ == "__main__":
    main()
