"""Which files tell one story: the relation of a new article to an earlier one, and what that makes of both.

Containment decides, not resemblance: of two texts of one story one is often much shorter. Pages of one publisher also share what is left
of its template, so between them more is asked.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from ingest.core.memory.story_fingerprint import OPENING_WORDS, Fingerprint
from ingest.core.model import Relation

MIN_SHARED_SHINGLES = 16
"""Shingles that two texts must share; shorter ones are told by their headline and address."""
MIN_SAMPLED_SHINGLES = 6
"""Shingles that two samples must share: one or two of a long text say nothing. Below it only the opening is looked at."""
MIN_CONTAINMENT = 0.5
"""Share of the smaller text that the larger has. Of 220,000 pairs of pages the gold has 34 above .5 and 35 above .4: nothing lies between."""
MIN_CONTAINMENT_SAME_PUBLISHER = 0.85
"""Of two texts of one publisher under different headlines: what is left of a template reached .76."""
MIN_HEADLINE_SHARE = 0.5
"""Words of the shorter headline from which two headlines are alike."""
MIN_SAME_ADDRESS = 0.2
"""Containment of two texts under one address that is no article's: a front page changes altogether."""
WHOLE = 0.85
"""Share of a text from which all of it is in the other; a sample of 64 errs by .05."""
MAX_EXCERPT_LENGTH, MAX_EXCERPT_LENGTH_SAME_PUBLISHER = 0.75, 0.5
"""Length of an excerpt, as a share of the whole text; a publisher's own longer text is another version."""
MIN_COPY = 0.9
"""Share of both texts from which an article of unknown publishers is a copy and not a version."""
MIN_JOINED = 0.2
"""Share of the larger text that must be shared to join its story: a digest of ten stories belongs to none of them."""
MAX_SAME_AS = 16
"""Relations of one record; the strongest are told."""

_REPLACES = (Relation.KILL, Relation.CORRECTION, Relation.UPDATE, Relation.NEW_VERSION)
_STRENGTH = (
    *_REPLACES,
    Relation.IDENTICAL,
    Relation.EARLIER_VERSION,
    Relation.COPY,
    Relation.EXCERPT,
    Relation.CONTAINS,
)


@dataclass(frozen=True, slots=True)
class Match:
    """An earlier article of the same story. `joins`: whether both belong to one group. `nearness`: how much speaks for one article's versions."""

    id: str
    relation: Relation
    joins: bool
    nearness: int = 0


def compare(new: Fingerprint, old: Fingerprint) -> Match | None:
    """What `new` is to `old`; None where they are different stories."""
    shared, in_new, in_old = overlap(new, old)
    same_address = new.address != 0 and new.address == old.address
    same_publisher = new.publisher == old.publisher if new.publisher and old.publisher else None
    same_headline = new.headline != 0 and new.headline == old.headline
    same_text = new.text == old.text
    alike = same_headline or _headlines_alike(new, old)
    marked = _marked(new, old)
    stated = new.marker != old.marker
    if not (
        (same_text and (new.size >= MIN_SHARED_SHINGLES or same_address or same_headline))
        or _tells_the_same(shared, max(in_new, in_old), strict=same_publisher is True and not (alike or same_address))
        or (same_address and (new.is_article_address or same_headline or max(in_new, in_old) >= MIN_SAME_ADDRESS))
        or (stated and same_publisher is not False and (same_headline or old.headline in new.quoted))
    ):
        return None
    joins = same_text or same_address or stated or min(in_new, in_old) >= MIN_JOINED
    relation = _relation(
        new, old, in_new, in_old, marked, same_text=same_text, same_publisher=same_publisher, same_address=same_address
    )
    nearness = 4 * same_address + 2 * (same_publisher is True) + same_headline
    return Match(old.id, relation, joins, nearness)


