"""Messages in MIME: what mail and saved pages have in common, within bounds.

The standard library's parser is asked for the older of its policies: the newer reads a header by a grammar that takes the square of its
length (5,000 parameters: 5 s) and fails on some damaged ones.
"""

from __future__ import annotations

import re
from email import message_from_bytes
from email.errors import MessageError
from email.header import decode_header, make_header
from typing import TYPE_CHECKING

from ingest.core.model import Rejected
from ingest.core.parse.double_encoding import mend_double_encoding
from ingest.core.text.characters import to_single_line
from ingest.errors import Reason

if TYPE_CHECKING:
    from email.message import Message

MAX_PARTS = 10_000
"""Parts of a message: a newsletter has some 100, a saved page one for each picture and frame; more of them take the parser seconds."""
MAX_HEADER_BYTES = 1 << 18
"""Bytes of the headers of a message, which have some 10 KB."""
MAX_FIELD_CHARACTERS = 4_000
"""Characters of a header field that are looked at."""

_END_OF_HEADERS = re.compile(rb"\r?\n\r?\n")


def parse_message(content: bytes) -> Message:
    """The message; raises `Rejected` (too_large, damaged_format) where it is none to read."""
    content = content.lstrip(b"\xef\xbb\xbf \t\r\n")  # the parser wants a header in the first line
    end = _END_OF_HEADERS.search(content)
    if (end.start() if end else len(content)) > MAX_HEADER_BYTES:
        raise Rejected(Reason.TOO_LARGE, f"The headers of the message are larger than {MAX_HEADER_BYTES >> 10} KiB.")
    if content.count(b"\n--") > MAX_PARTS:
        raise _too_many_parts()
    try:
        return message_from_bytes(content)
    except RecursionError:
        raise Rejected(Reason.DAMAGED_FORMAT, "The message has parts inside each other without end.") from None


def leaves(message: Message) -> list[Message]:
    """The parts that hold no parts, in order; what a forwarded message holds belongs to that."""
    found: list[Message] = []
    stack = [message]
    while stack:
        part = stack.pop()
        payload = part.get_payload() if part.is_multipart() else None
        if part.get_content_maintype() == "multipart" and isinstance(payload, list):
            stack += [each for each in payload if not isinstance(each, str)][::-1]
        else:
            found.append(part)
        if len(found) + len(stack) > MAX_PARTS:
            raise _too_many_parts()
    return found


def _too_many_parts() -> Rejected:
    return Rejected(Reason.TOO_LARGE, f"The message has more than {MAX_PARTS:,} parts.")


def payload_of(part: Message) -> bytes:
    """The bytes of a part, without its transfer encoding; none of one that holds others."""
    try:
        payload = None if part.is_multipart() else part.get_payload(decode=True)
    except (ValueError, LookupError):  # a charset with a null character
        return b""
    return payload if isinstance(payload, bytes) else b""


def header(part: Message, name: str) -> str | None:
    """A header field on one line, its encoded words read."""
    written = str(part.get(name, ""))[:MAX_FIELD_CHARACTERS]
    try:
        text = str(make_header(decode_header(written)))
    except (ValueError, LookupError, MessageError):  # of a charset that nobody knows, or cut within a word
        text = written
    text = text.encode("utf-8", "surrogateescape").decode("utf-8", "replace")  # bytes that were not encoded at all
    return to_single_line(mend_double_encoding(text)[0]) or None


def file_name(part: Message) -> str | None:
    """The name under which a part is attached."""
    try:
        name = part.get_filename()
        return to_single_line(str(make_header(decode_header(name[:MAX_FIELD_CHARACTERS])))) or None if name else None
    except (ValueError, LookupError, MessageError):
        return None
