"""The record's column: each field with where it came from, then the body, each paragraph linked to its block."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, NamedTuple

from ingest.core.confidence import CERTAIN_ORIGINS
from ingest.core.metadata.resolve_date import UNSURE
from ingest.core.record import CLAIMABLE_FIELDS, Dateline, Image, Item, Publisher, Record, Related, Rights, Subject
from ingest.web.html import is_web_address, readable_name

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ingest.core.model import Rejected
    from ingest.web.explain.rows import Row

ORIGINS = {
    "given": "given by the sender",
    "format": "from the format's own fields",
    "json-ld": "from the page's JSON-LD",
    "meta": "from the page's meta tags",
    "page": "from the page's text",
    "text": "from the text",
    "pack": "from the publisher's pack",
}
MAX_LINES_NAMED = 5
"""Lines named under a field; more are counted."""
MAX_VALUES_SHOWN = 5
"""Pictures or links that are shown at once: a page may link to a hundred articles."""
MAX_VALUE_CHARACTERS, SUMMARY_CHARACTERS = 320, 120
"""A longer value (terms of use, as a rule) shows its beginning, and the rest on request, because readers look for the body."""


class ValuePart(NamedTuple):
    """A part of a field's value, and how it is shown. `summary`: the beginning of a text too long to be shown at once."""

    kind: Literal["text", "name", "credit", "address"]
    text: str
    language: str | None = None
    summary: str | None = None


@dataclass(frozen=True, slots=True)
class FieldView:
    """A field. `values`: its values, each in parts; where there may be several, the first `shown` at once.

    `origin`: where it came from, in words. `confidence`: the chance that it is right, where one is known. `lines`: the first blocks that filled it; `more_lines`: how many more did.
    """

    name: str
    layout: Literal["single", "inline", "list"]
    values: tuple[tuple[ValuePart, ...], ...]
    shown: int
    origin: str | None
    confidence: float | None
    lines: tuple[int, ...]
    more_lines: int
    targets: str | None
    """The ids of all those blocks on the page."""


@dataclass(frozen=True, slots=True)
class RecordView:
    """The column: either `refusal`, a reason and a message, or the record's fields and body."""

    refusal: tuple[str, str] | None = None
    language: str | None = None
    fields: tuple[FieldView, ...] = ()
    left_out: tuple[str, ...] = ()
    """The sender's claims that could not be used, each with the reason."""
    unknown: tuple[str, ...] = ()
    """Fields without a value; one whose claims disagree with what they claim, one that was not sure enough with the reason."""
    body_confidence: float | None = None
    body: tuple[Row, ...] = ()


def record_view(outcome: Record | Rejected, all_rows: Sequence[Row]) -> RecordView:
    """The right-hand column."""
    if not isinstance(outcome, Record):
        return RecordView(refusal=(readable_name(outcome.reason), outcome.message))
    known = [name for name in CLAIMABLE_FIELDS if getattr(outcome, name)]
    return RecordView(
        language=outcome.language,
        fields=tuple(
            _field(name, outcome, [r.number for r in all_rows if r.field == name])
            for name in (*known, *(["extra"] if outcome.extra else []))
        ),
        left_out=tuple(
            f"{readable_name(name.removeprefix('given.'))} ({readable_name(why)})"
            for name, why in outcome.provenance.items()
            if name.startswith("given.")
        ),
        body_confidence=outcome.confidence.body,
        unknown=tuple(_unknown(name, outcome) for name in CLAIMABLE_FIELDS if name not in known),
        body=tuple(row for row in all_rows if row.kept),
    )


def _unknown(name: str, record: Record) -> str:
    """The name of a field that has no value, with the readings between which nothing decides: "unsure: A or B (page)"."""
    origin = record.provenance.get(name, "")
    if not origin.startswith(f"{UNSURE}: "):
        return readable_name(name)
    readings, _, where = origin.removeprefix(f"{UNSURE}: ").removesuffix(")").rpartition(" (")
    if " is below " in readings:  # a value that was less sure than the settings ask for
        return f"{readable_name(name)} ({readings}, {ORIGINS.get(where, where)})"
    return f"{readable_name(name)} ({readings}, {ORIGINS.get(where, where)}: nothing tells which)"


def _field(name: str, record: Record, lines: Sequence[int]) -> FieldView:
    value, origin = getattr(record, name), record.provenance.get(name)
    several = value if isinstance(value, tuple) else (value,)
    inline = all(isinstance(each, str) for each in several)
    return FieldView(
        name=name,
        layout="single" if several is not value else "inline" if inline else "list",
        values=tuple(tuple(_parts(each, record.language)) for each in several),
        shown=len(several) if inline else MAX_VALUES_SHOWN,
        origin=ORIGINS.get(origin, origin) if origin else None,
        confidence=getattr(record.confidence, name, None) if origin not in CERTAIN_ORIGINS else None,
        lines=tuple(lines[:MAX_LINES_NAMED]),
        more_lines=max(0, len(lines) - MAX_LINES_NAMED),
        targets=" ".join(f"b{number}" for number in lines) or None,
    )


def _parts(value: object, language: str | None) -> Iterator[ValuePart]:
    if isinstance(value, Publisher):
        yield ValuePart("name", " · ".join(filter(None, (value.name, value.domain))))
    elif isinstance(value, Dateline):
        yield ValuePart("name", " · ".join(filter(None, (value.place, value.agency, value.date))), language)
    elif isinstance(value, Image | Related):
        credit = value.credit if isinstance(value, Image) else None
        words = value.caption if isinstance(value, Image) else value.headline
        yield from [_text(words, language)] if words else []
        yield from [ValuePart("credit", credit)] if credit else []
        yield from [ValuePart("address", value.url)] if value.url else []
    elif isinstance(value, Subject):
        yield ValuePart("name", " · ".join(filter(None, (value.name, value.code))))
    elif isinstance(value, Rights | Item):
        said = (f"{readable_name(part)}: {text}" for part, text in value if text)
        yield _text(" · ".join(said), None)
    elif isinstance(value, dict):
        yield _text(json.dumps(value, ensure_ascii=False), None)
    else:
        text = str(value)
        yield ValuePart("address", text) if is_web_address(text) else _text(text, language)


def _text(text: str, language: str | None) -> ValuePart:
    summary = f"{text[:SUMMARY_CHARACTERS]}…" if len(text) > MAX_VALUE_CHARACTERS else None
    return ValuePart("text", text, language, summary)
