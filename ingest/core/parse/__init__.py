"""Bytes → blocks and claims. One file a format: `text`, `html`; `decode` comes before both."""

from __future__ import annotations

import re
from itertools import islice

from ingest.core.limits import LIMITS, Limits
from ingest.core.model import Article, Block, RawArticle, SourceDescription
from ingest.core.parse.decode import decode, is_page
from ingest.core.parse.formats import unprefixed
from ingest.core.parse.plaintext import text_blocks
from ingest.core.text.characters import to_nfc

__all__ = ["parse"]


def parse(raw: RawArticle, *, url: str | None = None, limits: Limits = LIMITS) -> Article:
    """The article's blocks and claims; raises `Rejected` where the content is no text.

    `url` resolves the page's relative addresses; it is no claim by itself (the caller's claims stand in `raw`). What exceeds
    the limits is cut off, and the article says so.
    """
    text, encoding, notes = decode(raw.content)
    text = unprefixed(text)
    page = is_page(text)
    whole = len(text)
    declared: tuple[Block, ...] = ()
    drawn = False
    if page:
        from ingest.core.parse.page import read_whole_page  # noqa: PLC0415  lxml and what comes with it, for pages alone

        text = _cut_at(text, "<", limits.tags)
        blocks, claims, region, declared, drawn = read_whole_page(text, url=url)
    else:
        text = _cut_at(text, "\n", limits.lines)
        blocks, claims, region = text_blocks(to_nfc(text)), (), None
    return Article(
        raw.id,
        blocks[: limits.blocks],
        (*raw.claims, *claims),
        SourceDescription(raw.name, "text/html" if page else "text/plain", encoding, len(raw.content)),
        truncated=len(text) < whole or len(blocks) > limits.blocks,
        notes=notes,
        find_main_region=region,
        declared=declared,
        drawn=drawn,
    )


def _cut_at(text: str, character: str, limit: int) -> str:
    """The text before a sign's first occurrence beyond so many."""
    if text.count(character) <= limit:
        return text
    return text[: next(islice(re.finditer(character, text), limit, None)).start()]
