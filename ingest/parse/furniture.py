"""Claims from the page as a reader sees it: headings, bylines, dates, tags, related links, the line about rights."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice, pairwise
from typing import Any

from lxml.html import HtmlElement

from ingest.fold import fold
from ingest.lexicon import words
from ingest.model import Claim
from ingest.parse.date_reader import DateReader
from ingest.parse.dates import dated
from ingest.parse.dom import described_kind, name_words, of_foreign_thing, parts_of, text_of
from ingest.parse.elements import BLOCK
from ingest.parse.head import LONG, Head, head_of
from ingest.parse.page_dates import paragraph_of, shown_dates
from ingest.parse.people import is_marker, is_personal, looks_personal, marked, names
from ingest.parse.strings import address, cut, domain, leads_to_article, line
from ingest.parse.survey import Run, Survey
from ingest.parse.tags import page_tags

MAX_LINE = 300  # characters of a byline, a date line or a heading
MAX_NOTICE_CHARACTERS = 2_000
MAX_FOUND = 60
MAX_SIGNERS = 12  # runs behind a marker that may still hold names
MAX_GLUE_CHARACTERS = 4  # of what stands between two names: "and", "und", ","
_EDGE = " -–—|·•:/"
FOOT = 120  # runs of text at a page's end, where its rights stand
_OWNER = re.compile(r"(?!copyright\b|all\b|rights\b|reserved\b)\b[^\W\d_]{2,}", re.IGNORECASE)
_RIGHTS = re.compile(r"^\W{0,3}(?:©|\(c\)\s|ⓒ|copyright\b)|(?:©|ⓒ)\s*(?:19|20)\d\d", re.IGNORECASE)


def claims(survey: Survey, stated: list[Claim], *, url: str | None, reader: DateReader, news: bool) -> Iterator[Claim]:
    """The claims of origin "page". `stated`: what metadata claim; `url` makes addresses absolute; `reader`: of its
    dates; `news`: the page calls itself that.
    """
    titles = [c.value for c in stated if c.field == "headline"]
    signed, tagged = (any(c.field == field for c in stated) for field in ("authors", "keywords"))
    head = head_of(survey, titles)
    if head.heading is not None:
        survey.spine = frozenset(head.heading.iterancestors())
    for heading in [h for h in [head.heading, *survey.by_tag["h1"]] if h is not None][:5]:
        for text in _said(heading, titles):
            yield Claim("headline", text, "page")
    yield from _authors(head, survey, url, signed=signed)
    yield from shown_dates(head, survey, reader)
    yield from _rest(head, survey, url, tagged=tagged, news=news)
    yield from _rights(head)


def _said(heading: HtmlElement, titles: list[str]) -> Iterator[str]:
    """What a heading says: without what stands over it ("Unrest in Example"), unless metadata have it too, then the whole."""
    if whole := line(text_of(heading), MAX_LINE * 2):
        named = ((e, e.get("class")) for e in parts_of(heading))
        above = frozenset(e for e, name in named if name and name_words(name) & words("places", "kicker"))
        bare = line(text_of(heading, above).strip(_EDGE), MAX_LINE * 2) if above else None
        if bare and 2 * len(bare) > len(whole) and fold(whole) not in map(fold, titles):
            yield bare
        yield whole


def _authors(head: Head, survey: Survey, url: str | None, *, signed: bool) -> Iterator[Claim]:
    """Names that sign, the surest signs first: links to author pages, bylines by word, by class, a bare name beside a date."""
    near = [*head.after, *head.before]
    zone = {r.element for r in near}
    linked, spoken = [], []
    others = words("people", "not_by")
    other = tuple(others)
    for at, (text, element) in enumerate(near):
        before = near[at - 1].text.lower().strip(" :") if at else ""
        if len(text) > LONG or before in others or text.lower().startswith(other):
            continue
        if is_marker(text):
            spoken += [near[at + 1].text] if at + 1 < len(near) and len(near[at + 1].text) <= LONG else []
            spoken += _beside(near, at + 1)
        elif (rest := marked(text)) is not None:
            spoken += [rest, *_beside(near, at)]
            if not text.endswith(("?", "!", ".")) or names(rest, loose=True):
                yield Claim("byline", text, "page")
        if (link := _link(element)) is not None and _leads_to_author(link, url):
            linked.append(text)
    classed: list[str] = []
    houses: list[str] = []
    for element in survey.by_role["byline"][:MAX_FOUND]:
        if element.tag in {"body", "article", "main", "img", "figure", "meta", "link"} or (
            element not in zone and survey.owned(element)
        ):
            continue
        if of_foreign_thing(element):
            continue
        text = text_of(element, most=3 * LONG)
        if 2 < len(text) <= LONG and not text.lower().startswith(other):
            (houses if described_kind(element) in words("people", "organisations") else classed).append(text)
    guessed = (_far_bylines(head, survey, signed=signed), [] if signed else _nameplates(head))
    for texts in (linked, spoken, classed, *guessed, houses):
        if people := names(texts, loose=True) or names(
            [t for t in texts if t.isalnum() and len(t) > 2 and texts is spoken][:1]
        ):
            yield Claim("authors", list(people), "page")


def _beside(near: list[Run], at: int) -> list[str]:
    """The names in the runs behind one, in the same paragraph or the like: links side by side are often parted by nothing."""
    if at >= len(near):
        return []
    block = _block(near[at].element)
    found = []
    for run in islice(near, at + 1, at + 1 + MAX_SIGNERS):
        name = run.text.strip(_EDGE + ",&;")
        if _block(run.element) is not block or not (is_personal(name) or len(name) <= MAX_GLUE_CHARACTERS):
            break
        found += [name] if is_personal(name) else []
    return found


def _block(element: HtmlElement) -> HtmlElement | None:
    return next((node for node in (element, *element.iterancestors()) if node.tag in BLOCK), None)


def _far_bylines(head: Head, survey: Survey, *, signed: bool) -> list[str]:
    """Bylines at the article's end: "Written by Jane Doe"; where metadata name nobody, a name over a line that starts with it, too
    ("Jane Doe is …").
    """
    clear = tuple(words("people", "clear"))
    found = []
    for run, following in pairwise(head.runs):
        text = run.text
        if len(text) < 80 and text.lower().startswith(clear) and len(paragraph_of(run.element)) <= LONG:
            rest = marked(text) or (following.text if is_marker(text) else "")
            found += [rest] if looks_personal(rest) and not survey.owned(run.element) else []
        elif (
            not signed
            and following.text.startswith(text)
            and looks_personal(text)
            and len(following.text) > LONG // 2
            and not survey.owned(run.element)
        ):
            found.append(text)
    return found[:3]


def _nameplates(head: Head) -> list[str]:
    """A bare name right under the headline, beside a date or met again further down: many templates say no more."""
    top = head.after[:8]
    for at, run in enumerate(top):
        name = run.text.strip(" |,·•/")
        if looks_personal(name) and _link(run.element) is None:
            beside = (*top[max(0, at - 2) : at], *top[at + 1 : at + 3])
            if (
                any(len(r.text) < LONG and list(dated(r.text)) for r in beside)
                or sum(name in r.text for r in head.runs) > 1
            ):
                return [name]
    return []


def _link(element: HtmlElement) -> HtmlElement | None:
    return element if element.tag == "a" else next(element.iterancestors("a"), None)


def _leads_to_author(link: HtmlElement, url: str | None) -> bool:
    if "author" in (link.get("rel") or "").split():
        return True
    path = re.split(r"[?#]", link.get("href") or "", maxsplit=1)[0].rstrip("/").lower().split("/")
    if not any(part in words("people", "pages") for part in path[:-1][-3:]):
        return False
    return url is None or domain(address(link.get("href"), url)) == domain(url)  # else a profile in a social network


def _rest(head: Head, survey: Survey, url: str | None, *, tagged: bool, news: bool) -> Iterator[Claim]:
    for element in survey.by_role["subheadline"][:3]:
        if not survey.owned(element) and 10 < len(text := text_of(element, most=3 * MAX_LINE)) <= MAX_LINE * 2:
            yield Claim("subheadline", text, "page")
            break
    tags = page_tags(head, survey, stated=tagged, news=news)
    if tags:
        yield Claim("keywords", tags, "page")
    related = _related(survey, url)
    if related:
        yield Claim("related", related, "page")


def _related(survey: Survey, url: str | None) -> list[dict[str, Any]]:
    parts = (e for e in survey.by_role["related"] if e.tag in {"aside", "div", "section", "ul"})
    links = dict.fromkeys(link for part in islice(parts, MAX_FOUND) for link in islice(part.iter("a"), MAX_FOUND))
    found: dict[str, dict[str, Any]] = {}
    for link in links:
        where = address(link.get("href"), url)
        if where is None or where == url or not leads_to_article(where):
            continue
        heading = next(
            parts_of(link, "h2", "h3", "h4", "h5"), link
        )  # a card's link holds its picture, date and opening, too
        text = line(text_of(heading), MAX_LINE)
        if text and len(text.split()) > 3 and len(found) < MAX_FOUND:
            found.setdefault(where, {"headline": text, "url": where})
    return list(found.values())


def _rights(head: Head) -> Iterator[Claim]:
    """The last line of the page that claims the copyright, with what stands beside it; and the last that tells what may be done."""
    lower = head.runs[len(head.runs) // 2 :]
    for run in reversed(lower[-FOOT:]):
        if _RIGHTS.search(run.text) and (notice := _notice(run)):
            yield Claim("copyright_notice", notice, "page")
            break
    terms = words("rights", "terms")
    lines = [run.text for run in lower if 40 < len(run.text) < 3 * MAX_LINE]
    together = "\n".join(lines).lower()  # few pages have any: to look line by line took ten times as long
    if said := [term for term in terms if term in together]:
        yield Claim(
            "usage_terms", next(text for text in lines[::-1] if any(term in text.lower() for term in said)), "page"
        )


def _notice(run: Run) -> str | None:
    """The whole line around a claim of rights; None where it names nobody, or is the label of a link."""
    parted = next(run.element.iterdescendants("p", "div", "ul", "li", "br"), None) is not None
    whole = run.text
    for element in (run.element, run.element.getparent()):
        if element is not None and not parted and len(text := text_of(element, most=3 * MAX_LINE)) <= MAX_LINE:
            whole = text
        if _OWNER.search(whole):
            break
    signed = any(sign in whole for sign in "©ⓒ") or any(c.isdigit() for c in whole)
    return (
        cut(whole, MAX_NOTICE_CHARACTERS) if _OWNER.search(whole) and (signed or _link(run.element) is None) else None
    )
