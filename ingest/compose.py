"""Labelled blocks and claims become the record: which label goes to which field, and which claim wins."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ValidationError

from ingest import __version__
from ingest.choose import choose
from ingest.fold import fold
from ingest.language import choose_language
from ingest.model import Article, Block, Claim, Label, LabelledBlock, Rejected
from ingest.parse.text import LIST_LINE
from ingest.record import SHAPES, Image, Made, Publisher, Record, Related, Removed, SourceNote

if TYPE_CHECKING:
    from ingest.packs import Rulebook

FIELDS = {
    Label.HEADLINE: "headline",
    Label.SUBHEADLINE: "subheadline",
    Label.BYLINE: "byline",
    Label.CAPTION: "images",
    Label.CREDIT: "images",
    Label.RELATED: "related",
    Label.COPYRIGHT_NOTICE: "copyright_notice",
    Label.USAGE_TERMS: "usage_terms",
}
"""The field that a label fills; the other labels fill none and stand in `removed` alone."""

_UNSAFE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ufeff\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


def compose(article: Article, labelled: Sequence[LabelledBlock], rulebook: Rulebook) -> Record:
    """The record; raises `Rejected` where no body is left or a given claim is malformed."""
    body = join([row.block for row in labelled if row.label is Label.BODY])
    if not body:
        raise Rejected("no_article", "Nothing that reads like an article was found.")
    origin = "page" if article.source.media_type == "text/html" else "text"
    claims = [*article.claims, *valid(_from_blocks(labelled, origin)), *_from_pack(rulebook)]
    chosen = _choose(claims, body)
    fields = {name: claim.value for name, claim in chosen.items()}
    said = {name: fold(" ".join(_strings(value))) for name, value in fields.items()}
    source = article.source
    return Record(
        id=article.id,
        body=body,
        removed=tuple(_removed(row, said) for row in labelled if row.label is not Label.BODY),
        source=SourceNote(name=source.name, media_type=source.media_type, encoding=source.encoding, bytes=source.bytes),
        provenance={name: chosen[name].origin for name in sorted(chosen)},
        ingest=Made(version=__version__, packs=tuple(pack.stem for pack in rulebook.packs)),
        **fields,
    )


def join(blocks: Sequence[Block]) -> str:
    """The body: paragraphs joined by a blank line, list lines by a line end.

    What parse reads back from it are the same blocks, so that a second cleaning finds what the first left.
    """
    parts: list[str] = []
    for above, block in zip([None, *blocks], blocks, strict=False):
        if above:
            parts.append("\n" if _is_list_line(above) and _is_list_line(block) else "\n\n")
        parts.append(block.text)
    return "".join(parts)


def given_claims(url: str | None, claims: Mapping[str, Any] | None) -> tuple[Claim, ...]:
    """What the sender claims, checked; raises `Rejected` (invalid_claims) with the field and the reason."""
    given = dict(claims or {}) | ({"url": url} if url else {})
    checked = []
    for name, value in given.items():
        if value is None:
            continue
        if name not in SHAPES:
            raise Rejected("invalid_claims", f"There is no field {name!r} to make a claim about.")
        if name == "publisher" and isinstance(value, str):
            value = {"name": value}  # noqa: PLW2901
        try:
            checked.append(Claim(name, SHAPES[name].validate_python(_safe(value)), "given"))
        except ValidationError as error:
            raise Rejected("invalid_claims", f"The claim {name!r} is malformed: {error.errors()[0]['msg']}.") from None
    return tuple(checked)


def _is_list_line(block: Block) -> bool:
    return block.kind == "list_item" and len(block.text) <= LIST_LINE


def valid(claims: Iterable[Claim]) -> Iterator[Claim]:
    """Claims that fit their field; a page may claim anything, so what does not fit is left out."""
    for claim in claims:
        if claim.origin == "given":
            yield claim
            continue
        try:
            value = SHAPES[claim.field].validate_python(_safe(claim.value))
        except (ValidationError, KeyError):
            continue
        if value or value == 0:
            yield Claim(claim.field, value, claim.origin)


def _safe(value: Any) -> Any:
    """Without control characters, lone surrogates and superfluous white space, in every string of a JSON value."""
    if isinstance(value, str):
        return " ".join(_UNSAFE.sub(" ", value).split()) if not value.isprintable() or "  " in value else value.strip()
    if isinstance(value, Mapping):
        return {key: _safe(part) or None for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [part for part in map(_safe, value) if part]
    return value


def _from_blocks(labelled: Sequence[LabelledBlock], origin: str) -> Iterator[Claim]:
    """What the labelled blocks say: scalars from the first such block, lists and legal lines from all."""
    values: dict[str, list[Any]] = {}
    for above, row in zip([None, *labelled], labelled, strict=False):
        if not (name := FIELDS.get(row.label)):
            continue
        found = values.setdefault(name, [])
        if row.label is Label.CREDIT and above and above.label is Label.CAPTION and found and not found[-1]["credit"]:
            found[-1]["credit"] = _words(row)
        elif name == "images":
            found.append(
                {
                    "caption": _caption(row),
                    "credit": row.captured.get("credit") or (_words(row) if row.label is Label.CREDIT else None),
                }
            )
        elif name == "related":
            found.extend(_related(row))
        else:
            found.append(_words(row))
    for name, found in values.items():
        if name in ("images", "related"):
            yield Claim(name, found, origin)
        elif name in ("copyright_notice", "usage_terms"):
            yield Claim(name, " ".join(dict.fromkeys(found)), origin)
        else:
            yield Claim(name, found[0], origin)


def _words(row: LabelledBlock) -> str:
    """The field's value: what the rule captured under the label's own name, else the whole block."""
    return row.captured.get(row.label.value) or row.block.text


def _caption(row: LabelledBlock) -> str | None:
    return _words(row) if row.label is Label.CAPTION else row.captured.get("caption")


def _related(row: LabelledBlock) -> Iterator[Mapping[str, str | None]]:
    links = row.block.markup.links if row.block.markup else ()
    if headline := row.captured.get("headline"):
        yield {"headline": headline, "url": row.captured.get("url") or next((link.url for link in links), None)}
    else:
        yield from ({"headline": link.text, "url": link.url} for link in links if link.text)


def _from_pack(rulebook: Rulebook) -> Iterator[Claim]:
    if pack := rulebook.publisher:
        yield Claim("publisher", Publisher(name=pack.name, domain=pack.domains[0] if pack.domains else None), "pack")


def _choose(claims: Sequence[Claim], body: str) -> dict[str, Claim]:
    """One claim a field; but pictures, links and the publisher's two parts are gathered from all."""
    by_field: dict[str, list[Claim]] = {}
    for claim in claims:
        by_field.setdefault(claim.field, []).append(claim)
    chosen = choose(claims)
    if language := choose_language(body, by_field.get("language", ())):
        chosen["language"] = language
    for name, gather in (("images", _images), ("related", _union), ("publisher", _publisher)):
        if found := by_field.get(name):
            chosen[name] = Claim(name, gather(found), chosen[name].origin)
    return chosen


