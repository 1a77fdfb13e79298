"""Claims from the visible page: headings, bylines, dates, tags, related links, the copyright line."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from itertools import islice, pairwise
from typing import Any

from lxml.html import HtmlElement

from ingest.core.html.dom import class_tokens, descendants, described_kind, element_text, of_foreign_thing
from ingest.core.html.elements import BLOCK_TAGS
from ingest.core.html.page_index import PageIndex, TextRun
from ingest.core.metadata.authors import (
    is_byline_marker,
    is_personal,
    looks_like_person,
    parse_authors,
    strip_byline_marker,
)
from ingest.core.metadata.date_reader import DateReader
from ingest.core.metadata.headline_area import MIN_PROSE_RUN_CHARACTERS, HeadlineArea
from ingest.core.metadata.houses import is_impersonal, publisher_keys
from ingest.core.metadata.keywords import page_keywords
from ingest.core.metadata.page_dates import paragraph_of, shown_dates
from ingest.core.model import Claim
from ingest.core.text.dates import find_labelled_dates
from ingest.core.text.normalize import match_key
from ingest.core.text.strings import absolute_url, clean_line, cut, is_article_url, registered_domain
from ingest.core.text.wordlists import word_set

MAX_LINE_CHARACTERS = 300  # most characters of a byline, a date line or a heading
MAX_NOTICE_CHARACTERS = 2_000
MAX_ELEMENTS = 60
MAX_BYLINE_RUNS = 12  # runs after a marker that may still contain names
MAX_GLUE_CHARACTERS = 4  # most characters of the text between two names: "and", "und", ","
_TRIMMED = " -–—|·•:/"
MAX_FOOTER_RUNS = 120  # runs of text at the end of a page that may contain its copyright line
_COPYRIGHT_OWNER = re.compile(r"(?!copyright\b|all\b|rights\b|reserved\b)\b[^\W\d_]{2,}", re.IGNORECASE)
_COPYRIGHT_MARKS = ("©", "ⓒ", "(c)", "copyright")
_COPYRIGHT = re.compile(r"^\W{0,3}(?:©|\(c\)\s|ⓒ|copyright\b)|(?:©|ⓒ)\s*(?:19|20)\d\d", re.IGNORECASE)


def claims_from_page(
    index: PageIndex, area: HeadlineArea, stated: list[Claim], *, url: str | None, reader: DateReader, news: bool
) -> Iterator[Claim]:
    """The claims of origin "page". `area`: around the headline; `stated`: the claims of the metadata; `url`: the base
    of relative addresses; `reader`: reads the page's dates; `news`: the page declares itself news.
    """
    titles = [c.value for c in stated if c.field == "headline"]
    tagged = any(c.field == "keywords" for c in stated)
    signed = [name for c in stated if c.field == "authors" for name in c.value]
    for heading in [h for h in [area.heading, *index.by_tag["h1"]] if h is not None][:5]:
        for text in _headline_texts(heading, titles):
            yield Claim("headline", text, "page")
    houses = publisher_keys(c for c in stated if c.field == "publisher")
    by_house = bool(signed) and all(is_impersonal(name, houses) for name in signed)
    yield from _authors(area, index, url, signed=bool(signed), by_house=by_house)
    yield from shown_dates(area, index, reader)
    yield from _other_claims(area, index, url, tagged=tagged, news=news)
    yield from _rights(area)


def _headline_texts(heading: HtmlElement, titles: list[str]) -> Iterator[str]:
    """The text of a heading without a kicker above it ("Unrest in Example"); with the kicker, if the metadata have it,
    too.
    """
    if whole := clean_line(element_text(heading), MAX_LINE_CHARACTERS * 2):
        named = ((e, e.get("class")) for e in descendants(heading))
        above = frozenset(e for e, name in named if name and class_tokens(name) & word_set("places", "kicker"))
        bare = clean_line(element_text(heading, above).strip(_TRIMMED), MAX_LINE_CHARACTERS * 2) if above else None
        if bare and 2 * len(bare) > len(whole) and match_key(whole) not in map(match_key, titles):
            yield bare
        yield whole


def _authors(area: HeadlineArea, index: PageIndex, url: str | None, *, signed: bool, by_house: bool) -> Iterator[Claim]:
    """Names in bylines, the most certain first: links to author pages, bylines by word, by class, a bare name beside a
    date.

    `signed`: the metadata name an author; `by_house`: they name the publisher only.
    """
    near = [*area.after, *area.before]
    zone = {r.element for r in near}
    linked, spoken = [], []
    others = word_set("people", "not_by")
    other = tuple(others)
    for at, (text, element) in enumerate(near):
        before = near[at - 1].text.lower().strip(" :") if at else ""
        if len(text) > MIN_PROSE_RUN_CHARACTERS or before in others or text.lower().startswith(other):
            continue
        if is_byline_marker(text):
            spoken += (
                [near[at + 1].text] if at + 1 < len(near) and len(near[at + 1].text) <= MIN_PROSE_RUN_CHARACTERS else []
            )
            spoken += _beside(near, at + 1)
        elif (rest := strip_byline_marker(text)) is not None:
            spoken += [rest, *_beside(near, at)]
            if not text.endswith(("?", "!", ".")) or parse_authors(rest, loose=True):
                yield Claim("byline", text, "page")
        if (link := _enclosing_link(element)) is not None and _is_author_link(link, url):
            linked.append(text)
    classed: list[str] = []
    houses: list[str] = []
    for element in index.by_role["byline"][:MAX_ELEMENTS]:
        if element.tag in {"body", "article", "main", "img", "figure", "meta", "link"} or (
            element not in zone and index.is_foreign(element)
        ):
            continue
        if of_foreign_thing(element):
            continue
        text = element_text(element, max_characters=3 * MIN_PROSE_RUN_CHARACTERS)
        if 2 < len(text) <= MIN_PROSE_RUN_CHARACTERS and not text.lower().startswith(other):
            (houses if described_kind(element) in word_set("people", "organisations") else classed).append(text)
    guessed = (
        _end_bylines(area, index, signed=signed),
        _bare_names(area, by_house=by_house) if by_house or not signed else [],
    )
    for texts in (linked, spoken, classed, *guessed, houses):
        if people := parse_authors(texts, loose=True) or parse_authors(
            [t for t in texts if t.isalnum() and len(t) > 2 and texts is spoken][:1]
        ):
            yield Claim("authors", list(people), "page")


def _beside(near: list[TextRun], at: int) -> list[str]:
    """The names in the runs after one, in the same paragraph or similar: adjacent links often have no separator."""
    if at >= len(near):
        return []
    block = _block(near[at].element)
    found = []
    for run in islice(near, at + 1, at + 1 + MAX_BYLINE_RUNS):
        name = run.text.strip(_TRIMMED + ",&;")
        if _block(run.element) is not block or not (is_personal(name) or len(name) <= MAX_GLUE_CHARACTERS):
            break
        found += [name] if is_personal(name) else []
    return found


def _block(element: HtmlElement) -> HtmlElement | None:
    return next((node for node in (element, *element.iterancestors()) if node.tag in BLOCK_TAGS), None)


def _end_bylines(area: HeadlineArea, index: PageIndex, *, signed: bool) -> list[str]:
    """Bylines at the end of the article: "Written by Jane Doe"; where the metadata name nobody, also a name above a
    line that starts with it ("Jane Doe is …").
    """
    clear, initials = _clear_markers()
    found = []
    for run, following in pairwise(area.runs):
        text = run.text
        if text[0] in initials and len(text) < 80 and text.lower().startswith(clear) and _is_own_line(run.element):
            rest = strip_byline_marker(text) or (following.text if is_byline_marker(text) else "")
            found += [rest] if looks_like_person(rest) and not index.is_foreign(run.element) else []
        elif (
            not signed
            and following.text.startswith(text)
            and looks_like_person(text)
            and len(following.text) > MIN_PROSE_RUN_CHARACTERS // 2
            and not index.is_foreign(run.element)
        ):
            found.append(text)
    return found[:3]


@cache
def _clear_markers() -> tuple[tuple[str, ...], frozenset[str]]:
    """Markers that only a byline begins with, in lower case, and the characters that one begins with, in any case."""
    markers = tuple(word_set("people", "clear"))
    begun = {marker[0] for marker in markers}
    return markers, frozenset(character for character in map(chr, range(1 << 16)) if character.lower() in begun)


def _is_own_line(element: HtmlElement) -> bool:
    return len(paragraph_of(element)) <= MIN_PROSE_RUN_CHARACTERS


def _bare_names(area: HeadlineArea, *, by_house: bool) -> list[str]:
    """A bare name directly below the headline, beside a date or repeated further down: many templates show no more.

    Where the metadata name the publisher only (`by_house`), the name must be the first or second line below the
    headline and directly above a date: further down such names were headings, teams and products on 8 of 9 pages.
    """
    top = area.after[:8]
    if by_house:
        pairs = pairwise(area.after[:3])
        names = [
            run.text.strip(" |,·•/")
            for run, below in pairs
            if len(below.text) < MIN_PROSE_RUN_CHARACTERS and list(find_labelled_dates(below.text))
        ]
        return [name for name in names if looks_like_person(name)][:1]
    for at, run in enumerate(top):
        name = run.text.strip(" |,·•/")
        if looks_like_person(name) and _enclosing_link(run.element) is None:
            beside = (*top[max(0, at - 2) : at], *top[at + 1 : at + 3])
            if (
                any(len(r.text) < MIN_PROSE_RUN_CHARACTERS and list(find_labelled_dates(r.text)) for r in beside)
                or sum(name in r.text for r in area.runs) > 1
            ):
                return [name]
    return []


def _enclosing_link(element: HtmlElement) -> HtmlElement | None:
    return element if element.tag == "a" else next(element.iterancestors("a"), None)


def _is_author_link(link: HtmlElement, url: str | None) -> bool:
    if "author" in (link.get("rel") or "").split():
        return True
    path = link.get("href", "").partition("?")[0].partition("#")[0].rstrip("/").lower().split("/")
    if word_set("people", "pages").isdisjoint(path[-4:-1]):
        return False
    return url is None or registered_domain(absolute_url(link.get("href"), url)) == registered_domain(
        url
    )  # otherwise it is a profile in a social network


def _other_claims(
    area: HeadlineArea, index: PageIndex, url: str | None, *, tagged: bool, news: bool
) -> Iterator[Claim]:
    for element in index.by_role["subheadline"][:3]:
        if (
            not index.is_foreign(element)
            and 10
            < len(text := element_text(element, max_characters=3 * MAX_LINE_CHARACTERS))
            <= MAX_LINE_CHARACTERS * 2
        ):
            yield Claim("subheadline", text, "page")
            break
    tags = page_keywords(area, index, stated=tagged, news=news)
    if tags:
        yield Claim("keywords", tags, "page")
    related = _related(index, url)
    if related:
        yield Claim("related", related, "page")


def _related(index: PageIndex, url: str | None) -> list[dict[str, Any]]:
    parts = (e for e in index.by_role["related"] if e.tag in {"aside", "div", "section", "ul"})
    links = dict.fromkeys(link for part in islice(parts, MAX_ELEMENTS) for link in islice(part.iter("a"), MAX_ELEMENTS))
    found: dict[str, dict[str, Any]] = {}
    for link in links:
        where = absolute_url(link.get("href"), url)
        if where is None or where == url or not is_article_url(where):
            continue
        heading = next(
            descendants(link, "h2", "h3", "h4", "h5"), link
        )  # the link of a card also contains its image, date and opening
        text = clean_line(element_text(heading), MAX_LINE_CHARACTERS)
        if text and len(text.split()) > 3 and len(found) < MAX_ELEMENTS:
            found.setdefault(where, {"headline": text, "url": where})
    return list(found.values())


def _rights(area: HeadlineArea) -> Iterator[Claim]:
    """The last copyright line of the page, with the text beside it, and the last line that states the terms of use."""
    lower = area.runs[len(area.runs) // 2 :]
    for run in reversed(lower[-MAX_FOOTER_RUNS:]):
        text = run.text.lower()
        if any(mark in text for mark in _COPYRIGHT_MARKS) and _COPYRIGHT.search(run.text) and (notice := _notice(run)):
            yield Claim("copyright_notice", notice, "page")
            break
    terms = word_set("rights", "terms")
    lines = [run.text for run in lower if 40 < len(run.text) < 3 * MAX_LINE_CHARACTERS]
    together = "\n".join(lines).lower()  # few pages have any: searching line by line took ten times as long
    if said := [term for term in terms if term in together]:
        yield Claim(
            "usage_terms", next(text for text in lines[::-1] if any(term in text.lower() for term in said)), "page"
        )


def _notice(run: TextRun) -> str | None:
    """The whole line around a copyright notice; None where it names nobody, or is the label of a link."""
    parted = next(run.element.iterdescendants("p", "div", "ul", "li", "br"), None) is not None
    whole = run.text
    for element in (run.element, run.element.getparent()):
        if (
            element is not None
            and not parted
            and len(text := element_text(element, max_characters=3 * MAX_LINE_CHARACTERS)) <= MAX_LINE_CHARACTERS
        ):
            whole = text
        if _COPYRIGHT_OWNER.search(whole):
            break
    signed = any(mark in whole for mark in "©ⓒ") or any(c.isdigit() for c in whole)
    return (
        cut(whole, MAX_NOTICE_CHARACTERS)
        if _COPYRIGHT_OWNER.search(whole) and (signed or _enclosing_link(run.element) is None)
        else None
    )
