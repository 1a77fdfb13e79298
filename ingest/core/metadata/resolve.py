"""The choice of the winning claim for each field: by rank, and by agreement where the sources of a page often differ."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from ingest.core.metadata.authors import is_personal, looks_like_person
from ingest.core.metadata.houses import is_beside_name, is_house, is_impersonal, publisher_keys
from ingest.core.metadata.resolve_date import choose_day, not_after_change
from ingest.core.text.normalize import match_key
from ingest.core.text.scripts import HAN_AND_KANA_SET

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ingest.core.model import Claim

ORIGIN_PRECEDENCE = ("given", "format", "json-ld", "meta", "page", "text", "pack")

STRUCTURED = frozenset({"given", "format"})
"""Origins whose first claim is believed, whatever the page or the text says: fields made for one value."""

HEADING_WEIGHT = 1.5
"""Weight of the heading's vote; JSON-LD and the sharing title have a weight of 1."""

MAX_ALTERNATIVES = 10

MIN_SLUG_ADVANTAGE = 0.3
"""How much better the URL must match another title for the heading to be disregarded."""

_WORD = re.compile(rf"[{HAN_AND_KANA_SET}]|[^\W{HAN_AND_KANA_SET}]+")  # a Han or kana character is a word


def resolve_claims(claims: Iterable[Claim]) -> dict[str, Claim]:
    """The winning claim of each field. Claims of one origin are ordered from best to worst."""
    fields: dict[str, list[Claim]] = {}
    for claim in sorted(
        claims,
        key=lambda c: ORIGIN_PRECEDENCE.index(c.origin) if c.origin in ORIGIN_PRECEDENCE else len(ORIGIN_PRECEDENCE),
    ):
        fields.setdefault(claim.field, []).append(claim)
    best = {field: found[0] for field, found in fields.items()}
    if "headline" in fields:
        best["headline"] = _resolve_headline(fields["headline"], best["url"].value if "url" in best else "")
        others = _alternatives(fields["headline"], best["headline"])
        if others and "alternative_headlines" not in best:
            best["alternative_headlines"] = others
    if "authors" in fields:
        best["authors"] = _resolve_authors(fields["authors"], fields.get("publisher", []))
    if (
        "publisher" in best and best["publisher"].origin not in STRUCTURED
    ):  # JSON-LD names the parent company: right 2 times, wrong 11
        best["publisher"] = next(iter(_by_origin(fields["publisher"], "meta")), best["publisher"])
    for field in ("published", "modified"):
        if field in fields:
            best[field] = choose_day(fields[field], [*fields.get("published", []), *fields.get("modified", [])])
    if "published" in best:
        best["published"] = not_after_change(best["published"], best.get("modified"))
    if "keywords" in best:
        best["keywords"] = _resolve_keywords(
            fields["keywords"],
            best["headline"].value if "headline" in best else "",
            publisher_keys(fields.get("publisher", [])),
        )
    return best


def _by_origin(found: list[Claim], origin: str) -> list[Claim]:
    return [c for c in found if c.origin == origin]


def _resolve_headline(found: list[Claim], url: str) -> Claim:
    """The headline shown to readers, the first of the page's, if it is plausible; otherwise the title that most sources
    agree on.

    JSON-LD, the sharing title (first of meta) and the window title (last of meta) are often different valid headlines,
    written for search and sharing. A heading is disregarded if it is about something else than the metadata ("Contact
    us", the site's name), if it only adds a prefix to the sharing title, or, without JSON-LD, if the URL was made from
    the other title. Where one headline contains the other, as with a kicker before it, they count as one, and the form
    in most sources wins; the heading has slightly more weight than each other source, and less than two.
    """
    if found[0].origin in STRUCTURED:
        return found[0]
    stated, heading = (next(iter(_by_origin(found, o)), None) for o in ("json-ld", "page"))
    meta = _by_origin(found, "meta")
    if not meta:
        return heading or stated or found[0]
    shared, window = meta[0], meta[-1]
    if heading and not _is_plausible_headline(heading.value, shared.value, window.value, "" if stated else url):
        heading = None
    if heading and not any(_same_headline(heading.value, other.value) for other in (stated, shared) if other):
        return heading
    votes: dict[str, float] = {}
    for claim, weight in ((heading, HEADING_WEIGHT), (stated, 1), (shared, 1)):
        if claim:
            votes[match_key(claim.value)] = votes.get(match_key(claim.value), 0) + weight
    return max(filter(None, (stated, heading, shared)), key=lambda c: votes[match_key(c.value)])


