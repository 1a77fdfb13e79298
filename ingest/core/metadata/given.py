"""The sender's claims: each claim that can be used, a note about each that cannot, and the sender's own data (`extra`).

The rules are the same for a sidecar, for `clean(claims=…)` and for `enqueue(claims=…)`: a claim that cannot be used is
left out and named in the record's `provenance` as `given.<field>`, never a reason to refuse the article.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlsplit

from pydantic import BaseModel

from ingest.core.limits import MAX_URL_CHARACTERS
from ingest.core.metadata.language import canonical_tag
from ingest.core.metadata.validate import safe_value, salvage
from ingest.core.model import Claim
from ingest.core.record import CLAIMABLE_FIELDS
from ingest.core.text.dates import parse_timestamp

MAX_EXTRA_DEPTH = 32
"""Deepest nesting of lists and objects in a value of the sender's own."""

MAX_INTEGER_BITS = 1_000  # Python refuses to write or read integers of more than 4,300 digits

MALFORMED, UNSURE, TOO_LARGE = "malformed", "unsure", "too_large"
"""Reasons why a claim, or a part of it, was left out: invalid for its field; ambiguous; over the limit."""

OLDEST_YEAR, LATEST_YEAR = 1600, 2099  # the first newspaper dates from 1605
EMPTY_DATES = frozenset({"1970-01-01", "1900-01-01"})  # values that databases write for empty fields
_RFC_3339 = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:\d\d)")
_RFC_2822 = re.compile(
    r"(?:[A-Z][a-z]{2},?\s+)?\d{1,2}\s+[A-Z][a-z]{2}\s+(?:\d\d|\d{4})\s+\d\d:\d\d(?::\d\d)?(?:\s+(?:[+-]\d{4}|[A-Z]{1,5}))?(?:\s*\([^()]*\))?"
)
_YEAR = re.compile(r"(?<!\d)(?:19|20)\d\d(?!\d)")
_EPOCH = re.compile(r"\d{10}|\d{13}")
FIRST_SECONDS, LAST_SECONDS, FIRST_MILLISECONDS = 1e9, 4.1e9, 1e11  # since 1970: from 2001 to 2099
_SLASHED = re.compile(r"(\d{1,2})([/.-])(\d{1,2})\2(\d{4})(?!\d)")
_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


@dataclass(frozen=True, slots=True)
class GivenClaims:
    """The usable claims. `notes`: for provenance, the reason for each omitted claim, by `given.<field>`."""

    claims: tuple[Claim, ...] = ()
    extra: Mapping[str, Any] = field(default_factory=dict)
    notes: Mapping[str, str] = field(default_factory=dict)


def accept_claims(
    url: str | None, claims: Mapping[str, Any] | None, *, max_extra: int, origin: str = "given"
) -> GivenClaims:
    """The usable part of the sender's claims, or of those of a container (`origin` "format"). `max_extra`: bytes of `extra` as JSON.

    The values may be a record's own: a publisher, its name alone, images … Raises TypeError for values without a JSON
    form.
    """
    given = plain_claims(url, claims)
    found: list[Claim] = []
    extra: dict[str, Any] = {}
    notes: dict[str, str] = {}
    for name, value in given.items():
        if name == "extra" and isinstance(value, dict):
            extra |= value
        elif name not in CLAIMABLE_FIELDS and name != "extra":
            extra.setdefault(name, value)
        elif value is not None and (safe := safe_value(value)) not in (None, "", [], {}):
            kept, trouble = _READERS.get(name, _as_is)(name, safe) if name != "extra" else (None, MALFORMED)
            found += [Claim(name, kept, origin)] if kept is not None else []
            notes |= {f"{origin}.{name}": trouble} if trouble else {}
    own = {name: value for name, value in extra.items() if _is_json(name) and _is_json(value)}
    if len(own) < len(extra):
        notes[f"{origin}.extra"] = MALFORMED
    if own and len(json.dumps(own, ensure_ascii=False, separators=(",", ":")).encode()) > max_extra:
        own, notes[f"{origin}.extra"] = {}, TOO_LARGE
    return GivenClaims(tuple(found), own, notes)


