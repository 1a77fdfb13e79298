"""The record's column: each field with where it came from, then the body, each paragraph bound to its line."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from ingest.record import CLAIMABLE, Dateline, Image, Publisher, Record, Related
from ingest.sheet import Inside, Node, link, node
from ingest.signs import UNSAFE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ingest.explain.runs import Row
    from ingest.model import Rejected

ORIGINS = {
    "given": "given by the sender",
    "json-ld": "from the page's JSON-LD",
    "meta": "from the page's meta tags",
    "page": "from the page's text",
    "text": "from the text",
    "pack": "known of the publisher",
}
LINES = 5
"""Lines named under a field; more are counted."""
SEVERAL = 5
"""Pictures or links that are shown at once: pages point at a hundred articles."""
LONG, BEGINNING = 320, 120
"""Signs. A longer value (terms of use, as a rule) shows its beginning, and the rest when asked: the body is what people look for."""


def record_column(outcome: Record | Rejected, all_rows: Sequence[Row]) -> Node:
    """The right-hand column."""
    column = node(
        "section", node("h2", "The record"), class_="clean", id="record", aria_label="The record", tabindex="-1"
    )
    if not isinstance(outcome, Record):
        column.append(
            node("p", node("b", f"Refused: {outcome.reason.replace('_', ' ')}. "), outcome.message, class_="refused")
        )
        return column
    known = [name for name in CLAIMABLE if getattr(outcome, name)]
    listed = node("dl", class_="fields")
    for name in known:
        lines = [row.number for row in all_rows if row.field == name]
        listed.append(_field(name, outcome, lines))
    if outcome.extra:
        listed.append(_field("extra", outcome, ()))
    column.append(listed)
    if unusable := [f"{name[6:]} ({why})" for name, why in outcome.provenance.items() if name.startswith("given.")]:
        column.append(node("p", f"Claims of the sender’s that were left out: {', '.join(unusable)}.", class_="unknown"))
    if unknown := [name.replace("_", " ") for name in CLAIMABLE if name not in known]:
        column.append(node("p", f"Unknown: {', '.join(unknown)}.", class_="unknown"))
    column.append(node("h3", "Body"))
    body = node("div", class_="body", lang=outcome.language)
    for row in all_rows:
        if row.kept:
            block = row.labelled.block
            to = f"b{row.number}"
            back = node("a", "¶", href=f"#{to}", class_="back", aria_label=f"to line {row.number}")
            body.append(
                node(
                    "p",
                    node("span", block.text, dir="auto", class_="words"),
                    back,
                    id=f"t{row.number}",
                    data_to=to,
                    class_=f"k-{block.kind}",
                )
            )
    column.append(body)
    return column


def _field(name: str, record: Record, lines: Sequence[int]) -> Node:
    origin = record.provenance.get(name)
    notes: list[Inside] = [node("span", ORIGINS.get(origin, origin))] if origin else []
    for number in lines[:LINES]:
        notes += [" ", node("a", f"line {number}", href=f"#b{number}")]
    if len(lines) > LINES:
        notes.append(f" and {len(lines) - LINES} more")
    return node(
        "div",
        node("dt", name.replace("_", " ")),
        node("dd", *_values(getattr(record, name), record.language), node("span", *notes, class_="notes")),
        id=f"f-{name}",
        data_to=" ".join(f"b{number}" for number in lines) or None,
    )


def _values(value: object, language: str | None) -> list[Inside]:
    if isinstance(value, tuple):
        short = all(isinstance(part, str) for part in value)
        listed = [node("li", *_values(part, language)) for part in value]
        shown = len(listed) if short or len(listed) <= SEVERAL else SEVERAL
        more = node("summary", f"and {len(listed) - shown} more")
        return [
            node("ul", *listed[:shown], class_="several" if short else None),
            node("details", more, node("ul", *listed[shown:])) if shown < len(listed) else None,
        ]
    if isinstance(value, Publisher):
        return [node("bdi", " · ".join(part for part in (value.name, value.domain) if part))]
    if isinstance(value, Dateline):
        return [
            node("bdi", " · ".join(part for part in (value.place, value.agency, value.date) if part), lang=language)
        ]
    if isinstance(value, Image):
        credit = node("span", value.credit, dir="auto", class_="credit") if value.credit else None
        return [_words(value.caption, language), credit, _address(value.url)]
    if isinstance(value, Related):
        return [_words(value.headline, language), _address(value.url)]
    if isinstance(value, dict):
        return [_words(UNSAFE.sub("\ufffd", json.dumps(value, ensure_ascii=False)), None)]
    text = str(value)
    return [_address(text) if text.startswith(("http://", "https://")) else _words(text, language)]


def _words(text: str | None, language: str | None) -> Node | None:
    if not text:
        return None
    whole = node("span", text, dir="auto", lang=language, class_="value")
    return whole if len(text) <= LONG else node("details", node("summary", node("bdi", f"{text[:BEGINNING]}…")), whole)


def _address(url: str | None) -> Node | None:
    return node("span", link(url, url), class_="address") if url else None
