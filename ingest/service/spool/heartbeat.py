"""Heartbeats: one small file for each process of the service, locked as long as the process lives.

The file names the source that the process works on. It is written before work begins and survives a kill, so another process that finds a
file without a lock knows which document the dead one had, and which line of the journal may be missing.
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

FOLDER = ".desks"
"""Keeps its first name: see the package's docstring."""


@dataclass(frozen=True, slots=True)
class HeartbeatStatus:
    """One heartbeat file as read: its notes, the age of the last beat in seconds, and whether its process lives.

    A beat from the future counts as old as it is ahead: the clock was set back, and there was no beat since.
    """

    path: str
    notes: dict[str, Any]
    age: float
    alive: bool


class Heartbeat:
    """The heartbeat of this process. `role`: "up", "watch", "worker" or "child"."""

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
        """Beat, and note what this process works on. One write, so that a kill leaves the old notes or the new ones."""
        line = json.dumps(self._identity | notes).encode() + b"\n"
        self._width = max(self._width, len(line))
        os.pwrite(self._handle, line.ljust(self._width), 0)

    def close(self) -> None:
        """Delete the file: this process works on nothing any more."""
        with contextlib.suppress(FileNotFoundError):
            os.unlink(self.path)
        os.close(self._handle)


def new_heartbeat_path(spool_root: str) -> str:
    """A path for a new heartbeat file."""
    return os.path.join(heartbeat_folder(spool_root), new_token())


def heartbeat_folder(spool_root: str) -> str:
    """The folder of the heartbeats."""
    return os.path.join(spool_root, FOLDER)


def read_heartbeat(path: str) -> HeartbeatStatus | None:
    """Read one heartbeat file; None if it is gone."""
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
    """All heartbeat files of a spool."""
    folder = heartbeat_folder(spool_root)
    for name in sorted(os.listdir(folder)):
        if status := read_heartbeat(os.path.join(folder, name)):
            yield status


def in_this_container(status: HeartbeatStatus) -> bool:
    """Whether its process runs in our container (or, outside of containers, on our machine)."""
    return bool(status.notes.get("space") == _pid_namespace())


def _pid_namespace() -> int:
    # Containers share host names under host networking, and pids always; the number of the pid name space tells them apart.
    try:
        return os.stat("/proc/self/ns/pid").st_ino
    except OSError:
        return 0
