"""Features of the confidence in a field's value: who claims it, who claims something else, and what the article shows."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from math import log1p
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from ingest.core.metadata.authors import is_job, is_newsroom, is_outlet, is_personal
from ingest.core.model import JUDGED, Label
from ingest.core.text.normalize import match_key

if TYPE_CHECKING:
    from ingest.core.confidence.evidence import Evidence
    from ingest.core.model import Claim

Columns = dict[str, float]

LEAD_CHARACTERS = 1200
"""Characters of the body that are searched for the words of the headline and the names of the authors."""
MIN_AGREEING_CHARACTERS = 10
"""Fewest characters of a headline that is contained in another and so agrees with it in part."""

MAX_HEAD_BLOCKS = 3
"""Number of blocks before the body's first that usually contain bylines and dates."""

_WORD = re.compile(r"[\u3040-\u30ff\u3400-\u9fff]|[^\W_\u3040-\u30ff\u3400-\u9fff]+")
_SITE_END = re.compile(r"\s[|–—»:-]\s[^|–—»]{2,40}$")
_DIGITS = re.compile(r"\d+")


def headline_columns(evidence: Evidence) -> Columns:
    """Which titles of the page agree, and how much of the headline its URL and its lead repeat."""
    claim, title = evidence.chosen["headline"], str(evidence.chosen["headline"].value)
    meta = [c for c in evidence.claims if c.field == "headline" and c.origin == "meta"]
    sources = {
        "json-ld": next((c for c in evidence.claims if c.field == "headline" and c.origin == "json-ld"), None),
        "shared": meta[0] if meta else None,
        "window": meta[-1] if len(meta) > 1 else None,
        "heading": next((c for c in evidence.claims if c.field == "headline" and c.origin == "page"), None),
    }
    key = match_key(title)
    columns = _origin_columns(claim)
    for name, source in sources.items():
        columns |= _vote(name, key, match_key(str(source.value)) if source else "")
    words = set(_WORD.findall(title.casefold()))
    row = next((row for row in evidence.labelled if row.label is Label.HEADLINE), None)
    others = evidence.chosen.get("alternative_headlines")
    slug = set(_WORD.findall(_path(evidence).replace("_", "-").casefold()))
    return columns | {
        "alternatives": log1p(len(others.value)) if others else 0.0,
        "slug": len(words & slug) / max(1, len(words)),
        "slug_known": float(len(slug) > 3),
        "lead": len(words & set(_WORD.findall(_lead(evidence).casefold()))) / max(1, len(words)),
        "words": log1p(len(words)),
        "short": float(len(words) < 4),
        "site_end": float(_SITE_END.search(title) is not None),
        "sentence": float(title[-1] in ".。…"),
        "shown": float(row is not None),
        "block": row.confidence if row and not evidence.is_page else 0.0,
    }


def authors_columns(evidence: Evidence) -> Columns:
    """Which lists agree, whether the names are those of persons, and whether the article shows them."""
    claim = evidence.chosen["authors"]
    names = [str(name) for name in claim.value]
    keys = {match_key(name) for name in names}
    columns = _origin_columns(claim)
    stated = [
        (c.origin, frozenset(match_key(str(name)) for name in c.value)) for c in evidence.claims if c.field == "authors"
    ]
    for origin in ("json-ld", "meta", "page", "text"):
        theirs = [found for whose, found in stated if whose == origin]
        columns[f"{origin}.same"] = float(keys in theirs)
        columns[f"{origin}.part"] = float(keys not in theirs and any(keys & other for other in theirs))
        columns[f"{origin}.differ"] = float(bool(theirs) and not any(keys & other for other in theirs))
    lists = {found for _, found in stated}
    byline = evidence.chosen.get("byline")
    said = match_key(str(byline.value)) if byline else ""
    lead = match_key(_lead(evidence))
    rows = [at for at, row in enumerate(evidence.labelled) if names[0] in row.block.text]
    marked = [at for at in rows if evidence.labelled[at].label is Label.BYLINE]
    publisher = _publisher_keys(evidence)
    return (
        columns
        | _place_columns(evidence, marked or rows)
        | {
            "bylines": log1p(sum(row.label is Label.BYLINE for row in evidence.labelled)),
            "marked": float(bool(marked)),
            "lists": log1p(len(lists)),
            "count": log1p(len(names)),
            "many": float(len(names) > 3),
            "persons": sum(map(is_personal, names)) / len(names),
            "house": float(any(is_newsroom(n) or is_outlet(n) or match_key(n) in publisher for n in names)),
            "job": float(any(map(is_job, names))),
            "one_word": float(any(" " not in name.strip() and name.isascii() for name in names)),
            "long": float(any(len(name.split()) > 3 for name in names)),
            "byline": float(bool(said)),
            "in_byline": sum(key in said for key in keys) / len(keys) if said else 0.0,
            "in_lead": sum(key in lead for key in keys) / len(keys),
        }
    )


