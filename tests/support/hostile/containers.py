"""Hostile containers: bombs, nesting, lying lengths, cut-off streams, names that lead elsewhere; and makers of sound ones."""

from __future__ import annotations

import bz2
import gzip
import io
import json
import lzma
import tarfile
import zipfile

from tests.support.hostile.matter import ARTICLE

MIB = 1 << 20


def warc_record(
    number: int | str,
    body: bytes,
    *,
    kind: str = "response",
    http: str | None = "HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\n",
    media_type: str = "text/html",
    length: int | None = None,
) -> bytes:
    """A WARC record. `http`: the header of its response, without the last line end; None: the body alone. `length`: what it claims to have."""
    block = body if http is None else http.encode() + b"\r\n" + body
    lines = (
        "WARC/1.1", f"WARC-Type: {kind}", f"WARC-Record-ID: <urn:uuid:{number}>", f"WARC-Target-URI: https://news.example/{number}",
        "WARC-Date: 2026-03-04T05:06:07Z", f"Content-Type: {media_type if http is None else 'application/http; msgtype=response'}",
        f"Content-Length: {len(block) if length is None else length}",
    )  # fmt: skip
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + block + b"\r\n\r\n"


def warc_gz(*records: bytes) -> bytes:
    """A WARC file as crawlers write it: each record compressed by itself."""
    return b"".join(gzip.compress(record, mtime=0) for record in records)


def zipped(files: dict[str, bytes]) -> bytes:
    """A ZIP archive."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(zipfile.ZipInfo(name), content, zipfile.ZIP_DEFLATED)
    return out.getvalue()


def tarred(files: dict[str, bytes]) -> bytes:
    """A TAR archive."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        for name, content in files.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))
    return out.getvalue()


def json_lines(*pages: object) -> bytes:
    """JSON Lines."""
    return b"".join(json.dumps(page).encode() + b"\n" for page in pages)


def _links() -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        for name, kind in (
            ("link", tarfile.SYMTYPE),
            ("hard", tarfile.LNKTYPE),
            ("pipe", tarfile.FIFOTYPE),
            ("disk", tarfile.BLKTYPE),
        ):
            entry = tarfile.TarInfo(name)
            entry.type, entry.linkname = kind, "/etc/passwd"
            archive.addfile(entry)
    return out.getvalue()


def _encrypted() -> bytes:
    content = bytearray(zipped({"secret.txt": ARTICLE.encode()}))
    for header, at in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        content[content.index(header) + at] |= 1
    return bytes(content)


def _wrong_sum() -> bytes:
    content = bytearray(zipped({"a.txt": ARTICLE.encode() * 9}))
    content[60] ^= 0xFF
    return bytes(content)


_PAGE = ARTICLE.encode()
_RECORDS = tuple(warc_record(number, b"<html><body><p>" + _PAGE) for number in range(3))
_CHUNKED = "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nTransfer-Encoding: chunked\r\nContent-Encoding: gzip, br\r\n"

CONTAINERS: dict[str, bytes] = {
    "cut-off.warc.gz": warc_gz(*_RECORDS)[:-30],
    "cut-off.warc": b"".join(_RECORDS)[:-30],
    "long-length.warc": warc_record(1, _PAGE, length=10**12) + _RECORDS[1],
    "short-length.warc": warc_record(1, _PAGE, length=20) + _RECORDS[1],
    "no-length.warc": _RECORDS[0].replace(b"Content-Length", b"Content-Strength"),
    "negative-length.warc": warc_record(1, _PAGE, length=-5),
    "rubbish-between.warc": _RECORDS[0] + b"rubbish\r\n\r\n" + _RECORDS[1],
    "no-pages.warc": warc_record(1, b"\x89PNG", http="HTTP/1.1 200 OK\r\nContent-Type: image/png\r\n"),
    "record-bomb.warc.gz": warc_gz(warc_record(1, b"a" * (40 * MIB))),
    "body-bomb.warc": warc_record(1, gzip.compress(b"<p>" * (14 * MIB), mtime=0), http=_CHUNKED.replace(", br", "")),
    "false-encodings.warc": warc_record(1, b"<html><body><p>" + _PAGE, http=_CHUNKED),
    "many-headers.warc": warc_record(1, _PAGE, http="HTTP/1.1 200 OK\r\n" + "X-Y: z\r\n" * 20_000),
    "no-http.warc": warc_record(1, b"\0" * 300, http=""),
    "names.zip": zipped(
        {
            "../../etc/evil": _PAGE,
            "/etc/evil": _PAGE + b"2",
            "C:\\evil": _PAGE + b"3",
            "\x1b[31m\u202eevil": _PAGE + b"4",
        }
    ),
    "encrypted.zip": _encrypted(),
    "wrong-sum.zip": _wrong_sum(),
    "no-directory.zip": zipped({"a.txt": _PAGE})[:-25],
    "empty.zip": zipped({}),
    "nested.zip": zipped({"1.zip": zipped({"2.zip": zipped({"3.zip": zipped({"a.txt": _PAGE})})})}),
    "bomb.zip": zipped({"a.txt": b"a" * (60 * MIB)}),
    "links.tar": _links(),
    "cut-off.tar": tarred({"a.txt": _PAGE, "b.txt": _PAGE * 3})[:2000],
    "bomb.tar.gz": gzip.compress(tarred({"a.bin": b"\0" * (40 * MIB)}), mtime=0),
    "cut-off.tar.gz": gzip.compress(tarred({"a.txt": _PAGE, "b.txt": _PAGE + b"2"}), mtime=0)[:-40],
    "names.tar": tarred({"../evil\udc80": _PAGE, "x" * 300: _PAGE + b"2", "a/" * 60 + "b": _PAGE + b"3"}),
    "broken.jsonl": json_lines({"url": "https://news.example/1", "text": ARTICLE})
    + b'{"url": "\n[1]\nnull\n'
    + b"{" * 5000,
    "wrong-types.jsonl": json_lines(
        {"url": 7, "text": ARTICLE, "title": ["x"], "authors": {"a": 1}, "date": True, "tags": 5, "source": [1]},
        {"url": "https://news.example/2", "html": 5, "content": {"a": 1}},
        {"title": "x", "text": ["one", "two"], "deep": [[[[[[1]]]]]]},
    ),
    "cut-off.json": json.dumps([{"url": "https://news.example/3", "text": ARTICLE}] * 3).encode()[:-40],
    "cut-off.jsonl.bz2": bz2.compress(json_lines({"title": "x", "text": ARTICLE}))[:-9],
    "pages.jsonl.xz": lzma.compress(json_lines({"title": "x", "text": ARTICLE + " xz"})),
}
"""By name. Those of sound beginnings have a member or two that become records."""
