"""Labelled blocks and claims become the record: which label goes to which field, and which claim wins."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict
from itertools import islice, pairwise
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from ingest._version import __version__
from ingest.core.confidence import Evidence, confidences, withhold_unsure
from ingest.core.labelling.label import DECLARED
from ingest.core.metadata.block_claims import LABEL_TO_FIELD, claims_from_blocks
from ingest.core.metadata.credits import split_caption
from ingest.core.metadata.language import resolve_language
from ingest.core.metadata.resolve import resolve_claims
from ingest.core.metadata.resolve_date import by_language
from ingest.core.model import Article, Block, Claim, Label, LabelledBlock, Rejected
from ingest.core.parse.plaintext import MAX_LIST_LINE_CHARACTERS
from ingest.core.record import Record
from ingest.core.text.characters import count_words, escape_for_display
from ingest.core.text.normalize import match_key
from ingest.errors import Reason

if TYPE_CHECKING:
    from ingest.core.packs import Rulebook

BODY = Label.BODY  # in a loop over lines it takes ten times as long to name the member
_ONE_WORD = re.compile(r"\W*\w+\W*")
"""A body that is none, unless a format says that it is ("FLASH"). A sentence without spaces counts as several words."""
MIN_HEADLINE_SPACES = 3
"""Gaps between words from which a link's words may be a headline."""
MAX_COMPARED = 200
"""Pictures that each other one is compared with, and thousands of letters in which a removed block is searched: both grow as a square."""


def compose(
    article: Article,
    labelled: Sequence[LabelledBlock],
    rulebook: Rulebook,
    min_confidence: Mapping[str, float] = MappingProxyType({}),
    memory: str | None = None,
) -> Record:
    """The record; raises `Rejected` where no body is left, or it is less sure than wanted. `min_confidence`: as for `clean`.
    `memory`: the version of the one that was used.
    """
    body = join_blocks([row.block for row in labelled if row.label is BODY])
    if not body or (not article.is_marked_up and _ONE_WORD.fullmatch(body) and count_words(body) == 1):
        raise Rejected(Reason.NO_ARTICLE, "Nothing that reads like an article was found.")
    origin = "page" if article.source.media_type == "text/html" else "text"
    url = next((claim.value for claim in article.claims if claim.field == "url"), None)
    claims = [*article.claims, *claims_from_blocks(labelled, rulebook, origin, url)]
    chosen = _resolve(claims, body)
    confidence = confidences(Evidence(article, labelled, claims, chosen))
    withheld = withhold_unsure(chosen, confidence, min_confidence)
    fields = {name: claim.value for name, claim in chosen.items() if claim.value is not None}
    source = article.source
    # Plain values, checked once as a whole: making each of a page's thousand removed lines a model first took twice as long.
    record = {
        "id": article.id,
        "body": body,
        "removed": _audit(labelled, fields),
        "source": {
            "name": source.name and escape_for_display(source.name),
            "media_type": source.media_type,
            "encoding": source.encoding,
            "bytes": source.bytes,
            "format": source.format,
        },
        "container": asdict(article.container) if article.container else None,
        "extra": article.extra,
        "provenance": {name: chosen[name].origin for name in sorted(chosen)}
        | {
            f"rights.{part}": claim.origin
            for part, claim in _rights_by_part([c for c in claims if c.field == "rights"]).items()
        }
        | ({"extra": "given"} if article.extra else {})
        | ({"body": "json-ld"} if any(row.rule == DECLARED for row in labelled if row.label is BODY) else {})
        | ({"body": "truncated"} if article.truncated else {})
        | dict(article.notes)
        | withheld,
        "confidence": confidence,
        "ingest": {"version": __version__, "packs": [pack.reference for pack in rulebook.packs], "memory": memory},
    }
    return Record.model_validate(record | fields)


def join_blocks(blocks: Sequence[Block]) -> str:
    """The body: paragraphs joined by a blank line, list lines, rows of a table and lines of preformatted text by a line end, cells by
    a tab.

    What parse reads back from it are the same blocks, so that a second cleaning finds what the first left; but a row is one then.
    """
    listed = [block.kind == "list_item" and len(block.text) <= MAX_LIST_LINE_CHARACTERS for block in blocks]
    ends = ["\n" if above and below else "\n\n" for above, below in pairwise(listed)]
    if any(block.kind == "cell" for block in blocks):
        from ingest.core.labelling.tables import cell_ends  # noqa: PLC0415  for pages alone

        ends = [cell or end for cell, end in zip(cell_ends(blocks), ends, strict=True)]
    texts = ["\n".join(block.markup.lines) if block.markup and block.markup.lines else block.text for block in blocks]
    return "".join(text + end for text, end in zip(texts, [*ends, ""], strict=False))


