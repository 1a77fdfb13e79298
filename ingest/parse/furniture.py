"""Claims from the page as a reader sees it: headings, bylines, dates, tags, related links, the line about rights."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import pairwise
from typing import Any

from lxml.html import HtmlElement

from ingest.lexicon import words
from ingest.model import Claim
from ingest.parse.dates import dated, moment
from ingest.parse.dom import name_words, owner, text_of
from ingest.parse.head import LONG, Head, head_of
from ingest.parse.people import is_marker, looks_personal, marked, names
from ingest.parse.strings import address, domain, line

MAX_LINE = 300  # characters of a byline, a date line or a heading
MAX_FOUND = 60
MAX_TAGS = 20  # links of a list of tags; longer ones are the site's
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


def claims(
    tree: HtmlElement, titles: list[str], *, url: str | None, month_first: bool, signed: bool
) -> Iterator[Claim]:
    """The claims of origin "page". `titles`: what metadata call the article; `signed`: whether they name its authors;
    `url` makes addresses absolute.
    """
    parts = _Parts(tree)
    head = head_of(tree, titles)
    for heading in [h for h in [head.heading, *tree.iter("h1")] if h is not None][:5]:
        if text := line(text_of(heading), MAX_LINE * 2):
            yield Claim("headline", text, "page")
    yield from _authors(head, parts, url, signed=signed)
    yield from _dates(tree, head, parts, month_first=month_first)
    yield from _rest(tree, parts, url)


def _authors(head: Head, parts: _Parts, url: str | None, *, signed: bool) -> Iterator[Claim]:
    """Names that sign, the surest signs first: links to author pages, bylines by word, by class, a bare name beside a date."""
    near = [*head.after, *head.before]
    zone = {r.element for r in near}
    linked, spoken = [], []
    others = words("people", "not_by")
    for at, (text, element) in enumerate(near):
        before = near[at - 1].text.lower().strip(" :") if at else ""
        if len(text) > LONG or before in others or text.lower().startswith(tuple(others)):
            continue
        if is_marker(text):
            spoken += [near[at + 1].text] if at + 1 < len(near) and len(near[at + 1].text) <= LONG else []
        elif (rest := marked(text)) is not None:
            spoken.append(rest)
            yield Claim("byline", text, "page")
        if (link := _link(element)) is not None and _leads_to_author(link, url):
            linked.append(text)
    classed: list[str] = []
    for element in parts.bylines:
        if element.tag in {"body", "article", "main", "img", "figure", "meta", "link"} or (
            element not in zone and owner(element)
        ):
            continue
        text = text_of(element)
        if 2 < len(text) <= LONG and not text.lower().startswith(tuple(others)):
            classed.append(text)
    guessed = () if signed else (_far_bylines(head), _nameplates(head))
    for texts in (linked, spoken, classed, *guessed):
        if people := names(texts, loose=True) or names(
            [t for t in texts if t.isalnum() and len(t) > 2 and texts is spoken][:1]
        ):
            yield Claim("authors", list(people), "page")


def _far_bylines(head: Head) -> list[str]:
    """Bylines at the article's end: "Written by Jane Doe", or a name over a line that starts with it ("Jane Doe is …")."""
    clear = tuple(words("people", "clear"))
    found = []
    for run, following in pairwise(head.runs):
        text = run.text
        if len(text) < 80 and text.lower().startswith(clear):
            rest = marked(text) or (following.text if is_marker(text) else "")
            found += [rest] if looks_personal(rest) and not owner(run.element) else []
        elif (
            looks_personal(text)
            and following.text.startswith(text)
            and len(following.text) > LONG // 2
            and not owner(run.element)
        ):
            found.append(text)
    return found[:3]


def _nameplates(head: Head) -> list[str]:
    """A bare name right under the headline, beside a date or met again further down: many templates say no more."""
    top = head.after[:8]
    for at, run in enumerate(top):
        if looks_personal(run.text) and _link(run.element) is None:
            beside = (*top[max(0, at - 2) : at], *top[at + 1 : at + 3])
            if (
                any(len(r.text) < LONG and list(dated(r.text)) for r in beside)
                or sum(run.text in r.text for r in head.runs) > 1
            ):
                return [run.text]
    return []


def _link(element: HtmlElement) -> HtmlElement | None:
    return element if element.tag == "a" else next(element.iterancestors("a"), None)


def _leads_to_author(link: HtmlElement, url: str | None) -> bool:
    if "author" in (link.get("rel") or "").split():
        return True
    if url and domain(address(link.get("href"), url)) != domain(url):
        return False  # a profile in a social network
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
        boxes = (list(e.iter("a")) for e in parts.tags if not owner(e, "strange"))
        found = (_links(links) for links in boxes if 1 < len(links) <= MAX_TAGS)
        tags = next((t for t in found if t and all(len(word.split()) <= 5 for word in t)), [])
    if tags:
        yield Claim("keywords", tags, "page")
    related = _related(tree, url)
    if related:
        yield Claim("related", related, "page")


def _links(links: Iterable[HtmlElement]) -> list[str]:
    """The words of links, each once."""
    found = (text.lstrip("#") for link in links if (text := line(text_of(link), 100)))
    return [text for text in dict.fromkeys(found) if text.lower() not in words("places", "no_tags")][:MAX_FOUND]


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