def published_columns(evidence: Evidence) -> Columns:
    """Which claims name the same day, how far the others are from it, and whether the URL contains it."""
    claim = evidence.chosen["published"]
    day = str(claim.value)[:10]
    columns = _origin_columns(claim)
    found = [c for c in evidence.claims if c.field == "published" and c.rival is None]
    for origin in ("json-ld", "meta", "page", "text"):
        days = {str(c.value)[:10] for c in found if c.origin == origin}
        columns[f"{origin}.same"] = float(day in days)
        columns[f"{origin}.differ"] = float(bool(days - {day}))
    apart = [abs(_ordinal(str(c.value)) - _ordinal(day)) for c in found]
    modified = evidence.chosen.get("modified")
    since = _ordinal(str(modified.value)) - _ordinal(day) if modified and modified.value else 0
    rows = [at for at, row in enumerate(evidence.labelled) if row.label is Label.DATE]
    digits = "".join(_DIGITS.findall(urlsplit(_url(evidence)).path))
    year, month, day_of_month = day.split("-")
    return (
        columns
        | _place_columns(evidence, rows)
        | {
            "date_lines": log1p(len(rows)),
            "days": log1p(len({str(c.value)[:10] for c in found})),
            "far": log1p(max(apart, default=0)),
            "near": float(any(0 < each <= 2 for each in apart)),
            "hour": float("T" in str(claim.value)),
            "midnight": float("T00:00" in str(claim.value)),
            "modified": float(modified is not None),
            "modified_before": float(since < 0),
            "modified_later": log1p(max(0, since)),
            "in_url": float(f"{year}{month}{day_of_month}" in digits),
            "month_in_url": float(f"{year}{month}" in digits),
            "claims": log1p(len(found)),
            "rival": float(any(c.rival is not None for c in evidence.claims if c.field == "published")),
        }
    )


def publisher_columns(evidence: Evidence) -> Columns:
    """Who names the publisher, and whether name and domain match."""
    claim = evidence.chosen["publisher"]
    name, domain = str(claim.value.get("name") or ""), str(claim.value.get("domain") or "")
    found = [c.value for c in evidence.claims if c.field == "publisher"]
    names = {match_key(str(v.get("name"))) for v in found if v.get("name")}
    domains = {str(v.get("domain")) for v in found if v.get("domain")}
    host = "." + (urlsplit(_url(evidence)).hostname or "")
    own = host.endswith("." + domain)  # the public suffix list would take ten times as long
    label = match_key(domain.split(".", maxsplit=1)[0])
    key = match_key(name)
    return _origin_columns(claim) | {
        "name": float(bool(name)),
        "domain": float(bool(domain)),
        "own": float(bool(domain) and own),
        "foreign": float(bool(domain) and host != "." and not own),
        "address": float(host != "."),
        "names": log1p(len(names)),
        "domains": log1p(len(domains)),
        "fit": float(bool(key and label) and (key in label or label in key)),
        "claims": log1p(len(found)),
    }


FIELD_COLUMNS: Mapping[str, Callable[[Evidence], Columns]] = {
    "headline": headline_columns,
    "authors": authors_columns,
    "published": published_columns,
    "publisher": publisher_columns,
}


def _origin_columns(claim: Claim) -> Columns:
    return {f"origin.{origin}": float(claim.origin == origin) for origin in ("json-ld", "meta", "page", "pack")}


def _place_columns(evidence: Evidence, rows: Sequence[int]) -> Columns:
    """The position of the nearest block that may show a value, relative to the start of the body, and the source of its
    label.
    """
    if not rows:
        return {}
    first = next(at for at, row in enumerate(evidence.labelled) if row.label is Label.BODY)
    nearest = min(rows, key=lambda at: (abs(at - first), at))
    row = evidence.labelled[nearest]
    kind = row.rule.partition("/")[0]
    return {
        "place.before": float(nearest < first),
        "place.close": float(0 < first - nearest <= MAX_HEAD_BLOCKS),
        "place.distance": log1p(abs(nearest - first)),
        "place.structure": float(kind == "structure"),
        "place.model": float(row.rule in JUDGED),
        "place.body": float(row.label is Label.BODY),
        "place.certainty": row.confidence,
        "place.length": log1p(len(row.block.text)),
    }


def _vote(name: str, key: str, other: str) -> Columns:
    """How one title of the page relates to the headline: equal, a part of it, longer than it, or different."""
    part = bool(other) and key != other and min(len(key), len(other)) >= MIN_AGREEING_CHARACTERS
    part = part and (key in other or other in key)
    return {
        f"{name}.same": float(key == other),
        f"{name}.part": float(part),
        f"{name}.differ": float(bool(other) and key != other and not part),
    }


def _url(evidence: Evidence) -> str:
    return str(evidence.chosen["url"].value) if "url" in evidence.chosen else ""


def _path(evidence: Evidence) -> str:
    """The last part of the article's URL."""
    return _url(evidence).partition("?")[0].rstrip("/").rsplit("/", 1)[-1]


def _lead(evidence: Evidence) -> str:
    """The beginning of the body."""
    texts: list[str] = []
    length = 0
    for row in evidence.labelled:
        if row.label is Label.BODY:
            texts.append(row.block.text[:LEAD_CHARACTERS])
            length += len(row.block.text)
            if length >= LEAD_CHARACTERS:
                break
    return "\n".join(texts)[:LEAD_CHARACTERS]


def _publisher_keys(evidence: Evidence) -> set[str]:
    values: Sequence[Any] = [c.value for c in evidence.claims if c.field == "publisher"]
    return {match_key(str(text)) for value in values for text in value.values() if text}


def _ordinal(day: str) -> int:
    return date.fromisoformat(day[:10]).toordinal()
