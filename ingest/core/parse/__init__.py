"""Bytes become blocks: `decode` first, then one module a format (`plaintext`, `page`)."""

from __future__ import annotations

import re
from itertools import islice
from typing import TYPE_CHECKING, NamedTuple

from ingest.core.limits import LIMITS, Limits
from ingest.core.model import Article, RawArticle, Rejected, SourceDescription
from ingest.core.parse.data_formats import data_format
from ingest.core.parse.decode import DecodedText, decode, is_page
from ingest.core.parse.formats import unprefixed
from ingest.core.parse.plaintext import text_blocks
from ingest.core.text.characters import to_nfc
from ingest.errors import Reason

if TYPE_CHECKING:
    from ingest.core.parse.page import ParsedPage

__all__ = ["ParsedArticle", "parse", "parse_text"]


class ParsedArticle(NamedTuple):
    """The article's blocks beside the claims that came with it, and the page that they were read from; None for a text."""

    article: Article
    page: ParsedPage | None


def parse(
    raw: RawArticle,
    *,
    url: str | None = None,
    limits: Limits = LIMITS,
    encoding: str | None = None,
    media_type: str | None = None,
) -> ParsedArticle:
    """The article's blocks; raises `Rejected` where the content is no text.

    `encoding`: a label that its transport declared; `media_type`: "text/html" or "text/plain", where that is known for certain.

    `url` resolves the page's relative addresses; it is no claim by itself (the caller's claims stand in `raw`). What exceeds
    the limits is cut off, and the article says so.
    """
    text, encoding, notes = decode(raw.content, declared=encoding)
    text = unprefixed(text)
    is_html = media_type == "text/html" or (media_type is None and is_page(text))
    if media_type is None and not is_html and (data := data_format(text)):
        raise Rejected(Reason.UNSUPPORTED_FORMAT, f"The file is {data}, not text or HTML.")
    return parse_text(raw, DecodedText(text, encoding, notes), is_html=is_html, url=url, limits=limits)


def parse_text(
    raw: RawArticle, decoded: DecodedText, *, is_html: bool, url: str | None, limits: Limits
) -> ParsedArticle:
    """The blocks of an article's text, or of a page. `raw`: what it was decoded from, or the document around it."""
    text, encoding, notes = decoded
    length = len(text)
    page = None
    if is_html:
        from ingest.core.parse.page import parse_page  # noqa: PLC0415  lxml and what comes with it, for pages alone

        text = _cut_at(text, "<", limits.tags)
        page = parse_page(text, url=url)
        blocks = page.blocks
    else:
        text = _cut_at(text, "\n", limits.lines)
        blocks = text_blocks(to_nfc(text))
    article = Article(
        raw.id,
        blocks[: limits.blocks],
        raw.claims,
        SourceDescription(raw.name, "text/html" if page else "text/plain", encoding, len(raw.content)),
        truncated=len(text) < length or len(blocks) > limits.blocks,
        notes=notes,
        declared=page.declared if page else (),
        drawn=page.drawn if page else False,
        has_script=page.has_script if page else False,
    )
    return ParsedArticle(article, page)


def _cut_at(text: str, character: str, limit: int) -> str:
    """The text before a character's first occurrence beyond so many."""
    if text.count(character) <= limit:
        return text
    return text[: next(islice(re.finditer(character, text), limit, None)).start()]
