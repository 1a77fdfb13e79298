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
from typing import TYPE_CHECKING, Any, NamedTuple

from ingest.core.caching import in_own_thread
from ingest.core.compose import compose
from ingest.core.confidence import check_min_confidence
from ingest.core.containers import Member, RefusedMember
from ingest.core.containers.documents import open_document
from ingest.core.containers.identity import container_description, header_claims, refuse_container
from ingest.core.labelling.judging import Steps, alone
from ingest.core.labelling.label import label_block_steps
from ingest.core.labelling.selected import selected_blocks
from ingest.core.limits import LIMITS, MAX_SHARED_PARSER_CHARACTERS, Limits
from ingest.core.memory.whose import find_publisher, publisher_domain
from ingest.core.metadata.given import accept_claims
from ingest.core.metadata.resolve import resolve_claims
from ingest.core.model import Article, Block, Claim, LabelledBlock, Markup, RawArticle, Rejected
from ingest.core.packs import Packs, Rulebook, load_packs, publisher_of
from ingest.core.parse import ParsedArticle, parse, parse_text
from ingest.core.parse.decode import DecodedText, clean_text, unpack
from ingest.core.record import Record
from ingest.core.text.characters import to_single_line
from ingest.errors import Reason

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from ingest.core.containers.document import Document
    from ingest.core.labelling.page_labels import ExaminePage
    from ingest.core.memory.publisher import PublisherMemory
    from ingest.core.memory.snapshot import Memory
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


class OpenedArticle(NamedTuple):
    """An article as it was read, before packs and memory say anything about it."""

    article: Article
    page: ParsedPage | None
    stated: Mapping[str, Any]
    """The value of each field that decides how blocks are labelled and which rules are asked."""


_ASKED_BEFORE_LABELLING = {"headline", "url", "publisher", "published", "modified"}
"""The fields by which blocks are labelled and rules chosen, and those that decide them."""


def ignore_stage(stage: str) -> None:
    """For callers that measure nothing."""
    del stage


def clean(
    raw: bytes | Member | RefusedMember,
    *,
    url: str | None = None,
    name: str | None = None,
    container: str | None = None,
    claims: Mapping[str, Any] | None = None,
    packs: Packs | None = None,
    memory: Memory | None = None,
    limits: Limits = LIMITS,
    min_confidence: Mapping[str, float] = MappingProxyType({}),
    on_stage_end: Callable[[str], object] = ignore_stage,
    on_labelled: Callable[[LabelledArticle], object] | None = None,
) -> Record:
    """The record of one article, from the bytes of a text, a page or a document in a format (docs/formats.md), as they are
    or gzipped, or from a member of a container.

    `url` and `claims` (fields of the record) are believed before anything the article says. A claim that cannot be used is left
    out, and `provenance` names it (`given.<field>`); what is no field goes to the record's `extra`. `name` is the file's, noted in
    `source`; `container`: the name of the container that a member is from. `packs`: the built-in ones unless given. `memory`: what publishers repeat, made by `learn`. What exceeds the `limits` is cut off, and `provenance` says so. `min_confidence`:
    for fields of `confidence` the least chance, 0 to 1, that a value must have to be right; a less sure one is left out, and `provenance`
    says so; a record with a less sure body is rejected (`unsure_body`). `on_stage_end` is called with each stage's name when it has ended
    ("parse", "label", "compose"): a caller with a clock may measure them; `on_labelled` with the labelled article. Raises `Rejected` with a machine-readable reason, TypeError
    where `raw` is no bytes, for a `url` that is no string and for `claims` that JSON has no form for, ValueError for a `min_confidence`
    of another field or outside 0 to 1.
    """
    check_min_confidence(min_confidence)
    labelled = label_article(
        raw,
        url=url,
        name=name,
        container=container,
        claims=claims,
        packs=packs,
        memory=memory,
        limits=limits,
        on_stage_end=on_stage_end,
    )
    if on_labelled:
        on_labelled(labelled)
    version = memory.version if memory else None
    record = compose(labelled.article, labelled.labelled, labelled.rulebook, min_confidence, version)
    on_stage_end("compose")
    return record


def label_article_steps(
    raw: bytes | Member | RefusedMember,
    *,
    url: str | None = None,
    name: str | None = None,
    container: str | None = None,
    claims: Mapping[str, Any] | None = None,
    packs: Packs | None = None,
    memory: Memory | None = None,
    limits: Limits = LIMITS,
    on_stage_end: Callable[[str], object] = ignore_stage,
) -> Steps[LabelledArticle]:
    """The labelled blocks of one article, in steps; arguments and errors as for `clean`."""
    opened = open_article(
        raw, url=url, name=name, container=container, claims=claims, limits=limits, on_stage_end=on_stage_end
    )
    labelled = yield from label_opened_steps(opened, packs=packs, memory=memory)
    on_stage_end("label")
    return labelled


label_article = alone(label_article_steps)


