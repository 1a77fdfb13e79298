"""Claims of a page about itself, apart from its text: from JSON-LD, from meta tags, and from the visible page.

Several claims for one field are normal; each origin's best comes first. `ingest.core.metadata.resolve` decides.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator
from functools import partial
from typing import Any

from lxml.html import HtmlElement

from ingest.core.html.dom import element_text
from ingest.core.html.page_index import PageIndex
from ingest.core.metadata import page_elements
from ingest.core.metadata.authors import parse_authors, strip_byline_marker
from ingest.core.metadata.date_reader import DateReader
from ingest.core.metadata.found_day import found_day
from ingest.core.metadata.headline_area import find_headline_area
from ingest.core.metadata.images import page_images
from ingest.core.metadata.jsonld import Graph, JsonObject, types_of
from ingest.core.metadata.meta_tags import MetaTags
from ingest.core.metadata.page_rights import rights_claims
from ingest.core.metadata.signatures import houses_of, names_of, writers
from ingest.core.metadata.titles import site_names, slogans, strip_site_names
from ingest.core.metadata.validate import drop_invalid
from ingest.core.model import Claim
from ingest.core.text.normalize import match_key
from ingest.core.text.scripts import UNSPACED_CHARACTER
from ingest.core.text.strings import absolute_url, clean_line, registered_domain
from ingest.core.text.wordlists import word_set

_LANGUAGE_TAG = re.compile(r"^([a-zA-Z]{2,3})(?:[-_]([a-zA-Z]{4}))?(?:[-_]([a-zA-Z]{2}|\d{3}))?\b")
_MACHINE_KEYWORD = re.compile(
    r"^[0-9a-f-]{16,}$|^\w+(?: \w+)?:\s?\S|^(?:true|false|null|undefined)$|^[a-z]+_[a-z_]+$", re.IGNORECASE
)  # "Category: News"
MAX_KEYWORDS = 100
MAX_DATED_TEXT_CHARACTERS = 140
_DATES = {"datePublished": "published", "dateCreated": "published", "dateModified": "modified"}


def page_claims(index: PageIndex, *, url: str | None) -> tuple[Claim, ...]:
    """All valid claims of a page. `url`: where it was fetched, if known; relative addresses use it, else the canonical."""
    meta = MetaTags(index.by_tag["meta"])
    scripts = (e for e in index.by_tag["script"] if "ld+json" in (e.get("type") or "").lower())
    graph = Graph(script.text_content() for script in scripts)
    canonical = _canonical(index, meta, url)
    base = url or canonical
    addresses = [each for each in dict.fromkeys((url, canonical)) if each]
    link_base = next((absolute_url(e.get("href"), base) for e in index.by_tag["base"]), None) or base
    titles = (
        [c.value for c in _window_title(index)]
        + meta.first_values("headline")
        + [element_text(h)[:500] for h in index.by_tag["h1"][:3]]
    )
    articles = _articles(graph, {url, canonical}, set(filter(None, map(match_key, titles))))
    news = any(types_of(thing) & word_set("schema", "news") for thing in articles[:1])
    languages = list(_languages(index.tree, meta, graph, articles))
    reader = DateReader([c.value for c in languages], addresses, partial(_dated_texts, index, meta, graph, articles))
    stated = [*_from_jsonld(graph, articles, reader), *_from_meta(meta, reader), *_window_title(index)]
    area = find_headline_area(index, (c.value for c in stated if c.field == "headline"))
    index = index.with_headline(area.heading)
    publishers = list(_publishers(graph, articles, meta, base))
    claims = [
        *_canonical_claim(canonical, url),
        *stated,
        *_dates_in_titles(stated, reader),
        *page_elements.claims_from_page(index, area, [*stated, *publishers], url=link_base, reader=reader, news=news),
        *publishers,
        *languages,
        *rights_claims(index, meta, graph, articles, base),
    ]
    if images := page_images(index, graph, articles, base=link_base):
        claims.append(Claim("images", images, "page"))
    if not any(c.field in {"published", "modified"} for c in claims):
        claims += found_day(index, addresses, reader)
    sites = site_names((c.value["name"] for c in publishers if c.value["name"]), url, canonical)
    claims = _without_slogans(claims, index)
    found: dict[tuple[str, str, int], Claim] = {}
    for place, claim in enumerate(strip_site_names(claims, sites, news=news)):
        # a repeated headline counts twice, and the window's title is the last of meta whatever its text is
        key = claim.field, f"{claim.origin} {claim.value}", place if claim.field == "headline" else 0
        found.setdefault(key, claim)
    return tuple(drop_invalid(found.values()))


def _without_slogans(claims: list[Claim], index: PageIndex) -> list[Claim]:
    """The same claims without titles that are not this article's headline, if the page shows one that is."""
    heading = next((c.value for c in claims if c.field == "headline" and c.origin == "page"), None)
    titles = [c.value for c in claims if c.field == "headline" and c.origin == "meta"]
    if heading is None or not titles or heading in titles:
        return claims
    vain = slogans(titles, heading, (run.text for run in index.runs if len(run.text) >= MAX_DATED_TEXT_CHARACTERS))
    return [c for c in claims if c.field != "headline" or c.origin != "meta" or c.value not in vain]


