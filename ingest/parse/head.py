"""The head of the article: its headline on the page and the short texts around it, where bylines and dates stand."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import NamedTuple

from lxml.html import HtmlElement

from ingest.fold import fold
from ingest.parse.dom import text_of
from ingest.parse.survey import Run, Survey

AFTER, BEFORE = 60, 15  # runs of text after and before the headline that still belong to it
PROSE = 700  # characters of long runs after which the article is under way
LONG = 140  # a run this long is prose, not furniture
SAME = 4.9  # likeness of a heading that says all that a title says

_FRONT = re.compile(r"(?:(?:https?:)?//[^/?#]+/?|/)(?:[a-z]{2}/?)?(?:[?#].*)?", re.IGNORECASE)


class Head(NamedTuple):
    """The headline's element, if the page has one, and the runs around it, nearest first."""

    heading: HtmlElement | None
    after: list[Run]
    before: list[Run]
    runs: list[Run]
    """All of the page."""


def head_of(survey: Survey, titles: Iterable[str]) -> Head:
    """Finds the headline among the headings by what the page's metadata call it."""
    runs = survey.runs
    heading = _heading(survey, [f for t in titles if (f := fold(t))])
    if heading is None:
        return Head(None, [r for r in runs[: AFTER * 2] if len(r.text) < LONG], [], runs)
    inside = frozenset(heading.iter())
    at = next((i for i, r in enumerate(runs) if r.element in inside), 0)
    behind = next((i for i in range(at, len(runs)) if runs[i].element not in inside), len(runs))
    after, prose = [], 0
    for run in runs[behind : behind + AFTER]:
        prose += len(run.text) if len(run.text) >= LONG else 0
        if prose > PROSE:
            break
        after.append(run)
    return Head(heading, after, runs[max(0, at - BEFORE) : at][::-1], runs)


def _heading(survey: Survey, titles: list[str]) -> HtmlElement | None:
    """The likeliest heading; one of a lower level only if it says what a title says, or where there is no other.

    The link to the front page is the site's name, whatever its level.
    """
    best: tuple[float, HtmlElement] | None = None
    for level in ("h1", "h2", "h3"):
        least = SAME if best and best[0] >= 1 else 2.0
        for heading in survey.by_tag[level][:20]:
            text = fold(text_of(heading)[:500])
            worth = max((_likeness(text, title) for title in titles), default=0) + (level == "h1")
            fit = not _leads_home(heading) if level == "h1" else worth > least
            if text and fit and (best is None or worth > best[0]):
                best = worth, heading
    return best[1] if best else None


def _leads_home(heading: HtmlElement) -> bool:
    """Whether a heading is a link to the site's front page."""
    links = [link.get("href") or "" for link in heading.iter("a")]
    return len(links) == 1 and _FRONT.fullmatch(links[0].strip()) is not None


def _likeness(text: str, title: str) -> float:
    """5: equal to a title; up to 4: the share that one is of the other that holds it; 0: neither holds the other."""
    if text == title:
        return 5
    return (
        4 * min(len(text), len(title)) / max(len(text), len(title))
        if len(text) > 9 and (text in title or title in text)
        else 0
    )
