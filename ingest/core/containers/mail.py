"""Mail: press releases and newsletters, alone or in a mailbox. Attachments are named and not read."""

from __future__ import annotations

import re
from email.utils import parseaddr
from typing import TYPE_CHECKING, Any

from ingest.core.containers import Member, RefusedMember
from ingest.core.containers.codes import announced, moment
from ingest.core.containers.document import Document, no_text, several
from ingest.core.containers.mime import file_name, header, leaves, parse_message, payload_of
from ingest.core.containers.xml import known
from ingest.core.metadata.authors import looks_like_person
from ingest.core.model import Rejected
from ingest.core.parse.encoding import decode_bytes
from ingest.core.text.strings import registered_domain
from ingest.errors import Reason

if TYPE_CHECKING:
    from collections.abc import Iterator
    from email.message import Message
    from typing import BinaryIO

    from ingest.core.limits import Limits

MIN_NAME_LETTERS = 4
"""Letters of a word of the sender's name that shows, within its domain, that the name is an organisation's."""
MAX_ATTACHMENTS = 100
"""Attachments that are named."""

_FORWARDED = re.compile(r"(?:(?:re|aw|fwd?|wg|tr|rv|enc|i)\s*(?:\[\d+\])?\s*:\s*)+", re.IGNORECASE)
_FREE_HOSTS = frozenset({
    "aol.com", "gmail.com", "gmx.de", "gmx.net", "googlemail.com", "hotmail.com", "icloud.com", "live.com", "mail.ru", "me.com", "msn.com",
    "outlook.com", "proton.me", "protonmail.com", "qq.com", "web.de", "yahoo.com", "yandex.ru", "163.com", "126.com", "naver.com",
})  # fmt: skip
"""Hosts of mail for everybody: their domain says nothing of the sender."""
_HOST = re.compile(r"[\w-]+(?:\.[\w-]+)+")
_MBOX_LINE = re.compile(rb"From \S+ +(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun) ")
_QUOTED_FROM = re.compile(rb"^>(>*From )", re.MULTILINE)


def read_mail(content: bytes, limits: Limits) -> Document:
    """The article of one mail; raises `Rejected` where it has no text."""
    del limits
    message = parse_message(content)
    parts = leaves(message)
    text, is_html, encoding = _text(parts)
    attachments = [_named(part) for part in parts if _is_attachment(part)][:MAX_ATTACHMENTS]
    subject = header(message, "Subject") or ""
    headline = _FORWARDED.sub("", subject, count=1).strip()
    claims = known(
        headline=headline,
        published=moment((header(message, "Date") or "").partition("(")[0]),
        language=(header(message, "Content-Language") or "").partition(",")[0],
        publisher=_publisher(message),
        status=announced(title=headline) or (None if is_html else announced(title=text[:200])),
        item=known(id=(header(message, "Message-ID") or "").strip("<> ")),
    )
    return Document(
        "mail",
        text,
        "text/html" if is_html else "text/plain",
        claims,
        encoding,
        extra={"attachments": attachments} if attachments else {},
    )


def read_mbox(content: bytes, limits: Limits) -> Document:
    """The article of a mailbox with one mail."""
    from io import BytesIO  # noqa: PLC0415

    messages = split_mbox(BytesIO(content), limits)
    only = next(messages, None)
    if only is None:
        raise no_text("a mailbox without a mail")
    if next(messages, None) is not None:
        raise several("a mailbox")
    if isinstance(only, RefusedMember):
        raise Rejected(only.reason, only.message)
    return read_mail(only.content, limits)


def split_mbox(stream: BinaryIO, limits: Limits, start: int = 0) -> Iterator[Member | RefusedMember]:
    """The mails of a mailbox, one at a time; a line "From … Mon …" after an empty line begins each."""
    if start:
        stream.seek(start)
    lines: list[bytes] = []
    size, begun, at, number, blank = 0, start, start, 0, True
    for line in stream:
        if blank and _MBOX_LINE.match(line):
            if lines:
                number += 1
                yield _member(lines, size, limits, number, begun)
            lines, size, begun = [], 0, at
        elif size <= limits.unpacked_bytes:
            lines.append(line)
            size += len(line)
        at += len(line)
        blank = not line.strip()
    if lines:
        yield _member(lines, size, limits, number + 1, begun)


def _member(lines: list[bytes], size: int, limits: Limits, number: int, begun: int) -> Member | RefusedMember:
    """A mail of a mailbox. Its identifier stands among its first lines."""
    content = _QUOTED_FROM.sub(rb"\1", b"".join(lines))
    found = re.search(rb"^message-id:\s*<?([!-=?-~]{1,200})>?", content[:16_384], re.IGNORECASE | re.MULTILINE)
    name = found[1].decode("ascii", "replace") if found else str(number)
    if size > limits.unpacked_bytes:
        message = f"The mail is larger than {limits.unpacked_bytes / 2**20:.3g} MiB."
        return RefusedMember(name, Reason.TOO_LARGE, message, offset=begun)
    return Member(content, name, offset=begun)


def _is_attachment(part: Message) -> bool:
    return (
        part.get_content_disposition() == "attachment" or bool(file_name(part)) or part.get_content_maintype() != "text"
    )


def _text(parts: list[Message]) -> tuple[str, bool, str]:
    """(text, whether it is HTML, encoding) of the part for readers: HTML before text."""
    bodies = [part for part in parts if not _is_attachment(part)]
    for kind in ("text/html", "text/plain"):
        texts = [_decoded(part) for part in bodies if part.get_content_type() == kind]
        texts = [text for text in texts if text[0].strip()]
        if texts:
            return (
                ("\n\n" if kind == "text/plain" else "\n").join(text for text, _ in texts),
                kind == "text/html",
                texts[0][1],
            )
    raise no_text("a mail without a text")


def _decoded(part: Message) -> tuple[str, str]:
    """(text, encoding), by the declared charset where the bytes do not show another."""
    raw = payload_of(part)
    if not raw.strip():
        return "", "utf-8"
    read = decode_bytes(raw, part.get_content_charset())
    return read.text, read.encoding


def _publisher(message: Message) -> dict[str, Any]:
    """The organisation that sends it: as it calls itself where it is no person, and the domain of its address."""
    name, address = parseaddr(header(message, "From") or "")
    host = _HOST.fullmatch(address.rpartition("@")[2])
    domain = registered_domain(f"https://{host[0]}/") if host and "@" in address else None
    organisation = header(message, "Organization")
    is_own = any(len(word) >= MIN_NAME_LETTERS and word in (domain or "") for word in name.lower().split())
    named = organisation or (name if name and "@" not in name and (is_own or not looks_like_person(name)) else None)
    return known(name=named, domain=None if domain in _FREE_HOSTS else domain)


def _named(part: Message) -> dict[str, Any]:
    return known(name=file_name(part), media_type=part.get_content_type(), bytes=len(payload_of(part)))
