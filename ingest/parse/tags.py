"""An article's own tags, as its page lists them: by `rel`, by what their list is called, by their addresses."""

from __future__ import annotations

from functools import cache
from itertools import islice
from typing import TYPE_CHECKING

from ingest.fold import fold
from ingest.lexicon import words
from ingest.limits import LOOKED_AT
from ingest.parse.dom import name_words, text_of
from ingest.parse.head import LONG
from ingest.parse.strings import line

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from lxml.html import HtmlElement

    from ingest.parse.head import Head
    from ingest.parse.survey import Survey

MOST = 20
"""Links of a list of tags; longer ones are the site's."""

TAG_WORDS = 5
"""Words of a tag; longer ones are headlines."""

MAX_FOUND = 60
CLIMB = 6
"""Elements around a link of which one is its row."""

LABEL = 40
"""Characters that may stand beside a row of tags: "Topics:"."""


def page_tags(head: Head, survey: Survey, *, stated: bool, news: bool) -> list[str]:
    """The tags, each once. `stated`: metadata have keywords, so that links which no element calls tags are not asked.

    `news`: the page calls itself news; what a row of links named like their addresses is on others is anybody's guess.
    """
    if tags := _texts(e for e in survey.by_tag["a"] if "tag" in (e.get("rel") or "").split()):
        return tags
    for box in survey.by_role["tags"]:
        if not survey.owned(box, "strange"):
            links = list(islice(box.iter("a"), MOST + 1))
            if 0 < len(links) <= MOST and (len(links) > 1 or _to_tag(links[0])) and _short(tags := _texts(links)):
                return tags
    return [] if stated else _addressed(head, survey, _to_tag) or (_addressed(head, survey, _named) if news else [])


def _addressed(head: Head, survey: Survey, is_tag: Callable[[HtmlElement], bool]) -> list[str]:
    """Tags by their links' addresses ("/thema/dax"): the first row of such links after the headline that holds little else.

    One link makes no row, unless it is called one.
    """
    rows: dict[HtmlElement, list[HtmlElement]] = {}

    @cache  # a row's empty elements are passed once, not again for each link
    def said(element: HtmlElement) -> str:
        return text_of(element, most=LONG)

    for link in islice((a for a in survey.by_tag["a"] if is_tag(a) and not survey.owned(a)), MAX_FOUND):
        around = islice(link.iterancestors(), CLIMB)
        row = next((e for e in around if e.tag in {"ul", "ol"} or said(e) != said(link)), link)
        rows.setdefault(row, []).append(link)
    places = survey.order() if rows and head.heading is not None else {}
    start = places.get(head.heading, 0)
    for row, links in rows.items():
        tags = _texts(links)
        called = len(tags) > 1 or not name_words(row.get("class") or "").isdisjoint(words("places", "tags"))
        room = LABEL + 1.2 * sum(map(len, tags))
        fit = called and _short(tags) and len(tags) <= MOST and places.get(row, 0) >= start
        if fit and len(text_of(row, most=int(room) + 1)) <= room:
            return tags
    return []


def _to_tag(link: HtmlElement) -> bool:
    path = (link.get("href") or "").rstrip("/").rsplit("/", 2)
    return len(path) > 1 and path[-2].lower() in words("places", "tag_pages")


def _named(link: HtmlElement) -> bool:
    """Whether a link's address is a folder called by the link's own words: "/politics/harbour/"."""
    last = (link.get("href") or "").rstrip("/").rsplit("/", 1)[-1]
    return 2 < len(last) <= LABEL and "#" not in last and fold(last) == fold(text_of(link, most=LABEL))


def _short(tags: list[str]) -> bool:
    return bool(tags) and all(len(tag.split()) <= TAG_WORDS for tag in tags)


def _texts(links: Iterable[HtmlElement]) -> list[str]:
    """The words of links, each once."""
    found = (text.lstrip("#") for link in islice(links, LOOKED_AT) if (text := line(text_of(link), 100)))
    return [text for text in dict.fromkeys(found) if text.lower() not in words("places", "no_tags")][:MAX_FOUND]
