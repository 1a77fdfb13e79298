"""Dates shown on a page: beside its headline, in `<time>`, and in elements named as dates.

A date in a sentence, a caption or a link is not a publication date, and the words beside a date take precedence over
the name of its element.
"""

from __future__ import annotations

import re
from itertools import chain, islice
from typing import TYPE_CHECKING

from ingest.core.html.dom import class_tokens, descendants, element_text, of_foreign_thing
from ingest.core.html.elements import BLOCK_TAGS
from ingest.core.metadata.authors import strip_byline_marker
from ingest.core.metadata.headline_area import MIN_PROSE_RUN_CHARACTERS
from ingest.core.model import Claim
from ingest.core.text.calendars import plain_digits
from ingest.core.text.date_lines import date_line
from ingest.core.text.dates import marker
from ingest.core.text.strings import clean_line
from ingest.core.text.wordlists import word_set

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from lxml.html import HtmlElement

    from ingest.core.html.page_index import PageIndex, TextRun
    from ingest.core.metadata.date_reader import DateReader
    from ingest.core.metadata.headline_area import HeadlineArea

MAX_DATED_ELEMENTS = 60
DATE_LINE_CHARACTERS = 50
"""Most characters of a line with little besides a date; in longer ones dates are often part of a sentence."""
MAX_MARKER_CHARACTERS = 40
"""Most characters of a line that only says what the date on the next line is: "Last updated:"."""
MAX_SENTENCE_WORDS = 5
"""Most words of a line that ends in a full stop and is still not a sentence: "Vienna, 3 May 2024."."""

_DIGIT = re.compile(r"\d")
_YEAR = re.compile(r"(?<!\d)(?:19|20)\d\d(?!\d)")
_SENTENCE_END = re.compile(r"[^\W\d_]{3,}[.!?…。！？।]\s*$")
_SENTENCE_INSIDE = re.compile(r"[^\W\d_]{3,}[.!?。！？।]\s+\S*[^\W\d_]{3,}\s")
_STATING = (
    "datetime",
    "content",
    "title",
    "data-datetime",
    "data-date",
    "data-time",
    "data-timestamp",
    "data-published",
)
_STATING_SET = frozenset(_STATING)
"""Attributes in which an element may state the date that its text gives in other words: "3 hours ago"."""


def shown_dates(area: HeadlineArea, index: PageIndex, reader: DateReader) -> Iterator[Claim]:
    """Dates around the headline first, then those marked by class words or `<time>` anywhere outside foreign parts."""
    captions = frozenset(index.by_role["caption"])
    later: list[Claim] = []
    before = area.before[::-1]
    for runs, order in ((area.after, range(len(area.after))), (before, reversed(range(len(before))))):
        for at in order:
            text, element = runs[at]
            if not _DIGIT.search(text) and not _states(element):
                continue
            if not (_in_teaser(element) or in_caption(element, captions) or of_foreign_thing(element)):
                sure, unsure = _of_run(runs, at, reader)
                yield from sure
                later += unsure
    yield from later
    for element in index.by_tag["time"][:MAX_DATED_ELEMENTS]:
        if (
            not index.is_foreign(element)
            and not of_foreign_thing(element)
            and next(element.iterancestors("a", "li"), None) is None
            and not in_sentence(element)
        ):
            text = element_text(element, max_characters=3 * MIN_PROSE_RUN_CHARACTERS)
            if claim := reader.stated(_date_field(element, text), element.get("datetime") or text, "page"):
                yield claim
    for element in index.by_role["date"][:MAX_DATED_ELEMENTS]:
        apart = (
            of_foreign_thing(element)
            or element.tag in {"body", "article", "main", "time", "meta"}
            or _in_teaser(element)
            or index.is_foreign(element)
        )
        if (
            not apart
            and len(text := element_text(element, max_characters=3 * MIN_PROSE_RUN_CHARACTERS))
            <= MIN_PROSE_RUN_CHARACTERS
        ):
            yield from _of_attributes(element, reader, text) or reader.all(text, "page", field=_date_field(element))


