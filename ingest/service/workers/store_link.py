"""The record store of a sandboxed worker process that has no network: its parent reads and writes objects for it.

The child asks over a socket pair: a line of JSON, then the bytes of a record; the answer has the same form. What a document may have taken over is
the child, so it may name an operation, an id and a content, and nothing else: no key, no address, and it has no connection of its own.
"""

from __future__ import annotations

import contextlib
import json
import re
import socket
import threading
import time
from typing import Any

from ingest.service.object_store import StoreAwayError
from ingest.service.record_store import RecordStore, parse_record
from ingest.service.workers.fork_gate import LINKS

MAX_LINE_BYTES = 4096
MAX_RECORD_BYTES = 1 << 30
"""Of a record that is written: what a child's memory limit allows it by default. S3 takes 5 GiB in one request."""
_ID = re.compile(r"[0-9a-f]{64}")


class LinkedStore:
    """The child's end: a `RecordStore` for what a job does with one."""

    def __init__(self, link: socket.socket) -> None:
        self._file: Any = link.makefile("rwb")

    def write(self, record_id: str, content: bytes) -> None:
        """See `RecordStore`."""
        self._ask("write", record_id, content)

    def has(self, record_id: str) -> bool:
        """See `RecordStore`."""
        return self._ask("has", record_id) is not None

    def read(self, record_id: str) -> dict[str, Any] | None:
        """See `RecordStore`."""
        return parse_record(self._ask("read", record_id))

    def _ask(self, operation: str, record_id: str, content: bytes = b"") -> bytes | None:
        try:
            _write(self._file, {"do": operation, "id": record_id}, content)
            said, answer = _read(self._file)
        except EOFError:
            raise StoreAwayError("the parent process is gone") from None
        if error := said.get("error"):
            raise StoreAwayError(error)
        return answer if said.get("found") else None


class StoreLink:
    """The parent's end, served by a thread of its own until the child is dead. `child`: the child's end."""

    def __init__(self, store: RecordStore) -> None:
        self._store = store
        self._spent: tuple[float, float | None] = (
            0.0,
            None,
        )  # seconds in the store so far, and since when it is asked now
        self._ours, self.child = socket.socketpair()

    def serve(self) -> None:
        """Begin to serve. Called after the fork: the child has neither the thread nor the parent's end."""
        self.child.close()
        threading.Thread(target=self._serve, daemon=True).start()

    def now(self) -> float:
        """Seconds on a clock that stands still while the store is asked: a slow store is no fault of a document."""
        now, (spent, began) = time.monotonic(), self._spent
        return now - spent - (0.0 if began is None else now - began)

    def _serve(self) -> None:
        ended = contextlib.suppress(
            OSError, EOFError, _Malformed
        )  # around all: closing a file may write what is left of an answer
        with ended, self._ours, self._ours.makefile("rwb") as file:
            while True:
                asked, content = _read(file)
                spent, began = self._spent[0], time.monotonic()
                self._spent = spent, began
                with LINKS.working():
                    said, found = self._answer(asked, content)
                self._spent = spent + time.monotonic() - began, None
                _write(file, said, found)

    def _answer(self, asked: dict[str, Any], content: bytes) -> tuple[dict[str, Any], bytes]:
        operation, record_id = asked.get("do"), asked.get("id")
        if not isinstance(record_id, str) or not _ID.fullmatch(record_id):
            raise _Malformed
        try:
            if operation == "write":
                self._store.write(record_id, content)
                return {}, b""
            if operation == "has":
                return {"found": self._store.has(record_id)}, b""
            if operation == "read":
                found = self._store.read_bytes(record_id)
                return {"found": found is not None}, found or b""
        except OSError as error:
            return {"error": str(error)[: MAX_LINE_BYTES // 8]}, b""
        raise _Malformed


class _Malformed(Exception):
    """What came is no message of ours: the child is not asked again, and ends by its time limit."""


def _write(file: Any, said: dict[str, Any], content: bytes) -> None:
    file.write(json.dumps(said | {"bytes": len(content)}).encode() + b"\n")
    file.write(content)
    file.flush()


def _read(file: Any) -> tuple[dict[str, Any], bytes]:
    """A message and its content. Raises EOFError, `_Malformed`."""
    if not (line := file.readline(MAX_LINE_BYTES)):
        raise EOFError
    try:
        said = json.loads(line)
        size = said["bytes"]
    except (ValueError, TypeError, KeyError, RecursionError):
        raise _Malformed from None
    if not isinstance(size, int) or not 0 <= size <= MAX_RECORD_BYTES:
        raise _Malformed
    content = file.read(size)
    if len(content) < size:
        raise EOFError
    return said, content
