"""clean(raw) = compose(label(read(parse(raw)))). Pure: no clock, no disk, no network; the same input gives the same record.

    bytes ──parse──▶ blocks, page ──metadata──▶ claims ──packs──▶ rulebook ──labelling──▶ labelled blocks ──compose──▶ record

Only claims pass twice through `resolve_claims`: those that were stated choose the headline and the publisher by which blocks are
labelled, and the labelled blocks claim more.
"""

from __future__ import annotations

import datetime as dt
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import partial
from types import MappingProxyType
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import numpy as np

from ingest.core.caching import in_own_thread
from ingest.core.compose import compose
from ingest.core.confidence import check_min_confidence
from ingest.core.labelling.label import label_blocks
from ingest.core.limits import LIMITS, MAX_SHARED_PARSER_CHARACTERS, Limits
from ingest.core.memory.lines import distinctive, line_keys
from ingest.core.metadata.given import accept_claims
from ingest.core.metadata.resolve import resolve_claims
from ingest.core.model import Article, Claim, LabelledBlock, RawArticle
from ingest.core.packs import Packs, Rulebook, load_packs
from ingest.core.parse import parse
from ingest.core.parse.decode import unpack
from ingest.core.record import Record
from ingest.core.text.characters import count_words
from ingest.core.text.strings import registered_domain

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from ingest.core.memory.publisher import PublisherMemory
    from ingest.core.memory.snapshot import Memory
    from ingest.core.model import Block
    from ingest.core.parse.page import ParsedPage

    FindMainRegion = Callable[[], str | None]


@dataclass(frozen=True, slots=True)
class LabelledArticle:
    """An article with every block labelled: what a record is composed from, and what `explain` shows."""

    article: Article
    rulebook: Rulebook
    labelled: tuple[LabelledBlock, ...]
    find_main_region: FindMainRegion | None = field(default=None, compare=False, repr=False)
    """The text that a main-region finder keeps of the page, for explanations; None for a text file."""
    publisher: str | None = None
    """The registered domain under which memory knows the publisher."""
    known: PublisherMemory | None = None
    """What memory knew about the publisher."""


def ignore_stage(stage: str) -> None:
    """For callers that measure nothing."""
    del stage


def clean(
    raw: bytes,
    *,
    url: str | None = None,
    name: str | None = None,
    claims: Mapping[str, Any] | None = None,
    packs: Packs | None = None,
    memory: Memory | None = None,
    limits: Limits = LIMITS,
    min_confidence: Mapping[str, float] = MappingProxyType({}),
    on_stage_end: Callable[[str], object] = ignore_stage,
) -> Record:
    """The record of one article, from the bytes of a text or HTML file, as they are or gzipped.

    `url` and `claims` (fields of the record) are believed before anything the article says. A claim that cannot be used is left
    out, and `provenance` names it (`given.<field>`); what is no field goes to the record's `extra`. `name` is the file's, noted in
    `source`. `packs`: the built-in ones unless given. `memory`: what publishers repeat over their articles, made by `learn`. What exceeds the `limits` is cut off, and `provenance` says so. `min_confidence`:
    for fields of `confidence` the least chance, 0 to 1, that a value must have to be right; a less sure one is left out, and `provenance`
    says so; a record with a less sure body is rejected (`unsure_body`). `on_stage_end` is called with each stage's name when it has ended
    ("parse", "label", "compose"): a caller with a clock may measure them. Raises `Rejected` with a machine-readable reason, TypeError
    where `raw` is no bytes, for a `url` that is no string and for `claims` that JSON has no form for, ValueError for a `min_confidence`
    of another field or outside 0 to 1.
    """
    check_min_confidence(min_confidence)
    labelled_article = label_article(
        raw, url=url, name=name, claims=claims, packs=packs, memory=memory, limits=limits, on_stage_end=on_stage_end
    )
    version = memory.version if memory else None
    record = compose(
        labelled_article.article, labelled_article.labelled, labelled_article.rulebook, min_confidence, version
    )
    on_stage_end("compose")
    return record


