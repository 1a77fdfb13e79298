"""Claims from the page as a reader sees it: headings, bylines, dates, tags, related links, the line about rights."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any

from lxml.html import HtmlElement

from ingest.lexicon import words
from ingest.model import Claim
from ingest.parse.dates import dated, moment
from ingest.parse.dom import name_words, owner, text_of
from ingest.parse.head import LONG, Head, head_of
from ingest.parse.people import is_marker, marked, names
from ingest.parse.strings import address, line

MAX_LINE = 300  # characters of a byline, a date line or a heading
MAX_FOUND = 60
_RIGHTS = re.compile(r"(?:©|\(c\)|ⓒ|copyright)\s*(?:copyright\s*)?(?:19|20)?\d{0,4}", re.IGNORECASE)


class _Parts:
    """The elements of a page that may say something, found in one pass over those with a class, itemprop or rel."""

    def __init__(self, tree: HtmlElement) -> None:
        self.bylines: list[HtmlElement] = []
        self.dates: list[HtmlElement] = []
        self.tags: list[HtmlElement] = []
        self.deks: list[HtmlElement] = []
        kinds = (
            (self.bylines, words("people", "classes")),
            (self.dates, words("places", "published") | words("places", "modified")),
            (self.tags, words("places", "tags")),
            (self.deks, words("places", "subheadline")),
        )
        for element in tree.xpath("//*[@class or @itemprop or @rel]"):
            name = f"{element.get('class') or ''} {element.get('itemprop') or ''} {element.get('rel') or ''}"
            have = name_words(name)
            for found, wanted in kinds:
                if len(found) < MAX_FOUND and not have.isdisjoint(wanted):
                    found.append(element)


def claims(tree: HtmlElement, titles: list[str], *, url: str | None, month_first: bool) -> Iterator[Claim]:
    """The claims of origin "page". `titles`: what metadata call the article; `url` makes addresses absolute."""
    parts = _Parts(tree)
    title = next((t for t in tree.iter("title") if t.getparent() is not None and t.getparent().tag == "head"), None)
    window = line(title.text_content()) if title is not None else None
    head = head_of(tree, [*titles, *([window] if window else [])])
    for heading in [h for h in [head.heading, *tree.iter("h1")] if h is not None][:5]:
        if text := line(text_of(heading), MAX_LINE * 2):
            yield Claim("headline", text, "page")
    if window:
        yield Claim("headline", window, "page")
    yield from _authors(head, parts)
    yield from _dates(tree, head, parts, month_first=month_first)
    yield from _rest(tree, parts, url)


def _authors(head: Head, parts: _Parts) -> Iterator[Claim]:
    """Names that sign, the surest signs first: links to author pages, bylines by word, bylines by class."""
    near = [*head.after, *head.before]
    zone = {r.element for r in near}
    linked = [t for t, e in near if (a := _link(e)) is not None and _leads_to_author(a)]
    spoken: list[str] = []
    for at, (text, _) in enumerate(near):
        if len(text) <= MAX_LINE // 2 and (rest := marked(text)) is not None:
            spoken.append(rest)
            yield Claim("byline", text, "page")
        elif is_marker(text) and at + 1 < len(near) and len(near[at + 1].text) <= MAX_LINE // 2:
            spoken.append(near[at + 1].text)
    classed: list[str] = []
    for element in parts.bylines:
        if element.tag in {"body", "article", "main", "img", "figure", "meta", "link"} or (
            element not in zone and owner(element)
        ):
            continue
        text = text_of(element)
        if 2 < len(text) <= MAX_LINE // 2:
            classed.append(text)
    for texts in (linked, spoken, classed):
        if people := names(texts, loose=True):
            yield Claim("authors", list(people), "page")


def _link(element: HtmlElement) -> HtmlElement | None:
    return element if element.tag == "a" else next(element.iterancestors("a"), None)


def _leads_to_author(link: HtmlElement) -> bool:
    if "author" in (link.get("rel") or "").split():
        return True
    path = re.split(r"[?#]", link.get("href") or "", maxsplit=1)[0].rstrip("/").lower().split("/")
    return any(part in words("people", "pages") for part in path[:-1][-3:])


def _dates(tree: HtmlElement, head: Head, parts: _Parts, *, month_first: bool) -> Iterator[Claim]:
    """Dates around the headline first, then those that class words or `<time>` mark anywhere outside foreign parts."""
    for text, element in (*head.after, *head.before):
        time = element if element.tag == "time" else next(element.iterancestors("time"), None)
        if time is not None and (when := moment(time.get("datetime") or "", month_first=month_first)):
            yield Claim(_which(time), when, "page")
        elif len(text) < LONG and any(c.isdecimal() for c in text):
            for field, when in dated(_whole(text, element), month_first=month_first):
                yield Claim(field, when, "page")
    for element in list(tree.iter("time"))[:MAX_FOUND]:
        if not owner(element) and next(element.iterancestors("a", "li"), None) is None:
            when = moment(element.get("datetime") or text_of(element), month_first=month_first)
            if when:
                yield Claim(_which(element), when, "page")
    for element in parts.dates:
        if element.tag not in {"body", "article", "main", "time"} and not owner(element):
            text = element.get("content") or element.get("datetime") or text_of(element)
            if len(text) <= LONG:
                for field, when in dated(text, month_first=month_first):
                    yield Claim(field if field == "modified" else _which(element), when, "page")


def _whole(text: str, element: HtmlElement) -> str:
    """The text of the smallest short element around a run: dates and their markers are often split over spans."""
    for node in (element, element.getparent()):
        if node is not None and len(whole := text_of(node)) <= LONG:
            text = whole
    return text


def _which(element: HtmlElement) -> str:
    name = f"{element.get('class') or ''} {element.get('itemprop') or ''}"
    return "modified" if name_words(name) & words("places", "modified") else "published"


def _rest(tree: HtmlElement, parts: _Parts, url: str | None) -> Iterator[Claim]:
    for element in parts.deks[:3]:
        if not owner(element) and 10 < len(text := text_of(element)) <= MAX_LINE * 2:
            yield Claim("subheadline", text, "page")
            break
    tags = _links(e for e in tree.iter("a") if "tag" in (e.get("rel") or "").split())
    if not tags:
        tags = _links(a for e in parts.tags if not owner(e) for a in e.iter("a"))
    if tags:
        yield Claim("keywords", tags, "page")
    related = _related(tree, url)
    if related:
        yield Claim("related", related, "page")


def _links(links: Iterable[HtmlElement]) -> list[str]:
    """The words of links, each once."""
    found = (text.lstrip("#") for link in links if (text := line(text_of(link), 100)))
    return list(dict.fromkeys(found))[:MAX_FOUND]


def _related(tree: HtmlElement, url: str | None) -> list[dict[str, Any]]:
    found: dict[str, dict[str, Any]] = {}
    for element in tree.iter("aside", "div", "section", "ul"):
        name = element.get("class")
        if name and name_words(name) & words("places", "related"):
            for link in element.iter("a"):
                text, where = line(text_of(link), MAX_LINE), address(link.get("href"), url)
                if text and where and len(text.split()) > 3 and len(found) < MAX_FOUND:
                    found.setdefault(where, {"headline": text, "url": where})
    return list(found.values())
