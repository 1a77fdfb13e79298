"""A title without the site's name: "Storm hits coast | World | The Example" becomes "Storm hits coast"."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from ingest.core.metadata.authors import is_outlet
from ingest.core.model import Claim
from ingest.core.text.normalize import match_key
from ingest.core.text.scripts import HAN_AND_KANA_SET, STEM_SYLLABLES, SYLLABIC_CHARACTER, UNSPACED_SET

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

MAX_SITE_NAME_CHARACTERS = 30
"""Most characters of a site's name at the end of titles."""

MAX_OUTLET_WORDS = 5
"""Most words of a title's end that names a newspaper or a station that the page itself does not name: "- The Quiet
Observer".
"""
MAX_OUTLET_CHARACTERS = 12
"""The same in characters, for scripts without spaces: "_澄江晚报"."""
MIN_HEADLINE_WORDS = 4
"""Fewest words of the headline that such an end is removed from."""
MAX_READ_CHARACTERS = 6_000
"""Characters of the article that are searched for the words of a title."""
STEM_CHARACTERS = 5
"""Characters of a word that are compared when it is searched for in the article, where it may be inflected."""
MAX_SLOGAN_SHARE, MIN_HEADLINE_SHARE = 0.2, 0.4
"""Highest share of a slogan's words, and lowest share of a headline's words, found in the article."""

MAX_LABEL_SHARE = 0.6
"""Highest share of a heading's length in a title that names the site or a section."""

_TITLE_SEPARATOR = re.compile(
    r"\s+[|–—•·»«/>~:\-]{1,2}\s+|\s*(?:\||::|»|｜|│|：)\s*|(?<=[\u3040-\u9fff！？”」』])(?:_|--|——|-|－)(?=[\u3040-\u9fff])"
)
_SECTION_WORDS = 2
"""Most words of a section between headline and site name: "Storm hits coast | World | The Example"."""
_SECTION_CHARACTERS = 24
_SECTION_CHARACTERS_UNSPACED = 6
_MIN_FRONT_CHARACTERS_UNSPACED = 9
_COLON = re.compile(r":\s+")
_WORD = re.compile(rf"[{HAN_AND_KANA_SET}]|{SYLLABIC_CHARACTER.pattern}{{2,}}|[^\W_{HAN_AND_KANA_SET}]{{3,}}")
_DENSE = re.compile(rf"[{UNSPACED_SET}\uac00-\ud7a3]")
_HAN_OR_KANA = re.compile(rf"[{HAN_AND_KANA_SET}]+")
_LATIN = re.compile(r"[a-z]", re.IGNORECASE)


def site_names(publishers: Iterable[str], *addresses: str | None) -> frozenset[str]:
    """The names of the site that may appear in its titles, folded: its publishers' names and the labels of its host."""
    found = set()
    for name in publishers:
        found |= {match_key(name)} | (
            {"".join(word[0] for word in words).lower()} if len(words := name.split()) > 2 else set()
        )
    for address in addresses:
        host = (urlsplit(address).hostname or "") if address else ""
        labels = [label for label in host.split(".") if label not in {"www", "m", "amp"}]
        found |= (
            {match_key(host.removeprefix("www."))}
            | {match_key(".".join(labels[-2:]))}
            | {match_key(label) for label in labels[:-1]}
        )
    return frozenset(name for name in found if len(name) > 1)


def _common_endings(titles: Iterable[str], headings: Iterable[str]) -> frozenset[str]:
    """The endings shared by titles that differ, folded, and found in no heading: "Storm hits coast | EX News", "A night
    of storm | EX News".
    """
    found: dict[str, set[str]] = {}
    for title in titles:
        for cut in list(_TITLE_SEPARATOR.finditer(title))[-1:]:
            found.setdefault(match_key(title[cut.end() :]), set()).add(match_key(title[: cut.start()]))
    ends = [
        end
        for end, starts in found.items()
        if len(starts) > 1 and end.isalpha() and len(end) <= MAX_SITE_NAME_CHARACTERS
    ]
    shown = "\n".join(map(match_key, headings)) if ends else ""
    return frozenset(end for end in ends if end not in shown)


def strip_site_name(title: str, sites: Collection[str], others: Collection[str] = (), shown: str | None = None) -> str:
    """The title without leading or trailing parts that name the site; `others`: folded titles, one of which may be what
    remains.

    `shown`: the page's headings, folded; None if unknown. A section before the site's name is removed with it, and so
    is a short end of a Chinese or Japanese title, unless a heading contains it.
    """
    if others and match_key(title) not in others:
        for cut in reversed(list(_TITLE_SEPARATOR.finditer(title))):
            front = match_key(title[: cut.start()])
            if len(front) > 9 and front in others and front not in sites:
                return title[: cut.start()]
    if (colon := _COLON.search(title)) and len(title) - colon.end() > 1 and match_key(title[: colon.start()]) in sites:
        title = title[colon.end() :]
    named: str | None = None
    for _ in range(4):
        cuts = list(_TITLE_SEPARATOR.finditer(title))
        for cut in (cuts[-1:] + cuts[:1]) if cuts else []:
            front, back = title[: cut.start()], title[cut.end() :]
            if cut is cuts[-1] and len(front) > 1 and (is_site_name(back, sites) or _names_outlet(back, front)):
                title, named = front, cut[0].strip()
                break
            if (
                cut is cuts[-1]
                and shown is not None
                and _is_section(cut, title, named)
                and match_key(back) not in shown
            ):
                title = front
                break
            if cut is cuts[0] and len(back) > 1 and is_site_name(front, sites):
                title = back
                break
        else:
            break
    return title