def open_article(
    raw: bytes | Member | RefusedMember,
    *,
    url: str | None = None,
    name: str | None = None,
    container: str | None = None,
    claims: Mapping[str, Any] | None = None,
    limits: Limits = LIMITS,
    on_stage_end: Callable[[str], object] = ignore_stage,
) -> OpenedArticle:
    """The article with all that was claimed about it, which no pack and no memory has seen; arguments and errors as for `clean`."""
    if isinstance(raw, RefusedMember):
        raise Rejected(raw.reason, raw.message)
    if not isinstance(raw, bytes | Member):
        raise TypeError(_not_bytes(raw))
    member = raw if isinstance(raw, Member) else Member(raw, "")
    given = accept_claims(url, claims, max_extra=limits.extra)
    by_format = accept_claims(member.url, member.claims, max_extra=limits.extra, origin="format")
    content = unpack(member.content, limit=limits.unpacked_bytes)
    if raw is not member:
        refuse_container(content, limits)
    raw_article = RawArticle(content, member.name or name, (*given.claims, *by_format.claims, *header_claims(member)))
    address = next((claim.value for claim in raw_article.claims if claim.field == "url"), None)
    read = partial(
        read_article, raw_article, url=address, limits=limits, encoding=member.encoding, media_type=member.media_type
    )
    is_large = len(raw_article.content) > MAX_SHARED_PARSER_CHARACTERS
    article, page = in_own_thread(read) if is_large else read()
    article = replace(
        article,
        extra={**article.extra, **by_format.extra, **given.extra},
        notes={
            **article.notes,
            **({"extra": "format"} if (article.extra or by_format.extra) and not given.extra else {}),
            **by_format.notes,
            **given.notes,
        },
        container=container_description(member, container) if raw is member else None,
    )
    on_stage_end("parse")
    claimed = resolve_claims(claim for claim in article.claims if claim.field in _ASKED_BEFORE_LABELLING)
    return OpenedArticle(article, page, {field: claim.value for field, claim in claimed.items()})


def label_opened_steps(
    opened: OpenedArticle,
    *,
    packs: Packs | None = None,
    memory: Memory | None = None,
    examine_page: ExaminePage | None = None,
) -> Steps[LabelledArticle]:
    """The labelled blocks of an article that was read, in steps. `examine_page`: the classifier of pages; who labels several times may
    remember its answers. Raises `Rejected`.
    """
    article, page, stated = opened
    find_main_region = page.find_main_region if page else None
    rulebook = find_rulebook(packs or load_packs(), article, stated)
    publisher = publisher_domain(stated, rulebook)
    known = find_publisher(memory, publisher, article) if memory else None
    try:
        selected = selected_blocks(page, rulebook.selectors, len(article.blocks)) if page else {}
        labelled = yield from label_block_steps(
            article, rulebook, stated.get("headline"), find_main_region, known, selected, examine_page
        )
    except Rejected as refused:
        if article.source.format and refused.reason is Reason.NEEDS_JAVASCRIPT:  # a mail or an item runs none
            raise Rejected(Reason.NO_ARTICLE, "Nothing in it reads like an article.") from None
        raise
    return LabelledArticle(article, rulebook, labelled, find_main_region, publisher, known)


def find_rulebook(packs: Packs, article: Article, stated: Mapping[str, Any]) -> Rulebook:
    """The rules for an article, by its blocks and by the publisher, address and day that were stated (field → value)."""
    domain, publisher = publisher_of(stated)
    published = None
    with suppress(ValueError):
        published = dt.date.fromisoformat((stated.get("published") or "")[:10])
    return packs.rulebook(domain, publisher, [block.text for block in article.blocks], published)


def read_article(
    raw: RawArticle,
    *,
    url: str | None = None,
    limits: Limits = LIMITS,
    encoding: str | None = None,
    media_type: str | None = None,
) -> tuple[Article, ParsedPage | None]:
    """The article with its blocks and all that was claimed about it, and the page that it was read from; None for a text.

    `url`: where it was fetched. `encoding`: what its transport declared. `media_type`: what it is, where that is known. Raises `Rejected` where the content is no text.
    """
    document = open_document(raw.content, limits) if media_type is None else None
    if document is None:
        article, page = parse(raw, url=url, limits=limits, encoding=encoding, media_type=media_type)
    else:
        article, page = _parse_document(raw, document, url, limits)
        url = url or next((claim.value for claim in article.claims if claim.field == "url"), None)
    if page is None:
        return article, None
    found = _page_claims(page, url)
    if article.is_marked_up:  # what stands in a body is no metadata: the format has its own
        found = tuple(claim for claim in found if claim.field == "images")
    return replace(article, claims=(*article.claims, *found)), page


def _parse_document(raw: RawArticle, document: Document, url: str | None, limits: Limits) -> ParsedArticle:
    """The blocks of an article in a format, with what that says beside them."""
    said = accept_claims(None, document.claims, max_extra=limits.extra, origin="format")
    url = url or next((claim.value for claim in said.claims if claim.field == "url"), None)
    decoded = DecodedText(clean_text(document.content), document.encoding, {})
    is_html = document.media_type == "text/html"
    article, page = parse_text(raw, decoded, is_html=is_html, url=url, limits=limits)
    stated = [(label, text) for label, line in document.stated if (text := to_single_line(line))]
    article = replace(
        article,
        blocks=(*(Block(text, markup=Markup("p") if is_html else None) for _, text in stated), *article.blocks),
        claims=(*article.claims, *said.claims),
        stated_labels=tuple(label for label, _ in stated),
        is_marked_up=document.is_marked_up,
        source=replace(article.source, format=document.format),
        extra={**said.extra, **document.extra},
        notes={**article.notes, **said.notes},
    )
    return ParsedArticle(article, page)


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