def day_shown_once(index: PageIndex, reader: DateReader) -> Claim | None:
    """The date in a line of its own, on a page without one beside the headline, if the page shows exactly one such
    date.

    Lines in lists, links, headings and foreign parts date other articles; a line with several dates is a period of
    time.
    """
    captions = frozenset(index.by_role["caption"])
    found: dict[str, Claim] = {}
    for at, (text, element) in enumerate(index.runs):
        if len(text) > DATE_LINE_CHARACTERS or not _DIGIT.search(text) or not date_line(text):
            continue
        within = next(element.iterancestors("a", "li", "ul"), None) is not None or element.tag in {"a", "li", "ul"}
        other = within or index.is_foreign(element) or of_foreign_thing(element) or _in_teaser(element)
        if other or in_caption(element, captions) or (in_sentence(element) and not _set_apart(index.runs, at)):
            continue
        days = list(reader.all(text, "page"))
        if len(days) != 1 or len(_YEAR.findall(plain_digits(text))) != 1:
            return None
        found.setdefault(days[0].value[:10], days[0])
    return next(iter(found.values())) if len(found) == 1 else None


def _of_run(runs: Sequence[TextRun], at: int, reader: DateReader) -> tuple[list[Claim], list[Claim]]:
    """The claims of a run, and separately those of a longer line, which rank lower."""
    text, element = runs[at]
    time = element if element.tag == "time" else next(element.iterancestors("time"), None)
    if time is not None and time.get("datetime"):
        called = marker(text) or _said_before(runs, at, time)
        if not in_sentence(time) and (claim := reader.stated(called, time.get("datetime"), "page")):
            return [claim], []
    named = _called_date(element)
    if named and (found := _of_attributes(element, reader, text)):
        return found, []
    if (
        len(text) >= MIN_PROSE_RUN_CHARACTERS
        or not _DIGIT.search(text)
        or (in_sentence(element) and not _set_apart(runs, at))
    ):
        return [], []
    whole = _surrounding_text(text, element)
    default = marker(whole[: whole.find(text)]) or _said_before(runs, at, time if time is not None else element)
    found, line_read = list(reader.all(text, "page", field=default)), text
    if not found:
        found, line_read = list(reader.all(whole, "page", field=default)), whole
    if not found or (is_sentence(line_read) and not named):
        return [], []
    if len(text) <= DATE_LINE_CHARACTERS:
        return found, []
    return [], found if marker(whole) or strip_byline_marker(whole) is not None or named else []


def _set_apart(runs: Sequence[TextRun], at: int) -> bool:
    """True if a run opens a paragraph and a line break or a dash ends it, or if it directly follows the words
    "Published:".
    """
    text, element = runs[at]
    if len(text) > DATE_LINE_CHARACTERS:
        return False
    before = runs[at - 1].text if at else ""
    if before.endswith((":", "：")) and len(before) <= MAX_MARKER_CHARACTERS and marker(before):
        return True
    if not paragraph_of(element).startswith(text):
        return False
    if element.tag in BLOCK_TAGS:
        return len(element) > 0 and element[0].tag == "br"
    tail, following = (element.tail or "").strip(), element.getnext()
    return tail.startswith(("—", "–", "--", "- ", "|")) or (
        not tail and following is not None and following.tag == "br"
    )


def _said_before(runs: Sequence[TextRun], at: int, element: HtmlElement) -> str:
    """The field given by the words directly before a date, else the one that its element is named after."""
    for run in runs[max(0, at - 2) : at][::-1]:
        if _DIGIT.search(run.text) or len(run.text) > MAX_MARKER_CHARACTERS:
            break
        if field := marker(run.text):
            return field
    return _date_field(element)


def _states(element: HtmlElement) -> bool:
    """True if an element or one directly around it has an attribute that may state a date."""
    around = element.getparent()
    return any(node is not None and not _STATING_SET.isdisjoint(node.keys()) for node in (element, around))


