"""Desks: one small file for each living part of the service, locked as long as it lives.

A desk says what its owner has in its hands. It is written before the deed and survives a kill, so whoever finds a desk whose
lock is free knows which document the dead one was at, and which line of the journal it may have died before writing.
"""

from __future__ import annotations

import contextlib
import json
import os
import socket
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from ingest.service.spool import durable
from ingest.service.spool.filenames import new_token


@dataclass(frozen=True, slots=True)
class HeartbeatStatus:
    """What a desk said when somebody looked: its notes, the age of the last beat in seconds, and whether its owner lives.

    A beat from the future is as old as it is ahead: the clock was set back, and nothing was heard since.
    """

    path: str
    notes: dict[str, Any]
    age: float
    alive: bool


class Heartbeat:
    """Our own desk. `role`: "up", "watch", "worker" or "child"."""

    def __init__(self, spool_root: str, role: str, *, path: str | None = None) -> None:
        self.path = path or new_heartbeat_path(spool_root)
        self._handle = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o644)
        durable.try_lock(self._handle)
        self._width = 0
        self._identity = {
            "role": role,
            "pid": os.getpid(),
            "host": socket.gethostname(),
            "space": _pid_namespace(),
            "since": time.time(),
        }
        self.beat()

    def beat(self, **notes: Any) -> None:
        """Say what is in hand; also a beat. One write, so that a kill leaves the old note or the new one."""
        line = json.dumps(self._identity | notes).encode() + b"\n"
        self._width = max(self._width, len(line))
        os.pwrite(self._handle, line.ljust(self._width), 0)

    def close(self) -> None:
        """Leave: nothing is in hand any more."""
        with contextlib.suppress(FileNotFoundError):
            os.unlink(self.path)
        os.close(self._handle)


def new_heartbeat_path(spool_root: str) -> str:
    """Where a new desk may stand."""
    return os.path.join(spool_root, ".desks", new_token())


def read_heartbeat(path: str) -> HeartbeatStatus | None:
    """What one desk says; None if it is gone."""
    try:
        with open(path, "rb") as file:
            line = file.readline()
            age = abs(time.time() - os.fstat(file.fileno()).st_mtime)
    except FileNotFoundError:
        return None
    try:
        notes = json.loads(line)
    except ValueError:
        notes = {}
    return HeartbeatStatus(path, notes, age, durable.is_locked(path))


def heartbeats(spool_root: str) -> Iterator[HeartbeatStatus]:
    """All desks."""
    folder = os.path.join(spool_root, ".desks")
    for name in sorted(os.listdir(folder)):
        if status := read_heartbeat(os.path.join(folder, name)):
            yield status


def in_this_container(status: HeartbeatStatus) -> bool:
    """Whether a desk's owner runs in our own container (or on our own machine, outside of any)."""
    return bool(status.notes.get("space") == _pid_namespace())


def _pid_namespace() -> int:
    # Containers share host names under host networking, and pids always; the number of the pid name space tells them apart.
    try:
        return os.stat("/proc/self/ns/pid").st_ino
    except OSError:
        return 0
