"""Where settled sources lie: `<fate>/<day>/<xx>/`, in shelves of real folders. What else lies there is none of ours."""

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


def sources(spool: Root, fate: str) -> Iterator[str]:
    """Paths of the sources in `done` or `quarantine`, oldest day first."""
    for shelf in shelves(spool, fate):
        for name in sorted(_listed(spool, shelf)):
            if filenames.is_source(name):
                yield f"{shelf}/{name}"


def shelves(spool: Root, fate: str) -> Iterator[str]:
    """The folders that hold them, oldest day first."""
    for day in _days(spool, fate):
        for shelf in sorted(filter(_XX.fullmatch, _listed(spool, f"{fate}/{day}"))):
            yield f"{fate}/{day}/{shelf}"


def find(spool: Root, token: str) -> str | None:
    """The path of the settled source with this token, looked for from the newest day on."""
    for fate in ("done", "quarantine"):
        for day in reversed(_days(spool, fate)):
            if path := in_shelf(spool, f"{fate}/{day}/{token[21:23]}", token):
                return path
    return None


def in_shelf(spool: Root, shelf: str, token: str) -> str | None:
    """The same, looked for in one folder."""
    found = (name for name in _listed(spool, shelf) if filenames.token_of(name) == token and filenames.is_source(name))
    return next((f"{shelf}/{name}" for name in found), None)


def _days(spool: Root, fate: str) -> list[str]:
    return sorted(filter(DAY.fullmatch, spool.listed(fate)))


def _listed(spool: Root, folder: str) -> list[str]:
    try:
        return spool.listed(folder)
    except OSError as error:
        if error.errno not in _NO_FOLDER:
            raise
        return []
