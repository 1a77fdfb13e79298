"""The spool in an object store, for any number of watchers and workers on any number of machines. Nothing is renamed, and nothing is locked.

    inbox/<key>                       an article, until it is settled (object_inbox.py)
    claimed/<token>~<name>            its claim: who works on it until when, what failed, and in the end its outcome (object_claim.py)
    done/, quarantine/                <day>/<xx>/ settled sources and what belongs to them, as in a folder
    journal/                          one line for each settled source (object_journal.py)

A claim is made by a write that needs it to be absent, and each later step by a write that needs the version which this process wrote or
read: one process alone gets through. A worker holds a lease, a time until which nobody else takes the claim; it renews it while it works. One that was
paused for longer finds another version, and its outcome is dropped. **The write of the outcome, with its line, settles the source.** What comes
after, copying the source, copying the line, deleting the source and last the claim, can be done again by anybody, and is, after a kill.
"""

from __future__ import annotations

import contextlib
import json
import logging
import os
from collections.abc import Collection, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, cast

from ingest.errors import SpoolError, TransientError
from ingest.service.formats import JournalEntry
from ingest.service.objects.bucket import Bucket, Conflict, Entry
from ingest.service.sidecar import MAX_SIDECAR_BYTES, parse_sidecar
from ingest.service.spool import filenames
from ingest.service.spool.filenames import REASON, SIDECAR
from ingest.service.spool.object_claim import Claimed, ObjectSource, SeenSource, Settled
from ingest.service.spool.object_finish import Unfinished
from ingest.service.spool.object_inbox import enqueued_key, is_sidecar, source_at, waiting_key
from ingest.service.spool.object_lease import Leases

log = logging.getLogger(__name__)

MAX_KEY_BYTES = 1024


