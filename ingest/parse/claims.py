"""What a page says of itself beside its words: claims from JSON-LD, from meta tags, and from the page's own furniture.

Several claims for one field are normal; each origin's best comes first. `ingest.choose` decides.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any

from lxml.html import HtmlElement

from ingest.lexicon import words
from ingest.model import Claim
from ingest.parse import furniture
from ingest.parse.dates import FIRST_YEAR, LAST_YEAR, moment, written
from ingest.parse.images import page_images
from ingest.parse.jsonld import Graph, Thing, kinds
from ingest.parse.meta import Meta
from ingest.parse.people import marked, names
from ingest.parse.strings import address, domain, line
from ingest.parse.survey import Survey
from ingest.parse.titles import bare_headlines, site_names
from ingest.signs import WIDE

_LANGUAGE = re.compile(r"^([a-zA-Z]{2,3})(?:[-_]([a-zA-Z]{4}))?(?:[-_]([a-zA-Z]{2}|\d{3}))?\b")
_MACHINE_WORD = re.compile(
    r"^[0-9a-f-]{16,}$|^\w+(?: \w+)?:\s?\S|^(?:true|false|null|undefined)$|^[a-z]+_[a-z_]+$", re.IGNORECASE
)  # "Category: News"
MAX_KEYWORDS = 100


def page_claims(survey: Survey, *, url: str | None) -> tuple[Claim, ...]:
    """All claims of a page. `url`: where it was fetched, if known; addresses are made absolute by it or by the canonical one."""
    meta = Meta(survey.by_tag["meta"])
    scripts = (e for e in survey.by_tag["script"] if "ld+json" in (e.get("type") or "").lower())
    graph = Graph(script.text_content() for script in scripts)
    canonical = _canonical(survey, meta, url)
    base = url or canonical
    beside = (
        next((address(e.get("href"), base) for e in survey.by_tag["base"]), None) or base
    )  # of the page's own links
    articles = _articles(graph, {url, canonical})
    news = any(kinds(thing) & words("schema", "news") for thing in articles[:1])
    languages = list(_languages(survey.tree, meta, graph, articles))
    stated = [*_from_jsonld(graph, articles), *_from_meta(meta), *_window_title(survey)]
    publishers = list(_publishers(graph, articles, meta, base))
    claims = [
        *_addresses(canonical, url),
        *stated,
        *_dated_titles(stated),
        *furniture.claims(survey, stated, url=beside, month_first=_month_first(languages), news=news),
        *publishers,
        *languages,
    ]
    if images := page_images(survey, graph, articles, base=beside):
        claims.append(Claim("images", images, "page"))
    if not any(c.field in {"published", "modified"} for c in claims):
        claims += _last_resort(survey.tree, base)
    sites = site_names((c.value["name"] for c in publishers if c.value["name"]), url, canonical)
    found: dict[tuple[str, str, int], Claim] = {}
    for place, claim in enumerate(bare_headlines(claims, sites, news=news)):
        # the same headline twice is two voices, and the window's title is the last of meta whatever it says
        key = claim.field, f"{claim.origin} {claim.value}", place if claim.field == "headline" else 0
        found.setdefault(key, claim)
    return tuple(found.values())


def _canonical(survey: Survey, meta: Meta, url: str | None) -> str | None:
    links = [link.get("href") for link in survey.by_tag["link"] if (link.get("rel") or "").lower() == "canonical"]
    return next(filter(None, (address(c, url) for c in [*links, *meta.firsts("url")])), None)


def _addresses(canonical: str | None, url: str | None) -> Iterator[Claim]:
    """The canonical address, unless it leads to the front page, as careless templates say."""
    if canonical and (url is None or canonical.count("/") > 3 or url.count("/") <= 3):
        yield Claim("url", canonical, "meta")


def _articles(graph: Graph, addresses: Iterable[str | None]) -> list[Thing]:
    """JSON-LD's articles, the page's own first; other works where there is none."""
    found = graph.of_kind("article") or graph.of_kind("work")
    own = {_bare(a) for a in addresses if a}
    return sorted(found, key=lambda t: not own & {_bare(a) for a in _addresses_of(t)})


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


def _from_jsonld(graph: Graph, articles: list[Thing]) -> Iterator[Claim]:
    pages = graph.of_kind("page")
    for thing in articles[:1]:
        for key in ("headline", "name"):
            if headline := line(_plain(thing.get(key))):
                yield Claim("headline", headline, "json-ld")
        if dek := line(_plain(thing.get("alternativeHeadline"))):
            yield Claim("subheadline", dek, "json-ld")
        people = names(_named(graph, thing, "author")) or names(_named(graph, thing, "creator"))
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
        for key, field in (
            ("datePublished", "published"),
            ("dateCreated", "published"),
            ("uploadDate", "published"),
            ("dateModified", "modified"),
        ):
            if when := moment(_plain(thing.get(key))):
                yield Claim(field, when, "json-ld")


def _window_title(survey: Survey) -> Iterator[Claim]:
    """`<title>`, as the last headline of origin "meta"; an svg has titles too."""
    for title in survey.by_tag["title"]:
        parent = title.getparent()
        if parent is not None and parent.tag == "head" and (text := line(title.text_content())):
            yield Claim("headline", text, "meta")
            return


def _dated_titles(stated: list[Claim]) -> Iterator[Claim]:
    """The day at a title's end: "Storm hits coast | 28.04.2023"."""
    for claim in stated:
        if claim.field == "headline" and "|" in claim.value and (day := written(claim.value.rsplit("|", 1)[-1])):
            yield Claim("published", day, "page")
            return