def _canonical(index: PageIndex, meta: MetaTags, url: str | None) -> str | None:
    links = [link.get("href") for link in index.by_tag["link"] if (link.get("rel") or "").lower() == "canonical"]
    return next(filter(None, (absolute_url(c, url) for c in [*links, *meta.first_values("url")])), None)


def _canonical_claim(canonical: str | None, url: str | None) -> Iterator[Claim]:
    """The canonical address, unless it is that of the front page, as in careless templates."""
    if canonical and (url is None or canonical.count("/") > 3 or url.count("/") <= 3):
        yield Claim("url", canonical, "meta")


def _articles(graph: Graph, addresses: Iterable[str | None], titles: Collection[str]) -> list[JsonObject]:
    """The articles in JSON-LD, the page's own first; else other works that the page is about. `titles`: folded."""
    own = {_comparable_url(a) for a in addresses if a}
    found = graph.of_type("article") or [work for work in graph.of_type("work") if _is_own(work, own, titles)]
    return sorted(found, key=lambda t: not own & {_comparable_url(a) for a in _urls_of(t)})


def _is_own(work: JsonObject, own: set[str], titles: Collection[str]) -> bool:
    """True if a work is what the page is about, by its address or its name, and not a video in it."""
    names_it = [match_key(text) for key in ("headline", "name") if (text := clean_line(_first_value(work.get(key))))]
    about = any(name and (name in title or title in name) for name in names_it for title in titles)
    return about or bool(own & {_comparable_url(a) for a in _urls_of(work)})


def _comparable_url(url: str) -> str:
    path = re.split(r"[?#]", url, maxsplit=1)[0].rstrip("/").removeprefix("https://").removeprefix("http://")
    return path.removeprefix("www.").removeprefix("amp.")


def _urls_of(thing: JsonObject) -> Iterator[str]:
    for key in ("url", "mainEntityOfPage", "@id"):
        value = thing.get(key)
        if isinstance(value, dict):
            value = value.get("@id") or value.get("url")
        if isinstance(value, str):
            yield value


def _from_jsonld(graph: Graph, articles: list[JsonObject], reader: DateReader) -> Iterator[Claim]:
    pages = graph.of_type("page")
    for thing in articles[:1]:
        for key in ("headline", "name"):
            if headline := clean_line(_first_value(thing.get(key))):
                yield Claim("headline", headline, "json-ld")
        if dek := clean_line(_first_value(thing.get("alternativeHeadline"))):
            yield Claim("subheadline", dek, "json-ld")
        people = parse_authors(writers(graph, thing, "author")) or parse_authors(writers(graph, thing, "creator"))
        if people:
            yield Claim("authors", list(people), "json-ld")
        if section := clean_line(_first_value(thing.get("articleSection"))):
            yield Claim("section", section, "json-ld")
        if keywords := _keywords(graph.values(thing, "keywords")):
            yield Claim("keywords", keywords, "json-ld")
        for key, field in (("copyrightNotice", "copyright_notice"), ("usageInfo", "usage_terms")):
            if text := clean_line(_first_value(thing.get(key))):
                yield Claim(field, text, "json-ld")
    for thing in (*articles[:1], *pages):
        for key, field in _DATES.items():
            if claim := reader.stated(field, _first_value(thing.get(key)), "json-ld"):
                yield claim


def _window_title(index: PageIndex) -> Iterator[Claim]:
    """`<title>`, as the last headline of origin "meta"; svg elements have titles, too."""
    for title in index.by_tag["title"]:
        parent = title.getparent()
        if parent is not None and parent.tag == "head" and (text := clean_line(title.text_content())):
            yield Claim("headline", text, "meta")
            return


def _dated_texts(index: PageIndex, meta: MetaTags, graph: Graph, articles: list[JsonObject]) -> Iterator[str]:
    """Texts that may contain a date of this page: metadata, `<time>`, every short run of text."""
    for thing in (*articles[:1], *graph.of_type("page")):
        yield from (value for key in _DATES if isinstance(value := _first_value(thing.get(key)), str))
    for field in ("published", "modified"):
        yield from meta.first_values(field)
    yield from (value for time in index.by_tag["time"] if (value := time.get("datetime")))
    yield from (run.text for run in index.runs if len(run.text) < MAX_DATED_TEXT_CHARACTERS)


