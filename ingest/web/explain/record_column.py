"""The record's column: each field with where it came from, then the body, each paragraph bound to its line."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from ingest.core.record import CLAIMABLE_FIELDS, Dateline, Image, Publisher, Record, Related
from ingest.core.text.characters import UNSAFE_CHARACTERS
from ingest.web.html import Child, Node, element, link

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ingest.core.model import Rejected
    from ingest.web.explain.rows import Row

ORIGINS = {
    "given": "given by the sender",
    "json-ld": "from the page's JSON-LD",
    "meta": "from the page's meta tags",
    "page": "from the page's text",
    "text": "from the text",
    "pack": "known of the publisher",
}
MAX_LINES_NAMED = 5
"""Lines named under a field; more are counted."""
MAX_VALUES_SHOWN = 5
"""Pictures or links that are shown at once: pages point at a hundred articles."""
MAX_VALUE_CHARACTERS, BEGINNING_CHARACTERS = 320, 120
"""Signs. A longer value (terms of use, as a rule) shows its beginning, and the rest when asked: the body is what people look for."""


def record_column(outcome: Record | Rejected, all_rows: Sequence[Row]) -> Node:
    """The right-hand column."""
    column = element(
        "section", element("h2", "The record"), class_="clean", id="record", aria_label="The record", tabindex="-1"
    )
    if not isinstance(outcome, Record):
        column.append(
            element(
                "p", element("b", f"Refused: {outcome.reason.replace('_', ' ')}. "), outcome.message, class_="refused"
            )
        )
        return column
    known = [name for name in CLAIMABLE_FIELDS if getattr(outcome, name)]
    listed = element("dl", class_="fields")
    for name in known:
        lines = [row.number for row in all_rows if row.field == name]
        listed.append(_field(name, outcome, lines))
    if outcome.extra:
        listed.append(_field("extra", outcome, ()))
    column.append(listed)
    if unusable := [f"{name[6:]} ({why})" for name, why in outcome.provenance.items() if name.startswith("given.")]:
        column.append(
            element("p", f"Claims of the sender’s that were left out: {', '.join(unusable)}.", class_="unknown")
        )
    if unknown := [name.replace("_", " ") for name in CLAIMABLE_FIELDS if name not in known]:
        column.append(element("p", f"Unknown: {', '.join(unknown)}.", class_="unknown"))
    column.append(element("h3", "Body"))
    body = element("div", class_="body", lang=outcome.language)
    for row in all_rows:
        if row.kept:
            block = row.labelled.block
            to = f"b{row.number}"
            back = element("a", "¶", href=f"#{to}", class_="back", aria_label=f"to line {row.number}")
            body.append(
                element(
                    "p",
                    element("span", block.text, dir="auto", class_="words"),
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
    notes: list[Child] = [element("span", ORIGINS.get(origin, origin))] if origin else []
    for number in lines[:MAX_LINES_NAMED]:
        notes += [" ", element("a", f"line {number}", href=f"#b{number}")]
    if len(lines) > MAX_LINES_NAMED:
        notes.append(f" and {len(lines) - MAX_LINES_NAMED} more")
    return element(
        "div",
        element("dt", name.replace("_", " ")),
        element("dd", *_values(getattr(record, name), record.language), element("span", *notes, class_="notes")),
        id=f"f-{name}",
        data_to=" ".join(f"b{number}" for number in lines) or None,
    )


def _values(value: object, language: str | None) -> list[Child]:
    if isinstance(value, tuple):
        short = all(isinstance(part, str) for part in value)
        listed = [element("li", *_values(part, language)) for part in value]
        shown = len(listed) if short or len(listed) <= MAX_VALUES_SHOWN else MAX_VALUES_SHOWN
        more = element("summary", f"and {len(listed) - shown} more")
        return [
            element("ul", *listed[:shown], class_="several" if short else None),
            element("details", more, element("ul", *listed[shown:])) if shown < len(listed) else None,
        ]
    if isinstance(value, Publisher):
        return [element("bdi", " · ".join(part for part in (value.name, value.domain) if part))]
    if isinstance(value, Dateline):
        return [
            element("bdi", " · ".join(part for part in (value.place, value.agency, value.date) if part), lang=language)
        ]
    if isinstance(value, Image):
        credit = element("span", value.credit, dir="auto", class_="credit") if value.credit else None
        return [_words(value.caption, language), credit, _address(value.url)]
    if isinstance(value, Related):
        return [_words(value.headline, language), _address(value.url)]
    if isinstance(value, dict):
        return [_words(UNSAFE_CHARACTERS.sub("\ufffd", json.dumps(value, ensure_ascii=False)), None)]
    text = str(value)
    return [_address(text) if text.startswith(("http://", "https://")) else _words(text, language)]


def _words(text: str | None, language: str | None) -> Node | None:
    if not text:
        return None
    whole = element("span", text, dir="auto", lang=language, class_="value")
    return (
        whole
        if len(text) <= MAX_VALUE_CHARACTERS
        else element("details", element("summary", element("bdi", f"{text[:BEGINNING_CHARACTERS]}…")), whole)
    )


def _address(url: str | None) -> Node | None:
    return element("span", link(url, url), class_="address") if url else None
