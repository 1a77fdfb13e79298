"""An article's own tags, as its page lists them: by `rel`, by the name of their list, by their URLs."""

from __future__ import annotations

from functools import cache
from itertools import islice
from typing import TYPE_CHECKING

from ingest.core.html.dom import class_tokens, element_text
from ingest.core.limits import MAX_INNER_ELEMENTS
from ingest.core.metadata.headline_area import MIN_PROSE_RUN_CHARACTERS
from ingest.core.text.normalize import match_key
from ingest.core.text.strings import clean_line
from ingest.core.text.wordlists import word_set

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from lxml.html import HtmlElement

    from ingest.core.html.page_index import PageIndex
    from ingest.core.metadata.headline_area import HeadlineArea

MAX_TAGS = 20
"""Most links in a list of tags; longer lists belong to the site."""

MAX_TAG_WORDS = 5
"""Most words of a tag; longer texts are headlines."""

MAX_LINKS = 60
MAX_ROW_ANCESTORS = 6
"""Number of ancestors of a link among which its row is."""

MAX_LABEL_CHARACTERS = 40
"""Most characters of text beside a row of tags: "Topics:"."""


def page_keywords(area: HeadlineArea, index: PageIndex, *, stated: bool, news: bool) -> list[str]:
    """The tags, each once. `stated`: the metadata have keywords, so that links in elements not named as tags are not
    used.

    `news`: the page declares itself news; on other pages the meaning of a row of links named like their URLs is
    unknown.
    """
    if tags := _link_texts(e for e in index.related_links if "tag" in e.get("rel", "").split()):
        return tags
    for box in index.by_role["tags"]:
        if not index.is_foreign(box, "strange"):
            links = list(islice(box.iter("a"), MAX_TAGS + 1))
            if (
                0 < len(links) <= MAX_TAGS
                and (len(links) > 1 or _is_tag_link(links[0]))
                and _are_short(tags := _link_texts(links))
            ):
                return tags
    return (
        []
        if stated
        else _tags_by_address(area, index, _is_tag_link)
        or (_tags_by_address(area, index, _is_named_like_address) if news else [])
    )


def _tags_by_address(area: HeadlineArea, index: PageIndex, is_tag: Callable[[HtmlElement], bool]) -> list[str]:
    """Tags by the URLs of their links ("/thema/dax"): the first row of such links after the headline with little other
    text.

    A single link is not a row, unless its element is named as one.
    """
    rows: dict[HtmlElement, list[HtmlElement]] = {}

    @cache  # the empty elements of a row are passed once, not again for each link
    def said(element: HtmlElement) -> str:
        return element_text(element, max_characters=MIN_PROSE_RUN_CHARACTERS)

    for link in islice((a for a in index.by_tag["a"] if is_tag(a) and not index.is_foreign(a)), MAX_LINKS):
        around = islice(link.iterancestors(), MAX_ROW_ANCESTORS)
        row = next((e for e in around if e.tag in {"ul", "ol"} or said(e) != said(link)), link)
        rows.setdefault(row, []).append(link)
    positions = index.positions() if rows and area.heading is not None else {}
    start = positions.get(area.heading, 0)
    for row, links in rows.items():
        tags = _link_texts(links)
        called = len(tags) > 1 or not class_tokens(row.get("class") or "").isdisjoint(word_set("places", "tags"))
        max_characters = MAX_LABEL_CHARACTERS + 1.2 * sum(map(len, tags))
        fit = called and _are_short(tags) and len(tags) <= MAX_TAGS and positions.get(row, 0) >= start
        if fit and len(element_text(row, max_characters=int(max_characters) + 1)) <= max_characters:
            return tags
    return []


def _is_tag_link(link: HtmlElement) -> bool:
    path = (link.get("href") or "").rstrip("/").rsplit("/", 2)
    return len(path) > 1 and path[-2].lower() in word_set("places", "tag_pages")


def _is_named_like_address(link: HtmlElement) -> bool:
    """True if a link's URL is a folder named by the link's own words: "/politics/harbour/"."""
    last = (link.get("href") or "").rstrip("/").rsplit("/", 1)[-1]
    return (
        2 < len(last) <= MAX_LABEL_CHARACTERS
        and "#" not in last
        and match_key(last) == match_key(element_text(link, max_characters=MAX_LABEL_CHARACTERS))
    )


def _are_short(tags: list[str]) -> bool:
    return bool(tags) and all(len(tag.split()) <= MAX_TAG_WORDS for tag in tags)


def _link_texts(links: Iterable[HtmlElement]) -> list[str]:
    """The texts of links, each once."""
    found = (
        text.lstrip("#") for link in islice(links, MAX_INNER_ELEMENTS) if (text := clean_line(element_text(link), 100))
    )
    return [text for text in dict.fromkeys(found) if text.lower() not in word_set("places", "no_tags")][:MAX_LINKS]
