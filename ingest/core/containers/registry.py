"""The formats that are read, each told by its content, never by its name."""

from __future__ import annotations

import io
from functools import partial
from importlib import import_module
from typing import TYPE_CHECKING, BinaryIO

from ingest.core.containers import HEAD_BYTES, Format, Member, Skipped
from ingest.core.containers.packed import DAMAGE, is_damage, is_packed, message_of, most_bytes, unpacked, unpacked_head
from ingest.core.limits import LIMITS, Limits
from ingest.errors import Reason, Rejected

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from ingest.core.containers import Part, Read, RefusedMember


def _lazy(module: str, function: str = "read") -> Read:
    """A reader whose module is imported when it is first used."""

    def read(stream: BinaryIO, limits: Limits, start: int = 0, **more: int) -> Iterator[Part]:
        reader: Read = getattr(import_module(f"ingest.core.containers.{module}"), function)
        return reader(stream, limits, start, **more)

    return read


def _asked(module: str, function: str, *beginnings: bytes) -> Callable[[bytes], bool]:
    """A `sniff` whose module is imported only for content that begins with one of these, after blanks."""

    def sniff(head: bytes) -> bool:
        if not head[:1024].lstrip(b" \t\r\n\xef\xbb\xbf").startswith(beginnings):
            return False
        return bool(getattr(import_module(f"ingest.core.containers.{module}"), function)(head))

    return sniff


def _is_warc(head: bytes) -> bool:
    return head.startswith((b"WARC/0.", b"WARC/1."))


def _is(name: str, head: bytes) -> bool:
    """Whether content is in a format of `documents`, and may hold several articles."""
    documents = import_module("ingest.core.containers.documents")
    return bool(documents.format_of(head) == name and documents.may_hold_several(name, head))


def _is_tar(head: bytes) -> bool:
    if head[257:262] != b"ustar" and not head[148:156].strip(b" \0").isdigit():
        return False
    return bool(import_module("ingest.core.containers.archive").is_tar(head))


FORMATS: tuple[Format, ...] = (
    Format("warc", "a WARC file", _is_warc, _lazy("warc"), unpacks=True),
    Format(
        "zip",
        "a ZIP archive",
        _asked("archive", "is_zip", b"PK"),
        _lazy("archive", "read_zip"),
        is_archive=True,
        needs_seek=True,
    ),
    Format("json", "JSON of pages", _asked("jsonl", "is_json_of_pages", b"{", b"["), _lazy("jsonl")),
    *(
        Format(name, title, partial(_is, name), _lazy(module, function))
        for name, title, module, function in (
            ("feed", "a feed", "feed", "split_feed"),
            ("newsml", "NewsML of several items", "newsml", "split_newsml"),
            ("newsml-g2", "a NewsML-G2 message", "newsml_g2", "split_newsml_g2"),
            ("ninjs", "several objects of ninjs", "ninjs", "split_ninjs"),
            ("iptc7901", "messages of a news wire (IPTC 7901)", "wire", "split_wire"),
            ("anpa1312", "messages of a news wire (ANPA 1312)", "wire", "split_wire"),
            ("mbox", "a mailbox", "mail", "split_mbox"),
        )
    ),
    Format("tar", "a TAR archive", _is_tar, _lazy("archive", "read_tar"), is_archive=True),
)
"""In order of priority: the first whose `sniff` says yes."""


def by_name(name: str) -> Format | None:
    """The format of this name."""
    return next((each for each in FORMATS if each.name == name), None)


def sniff(head: bytes, limits: Limits) -> Format | None:
    """The format of content that begins with `head`, unpacked; None: a page, a text, or nothing that is read."""
    head = head[:HEAD_BYTES]
    documents = import_module("ingest.core.containers.documents")
    if (name := documents.format_of(head)) is not None:
        return by_name(name) if documents.may_hold_several(name, head) else None
    if found := next((each for each in FORMATS if each.name not in documents.READERS and each.sniff(head)), None):
        return found
    if limits.json_fields and head.lstrip()[:1] in (b"{", b"["):
        from ingest.core.containers.jsonl import is_mapped  # noqa: PLC0415

        return by_name("json") if is_mapped(head, limits.json_fields) else None
    return None


def sniff_packed(head: bytes, limits: Limits) -> Format | None:
    """The same for the beginning of a source as it lies there, compressed or not."""
    if not is_packed(head):
        return sniff(head, limits)
    inner = unpacked_head(head)
    return sniff(inner, limits) if inner else None


def members(source: bytes | BinaryIO, *, limits: Limits = LIMITS) -> Iterator[Member | RefusedMember]:
    """The articles of a container (a WARC file, JSON Lines, an archive …), one after the other; `clean` takes each `Member`.

    `source`: its bytes, or a binary file that can seek, which is read as it is needed. Raises `Rejected` for what is no container
    (unsupported_format), and where what follows cannot be read; the members before stand.
    """
    stream = io.BytesIO(source) if isinstance(source, bytes) else source
    found = sniff_packed(stream.read(HEAD_BYTES), limits)
    stream.seek(0)
    if found is None or not found.holds_many:
        raise Rejected(
            Reason.UNSUPPORTED_FORMAT, "The file holds no articles in a form that is read; or it is one article."
        )
    for part in read(found, stream, limits):
        if not isinstance(part, Skipped):
            yield part


def read(
    found: Format, stream: BinaryIO, limits: Limits, *, start: int = 0, depth: int = 1, most: int | None = None
) -> Iterator[Part]:
    """The members of a container, compressed or not; `start`: as for `containers.Read`. `depth`: the archives around it, and itself;
    `most`: bytes that it may expand to, by its size unless given.

    Raises `Rejected` where what follows cannot be read, or where the container exceeds a limit.
    """
    if most is None:
        most = most_bytes(stream.seek(0, io.SEEK_END))
        stream.seek(0)
    reader = partial(found.read, depth=depth, most=most) if found.is_archive else found.read
    number = total = 0
    try:
        opened = stream if found.unpacks else unpacked(stream, _peek(stream), most)
        for part in reader(opened, limits, start):
            number += not isinstance(part, Skipped)
            if number > limits.members:
                raise Rejected(Reason.TOO_MANY_MEMBERS, f"The container has more than {limits.members:,} members.")
            total += len(part.content) if isinstance(part, Member) else 0
            if total > most:
                raise Rejected(Reason.TOO_LARGE, f"The container expands to more than {most >> 20} MiB.")
            yield part
    except DAMAGE as error:
        if not is_damage(error):
            raise
        raise Rejected(Reason.DAMAGED_CONTAINER, f"The container is cut off or damaged: {message_of(error)}.") from None


def _peek(stream: BinaryIO) -> bytes:
    if isinstance(stream, io.BufferedReader):
        return stream.peek(6)[:6]
    head = stream.read(6)
    stream.seek(0)
    return head
