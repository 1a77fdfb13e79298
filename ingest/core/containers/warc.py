"""WARC files (ISO 28500) by FastWARC: pages in `response` and `resource` records, texts in `conversion` records (WET)."""

from __future__ import annotations

import io
import re
from itertools import count, islice
from typing import TYPE_CHECKING, Any, BinaryIO

from fastwarc.warc import ArchiveIterator, WarcRecordType

from ingest.core.containers import HTTP_HEADERS, Member, RefusedMember, Skipped
from ingest.core.containers.http_body import decoded_body
from ingest.core.containers.packed import DAMAGE, is_damage, is_packed, message_of, most_bytes, unpacked
from ingest.errors import Reason, Rejected

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ingest.core.containers import Part
    from ingest.core.limits import Limits

SKIPPED_BYTES = 16 << 20
"""Bytes without an article after which a caller is told: a tenth of a second to a second."""
_ARTICLES = int(WarcRecordType.response | WarcRecordType.resource | WarcRecordType.conversion)
_HTML = frozenset({"text/html", "application/xhtml+xml"})
_OK_STATUSES = frozenset({200, 203})
"""Of HTTP responses with the page that was asked for; others are redirects, error pages and parts."""
_CHARSET = re.compile(r"charset\s*=\s*[\"']?([\w:.-]{1,40})", re.IGNORECASE)
_PAGE_START = re.compile(rb"\s*<(?:!doctype\s+html|html|head|\?xml)", re.IGNORECASE)


def read(stream: BinaryIO, limits: Limits, start: int = 0) -> Iterator[Part]:
    """The pages and texts of a WARC file, compressed by record, as a whole, or not at all. See `containers.Read`."""
    if _is_packed_as_a_whole(stream):
        size = stream.seek(0, io.SEEK_END)
        stream.seek(0)
        head = stream.read(6)
        stream.seek(0)
        stream = unpacked(stream, head, most_bytes(size))
    if start:
        stream.seek(start)
    yield from _records(stream, limits, start)


def _is_packed_as_a_whole(stream: BinaryIO) -> bool:
    """Whether a file is compressed, but not record by record: then its second record does not begin where a compressed one can."""
    if not isinstance(stream, io.BytesIO) and not isinstance(getattr(stream, "raw", None), io.FileIO):
        return False  # inside an archive, whose reader needs no offsets and cannot go back
    packed = is_packed(stream.read(6))
    stream.seek(0)
    if not packed:
        return False
    try:
        found = ArchiveIterator(stream, record_types=WarcRecordType.any_type, parse_http=False)
        begins = [record.stream_pos for record in islice(found, 2)]
    except DAMAGE as error:
        if not is_damage(error):
            raise
        begins = []
    at = begins[1] if len(begins) > 1 else 0
    stream.seek(at)
    head = stream.read(6)
    stream.seek(0)
    return not is_packed(head)


def _records(stream: BinaryIO, limits: Limits, base: int) -> Iterator[Part]:
    number = count(1)
    records = iter(ArchiveIterator(stream, record_types=WarcRecordType.any_type, parse_http=False))
    at = said = base
    while True:
        try:
            record = next(records, None)
            if record is None:
                return
            at = record.stream_pos
            member = _member(record, limits, at, next(number)) if int(record.record_type) & _ARTICLES else None
        except DAMAGE as error:
            if not is_damage(error):
                raise
            raise Rejected(
                Reason.DAMAGED_CONTAINER, f"The WARC file is damaged after byte {at}: {message_of(error)}."
            ) from None
        if member:
            said = at
            yield member
        elif at - said > SKIPPED_BYTES:
            said = at
            yield Skipped(at)


def _member(record: Any, limits: Limits, offset: int, number: int) -> Member | RefusedMember | None:
    """The page or text of a record; None where it is neither."""
    identifier = (record.record_id or "").strip("<> ") or f"record {number}"
    is_text = record.record_type == WarcRecordType.conversion
    try:
        if record.is_http:
            record.parse_http(auto_decode="none")
    except OSError as error:
        if not is_damage(error):
            raise
        return RefusedMember(
            identifier, Reason.DAMAGED_CONTAINER, f"The HTTP header is damaged: {message_of(error)}.", offset=offset
        )
    http = record.http_headers
    if record.is_http and (http is None or http.status_code not in _OK_STATUSES):
        return None
    declared = (http if http is not None else record.headers).get("Content-Type", "") or ""
    media_type = declared.partition(";")[0].strip().lower()
    if is_text and media_type != "text/plain":
        return None
    if not is_text and media_type and media_type not in _HTML:
        return None
    url = record.headers.get("WARC-Target-URI", "").strip("<> ") or None
    try:
        content = _content(record, http, limits.unpacked_bytes)
    except Rejected as rejected:
        return RefusedMember(identifier, rejected.reason, rejected.message, offset=offset)
    if not media_type and not _PAGE_START.match(content):
        return None
    charset = _CHARSET.search(declared)
    return Member(
        content,
        identifier,
        offset=offset,
        url=url,
        headers={
            name: ", ".join(found) for name in HTTP_HEADERS if http is not None and (found := http.get_multiple(name))
        },
        encoding="utf-8" if is_text else charset[1] if charset else None,
        media_type="text/plain" if is_text else None,
        fetched=record.headers.get("WARC-Date", None),
    )


def _content(record: Any, http: Any, limit: int) -> bytes:
    body: bytes = record.reader.read(limit + 1)
    if len(body) > limit:
        raise Rejected(Reason.TOO_LARGE, f"The record is larger than {limit / 2**20:.3g} MiB.")
    if len(body) < record.content_length:
        raise Rejected(Reason.DAMAGED_CONTAINER, f"The record ends after {len(body)} of {record.content_length} bytes.")
    if http is None:
        return body
    return decoded_body(
        body,
        transfer_encoding=http.get("Transfer-Encoding", "") or "",
        content_encoding=http.get("Content-Encoding", "") or "",
        limit=limit,
    )
