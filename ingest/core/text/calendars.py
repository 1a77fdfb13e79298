"""Dates in other digits and calendars, rewritten so that one reader serves all: "令和6年3月14日" becomes "2024年3月14日".

Solar Hijri days become ISO days, Buddhist and era years Gregorian ones, digits of any script ASCII. Lunar calendars stay as they are:
their days depend on who saw the moon.
"""

from __future__ import annotations

import re
import unicodedata
from datetime import date, timedelta
from functools import cache

from ingest.core.text.wordlists import alternation, load_wordlists

BUDDHIST_OFFSET_YEARS = 543
SHORT_BUDDHIST_YEARS = range(43, 100)
"""Two-digit years that Thai dates mean as 2543 to 2599 (2000 to 2056); lower ones may as well be Gregorian: unread."""

_ANCHOR_YEAR, _ANCHOR_DAY = 1403, date(2024, 3, 20)  # 1 Farvardin 1403
_LEAP_REMAINDERS = frozenset({1, 5, 9, 13, 17, 22, 26, 30})  # of 33 years, right from 1206 to 1498
_KANJI_DIGITS = {character: str(value) for value, character in enumerate("〇一二三四五六七八九")} | {"零": "0"}

_DIGIT = re.compile(r"(?![0-9])\d")
_SAME = {
    0x2212: "-", 0x066B: ".", 0x064A: "\u06cc", 0x0643: "\u06a9",  # minus; Arabic yeh and kaf as Persian writes them
    **dict.fromkeys((0x200B, 0x200C, 0x200E, 0x200F, 0x061C, 0x202A, 0x202B, 0x202C, 0x2066, 0x2067, 0x2068, 0x2069, 0xAD)),
}  # fmt: skip

_KANJI_DATE = re.compile(
    r"([〇零一二三四五六七八九]{4}|[元一二三四五六七八九十]{1,3})年([一二三四五六七八九十]{1,3})月([一二三四五六七八九十]{1,3})日"
)
_HIJRI_NUMERIC = re.compile(r"(?<![\d/.-])(13\d\d|14[01]\d)([/-])(\d{1,2})\2(\d{1,2})(?!\d)")
_THAI = re.compile(r"[\u0e01-\u0e4e]")
_THAI_NUMERIC = re.compile(r"(?<![\d/.-])(\d{1,2})([/.-])(\d{1,2})\2(2[456]\d\d)(?!\d)")


def plain_digits(text: str) -> str:
    """The text in lower case with ASCII digits, one form of each letter, and Gregorian dates."""
    if text.isascii():
        text = text.lower()
        return _HIJRI_NUMERIC.sub(_from_hijri_numeric, text) if "/" in text or "-" in text else text
    text = unicodedata.normalize("NFKC", text).lower().translate(_SAME)
    text = _DIGIT.sub(lambda m: str(unicodedata.decimal(m[0])), text)
    if "年" in text:
        text = _era().sub(_from_era, _KANJI_DATE.sub(_from_kanji, text))
    text = _HIJRI_NUMERIC.sub(_from_hijri_numeric, _hijri().sub(_from_hijri, text))
    if _THAI.search(text):
        text = _thai().sub(_from_thai, text)
        text = _THAI_NUMERIC.sub(lambda m: f"{m[1]}{m[2]}{m[3]}{m[2]}{int(m[4]) - BUDDHIST_OFFSET_YEARS}", text)
    return text


def solar_hijri(year: int, month: int, day: int) -> date | None:
    """The Gregorian day of a Solar Hijri one (1206 to 1498); None where there is no such day."""
    if not (1206 <= year <= 1498 and 1 <= month <= 12 and 1 <= day <= _month_days(year, month)):
        return None
    years = range(min(year, _ANCHOR_YEAR), max(year, _ANCHOR_YEAR))
    days = sum(365 + _is_leap(each) for each in years) * (1 if year >= _ANCHOR_YEAR else -1)
    return _ANCHOR_DAY + timedelta(days=days + sum(_month_days(year, each) for each in range(1, month)) + day - 1)


def _is_leap(year: int) -> bool:
    return year % 33 in _LEAP_REMAINDERS


def _month_days(year: int, month: int) -> int:
    return 31 if month <= 6 else 30 if month < 12 or _is_leap(year) else 29


@cache
def _era() -> re.Pattern[str]:
    return re.compile(rf"(?P<era>{alternation(load_wordlists('dates')['eras'])})\s*(?P<year>元|\d{{1,3}})\s*年")


@cache
def _hijri_months() -> dict[str, int]:
    tables = load_wordlists("dates")["solar_hijri_months"]
    return {name.translate(_SAME): int(number) for number, names in tables.items() for name in names}


@cache
def _hijri() -> re.Pattern[str]:
    return re.compile(
        rf"(?<!\d)(\d{{1,2}})(?:\s*ام)?[\s,،]+({alternation(_hijri_months())})(?:\s*ماه)?[\s,،]+(?:سال\s+)?(1[34]\d\d)(?!\d)"
    )


@cache
def _thai() -> re.Pattern[str]:
    """A Thai month and the year behind it."""
    months = [name for names in load_wordlists("dates")["months"].values() for name in names if _THAI.match(name)]
    return re.compile(
        rf"(?P<month>{alternation(months)})(?P<gap>\.?[\s,]*(?:พ\.?\s?ศ\.?)?[\s,]*)(?P<year>2[456]\d\d|\d\d)(?!\d)"
    )


def _from_hijri(match: re.Match[str]) -> str:
    day = solar_hijri(int(match[3]), _hijri_months()[match[2]], int(match[1]))
    return day.isoformat() if day else match[0]


def _from_hijri_numeric(match: re.Match[str]) -> str:
    day = solar_hijri(int(match[1]), int(match[3]), int(match[4]))
    return day.isoformat() if day else match[0]


def _from_era(match: re.Match[str]) -> str:
    return f"{load_wordlists('dates')['eras'][match['era']] + (1 if match['year'] == '元' else int(match['year']))}年"


def _from_kanji(match: re.Match[str]) -> str:
    year, month, day = (part if part == "元" else _kanji_number(part) for part in match.groups())
    return f"{year}年{month}月{day}日"


def _kanji_number(text: str) -> str:
    """A number in Chinese digits: "二〇二四" is 2024, "二十一" is 21."""
    if "十" not in text:
        return "".join(_KANJI_DIGITS[character] for character in text)
    tens, _, ones = text.partition("十")
    return f"{_KANJI_DIGITS.get(tens, '1')}{_KANJI_DIGITS.get(ones, '0')}"


def _from_thai(match: re.Match[str]) -> str:
    year = int(match["year"])
    if year >= 2400:
        return f"{match['month']} {year - BUDDHIST_OFFSET_YEARS}"
    return f"{match['month']} {year + 2500 - BUDDHIST_OFFSET_YEARS}" if year in SHORT_BUDDHIST_YEARS else match[0]