def _of_attributes(element: HtmlElement, reader: DateReader, text: str) -> list[Claim]:
    """The time stated in an attribute of an element or the one directly around it. `text`: the element's own."""
    for node in (element, element.getparent()):
        for value in filter(None, map(node.get, _STATING)) if node is not None else ():
            day = clean_line(value, MIN_PROSE_RUN_CHARACTERS)
            if claim := reader.stated(_date_field(element, text), day, "page"):
                return [claim]
    return []


def _called_date(element: HtmlElement) -> bool:
    """True if an element, or one of the two around it, is named as a date."""
    wanted = word_set("places", "published") | word_set("places", "modified")
    nodes = (element, *islice(element.iterancestors(), 2))
    return any(
        not wanted.isdisjoint(class_tokens(f"{e.get('class') or ''} {e.get('itemprop') or e.get('property') or ''}"))
        for e in nodes
    )


def in_caption(element: HtmlElement, captions: frozenset[HtmlElement]) -> bool:
    """True if an element is in an image's caption; some templates put the headline itself into one."""
    nodes = chain((element,), element.iterancestors())
    around = (node for node in nodes if node.tag in {"figure", "figcaption"} or node in captions)
    caption = next(around, None)
    return caption is not None and next(caption.iter("h1"), None) is None


def paragraph_of(element: HtmlElement) -> str:
    """The text of the paragraph or similar element around an element; "" if that element contains several paragraphs."""
    holder: HtmlElement | None = element
    while holder is not None and holder.tag not in BLOCK_TAGS:
        holder = holder.getparent()
    if holder is None or holder.tag == "body" or any(child.tag in BLOCK_TAGS for child in descendants(holder)):
        return ""
    return element_text(holder, max_characters=2 * MIN_PROSE_RUN_CHARACTERS)


def in_sentence(element: HtmlElement) -> bool:
    """True if the paragraph around an element is longer than date lines are, or is a sentence."""
    text = paragraph_of(element)
    return len(text) >= MIN_PROSE_RUN_CHARACTERS or (is_sentence(text) and not _called_date(element))


def is_sentence(text: str) -> bool:
    """True if a line is a sentence and not only a date line; in scripts without spaces, by its full stop alone."""
    if _SENTENCE_END.search(text) is None:
        return _SENTENCE_INSIDE.search(text) is not None and not marker(text) and strip_byline_marker(text) is None
    return len(text.split()) > MAX_SENTENCE_WORDS or text[-1] in "。！？"


def _in_teaser(element: HtmlElement) -> bool:
    """True if a date is in a heading with more text, as those of other articles are."""
    levels = ("h2", "h3", "h4")
    heading = element if element.tag in levels else next(element.iterancestors(*levels), None)
    return heading is not None and len(element_text(heading, max_characters=MIN_PROSE_RUN_CHARACTERS)) > len(
        element_text(element, max_characters=MIN_PROSE_RUN_CHARACTERS)
    ) + len("published")


def _surrounding_text(text: str, element: HtmlElement) -> str:
    """The text of the smallest short element around a run: dates and their markers are often split over spans."""
    for node in (element, element.getparent()):
        if (
            node is not None
            and len(whole := element_text(node, max_characters=3 * MIN_PROSE_RUN_CHARACTERS))
            <= MIN_PROSE_RUN_CHARACTERS
        ):
            text = whole
    return text


def _date_field(element: HtmlElement, text: str = "") -> str:
    """The field that an element's text names, else the one that the element is named after: `<time
    class="published">Updated …`.
    """
    if len(text) <= MIN_PROSE_RUN_CHARACTERS and (field := marker(text)):
        return field
    name = f"{element.get('class') or ''} {element.get('itemprop') or element.get('property') or ''}"
    return "modified" if class_tokens(name) & word_set("places", "modified") else "published"
