"""Settled sources of an object spool, found by their token."""

from __future__ import annotations

from datetime import datetime, timedelta

from ingest.errors import TransientError
from ingest.service.spool import filenames
from ingest.service.spool.object_spool import ObjectSpool

_NEAR = (timedelta(0), timedelta(days=-1), timedelta(days=1))
"""Days beside that of the line: the store's clock and the machine's may differ about midnight."""


def find_settled(spool: ObjectSpool, token: str, at: datetime) -> str | None:
    """The path of the source with this token; `at`: the time of its line. Raises `TransientError`, also while it is on its way there."""
    if any(True for _ in spool.bucket.list(f"claimed/{token}")):
        raise TransientError(f"{token} has just been settled, and is being moved: try again in a minute")
    for folder in ("done", "quarantine"):
        for near in _NEAR:
            for entry in spool.bucket.list(f"{folder}/{at + near:%Y-%m-%d}/{token[21:23]}/{token}"):
                if filenames.is_source(entry.key.rpartition("/")[2]):
                    return entry.key
    return None
