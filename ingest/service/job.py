"""One ticket, from claimed source to outcome: open → clean → write → settle → tell.

The order is what loses nothing: the record is durable before the source is settled, the source is settled before the ticket is
acknowledged. A kill between any two steps leaves a ticket that can be run again with the same end; what it leaves settled without
a line in the journal is claimed again (recovery.py).
"""

from __future__ import annotations

import contextlib
import errno
import json
import logging
import os
import time
import traceback
from dataclasses import dataclass, field
from functools import cache
from importlib.metadata import version
from typing import Any

from ingest.core.model import Duplicate, Gone, Outcome, RawArticle, Refused, Rejected, Stored
from ingest.core.preload import CleanFunction
from ingest.core.text.characters import count_words
from ingest.service.journal import Journal, received
from ingest.service.recovery import unsettle
from ingest.service.settings import Settings
from ingest.service.sinks import Sink, open_sink
from ingest.service.spool import LockedSource, Spool, filenames, timestamp
from ingest.service.spool.durable import NO_FILE_ERRNOS
from ingest.service.spool.heartbeat import Heartbeat

log = logging.getLogger("ingest")

# Errors of reading a source that say nothing against the source.
TRANSIENT_ERRNOS = frozenset(
    {
        errno.EMFILE,
        errno.ENFILE,
        errno.ENOMEM,
        errno.ESTALE,
        errno.ENOSPC,
        errno.EDQUOT,
        errno.EROFS,
        errno.EAGAIN,
    }
)

MAX_HEADLINE_CHARACTERS = 200  # signs of it that the journal holds: a line is one write


class TransientError(Exception):
    """The surroundings failed, not the document: a full disk, no descriptors. The ticket stays as it is; try again later."""


class StageTimer:
    """How long each stage of one document took, in milliseconds."""

    def __init__(self) -> None:
        self.stages: dict[str, float] = {}
        self._began = self._last = time.monotonic()

    def __call__(self, stage: str) -> None:
        """A stage has ended."""
        now = time.monotonic()
        self.stages[stage] = round(1000 * (now - self._last), 2)
        self._last = now

    def total(self) -> float:
        """Milliseconds since the beginning."""
        return round(1000 * (time.monotonic() - self._began), 1)


