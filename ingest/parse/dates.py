"""Written dates become RFC 3339 with offset, or a day where no zone is stated. No clock: a date without a year is no date."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta, timezone
from email.utils import parsedate_to_datetime
from functools import cache
from typing import Any

from ingest.lexicon import alternatives, lexicon

FIRST_YEAR, LAST_YEAR = 1900, 2099
_PLACEHOLDERS = frozenset({"1900-01-01", "1970-01-01"})  # what empty fields of databases become

_ISO = re.compile(
    r"(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})(?!\d)"
    r"(?:[T ,]*\s*(\d{1,2}):(\d{2})(?::(\d{2})(?:[.,]\d+)?)?\s*(?P<half>[AaPp]\.?[Mm]\.?)?\s*(?P<zone>Z|UTC|GMT|[+-]\d{2}:?\d{2}|[+-]\d{2}\b)?)?",
)
_YEAR = re.compile(r"(?:19|20)\d\d|\d\s?[./]\s?\d{1,2}\s?[./]\s?\d\d")
_BASIC = re.compile(r"^(\d{4})(\d{2})(\d{2})(?:T?(\d{2})(\d{2})(\d{2})?(?P<zone>Z|[+-]\d{4})?)?$")
_EPOCH = re.compile(r"^\d{10}(?:\d{3})?$")
_CLOCK = re.compile(
    r"(?<![\d:])(\d{1,2})(?:[:.h時](\d{2}))(?::\d{2})?\s*(?:分)?\s*(?P<half>[ap]\.?m\b\.?)?\s*(?P<zone>UTC|GMT|Z\b|[+-]\d{2}:?\d{2})?",
    re.IGNORECASE,
)


def moment(value: Any, *, month_first: bool = False) -> str | None:
    """A stated time as RFC 3339 (seconds, with offset), a day (YYYY-MM-DD) if its zone or hour is unknown, else None.

    `month_first`: read 3/4/2024 as the fourth of March.
    """
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    text = str(int(value)) if isinstance(value, int | float) and abs(value) < 1e14 else str(value)
    text = " ".join(text[:200].split())
    if _EPOCH.match(text):
        return _said(datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=int(text[:10])))
    match = _ISO.search(text) or _BASIC.match(text)
    if match:
        return _assembled(match)
    if text[:4].rstrip(",").isalpha() and ("GMT" in text or "+" in text or "UTC" in text):
        try:
            return _said(parsedate_to_datetime(text))
        except (ValueError, OverflowError, IndexError, TypeError):
            pass
    return written(text, month_first=month_first)


def _assembled(match: re.Match[str]) -> str | None:
    year, month, day, hour, minute, second = (int(g) if g else 0 for g in match.groups()[:6])
    half = (match.groupdict().get("half") or "").lower()
    zone = match["zone"]
    try:
        plain = date(year, month, day)
        if match[4] is None or zone is None:
            return _said(plain)
        hour = hour % 12 + 12 * half.startswith("p") if half else hour % 24  # 24:00 is somebody's midnight
        return _said(datetime(year, month, day, hour, minute, min(second, 59), tzinfo=_zone(zone)))
    except (ValueError, OverflowError):
        return None


def _zone(text: str) -> timezone:
    if text[0] not in "+-":
        return UTC
    hours, minutes = int(text[1:3]), int(text[-2:]) if len(text) > 3 else 0
    offset = timedelta(hours=hours, minutes=minutes)
    return timezone(-offset if text[0] == "-" else offset)


def _said(when: date) -> str | None:
    day = when.isoformat()[:10]
    if not FIRST_YEAR <= when.year <= LAST_YEAR or day in _PLACEHOLDERS:
        return None
    if isinstance(when, datetime) and when.tzinfo is not None:
        return when.isoformat(timespec="seconds")
    return day


@cache
def _months() -> dict[str, int]:
    return {name: int(number) for number, names in lexicon("dates")["months"].items() for name in names}


@cache
def _forms() -> tuple[re.Pattern[str], ...]:
    month = rf"(?P<name>{alternatives(_months())})"
    glue = rf"(?:{alternatives(lexicon('dates')['glue'])})"
    year = r"(?P<year>(?:19|20)\d{2})(?!\d)"
    day = r"(?<![\d:])(?P<day>\d{1,2})"
    ordinal = rf"(?:{alternatives(lexicon('dates')['ordinals'])})?"
    gap = rf"[\s,./\-–]*(?:{glue}[\s,./\-–]+)*"
    return (
        re.compile(rf"{day}{ordinal}{gap}(?<!\w){month}(?!\w){gap}{year}", re.IGNORECASE),
        re.compile(rf"(?<!\w){month}(?!\w){gap}(?P<day>\d{{1,2}}){ordinal}(?!\d){gap}{year}", re.IGNORECASE),
        re.compile(rf"{year}[년年]?\.?{gap}{month}(?!\w){gap}(?P<day>\d{{1,2}})(?!\d)", re.IGNORECASE),
        re.compile(r"(?P<year>(?:19|20)\d{2})\s*[年년]\s*(?P<month>\d{1,2})\s*[月월]\s*(?P<day>\d{1,2})\s*[日일]"),
        re.compile(rf"{day}\s?[./\-]\s?(?P<month>\d{{1,2}})\s?[./\-]\s?{year}"),
        re.compile(r"(?<![\d.])(?P<day>\d{2})[./](?P<month>\d{2})[./](?P<year>\d{2})(?![\d.])"),
    )


def written(text: str, *, month_first: bool = False) -> str | None:
    """The first day that a text names with its year, in any of the lexicon's languages; with its hour if a zone stands beside it."""
    if not _YEAR.search(text):
        return None
    if match := _ISO.search(text):
        return _assembled(match)
    for form in _forms():
        match = form.search(text)
        if match is None:
            continue
        parts = match.groupdict()
        year, day = int(parts["year"]), int(parts["day"])
        year += 2000 if year < 100 else 0
        month = _months()[" ".join(parts["name"].lower().split())] if parts.get("name") else int(parts["month"])
        if (
            not parts.get("name")
            and (month > 12 or (month_first and day <= 12 and "-" not in match[0]))
            and "年" not in match[0]
        ):
            month, day = day, month
        try:
            plain = date(year, month, day)
        except ValueError:
            continue
        clock = _CLOCK.search(text, match.end(), match.end() + 40)
        if clock and clock["zone"]:
            hour = int(clock[1]) % 12 + 12 * clock["half"].lower().startswith("p") if clock["half"] else int(clock[1])
            if hour < 24 and int(clock[2]) < 60:
                return _said(datetime(year, month, day, hour, int(clock[2]), tzinfo=_zone(clock["zone"].upper())))
        return _said(plain)
    return None


@cache
def _markers() -> re.Pattern[str]:
    tables = lexicon("dates")
    return re.compile(
        rf"(?P<modified>{alternatives(tables['updated'])})|(?P<published>{alternatives(tables['published'])})",
        re.IGNORECASE,
    )


def dated(text: str, *, month_first: bool = False) -> Iterator[tuple[str, str]]:
    """("published" or "modified", when) for each day that a line of furniture names: "Published 3 May 2024 | Updated 4 May 2024"."""
    if not _YEAR.search(text):
        return
    field, at = "published", 0
    cuts = [*((m.start(), m.lastgroup or field) for m in _markers().finditer(text)), (len(text), field)]
    for end, following in cuts:
        if when := written(text[at:end], month_first=month_first):
            yield field, when
        field, at = following, end
