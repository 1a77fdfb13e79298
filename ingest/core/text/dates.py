"""Written dates become RFC 3339 with offset, or a day where no zone is stated. No clock: a date without a year is no date."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta, timezone
from functools import cache, lru_cache
from typing import Any, Literal, NamedTuple

from ingest.core.text.calendars import plain_digits
from ingest.core.text.wordlists import alternation, load_wordlists

FIRST_YEAR, LAST_YEAR = 1900, 2099
_PLACEHOLDERS = frozenset({"1900-01-01", "1970-01-01"})  # what empty fields of databases become
MAX_TEXT = 1_000  # characters of a text that is read for dates

DayOrder = Literal["day", "month"]
"""Which of two numbers comes first in 03/04/2024."""

_ZONE = r"(?P<zone>(?:utc|gmt)\s?[+-]\s?\d{1,2}(?::?\d\d)?(?!\d)|z(?!\w)|utc(?!\w)|gmt(?!\w)|[+-]\d{2}(?::?\d{2})?(?![\d/.-]))"
_ISO = re.compile(
    r"(?<!\d)(?P<year>\d{4})[-/.](?P<month>\d{1,2})[-/.](?P<day>\d{1,2})(?!\d)"
    rf"(?:[t ,]*\s*(?P<hour>\d{{1,2}}):(?P<minute>\d{{2}})(?::(?P<second>\d{{2}})(?:[.,]\d+)?)?\s*(?P<half>[ap]\.?m\.?)?\s*{_ZONE}?)?"
)
_YEAR = re.compile(r"(?:19|20)\d\d|\d\s?[./]\s?\d{1,2}\s?[./]\s?\d\d")
_BASIC = re.compile(
    r"^(?P<year>\d{4})(?P<month>\d{2})(?P<day>\d{2})(?:t?(?P<hour>\d{2})(?P<minute>\d{2})(?P<second>\d{2})?(?P<half>)(?P<zone>z|[+-]\d{4})?)?$"
)
_EPOCH = re.compile(r"^(?:/date\()?(\d{10})(?:\d{3})?(?:\.0+|\)/)?$")
_TIME_OF_DAY = re.compile(
    rf"(?<![\d:])(?P<hour>\d{{1,2}})[:.h時](?P<minute>\d{{2}})(?!\d)(?::(?P<second>\d{{2}})(?:\.\d+)?)?\s*分?\s*(?P<half>[ap]\.?m\b\.?)?\s*\(?{_ZONE}"
)
CLOCK_REACH = 40  # characters before and behind a day in which its clock is looked for


class Written(NamedTuple):
    """A day as a text names it. `rival`: the other day that the same numbers can mean, where nothing decides which."""

    when: str
    rival: str | None = None


def parse_timestamp(value: Any, *, order: DayOrder | None = None, language: str = "") -> str | None:
    """A stated time as RFC 3339 (seconds, with offset), a day (YYYY-MM-DD) if its zone or hour is unknown, else None."""
    found = stated(value, order=order, language=language)
    return found.when if found and not found.rival else None


def stated(value: Any, *, order: DayOrder | None = None, language: str = "") -> Written | None:
    """What a value of metadata says: any form that `read_day` knows, seconds or milliseconds since 1970, digits alone."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    text = str(int(value)) if isinstance(value, int | float) and abs(value) < 1e14 else str(value)
    text = plain_digits(" ".join(text[:200].split()))
    if match := _EPOCH.match(text):
        when = _format_date(datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=int(match[1])))
    elif match := _BASIC.match(text):
        when = _date_from_match(match)
    else:
        return _read(text, order, language)
    return Written(when) if when else None


def read_day(text: str, *, order: DayOrder | None = None, language: str = "") -> Written | None:
    """The first day that a text names with its year, in any of the lexicon's languages; with its hour if a zone stands beside it."""
    return _read(plain_digits(text[:MAX_TEXT]), order, language)


@lru_cache(maxsize=256)
def _read(text: str, order: DayOrder | None, language: str) -> Written | None:
    if not _YEAR.search(text):
        return None
    found: list[tuple[int, Written]] = []
    if (match := _ISO.search(text)) and (when := _date_from_match(match)):
        found.append((match.start(), Written(when)))
    for form in _date_patterns():
        match = form.search(text)
        if match and (day := _day_of(match, text, order, language)):
            found.append((match.start(), day))
    return min(found, key=lambda each: each[0])[1] if found else None


