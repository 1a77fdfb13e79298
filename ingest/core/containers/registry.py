"""The formats that are read, each told by its content, never by its name."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, BinaryIO

from ingest.core.containers import HEAD_BYTES, Format

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ingest.core.containers import Member, Read, RefusedMember
    from ingest.core.limits import Limits


def _lazy(module: str, function: str = "read") -> Read:
    """A reader whose module is imported when it is first used."""

    def read(stream: BinaryIO, limits: Limits, start: int = 0) -> Iterator[Member | RefusedMember]:
        reader: Read = getattr(import_module(f"ingest.core.containers.{module}"), function)
        return reader(stream, limits, start)

    return read


FORMATS: tuple[Format, ...] = ()
"""In order of priority: the first whose `sniff` says yes."""


def sniff(head: bytes) -> Format | None:
    """The format of a source that begins with `head`, unpacked; None: a page, a text, or nothing that is read."""
    return next((each for each in FORMATS if each.sniff(head[:HEAD_BYTES])), None)
