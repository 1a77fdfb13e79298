"""Leases: the claims of an object spool that this process may work on, each until a time by the store's clock."""

from __future__ import annotations

import contextlib
import logging
import os
import socket
import threading
from collections.abc import Callable
from dataclasses import replace

from ingest.errors import TransientError
from ingest.service.objects.bucket import Bucket, Conflict
from ingest.service.spool import filenames
from ingest.service.spool.object_claim import Claimed, SeenSource
from ingest.service.spool.object_finish import Unfinished

log = logging.getLogger(__name__)


class Lease:
    """A claim that this process may work on, as it was written last. Threads may share it."""

    def __init__(self, leases: Leases, path: str, claimed: Claimed, version: str) -> None:
        self.path = path
        self.claimed = claimed
        self.version = version
        self._leases = leases
        self._lock = threading.Lock()

    def write(self, change: Callable[[Claimed], Claimed]) -> Claimed:
        """Write the claim anew. Raises `Conflict` if it is not ours any more; after that and after a `TransientError`, which leaves
        open what was written, it must be taken again.
        """
        with self._lock:
            if self._leases.get(self.path) is not self:
                raise Conflict(self.path)
            claimed = change(self.claimed)
            try:
                self.version = self._leases.bucket.put(self.path, claimed.to_json(), version=self.version)
            except (Conflict, TransientError):
                self._leases.drop(self)
                raise
            self.claimed = claimed
            if claimed.settled or not claimed.holder:
                self._leases.drop(self)
            return claimed

    def abandon(self) -> None:
        """Delete the claim. Nothing happens if it is not ours any more."""
        with self._lock, contextlib.suppress(Conflict):
            self._leases.drop(self)
            self._leases.bucket.delete(self.path, version=self.version)


class Leases:
    """The leases of this process, by path, each for so many `seconds`. Everything raises `TransientError`."""

    def __init__(self, bucket: Bucket, unfinished: Unfinished, seconds: float) -> None:
        self.bucket = bucket
        self.seconds = seconds
        self._unfinished = unfinished
        self._holder = f"{socket.gethostname()}-{os.getpid()}-{filenames.new_token()[17:]}"
        self._held: dict[str, Lease] = {}
        self._doubtful: set[str] = set()
        """Claims that may have been made: the store did not answer."""

    def __contains__(self, path: object) -> bool:
        return path in self._held

    def get(self, path: str) -> Lease | None:
        """The lease on a claim, if we have it."""
        return self._held.get(path)

    def paths(self) -> list[str]:
        """The paths of the claims that we have leases on."""
        return list(self._held)

    def drop(self, lease: Lease) -> None:
        """Forget a lease."""
        if self._held.get(lease.path) is lease:
            del self._held[lease.path]

    def make(self, seen: SeenSource) -> bool:
        """Claim a source, with a lease; False if another process was faster."""
        claimed = Claimed(seen, holder=self._holder, until=self.bucket.server_time() + self.seconds)
        try:
            version = self.bucket.put(seen.path, claimed.to_json(), absent=True)
        except Conflict:
            return seen.path in self._doubtful and self.take(seen.path) is not None  # by ourselves, perhaps
        except TransientError:
            self._doubtful.add(seen.path)
            raise
        self._doubtful.discard(seen.path)
        self._held[seen.path] = Lease(self, seen.path, claimed, version)
        return True

    def take(self, path: str) -> Lease | None:
        """A lease on a claim that is there; None if it is settled, or another process has one. One that ran out is a death of its holder."""
        if lease := self._held.get(path):
            return lease
        if (found := self._read(path)) is None:
            return None
        claimed, version = found
        if claimed.settled:
            self._unfinished.add(path, claimed, version)
            return None
        now = self.bucket.server_time()
        if claimed.holder not in {None, self._holder}:
            if claimed.until > now:
                return None
            claimed = claimed.with_failure("deaths", f"its lease ran out: {claimed.holder}")
        claimed = replace(claimed, holder=self._holder, until=now + self.seconds)
        try:
            version = self.bucket.put(path, claimed.to_json(), version=version)
        except Conflict:
            return None
        self._held[path] = lease = Lease(self, path, claimed, version)
        return lease

    def claimed(self, path: str) -> Claimed | None:
        """What a claim says, as far as we know; None if there is none."""
        if lease := self._held.get(path):
            return lease.claimed
        found = self._read(path)
        return found[0] if found else None

    def renew(self) -> None:
        """Renew the leases that have run for a third of their time. To be called every few seconds; one that was lost is dropped."""
        now = self.bucket.server_time()
        for lease in list(self._held.values()):
            if lease.claimed.until - now < self.seconds * 2 / 3:
                with contextlib.suppress(Conflict):
                    lease.write(lambda claimed: replace(claimed, until=now + self.seconds))

    def release(self, path: str, *, keep: bool) -> bool:
        """Give a claim back that nobody has begun to clean. It stays if it says more than its source, or where it is to be kept; True then."""
        if (lease := self._held.get(path)) is None:
            return False
        if not (keep or lease.claimed.failures or not lease.claimed.source.key.startswith("inbox/")):
            lease.abandon()
            return False
        with contextlib.suppress(Conflict):
            lease.write(lambda claimed: replace(claimed, holder=None, until=0.0))
            return True
        return False

    def _read(self, path: str) -> tuple[Claimed, str] | None:
        try:
            found = self.bucket.get(path)
            return Claimed.from_json(found.content, path), found.version
        except FileNotFoundError:
            return None
        except ValueError:
            log.warning("a claim cannot be read", extra={"fields": {"path": path}})
            return None