def _resolve(claims: Sequence[Claim], body: str) -> dict[str, Claim]:
    """One claim a field; but pictures, links and the publisher's two parts are gathered from all."""
    by_field: dict[str, list[Claim]] = {}
    for claim in claims:
        by_field.setdefault(claim.field, []).append(claim)
    language = resolve_language(body, by_field.get("language", ()))
    chosen = resolve_claims([by_language(claim, language.value if language else "") for claim in claims])
    if language:
        chosen["language"] = language
    gathered = (
        ("images", _merge_images), ("related", _merge_links), ("publisher", _merge_publisher), ("dateline", _merge_dateline),
        ("rights", _merge_rights),
    )  # fmt: skip
    for name, gather in gathered:
        if found := by_field.get(name):
            chosen[name] = Claim(name, gather(found), chosen[name].origin)
    return chosen


def _merge_images(claims: Sequence[Claim]) -> list[dict[str, str | None]]:
    """Each picture once: a caption that another claim has said already, perhaps with its credit glued on, adds nothing."""
    images: dict[str, dict[str, str | None]] = {}
    for image in (image for claim in claims for image in claim.value):
        key = match_key(image.get("caption") or image.get("credit") or image.get("url") or "")
        if (
            key
            and key not in images
            and not any(key in known or known in key for known in islice(images, MAX_COMPARED))
        ):
            images[key] = image
    return list(images.values())


def _merge_links(claims: Sequence[Claim]) -> list[dict[str, str | None]]:
    """Each link once: a card's picture, date and headline lead to the same article; the first that says enough names it."""
    links: dict[str, dict[str, str | None]] = {}
    named: set[str] = set()
    for link in (link for claim in claims for link in claim.value):
        headline = link.get("headline") or ""
        said = match_key(headline)
        key = link.get("url") or said
        better = key not in links or headline.count(" ") >= MIN_HEADLINE_SPACES > (
            links[key].get("headline") or ""
        ).count(" ")
        if better and said not in named:
            links[key] = link
            named.update({said} - {""})
    return list(links.values())


def _merge_publisher(claims: Sequence[Claim]) -> dict[str, str | None]:
    return {
        part: next((found for claim in claims if (found := claim.value.get(part))), None) for part in ("name", "domain")
    }


def _merge_dateline(claims: Sequence[Claim]) -> dict[str, str | None]:
    """The best, with what another of the same place says beside it: a format has the place alone, the text also the agency and the day."""
    best: dict[str, str | None] = dict(claims[0].value)
    if claims[0].origin != "format":
        return best
    place = match_key(best.get("place") or "")
    for claim in claims[1:]:
        if place and match_key(claim.value.get("place") or "") == place:
            best |= {part: value for part, value in claim.value.items() if not best.get(part)}
    return best


def _merge_rights(claims: Sequence[Claim]) -> dict[str, str]:
    """Each part from the best claim that has it."""
    return {part: claim.value[part] for part, claim in _rights_by_part(claims).items()}


def _rights_by_part(claims: Sequence[Claim]) -> dict[str, Claim]:
    parts = ((part, claim) for claim in reversed(claims) for part, value in claim.value.items() if value)
    return dict(sorted(dict(parts).items()))


class _FieldText:
    """What a field says, folded."""

    def __init__(self, strings: Iterable[str]) -> None:
        texts = list(strings)
        self.values = {match_key(text) for text in texts}
        self.joined = match_key(" ".join(texts))[: 1000 * MAX_COMPARED]

    def __contains__(self, text: str) -> bool:
        return text in self.values or text in self.joined


def _audit(labelled: Iterable[LabelledBlock], fields: Mapping[str, Any]) -> list[dict[str, str | None]]:
    """The audit's lines: what is not body, in order. `fields`: the record's values."""
    removed = [row for row in labelled if row.label is not BODY]
    names = {label: LABEL_TO_FIELD.get(label) for label in {row.label for row in removed}}
    said = {name: _FieldText(_strings(fields[name])) for name in names.values() if name and name in fields}
    return [
        {
            "label": row.label,
            "rule": row.rule,
            "text": row.block.text,
            "field": name if (name := names[row.label]) and name in said and _fills(row, name, said[name]) else None,
        }
        for row in removed
    ]


def _fills(row: LabelledBlock, name: str, said: _FieldText) -> bool:
    """True if the field of this name says what the block says."""
    own = [match_key(value) for value in row.captured.values()] or [match_key(row.block.text)]
    if name == "images":  # the field has its caption and credit apart
        own += [match_key(part) for part in split_caption(row.block.text) if part]
    return any(value and value in said for value in own)


def _strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        yield from _strings(list(value.values()))
    elif isinstance(value, list):
        for part in value:
            yield from _strings(part)
