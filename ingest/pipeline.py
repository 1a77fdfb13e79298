"""clean(raw) = compose(label(parse(raw))). Pure: no clock, no disk, no network; the same input gives the same record."""

from __future__ import annotations

import gc
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from ingest.choose import choose
from ingest.compose import compose
from ingest.given import accept_claims
from ingest.label import label
from ingest.limits import LIMITS, Limits
from ingest.model import Article, LabelledBlock, RawArticle
from ingest.packs import Packs, Rulebook, load_packs
from ingest.parse import parse
from ingest.parse.decode import unpack
from ingest.record import Record
from ingest.validation import valid

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping


@dataclass(frozen=True, slots=True)
class Examined:
    """An article with every block labelled: what a record is composed from, and what `explain` shows."""

    article: Article
    rulebook: Rulebook
    labelled: tuple[LabelledBlock, ...]


def unheard(stage: str) -> None:
    """Nobody measures."""
    del stage


@contextmanager
def unswept() -> Iterator[None]:
    """No search for garbage meanwhile. What is made of an article holds itself in no circle; looking for some took 12 % of a page's time."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


@unswept()
def clean(
    raw: bytes,
    *,
    url: str | None = None,
    name: str | None = None,
    claims: Mapping[str, Any] | None = None,
    packs: Packs | None = None,
    limits: Limits = LIMITS,
    passed: Callable[[str], object] = unheard,
) -> Record:
    """The record of one article, from the bytes of a text or HTML file, as they are or gzipped.

    `url` and `claims` (fields of the record) are believed before anything the article says. A claim that cannot be used is left
    out, and `provenance` names it (`given.<field>`); what is no field goes to the record's `extra`. `name` is the file's, noted in
    `source`. `packs`: the built-in ones unless given. What exceeds the `limits` is cut off, and `provenance` says so. `passed`
    is told each stage's name when it has ended ("parse", "label", "compose"): who has a clock may measure them. Raises `Rejected`
    with a machine-readable reason, TypeError where `raw` is no bytes, for a `url` that is no string and for `claims` that JSON has no form for.
    """
    examined = examine(raw, url=url, name=name, claims=claims, packs=packs, limits=limits, passed=passed)
    record = compose(examined.article, examined.labelled, examined.rulebook)
    passed("compose")
    return record


def examine(
    raw: bytes,
    *,
    url: str | None = None,
    name: str | None = None,
    claims: Mapping[str, Any] | None = None,
    packs: Packs | None = None,
    limits: Limits = LIMITS,
    passed: Callable[[str], object] = unheard,
) -> Examined:
    """The labelled blocks of one article; arguments and errors as for `clean`."""
    if not isinstance(raw, bytes):
        raise TypeError(_not_bytes(raw))
    given = accept_claims(url, claims, max_extra=limits.extra)
    raw_article = RawArticle(unpack(raw, limit=limits.unpacked), name, given.claims)
    address = next((claim.value for claim in given.claims if claim.field == "url"), None)
    article = parse(raw_article, url=address, limits=limits)
    notes = {**article.notes, **given.notes}
    article = replace(article, claims=tuple(valid(article.claims)), extra=given.extra, notes=notes)
    passed("parse")
    chosen = {field: claim.value for field, claim in choose(article.claims).items()}
    publisher = chosen.get("publisher", {})
    domain = publisher.get("domain") or urlsplit(chosen.get("url", "")).hostname
    texts = [block.text for block in article.blocks]
    rulebook = (packs or load_packs()).rulebook(domain, publisher.get("name"), texts)
    labelled = label(article, rulebook, chosen.get("headline"))
    passed("label")
    return Examined(article, rulebook, labelled)


def _not_bytes(raw: object) -> str:
    """What to pass instead. Text has lost the encoding that its bytes declare, and the id of a record is that of its bytes."""
    how = {"str": "text.encode()", "bytearray": "bytes(raw)", "memoryview": "bytes(raw)"}
    instead = how.get(type(raw).__name__, "Path(name).read_bytes()")
    return f"clean() takes the bytes of a file, not {type(raw).__name__}: pass bytes, such as {instead}"
