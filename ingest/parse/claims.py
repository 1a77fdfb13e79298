"""What a page says of itself beside its words: claims from JSON-LD, from meta tags, and from the page's own furniture.

Several claims for one field are normal; each origin's best comes first. `ingest.choose` decides.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator
from functools import partial
from typing import Any

from lxml.html import HtmlElement

from ingest.fold import fold
from ingest.lexicon import words
from ingest.model import Claim
from ingest.parse import furniture
from ingest.parse.date_reader import DateReader
from ingest.parse.dom import text_of
from ingest.parse.found_day import found_day
from ingest.parse.images import page_images
from ingest.parse.jsonld import Graph, Thing, kinds
from ingest.parse.meta import Meta
from ingest.parse.people import marked, names
from ingest.parse.strings import address, domain, line
from ingest.parse.survey import Survey
from ingest.parse.titles import bare_headlines, site_names, slogans
from ingest.signs import WIDE

_LANGUAGE = re.compile(r"^([a-zA-Z]{2,3})(?:[-_]([a-zA-Z]{4}))?(?:[-_]([a-zA-Z]{2}|\d{3}))?\b")
_MACHINE_WORD = re.compile(
    r"^[0-9a-f-]{16,}$|^\w+(?: \w+)?:\s?\S|^(?:true|false|null|undefined)$|^[a-z]+_[a-z_]+$", re.IGNORECASE
)  # "Category: News"
MAX_KEYWORDS = 100
MAX_DATED_TEXT_CHARACTERS = 140
_DATES = {"datePublished": "published", "dateCreated": "published", "dateModified": "modified"}


def page_claims(survey: Survey, *, url: str | None) -> tuple[Claim, ...]:
    """All claims of a page. `url`: where it was fetched, if known; addresses are made absolute by it or by the canonical one."""
    meta = Meta(survey.by_tag["meta"])
    scripts = (e for e in survey.by_tag["script"] if "ld+json" in (e.get("type") or "").lower())
    graph = Graph(script.text_content() for script in scripts)
    canonical = _canonical(survey, meta, url)
    base = url or canonical
    addresses = [each for each in dict.fromkeys((url, canonical)) if each]
    beside = (
        next((address(e.get("href"), base) for e in survey.by_tag["base"]), None) or base
    )  # of the page's own links
    titles = (
        [c.value for c in _window_title(survey)]
        + meta.firsts("headline")
        + [text_of(h)[:500] for h in survey.by_tag["h1"][:3]]
    )
    articles = _articles(graph, {url, canonical}, set(filter(None, map(fold, titles))))
    news = any(kinds(thing) & words("schema", "news") for thing in articles[:1])
    languages = list(_languages(survey.tree, meta, graph, articles))
    reader = DateReader([c.value for c in languages], addresses, partial(_dated_texts, survey, meta, graph, articles))
    stated = [*_from_jsonld(graph, articles, reader), *_from_meta(meta, reader), *_window_title(survey)]
    publishers = list(_publishers(graph, articles, meta, base))
    claims = [
        *_addresses(canonical, url),
        *stated,
        *_dated_titles(stated, reader),
        *furniture.claims(survey, stated, url=beside, reader=reader, news=news),
        *publishers,
        *languages,
    ]
    if images := page_images(survey, graph, articles, base=beside):
        claims.append(Claim("images", images, "page"))
    if not any(c.field in {"published", "modified"} for c in claims):
        claims += found_day(survey, addresses)
    sites = site_names((c.value["name"] for c in publishers if c.value["name"]), url, canonical)
    claims = _without_slogans(claims, survey)
    found: dict[tuple[str, str, int], Claim] = {}
    for place, claim in enumerate(bare_headlines(claims, sites, news=news)):
        # the same headline twice is two voices, and the window's title is the last of meta whatever it says
        key = claim.field, f"{claim.origin} {claim.value}", place if claim.field == "headline" else 0
        found.setdefault(key, claim)
    return tuple(found.values())


def _without_slogans(claims: list[Claim], survey: Survey) -> list[Claim]:
    """The same claims without titles that are no headline of this article, where the page shows one that is."""
    heading = next((c.value for c in claims if c.field == "headline" and c.origin == "page"), None)
    titles = [c.value for c in claims if c.field == "headline" and c.origin == "meta"]
    if heading is None or not titles or heading in titles:
        return claims
    vain = slogans(titles, heading, (run.text for run in survey.runs if len(run.text) >= MAX_DATED_TEXT_CHARACTERS))
    return [c for c in claims if c.field != "headline" or c.origin != "meta" or c.value not in vain]


def _canonical(survey: Survey, meta: Meta, url: str | None) -> str | None:
    links = [link.get("href") for link in survey.by_tag["link"] if (link.get("rel") or "").lower() == "canonical"]
    return next(filter(None, (address(c, url) for c in [*links, *meta.firsts("url")])), None)


def _addresses(canonical: str | None, url: str | None) -> Iterator[Claim]:
    """The canonical address, unless it leads to the front page, as careless templates say."""
    if canonical and (url is None or canonical.count("/") > 3 or url.count("/") <= 3):
        yield Claim("url", canonical, "meta")


def _articles(graph: Graph, addresses: Iterable[str | None], titles: Collection[str]) -> list[Thing]:
    """JSON-LD's articles, the page's own first; where there is none, other works that the page is about. `titles`: its own, folded."""
    own = {_bare(a) for a in addresses if a}
    found = graph.of_kind("article") or [work for work in graph.of_kind("work") if _is_own(work, own, titles)]
    return sorted(found, key=lambda t: not own & {_bare(a) for a in _addresses_of(t)})


def _is_own(work: Thing, own: set[str], titles: Collection[str]) -> bool:
    """Whether a work is what the page is about, by its address or its name, and no video in it."""
    names_it = [fold(text) for key in ("headline", "name") if (text := line(_plain(work.get(key))))]
    about = any(name and (name in title or title in name) for name in names_it for title in titles)
    return about or bool(own & {_bare(a) for a in _addresses_of(work)})


def _bare(url: str) -> str:
    return (
        re.split(r"[?#]", url, maxsplit=1)[0]
        .rstrip("/")
        .removeprefix("https://")
        .removeprefix("http://")
        .removeprefix("www.")
        .removeprefix("amp.")
    )


def _addresses_of(thing: Thing) -> Iterator[str]:
    for key in ("url", "mainEntityOfPage", "@id"):
        value = thing.get(key)
        if isinstance(value, dict):
            value = value.get("@id") or value.get("url")
        if isinstance(value, str):
            yield value


def _from_jsonld(graph: Graph, articles: list[Thing], reader: DateReader) -> Iterator[Claim]:
    pages = graph.of_kind("page")
    for thing in articles[:1]:
        for key in ("headline", "name"):
            if headline := line(_plain(thing.get(key))):
                yield Claim("headline", headline, "json-ld")
        if dek := line(_plain(thing.get("alternativeHeadline"))):
            yield Claim("subheadline", dek, "json-ld")
        people = names(_signers(graph, thing, "author")) or names(_signers(graph, thing, "creator"))
        if people:
            yield Claim("authors", list(people), "json-ld")
        if section := line(_plain(thing.get("articleSection"))):
            yield Claim("section", section, "json-ld")
        if keywords := _keywords(graph.values(thing, "keywords")):
            yield Claim("keywords", keywords, "json-ld")
        for key, field in (("copyrightNotice", "copyright_notice"), ("usageInfo", "usage_terms")):
            if text := line(_plain(thing.get(key))):
                yield Claim(field, text, "json-ld")
    for thing in (*articles[:1], *pages):
        for key, field in _DATES.items():
            if claim := reader.stated(field, _plain(thing.get(key)), "json-ld"):
                yield claim


def _window_title(survey: Survey) -> Iterator[Claim]:
    """`<title>`, as the last headline of origin "meta"; an svg has titles too."""
    for title in survey.by_tag["title"]:
        parent = title.getparent()
        if parent is not None and parent.tag == "head" and (text := line(title.text_content())):
            yield Claim("headline", text, "meta")
            return


def _dated_texts(survey: Survey, meta: Meta, graph: Graph, articles: list[Thing]) -> Iterator[str]:
    """What may name a day on this page: metadata, `<time>`, every short run of text."""
    for thing in (*articles[:1], *graph.of_kind("page")):
        yield from (value for key in _DATES if isinstance(value := _plain(thing.get(key)), str))
    for field in ("published", "modified"):
        yield from meta.firsts(field)
    yield from (value for time in survey.by_tag["time"] if (value := time.get("datetime")))
    yield from (run.text for run in survey.runs if len(run.text) < MAX_DATED_TEXT_CHARACTERS)


def _dated_titles(stated: list[Claim], reader: DateReader) -> Iterator[Claim]:
    """The day at a title's end: "Storm hits coast | 28.04.2023"."""
    for claim in stated:
        if (
            claim.field == "headline"
            and "|" in claim.value
            and (day := reader.first("published", claim.value.rsplit("|", 1)[-1], "page"))
        ):
            yield day
            return


