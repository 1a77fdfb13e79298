"""Deleting a record: the record itself, the sources it was made from, and a line in the journal that tells every sink."""

from __future__ import annotations

import errno
import os
import sqlite3
from collections import defaultdict
from collections.abc import Collection, Iterator
from contextlib import nullcontext
from dataclasses import dataclass
from datetime import datetime

from ingest.service.composition import Service
from ingest.service.formats import JournalEntry
from ingest.service.spool import filenames, settled, timestamp
from ingest.service.spool.object_settled import find_settled


@dataclass(frozen=True, slots=True)
class Deleted:
    """What was done for one id. `found`: whether there was a record or a source; `kept`: containers that have other articles too, and stay."""

    id: str
    found: bool
    kept: tuple[str, ...] = ()


def delete_records(service: Service, ids: Collection[str]) -> Iterator[Deleted]:
    """Delete records by id, for good. A source goes with its record, or `ingest reclean` would make it again.

    The line is written last: a kill before it leaves a record that can be deleted again. Raises OSError.
    """
    lines: defaultdict[str, dict[str, JournalEntry]] = defaultdict(dict)
    for line in service.any_journal.lines():
        record_id = line.get("id")
        if record_id and record_id in ids and line.get("outcome") != "deleted":
            lines[record_id][line["token"]] = line
    for record_id in dict.fromkeys(ids):
        yield _delete(service, record_id, lines[record_id])


def _delete(service: Service, record_id: str, lines: dict[str, JournalEntry]) -> Deleted:
    in_folder = not service.settings.in_object_store
    paths = list(filter(None, (_source(service, token, line) for token, line in lines.items())))
    with service.journal.settling() if in_folder else nullcontext():
        for path in paths:
            service.any_spool.delete(path)
        found = service.store.delete(record_id) or bool(paths)
        _forget_story(service, record_id)
        if lines or found:
            service.any_journal.append(_entry(record_id, next(reversed(lines.values()), None)))
    return Deleted(
        record_id, found, tuple(dict.fromkeys(filter(None, (line.get("container") for line in lines.values()))))
    )


def _forget_story(service: Service, record_id: str) -> None:
    """Take it out of the index of stories, which has its fingerprint and what was told of it. Raises OSError."""
    if service.stories is None:
        return
    try:
        service.stories.delete(record_id)
    except sqlite3.Error as error:
        raise OSError(errno.EIO, f"the index of stories cannot be written: {error}", service.stories.path) from error


def _source(service: Service, token: str, line: JournalEntry) -> str | None:
    """The path of a settled source that is still kept."""
    if service.settings.in_object_store:
        return find_settled(service.object_spool, token, datetime.fromisoformat(line["time"]))
    return settled.find(service.spool, token)


def _entry(record_id: str, last: JournalEntry | None) -> JournalEntry:
    now = timestamp()
    return JournalEntry(
        time=now,
        received=now,
        name=last["name"] if last else "",
        id=record_id,
        publisher=last.get("publisher") if last else None,
        headline=None,
        language=None,
        published=None,
        words=None,
        words_removed=None,
        confidence=None,
        ms=None,
        stages=None,
        outcome="deleted",
        reason=None,
        claims_lost=None,
        container=last.get("container") if last else None,
        member=last.get("member") if last else None,
        offset=last.get("offset") if last else None,
        members=None,
        story=last.get("story") if last else None,
        token=filenames.new_token(),
        worker=os.uname().nodename,
    )