def _last_resort(tree: HtmlElement, url: str | None) -> Iterator[Claim]:
    """The day in the address, or the one that htmldate finds: asked only here, for it takes longer than all the rest."""
    from htmldate import find_date  # noqa: PLC0415  # 0.3 s to import, needed by one page in ten
    from htmldate.meta import reset_caches  # noqa: PLC0415

    if match := re.search(r"/((?:19|20)\d\d)[/-](\d{1,2})[/-](\d{1,2})(?:/|-|_)", url or ""):
        day = moment("-".join(match.groups()))
    else:
        first, last = f"{FIRST_YEAR + 90}-01-01", f"{LAST_YEAR}-12-31"  # its own last day is today's: a clock
        day = find_date(tree, original_date=True, extensive_search=False, url=url, min_date=first, max_date=last)
        reset_caches()  # of eight thousand strings of pages, each of them whole
    if day:
        yield Claim("published", day, "page")


def _month_first(languages: list[Claim]) -> bool:
    """Whether 3/4/2024 is read as the fourth of March: in English, unless a country outside America is named."""
    stated = [c.value for c in languages]
    return any(s.startswith("en") for s in stated) and not any(
        s.startswith("en-") and s not in {"en-US", "en-CA", "en-PH"} for s in stated
    )


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


def _keywords(values: Iterable[Any]) -> list[str]:
    """Single keywords out of lists and of strings with commas (or semicolons, where there is no comma)."""
    found: dict[str, None] = {}
    for value in values:
        text = line(_plain(value), 8000) or ""
        if not re.search("[,،、;；|]", text) and WIDE.search(text):
            text = text.replace(" ", ",")  # Chinese lists part words by spaces
        for word in re.split(r"[,،、]" if re.search("[,،、]", text) else r"[;；|]", text):
            clean = line(word.strip(" \"'#"), 200)
            if clean and len(found) < MAX_KEYWORDS and not _MACHINE_WORD.search(clean):
                found.setdefault(clean)
    return list(found)


def _from_meta(meta: Meta) -> Iterator[Claim]:
    for headline in meta.firsts("headline"):
        yield Claim("headline", headline, "meta")
    yield from _authors_of(meta)
    for field in ("published", "modified"):
        for text in meta.firsts(field):
            if when := moment(text):
                yield Claim(field, when, "meta")
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
