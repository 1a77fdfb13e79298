"""A worker process that reads containers: each request hands out some of a container's members, and the container stays open in between."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import fields, replace
from typing import TYPE_CHECKING, Any

from ingest.core.containers import Member, Part, RefusedMember, Skipped
from ingest.core.containers.registry import by_name
from ingest.core.containers.registry import read as read_members
from ingest.errors import Reason, Rejected
from ingest.service.composition import open_service
from ingest.service.spool import filenames
from ingest.service.spool.containers import (
    MemberFile,
    Progress,
    hand_out,
    progress_of,
    recover,
    refused,
    write_progress,
)
from ingest.service.spool.durable import MAX_JSON_BYTES
from ingest.service.workers.process import WorkerProcess, WorkFunction

if TYPE_CHECKING:
    from ingest.service.settings import Settings
    from ingest.service.spool import LockedSource, Spool

MEMBERS_PER_REQUEST = 100
BYTES_PER_REQUEST = 16 << 20
SECONDS_PER_REQUEST = 2.0
"""A request ends with the first of the three, so that others have their turn, and a kill costs little."""
TIME_LIMITS_PER_REQUEST = 5
"""Where reading goes on in the middle of what is compressed as a whole, all before is decompressed again; and a disk may be slow to sync."""


class Unpacker(WorkerProcess):
    """A worker process that reads containers. A request is the path of one; the answer has `members`, the paths of what was handed out."""

    def __init__(self, settings: Settings) -> None:
        super().__init__(
            lambda: _reading_containers(settings),
            time_limit=TIME_LIMITS_PER_REQUEST * settings.time_limit,
            memory_limit=settings.memory_limit,
        )


@contextmanager
def _reading_containers(settings: Settings) -> Iterator[WorkFunction]:
    spool = open_service(settings).spool
    opened: dict[str, _Reading] = {}

    def work(path: str) -> dict[str, Any]:
        try:
            if path not in opened:
                source = spool.open(path)
                if source is None:
                    return {"gone": True}
                opened[path] = _Reading(settings, spool, path, source)
            answer = opened[path].hand_out_some()
        except OSError as error:
            if path in opened:
                opened.pop(path).close()
            return {"fault": f"cannot read a container: {error}"}
        if answer.get("ended") or answer.get("changed"):
            opened.pop(path).close()
        return answer

    yield work


class _Reading:
    """One open container, locked. Raises OSError where the spool or the source cannot be used."""

    def __init__(self, settings: Settings, spool: Spool, path: str, source: LockedSource) -> None:
        self._spool, self._path, self._source = spool, path, source
        self._limits = settings.limits
        progress = progress_of(spool, path)
        if progress is None:
            raise FileNotFoundError("its progress was deleted")
        self._progress: Progress = progress
        recover(spool, path, progress)
        self._file = os.fdopen(os.dup(source.handle), "rb")
        self._skip = progress.repeated if progress.offset is not None else progress.members
        self._parts = self._read()
        self._given: dict[str, Any] | None = None

    def hand_out_some(self) -> dict[str, Any]:
        """Hand out the next members; gives their paths, and whether the container has `ended` or was `changed` while it was read."""
        if self._progress.ended:
            return {"members": [], "ended": True}
        began, taken, progress = time.monotonic(), list[MemberFile](), self._progress
        size = 0
        try:
            if self._given is None:
                self._given = self._spool.read_sidecar(self._path) or {}
            while (
                len(taken) < MEMBERS_PER_REQUEST
                and size < BYTES_PER_REQUEST
                and time.monotonic() - began < SECONDS_PER_REQUEST
            ):
                if (part := next(self._parts, None)) is None:
                    progress = _ended(progress)
                    break
                if isinstance(part, Skipped):
                    progress = replace(progress, offset=part.offset, repeated=0)
                elif self._skip:
                    self._skip -= 1
                else:
                    taken.append(self._noted(part))
                    size += len(taken[-1].content)
                    repeated = progress.repeated + 1 if part.offset == progress.offset else 1
                    progress = replace(progress, members=progress.members + 1, offset=part.offset, repeated=repeated)
        except Rejected as rejected:
            progress = refused(progress, rejected.reason, rejected.message)
        if progress.ended and self._source.changed():  # what ended was still being written
            return {"changed": True}
        at = self._file.seek(0, os.SEEK_CUR) if not progress.ended else progress.size
        progress = replace(progress, read=min(at, progress.size))
        paths = []
        if taken:
            paths = hand_out(self._spool, self._path, taken, progress)
        elif progress != self._progress:
            write_progress(self._spool, self._path, progress)
        self._progress = progress
        return {"members": paths, "ended": progress.ended}

    def close(self) -> None:
        """Release the container."""
        self._parts.close()  # type: ignore[attr-defined]  # a generator
        self._file.close()
        self._source.close()

    def _read(self) -> Iterator[Part]:
        found = by_name(self._progress.format)
        if found is None:
            raise Rejected(Reason.UNSUPPORTED_FORMAT, f"No format is called {self._progress.format!r}.")
        yield from read_members(found, self._file, self._limits, start=self._progress.offset or 0)

    def _noted(self, part: Member | RefusedMember) -> MemberFile:
        notes = {field.name: getattr(part, field.name) for field in fields(part) if field.name != "content"}
        token = filenames.token_of(os.path.basename(self._path))
        notes |= {"container": self._progress.name, "token": token, "given": self._given}
        for too_large in ("claims", "given"):
            if len(json.dumps(notes, default=dict)) < MAX_JSON_BYTES:
                break
            notes[too_large] = {}
        return MemberFile(getattr(part, "content", b""), json.loads(json.dumps(notes, default=dict)), part.name)


def _ended(progress: Progress) -> Progress:
    if progress.members:
        return replace(progress, ended=True)
    return refused(progress, Reason.NO_ARTICLE, "The container holds no page and no text.")
