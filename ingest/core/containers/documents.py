"""Which format a content is in, and the one article in it."""

from __future__ import annotations

import codecs
import re
from importlib import import_module
from typing import TYPE_CHECKING

from ingest.core.containers import json_sniff
from ingest.core.limits import LIMITS, Limits
from ingest.core.parse.encoding import BOMS, SNIFFED_BYTES, decode_bytes
from ingest.core.parse.formats import text_format, wire_format

if TYPE_CHECKING:
    from collections.abc import Callable

    from ingest.core.containers.document import Document

MAX_HEAD_BYTES = 1 << 16
"""Bytes by which a format is told: keys of JSON may stand behind a long text."""

READERS = {
    "nitf": ("nitf", "read_nitf"),
    "newsml": ("newsml", "read_newsml"),
    "newsml-g2": ("newsml_g2", "read_newsml_g2"),
    "ninjs": ("ninjs", "read_ninjs"),
    "json-ld": ("jsonld", "read_jsonld_article"),
    "feed": ("feed", "read_feed_item"),
    "iptc7901": ("wire", "read_wire"),
    "anpa1312": ("wire", "read_wire"),
    "mail": ("mail", "read_mail"),
    "mbox": ("mail", "read_mbox"),
    "mhtml": ("mhtml", "read_mhtml"),
    "singlefile": ("mhtml", "read_singlefile"),
    "front-matter": ("front_matter", "read_front_matter"),
    "pdf": ("pdf", "read_pdf"),
    "docx": ("docx", "read_docx"),
}
"""By the format's name: the module, and the function from the content to its article."""


_PAGE_START = re.compile(rb"(?:\xef\xbb\xbf)?<(?:!doctype html|html)[\s>]", re.IGNORECASE)
_MESSAGE = re.compile(r"<(?:[\w.-]+:)?newsMessage[\s>]")
_NEWS_ITEM = re.compile(r"<NewsItem[\s>]")
_NEXT_MESSAGE = re.compile(r"\x01[^\x01\x02]{3,400}\x02")
_LIST_OF_ITEMS = re.compile(r'"items?"\s*:\s*\[')


def format_of(head: bytes) -> str | None:
    """The format of a content by up to 64 KiB of its beginning, unpacked; None where it is none that is read here, such as a page."""
    start = head[:SNIFFED_BYTES].lstrip(b" \t\r\n")[:24]
    if start.startswith(b"%PDF-"):
        return "pdf"
    if start.startswith(b"PK\x03\x04"):
        return "docx" if b"word/document.xml" in head or (b"[Content_Types].xml" in head and b"word/" in head) else None
    if _PAGE_START.match(start):  # most files: a third of a microsecond against sixty
        return "singlefile" if b"Page saved with SingleFile" in head[:SNIFFED_BYTES] else None
    text = _beginning(head[: 4 * SNIFFED_BYTES])
    is_wide = head.startswith(_WIDE_MARKS)
    if wire := wire_format(text.encode("latin-1", "replace") if is_wide else head):
        return wire
    if text.lstrip("\ufeff \t\r\n")[:1] in {"{", "["}:
        return json_sniff.format_of(_beginning(head))
    found = text_format(text.replace("\r\n", "\n").replace("\r", "\n"))
    if found is None and "Page saved with SingleFile" in text:
        return "singlefile"
    return found if found in READERS else None


_OF_BYTES = frozenset({"mail", "mbox", "mhtml", "iptc7901", "anpa1312"})
"""Formats whose readers look for bytes of ASCII: what came in UTF-16 or UTF-32 is made UTF-8 for them."""
_WIDE_MARKS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE, codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)


def may_hold_several(name: str, head: bytes) -> bool:
    """Whether a content in a format is a container by its beginning: a feed and a mailbox always, another format by a second article."""
    if name in {"feed", "mbox"}:
        return True
    text = _beginning(head).lstrip("\ufeff \t\r\n")
    if name == "newsml-g2":
        return _MESSAGE.search(text[:SNIFFED_BYTES]) is not None
    if name == "newsml":
        return len(_NEWS_ITEM.findall(text)) > 1
    if name == "ninjs":
        return text.startswith("[") or _LIST_OF_ITEMS.search(text[:SNIFFED_BYTES]) is not None
    return name in {"iptc7901", "anpa1312"} and len(_NEXT_MESSAGE.findall(text)) > 1


def open_document(content: bytes, limits: Limits = LIMITS) -> Document | None:
    """The one article of a content that is in a format; None for a page, a text, and what is no format that is read here.

    Raises `Rejected` where the content has no article (teaser_only, canceled, no_article), several (container), or is damaged.
    """
    name = format_of(content[:MAX_HEAD_BYTES])
    if name is None:
        return None
    if name in _OF_BYTES and (content.startswith(_WIDE_MARKS) or b"\0" in content[:64]):
        content = decode_bytes(content).text.encode()
    module, function = READERS[name]
    read: Callable[[bytes, Limits], Document | None] = getattr(
        import_module(f"ingest.core.containers.{module}"), function
    )
    return read(content, limits)


def _beginning(head: bytes) -> str:
    """The beginning as text; that a format is told by its ASCII characters alone, so that any encoding that keeps them will do."""
    for bom, encoding in BOMS:
        if head.startswith(bom):
            return codecs.decode(head[len(bom) :], encoding, "ignore")
    zeros = head[:64].count(0)
    if zeros > 16:
        return codecs.decode(head, "utf-16-be" if head[:1] == b"\0" else "utf-16-le", "ignore")
    return head.decode("latin-1")
