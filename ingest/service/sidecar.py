"""The one reader of sidecars: `article.html.meta.json` beside an article holds a JSON object of claims about it."""

from __future__ import annotations

import errno
import json
import os
import stat
from typing import Any

from ingest.errors import Reason, Rejected

MAX_SIDECAR_BYTES = 2**20
"""A larger one is refused unread: claims take some hundred bytes, and 1 MiB of JSON takes 10 ms to read."""

_MAX_NUMBER_CHARACTERS = (
    300  # Python refuses to read integers of more than 4,300 digits, and no float has more than 310
)


def read_sidecar(path: str | os.PathLike[str], *, dir_fd: int | None = None) -> dict[str, Any] | None:
    """What the sidecar at `path` claims, None where none lies there; raises `Rejected` (invalid_claims) for what is no JSON
    object, OSError for what cannot be read. Links are not followed: they may lead anywhere.
    """
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, dir_fd=dir_fd)
    except OSError as error:
        if error.errno in {errno.ENOENT, errno.ENAMETOOLONG, errno.ENOTDIR}:  # then it cannot be there
            return None
        if error.errno in {errno.ELOOP, errno.ENXIO}:
            raise _invalid("The sidecar is a link or a device, no file.") from None
        raise
    with os.fdopen(handle, "rb") as file:
        if not stat.S_ISREG(os.fstat(handle).st_mode):
            raise _invalid("The sidecar is no regular file.")
        return parse_sidecar(file.read(MAX_SIDECAR_BYTES + 1))


def parse_sidecar(content: bytes) -> dict[str, Any]:
    """The claims that a sidecar's content makes, as sent; raises `Rejected` (invalid_claims) where it is no JSON object."""
    if len(content) > MAX_SIDECAR_BYTES:
        raise _invalid(f"The sidecar is larger than {MAX_SIDECAR_BYTES >> 20} MiB.")
    try:
        claims = json.loads(content, parse_int=_integer)
    except (ValueError, RecursionError) as error:
        raise _invalid(f"The sidecar is no JSON: {str(error)[:200]}.") from None
    if not isinstance(claims, dict):
        raise _invalid("The sidecar holds no JSON object.")
    return claims


def _integer(digits: str) -> int | float:
    return int(digits) if len(digits) <= _MAX_NUMBER_CHARACTERS else float("inf")  # which no field and no `extra` takes


def _invalid(message: str) -> Rejected:
    return Rejected(Reason.INVALID_CLAIMS, message)