def plain_claims(url: str | None, claims: Mapping[str, Any] | None) -> dict[str, Any]:
    """A caller's claims with plain values, as a sidecar would contain them; raises TypeError for values without a JSON
    form.
    """
    if url is not None and not isinstance(url, str):
        raise TypeError(f"url must be a string, not {type(url).__name__}")
    if claims is not None and not isinstance(claims, Mapping):
        raise TypeError(f"claims must map names of fields to values, not be {type(claims).__name__}")
    plain = {}
    for name, value in (claims or {}).items():
        if not isinstance(name, str):
            raise TypeError(f"claims must have strings for names, not {type(name).__name__}")
        plain[name] = _plain(value, name, 2 * MAX_EXTRA_DEPTH)
    return plain | ({"url": url} if url else {})


def _plain(value: Any, name: str, depth: int) -> Any:
    if value is None or isinstance(value, str | int | float):
        return value
    if not depth:
        return math.nan  # invalid for every field
    if isinstance(value, BaseModel):
        return value.model_dump(mode="json")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Mapping):
        return {str(key): _plain(part, name, depth - 1) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(part, name, depth - 1) for part in value]
    raise TypeError(f"claims[{name!r}] holds {type(value).__name__}, for which JSON has no form")


def _is_json(value: Any, depth: int = MAX_EXTRA_DEPTH) -> bool:
    """True if a value can be written as JSON in UTF-8 and read by any parser."""
    if isinstance(value, str):
        return value.isascii() or not any("\ud800" <= character <= "\udfff" for character in value)
    if isinstance(value, float):
        return math.isfinite(value)
    if isinstance(value, dict):
        return depth > 0 and all(_is_json(key) and _is_json(part, depth - 1) for key, part in value.items())
    if isinstance(value, list):
        return depth > 0 and all(_is_json(part, depth - 1) for part in value)
    return value is None or (isinstance(value, int) and value.bit_length() <= MAX_INTEGER_BITS)


Reader = Callable[[str, Any], tuple[Any, str | None]]
"""From a field and a safe value: the valid part of the value, or None, and the reason if a part was left out."""


def _as_is(name: str, value: Any) -> tuple[Any, str | None]:
    kept, whole = salvage(name, value)
    return kept, None if whole else MALFORMED


def _text(name: str, value: Any) -> tuple[Any, str | None]:
    return _as_is(name, value[0] if isinstance(value, list) and len(value) == 1 else value)


def _url(name: str, value: Any) -> tuple[Any, str | None]:
    if isinstance(value, str) and len(value) <= MAX_URL_CHARACTERS:
        scheme, colon, rest = value.partition(":")
        try:
            host = urlsplit(value).hostname
        except ValueError:
            host = None
        if host:
            return _as_is(name, scheme.lower() + colon + rest)
    return None, MALFORMED


def _publisher(name: str, value: Any) -> tuple[Any, str | None]:
    return _as_is(name, {"name": value} if isinstance(value, str) else value)


def _language(name: str, value: Any) -> tuple[Any, str | None]:
    return _as_is(name, canonical_tag(value) if isinstance(value, str) else value)


def _authors(name: str, value: Any) -> tuple[Any, str | None]:
    """A list of names, of objects with a name, or one text: semicolons separate names; text with commas or "and" is
    ambiguous, as it may be one name or two.
    """
    if isinstance(value, str):
        parts = [part.strip() for part in value.split(";") if part.strip()]
        if any(re.search(r"[,|/&\n、，；]|\s(?:and|und|et|y|и|та)\s", part) for part in parts):
            return None, UNSURE
        return _as_is(name, parts)
    parts = value if isinstance(value, list) else [value]
    return _as_is(name, [part.get("name") if isinstance(part, dict) else part for part in parts])


def _keywords(name: str, value: Any) -> tuple[Any, str | None]:
    if isinstance(value, str):
        value = [part.strip() for part in value.split(";" if ";" in value else ",") if part.strip()]
    return _as_is(name, value)


def _linked(name: str, value: Any) -> tuple[Any, str | None]:
    """Images and links: objects, or bare URLs."""
    parts = value if isinstance(value, list) else [value]
    return _as_is(name, [{"url": part} if isinstance(part, str) else part for part in parts])


