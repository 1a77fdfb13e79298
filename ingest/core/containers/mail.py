"""Mail: press releases and newsletters, alone or in a mailbox. Attachments are named and not read."""

from __future__ import annotations

import re
from email import message_from_bytes, policy
from email.utils import parseaddr
from typing import TYPE_CHECKING, Any

from ingest.core.containers import Member, RefusedMember
from ingest.core.containers.codes import moment
from ingest.core.containers.document import Document, no_text, several
from ingest.core.containers.xml import known
from ingest.core.metadata.authors import looks_like_person
from ingest.core.model import Rejected
from ingest.core.parse.double_encoding import mend_double_encoding
from ingest.core.parse.encoding import decode_bytes
from ingest.core.text.characters import to_single_line
from ingest.core.text.strings import registered_domain
from ingest.errors import Reason

if TYPE_CHECKING:
    from collections.abc import Iterator
    from email.message import EmailMessage, MIMEPart
    from typing import BinaryIO

    from ingest.core.limits import Limits

MAX_PARTS = 1_000
"""Parts of a message; a newsletter has at most some 100, a bomb as many as it likes."""
MIN_NAME_LETTERS = 4
"""Letters of a word of the sender's name that shows, within its domain, that the name is an organisation's."""
MAX_ATTACHMENTS = 100
"""Attachments that are named."""

_FORWARDED = re.compile(r"(?:(?:re|aw|fwd?|wg|tr|rv|enc|i)\s*(?:\[\d+\])?\s*:\s*)+", re.IGNORECASE)
_EMBARGO = re.compile(r"\W*(?:(?:under|strictly)\s+)?(?:EMBARGO(?:ED)?|SPERRFRIST)\b", re.IGNORECASE)
_FREE_HOSTS = frozenset({
    "aol.com", "gmail.com", "gmx.de", "gmx.net", "googlemail.com", "hotmail.com", "icloud.com", "live.com", "mail.ru", "me.com", "msn.com",
    "outlook.com", "proton.me", "protonmail.com", "qq.com", "web.de", "yahoo.com", "yandex.ru", "163.com", "126.com", "naver.com",
})  # fmt: skip
"""Hosts of mail for everybody: their domain says nothing of the sender."""
_MBOX_LINE = re.compile(rb"From \S+ +(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun) ")
_QUOTED_FROM = re.compile(rb"^>(>*From )", re.MULTILINE)


def read_mail(content: bytes, limits: Limits) -> Document:
    """The article of one mail; raises `Rejected` where it has no text."""
    del limits
    # The standard parser wants header lines from the first byte on.
    message: EmailMessage = message_from_bytes(content.lstrip(b"\xef\xbb\xbf \t\r\n"), policy=policy.default)
    parts = _parts(message)
    text, is_html, encoding = _text(parts)
    attachments = [_named(part) for part in parts if _is_attachment(part)][:MAX_ATTACHMENTS]
    subject = _header(message, "Subject") or ""
    headline = _FORWARDED.sub("", subject, count=1).strip()
    claims = known(
        headline=headline,
        published=moment(str(message.get("Date", "")).partition("(")[0]),
        language=(_header(message, "Content-Language") or "").partition(",")[0],
        publisher=_publisher(message),
        status="embargoed" if _EMBARGO.match(headline) or _EMBARGO.match(text[:200]) else None,
        item=known(id=(_header(message, "Message-ID") or "").strip("<> ")),
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
    return Member(content, name, offset=begun, is_article=True)


def _parts(message: EmailMessage) -> list[MIMEPart]:
    """The parts that hold no parts; what a forwarded message holds belongs to that."""
    found: list[MIMEPart] = []
    stack: list[MIMEPart] = [message]
    while stack:
        part = stack.pop()
        if part.is_multipart() and part.get_content_maintype() == "multipart":
            stack += list(part.iter_parts())[::-1]
        else:
            found.append(part)
        if len(found) + len(stack) > MAX_PARTS:
            raise Rejected(Reason.TOO_LARGE, f"The mail has more than {MAX_PARTS} parts.")
    return found


def _is_attachment(part: MIMEPart) -> bool:
    return part.is_attachment() or bool(part.get_filename()) or part.get_content_maintype() != "text"


def _text(parts: list[MIMEPart]) -> tuple[str, bool, str]:
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


def _decoded(part: MIMEPart) -> tuple[str, str]:
    """(text, encoding): by the declared charset where it fits the bytes, else as any other file."""
    payload = part.get_payload(decode=True)
    raw = payload if isinstance(payload, bytes) else b""
    charset = part.get_content_charset()
    if charset:
        try:
            return raw.decode(charset), charset.lower()
        except (LookupError, ValueError):
            pass
    if not raw.strip():
        return "", "utf-8"
    read = decode_bytes(raw)
    return read.text, read.encoding


def _header(message: EmailMessage, name: str) -> str | None:
    try:
        text, _ = mend_double_encoding(str(message.get(name, "")))
        return to_single_line(text) or None
    except (ValueError, IndexError, AttributeError):  # the standard parser of headers has faults on damaged ones
        return None


def _publisher(message: EmailMessage) -> dict[str, Any]:
    """The organisation that sends it: as it calls itself where it is no person, and the domain of its address."""
    name, address = parseaddr(_header(message, "From") or "")
    domain = registered_domain(f"https://{address.rpartition('@')[2]}/") if "@" in address else None
    organisation = _header(message, "Organization")
    is_own = any(len(word) >= MIN_NAME_LETTERS and word in (domain or "") for word in name.lower().split())
    named = organisation or (name if name and "@" not in name and (is_own or not looks_like_person(name)) else None)
    return known(name=named, domain=None if domain in _FREE_HOSTS else domain)


def _named(part: MIMEPart) -> dict[str, Any]:
    payload = part.get_payload(decode=True) if not part.is_multipart() else None
    return known(
        name=to_single_line(part.get_filename() or ""),
        media_type=part.get_content_type(),
        bytes=len(payload) if isinstance(payload, bytes) else None,
    )
