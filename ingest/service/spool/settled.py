"""Settled sources: `<outcome>/<day>/<xx>/<name>`, in shards that are real folders. Other files there are ignored."""

from __future__ import annotations

import errno
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from ingest.service.spool import filenames

if TYPE_CHECKING:
    from ingest.service.spool.root import Root

DAY = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_XX = re.compile(r"[0-9a-f]{2}")
_NO_FOLDER = frozenset({errno.ENOENT, errno.ENOTDIR, errno.ELOOP})


def sources(spool: Root, outcome: str) -> Iterator[str]:
    """Paths of the sources in `done` or `quarantine`, oldest day first."""
    for shard in shards(spool, outcome):
        for name in sorted(_listed(spool, shard)):
            if filenames.is_source(name):
                yield f"{shard}/{name}"


def shards(spool: Root, outcome: str) -> Iterator[str]:
    """The folders that hold them, oldest day first."""
    for day in _days(spool, outcome):
        for shard in sorted(filter(_XX.fullmatch, _listed(spool, f"{outcome}/{day}"))):
            yield f"{outcome}/{day}/{shard}"


def find(spool: Root, token: str) -> str | None:
    """The path of the settled source with this token, looked for from the newest day on."""
    for outcome in ("done", "quarantine"):
        for day in reversed(_days(spool, outcome)):
            if path := in_shard(spool, f"{outcome}/{day}/{token[21:23]}", token):
                return path
    return None


def in_shard(spool: Root, shard: str, token: str) -> str | None:
    """The same, looked for in one folder."""
    found = (name for name in _listed(spool, shard) if filenames.token_of(name) == token and filenames.is_source(name))
    return next((f"{shard}/{name}" for name in found), None)


def _days(spool: Root, outcome: str) -> list[str]:
    return sorted(filter(DAY.fullmatch, spool.listed(outcome)))


def _listed(spool: Root, folder: str) -> list[str]:
    try:
        return spool.listed(folder)
    except OSError as error:
        if error.errno not in _NO_FOLDER:
            raise
        return []
