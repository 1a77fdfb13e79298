"""The date of a page that states none: from its URL, or from a finder, if the page shows the date outside its
sentences.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ingest.core.html.dom import of_foreign_thing
from ingest.core.limits import MAX_FINDER_ELEMENTS
from ingest.core.metadata.headline_area import MIN_PROSE_RUN_CHARACTERS
from ingest.core.metadata.page_dates import day_shown_once, in_caption, in_sentence, is_sentence, paragraph_of
from ingest.core.model import Claim
from ingest.core.text.dates import FIRST_YEAR, LAST_YEAR, parse_timestamp, read_day

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from lxml.html import HtmlElement

    from ingest.core.html.page_index import PageIndex, TextRun
    from ingest.core.metadata.date_reader import DateReader

_DIGIT = re.compile(r"\d")
_DAY_IN_DIGITS, _ISO_DAY = re.compile(r"\d\d[01]\d[0-3]\d"), re.compile(r"\d{4}-\d\d-\d\d")
_DAY_IN_ADDRESS = re.compile(r"/((?:19|20)\d\d)[/-](\d{1,2})[/-](\d{1,2})(?:/|-|_)")
_DATELINE = re.compile(r"^.{6,60}?\s*(?:--|—|–|\|)\s")
"""Matches the start of a paragraph that opens with a dateline: "Dec. 15, 2011 -- A test …"."""


def found_day(index: PageIndex, addresses: Sequence[str], reader: DateReader) -> Iterator[Claim]:
    """At most one claim, made only where there is no other claim of a date: from the URL, from a line of the page, or
    by htmldate, the slowest.
    """
    if matches := [found for url in addresses if (found := _DAY_IN_ADDRESS.search(url))]:
        if day := parse_timestamp("-".join(matches[0].groups())):
            yield Claim("published", day, "page")
    elif shown := day_shown_once(index, reader):
        yield shown
    elif (
        len(index.elements) <= MAX_FINDER_ELEMENTS
        and _may_tell(index, addresses)
        and (day := _searched_day(index, next(iter(addresses), None)))
        and _is_told(index, day, addresses)
    ):
        yield Claim("published", day, "page")


def _searched_day(index: PageIndex, url: str | None) -> str | None:
    """The date found by htmldate."""
    from htmldate import find_date  # noqa: PLC0415  # 0.3 s to import, needed by one page in ten
    from htmldate.extractors import try_date_expr  # noqa: PLC0415
    from htmldate.validators import reset_validator_caches  # noqa: PLC0415

    first, last = (
        f"{FIRST_YEAR + 90}-01-01",
        f"{LAST_YEAR}-12-31",
    )  # its default for the last day is today's date, which depends on the clock
    day = find_date(index.tree, original_date=True, extensive_search=False, url=url, min_date=first, max_date=last)
    # The caches hold eight thousand strings of pages, each in full. `htmldate.meta.reset_caches` empties those of charset-normalizer, too,
    # and logs an error for each page since 3.5 has others.
    reset_validator_caches()
    try_date_expr.cache_clear()
    return str(day) if day else None


def _may_tell(index: PageIndex, addresses: Sequence[str]) -> bool:
    """False if `_is_told` is so for every day: nothing on the page is or contains a date. Htmldate takes 5 ms."""
    if any(_DAY_IN_DIGITS.search(re.sub(r"\D", "", url)) for url in addresses):
        return True
    stated = (*_stated(index, "meta", "content"), *_stated(index, "time", "datetime"))
    scripts = (script.text or "" for script in index.by_tag["script"])
    return (
        any(_ISO_DAY.search(text) or _names(text) for text in stated)
        or any(_names(run.text) for run in index.runs)
        or any(_ISO_DAY.search(text) for text in scripts)
    )


def _stated(index: PageIndex, tag: str, attribute: str) -> Iterator[str]:
    return (element.get(attribute) or "" for element in index.by_tag[tag])


def _is_told(index: PageIndex, day: str, addresses: Sequence[str]) -> bool:
    """True if something other than a sentence, a caption or a video's data states the date; the finder also completes
    months to their first day, and uses dates in readers' comments.
    """
    plain = day.replace("-", "")
    if any(plain[2:] in re.sub(r"\D", "", url) for url in addresses):
        return True
    texts = [tag.get("content") or "" for tag in index.by_tag["meta"] if not of_foreign_thing(tag)]
    texts += [time.get("datetime") or "" for time in index.by_tag["time"] if not _of_other(time, index)]
    if any(day in text or _names(text, day) for text in texts):
        return True
    scripts = (script.text or "" for script in index.by_tag["script"])
    before = (text[max(0, at - len('"uploadDate": "')) : at] for text in scripts if (at := text.find(day)) >= 0)
    return any("upload" not in text.lower() for text in before) or any(_tells(run, index, day) for run in index.runs)


def _of_other(time: HtmlElement, index: PageIndex) -> bool:
    """True if a `<time>` is in a sentence, in a link or in a foreign part, as those of comments and teasers are."""
    return index.is_foreign(time) or in_sentence(time) or next(time.iterancestors("a"), None) is not None


def _names(text: str, day: str | None = None) -> bool:
    """True if a text names this day; any day where none is given."""
    return (
        _DIGIT.search(text) is not None
        and (found := read_day(text)) is not None
        and (day is None or day in {found.when[:10], (found.rival or "")[:10]})
    )


def _tells(run: TextRun, index: PageIndex, day: str) -> bool:
    """True if a run of text contains the date and little else, or opens a paragraph with it."""
    text, element = run
    if not _names(text, day) or index.is_foreign(element):
        return False
    if (opening := _DATELINE.match(paragraph_of(element) or text)) and _names(opening[0], day):
        return True
    within = in_sentence(element) or is_sentence(text) or in_caption(element, frozenset(index.by_role["caption"]))
    return len(text) < MIN_PROSE_RUN_CHARACTERS and not within