def label_article(
    raw: bytes,
    *,
    url: str | None = None,
    name: str | None = None,
    claims: Mapping[str, Any] | None = None,
    packs: Packs | None = None,
    memory: Memory | None = None,
    limits: Limits = LIMITS,
    on_stage_end: Callable[[str], object] = ignore_stage,
) -> LabelledArticle:
    """The labelled blocks of one article; arguments and errors as for `clean`."""
    if not isinstance(raw, bytes):
        raise TypeError(_not_bytes(raw))
    given = accept_claims(url, claims, max_extra=limits.extra)
    raw_article = RawArticle(unpack(raw, limit=limits.unpacked_bytes), name, given.claims)
    address = next((claim.value for claim in given.claims if claim.field == "url"), None)
    read = partial(read_article, raw_article, url=address, limits=limits)
    is_large = len(raw_article.content) > MAX_SHARED_PARSER_CHARACTERS
    article, page = in_own_thread(read) if is_large else read()
    article = replace(article, extra=given.extra, notes={**article.notes, **given.notes})
    on_stage_end("parse")
    stated = {field: claim.value for field, claim in resolve_claims(article.claims).items()}
    find_main_region = page.find_main_region if page else None
    rulebook = find_rulebook(packs or load_packs(), article, stated)
    publisher = publisher_domain(stated, rulebook)
    known = find_publisher(memory, publisher, article) if memory else None
    labelled = label_blocks(article, rulebook, stated.get("headline"), find_main_region, known)
    on_stage_end("label")
    return LabelledArticle(article, rulebook, labelled, find_main_region, publisher, known)


def publisher_domain(stated: Mapping[str, Any], rulebook: Rulebook) -> str | None:
    """The registered domain under which memory knows the publisher: of the address, as stated, or of the pack that fits."""
    domain = registered_domain(stated.get("url")) or stated.get("publisher", {}).get("domain")
    if domain or not rulebook.publisher:
        return domain
    return next(iter(rulebook.publisher.domains), None)


def find_publisher(memory: Memory, publisher: str | None, article: Article) -> PublisherMemory | None:
    """What memory knows about an article's publisher; where none is named, about the one whose lines it has."""
    if publisher:
        return memory.of(publisher)
    keys = line_keys(block.text for block in article.blocks)
    return memory.find(distinctive(keys, np.array([count_words(block.text) for block in article.blocks], np.intp)))


def find_rulebook(packs: Packs, article: Article, stated: Mapping[str, Any]) -> Rulebook:
    """The rules for an article, by its blocks and by the publisher, address and day that were stated (field → value)."""
    publisher = stated.get("publisher", {})
    domain = publisher.get("domain") or urlsplit(stated.get("url", "")).hostname
    published = None
    with suppress(ValueError):
        published = dt.date.fromisoformat((stated.get("published") or "")[:10])
    return packs.rulebook(domain, publisher.get("name"), [block.text for block in article.blocks], published)


def read_article(
    raw: RawArticle, *, url: str | None = None, limits: Limits = LIMITS
) -> tuple[Article, ParsedPage | None]:
    """The article with its blocks and all that was claimed about it, and the page that it was read from; None for a text.

    `url`: where it was fetched. Raises `Rejected` where the content is no text.
    """
    article, page = parse(raw, url=url, limits=limits)
    if page is None:
        return article, None
    return replace(article, claims=(*article.claims, *_page_claims(page, url))), page


def _page_claims(page: ParsedPage, url: str | None) -> tuple[Claim, ...]:
    from ingest.core.metadata.claims import page_claims  # noqa: PLC0415  lxml and what comes with it, for pages alone

    return page_claims(page.index, url=url) if page.index else ()


def read_page(html: str, *, url: str | None) -> tuple[tuple[Block, ...], tuple[Claim, ...], FindMainRegion]:
    """(blocks of a page in document order, what it claims, its main-region finder), for training and tests."""
    from ingest.core.parse.page import parse_page  # noqa: PLC0415

    page = parse_page(html, url=url)
    return page.blocks, _page_claims(page, url), page.find_main_region


def _not_bytes(raw: object) -> str:
    """What to pass instead. Text has lost the encoding that its bytes declare, and the id of a record is that of its bytes."""
    how = {"str": "text.encode()", "bytearray": "bytes(raw)", "memoryview": "bytes(raw)"}
    instead = how.get(type(raw).__name__, "Path(name).read_bytes()")
    return f"clean() takes the bytes of a file, not {type(raw).__name__}: pass bytes, such as {instead}"
