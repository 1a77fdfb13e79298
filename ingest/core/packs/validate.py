"""The laws a pack must keep, whoever wrote it. One function proves them all, for `ingest packs check` and for the tests."""

from __future__ import annotations

import unicodedata
from collections import Counter
from typing import TYPE_CHECKING

from ingest.core.packs.selector import selector_problems

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ingest.core.packs.loader import Pack, PublisherMark, Rule, TestedPattern
    from ingest.core.packs.matcher import Packs, Rulebook


def validate_packs(packs: Packs) -> list[str]:
    """What is wrong with the packs, one line each; an empty list when every law is kept.

    1. A rule's hit is won by that rule, with its whole pack and the packs for all applied. 2. Its misses are not matched by it.
    3. The same for datelines. 4. Examples are texts as parse gives them (NFC). 5. A domain or name belongs to one pack.
    6. No fingerprint is found in another publisher's hits. 7. A selector chooses text in its hits and none in its misses.
    """
    return [
        problem for law in (_check_rules, _check_selectors, _check_names, _check_fingerprints) for problem in law(packs)
    ]


def _check_rules(packs: Packs) -> Iterator[str]:
    for pack in packs.all:
        rulebook = packs.rulebook(pack.domains[0] if pack.domains else None, pack.name, [])
        for rule in pack.rules:
            yield from _check_examples(rule)
            yield from _check_hits_won(rule, rulebook)
        for dateline in pack.datelines:
            yield from _check_examples(dateline)
            yield from (
                f"{dateline.id}: {hit!r} gives no dateline" for hit in dateline.hits if not rulebook.dateline(hit)
            )


def _check_selectors(packs: Packs) -> Iterator[str]:
    return (problem for pack in packs.all for rule in pack.selectors for problem in selector_problems(rule))


def _check_examples(rule: TestedPattern) -> Iterator[str]:
    for text in (*rule.hits, *rule.misses):
        if not unicodedata.is_normalized("NFC", text):
            yield f"{rule.id}: {text!r} is not in normal form C"
    for hit in rule.hits:
        if not _search(rule, hit):
            yield f"{rule.id}: {hit!r} is not matched"
    for miss in rule.misses:
        if _search(rule, miss):
            yield f"{rule.id}: {miss!r} is matched"


def _search(what: TestedPattern | PublisherMark, text: str) -> bool:
    """Whether it matches; what takes too long matches nothing, here as in an article."""
    try:
        return bool(what.pattern.search(text))
    except TimeoutError:
        return False


def _check_hits_won(rule: Rule, rulebook: Rulebook) -> Iterator[str]:
    for text, hit in zip(rule.hits, rulebook.hits(rule.hits), strict=True):
        if _search(rule, text) and (hit is None or hit.rule is not rule):
            yield f"{rule.id}: {text!r} is won by {hit.rule.id if hit else 'nobody'}"


def _check_names(packs: Packs) -> Iterator[str]:
    held = Counter(name.casefold() for pack in packs.all for name in {*_names_of(pack), *pack.domains})
    yield from (f"{name!r} belongs to more than one pack" for name, times in held.items() if times > 1)


def _names_of(pack: Pack) -> set[str]:
    return {name.casefold() for name in (pack.name, *pack.aliases) if name}


def _check_fingerprints(packs: Packs) -> Iterator[str]:
    for pack in packs.all:
        for mark in pack.marks:
            for other in packs.all:
                if not mark.identifies or other is pack:
                    continue
                for text in (text for rule in other.rules for text in rule.hits if _search(mark, text)):
                    yield f"{mark.id}: found in {text!r} of {other.stem}"