def _moment(name: str, value: Any) -> tuple[Any, str | None]:
    if found := claimed_moment(value):
        return _as_is(name, found)
    return None, UNSURE if isinstance(value, str | int | float) else MALFORMED


def _urgency(name: str, value: Any) -> tuple[Any, str | None]:
    text = str(value).strip()
    return _as_is(name, int(text) if text.isascii() and text.isdecimal() and len(text) == 1 else None)


def _status(name: str, value: Any) -> tuple[Any, str | None]:
    word = value.lower() if isinstance(value, str) else ""
    return _as_is(name, "canceled" if word in {"cancelled", "killed"} else word)


def _subjects(name: str, value: Any) -> tuple[Any, str | None]:
    parts = value if isinstance(value, list) else [value]
    return _as_is(name, [{"name": part} if isinstance(part, str) else part for part in parts])


_READERS: dict[str, Reader] = {
    **dict.fromkeys(("headline", "subheadline", "byline", "section", "copyright_notice", "usage_terms"), _text),
    **dict.fromkeys(("published", "modified", "embargoed"), _moment), **dict.fromkeys(("images", "related"), _linked),
    **dict.fromkeys(("digital_source_type",), _url), "urgency": _urgency, "status": _status, "subjects": _subjects,
    "url": _url, "publisher": _publisher, "language": _language, "authors": _authors, "keywords": _keywords,
}  # fmt: skip


def claimed_moment(value: Any) -> str | None:
    """A sender's time as RFC 3339 with offset, or a date where its time or zone is missing; None where it is not
    certain.

    Accepted are ISO 8601 (a space for the T, no colons), RFC 822 and 2822, seconds and milliseconds since 1970,
    unambiguous numeric dates, and dates with the name of the month in any language that pages are read in.
    """
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    if isinstance(value, str) and _EPOCH.fullmatch(value):
        value = int(value)
    if not isinstance(value, str):
        seconds = value if value < FIRST_MILLISECONDS else value / 1000 if value < 1000 * LAST_SECONDS else 0
        return parse_timestamp(int(seconds)) if FIRST_SECONDS <= seconds < LAST_SECONDS else None
    text = value.strip()
    if not 8 <= len(text) <= 64:
        return None
    found = _iso(text) if text[:4].isdecimal() and text[4:5] in "-0123W" else _spoken(text)
    return found if found and OLDEST_YEAR <= int(found[:4]) <= LATEST_YEAR and found[:10] not in EMPTY_DATES else None


def _iso(text: str) -> str | None:
    plain = re.sub(r"\s*(?:UTC|GMT|Z)$", "+00:00", text, flags=re.IGNORECASE)
    plain = re.sub(r"\s+(?=[+-]\d\d:?\d\d$)", "", plain)
    plain = re.sub(
        r"(?<=\d)\s+[A-Z]{2,5}$", "", plain
    )  # a zone abbreviation shared by several zones: the date is certain
    try:
        when = datetime.fromisoformat(plain)
    except ValueError:
        return None
    if _RFC_3339.fullmatch(text):
        return text
    return when.isoformat(timespec="seconds") if when.tzinfo else when.date().isoformat()


def _spoken(text: str) -> str | None:
    """A date that is not in ISO form."""
    if slashed := _SLASHED.match(text):
        first, second, year = (int(slashed[group]) for group in (1, 3, 4))
        if first != second and first <= 12 and second <= 12:
            return None  # the third of April, or the fourth of March
        day, month = (first, second) if second <= 12 else (second, first)
        try:
            return date(year, month, day).isoformat()
        except ValueError:
            return None
    if _RFC_2822.fullmatch(text):
        try:
            when = parsedate_to_datetime(text)
        except (ValueError, OverflowError, TypeError, IndexError):
            return None
        if text[:3] in _DAYS and _DAYS[when.weekday()] != text[:3]:  # weekday and date contradict each other
            return None
        return when.isoformat(timespec="seconds") if when.tzinfo else when.date().isoformat()
    return parse_timestamp(text) if len(_YEAR.findall(text)) == 1 else None