@dataclass(frozen=True, slots=True)
class Job:
    """What it takes to run tickets: opened once, used for many."""

    spool: Spool
    sink: Sink
    journal: Journal
    settings: Settings
    clean: CleanFunction
    heartbeat: Heartbeat | None = None
    unsettled: list[str] = field(default_factory=list)
    """Names of sources that are settled without a line, for neither could be written: to be claimed again as soon as that works."""

    def run(self, path: str) -> Outcome:
        """Bring one claimed source to its outcome; what is no ticket is gone, with a line in the log. Raises `TransientError`, and
        MemoryError, for which the child must die.
        """
        if not filenames.tickets(path):
            return Gone()
        timer = StageTimer()
        try:
            if self.heartbeat:
                self.heartbeat.beat(path=path)
            while self.unsettled:
                unsettle(self.spool, self.unsettled[-1])
                self.unsettled.pop()
            outcome = self._run(path, timer)
        except TransientError:
            self._clear_heartbeat()
            raise
        except OSError as error:  # of giving a source back, or of writing on the desk
            self._clear_heartbeat()
            raise TransientError(f"cannot work in the spool: {error}") from error
        self._clear_heartbeat()  # and not after anything worse: what we die of must stay on the desk
        return outcome

    def _clear_heartbeat(self) -> None:
        if self.heartbeat and not self.unsettled:
            with contextlib.suppress(OSError):
                self.heartbeat.beat()

    def _run(self, path: str, timer: StageTimer) -> Outcome:
        entry: dict[str, Any] = {"id": None, "publisher": None, "stages": timer.stages}
        try:
            source = self.spool.open(path)
        except OSError as error:
            return self._end(path, _unreadable(error, path), entry, timer)
        if source is None:
            return Gone()
        try:
            outcome = self._clean(path, source, entry, timer)
            if isinstance(outcome, Refused) and source.changed():  # what looked cut off was still being written
                self.spool.return_to_inbox(path)
                outcome = Gone()
            return self._end(path, outcome, entry, timer)
        finally:
            source.close()

    def _clean(self, path: str, source: LockedSource, entry: dict[str, Any], timer: StageTimer) -> Outcome:
        """Clean and write; the source is not settled yet."""
        try:
            try:
                raw = source.read(self.settings.max_bytes)
            except OSError as error:
                return _unreadable(error, path)
            if raw is None:
                return Refused("too_large", f"more than {self.settings.max_bytes} bytes (INGEST_MAX_BYTES)")
            try:
                claims = self.spool.read_sidecar(path)
            except OSError as error:
                return _unreadable(error, path, "the sidecar: ")
            content = _unpack(raw, self.settings.limits.unpacked_bytes)
            entry["id"] = RawArticle(content).id
            name = self.spool.whole_name(path)
            replace = filenames.replaces(name) or self.settings.on_duplicate == "replace"
            held = self.sink.has(entry["id"]) and not replace
            if held and not claims:
                return Stored()
            timer("read")
            shown = filenames.display_name(name)
            record = self.clean(
                raw, name=shown, claims=claims, limits=self.settings.limits, min_confidence=self.settings.min_confidence,
                on_stage_end=timer,
            )  # fmt: skip
            if source.changed():
                self.spool.return_to_inbox(path)
                return Gone()
            if held:
                lost = _lost(json.loads(record.to_json()), self.sink.read(entry["id"]) or {}, set(claims or {}))
                return Duplicate(lost) if lost else Stored()
            entry |= _record_stats(record)
            try:
                self.sink.write(entry["id"], record.to_json().encode() + b"\n")
            except OSError as error:
                raise TransientError(f"cannot write records: {error}") from error
            timer("write")
        except Rejected as rejection:
            mend = " (INGEST_MAX_UNPACKED)" if rejection.reason == "too_large" else ""
            return Refused(rejection.reason, rejection.message + mend)
        except (TransientError, MemoryError):
            raise
        except Exception as error:
            if isinstance(error, OSError) and error.errno in TRANSIENT_ERRNOS:
                raise TransientError(f"cannot clean: {error}") from error
            # Our own bug: shown with its place, never with the document's text, and kept out of the next one's way.
            log.exception("a document met a bug of ours", extra={"fields": {"path": path}})
            return Refused("bug", _where(error))
        return Stored()

    def _end(self, path: str, outcome: Outcome, entry: dict[str, Any], timer: StageTimer) -> Outcome:
        """Settle the source and tell the journal, once: who renames the source tells."""
        if isinstance(outcome, Gone):
            return outcome
        return settle(self, path, outcome, entry | {"ms": timer.total()})


def settle(job: Job, path: str, outcome: Outcome, entry: dict[str, Any]) -> Outcome:
    """Move the source to its fate and write the journal's line, both or neither; Gone if somebody else did. Raises `TransientError`."""
    name = os.path.basename(path)
    token = filenames.token_of(name)
    whole_name = job.spool.whole_name(path)
    line = {
        "time": timestamp(), "received": received(token), "name": filenames.display_name(whole_name), **entry, "outcome": outcome.name,
        "reason": getattr(outcome, "reason", None), "token": token, "worker": os.uname().nodename,
    }  # fmt: skip
    if isinstance(outcome, Duplicate):
        line["claims_lost"] = outcome.lost
    try:
        with job.journal.settling():
            if isinstance(outcome, Refused):
                settled = job.spool.refuse(path, _reason(job, path, outcome, line))
            else:
                settled = job.spool.done(path)
            if not settled:
                return Gone()
            try:
                job.journal.append(line)
            except OSError:
                job.unsettled.append(name)
                unsettle(job.spool, name)
                job.unsettled.remove(name)
                raise
    except OSError as error:
        raise TransientError(f"cannot settle a source: {error}") from error
    log.info("settled", extra={"fields": line})
    return outcome


