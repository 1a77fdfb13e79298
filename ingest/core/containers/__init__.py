"""One source may hold many articles: WARC, JSON Lines, archives. A reader turns its bytes into members, one after the other.

A reader is pure over the stream that it is given: it opens nothing, holds one member at a time, and counts on nothing that the
container says of itself, such as lengths. `registry` has the formats and tells them by their content.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Literal

from ingest.errors import Reason

HEAD_BYTES = 1 << 16
"""Bytes of a source, unpacked, by which its format is told."""

HTTP_HEADERS = ("content-language", "link", "tdm-policy", "tdm-reservation", "x-robots-tag")
"""Headers of a page's HTTP response that say something about the article."""


@dataclass(frozen=True, slots=True)
class Member:
    """One article of a container, as bytes of a page or a text, and what its format says about it."""

    content: bytes
    member: str
    """Its identifier within the container: a record id, a path, a number. Not unique in careless containers."""
    name: str | None = None
    """Its file name, where it has one."""
    offset: int | None = None
    """Where it begins: bytes from the beginning of the container, unpacked if it is packed as a whole. A reader that is given it as
    `start` begins with this member; None where the reader cannot begin anywhere but at the beginning."""
    url: str | None = None
    """Where it was fetched or published: a claim of origin "format"."""
    claims: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))
    """Fields of the record in the shapes that a sidecar may use, as JSON values: claims of origin "format"."""
    headers: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    """Those of `HTTP_HEADERS` that came with it, by lower-case name."""
    encoding: str | None = None
    """The encoding that its transport declared: a label such as "utf-8"; believed before what the page declares itself."""
    media_type: Literal["text/html", "text/plain"] | None = None
    """Of the content, where the reader made it or knows it for certain; None: it is found out from the content."""
    fetched: str | None = None
    """When it was fetched, RFC 3339; no claim about the article."""


@dataclass(frozen=True, slots=True)
class RefusedMember:
    """A member that cannot be handed out as bytes: encrypted, damaged, larger than the limits, nested too deep."""

    member: str
    reason: Reason
    message: str
    name: str | None = None
    offset: int | None = None


@dataclass(frozen=True, slots=True)
class Skipped:
    """A long part of the container without an article has been read, so that its caller can do something else for a moment.

    `offset`: a reader that is given it as `start` goes on from here.
    """

    offset: int


Part = Member | RefusedMember | Skipped
"""What a reader gives."""

Read = Callable[..., Iterator[Part]]
"""`read(stream, limits, start)`. Reads a stream from `start`: 0, or the `offset` of a member that an earlier reading gave. Raises `Rejected` where what follows
cannot be read (`damaged_container`) or exceeds a limit of the container; the members before it stand."""


@dataclass(frozen=True, slots=True)
class Format:
    """A format. `sniff` is given up to `HEAD_BYTES` from the beginning of the unpacked content."""

    name: str
    title: str
    """For people: "a WARC file"."""
    sniff: Callable[[bytes], bool]
    read: Read
    holds_many: bool = True
    """False: a source of this format is one article, which `clean` reads itself."""
    is_archive: bool = False
    """Its members may be containers themselves; its reader takes `depth`, the archives around it and itself."""
    unpacks: bool = False
    """Its reader is given the stream as it is, compressed or not."""
    needs_seek: bool = False
    """Its reader goes back in the stream: inside an archive it is given the whole content."""