def _dates_in_titles(stated: list[Claim], reader: DateReader) -> Iterator[Claim]:
    """The date at a title's end: "Storm hits coast | 28.04.2023"."""
    for claim in stated:
        if (
            claim.field == "headline"
            and "|" in claim.value
            and (day := reader.first("published", claim.value.rsplit("|", 1)[-1], "page"))
        ):
            yield day
            return


def _first_value(value: Any) -> Any:
    """The first item of a list; the @value of a typed literal."""
    if isinstance(value, list):
        value = value[0] if value else None
    return value.get("@value") or value.get("name") if isinstance(value, dict) else value


def _keywords(values: Iterable[Any]) -> list[str]:
    """Single keywords from lists and from strings with commas, semicolons or both."""
    found: dict[str, None] = {}
    for value in values:
        text = clean_line(_first_value(value), 8000) or ""
        if not re.search("[,،、;；|，]", text) and UNSPACED_CHARACTER.search(text):
            text = text.replace(" ", ",")  # Chinese lists use spaces as separators
        for word in re.split("[,،、;；|，]", text):
            clean = clean_line(word.strip(" \"'#"), 200)
            if clean and len(found) < MAX_KEYWORDS and not _MACHINE_KEYWORD.search(clean):
                found.setdefault(clean)
    return list(found)


def _from_meta(meta: MetaTags, reader: DateReader) -> Iterator[Claim]:
    for headline in meta.first_values("headline"):
        yield Claim("headline", headline, "meta")
    yield from _authors_of(meta)
    for field in ("published", "modified"):
        for text in meta.first_values(field):
            if claim := reader.stated(field, text, "meta"):
                yield claim
    for section in meta.first_values("section"):
        if not section.startswith("http"):
            yield Claim("section", section, "meta")
    for _, values in meta.tags_for("keywords"):
        if keywords := _keywords(values):
            yield Claim("keywords", keywords, "meta")
    for text in meta.first_values("copyright"):
        yield Claim("copyright_notice", text, "meta")


def _authors_of(meta: MetaTags) -> Iterator[Claim]:
    for name, values in meta.tags_for("authors"):
        if name == "twitter:data1" and not any(
            strip_byline_marker(f"{label} x") for label in meta.values_of("twitter:label1")
        ):
            continue  # the reading time
        if name == "citation_author":  # "Doe, Jane"
            values = [" ".join(reversed(v.split(", "))) if v.count(", ") == 1 else v for v in values]  # noqa: PLW2901
        if people := parse_authors([v for v in values if not v.startswith(("http", "/", "@"))]):
            yield Claim("authors", list(people), "meta")


def _publishers(graph: Graph, articles: list[JsonObject], meta: MetaTags, base: str | None) -> Iterator[Claim]:
    """Name and registered domain. The site's own name comes first: `publisher` may be a company with several titles."""
    where = registered_domain(base)
    for origin, name in (
        *(("meta", n) for n in meta.first_values("site")),
        *(("json-ld", n) for t in articles[:1] for n in names_of(graph, t, "publisher")),
        *(("json-ld", clean_line(_first_value(t.get("name")))) for t in graph.of_type("site")),
        *(("json-ld", n) for t in articles[:1] for n in houses_of(graph, t)),
    ):
        if (clean := clean_line(name, 120)) and not clean.startswith(("http", "@")):
            yield Claim("publisher", {"name": clean, "domain": where}, origin)
    if where:
        yield Claim("publisher", {"name": None, "domain": where}, "page")


def _languages(tree: HtmlElement, meta: MetaTags, graph: Graph, articles: list[JsonObject]) -> Iterator[Claim]:
    root = tree.getroottree().getroot()
    stated = [
        *(("json-ld", _first_value(t.get("inLanguage"))) for t in (*articles[:1], *graph.of_type("page")[:1])),
        ("page", root.get("lang") or root.get("{http://www.w3.org/XML/1998/namespace}lang") or root.get("xml:lang")),
        *(("meta", text) for text in meta.first_values("language")),
    ]
    for origin, text in stated:
        if isinstance(text, str) and (match := _LANGUAGE_TAG.match(text.strip())):
            code, script, region = match.groups()
            yield Claim(
                "language",
                "-".join(filter(None, (code.lower(), script and script.title(), region and region.upper()))),
                origin,
            )