def _images(claims: Sequence[Claim]) -> tuple[Image, ...]:
    """Each picture once: a caption that another claim has said already, perhaps with its credit glued on, adds nothing."""
    images: dict[str, Image] = {}
    for image in (image for claim in claims for image in claim.value):
        key = fold(image.caption or image.credit or image.url or "")
        if key and not any(key in known or known in key for known in images):
            images[key] = image
    return tuple(images.values())


def _union(claims: Sequence[Claim]) -> tuple[Related, ...]:
    links: dict[str, Related] = {}
    for link in (link for claim in claims for link in claim.value):
        links.setdefault(fold(link.headline or "") or link.url or "", link)
    return tuple(links.values())


def _publisher(claims: Sequence[Claim]) -> Publisher:
    publishers = [claim.value for claim in claims]
    name = next((publisher.name for publisher in publishers if publisher.name), None)
    return Publisher(name=name, domain=next((publisher.domain for publisher in publishers if publisher.domain), None))


def _removed(row: LabelledBlock, said: Mapping[str, str]) -> Removed:
    """The audit's line. A block filled its label's field if the field says what the block says."""
    name = FIELDS.get(row.label)
    own = [fold(value) for value in row.captured.values()] or [fold(row.block.text)]
    filled = name and any(value and value in said.get(name, "") for value in own)
    return Removed(label=row.label, rule=row.rule, text=row.block.text, field=name if filled else None)


def _strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, list | tuple):
        for part in value:
            yield from _strings(part)
    elif isinstance(value, BaseModel):
        yield from _strings([part for _, part in value])
