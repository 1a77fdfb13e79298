"""A bucket in a folder, for tests of what stands on buckets: shared by processes, with the conditional writes of S3 under one lock."""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote, unquote

from ingest.service.objects.bucket import Conflict, Entry, Object


class FolderBucket:
    """Keys are quoted into file names, so that "a" and "a/b" may both be there, as in S3. `requests` counts by kind."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        self.requests: Counter[str] = Counter()
        self.clock_skew = 0.0
        """Seconds that the store's clock is ahead; leases run out at once if it is set forward."""

    @contextlib.contextmanager
    def request(self, kind: str) -> Iterator[None]:
        """One request: everything within happens at once."""
        self.requests[kind] += 1
        handle = os.open(self.folder.with_suffix(".lock"), os.O_RDWR | os.O_CREAT)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX)
            yield
        finally:
            os.close(handle)

    def get(self, key: str, *, limit: int | None = None, version: str | None = None) -> Object:
        with self.request("get"):
            entry, content = self._entry(key), self._path(key).read_bytes()
            assert entry
            self._check(key, version=version)
            return Object(content[:limit], entry.size, entry.version, entry.modified)

    def head(self, key: str) -> Entry | None:
        with self.request("head"):
            return self._entry(key)

    def put(self, key: str, content: bytes, *, absent: bool = False, version: str | None = None) -> str:
        with self.request("put"):
            self._check(key, absent=absent, version=version)
            return self._write(key, content)

    def copy(self, key: str, to: str, *, version: str | None = None) -> None:
        with self.request("copy"):
            if not self._path(key).exists():
                raise FileNotFoundError(key)
            self._check(key, version=version)
            self._write(to, self._path(key).read_bytes())

    def delete(self, key: str, *, version: str | None = None) -> None:
        with self.request("delete"):
            if self._path(key).exists():
                self._check(key, version=version)
                self._path(key).unlink()

    def list(self, prefix: str, *, after: str = "") -> Iterator[Entry]:
        while True:
            with self.request("list"):
                keys = sorted(key for key in self._keys() if key.startswith(prefix) and key > after)[:1000]
                found = [entry for key in keys if (entry := self._entry(key))]
            yield from found
            if len(keys) < 1000:
                return
            after = keys[-1]

    def folders(self, prefix: str) -> list[str]:
        with self.request("list"):
            rests = [key[len(prefix) :] for key in self._keys() if key.startswith(prefix)]
        return sorted({f"{prefix}{rest.partition('/')[0]}/" for rest in rests if "/" in rest})

    def reach(self) -> None:
        pass

    def server_time(self) -> float:
        return time.time() + self.clock_skew

    def _keys(self) -> list[str]:
        found = (path.relative_to(self.folder).as_posix() for path in self.folder.rglob("*") if path.is_file())
        return [unquote(name.replace("+/", "")) for name in found if not name.endswith("%tmp")]

    def _path(self, key: str) -> Path:
        """A key of 1,024 bytes is longer than a file name may be: it is cut into folders, whose names end with a plus."""
        name = quote(key, safe="")
        *above, last = [name[start : start + 200] for start in range(0, len(name), 200)]
        return self.folder.joinpath(*(f"{part}+" for part in above), last)

    def _entry(self, key: str) -> Entry | None:
        try:
            content, seen = self._path(key).read_bytes(), self._path(key).stat()
        except FileNotFoundError:
            return None
        return Entry(key, len(content), hashlib.md5(content, usedforsecurity=False).hexdigest(), seen.st_mtime)

    def _check(self, key: str, *, absent: bool = False, version: str | None = None) -> None:
        found = self._entry(key)
        if (absent and found) or (version is not None and (found is None or found.version != version)):
            raise Conflict(key)

    def _write(self, key: str, content: bytes) -> str:
        unfinished = self.folder / f"{os.getpid()}-{time.monotonic_ns()}%tmp"
        unfinished.write_bytes(content)
        self._path(key).parent.mkdir(parents=True, exist_ok=True)
        unfinished.rename(self._path(key))
        entry = self._entry(key)
        assert entry
        return entry.version
