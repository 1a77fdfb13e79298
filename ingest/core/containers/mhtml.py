"""Pages as browsers save them: MHTML, and the single file of SingleFile."""

from __future__ import annotations

import re
from email import message_from_bytes, policy
from typing import TYPE_CHECKING

from ingest.core.containers.document import Document, no_text
from ingest.core.containers.xml import known
from ingest.core.model import Rejected
from ingest.core.parse.decode import decode
from ingest.core.parse.encoding import SNIFFED_BYTES
from ingest.core.text.strings import absolute_url
from ingest.errors import Reason

if TYPE_CHECKING:
    from email.message import EmailMessage, MIMEPart

    from ingest.core.limits import Limits

MAX_PARTS = 20_000
"""Parts of a saved page: each picture and frame is one."""
_SINGLEFILE_URL = re.compile(r"Page saved with SingleFile\s+url:\s*(\S+)")


def read_mhtml(content: bytes, limits: Limits) -> Document:
    """The page of a web archive: its root part, which is the first in HTML."""
    del limits
    message: EmailMessage = message_from_bytes(content.lstrip(b"\xef\xbb\xbf \t\r\n"), policy=policy.default)
    pages = [part for part in _leaves(message) if part.get_content_type() in {"text/html", "application/xhtml+xml"}]
    start = message.get_param("start")
    page = next((part for part in pages if start and part.get("Content-ID", "") == start), None) or next(
        iter(pages), None
    )
    payload = page.get_payload(decode=True) if page is not None else None
    if page is None or not isinstance(payload, bytes) or not payload.strip():
        raise no_text("a web archive without a page")
    charset = page.get_content_charset()
    text, encoding = None, ""
    if charset:
        try:
            text, encoding = payload.decode(charset), charset.lower()
        except (LookupError, ValueError):
            text = None
    if text is None:
        text, encoding, _ = decode(payload)
    url = absolute_url(str(message.get("Snapshot-Content-Location", "")), None) or absolute_url(
        str(page.get("Content-Location", "")), None
    )
    return Document("mhtml", text, "text/html", known(url=url), encoding)


def _leaves(message: EmailMessage) -> list[MIMEPart]:
    found: list[MIMEPart] = []
    stack: list[MIMEPart] = [message]
    while stack:
        part = stack.pop()
        if part.get_content_maintype() == "multipart" and part.is_multipart():
            stack += list(part.iter_parts())[::-1]
        else:
            found.append(part)
        if len(found) + len(stack) > MAX_PARTS:
            raise Rejected(Reason.TOO_LARGE, f"The web archive has more than {MAX_PARTS} parts.")
    return found


def read_singlefile(content: bytes, limits: Limits) -> Document:
    """A page that SingleFile saved: HTML whose first comment says where it was."""
    del limits
    text, encoding, _ = decode(content)
    found = _SINGLEFILE_URL.search(text, 0, SNIFFED_BYTES)
    return Document(
        "singlefile", text, "text/html", known(url=absolute_url(found[1] if found else None, None)), encoding
    )
