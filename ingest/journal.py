"""The journal: one JSON line for each source that found its fate, in the order they did. What a consumer follows."""

from __future__ import annotations

import contextlib
import json
import os
import time
from collections.abc import Iterator
from typing import Any

from ingest.spool.names import new_token


class Journal:
    """`<spool>/journal.jsonl`, rotated by rename to `journal-<token>.jsonl`. Lines of several writers never mix."""

    def __init__(self, spool_root: str, *, limit: int = 64 << 20) -> None:
        self.folder = spool_root
        self.path = os.path.join(spool_root, "journal.jsonl")
        self._limit = limit

    def append(self, line: dict[str, Any]) -> None:
        """Write one line, whole: a single write to a file opened for appending."""
        handle = os.open(self.path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o644)
        try:
            os.write(handle, json.dumps(line).encode() + b"\n")
        finally:
            os.close(handle)

    def has(self, token: str) -> bool:
        """Whether the fate of this source is written, looking back 4 MiB: asked only of what has just died."""
        for path in reversed(self.files()[-2:]):
            with contextlib.suppress(FileNotFoundError), open(path, "rb") as file:
                file.seek(max(0, os.fstat(file.fileno()).st_size - (4 << 20)))
                if token.encode() in file.read():
                    return True
        return False

    def rotate(self) -> None:
        """Set the journal aside when it is full; writers open it anew for each line, so they follow."""
        with contextlib.suppress(FileNotFoundError):
            if os.stat(self.path).st_size > self._limit:
                last = self.files()[:-1][-1:]
                token = new_token(after=os.path.basename(last[0])[8:31] if last else "")
                os.rename(self.path, os.path.join(self.folder, f"journal-{token}.jsonl"))

    def files(self) -> list[str]:
        """All files of it, the oldest first; the one that is written to may not be there yet."""
        old = sorted(
            name for name in os.listdir(self.folder) if name.startswith("journal-") and name.endswith(".jsonl")
        )
        return [*(os.path.join(self.folder, name) for name in old), self.path]

    def lines(self, *, since: float | None = None) -> Iterator[dict[str, Any]]:
        """All lines, the oldest first; files last written before `since` (seconds) are left out."""
        for path in self.files():
            with contextlib.suppress(FileNotFoundError), open(path, "rb") as file:
                if since is None or os.fstat(file.fileno()).st_mtime >= since:
                    yield from _parsed(file)

    def tail(self, limit: int) -> list[dict[str, Any]]:
        """Roughly the last `limit` bytes of lines: enough for a rate and the last error."""
        try:
            with open(self.path, "rb") as file:
                start = max(0, os.fstat(file.fileno()).st_size - limit)
                file.seek(start)
                if start:
                    file.readline()
                return list(_parsed(file))
        except FileNotFoundError:
            return []

    def follow(self, *, pause: float = 0.5) -> Iterator[dict[str, Any]]:
        """Lines as they come, from now on, across rotations. Never ends."""
        file = None
        fresh = False
        while True:
            if file is None:
                try:
                    file = open(self.path, "rb")  # noqa: SIM115 - it outlives this turn of the loop
                except FileNotFoundError:
                    fresh = True
                    time.sleep(pause)
                    continue
                if not fresh:
                    file.seek(0, os.SEEK_END)
                fresh = True
            here = file.tell()
            line = file.readline()
            if line.endswith(b"\n"):
                with contextlib.suppress(ValueError):
                    yield json.loads(line)
                continue
            file.seek(here)
            with contextlib.suppress(FileNotFoundError):
                if os.stat(self.path).st_ino != os.fstat(file.fileno()).st_ino:
                    time.sleep(pause)  # somebody may still hold the old one open
                    yield from _parsed(file)
                    file.close()
                    file = None
                    continue
            time.sleep(pause)


def _parsed(file: Iterator[bytes]) -> Iterator[dict[str, Any]]:
    for line in file:
        with contextlib.suppress(ValueError):
            yield json.loads(line)
