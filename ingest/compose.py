"""Labelled blocks and claims become the record: which label goes to which field, and which claim wins."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice, pairwise
from typing import TYPE_CHECKING, Any

from ingest import __version__
from ingest.choose import choose
from ingest.choose_day import by_language
from ingest.evidence.tables import cell_ends
from ingest.fold import fold
from ingest.label import DECLARED
from ingest.language import choose_language
from ingest.model import Article, Block, Claim, Label, LabelledBlock, Rejected
from ingest.parse.text import LIST_LINE
from ingest.record import Record
from ingest.rooms import FIELDS, block_claims
from ingest.signs import shown
from ingest.validation import valid

if TYPE_CHECKING:
    from ingest.packs import Rulebook

BODY = Label.BODY  # in a loop over lines it takes ten times as long to name the member
NAMING = 3
"""Gaps between words from which a link's words may be a headline."""
COMPARED = 200
"""Pictures that each other one is compared with, and thousands of letters in which a removed block is searched: both grow as a square."""


def compose(article: Article, labelled: Sequence[LabelledBlock], rulebook: Rulebook) -> Record:
    """The record; raises `Rejected` where no body is left."""
    body = join([row.block for row in labelled if row.label is BODY])
    if not body:
        raise Rejected("no_article", "Nothing that reads like an article was found.")
    origin = "page" if article.source.media_type == "text/html" else "text"
    url = next((claim.value for claim in article.claims if claim.field == "url"), None)
    claims = [*article.claims, *valid(block_claims(labelled, rulebook, origin, url))]
    chosen = _choose(claims, body)
    fields = {name: claim.value for name, claim in chosen.items() if claim.value is not None}
    said = {name: _Said(_strings(value)) for name, value in fields.items()}
    source = article.source
    # Plain values, checked once as a whole: making each of a page's thousand removed lines a model first took twice as long.
    record = {
        "id": article.id,
        "body": body,
        "removed": [_removed(row, said) for row in labelled if row.label is not BODY],
        "source": {
            "name": source.name and shown(source.name),
            "media_type": source.media_type,
            "encoding": source.encoding,
            "bytes": source.bytes,
        },
        "extra": article.extra,
        "provenance": {name: chosen[name].origin for name in sorted(chosen)}
        | ({"extra": "given"} if article.extra else {})
        | ({"body": "json-ld"} if any(row.rule == DECLARED for row in labelled if row.label is BODY) else {})
        | ({"body": "truncated"} if article.truncated else {})
        | dict(article.notes),
        "ingest": {"version": __version__, "packs": [pack.stem for pack in rulebook.packs]},
    }
    return Record.model_validate(record | fields)


def join(blocks: Sequence[Block]) -> str:
    """The body: paragraphs joined by a blank line, list lines, rows of a table and lines of preformatted text by a line end, cells by
    a tab.

    What parse reads back from it are the same blocks, so that a second cleaning finds what the first left; but a row is one then.
    """
    listed = [block.kind == "list_item" and len(block.text) <= LIST_LINE for block in blocks]
    ends = ["\n" if above and below else "\n\n" for above, below in pairwise(listed)]
    if any(block.kind == "cell" for block in blocks):
        ends = [cell or end for cell, end in zip(cell_ends(blocks), ends, strict=True)]
    texts = ["\n".join(block.markup.lines) if block.markup and block.markup.lines else block.text for block in blocks]
    return "".join(text + end for text, end in zip(texts, [*ends, ""], strict=False))


def _choose(claims: Sequence[Claim], body: str) -> dict[str, Claim]:
    """One claim a field; but pictures, links and the publisher's two parts are gathered from all."""
    by_field: dict[str, list[Claim]] = {}
    for claim in claims:
        by_field.setdefault(claim.field, []).append(claim)
    language = choose_language(body, by_field.get("language", ()))
    chosen = choose([by_language(claim, language.value if language else "") for claim in claims])
    if language:
        chosen["language"] = language
    for name, gather in (("images", _images), ("related", _union), ("publisher", _publisher)):
        if found := by_field.get(name):
            chosen[name] = Claim(name, gather(found), chosen[name].origin)
    return chosen


def _images(claims: Sequence[Claim]) -> list[dict[str, str | None]]:
    """Each picture once: a caption that another claim has said already, perhaps with its credit glued on, adds nothing."""
    images: dict[str, dict[str, str | None]] = {}
    for image in (image for claim in claims for image in claim.value):
        key = fold(image.get("caption") or image.get("credit") or image.get("url") or "")
        if key and key not in images and not any(key in known or known in key for known in islice(images, COMPARED)):
            images[key] = image
    return list(images.values())


def _union(claims: Sequence[Claim]) -> list[dict[str, str | None]]:
    """Each link once: a card's picture, date and headline lead to the same article; the first that says enough names it."""
    links: dict[str, dict[str, str | None]] = {}
    named: set[str] = set()
    for link in (link for claim in claims for link in claim.value):
        headline = link.get("headline") or ""
        said = fold(headline)
        key = link.get("url") or said
        better = key not in links or headline.count(" ") >= NAMING > (links[key].get("headline") or "").count(" ")
        if better and said not in named:
            links[key] = link
            named.update({said} - {""})
    return list(links.values())


def _publisher(claims: Sequence[Claim]) -> dict[str, str | None]:
    return {
        part: next((found for claim in claims if (found := claim.value.get(part))), None) for part in ("name", "domain")
    }


class _Said:
    """What a field says, folded."""

    def __init__(self, strings: Iterable[str]) -> None:
        texts = list(strings)
        self.each = {fold(text) for text in texts}
        self.all = fold(" ".join(texts))[: 1000 * COMPARED]

    def __contains__(self, text: str) -> bool:
        return text in self.each or text in self.all


def _removed(row: LabelledBlock, said: Mapping[str, _Said]) -> dict[str, str | None]:
    """The audit's line. A block filled its label's field if the field says what the block says."""
    name = FIELDS.get(row.label)
    field = None
    if name and name in said:
        own = [fold(value) for value in row.captured.values()] or [fold(row.block.text)]
        field = name if any(value and value in said[name] for value in own) else None
    return {"label": row.label, "rule": row.rule, "text": row.block.text, "field": field}


def _strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        yield from _strings(list(value.values()))
    elif isinstance(value, list):
        for part in value:
            yield from _strings(part)
