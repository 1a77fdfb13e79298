"""Bytes become text: what is packed is unpacked, what is no article is refused by its content, and the encoding is found."""

from __future__ import annotations

import codecs
import json
import re
import zlib

import re2

from ingest.limits import LIMITS, MEMBERS
from ingest.model import Rejected
from ingest.signs import UNSAFE

SNIFFED = 4096
"""Bytes looked at for signatures and declarations; browsers look at 1,024, templates with long comments need more."""

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
)
BOMS: tuple[tuple[bytes, str], ...] = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
# What a label means on the web (WHATWG Encoding): senders who name the left hand side use the right hand side.
MEANT = {
    "ascii": "cp1252",
    "iso8859-1": "cp1252",
    "iso8859-9": "cp1254",
    "iso8859-11": "cp874",
    "tis-620": "cp874",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "shift_jis": "cp932",
    "euc_kr": "cp949",
    "big5": "big5hkscs",
}
# What a page may declare (WHATWG Encoding again, by Python's names). Python knows codecs that are no encodings of text: with
# "undefined" and "idna" they raise what no reader expects, with "unicode_escape" they make lone surrogates out of a page.
DECLARABLE = frozenset({
    "utf-8", "cp866", "iso8859-2", "iso8859-3", "iso8859-4", "iso8859-5", "iso8859-6", "iso8859-7", "iso8859-8", "iso8859-10",
    "iso8859-13", "iso8859-14", "iso8859-15", "iso8859-16", "koi8-r", "koi8-u", "mac-roman", "mac-cyrillic", "cp874", "cp1250",
    "cp1251", "cp1252", "cp1253", "cp1254", "cp1255", "cp1256", "cp1257", "cp1258", "gb18030", "big5hkscs", "euc_jp",
    "iso2022_jp", "cp932", "cp949",
})  # fmt: skip
# In detection, of encodings that read the same bytes the superset stands for all. UTF-8 and UTF-16 were tried before.
CANDIDATES = (
    "cp1251", "koi8_u", "cp1252", "cp1250", "gb18030", "cp932", "euc_jp", "cp949", "big5", "cp1253", "cp1254", "cp1255", "cp1256",
)  # fmt: skip
PLAINER = (("cp1250", "cp1252"), ("koi8_u", "koi8_r"))
"""Where both read the same, the second is named."""
NAMES = {
    "cp932": "shift_jis",
    "cp949": "euc-kr",
    "big5hkscs": "big5",
    "koi8_u": "koi8-u",
    "koi8_r": "koi8-r",
    "euc_jp": "euc-jp",
}

_DECLARED = re.compile(
    rb"""<meta[^>]{0,200}?charset\s*=\s*["']?\s*([\w:.-]+)|<\?xml[^>]{0,100}?encoding\s*=\s*["']([\w:.-]+)""",
    re.IGNORECASE,
)
_WELL_FORMED = re.compile(rb"[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3}")
MIN_TAGS = 3
MAX_CHARACTERS_A_TAG = 1500
"""A fragment of a page has at least one tag, opening or closing, for so many characters: an essay on the web has 11 in 64,000."""
_TAG = re.compile(
    r"</?(?:p|div|a|span|br|h[1-6]|li|ul|ol|table|tr|td|meta|link|script|article|section|main|img|header)(?:\s[^<>]*)?/?>",
    re.IGNORECASE,
)
_PAGE = re.compile(r"<!doctype\s+html|<(?:html|head|body)[\s>]", re.IGNORECASE)
_BLANK = re.compile(rb"[ \t\r\n\0]*\Z")
_JSON = re.compile(r"\s*[{\[]")
_UNCLEAN = re2.compile(
    rb"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x{9f}\x{2028}-\x{202e}\x{2066}-\x{2069}\x{feff}\x{fff0}-\x{fffb}\x{fffe}\x{ffff}]|\r(?:[^\n]|\z)"
)
"""What UTF-8 may hold of `_LINE_ENDS` and of `UNSAFE`. Most files hold none, which RE2 finds in a quarter of the time of looking for them."""
_LINE_ENDS = ("\r", "\x0b", "\x0c", "\x85", "\u2028", "\u2029")


def unpack(content: bytes, *, limit: int = LIMITS.unpacked) -> bytes:
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
            raise Rejected("undecodable", f"The gzip stream is damaged: {error}.") from None
        parts.append(part)
        room -= len(part)
        if room < 0:
            raise _too_large(limit)
        if not stream.eof:
            raise Rejected("undecodable", "The gzip stream ends too early.")
        if len(parts) > MEMBERS:
            raise Rejected("undecodable", f"The gzip file has more than {MEMBERS} streams.")
        left = stream.unused_data
    return b"".join(parts)


def _too_large(limit: int) -> Rejected:
    return Rejected("too_large", f"The content is larger than {limit / 2**20:.3g} MiB.")


