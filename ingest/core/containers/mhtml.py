"""Pages as browsers save them: MHTML, and the single file of SingleFile."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ingest.core.containers.document import Document, no_text
from ingest.core.containers.mime import header, leaves, parse_message, payload_of
from ingest.core.containers.xml import known
from ingest.core.parse.decode import decode
from ingest.core.parse.encoding import SNIFFED_BYTES
from ingest.core.text.strings import absolute_url

if TYPE_CHECKING:
    from ingest.core.limits import Limits

_SINGLEFILE_URL = re.compile(r"Page saved with SingleFile\s+url:\s*(\S+)")


def read_mhtml(content: bytes, limits: Limits) -> Document:
    """The page of a web archive: its root part, which is the first in HTML."""
    del limits
    message = parse_message(content)
    pages = [part for part in leaves(message) if part.get_content_type() in {"text/html", "application/xhtml+xml"}]
    start = message.get_param("start")
    page = next((part for part in pages if start and part.get("Content-ID", "") == start), None) or next(
        iter(pages), None
    )
    payload = payload_of(page) if page is not None else b""
    if page is None or not payload.strip():
        raise no_text("a web archive without a page")
    text, encoding, _ = decode(payload, declared=page.get_content_charset())
    url = absolute_url(header(message, "Snapshot-Content-Location"), None) or absolute_url(
        header(page, "Content-Location"), None
    )
    return Document("mhtml", text, "text/html", known(url=url), encoding)


def read_singlefile(content: bytes, limits: Limits) -> Document:
    """A page that SingleFile saved: HTML whose first comment says where it was."""
    del limits
    text, encoding, _ = decode(content)
    found = _SINGLEFILE_URL.search(text, 0, SNIFFED_BYTES)
    return Document(
        "singlefile", text, "text/html", known(url=absolute_url(found[1] if found else None, None)), encoding
    )