def _alternatives(found: list[Claim], chosen: Claim) -> Claim | None:
    """The other headlines of the article: for search, for sharing, and the one shown if another was chosen; each once.

    Of the page's own headings only the first is used: the others belong to other articles.
    """
    ranked = [
        *_by_origin(found, "format"),
        *_by_origin(found, "json-ld"),
        *_by_origin(found, "meta"),
        *_by_origin(found, "page")[:1],
    ]
    said = {match_key(chosen.value)}
    kept: list[Claim] = []
    for claim in ranked:
        text = match_key(claim.value)
        if " " in claim.value and text not in said and _same_subject(claim.value, chosen.value):
            said.add(text)
            kept.append(claim)
    if not kept:
        return None
    return replace(kept[0], field="alternative_headlines", value=[claim.value for claim in kept[:MAX_ALTERNATIVES]])


def _same_headline(one: str, other: str) -> bool:
    """True if one headline contains the other."""
    mine, theirs = match_key(one), match_key(other)
    return bool(mine and theirs) and (mine in theirs or theirs in mine)


def _is_plausible_headline(heading: str, shared: str, window: str, url: str) -> bool:
    """True if a heading is plausible as the headline."""
    top, ours = match_key(heading), match_key(shared)
    if top in {ours, match_key(window)}:
        return True
    if top.endswith(ours) or (
        url and _slug_similarity(shared, url) > _slug_similarity(heading, url) + MIN_SLUG_ADVANTAGE
    ):
        return False
    return any(_same_subject(heading, title) for title in (shared, window))


def _slug_similarity(title: str, url: str) -> float:
    """How much of a title the last part of the URL repeats: the similarity of their words, 0 to 1."""
    slug = set(
        _WORD.findall(re.split(r"[?#]", url, maxsplit=1)[0].rstrip("/").rsplit("/", 1)[-1].replace("_", "-").casefold())
    )
    mine = set(_WORD.findall(title.casefold()))
    return len(mine & slug) / max(1, len(mine | slug))


def _same_subject(heading: str, title: str) -> bool:
    """True if a heading and a title share at least three tenths of the shorter one's words, and the heading is not just
    a category.
    """
    mine, theirs = set(_WORD.findall(heading.casefold())), set(_WORD.findall(title.casefold()))
    if len(mine) <= 2 < len(theirs):
        return False
    return 10 * len(mine & theirs) >= 3 * min(len(mine), len(theirs))


def _resolve_authors(found: list[Claim], publishers: list[Claim]) -> Claim:
    """The first claim; but persons with a byline are preferred to the site, an account ("jdoe2") or a newsroom.

    Of two lists where one contains the other, the longer of meta's is used (some templates know one author only), and
    the shorter of the page's own (links to other people near the byline). Each was right in at least 3 of 4 cases among
    485 pages. Publishers, jobs, institutes and degrees beside a person are not authors.
    """
    best = found[0]
    if best.origin in STRUCTURED:
        return best
    houses = publisher_keys(publishers)
    if all(is_impersonal(name, houses) for name in best.value):
        signed = (
            replace(c, value=persons)
            for c in found[1:]
            if len(c.value) <= 4
            and (persons := [name for name in c.value if is_personal(name) and not is_impersonal(name, houses)])
        )
        best = next(signed, best)
    else:
        names = {match_key(name) for name in best.value}
        for other in found:
            theirs = {match_key(name) for name in other.value}
            if other.origin == best.origin == "page" and theirs < names:
                best = other
                break
            if other.origin == "meta" and theirs > names and all(looks_like_person(name) for name in other.value):
                best = other
                break
    persons = [name for name in best.value if not (is_house(name, houses) or is_beside_name(name))]
    return replace(best, value=persons) if any(map(is_personal, persons)) else best


def _resolve_keywords(found: list[Claim], headline: str, publisher_keys: set[str]) -> Claim:
    """The list with the greatest agreement with the others, meta's before JSON-LD's before the page's, without the
    publisher's own name; never the headline split into words.
    """
    if found[0].origin in STRUCTURED:
        return found[0]
    ranked, title = sorted(found, key=lambda c: c.origin != "meta"), match_key(headline)
    sound = [
        c for c in ranked if len(c.value) < 4 or sum(match_key(w) in title for w in c.value) * 2 <= len(c.value)
    ] or ranked
    said = [set(map(match_key, c.value)) for c in sound]
    best = sound[max(range(len(sound)), key=lambda at: sum(_dice_coefficient(said[at], other) for other in said))]
    return replace(best, value=[word for word in best.value if match_key(word) not in publisher_keys] or best.value)


def _dice_coefficient(mine: set[str], theirs: set[str]) -> float:
    """Twice the number of shared words over the sum of both sizes: 1 where two lists are equal."""
    return 2 * len(mine & theirs) / max(1, len(mine) + len(theirs))
