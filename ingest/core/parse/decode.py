"""Bytes become text: what is packed is unpacked, what is no article is refused by its content, and the encoding is found."""

from __future__ import annotations

import json
import re
import zlib
from typing import NamedTuple

import re2

from ingest.core.limits import LIMITS, MAX_GZIP_MEMBERS
from ingest.core.model import Rejected
from ingest.core.parse.double_encoding import SUSPECT, mend_double_encoding
from ingest.core.parse.encoding import SNIFFED_BYTES, decode_bytes
from ingest.core.parse.formats import DESCRIPTIONS, is_foreign_xml, text_format, wire_format
from ingest.core.text.characters import UNSAFE_CHARACTERS
from ingest.errors import Reason

SIGNATURES: tuple[tuple[bytes, str], ...] = (
    (b"%PDF-", "a PDF file"),
    (b"PK\x03\x04", "a ZIP archive or an office file"),
    (b"PK\x05\x06", "an empty ZIP archive"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an office file"),
    (b"{\\rtf", "a rich text file"),
    (b"\x89PNG\r\n\x1a\n", "a PNG image"),
    (b"\xff\xd8\xff", "a JPEG image"),
    (b"GIF8", "a GIF image"),
    (b"RIFF", "a media file"),
    (b"II*\x00", "a TIFF image"),
    (b"MM\x00*", "a TIFF image"),
    (b"OggS", "a media file"),
    (b"ID3", "an audio file"),
    (b"\x1f\x8b", "an archive inside an archive"),
    (b"BZh", "a bzip2 archive"),
    (b"\xfd7zXZ\x00", "an XZ archive"),
    (b"(\xb5/\xfd", "a Zstandard archive"),
    (b"7z\xbc\xaf\x27\x1c", "a 7-Zip archive"),
    (b"Rar!\x1a\x07", "a RAR archive"),
    (b"\x7fELF", "a program"),
    (b"SQLite format 3\x00", "a database"),
    (b"WARC/", "a web archive"),
    (b"filedesc://", "a web archive in the old form (ARC)"),
)
MIN_TAGS = 3
MAX_CHARACTERS_A_TAG = 1500
"""A fragment of a page has at least one tag, opening or closing, for so many characters: an essay on the web has 11 in 64,000."""
_TAG = re.compile(
    r"</?(?:p|div|a|span|br|h[1-6]|li|ul|ol|table|tr|td|meta|link|script|article|section|main|img|header)(?:\s[^<>]*)?/?>",
    re.IGNORECASE,
)
_PAGE = re.compile(r"<!doctype\s+html|<(?:html|head|body)[\s>]", re.IGNORECASE)
_BLANK = re.compile(rb"[ \t\r\n\0]*\Z")
_OBJECT = re.compile(r'\s*\[?\s*\{\s*"[^"\n]{1,100}"\s*:')
_JSON = re.compile(r"\s*[{\[]")
_TO_CLEAN = rb"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x{9f}\x{ad}\x{200b}\x{2060}-\x{2064}\x{2028}-\x{202e}\x{2066}-\x{2069}\x{feff}\x{fff0}-\x{fffb}\x{fffe}\x{ffff}]|\r(?:[^\n]|\z)"
_NEEDS_CLEANING, _NEEDS_A_LOOK = re2.compile(_TO_CLEAN), re2.compile(b"%b|%b" % (_TO_CLEAN, SUSPECT))
"""What UTF-8 may hold of `_LINE_ENDS` and of `UNSAFE_CHARACTERS`, and the same or what was encoded twice. Three files in four hold none, which one
scan finds."""
_UNCLEAN = re2.compile(_TO_CLEAN.rpartition(rb"|\r")[0] + rb"|\r")
_LINE_ENDS = ("\r", "\x0b", "\x0c", "\x85", "\u2028", "\u2029")


class DecodedText(NamedTuple):
    """`encoding`: the WHATWG's name. `notes`: for provenance, what was done to the text (`encoding`, `double_encoding`)."""

    text: str
    encoding: str
    notes: dict[str, str]


def unpack(content: bytes, *, limit: int = LIMITS.unpacked_bytes) -> bytes:
    """The content itself, or what the streams of a gzip file hold; at most `limit` bytes."""
    if len(content) > limit:
        raise _too_large(limit)
    if content[:2] != b"\x1f\x8b":
        return content
    parts: list[bytes] = []
    left, room = content, limit
    while left[:2] == b"\x1f\x8b":  # what else stands behind a stream is padding
        stream = zlib.decompressobj(wbits=31)
        try:
            part = stream.decompress(left, room + 1)
        except zlib.error as error:
            raise Rejected(Reason.UNDECODABLE, f"The gzip stream is damaged: {error}.") from None
        parts.append(part)
        room -= len(part)
        if room < 0:
            raise _too_large(limit)
        if not stream.eof:
            raise Rejected(Reason.UNDECODABLE, "The gzip stream ends too early.")
        if len(parts) > MAX_GZIP_MEMBERS:
            raise Rejected(Reason.UNDECODABLE, f"The gzip file has more than {MAX_GZIP_MEMBERS} streams.")
        left = stream.unused_data
    return b"".join(parts)


def _too_large(limit: int) -> Rejected:
    return Rejected(Reason.TOO_LARGE, f"The content is larger than {limit / 2**20:.3g} MiB.")


def decode(content: bytes, *, declared: str | None = None) -> DecodedText:
    r"""The text, with \\n line ends and no control characters, and how it was read; raises `Rejected`.

    `declared`: the label of an encoding that the transport declared.
    """
    if _BLANK.match(content):
        raise Rejected(Reason.EMPTY, "The file is empty.")
    _refuse_formats(content)
    text, encoding, damaged = decode_bytes(content, declared)
    mended = False
    if encoding != "utf-8" or damaged or _NEEDS_A_LOOK.search(content):
        text, mended = mend_double_encoding(text)
        if encoding != "utf-8" or mended or _NEEDS_CLEANING.search(content):
            text = clean_text(text)
    if "\r" in text:  # a character is found in a twentieth of the time of two
        text = text.replace("\r\n", "\n")
    if not text or text.isspace():
        raise Rejected(Reason.EMPTY, "The file holds nothing but white space.")
    _refuse_json(text)
    if other := text_format(text):
        raise Rejected(Reason.UNSUPPORTED_FORMAT, f"The file is {DESCRIPTIONS[other]}, not text or HTML.")
    notes = {"encoding": "damaged"} if damaged else {}
    return DecodedText(text, encoding, notes | ({"double_encoding": "mended"} if mended else {}))


def clean_text(text: str) -> str:
    r"""The text with \\n line ends and no control characters."""
    text = text.replace("\r\n", "\n")
    try:
        raw = text.encode()
    except UnicodeEncodeError:  # lone surrogates, which no file holds but an escape in a format's JSON may
        text = UNSAFE_CHARACTERS.sub(lambda found: "\n" if found[0] in _LINE_ENDS else "", text)
        raw = b""
    for found in set(_UNCLEAN.findall(raw)):  # few kinds occur; a pattern over the text takes a quarter longer
        unclean = found.decode()
        text = text.replace(unclean, "\n" if unclean in _LINE_ENDS else "")
    return text


def is_page(text: str) -> bool:
    """Whether the text is HTML, found out from its content; other XML is refused."""
    head = text[:SNIFFED_BYTES].lstrip()
    page = bool(_PAGE.search(text, 0, 20 * SNIFFED_BYTES))
    if (head.startswith("<?xml") and not page) or is_foreign_xml(text):
        raise Rejected(Reason.UNSUPPORTED_FORMAT, "The file is XML, not HTML.")
    if page or not _TAG.search(text, 0, 20 * SNIFFED_BYTES):
        return page
    # A fragment counts as a page by three tags that stand close together: a text may mention "<br>", one about the web many times.
    tags = sum(1 for _ in _TAG.finditer(text, 0, 20 * SNIFFED_BYTES))
    return tags >= MIN_TAGS and tags * MAX_CHARACTERS_A_TAG >= len(text[: 20 * SNIFFED_BYTES])


def _refuse_formats(content: bytes) -> None:
    head = content[:SNIFFED_BYTES].lstrip(b" \t\r\n")
    for signature, what in SIGNATURES:
        if head.startswith(signature):
            raise Rejected(Reason.UNSUPPORTED_FORMAT, f"The file is {what}, not text or HTML.")
    if wire := wire_format(content):
        raise Rejected(Reason.UNSUPPORTED_FORMAT, f"The file is {DESCRIPTIONS[wire]}, not text or HTML.")
    if content[257:262] == b"ustar":
        raise Rejected(Reason.UNSUPPORTED_FORMAT, "The file is a TAR archive, not text or HTML.")


def _refuse_json(text: str) -> None:
    if not _JSON.match(text):
        return
    head = text.lstrip()
    if _OBJECT.match(head) and not _begins_with_json(head):
        raise Rejected(Reason.UNSUPPORTED_FORMAT, "The file is damaged JSON, not text or HTML.")
    for candidate in (head, head.partition("\n")[0]):  # one document, or one a line
        try:
            json.loads(candidate)
        except (ValueError, RecursionError):
            continue
        raise Rejected(Reason.UNSUPPORTED_FORMAT, "The file is JSON, not text or HTML.")


def _begins_with_json(text: str) -> bool:
    """Whether a text begins with a whole value of JSON, as one may that quotes it."""
    try:
        json.JSONDecoder(strict=False).raw_decode(text)
    except (ValueError, RecursionError):
        return False
    return True
