"""URLs as strict parsers require them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import quote, urlsplit

if TYPE_CHECKING:
    from ingest.core.record import Record

_UNRESERVED = "!$&'()*+,;=:@/~-._%"
_STRAY = re.compile(r"%(?![0-9A-Fa-f]{2})")


def article_uri(record: Record) -> str:
    """The article's own URI: its URL, or the digest of its content (the "nih" scheme of RFC 6920)."""
    return (to_uri(record.url) if record.url else None) or content_uri(record.id)


def content_uri(record_id: str) -> str:
    """The URI of the content with this id (the "nih" scheme of RFC 6920)."""
    return f"nih:sha-256;{record_id}"


def to_uri(url: str) -> str | None:
    """A URL with its host in ASCII and everything escaped that RFC 3986 does not allow; None if it cannot be repaired.

    Pages contain URLs with Cyrillic letters, brackets and bare percent signs; validators of "format: uri" refuse those.
    """
    try:
        parts = urlsplit(url)
        host = (parts.hostname or "").encode("idna").decode()
        port = f":{parts.port}" if parts.port else ""
    except ValueError:  # a port that is not a number, half an IPv6 address, a label of more than 63 characters
        return None
    if not re.fullmatch(r"[a-z0-9._-]+", host):
        return None
    path, query = (quote(_STRAY.sub("%25", part), safe=_UNRESERVED) for part in (parts.path, parts.query))
    return f"{parts.scheme}://{host}{port}{path}" + (f"?{query.replace('%3F', '?')}" if query else "")
