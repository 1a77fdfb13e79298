"""Authors that are not persons: the publisher, accounts, newsrooms; and additions to names: jobs, institutes, degrees."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ingest.core.metadata.authors import is_job, is_newsroom, is_outlet, looks_like_person
from ingest.core.text.normalize import match_key
from ingest.core.text.wordlists import word_set

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ingest.core.model import Claim

MAX_DEGREE_CHARACTERS = 6
"""Most letters of a degree after a name: "RDN", "E-RYT"."""

_WORDS = re.compile(r"[^\w\u0900-\u0dff]+")


def publisher_keys(publishers: Iterable[Claim]) -> set[str]:
    """The names of the publishers, folded: their names, their domains, and the first labels of the domains."""
    claims = list(publishers)
    keys = {match_key(text) for claim in claims for text in claim.value.values() if text}
    return keys | {match_key(claim.value["domain"].split(".")[0]) for claim in claims if claim.value.get("domain")}


def is_house(name: str, houses: set[str]) -> bool:
    """True if a name beside persons is the publisher's: its name, its domain, or one of them with an addition ("MDR
    THÜRINGEN").
    """
    text = match_key(name)
    if text in houses:
        return is_outlet(name) or not looks_like_person(name)
    start = name.split(maxsplit=1)[0]
    first = match_key(start)
    if len(first) > 2 and first in houses and (start.isupper() or not looks_like_person(name)):
        return True
    return is_outlet(name) and any(len(house) > 4 and (house in text or text in house) for house in houses)


def is_impersonal(name: str, houses: set[str]) -> bool:
    """True if an author is the publisher, an account ("jdoe2"), a newsroom or another newspaper's name; a name of two
    words may still be a person's.
    """
    if " " not in name and name.isascii() and (name.islower() or not name.isalpha()):
        return True
    words = name.split()
    initials = "".join(word[0] for word in words).lower()
    named = match_key(name) in houses or is_house(name, houses) or (len(initials) > 1 and initials in houses)
    shouted = any(word.isupper() for word in words) and not name.isupper()
    return named or is_newsroom(name) or (is_outlet(name) and (shouted or not looks_like_person(name)))


def is_beside_name(name: str) -> bool:
    """True if the text beside a person's name is a job, an employer or a degree."""
    if is_job(name):
        return True
    if name.isupper() and name.isascii() and " " not in name and len(name) <= MAX_DEGREE_CHARACTERS:
        return not is_newsroom(name)
    text = name.lower()
    institutes = word_set("people", "institutes")
    return not institutes.isdisjoint(_WORDS.split(text)) or text.endswith(
        tuple(word_set("people", "unspaced_institutes"))
    )
