"""A worker process that runs tickets, with a heartbeat that says which one it had, should it die."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from ingest.core.preload import CleanFunction
from ingest.errors import TransientError
from ingest.service.composition import open_service
from ingest.service.record_store import RecordStore
from ingest.service.settings import Settings
from ingest.service.spool.heartbeat import Heartbeat, new_heartbeat_path
from ingest.service.workers.process import WorkerProcess, WorkFunction
from ingest.service.workers.store_link import LinkedStore, StoreLink


class Cleaner(WorkerProcess):
    """A worker process that runs tickets. `heartbeat_path`: where it notes which ticket it works on; `linked`: a store that it cannot reach itself."""

    def __init__(self, settings: Settings, clean: CleanFunction, linked: RecordStore | None = None) -> None:
        link = StoreLink(linked) if linked else None
        self.heartbeat_path = new_heartbeat_path(str(settings.root))
        super().__init__(
            lambda: _cleaning_tickets(settings, clean, self.heartbeat_path, link),
            time_limit=settings.time_limit,
            memory_limit=settings.memory_limit,
            clock=link.now if link else time.monotonic,
            keeps=link.child.fileno() if link else None,
        )
        if link:
            link.serve()


@contextmanager
def _cleaning_tickets(
    settings: Settings, clean: CleanFunction, heartbeat_path: str, link: StoreLink | None
) -> Iterator[WorkFunction]:
    heartbeat = Heartbeat(str(settings.root), "child", path=heartbeat_path)
    linked = LinkedStore(link.child) if link else None
    job = open_service(settings, linked=linked).open_job(clean=clean, heartbeat=heartbeat)

    def work(path: str) -> dict[str, Any]:
        try:
            return {"outcome": job.run(path).name}
        except TransientError as fault:
            return {"fault": str(fault)}

    yield work
    heartbeat.close()