def _is_section(cut: re.Match[str], title: str, named: str | None) -> bool:
    """True if the end of a title is a section: one or two words with the same separator as the site's name after it,
    `named`; in a Chinese or Japanese title, the last few characters.
    """
    front, back = title[: cut.start()], title[cut.end() :]
    if _HAN_OR_KANA.fullmatch(back):
        longer = len(front) >= max(_MIN_FRONT_CHARACTERS_UNSPACED, 2 * len(back))
        return longer and len(back) <= _SECTION_CHARACTERS_UNSPACED and _HAN_OR_KANA.search(front) is not None
    words = back.split()
    short = len(words) <= _SECTION_WORDS and len(back) <= _SECTION_CHARACTERS and back.replace(" ", "").isalpha()
    return named == cut[0].strip() and short and back[0].isupper() and len(front.split()) >= MIN_HEADLINE_WORDS


def strip_site_names(claims: Iterable[Claim], sites: frozenset[str], *, news: bool) -> Iterator[Claim]:
    """The same claims, with headlines without the site's name.

    The JSON-LD of a blog repeats its sharing title and does not count twice: where the two disagreed with the heading,
    the heading was right on 7 of 12 pages; on `news` on none of 4.
    """
    claims = list(claims)
    headlines = [c for c in claims if c.field == "headline"]
    folded = {c.value: match_key(c.value) for c in headlines}
    known = frozenset(folded.values())
    sites |= _common_endings(
        *([c.value for c in headlines if (c.origin == "page") is shown] for shown in (False, True))
    )
    shown = "\n".join(match_key(c.value) for c in headlines if c.origin == "page")
    bare = {title: strip_site_name(title, sites, known - {key}, shown) for title, key in folded.items()}
    quoting = [title for title in bare if '"' in title]
    others = {title for title in bare if match_key(bare[title]) not in sites}
    vain = {title for title in bare if title not in others} if others else set()
    shared = next((match_key(bare[c.value]) for c in headlines if c.origin == "meta"), None)
    for claim in claims:
        if claim.field != "headline":
            yield claim
        elif claim.value in vain:
            continue
        elif any(title.startswith((f'{claim.value} "', f'{claim.value}"')) for title in quoting):
            continue  # an attribute cut short by a quotation mark in its own text
        elif news or claim.origin != "json-ld" or match_key(bare[claim.value]) != shared:
            yield Claim("headline", bare[claim.value], claim.origin)


def _names_outlet(end: str, front: str) -> bool:
    """True if the end of a title is, by its words, the name of a newspaper or a station that the page itself does not
    name.
    """
    if not is_outlet(end):
        return False
    if _DENSE.search(end):
        return len(end) <= MAX_OUTLET_CHARACTERS and len(front) > len(end)
    parts = end.split()
    if _LATIN.search(end) is None and len(parts) <= MAX_OUTLET_WORDS // 2 + 1:  # "Портовые новости"
        return parts[0][0] == parts[0][0].upper() and len(front.split()) >= MIN_HEADLINE_WORDS
    named = all(
        part[0].isupper() or not part[0].isalpha() or part[0] == part[0].upper() for part in parts if len(part) > 3
    )
    return named and len(parts) <= MAX_OUTLET_WORDS and len(front.split()) >= MIN_HEADLINE_WORDS


def slogans(titles: Iterable[str], heading: str, paragraphs: Iterable[str]) -> frozenset[str]:
    """The titles whose words the article does not contain, where it contains those of the heading: the site's slogan,
    not a headline.
    """
    said: set[str] = set()
    length = 0
    for text in paragraphs:
        said |= _stems(text)
        length += len(text)
        if length > MAX_READ_CHARACTERS:
            break
    if _share(heading, said) < MIN_HEADLINE_SHARE:
        return frozenset()
    own = _stems(heading)
    return frozenset(
        title
        for title in titles
        if _share(title, said | own) <= MAX_SLOGAN_SHARE or is_short_label(match_key(title), match_key(heading))
    )


def is_short_label(title: str, heading: str) -> bool:
    """True if a title is far shorter than the heading and no part of it: the name of the site or of a section. Both folded."""
    return len(title) <= MAX_LABEL_SHARE * len(heading) and title not in heading


def _stems(text: str) -> set[str]:
    words = _WORD.findall(text.casefold())
    if SYLLABIC_CHARACTER.search(text) is None:
        return {word[:STEM_CHARACTERS] for word in words}
    return {word[: STEM_SYLLABLES if SYLLABIC_CHARACTER.match(word) else STEM_CHARACTERS] for word in words}


def _share(title: str, said: Collection[str]) -> float:
    words = _stems(title)
    return sum(word in said for word in words) / max(1, len(words))


def is_site_name(part: str, sites: Collection[str]) -> bool:
    """True if a part of a title names the site."""
    text = match_key(part)
    return 1 < len(text) <= 60 and (
        text in sites
        or any(
            len(s) > 3 and ((s in text and len(text) <= 2 * len(s) + 6) or (text in s and len(text) > 3)) for s in sites
        )
    )
