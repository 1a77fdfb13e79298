"""The body of an HTTP response as it went over the wire: its chunks joined and its compression undone, as far as the headers tell the truth.

Crawlers often store the body decoded and keep the headers, so what cannot be undone is left as it is.
"""

from __future__ import annotations

import io
import re
import zlib
from typing import Any

from ingest.errors import Reason, Rejected

_CHUNK = re.compile(rb"([0-9a-fA-F]{1,8})[ \t]*(?:;[^\r\n]{0,200})?\r?\n")
_CODINGS = {
    "gzip": "GzipReader",
    "x-gzip": "GzipReader",
    "deflate": "GzipReader",
    "br": "BrotliReader",
    "zstd": "ZstdReader",
}
MAX_CODINGS = 3
"""Compressions on top of each other; one is usual."""


def decoded_body(body: bytes, *, transfer_encoding: str, content_encoding: str, limit: int) -> bytes:
    """The body itself. The encodings are the values of the headers of that name. Raises `Rejected` (too_large) above `limit` bytes."""
    if "chunked" in transfer_encoding.lower():
        body = _joined(body)
    codings = [coding.strip().lower() for coding in content_encoding.split(",")]
    for coding in reversed(codings[:MAX_CODINGS]):
        if coding in _CODINGS:
            body = _decompressed(body, _CODINGS[coding], limit)
    return body


def _joined(body: bytes) -> bytes:
    """The chunks, joined; the body as it is where it has none. A cut last chunk is kept."""
    parts, at = [], 0
    while found := _CHUNK.match(body, at):
        size = int(found[1], 16)
        if not size:
            break
        parts.append(body[found.end() : found.end() + size])
        at = found.end() + size
        at += 2 if body[at : at + 2] == b"\r\n" else 1
    return b"".join(parts) if parts else body


def _decompressed(body: bytes, reader: str, limit: int) -> bytes:
    from fastwarc import stream_io  # noqa: PLC0415  5 MB of code, for those who need it

    if reader == "GzipReader" and not body.startswith(b"\x1f\x8b"):
        return _inflated(body, limit)
    stream: Any = getattr(stream_io, reader)(io.BytesIO(body))
    parts, size = [], 0
    try:
        while part := stream.read(1 << 20):
            parts.append(part)
            size += len(part)
            if size > limit:
                raise _too_large(limit)
    except OSError:  # cut off, or never compressed
        return b"".join(parts) or body
    return b"".join(parts) or body


def _inflated(body: bytes, limit: int) -> bytes:
    """What `deflate` means: a zlib stream, or without its header, as some servers send it. The body as it is where it is neither."""
    for bits in (zlib.MAX_WBITS, -zlib.MAX_WBITS):
        try:
            inflated = zlib.decompressobj(bits).decompress(body, limit + 1)
        except zlib.error:
            continue
        if len(inflated) > limit:
            raise _too_large(limit)
        if inflated:
            return inflated
    return body


def _too_large(limit: int) -> Rejected:
    return Rejected(Reason.TOO_LARGE, f"The page is larger than {limit / 2**20:.3g} MiB.")
