"""Order of day and month: 03/04/2024 as this page means it, by its other dates, its country and its language."""

from __future__ import annotations

import re
from functools import cached_property
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from ingest.core.model import Claim
from ingest.core.text.calendars import plain_digits
from ingest.core.text.dates import MAX_TEXT, DayOrder, Written, find_labelled_dates, read_day, stated
from ingest.core.text.wordlists import word_set

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from ingest.core.model import Origin

MAX_DATED_TEXTS = 2_000  # most texts that are searched for other dates

_DAY_IN_ADDRESS = re.compile(r"/((?:19|20)\d\d)[/-]?(\d\d)(?:[/-]?(\d\d))?(?=[/_-])")
_NUMERIC = re.compile(r"(?<![\d/-])(\d{1,2})([/-])(\d{1,2})\2((?:19|20)\d\d)(?!\d)")


class DateReader:
    """Reads the dates of one page.

    `languages`: BCP 47, the most trusted first. `addresses`: the one it was fetched from, its canonical one. `others`:
    texts of the page that may contain more dates, read only where a date is ambiguous.
    """

    def __init__(
        self, languages: Sequence[str], addresses: Sequence[str], others: Callable[[], Iterable[str]] = tuple
    ) -> None:
        self._languages, self._addresses, self._others = languages, addresses, others
        self.language = languages[0].partition("-")[0] if languages else ""

    def stated(self, field: str, value: Any, origin: Origin) -> Claim | None:
        """The claim of a field from a metadata value."""
        return self._claim(field, stated(value, language=self.language), origin)

    def first(self, field: str, text: str, origin: Origin) -> Claim | None:
        """The claim of a field from the first date in a text."""
        return self._claim(field, read_day(text, language=self.language), origin)

    def all(self, text: str, origin: Origin, *, field: str = "published") -> Iterator[Claim]:
        """A claim for each date of a line; `field`: for the dates without a marker before them."""
        for said, day in find_labelled_dates(text, language=self.language, field=field):
            if claim := self._claim(said, day, origin):
                yield claim

    def _claim(self, field: str, day: Written | None, origin: Origin) -> Claim | None:
        if day is None:
            return None
        if day.rival is None or self.order == "day":
            return Claim(field, day.when, origin)
        return Claim(field, day.rival, origin) if self.order == "month" else Claim(field, day.when, origin, day.rival)

    @cached_property
    def order(self) -> DayOrder | None:
        """The order of day and month on this page; None without evidence, or where the evidence disagrees."""
        return self._by_dates() or self._by_country() or self._by_language()

    def _by_dates(self) -> DayOrder | None:
        """By unambiguous dates, and by ambiguous ones with one reading given in the metadata or the URL."""
        certain: set[str] = set()
        unsure: set[tuple[str, str]] = set()
        found: set[DayOrder] = set()
        for number, raw in enumerate(self._others()):
            if number > MAX_DATED_TEXTS:
                break
            text = plain_digits(raw[:MAX_TEXT])
            for one, _, two, _ in _NUMERIC.findall(text):
                if (int(one) > 12) != (int(two) > 12):
                    found.add("day" if int(one) > 12 else "month")
            if day := stated(text):
                if day.rival:
                    unsure.add((day.when[:10], day.rival[:10]))
                else:
                    certain.add(day.when[:10])
        matches = (_DAY_IN_ADDRESS.search(url) for url in self._addresses)
        certain |= {"-".join(filter(None, found.groups())) for found in matches if found}
        for day_first, month_first in unsure:
            agreeing = [any(reading.startswith(known) for known in certain) for reading in (day_first, month_first)]
            if agreeing[0] != agreeing[1]:
                found.add("day" if agreeing[0] else "month")
        return found.pop() if len(found) == 1 else None

    def _by_country(self) -> DayOrder | None:
        """By the country of the domain, then by the region of the language; "en-US" is a default of many templates, so
        others come first.
        """
        end = (urlsplit(next(iter(self._addresses), "")).hostname or "").rpartition(".")[2]
        if end in word_set("dates", "american_domains"):
            return "month"
        regions = {part.lower() for tag in self._languages for part in tag.split("-")[1:] if len(part) == 2}
        countries = (
            [end]
            if len(end) == 2 and end not in word_set("dates", "vanity_domains")
            else sorted(regions - {"us"}) or regions
        )
        orders = {_order_of(country) for country in countries}
        return orders.pop() if len(orders) == 1 else None

    def _by_language(self) -> DayOrder | None:
        return "day" if self.language not in {"", "en", "fil", "tl"} else None


def _order_of(country: str) -> DayOrder | None:
    if country in word_set("dates", "mixed_countries"):
        return None
    return "month" if country in word_set("dates", "month_first_countries") else "day"
