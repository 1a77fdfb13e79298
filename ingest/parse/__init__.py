"""Bytes → blocks and claims. One file a format: `text`, `html`; `decode` comes before both."""

from __future__ import annotations

from ingest.model import Article, RawArticle, Source
from ingest.parse.decode import decode, is_page
from ingest.parse.text import text_blocks

__all__ = ["parse"]


def parse(raw: RawArticle, *, url: str | None = None) -> Article:
    """The article's blocks and claims; raises `Rejected` where the content is no text.

    `url` resolves the page's relative addresses; it is no claim by itself (the caller's claims stand in `raw`).
    """
    text, encoding = decode(raw.content)
    if is_page(text):
        from ingest.parse.html import read_page  # noqa: PLC0415  lxml and what comes with it, for pages alone

        blocks, claims = read_page(text, url=url)
        source = Source(raw.name, "text/html", encoding, len(raw.content))
    else:
        blocks, claims = text_blocks(text), ()
        source = Source(raw.name, "text/plain", encoding, len(raw.content))
    return Article(raw.id, blocks, (*raw.claims, *claims), source)
