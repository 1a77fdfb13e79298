"""One ticket, from claimed source to outcome: open → clean → write the record → settle.

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
import sqlite3
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ingest.core.model import Duplicate, Gone, Outcome, RawArticle, Refused, Stored
from ingest.core.preload import CleanFunction
from ingest.errors import Reason, Rejected, TransientError
from ingest.service.cleaned import bug_message, summary_of
from ingest.service.journal import Journal
from ingest.service.memory_snapshot import Observer
from ingest.service.record_store import RecordWriter
from ingest.service.recovery import unsettle
from ingest.service.settings import Settings
from ingest.service.settlement import Result, StageTimer, settle
from ingest.service.spool import Spool, containers, filenames
from ingest.service.spool.durable import NO_FILE_ERRNOS
from ingest.service.spool.heartbeat import Heartbeat
from ingest.service.spool.interface import AnySpool, Source
from ingest.service.spool.object_journal import ObjectJournal
from ingest.service.spool.source import LockedSource

if TYPE_CHECKING:
    from ingest.core.containers import Member
    from ingest.service.story_index import StoryIndex

log = logging.getLogger(__name__)

# Errors of reading a source that are not the fault of the source.
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


@dataclass(frozen=True, slots=True)
class Job:
    """Runs tickets; opened once, used for many."""

    spool: AnySpool
    store: RecordWriter
    journal: Journal | ObjectJournal
    settings: Settings
    clean: CleanFunction
    heartbeat: Heartbeat | None = None
    stories: StoryIndex | None = None
    observer: Observer | None = None
    """Notes for the memory of publishers what was seen of an article, once its record is stored."""
    unsettled: list[str] = field(default_factory=list)
    """Names of sources that were settled without a line and could not be moved back: to be claimed again as soon as that works."""

    def run(self, path: str) -> Outcome:
        """Bring one claimed source to its outcome; a path that is not a ticket is `Gone`, with a line in the log. Raises
        `TransientError`, and MemoryError, after which the process must end.
        """
        if not filenames.tickets(path):
            return Gone()
        timer = StageTimer()
        try:
            if self.heartbeat:
                self.heartbeat.beat(path=path)
            while self.unsettled and isinstance(self.spool, Spool):
                unsettle(self.spool, self.unsettled[-1])
                self.unsettled.pop()
            outcome = self._run(path, timer)
        except TransientError:
            self._clear_heartbeat()
            raise
        except OSError as error:  # of returning a source, or of writing the heartbeat
            self._clear_heartbeat()
            raise TransientError(f"cannot work in the spool: {error}") from error
        self._clear_heartbeat()  # not after anything worse: a fatal document must stay in the heartbeat, where the parent reads which it was
        return outcome

    def _clear_heartbeat(self) -> None:
        if self.heartbeat and not self.unsettled:
            with contextlib.suppress(OSError):
                self.heartbeat.beat()

    def _run(self, path: str, timer: StageTimer) -> Outcome:
        try:
            source = self.spool.open(path)
        except OSError as error:
            return settle(self, path, Result(_unreadable(error, path)), timer)
        if source is None:
            return Gone()
        try:
            result = self._clean(path, source, timer)
            if isinstance(result.outcome, Refused) and source.changed():  # what looked cut off was still being written
                self.spool.return_to_inbox(path)
                return Gone()
            outcome = settle(self, path, result, timer)
            if self.observer and isinstance(outcome, Stored):
                self.observer.keep(self.spool.whole_name(path))
            return outcome
        finally:
            source.close()

    def _clean(self, path: str, source: Source, timer: StageTimer) -> Result:
        """Clean and write the record; the source is not settled yet."""
        record_id: str | None = None
        try:
            try:
                notes = self.spool.read_member(path)
                if notes is None and self._is_container(path, source):
                    return Result(Gone())  # the watcher has it read
                raw = source.read(self.settings.max_bytes if notes is None else self.settings.max_unpacked)
            except OSError as error:
                return Result(_unreadable(error, path))
            if raw is None:
                limit = f"more than {self.settings.max_bytes} bytes (INGEST_MAX_BYTES)"
                return Result(Refused(Reason.TOO_LARGE, limit))
            try:
                claims = self.spool.read_sidecar(path) if notes is None else notes.get("given")
            except OSError as error:
                return Result(_unreadable(error, path, "the sidecar: "))
            member = self._member(notes, raw)
            raw = member.content if member else raw
            record_id = RawArticle(_unpack(raw, self.settings.limits.unpacked_bytes)).id
            name = self.spool.whole_name(path)
            replace = filenames.replaces(name) or self.settings.on_duplicate == "replace"
            exists = self.store.has(record_id) and not replace
            if exists and not (claims or (notes and (notes.get("claims") or notes.get("url")))):
                return Result(Stored(), record_id)
            timer("read")
            known = {"name": filenames.display_name(name)} if notes is None else {"container": notes.get("container")}
            record = self.clean(
                member or raw, **known, claims=claims, limits=self.settings.limits, min_confidence=self.settings.min_confidence,
                on_stage_end=timer,
            )  # fmt: skip
            if source.changed():
                self.spool.return_to_inbox(path)
                return Result(Gone())
            if exists:
                lost = _lost(json.loads(record.to_json()), self.store.read(record_id) or {}, set(claims or {}))
                return Result(Duplicate(lost) if lost else Stored(), record_id)
            record = self._place(record, path, timer)
            try:
                self.store.write(record_id, record.to_json().encode() + b"\n")
            except OSError as error:
                raise TransientError(f"cannot write records: {error}") from error
            timer("write")
            return Result(Stored(), record_id, **summary_of(record))
        except Rejected as rejection:
            mend = " (INGEST_MAX_UNPACKED)" if rejection.reason is Reason.TOO_LARGE else ""
            return Result(Refused(rejection.reason, rejection.message + mend), record_id)
        except (TransientError, MemoryError):
            raise
        except Exception as error:
            if isinstance(error, OSError) and error.errno in TRANSIENT_ERRNOS:
                raise TransientError(f"cannot clean: {error}") from error
            # A bug of this program: logged with its line but without the document's text, and no obstacle for the next document.
            log.exception("a bug while cleaning a document", extra={"fields": {"path": path}})
            return Result(Refused(Reason.BUG, bug_message(error)), record_id)

    def _place(self, record: Any, path: str, timer: StageTimer) -> Any:
        """The record with its story. A stand-in for a record, as tests have it, stays as it is."""
        from ingest.core.record import Record  # noqa: PLC0415 - the core is loaded by those who clean

        if not self.stories or not isinstance(record, Record):
            return record
        try:
            placed = self.stories.place(record, filenames.claimed_ns(path), self.store.read).apply(record)
        except (sqlite3.Error, OSError) as error:
            raise TransientError(f"cannot use the index of stories: {error}") from error
        timer("story")
        return placed

    def _member(self, notes: dict[str, Any] | None, raw: bytes) -> Member | None:
        if notes is None or not isinstance(self.spool, Spool):
            return None
        return containers.member_of(self.spool, notes, raw, self.settings.limits)

    def _is_container(self, path: str, source: Source) -> bool:
        """Whether a source holds several articles; then that is noted beside it. Raises `Rejected` where containers are not read."""
        from ingest.core.containers import HEAD_BYTES  # noqa: PLC0415 - the core is loaded by those who clean
        from ingest.core.containers.registry import sniff_packed  # noqa: PLC0415

        found = sniff_packed(source.head(HEAD_BYTES), self.settings.limits)
        if found is None or not found.holds_many:
            return False
        if not (isinstance(self.spool, Spool) and isinstance(source, LockedSource)):
            raise Rejected(
                Reason.CONTAINER, "A spool in an object store does not read containers; a spool in a folder does."
            )
        if containers.progress_of(self.spool, path) is None:  # the lock keeps others from noting it meanwhile
            containers.begin(self.spool, path, found.name, source.opened_stat.st_size)
        return True


def _lost(new: dict[str, Any], kept: dict[str, Any], given: set[str]) -> tuple[str, ...]:
    """Fields that a sender or a container gave, and in which the record that would have been made differs from the one that is kept."""
    given = (
        given
        | {name for name, origin in new.get("provenance", {}).items() if origin in {"given", "format"}}
        | {"extra"}
    )
    return tuple(sorted(name for name in given & new.keys() if new[name] != kept.get(name)))


def _unreadable(error: OSError, path: str, what: str = "") -> Refused:
    if error.errno in TRANSIENT_ERRNOS:
        raise TransientError(f"cannot read a source: {error}") from error
    if error.errno in NO_FILE_ERRNOS:
        return Refused(Reason.NOT_A_FILE, "a link, a device or a pipe; only regular files are read")
    token = filenames.token_of(os.path.basename(path))
    mend = f"find quarantine -name '{token}*' -exec chmod a+r {{}} +; ingest failed retry {token}"
    mend_message = f"; to mend, run in the spool: {mend}" if isinstance(error, PermissionError) else ""
    return Refused(Reason.UNREADABLE, f"{what}{error.strerror}{mend_message}")


def _unpack(raw: bytes, limit: int) -> bytes:
    from ingest.core.parse.decode import unpack  # noqa: PLC0415 - the core is loaded by those who clean, not by `ingest status`

    return unpack(raw, limit=limit)


def clean_content(clean: CleanFunction, content: bytes, known: dict[str, Any], settings: Settings) -> dict[str, Any]:
    """Clean a content in a process that has neither spool nor store. `known`: its `name` and `claims`.

    Gives what can be said in JSON: the `record`, its `summary` and the milliseconds of its `stages`; a `reason` and a `message`; or a `fault`
    of the surroundings. Raises MemoryError.
    """
    timer = StageTimer()
    try:
        record = clean(
            content, **known, limits=settings.limits, min_confidence=settings.min_confidence, on_stage_end=timer
        )
        return {"record": record.to_json(), "summary": summary_of(record), "stages": timer.stages}
    except Rejected as rejection:
        return {"reason": rejection.reason, "message": rejection.message}
    except TransientError as fault:
        return {"fault": str(fault)}
    except MemoryError:
        raise
    except Exception as error:
        log.exception("a bug while cleaning a document", extra={"fields": {"name": known.get("name")}})
        return {"reason": Reason.BUG, "message": bug_message(error)}