def _plain(value: Any) -> Any:
    """The first of a list; the @value of a typed literal."""
    if isinstance(value, list):
        value = value[0] if value else None
    return value.get("@value") or value.get("name") if isinstance(value, dict) else value


def _named(graph: Graph, thing: Thing, key: str) -> list[str]:
    found: list[str] = []
    for value in graph.values(thing, key):
        name = value.get("name") if isinstance(value, dict) else value
        if isinstance(value, dict) and not name:
            name = " ".join(
                v for k in ("givenName", "additionalName", "familyName") if isinstance(v := value.get(k), str)
            )
        found += [n for n in (name if isinstance(name, list) else [name]) if isinstance(n, str)]
    return found


def _signers(graph: Graph, thing: Thing, key: str) -> list[str]:
    """The names of an article's authors: beside persons no organisations but agencies."""
    signers = [v for v in graph.values(thing, key) if not (isinstance(v, dict) and _is_house(v))]
    named = _named(graph, {key: signers}, key)
    return named or _named(graph, thing, key)


def _is_house(thing: Thing) -> bool:
    name = thing.get("name")
    agency = isinstance(name, str) and name.lower() in words("people", "newsrooms")
    return not agency and bool(kinds(thing) & words("people", "organisations"))


def _keywords(values: Iterable[Any]) -> list[str]:
    """Single keywords out of lists and of strings with commas, semicolons or both."""
    found: dict[str, None] = {}
    for value in values:
        text = line(_plain(value), 8000) or ""
        if not re.search("[,،、;；|，]", text) and WIDE.search(text):
            text = text.replace(" ", ",")  # Chinese lists part words by spaces
        for word in re.split("[,،、;；|，]", text):
            clean = line(word.strip(" \"'#"), 200)
            if clean and len(found) < MAX_KEYWORDS and not _MACHINE_WORD.search(clean):
                found.setdefault(clean)
    return list(found)


