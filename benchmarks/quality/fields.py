"""Scores of a record's fields against a page's gold: equal once case, accents and punctuation are normalised; lists by F1 of the sets."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from ingest.core.text.normalize import match_key

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from ingest import Record

STATED = ("title", "authors", "date", "captions", "credits", "keywords")
"""Fields that a page's gold may state besides its body."""


def field_scores(stated: Mapping[str, Any], record: Record | None) -> dict[str, float]:
    """0 to 1 for each field that the gold states; a refused page has none of them."""
    images = record.images if record else ()
    ours: dict[str, Iterable[str]] = {
        "authors": record.authors if record else (),
        "captions": [image.caption for image in images if image.caption],
        "credits": [image.credit for image in images if image.credit],
        "keywords": record.keywords if record else (),
    }
    found = {name: _set_f1(ours[name], stated[name]) for name in STATED if name in ours and stated.get(name)}
    if title := stated.get("title"):
        found["title"] = float(match_key((record and record.headline) or "") == match_key(title))
    if date := stated.get("date"):
        found["date"] = float(not days((record and record.published) or "").isdisjoint(days(date)))
    return found


def _set_f1(found: Iterable[str], gold: Iterable[str]) -> float:
    a, b = {match_key(text) for text in found} - {""}, {match_key(text) for text in gold} - {""}
    return 2 * len(a & b) / (len(a) + len(b)) if a and b else float(not a and not b)


def days(value: str) -> set[str]:
    """The days that a moment may be called by: its own zone's and UTC's."""
    try:
        moment = datetime.fromisoformat(value.strip())
    except ValueError:
        return {value[:10]} - {""}
    return {moment.date().isoformat()} | ({moment.astimezone(UTC).date().isoformat()} if moment.tzinfo else set())
