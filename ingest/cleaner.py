"""A warm child that runs tickets, with a desk that says which one it was at, should it die."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from ingest.child import Child, Work
from ingest.job import Clean, Fault, open_job
from ingest.settings import Settings
from ingest.spool.desk import Desk, new_path


class Cleaner(Child):
    """A child that runs tickets. `desk`: where it notes what it has in hand."""

    def __init__(self, settings: Settings, clean: Clean) -> None:
        self.desk = new_path(str(settings.spool))
        super().__init__(
            lambda: _at_work(settings, clean, self.desk),
            time_limit=settings.time_limit,
            memory_limit=settings.memory_limit,
        )


@contextmanager
def _at_work(settings: Settings, clean: Clean, desk_path: str) -> Iterator[Work]:
    ours = Desk(str(settings.spool), "child", path=desk_path)
    job = open_job(settings, clean=clean, desk=ours)

    def work(path: str) -> dict[str, Any]:
        try:
            return {"outcome": job.run(path).name}
        except Fault as fault:
            return {"fault": str(fault)}

    yield work
    ours.close()
