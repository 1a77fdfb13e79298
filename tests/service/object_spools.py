"""Helpers of the tests of a spool in an object store: a bucket in a folder, a worker's way through a source, and what must be true in the end."""

from __future__ import annotations

import hashlib
import json
import os
import signal
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from ingest.service.composition import open_service
from ingest.service.objects import Bucket
from ingest.service.settings import Settings
from ingest.service.spool import filenames
from ingest.service.spool.object_claim import SeenSource
from ingest.service.spool.object_inbox import ObjectInbox
from tests.support.processes import plain, records_in


def sources_of(bucket: Bucket) -> list[SeenSource]:
    """The sources of the inbox."""
    page, following = ObjectInbox(bucket, filenames.ignore_pattern(())).page("")
    assert following is None
    return [item for item in page if not isinstance(item, str)]


def drop(bucket: Bucket, name: str, content: bytes, claims: Mapping[str, Any] | None = None) -> None:
    if claims:
        bucket.put(f"inbox/{name}.meta.json", json.dumps(claims).encode())
    bucket.put(f"inbox/{name}", content)


def run_one(settings: Settings, name: str) -> None:
    """What a worker does with a source of the inbox, from the listing to the deletion of its claim; all in this process."""
    service = open_service(settings)
    spool = service.object_spool
    [seen] = [each for each in sources_of(spool.bucket) if each.key.endswith(name)]
    if spool.claim(seen, lease=True):
        service.open_job(clean=plain).run(seen.path)
        spool.unfinished.finish()


def disagreements(bucket: Bucket, settings: Settings, given: Mapping[str, bytes]) -> list[str]:
    """What is wrong, one sentence each. `given`: what was dropped, each under a name of its own."""
    wrong = []
    lines = list(open_service(settings).any_journal.lines())
    keys = [entry.key for entry in bucket.list("")]
    line_counts = Counter(line["name"] for line in lines)
    records = {path.stem for path in records_in(settings.out)}
    names = {folder: Counter(_names(keys, folder)) for folder in ("done", "quarantine")}
    wrong += [f"{key} is left" for key in keys if key.startswith(("inbox/", "claimed/"))]
    for name, content in given.items():
        if (places := names["done"][name] + names["quarantine"][name]) != 1:
            wrong.append(f"{name} lies in {places} places")
        if line_counts[name] != 1:
            wrong.append(f"{name} has {line_counts[name]} lines")
        if names["done"][name] and hashlib.sha256(content).hexdigest() not in records:
            wrong.append(f"{name} is done and has no record")
    for line in lines:
        if not names["quarantine" if line["outcome"] == "refused" else "done"][line["name"]]:
            wrong.append(f"{line['name']} has the outcome {line['outcome']} and lies elsewhere")
    wrong += [f"nobody dropped {name}" for name in line_counts.keys() - given.keys()]
    reasons = sum(key.endswith(".reason.json") for key in keys)
    if reasons != names["quarantine"].total():
        wrong.append(f"{names['quarantine'].total()} refused sources have {reasons} reasons")
    return wrong


def _names(keys: list[str], folder: str) -> Iterator[str]:
    for key in keys:
        name = key.rpartition("/")[2]
        if key.startswith(f"{folder}/") and filenames.is_source(name):
            yield filenames.display_name(name)


class Stepping:
    """A bucket; the process is killed at its request number `stop` // 2: before it, or after it where `stop` is odd."""

    def __init__(self, bucket: Bucket, stop: int) -> None:
        self._bucket = bucket
        self._left = stop

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._bucket, name)
        if name in {"server_time", "requests"}:
            return method

        def asked(*given: Any, **named: Any) -> Any:
            self._step()
            answer = method(*given, **named)
            answer = iter(list(answer)) if name == "list" else answer
            self._step()
            return answer

        return asked

    def _step(self) -> None:
        if self._left == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        self._left -= 1


def killed(act: Callable[[], object]) -> bool:
    """Run `act` in a forked process; whether it was killed."""
    pid = os.fork()
    if pid == 0:
        code = 1
        try:
            act()
            code = 0
        finally:
            os._exit(code)
    status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    assert status in {0, -signal.SIGKILL}, "what was to be killed failed by itself"
    return status != 0
