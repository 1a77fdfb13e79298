"""Claims from the page as a reader sees it: headings, bylines, dates, tags, related links, the line about rights."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any

from lxml.html import HtmlElement

from ingest.lexicon import words
from ingest.model import Claim
from ingest.parse.dates import moment, written
from ingest.parse.dom import name_words, owner, text_of
from ingest.parse.people import marked, names
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


def claims(tree: HtmlElement, *, url: str | None) -> Iterator[Claim]:
    """The claims of origin "page". `url` makes addresses absolute."""
    parts = _Parts(tree)
    for heading in list(tree.iter("h1"))[:5]:
        if text := line(text_of(heading), MAX_LINE * 2):
            yield Claim("headline", text, "page")
    title = next((t for t in tree.iter("title") if t.getparent() is not None and t.getparent().tag == "head"), None)
    if title is not None and (text := line(title.text_content())):
        yield Claim("headline", text, "page")
    yield from _authors(parts)
    yield from _dates(tree, parts)
    yield from _rest(tree, parts, url)


def _authors(parts: _Parts) -> Iterator[Claim]:
    signed: list[str] = []
    for element in parts.bylines:
        if owner(element) or element.tag in {"body", "article", "main", "img", "figure", "meta", "link"}:
            continue
        text = text_of(element)
        if not 2 < len(text) <= MAX_LINE:
            continue
        have = name_words(element.get("class") or "")
        if (
            element.get("rel") == "author"
            or element.get("itemprop") in {"author", "name"}
            or "name" in have
            or marked(text)
        ):
            signed += names(text, loose=True)
            if marked(text):
                yield Claim("byline", text, "page")
    if signed:
        yield Claim("authors", list(names(signed)), "page")


def _dates(tree: HtmlElement, parts: _Parts) -> Iterator[Claim]:
    for element in list(tree.iter("time"))[:MAX_FOUND]:
        if not owner(element) and next(element.iterancestors("a", "li"), None) is None:
            when = moment(element.get("datetime") or text_of(element))
            if when:
                yield Claim(_which(element), when, "page")
    for element in parts.dates:
        if element.tag not in {"body", "article", "main", "time"} and not owner(element):
            text = element.get("content") or element.get("datetime") or text_of(element)
            if len(text) <= MAX_LINE // 2 and (when := moment(text) if element.get("content") else written(text)):
                yield Claim(_which(element), when, "page")


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