def _lost(new: dict[str, Any], kept: dict[str, Any], given: set[str]) -> tuple[str, ...]:
    """Fields that a sender gave, and in which the record that would have been made differs from the one that is kept."""
    given = given | {name for name, origin in new.get("provenance", {}).items() if origin == "given"} | {"extra"}
    return tuple(sorted(name for name in given & new.keys() if new[name] != kept.get(name)))


def _record_stats(record: Any) -> dict[str, Any]:
    """What the journal says of a record, so that nobody need open it to list, search or count."""
    return {
        "publisher": record.publisher and (record.publisher.domain or record.publisher.name),
        "headline": record.headline and record.headline[:MAX_HEADLINE_CHARACTERS],
        "words": count_words(record.body),
        "words_removed": sum(count_words(removed.text) for removed in record.removed),
        "confidence": record.confidence.model_dump(exclude_none=True),
    }


def _reason(job: Job, path: str, outcome: Refused, line: dict[str, Any]) -> dict[str, Any]:
    """What `reason.json` says: who, when, where, why, attempts, versions."""
    claims = None
    with contextlib.suppress(Rejected, OSError):  # a sidecar that cannot be read has been told already
        claims = job.spool.read_sidecar(path)
    return {
        "reason": outcome.reason, "message": outcome.message, "time": line["time"], "id": line.get("id"),
        "place": filenames.display_path(job.spool.whole_name(path)), "publisher": _claimed_publisher(claims),
        "host": os.uname().nodename, "pid": os.getpid(), **job.spool.failures(path), "versions": versions(),
    }  # fmt: skip


def _claimed_publisher(claims: Any) -> str | None:
    publisher = claims.get("publisher") if isinstance(claims, dict) else None
    if isinstance(publisher, dict):
        publisher = publisher.get("domain") or publisher.get("name")
    return publisher if isinstance(publisher, str) else None


def _unreadable(error: OSError, path: str, what: str = "") -> Refused:
    if error.errno in TRANSIENT_ERRNOS:
        raise TransientError(f"cannot read a source: {error}") from error
    if error.errno in NO_FILE_ERRNOS:
        return Refused("not_a_file", "a link, a device or a pipe; only regular files are read")
    token = filenames.token_of(os.path.basename(path))
    mend = f"find quarantine -name '{token}*' -exec chmod a+r {{}} +; ingest failed retry {token}"
    told = f"; to mend, run in the spool: {mend}" if isinstance(error, PermissionError) else ""
    return Refused("unreadable", f"{what}{error.strerror}{told}")


def _unpack(raw: bytes, limit: int) -> bytes:
    from ingest.core.parse.decode import unpack  # noqa: PLC0415 - the core is loaded by those who clean, not by `ingest status`

    return unpack(raw, limit=limit)


def _where(error: Exception) -> str:
    frame = traceback.extract_tb(error.__traceback__)[-1]
    return f"{type(error).__name__} at {os.path.basename(frame.filename)}:{frame.lineno} in {frame.name}"


@cache
def versions() -> dict[str, str]:
    """What cleaned: for reasons."""
    found = {}
    for package in ("news-ingest", "trafilatura", "lxml", "celery"):
        try:
            found[package] = version(package)
        except ModuleNotFoundError:
            found[package] = "unknown"
    return found


def open_job(settings: Settings, *, clean: CleanFunction, heartbeat: Heartbeat | None = None) -> Job:
    """A job on the spool and the sink of the settings. `clean`: the core's, loaded by `runner.preload`."""
    spool = Spool(settings.spool)
    journal = Journal(spool.root, limit=settings.journal_bytes)
    return Job(spool, open_sink(settings.sink, settings.out), journal, settings, clean, heartbeat)
