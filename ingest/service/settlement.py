"""Settling a source: moved to `done` or `quarantine`, with its line in the journal, both or neither."""

from __future__ import annotations

import contextlib
import logging
import os
import time
from dataclasses import dataclass
from functools import cache
from importlib.metadata import version
from typing import TYPE_CHECKING, Any, Literal, cast

from ingest.core.model import Duplicate, Gone, Outcome, Refused, Unpacked
from ingest.core.text.characters import escape_for_display
from ingest.errors import Rejected, TransientError
from ingest.service.formats import JournalEntry
from ingest.service.journal import Journal, received
from ingest.service.recovery import unsettle
from ingest.service.spool import Spool, filenames, timestamp
from ingest.service.spool.object_spool import ObjectSpool

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ingest.service.job import Job

log = logging.getLogger(__name__)


class StageTimer:
    """Milliseconds that each stage of one document took."""

    def __init__(self) -> None:
        self.stages: dict[str, float] = {}
        self._began = self._last = time.monotonic()

    def __call__(self, stage: str) -> None:
        """A stage has ended."""
        now = time.monotonic()
        self.stages[stage] = round(1000 * (now - self._last), 2)
        self._last = now

    def include(self, stages: Mapping[str, float]) -> None:
        """Stages that another process timed, and that end now."""
        self.stages |= stages
        self._last = time.monotonic()

    def total(self) -> float:
        """Milliseconds since the beginning."""
        return round(1000 * (time.monotonic() - self._began), 1)


@dataclass(frozen=True, slots=True)
class Result:
    """What came of a source, and what the journal says of its record, so that listing, searching and counting need not open records."""

    outcome: Outcome
    id: str | None = None
    publisher: str | None = None
    headline: str | None = None
    language: str | None = None
    published: str | None = None
    story: str | None = None
    words: int | None = None
    words_removed: int | None = None
    confidence: dict[str, float] | None = None


def settle(job: Job, path: str, result: Result, timer: StageTimer | None = None) -> Outcome:
    """Settle the source in `done` or `quarantine` and write the journal's line, both or neither; whoever settles the source writes the line.

    Gives `Gone` if another process was faster. `timer`: None where the worker process has died. Raises `TransientError`.
    """
    outcome = result.outcome
    if isinstance(outcome, Gone):
        return outcome
    notes = job.spool.read_member(path) or {}
    entry = _journal_entry(job.spool.whole_name(path), result, timer, notes)
    try:
        reason = _reason(job, path, outcome, entry, notes) if isinstance(outcome, Refused) else None
        if not _settle_with_line(job, path, entry, reason):
            return Gone()
    except OSError as error:
        raise TransientError(f"cannot settle a source: {error}") from error
    log.info("settled", extra={"fields": entry})
    return outcome


def _settle_with_line(job: Job, path: str, entry: JournalEntry, reason: dict[str, Any] | None) -> bool:
    """Settle the source and write its line, both or neither; False if another process was faster. Raises OSError."""
    if isinstance(job.spool, ObjectSpool):
        return job.spool.settle(path, entry, reason)
    spool, journal, name = cast(Spool, job.spool), cast(Journal, job.journal), os.path.basename(path)
    with journal.settling():
        if not (spool.done(path) if reason is None else spool.refuse(path, reason)):
            return False
        try:
            journal.append(entry)
        except OSError:
            job.unsettled.append(name)
            unsettle(spool, name)
            job.unsettled.remove(name)
            raise
    return True


def _journal_entry(whole_name: str, result: Result, timer: StageTimer | None, notes: Mapping[str, Any]) -> JournalEntry:
    outcome, token = result.outcome, filenames.token_of(whole_name)
    return JournalEntry(
        time=timestamp(),
        received=received(token),
        name=filenames.display_name(whole_name),
        id=result.id,
        publisher=result.publisher,
        headline=result.headline,
        language=result.language,
        published=result.published,
        story=result.story,
        words=result.words,
        words_removed=result.words_removed,
        confidence=result.confidence,
        ms=timer.total() if timer else None,
        stages=timer.stages if timer else None,
        outcome=cast(Literal["stored", "duplicate", "refused", "unpacked"], outcome.name),
        reason=outcome.reason if isinstance(outcome, Refused) else None,
        claims_lost=list(outcome.lost) if isinstance(outcome, Duplicate) else None,
        container=notes.get("container"),
        member=escape_for_display(str(notes["member"])) if notes else None,
        offset=notes.get("offset"),
        members=outcome.members if isinstance(outcome, Unpacked) else None,
        token=token,
        worker=os.uname().nodename,
    )


def _reason(job: Job, path: str, outcome: Refused, entry: JournalEntry, notes: Mapping[str, Any]) -> dict[str, Any]:
    """The content of `<token>.reason.json`: who, when, where, why, attempts, versions."""
    claims = notes.get("given")
    with contextlib.suppress(Rejected, OSError):  # an unreadable sidecar has been reported already
        claims = claims or job.spool.read_sidecar(path)
    place = filenames.display_path(job.spool.whole_name(path))
    return {
        "reason": outcome.reason, "message": outcome.message, "time": entry["time"], "id": entry["id"],
        "place": f"{entry['container']}: {entry['member']}" if notes else place, "publisher": _claimed_publisher(claims),
        "host": os.uname().nodename, "pid": os.getpid(), **job.spool.failures(path), "versions": versions(),
    }  # fmt: skip


def _claimed_publisher(claims: Any) -> str | None:
    publisher = claims.get("publisher") if isinstance(claims, dict) else None
    if isinstance(publisher, dict):
        publisher = publisher.get("domain") or publisher.get("name")
    return publisher if isinstance(publisher, str) else None


@cache
def versions() -> dict[str, str]:
    """Versions of this package and its main libraries, for `reason.json`."""
    found = {}
    for package in ("news-ingest", "trafilatura", "lxml", "celery"):
        try:
            found[package] = version(package)
        except ModuleNotFoundError:
            found[package] = "unknown"
    return found
