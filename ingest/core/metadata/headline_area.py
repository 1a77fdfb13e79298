"""The head of the article: its headline on the page and the short texts around it, which include bylines and dates."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from lxml.html import HtmlElement

from ingest.core.html.dom import element_text
from ingest.core.html.page_index import PageIndex, TextRun
from ingest.core.metadata.titles import is_short_label
from ingest.core.text.lines import is_prose
from ingest.core.text.normalize import match_key
from ingest.core.text.scripts import UNSPACED_CHARACTER

MAX_RUNS_AFTER, MAX_RUNS_BEFORE = 60, 15  # runs of text after and before the headline that still belong to its area
MAX_PROSE_CHARACTERS = 700  # characters of long runs after which the article has begun
MIN_PROSE_RUN_CHARACTERS = 140  # a run of this length is prose
MIN_TITLE_LIKENESS = 4.9  # similarity of a heading that contains all of a title
MIN_HEADING_CHARACTERS, MAX_RUNS_TO_PROSE = 20, 8  # a heading without a title: its length, and runs from it to prose

_FRONT_PAGE_URL = re.compile(r"(?:(?:https?:)?//[^/?#]+/?|/)(?:[a-z]{2}/?)?(?:[?#].*)?", re.IGNORECASE)


class HeadlineArea(NamedTuple):
    """The headline's element, if the page has one, and the runs around it, nearest first."""

    heading: HtmlElement | None
    after: list[TextRun]
    before: list[TextRun]
    runs: list[TextRun]
    """All runs of the page."""


def find_headline_area(index: PageIndex, titles: Iterable[str]) -> HeadlineArea:
    """Find the headline among the headings by the titles in the page's metadata."""
    runs = index.runs
    heading = _find_heading(index, [f for t in titles if (f := match_key(t))])
    if heading is None:
        return HeadlineArea(
            None, [r for r in runs[: MAX_RUNS_AFTER * 2] if len(r.text) < MIN_PROSE_RUN_CHARACTERS], [], runs
        )
    inside = frozenset(heading.iter())
    at = next((i for i, r in enumerate(runs) if r.element in inside), 0)
    behind = next((i for i in range(at, len(runs)) if runs[i].element not in inside), len(runs))
    after, prose = [], 0
    for run in runs[behind : behind + MAX_RUNS_AFTER]:
        prose += len(run.text) if len(run.text) >= MIN_PROSE_RUN_CHARACTERS else 0
        if prose > MAX_PROSE_CHARACTERS:
            break
        after.append(run)
    return HeadlineArea(heading, after, runs[max(0, at - MAX_RUNS_BEFORE) : at][::-1], runs)


def _find_heading(index: PageIndex, titles: list[str]) -> HtmlElement | None:
    """The most probable heading; one of a lower level only if it contains a title, or if there is no other.

    A link to the front page is the site's name, whatever its level.
    """
    best: tuple[float, HtmlElement] | None = None
    for level in ("h1", "h2", "h3"):
        least = MIN_TITLE_LIKENESS if best and best[0] >= 1 else 2.0
        for heading in index.by_tag[level][:20]:
            text = match_key(element_text(heading)[:500])
            worth = max((_likeness(text, title) for title in titles), default=0) + (level == "h1")
            fit = not _links_front_page(heading) if level == "h1" else worth > least
            if text and fit and (best is None or worth > best[0]):
                best = worth, heading
    return best[1] if best else next(_below_logo(index, titles), None)


def _below_logo(index: PageIndex, titles: list[str]) -> Iterator[HtmlElement]:
    """The headings of a lower level above the beginning of a text, where the first heading is the site's name and so are the titles."""
    if not any(_links_front_page(heading) for heading in index.by_tag["h1"][:3]):
        return
    runs = index.runs
    for heading in (*index.by_tag["h2"][:20], *index.by_tag["h3"][:20]):
        text = element_text(heading)
        if (
            len(text) + len(UNSPACED_CHARACTER.findall(text)) < MIN_HEADING_CHARACTERS
            or next(heading.iter("a"), None) is not None
        ):
            continue
        key = match_key(text)
        if all(is_short_label(title, key) for title in titles):
            inside = frozenset(heading.iter())
            below = next((at for at, run in enumerate(runs) if run.element in inside), len(runs)) + 1
            if any(is_prose(run.text) for run in runs[below : below + MAX_RUNS_TO_PROSE]):
                yield heading


def _links_front_page(heading: HtmlElement) -> bool:
    """True if a heading is a link to the site's front page."""
    links = [link.get("href") or "" for link in heading.iter("a")]
    return len(links) == 1 and _FRONT_PAGE_URL.fullmatch(links[0].strip()) is not None


def _likeness(text: str, title: str) -> float:
    """5 if equal to a title; up to 4 for the share of the longer text that the contained one makes up; 0 if neither
    contains the other.
    """
    if text == title:
        return 5
    return (
        4 * min(len(text), len(title)) / max(len(text), len(title))
        if len(text) > 9 and (text in title or title in text)
        else 0
    )
