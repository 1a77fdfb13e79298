"""`enqueue`: from Python into the spool, with the record's id at once."""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

from ingest.core.metadata.given import plain_claims
from ingest.core.model import RawArticle, Ticket
from ingest.core.parse.decode import unpack
from ingest.core.text.characters import is_url
from ingest.service.composition import Service, open_service
from ingest.service.environment import load_settings
from ingest.service.formats import JournalEntry
from ingest.service.settings import Settings
from ingest.service.spool import filenames

log = logging.getLogger(__name__)


def enqueue(
    source: bytes | str | os.PathLike[str],
    *,
    url: str | None = None,
    name: str | None = None,
    claims: Mapping[str, Any] | None = None,
    on_duplicate: Literal["skip", "replace"] = "skip",
    settings: Settings | None = None,
) -> Ticket:
    """Hand one raw article over: bytes, or the path of a file, which is copied and stays where it is.

    When this returns, the article is durable in the spool and will be settled, even if the broker cannot be reached now: the
    watcher (`ingest watch`, `ingest up`) queues what is in the spool. Settings are the environment's unless given.
    Of `claims` what `clean` says holds: who cleans leaves out what cannot be used, and the record's provenance names it.
    Raises `Rejected` for what cannot be unpacked, OSError for what cannot be read or stored, TypeError for a `url` that is no
    string and for `claims` that JSON has no form for, ValueError for an address.
    """
    if not isinstance(source, bytes) and is_url(source):
        raise ValueError(f"{source} is an address: fetch it first, then give the file or its bytes")
    settings = settings or load_settings()
    content = source if isinstance(source, bytes) else Path(source).read_bytes()
    if name is None:
        name = "article" if isinstance(source, bytes) else os.path.basename(source)
    record_id = RawArticle(unpack(content, limit=settings.max_unpacked)).id
    given = plain_claims(url, claims)
    path = _open_prepared(settings).spool.deposit(content, name=name, claims=given, replace=on_duplicate == "replace")
    publish(settings, [path])
    return Ticket(record_id, path)


def publish(settings: Settings, paths: list[str]) -> bool:
    """Queue claimed sources, if there is a broker; False if it is away, which loses nothing."""
    if settings.broker is None:
        return True
    from ingest.service.broker import BROKER_ERRORS, describe_error  # noqa: PLC0415 - celery, for those who have a broker

    try:
        _open(settings).broker.publish(filenames.tickets(paths))
    except BROKER_ERRORS as error:
        log.warning("the watcher will queue %d tickets later: %s", len(paths), describe_error(settings, error))
        return False
    return True


def wait(ticket: Ticket, *, settings: Settings | None = None, timeout: float = 600.0) -> JournalEntry | None:
    """The journal's line of a ticket, once it has one; None when the time is over. Looks twice a second.

    Raises `NotInSpool` for a ticket that is none.
    """
    settings = settings or load_settings()
    service = _open(settings)
    token = filenames.token_of(filenames.split_ticket(ticket.path)[1])
    until = time.monotonic() + timeout
    while time.monotonic() < until:
        if not service.spool.holds(ticket.path):
            for line in reversed(service.journal.tail(1 << 20)):
                if line.get("token") == token:
                    return line
        time.sleep(0.5)
    return None


@lru_cache(maxsize=8)
def _open(settings: Settings) -> Service:
    return open_service(settings)


@lru_cache(maxsize=8)
def _open_prepared(settings: Settings) -> Service:
    service = _open(settings)
    service.spool.prepare()
    return service
