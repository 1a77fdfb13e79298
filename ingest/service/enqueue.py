"""`enqueue` and `enqueue_many`: from Python into the spool, with the record's id at once."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterable, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal, Required, TypedDict

from ingest.core.containers import HEAD_BYTES
from ingest.core.containers.registry import sniff_packed
from ingest.core.metadata.given import plain_claims
from ingest.core.model import RawArticle
from ingest.core.parse.decode import unpack
from ingest.core.text.characters import is_url
from ingest.errors import Rejected
from ingest.service.composition import Service
from ingest.service.environment import load_settings
from ingest.service.settings import Settings
from ingest.service.spool import filenames
from ingest.service.ticket import Ticket, open_cached

log = logging.getLogger(__name__)

PUBLISHED_TICKETS = 500
"""Tickets of `enqueue_many` that are queued at once."""

Source = bytes | str | os.PathLike[str]
"""A raw article: its bytes, or the path of its file."""


class Submission(TypedDict, total=False):
    """The arguments of `enqueue` for one article."""

    source: Required[Source]
    url: str | None
    name: str | None
    claims: Mapping[str, Any] | None


def enqueue(
    source: Source,
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
    settings = settings or load_settings()
    submission = Submission(source=source, url=url, name=name, claims=claims)
    ticket = _deposit(submission, settings, replace=on_duplicate == "replace")
    publish(settings, [ticket.path])
    return ticket


def enqueue_many(
    submissions: Iterable[Source | Submission],
    *,
    on_duplicate: Literal["skip", "replace"] = "skip",
    settings: Settings | None = None,
) -> list[Ticket | Rejected]:
    """Hand many raw articles over, and queue them in batches: bytes, paths, or mappings with the arguments of `enqueue`.

    Gives, for each and in order, its ticket, or `Rejected` for one that cannot be unpacked. Raises what `enqueue` raises; what came
    before is in the spool then and will be settled. The iterable is read as it is needed.
    """
    settings = settings or load_settings()
    given: list[Ticket | Rejected] = []
    waiting: list[str] = []
    try:
        for submission in submissions:
            whole = submission if isinstance(submission, dict) else Submission(source=submission)
            try:
                ticket = _deposit(whole, settings, replace=on_duplicate == "replace")
            except Rejected as rejected:
                given.append(rejected)
                continue
            given.append(ticket)
            waiting.append(ticket.path)
            if len(waiting) == PUBLISHED_TICKETS:
                publish(settings, waiting)
                waiting = []
    finally:
        publish(settings, waiting)
    return given


def _deposit(submission: Submission, settings: Settings, *, replace: bool) -> Ticket:
    source, name = submission["source"], submission.get("name")
    if not isinstance(source, bytes) and is_url(source):
        raise ValueError(f"{source} is an address: fetch it first, then give the file or its bytes")
    content = source if isinstance(source, bytes) else Path(source).read_bytes()
    if name is None:
        name = "article" if isinstance(source, bytes) else os.path.basename(source)
    found = sniff_packed(content[:HEAD_BYTES], settings.limits)
    is_container = found is not None and found.holds_many  # its members have ids of their own
    record_id = RawArticle(content if is_container else unpack(content, limit=settings.max_unpacked)).id
    given = plain_claims(submission.get("url"), submission.get("claims"))
    path = _open_prepared(settings).any_spool.deposit(content, name=name, claims=given, replace=replace)
    return Ticket(record_id, path, settings)


def publish(settings: Settings, paths: list[str]) -> bool:
    """Queue claimed sources, if there is a broker; False if it is away, which loses nothing."""
    if settings.broker is None or not paths:
        return True
    from ingest.service.broker import BROKER_ERRORS, describe_error  # noqa: PLC0415 - celery, for those who have a broker

    try:
        open_cached(settings).broker.publish(filenames.tickets(paths))
    except BROKER_ERRORS as error:
        log.warning("the watcher will queue %d tickets later: %s", len(paths), describe_error(settings, error))
        return False
    return True


@lru_cache(maxsize=8)
def _open_prepared(settings: Settings) -> Service:
    service = open_cached(settings)
    service.any_spool.prepare()
    return service
