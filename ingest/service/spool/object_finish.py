"""What comes after a source of an object spool is settled: all of it can be done again, by anybody, in this order.

    keep      the source and what belongs to it are copied to `done` or `quarantine`, a reason first
    journal   the lines of some sources go into one new file
    forget    the source is deleted where it lay, if it is still the one that was cleaned; then its claim

Sources are finished together, to write one file of the journal for many.
"""

from __future__ import annotations

import contextlib
import json
import logging
import threading
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import cast

from ingest.service.formats import JournalEntry
from ingest.service.objects.bucket import Bucket, Conflict
from ingest.service.spool import filenames
from ingest.service.spool.filenames import REASON, SIDECAR
from ingest.service.spool.object_claim import Claimed
from ingest.service.spool.object_journal import ObjectJournal

log = logging.getLogger(__name__)

FINISH_SECONDS = 1.0
"""A settled source waits so long for others …"""
FINISHED_TOGETHER = 50
"""… or until there are so many: a file of the journal has their lines."""


@dataclass(slots=True, eq=False)
class _Batch:
    """Sources that are finished together, and how far that is: after a fault it goes on from there. `key`: of their file in the journal."""

    sources: dict[str, tuple[Claimed, str]] = field(default_factory=dict)
    since: float = field(default_factory=time.monotonic)
    kept: set[str] = field(default_factory=set)
    key: str | None = None
    journaled: bool = False


class Unfinished:
    """Settled sources that this process has to finish. Threads may share it."""

    def __init__(self, bucket: Bucket) -> None:
        self.trusts_deletions = False
        """Whether the store keeps the conditions of deletions; else an object is looked at just before."""
        self._bucket = bucket
        self._journal = ObjectJournal(bucket)
        self._lock = threading.Lock()
        self._batch = _Batch()
        self._failed: list[_Batch] = []
        self._begun: list[_Batch] = []

    def __len__(self) -> int:
        return sum(len(batch.sources) for batch in (self._batch, *self._failed, *self._begun))

    def add(self, path: str, claimed: Claimed, version: str) -> None:
        """One more settled source; `version`: of its claim."""
        with self._lock:
            if not self._batch.sources:
                self._batch.since = time.monotonic()
            self._batch.sources[path] = (claimed, version)

    @property
    def due(self) -> bool:
        """Whether it is time to finish some."""
        waits = len(self._batch.sources)
        late = time.monotonic() - self._batch.since >= FINISH_SECONDS
        return bool(self._failed) or waits >= FINISHED_TOGETHER or (waits > 0 and late)

    def finish(self, working: Callable[[], AbstractContextManager[None]] = contextlib.nullcontext) -> None:
        """Finish what is there; within `working` for each source. Raises `TransientError`; what is left is tried again at the next call."""
        with self._lock:
            batches = [*self._failed, self._batch]
            self._failed, self._batch = [], _Batch()
            self._begun += batches
        try:
            for batch in batches:
                if batch.sources:
                    self._finish(batch, working)
        finally:
            with self._lock:
                self._begun = [batch for batch in self._begun if batch not in batches]
                self._failed += [batch for batch in batches if batch.sources]

    def _finish(self, batch: _Batch, working: Callable[[], AbstractContextManager[None]]) -> None:
        for path, (claimed, _) in batch.sources.items():
            if path not in batch.kept:
                with working():
                    self._keep(path, claimed)
                batch.kept.add(path)
        if not batch.journaled:
            settled = (claimed.settled for claimed, _ in batch.sources.values())
            with working():
                batch.key = batch.key or self._journal.new_key()
                self._journal.write(batch.key, [cast(JournalEntry, each.line) for each in settled if each])
            batch.journaled = True
        for path, (claimed, version) in list(batch.sources.items()):
            with working():
                self._forget(path, claimed, version)
            del batch.sources[path]

    def _keep(self, path: str, claimed: Claimed) -> None:
        source, settled = claimed.source, claimed.settled
        if settled is None or settled.target is None:
            return
        folder, name = filenames.split_path(settled.target)
        beside = f"{folder}/{filenames.token_of(name)}"
        if settled.reason is not None:
            self._bucket.put(beside + REASON, json.dumps(settled.reason, indent=1).encode())
        if source.sidecar:
            with contextlib.suppress(FileNotFoundError):
                self._bucket.copy(source.sidecar[0], beside + SIDECAR)
        if filenames.is_long(name):
            whole = f"{folder}/{filenames.inbox_path_beside(filenames.token_of(name))}"
            self._bucket.put(whole, source.name.encode())
        try:
            self._bucket.copy(source.key, settled.target, version=source.version)
        except (FileNotFoundError, Conflict):
            if self._bucket.head(settled.target) is None:
                log.warning(
                    "a source was replaced or deleted by its sender before it could be kept",
                    extra={"fields": {"path": path}},
                )

    def _forget(self, path: str, claimed: Claimed, version: str) -> None:
        source = claimed.source
        if source.key.startswith("inbox/"):
            beside = [source.sidecar] if source.sidecar else []
            for key, its in ((source.key, source.version), *beside):
                if self.trusts_deletions or ((found := self._bucket.head(key)) and found.version == its):
                    with contextlib.suppress(Conflict):  # a new upload, which is an article of its own
                        self._bucket.delete(key, version=its)
        else:  # it was settled before, and has been cleaned again
            self.delete_settled(source.key)
        with contextlib.suppress(Conflict):
            self._bucket.delete(path, version=version)

    def delete_settled(self, path: str) -> None:
        """Delete a settled source and all that belongs to it; the source last, for it is what is listed."""
        folder, name = filenames.split_path(path)
        token = filenames.token_of(name)
        beside = [f"{folder}/{token}{suffix}" for suffix in (REASON, SIDECAR)]
        if filenames.is_long(name):
            beside.append(f"{folder}/{filenames.inbox_path_beside(token)}")
        for key in (*beside, path):
            self._bucket.delete(key)
