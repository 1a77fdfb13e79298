"""What the death of a worker, or of its whole process tree, costs the source that it was cleaning."""

from __future__ import annotations

from ingest.core.model import Refused
from ingest.errors import Reason
from ingest.service.composition import Service
from ingest.service.recovery import clear_heartbeat
from ingest.service.settlement import Result, settle
from ingest.service.spool import heartbeat

MIN_AGE_SECONDS = (
    10.0  # seconds; a heartbeat or an unfinished file younger than this may just be being made, or mended by its parent
)


FAILURE_MESSAGES = {
    Reason.TIME_LIMIT: "cleaning took longer than INGEST_TIME_LIMIT",
    Reason.MEMORY_LIMIT: "cleaning took more memory than INGEST_MEMORY_LIMIT",
    Reason.CRASH: "the child that cleaned it crashed",
    Reason.KILLED: "every child that cleaned it was killed from outside",
}


def recover_dead_workers(service: Service) -> None:
    """Delete the heartbeats of process trees that died; each source in progress there is charged with a loss."""
    spool = service.spool
    for status in heartbeat.heartbeats(spool.root):
        if status.alive or status.age < MIN_AGE_SECONDS:
            continue
        path = status.notes.get("path")
        clear_heartbeat(status, spool, service.journal)
        if not isinstance(path, str) or not spool.holds(path):
            continue
        if (count := spool.record_failure(path, "deaths", Reason.KILLED)) >= service.settings.max_worker_losses:
            settle(
                service.open_job(clean=clean_nothing),
                path,
                Result(Refused(Reason.KILLED, f"{FAILURE_MESSAGES[Reason.KILLED]}, {count} times")),
            )


def clean_nothing(*_: object, **__: object) -> None:
    """For a job that only settles."""
    raise AssertionError("only a child cleans")