class ObjectSpool:
    """Each step of a source's life. Paths are keys below the address: `claimed/<name>`. Everything raises `TransientError`.

    For one process, and all its threads. `state`: a folder of this machine, for heartbeats. `queued`: a broker has the tickets.
    """

    def __init__(
        self,
        bucket: Bucket,
        state: str,
        *,
        max_bytes: int,
        lease_seconds: float,
        keep: bool = True,
        queued: bool = False,
    ) -> None:
        self.bucket = bucket
        self.root = state
        self.unfinished = Unfinished(bucket)
        self._max_bytes = max_bytes
        self._keep = keep
        self._queued = queued
        self.leases = Leases(bucket, self.unfinished, lease_seconds)

    # --- into claimed -------------------------------------------------------------------------------------------------

    def claim(self, seen: SeenSource, *, lease: bool) -> str | None:
        """Claim a source, with a lease or for whoever takes it first; None if another process was faster."""
        if lease:
            return seen.path if self.leases.make(seen) else None
        try:
            self.bucket.put(seen.path, Claimed(seen).to_json(), absent=True)
        except Conflict:
            return None
        return seen.path

    def deposit(self, content: bytes, *, name: str, claims: dict[str, Any] | None = None, replace: bool = False) -> str:
        """Put bytes into the inbox under a key of their own, and give the path that their claim has or will have."""
        plain = os.path.basename(name).encode("utf-8", "replace").decode() or "article"
        key = enqueued_key(filenames.new_token(), plain, replace=replace)
        key = key.encode()[: MAX_KEY_BYTES - 256].decode(errors="ignore")  # there is a prefix, and a sidecar's suffix
        if is_sidecar(key):
            key = key.removesuffix(SIDECAR) + ".json"
        if claims:
            self.bucket.put(key + SIDECAR, json.dumps(claims).encode())
        self.bucket.put(key, content)
        entry = self.bucket.head(key)
        if entry is None:
            raise TransientError("what was put into the inbox is not there")
        seen = source_at(entry)
        if self._queued:
            self.claim(source_at(entry, sidecar=self.bucket.head(key + SIDECAR) if claims else None), lease=False)
        return seen.path

    def requeue(self, path: str, *, replace: bool) -> str | None:
        """Claim a settled source anew; it stays where it is until it is settled again."""
        folder, name = filenames.split_path(path)
        entry = self.bucket.head(path)
        if entry is None:
            return None
        beside = self.bucket.head(f"{folder}/{filenames.token_of(name)}{SIDECAR}")
        sidecar = (beside.key, beside.version) if beside else None
        whole = self.whole_name(path)[24:]
        seen = SeenSource(path, entry.version, int(entry.modified), entry.size, whole, replace, sidecar)
        claimed = self.claim(seen, lease=False)
        if claimed and not self._queued:
            self.bucket.put(waiting_key(claimed), b"")
        return claimed

    def release(self, paths: Collection[str]) -> None:
        """Give sources back that nobody has begun to clean, to be taken at once by others."""
        for path in paths:
            if self.leases.release(path, keep=self._queued) and not self._queued:
                self.bucket.put(waiting_key(path), b"")

    def woken(self, path: str) -> None:
        """A claim that waited has been seen."""
        self.bucket.delete(waiting_key(path))

    # --- in claimed ---------------------------------------------------------------------------------------------------

    def open(self, path: str) -> ObjectSource | None:
        """Take a lease on a source and read it; None if it is settled or another process has it, or if what was claimed is no longer there."""
        filenames.split_ticket(path)
        if (lease := self.leases.take(path)) is None:
            return None
        seen, content = lease.claimed.source, None
        try:
            if seen.size <= self._max_bytes:
                found = self.bucket.get(seen.key)
                content, now = found.content, (found.version, int(found.modified))
            else:
                entry = self.bucket.head(seen.key)
                now = (entry.version, int(entry.modified)) if entry else ("", 0)
        except FileNotFoundError:
            now = ("", 0)
        if now != (seen.version, seen.modified):
            lease.abandon()
            return None
        return ObjectSource(content)

    def holds(self, path: object) -> bool:
        """Whether a claimed source is not settled yet; False also for what is no ticket."""
        if not filenames.is_ticket(path):
            return False
        claimed = self.leases.claimed(cast(str, path))
        return claimed is not None and claimed.settled is None

    def whole_name(self, path: str) -> str:
        """The name of a source with all of its path in the inbox, for `filenames` to show."""
        folder, name = filenames.split_path(path)
        if not filenames.is_long(name):
            return name
        if folder == "claimed":
            claimed = self.leases.claimed(path)
            return name[:24] + claimed.source.name if claimed else name
        with contextlib.suppress(FileNotFoundError, UnicodeError):
            beside = f"{folder}/{filenames.inbox_path_beside(filenames.token_of(name))}"
            return name[:24] + self.bucket.get(beside).content.decode()
        return name

    def read_sidecar(self, path: str) -> dict[str, Any] | None:
        """What the sidecar of a source says; None without one. Raises `Rejected` where it is no JSON object."""
        folder, name = filenames.split_path(path)
        key: str | None = f"{folder}/{filenames.token_of(name)}{SIDECAR}"
        if folder == "claimed":
            claimed = self.leases.claimed(path)
            key = claimed.source.sidecar[0] if claimed and claimed.source.sidecar else None
        if key is None:
            return None
        try:
            return parse_sidecar(self.bucket.get(key, limit=MAX_SIDECAR_BYTES + 1).content)
        except FileNotFoundError:
            return None

    def read_member(self, path: str) -> None:
        """None: containers are not read here."""
        del path

    def failures(self, path: str) -> dict[str, list[dict[str, str]]]:
        """The failures counted so far, by kind."""
        claimed = self.leases.claimed(path)
        return claimed.failures if claimed else {}

    def record_failure(self, path: str, kind: str, why: str) -> int:
        """Count a failure (`kind`: "attempts" or "deaths") against a source that we hold; gives their number, 0 if we do no longer."""
        if (lease := self.leases.take(path)) is None:
            return 0
        try:
            return len(lease.write(lambda claimed: claimed.with_failure(kind, why)).failures[kind])
        except Conflict:
            return 0

    def orphaned(self, claims: Collection[Entry] | None = None) -> list[Entry]:
        """The claims, of these or of all, that were not written to for the time of a lease: their holders are dead, or nobody has taken them."""
        found = list(self.claims()) if claims is None else claims
        before = self.bucket.server_time() - self.leases.seconds if found else 0.0
        return [entry for entry in found if entry.modified < before and entry.key not in self.leases]

    def claims(self) -> Iterator[Entry]:
        """All claims, as they are listed; `modified`: when each was last written to."""
        return (entry for entry in self.bucket.list("claimed/") if filenames.is_ticket(entry.key))

    def claimed_count(self) -> int:
        """How many sources are claimed."""
        return sum(1 for _ in self.claims())

    def return_to_inbox(self, path: str) -> None:
        """Give a source up that changed under us; see `ObjectSource.changed`."""
        raise AssertionError(f"an object does not change: {path}")

    # --- out of claimed -----------------------------------------------------------------------------------------------

    def settle(self, path: str, line: JournalEntry, reason: dict[str, Any] | None) -> bool:
        """Settle a source, with its line: in quarantine where there is a `reason`. False if another process has or had it."""
        if (lease := self.leases.take(path)) is None:
            return False
        _, name = filenames.split_ticket(path)
        day = f"{datetime.fromtimestamp(self.bucket.server_time(), UTC):%Y-%m-%d}"
        folder = "done" if reason is None else "quarantine"
        target = f"{folder}/{day}/{name[21:23]}/{name}" if self._keep or reason is not None else None
        end = Settled(target, dict(line), reason)
        try:
            lease.write(lambda claimed: replace(claimed, settled=end))
        except Conflict:
            return False
        self.unfinished.add(path, lease.claimed, lease.version)
        return True

    # --- settled ------------------------------------------------------------------------------------------------------

    def settled(self, folder: str) -> Iterator[str]:
        """Sources in `done` or `quarantine`, oldest day first."""
        for entry in self.bucket.list(f"{folder}/"):
            if filenames.is_source(entry.key.rpartition("/")[2]):
                yield entry.key

    def settled_before(self, day: str) -> Iterator[str]:
        """Keys of all that was settled in `done` before a day: sources and what belongs to them."""
        days = [folder for folder in self.bucket.folders("done/") if folder < f"done/{day}"]
        return (entry.key for folder in days for entry in self.bucket.list(folder))

    def read(self, path: str, limit: int) -> bytes:
        """The bytes of a settled source. Raises FileNotFoundError, and OSError for more than `limit`."""
        filenames.split_path(path)
        found = self.bucket.get(path, limit=limit + 1)
        if len(found.content) > limit:
            raise OSError(f"more than {limit} bytes")
        return found.content

    def delete(self, path: str) -> None:
        """Delete a settled source and all that belongs to it."""
        self.unfinished.delete_settled(path)

    def reason(self, path: str) -> dict[str, Any]:
        """Why a source is in quarantine."""
        folder, name = filenames.split_path(path)
        with contextlib.suppress(FileNotFoundError, ValueError):
            found = json.loads(self.bucket.get(f"{folder}/{filenames.token_of(name)}{REASON}").content)
            if isinstance(found, dict):
                return found
        return {"reason": "unknown"}

    # --- the store ----------------------------------------------------------------------------------------------------

    def prepare(self) -> None:
        """Prove that the store keeps the conditions of writes, and find out whether it keeps those of deletions. Raises `SpoolError`."""
        key = f".probe-{filenames.new_token()}"
        self.bucket.put(key, b"one", absent=True)
        try:
            for condition in ({"absent": True}, {"version": '"0"'}):
                with contextlib.suppress(Conflict):
                    self.bucket.put(key, b"two", **condition)
                    raise SpoolError(
                        "this object store ignores the conditions of writes (If-None-Match, If-Match): articles would be "
                        "lost or doubled; use a store that has them (docs/scale.md)"
                    )
            try:
                self.bucket.delete(key, version='"0"')
            except Conflict:
                self.unfinished.trusts_deletions = True
            else:
                log.warning(
                    "this object store ignores the conditions of deletions (If-Match): give each article a key of its own, "
                    "for one that replaces another at the moment it is settled may be deleted unread"
                )
        finally:
            self.bucket.delete(key)

    def identity(self) -> str:
        """A permanent, unique name of this spool."""
        with contextlib.suppress(Conflict):
            self.bucket.put(".identity", json.dumps(filenames.new_token()).encode(), absent=True)
        return str(json.loads(self.bucket.get(".identity").content))