def overlap(one: Fingerprint, other: Fingerprint) -> tuple[int, float, float]:
    """(shingles that both have, as a share of the first, as a share of the second), estimated from the samples; 0 where they say nothing."""
    level = max(one.level, other.level)
    mine, theirs = (_sample(each, level) for each in (one, other))
    both = len(mine & theirs)
    if both < MIN_SAMPLED_SHINGLES:
        return _overlap_of_opening(one, other)
    return both << level, both / len(mine), both / len(theirs)


def _overlap_of_opening(one: Fingerprint, other: Fingerprint) -> tuple[int, float, float]:
    """As `overlap`, of a text that is no longer than an opening and the opening of another."""
    small, large = sorted((one, other), key=lambda each: each.size)
    if small.size > OPENING_WORDS or not len(large.opening):
        return 0, 0.0, 0.0
    mine = set(small.opening[small.opening <= large.opening[-1]].tolist())
    both = len(mine & set(large.opening.tolist()))
    if both < MIN_SAMPLED_SHINGLES:
        return 0, 0.0, 0.0
    share = both / len(mine)
    whole = share * small.size / large.size
    return round(share * small.size), share if small is one else whole, whole if small is one else share


def strongest(matches: Iterable[Match]) -> list[Match]:
    """At most `MAX_SAME_AS` of the matches, in their order."""
    found = list(matches)
    kept = sorted(range(len(found)), key=lambda at: (_STRENGTH.index(found[at].relation), at))[:MAX_SAME_AS]
    return [found[at] for at in sorted(kept)]


def replaced(matches: Iterable[Match]) -> str | None:
    """Id of the article that the new one replaces: the nearest, of several the last; None if it replaces none."""
    found = [match for match in matches if match.relation in _REPLACES]
    return max(reversed(found), key=lambda match: match.nearness).id if found else None


def _sample(one: Fingerprint, level: int) -> frozenset[int]:
    return one.samples[min(level - one.level, len(one.samples) - 1)]


def _tells_the_same(shared: int, containment: float, *, strict: bool) -> bool:
    return shared >= MIN_SHARED_SHINGLES and containment >= (
        MIN_CONTAINMENT_SAME_PUBLISHER if strict else MIN_CONTAINMENT
    )


def _headlines_alike(one: Fingerprint, other: Fingerprint) -> bool:
    mine, theirs = set(one.headline_tokens.tolist()), set(other.headline_tokens.tolist())
    return bool(mine and theirs) and len(mine & theirs) >= MIN_HEADLINE_SHARE * min(len(mine), len(theirs))


def _marked(new: Fingerprint, old: Fingerprint) -> Relation | None:
    """The relation that a marker of the new text states, one that the old text does not bear as well."""
    if new.marker is None or new.marker == old.marker:
        return None
    return new.marker.kind


def _is_earlier(new: Fingerprint, old: Fingerprint) -> bool:
    """Whether what came later was written before."""
    if new.changed and old.changed and new.changed != old.changed:
        return new.changed < old.changed
    if old.marker and (
        new.marker is None or (new.marker.kind is old.marker.kind and new.marker.number < old.marker.number)
    ):
        return True
    return new.arrived < old.arrived


def _relation(
    new: Fingerprint, old: Fingerprint, in_new: float, in_old: float, marked: Relation | None, *, same_text: bool,
    same_publisher: bool | None, same_address: bool,
) -> Relation:  # fmt: skip
    if same_text and new.marker == old.marker:
        return Relation.IDENTICAL
    version = Relation.EARLIER_VERSION if _is_earlier(new, old) else Relation.NEW_VERSION
    if marked:
        return marked if version is Relation.NEW_VERSION else version
    if same_address:
        return version
    longest = MAX_EXCERPT_LENGTH_SAME_PUBLISHER if same_publisher else MAX_EXCERPT_LENGTH
    if in_new >= WHOLE and new.size <= longest * old.size:
        return Relation.EXCERPT
    if in_old >= WHOLE and old.size <= longest * new.size:
        return Relation.CONTAINS
    unknown = new.publisher == old.publisher == 0
    if same_publisher or (unknown and (old.marker != new.marker or min(in_new, in_old) < MIN_COPY)):
        return version
    return Relation.COPY