def _from_meta(meta: Meta, reader: DateReader) -> Iterator[Claim]:
    for headline in meta.firsts("headline"):
        yield Claim("headline", headline, "meta")
    yield from _authors_of(meta)
    for field in ("published", "modified"):
        for text in meta.firsts(field):
            if claim := reader.stated(field, text, "meta"):
                yield claim
    for section in meta.firsts("section"):
        if not section.startswith("http"):
            yield Claim("section", section, "meta")
    for _, values in meta.of("keywords"):
        if keywords := _keywords(values):
            yield Claim("keywords", keywords, "meta")
    for text in meta.firsts("copyright"):
        yield Claim("copyright_notice", text, "meta")


def _authors_of(meta: Meta) -> Iterator[Claim]:
    for name, values in meta.of("authors"):
        if name == "twitter:data1" and not any(marked(f"{label} x") for label in meta.all("twitter:label1")):
            continue  # the time it takes to read
        if name == "citation_author":  # "Doe, Jane"
            values = [" ".join(reversed(v.split(", "))) if v.count(", ") == 1 else v for v in values]  # noqa: PLW2901
        if people := names([v for v in values if not v.startswith(("http", "/", "@"))]):
            yield Claim("authors", list(people), "meta")


def _publishers(graph: Graph, articles: list[Thing], meta: Meta, base: str | None) -> Iterator[Claim]:
    """Name and registered domain. The site's own name leads: `publisher` may be the house that owns several titles."""
    where = domain(base)
    for origin, name in (
        *(("meta", n) for n in meta.firsts("site")),
        *(("json-ld", n) for t in articles[:1] for n in _named(graph, t, "publisher")),
        *(("json-ld", line(_plain(t.get("name")))) for t in graph.of_kind("site")),
    ):
        if (clean := line(name, 120)) and not clean.startswith(("http", "@")):
            yield Claim("publisher", {"name": clean, "domain": where}, origin)
    if where:
        yield Claim("publisher", {"name": None, "domain": where}, "page")


def _languages(tree: HtmlElement, meta: Meta, graph: Graph, articles: list[Thing]) -> Iterator[Claim]:
    root = tree.getroottree().getroot()
    stated = [
        *(("json-ld", _plain(t.get("inLanguage"))) for t in (*articles[:1], *graph.of_kind("page")[:1])),
        ("page", root.get("lang") or root.get("{http://www.w3.org/XML/1998/namespace}lang") or root.get("xml:lang")),
        *(("meta", text) for text in meta.firsts("language")),
    ]
    for origin, text in stated:
        if isinstance(text, str) and (match := _LANGUAGE.match(text.strip())):
            code, script, region = match.groups()
            yield Claim(
                "language",
                "-".join(filter(None, (code.lower(), script and script.title(), region and region.upper()))),
                origin,
            )
