"""clean(raw) = compose(label(parse(raw))). Pure: no clock, no disk, no network; the same input gives the same record."""

from __future__ import annotations

import gc
from contextlib import contextmanager
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from ingest.core.compose import compose
from ingest.core.confidence import check_min_confidence
from ingest.core.labelling.label import label_blocks
from ingest.core.limits import LIMITS, Limits
from ingest.core.metadata.given import accept_claims
from ingest.core.metadata.resolve import resolve_claims
from ingest.core.metadata.validate import drop_invalid
from ingest.core.model import Article, LabelledBlock, RawArticle
from ingest.core.packs import Packs, Rulebook, load_packs
from ingest.core.parse import parse
from ingest.core.parse.decode import unpack
from ingest.core.record import Record

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping


@dataclass(frozen=True, slots=True)
class LabelledArticle:
    """An article with every block labelled: what a record is composed from, and what `explain` shows."""

    article: Article
    rulebook: Rulebook
    labelled: tuple[LabelledBlock, ...]


def ignore_stage(stage: str) -> None:
    """Nobody measures."""
    del stage


@contextmanager
def garbage_collection_paused() -> Iterator[None]:
    """No search for garbage meanwhile. What is made of an article holds itself in no circle; looking for some took 12 % of a page's time."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


@garbage_collection_paused()
def clean(
    raw: bytes,
    *,
    url: str | None = None,
    name: str | None = None,
    claims: Mapping[str, Any] | None = None,
    packs: Packs | None = None,
    limits: Limits = LIMITS,
    min_confidence: Mapping[str, float] = MappingProxyType({}),
    on_stage_end: Callable[[str], object] = ignore_stage,
) -> Record:
    """The record of one article, from the bytes of a text or HTML file, as they are or gzipped.

    `url` and `claims` (fields of the record) are believed before anything the article says. A claim that cannot be used is left
    out, and `provenance` names it (`given.<field>`); what is no field goes to the record's `extra`. `name` is the file's, noted in
    `source`. `packs`: the built-in ones unless given. What exceeds the `limits` is cut off, and `provenance` says so. `min_confidence`:
    for fields of `confidence` the least chance, 0 to 1, that a value must have to be right; a less sure one is left out, and `provenance`
    says so; a record with a less sure body is rejected (`unsure_body`). `on_stage_end`
    is told each stage's name when it has ended ("parse", "label", "compose"): who has a clock may measure them. Raises `Rejected`
    with a machine-readable reason, TypeError where `raw` is no bytes, for a `url` that is no string and for `claims` that JSON has no form for,
    ValueError for a `min_confidence` of another field or outside 0 to 1.
    """
    check_min_confidence(min_confidence)
    labelled_article = label_article(
        raw, url=url, name=name, claims=claims, packs=packs, limits=limits, on_stage_end=on_stage_end
    )
    record = compose(labelled_article.article, labelled_article.labelled, labelled_article.rulebook, min_confidence)
    on_stage_end("compose")
    return record


def label_article(
    raw: bytes,
    *,
    url: str | None = None,
    name: str | None = None,
    claims: Mapping[str, Any] | None = None,
    packs: Packs | None = None,
    limits: Limits = LIMITS,
    on_stage_end: Callable[[str], object] = ignore_stage,
) -> LabelledArticle:
    """The labelled blocks of one article; arguments and errors as for `clean`."""
    if not isinstance(raw, bytes):
        raise TypeError(_not_bytes(raw))
    given = accept_claims(url, claims, max_extra=limits.extra)
    raw_article = RawArticle(unpack(raw, limit=limits.unpacked_bytes), name, given.claims)
    address = next((claim.value for claim in given.claims if claim.field == "url"), None)
    article = parse(raw_article, url=address, limits=limits)
    notes = {**article.notes, **given.notes}
    article = replace(article, claims=tuple(drop_invalid(article.claims)), extra=given.extra, notes=notes)
    on_stage_end("parse")
    chosen = {field: claim.value for field, claim in resolve_claims(article.claims).items()}
    publisher = chosen.get("publisher", {})
    domain = publisher.get("domain") or urlsplit(chosen.get("url", "")).hostname
    texts = [block.text for block in article.blocks]
    rulebook = (packs or load_packs()).rulebook(domain, publisher.get("name"), texts)
    labelled = label_blocks(article, rulebook, chosen.get("headline"))
    on_stage_end("label")
    return LabelledArticle(article, rulebook, labelled)


def _not_bytes(raw: object) -> str:
    """What to pass instead. Text has lost the encoding that its bytes declare, and the id of a record is that of its bytes."""
    how = {"str": "text.encode()", "bytearray": "bytes(raw)", "memoryview": "bytes(raw)"}
    instead = how.get(type(raw).__name__, "Path(name).read_bytes()")
    return f"clean() takes the bytes of a file, not {type(raw).__name__}: pass bytes, such as {instead}"