def decode(content: bytes) -> tuple[str, str]:
    r"""(text with \\n line ends and no control characters, name of the encoding), or `Rejected`."""
    if _BLANK.match(content):
        raise Rejected("empty", "The file is empty.")
    _refuse_formats(content)
    text, encoding = _decode(content)
    if "\r" in text:  # a sign is found in a twentieth of the time of two
        text = text.replace("\r\n", "\n")
    if encoding != "utf-8" or _UNCLEAN.search(content):
        for end in _LINE_ENDS:  # a pattern for them all takes five times as long
            text = text.replace(end, "\n")
        text = UNSAFE.sub("", text)
    if not text or text.isspace():
        raise Rejected("empty", "The file holds nothing but white space.")
    _refuse_json(text)
    return text, encoding


def is_page(text: str) -> bool:
    """Whether the text is HTML, told by its content; other XML is refused."""
    head = text[:SNIFFED].lstrip()
    page = bool(_PAGE.search(text, 0, 20 * SNIFFED))
    if head.startswith("<?xml") and not page:
        raise Rejected("unsupported_format", "The file is XML, not HTML.")
    if page or not _TAG.search(text, 0, 20 * SNIFFED):
        return page
    # A fragment counts as a page by three tags that stand close together: a text may mention "<br>", one about the web many times.
    tags = sum(1 for _ in _TAG.finditer(text, 0, 20 * SNIFFED))
    return tags >= MIN_TAGS and tags * MAX_CHARACTERS_A_TAG >= len(text[: 20 * SNIFFED])


def _refuse_formats(content: bytes) -> None:
    head = content[:SNIFFED].lstrip(b" \t\r\n")
    for signature, what in SIGNATURES:
        if head.startswith(signature):
            raise Rejected("unsupported_format", f"The file is {what}, not text or HTML.")
    if content[257:262] == b"ustar":
        raise Rejected("unsupported_format", "The file is a TAR archive, not text or HTML.")


def _refuse_json(text: str) -> None:
    if not _JSON.match(text):
        return
    head = text.lstrip()
    for candidate in (head, head.partition("\n")[0]):  # one document, or one a line
        try:
            json.loads(candidate)
        except (ValueError, RecursionError):
            continue
        raise Rejected("unsupported_format", "The file is JSON, not text or HTML.")


def _decode(content: bytes) -> tuple[str, str]:
    for bom, marked in BOMS:
        if content.startswith(bom):
            return content[len(bom) :].decode(marked, "replace"), marked
    if bare := _bare_utf16(content):
        return content.decode(bare, "replace"), bare
    try:
        return content.decode(), "utf-8"
    except UnicodeDecodeError as error:
        if _nearly_utf8(content, error.start):
            return content.decode(errors="replace"), "utf-8"
    declared = _declared(content)
    if declared and (text := _strict(content, declared)):
        return text, _name(declared)
    if detected := _detected(content):
        return content.decode(detected, "replace"), _name(detected)
    if declared and declared != "utf-8":
        return content.decode(declared, "replace"), _name(declared)
    raise Rejected("undecodable", "The file is in no encoding we know; is it text?")


def _bare_utf16(content: bytes) -> str | None:
    """UTF-16 without a mark: its line ends and spaces leave zero bytes on one side only."""
    head = content[: 16 * SNIFFED]
    zeros = head.count(0)
    if zeros < 3 or zeros * 50 < len(head):  # a stray zero is a control character like any other
        return None
    even = head[::2].count(0)
    for encoding, others in (("utf-16-le", even), ("utf-16-be", zeros - even)):
        if others * 10 <= zeros:
            return encoding
    raise Rejected("undecodable", "The file holds zero bytes as no text does.")


def _nearly_utf8(content: bytes, start: int) -> bool:
    """Broken UTF-8 is still UTF-8 where well-formed sequences outnumber the broken ones: other encodings hardly form any."""
    good = len(_WELL_FORMED.findall(content))
    broken = content[start:].decode(errors="replace").count("\ufffd")
    return good > 10 * broken


def _declared(content: bytes) -> str | None:
    found = _DECLARED.search(content, 0, SNIFFED)
    if not found:
        return None
    try:
        label = codecs.lookup((found[1] or found[2]).decode("ascii", "replace")).name
    except LookupError:
        return None
    meant = MEANT.get(label, label)
    return meant if meant in DECLARABLE else None


def _strict(content: bytes, encoding: str) -> str | None:
    try:
        return content.decode(encoding)
    except UnicodeDecodeError:
        return None


def _detected(content: bytes) -> str | None:
    from charset_normalizer import from_bytes  # noqa: PLC0415  50 ms, for the few files that declare nothing
    from py3langid import classify  # noqa: PLC0415

    head = content[: 64 * SNIFFED]
    matches = list(from_bytes(head, cp_isolation=list(CANDIDATES), enable_fallback=False))
    if not matches:
        return None
    # Windows-1250 and 1252 read nearly the same bytes and score alike (French, Swedish, Hungarian): the language decides.
    tied = [match.encoding for match in matches if match.chaos <= matches[0].chaos + 0.02]
    best = max(tied, key=lambda encoding: classify(head.decode(encoding, "replace"))[1]) if len(tied) > 1 else tied[0]
    text = head.decode(best, "replace")
    return next((plain for wide, plain in PLAINER if wide == best and head.decode(plain, "replace") == text), best)


def _name(encoding: str) -> str:
    return NAMES.get(encoding) or (f"windows-{encoding[2:]}" if encoding.startswith("cp1") else encoding)