def _day_of(match: re.Match[str], text: str, order: DayOrder | None, language: str) -> Written | None:
    """The day, with its hour, that a match of one of the forms means; both days where the order of two numbers is unknown."""
    parts = match.groupdict()
    year, day = int(parts["year"]), int(parts["day"])
    year += 2000 if year < 100 else 0
    if parts.get("name"):
        month = _month_of(" ".join(parts["name"].split()), language)
        return _dated(year, month, day, match, text)
    month = int(parts["month"])
    if parts.get("mark") is None or "." in parts["mark"]:  # 3.4.2024 is the third of April wherever dots are written
        return _dated(year, month, day, match, text) or _dated(year, day, month, match, text)
    straight, swapped = _dated(year, month, day, match, text), _dated(year, day, month, match, text)
    if straight is None or swapped is None or straight == swapped:
        return straight or swapped
    if order is None and "-" in parts["mark"]:
        return straight
    return straight if order == "day" else swapped if order == "month" else Written(straight.when, swapped.when)


def _dated(year: int, month: int, day: int, match: re.Match[str], text: str) -> Written | None:
    try:
        plain = date(year, month, day)
    except ValueError:
        return None
    clock = _TIME_OF_DAY.search(
        text, match.start() if "clock" in match.groupdict() else match.end(), match.end() + CLOCK_REACH
    )
    if clock is None:
        before = text[max(0, match.start() - CLOCK_REACH) : match.start()]
        clock = next((c for c in _TIME_OF_DAY.finditer(before) if _nothing_but_weekday(before[c.end() :])), None)
    when = (clock and _date_from_match(clock, plain)) or _format_date(plain)
    return Written(when) if when else None


def _nothing_but_weekday(between: str) -> bool:
    """Whether nothing stands between an hour and its day, or the day's name: "14:02 GMT, Wed 3 April 2024"."""
    words = re.findall(r"\w+", between)
    return not words or (len(words) == 1 and words[0][:3].lower() in _weekday_beginnings())


@cache
def _weekday_beginnings() -> frozenset[str]:
    return frozenset(name[:3].lower() for name in load_wordlists("dates")["weekdays"])


def _date_from_match(match: re.Match[str], plain: date | None = None) -> str | None:
    """The moment of a match's groups, or its day where they name no zone; None where there is no such day or hour."""
    try:
        plain = plain or date(int(match["year"]), int(match["month"]), int(match["day"]))
        if match["hour"] is None or match["zone"] is None:
            return _format_date(plain)
        hour, half = int(match["hour"]), (match["half"] or "")
        hour = hour % 12 + 12 * half.startswith("p") if half else hour % 24  # 24:00 is somebody's midnight
        second = min(int(match["second"] or 0), 59)
        return _format_date(
            datetime(
                plain.year, plain.month, plain.day, hour, int(match["minute"]), second, tzinfo=_zone(match["zone"])
            )
        )
    except (ValueError, OverflowError):
        return None


def _zone(text: str) -> timezone:
    """The offset of "+0100", "-05", "gmt+1", "utc"; raises ValueError from a day on."""
    match = re.search(r"([+-])\s?(\d{1,2}):?(\d\d)?$", text)
    if match is None:
        return UTC
    offset = timedelta(hours=int(match[2]), minutes=int(match[3] or 0))
    return timezone(-offset if match[1] == "-" else offset)


def _format_date(when: date) -> str | None:
    day = when.isoformat()[:10]
    if not FIRST_YEAR <= when.year <= LAST_YEAR or day in _PLACEHOLDERS:
        return None
    if isinstance(when, datetime) and when.tzinfo is not None:
        return when.isoformat(timespec="seconds")
    return day


def _month_of(name: str, language: str) -> int:
    own: dict[str, int] = load_wordlists("dates")["months_of"].get(language[:2], {})
    return own.get(name) or _months()[name]


@cache
def _months() -> dict[str, int]:
    found = {
        plain_digits(name): int(number) for number, names in load_wordlists("dates")["months"].items() for name in names
    }
    return found | {
        f"ב{name}": number for name, number in found.items() if "א" <= name[0] <= "ת"
    }  # "14 במרץ": the 14th of March


