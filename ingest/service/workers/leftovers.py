"""What processes of this machine leave in the state folder of an object spool when they are killed: heartbeats, and contents that were being cleaned."""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile

from ingest.service.spool import durable
from ingest.service.spool.heartbeat import heartbeats
from ingest.service.workers.failures import MIN_AGE_SECONDS

_CONTENTS = ".contents-"
_LOCK = ".lock"


class ContentsFolder:
    """A folder for the contents that are being cleaned, locked as long as this process lives; makes room first for what the dead left."""

    def __init__(self, state: str) -> None:
        delete_leftovers(state)
        self.path = tempfile.mkdtemp(prefix=_CONTENTS, dir=state)
        self._handle = os.open(os.path.join(self.path, _LOCK), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        durable.try_lock(self._handle)

    def close(self) -> None:
        """Delete it."""
        shutil.rmtree(self.path, ignore_errors=True)
        os.close(self._handle)


def delete_leftovers(state: str) -> None:
    """Delete what belongs to no living process. Raises OSError if the state folder cannot be read."""
    for heartbeat in heartbeats(state):
        if not heartbeat.alive and heartbeat.age > MIN_AGE_SECONDS:
            with contextlib.suppress(FileNotFoundError):
                os.unlink(heartbeat.path)
    for name in os.listdir(state):
        lock = os.path.join(state, name, _LOCK)
        if name.startswith(_CONTENTS) and os.path.exists(lock) and not durable.is_locked(lock):
            shutil.rmtree(os.path.join(state, name), ignore_errors=True)