@cache
def _date_patterns() -> tuple[re.Pattern[str], ...]:
    month = rf"(?P<name>{alternation(_months())})(?!\w)\.?(?:\s?[/(]\s?[^\W\d_]+(?:\s[^\W\d_]+)?\)?)?"  # "آذار/مارس"
    glue = rf"(?:{alternation(load_wordlists('dates')['glue'])})"
    year = r"(?P<year>(?:19|20)\d{2})(?!\d)"
    day = r"(?<![\d:])(?P<day>\d{1,2})"
    ordinal = rf"(?:{alternation(load_wordlists('dates')['ordinals'])})?"
    gap = rf"[\s,،./\-–]*(?:{glue}[\s,،./\-–]+)*"
    return (
        re.compile(rf"{day}{ordinal}{gap}(?<!\w){month}{gap}{year}"),
        re.compile(rf"(?<!\w){month}{gap}(?P<day>\d{{1,2}}){ordinal}(?!\d){gap}{year}"),
        re.compile(
            rf"{year}(?:[년年թ]|ko)?\.?{gap}{month}{gap}(?P<day>\d{{1,2}})(?!\d)(?!{ordinal}{gap}(?:19|20)\d\d)"
        ),  # not "Guide 2026 | Dec 26, 2025"
        re.compile(rf"{year}\.?{gap}{day}{ordinal}{gap}(?<!\w){month}(?!{gap}(?:19|20)\d\d)"),
        re.compile(
            rf"(?<!\w){month}{gap}(?P<day>\d{{1,2}}),?\s+(?P<clock>\d{{1,2}}:\d\d(?::\d\d)?)\s*(?:[a-z]{{1,5}}(?:[+-]\d{{1,2}}:?\d{{0,2}})?|[+-]\d{{4}})?\s+{year}"
        ),
        re.compile(
            r"(?P<year>(?:19|20)\d{2})\s*(?:[年년]|он[ыд]?)\s*(?P<month>\d{1,2})\s*(?:[月월]|-р\s+сарын)\s*(?P<day>\d{1,2})\s*(?:[日일号號]|(?!\w))"
        ),
        re.compile(rf"{day}\s?(?P<mark>[./\-])\s?(?P<month>\d{{1,2}})\s?[./\-]\s?{year}"),
        re.compile(r"(?<![\d.])(?P<day>\d{2})(?P<mark>[./])(?P<month>\d{2})[./](?P<year>\d{2})(?![\d.])"),
    )


@cache
def _label_pattern() -> re.Pattern[str]:
    tables = load_wordlists("dates")
    return re.compile(
        rf"(?<!\w)(?:(?P<modified>{alternation(tables['updated'])})|(?P<published>{alternation(tables['published'])}))",
        re.IGNORECASE,
    )


def marker(text: str) -> str | None:
    """The field that the last marker of a text speaks of ("Updated:", "First published"); None where there is none."""
    found = list(_label_pattern().finditer(text))
    return found[-1].lastgroup if found else None


def find_labelled_dates(
    text: str, *, order: DayOrder | None = None, language: str = "", field: str = "published"
) -> Iterator[tuple[str, Written]]:
    """(field, day) for each day that a line around the article names: "Published 3 May 2024 | Updated 4 May 2024".

    `field`: what a day is that no marker stands before.
    """
    if not _YEAR.search(plain_digits(text[:MAX_TEXT])):
        return
    if late := _marked_behind(text, order, language, field):
        yield from late
        return
    at = 0
    cuts = [*((m.start(), m.lastgroup or field) for m in _label_pattern().finditer(text)), (len(text), field)]
    for end, following in cuts:
        if day := read_day(text[at:end], order=order, language=language):
            yield field, day
        field, at = following, end


@cache
def _marker_behind() -> re.Pattern[str]:
    """A marker that ends a line, in the scripts that put it behind the day."""
    tables = load_wordlists("dates")
    behind = {name: [word for word in tables[name] if word[0] >= "\u3000"] for name in ("updated", "published")}
    return re.compile(
        rf"(?:(?P<modified>{alternation(behind['updated'])})|(?P<published>{alternation(behind['published'])}))\W*$"
    )


def _marked_behind(text: str, order: DayOrder | None, language: str, field: str) -> list[tuple[str, Written]]:
    """The days of a line that a marker ends: "2024年5月3日 (2024年5月4日 7時更新)". The marker speaks of the day in its brackets,
    or of the whole line where it has none. Empty for any other line.
    """
    found = None if text.isascii() else _marker_behind().search(text)
    if not found:
        return []
    before = text[: found.start()]
    inside = max(before.rfind("("), before.rfind("（"), 0)
    days = (
        (field, read_day(before[:inside], order=order, language=language)),
        (found.lastgroup or field, read_day(before[inside:], order=order, language=language)),
    )
    return [(name, day) for name, day in days if day]
