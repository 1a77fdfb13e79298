"""What two sets of packs differ in, and which articles that can matter to: found without asking either set."""

from __future__ import annotations

from difflib import SequenceMatcher
from functools import lru_cache
from typing import TYPE_CHECKING, TypeVar

from ingest.core.packs.loader import PublisherMark, Rule
from ingest.core.packs.loosen import loosen
from ingest.core.packs.matcher import parent_domains
from ingest.core.packs.prefilter import Prefilter
from ingest.core.packs.selector import SelectorRule

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable, Iterator, Sequence

    from ingest.core.packs.loader import Pack, TestedPattern
    from ingest.core.packs.matcher import Packs

T = TypeVar("T", bound="TestedPattern | PublisherMark")


class PackChanges:
    """The rules and publishers that only one of two sets has.

    The rules that both have stand in both in the same order. So an article in which no other can match, and whose publisher is not
    one that is known otherwise now, gets the same answers from both sets, whatever part of its texts they are asked about.
    """

    def __init__(self, before: Packs, after: Packs) -> None:
        patterns: list[TestedPattern | PublisherMark] = []
        publishers: list[Pack] = []
        self._all_pages = False
        """A selector of a pack for everybody has changed."""
        old, new = ({pack.stem: pack for pack in packs.all} for packs in (before, after))
        for stem in sorted(old.keys() | new.keys()):
            both = [pack for pack in (old.get(stem), new.get(stem)) if pack]
            if len(both) == 1 or _identity(both[0]) != _identity(both[1]):
                selects = any(pack.selectors for pack in both)
                for pack in both:
                    patterns += [*pack.tested_patterns, *pack.marks]
                publishers += both
            else:
                was, now = both
                selects = list(map(_facts, was.selectors)) != list(map(_facts, now.selectors))
                patterns += _changed(was.tested_patterns, now.tested_patterns)
                patterns += [*was.marks, *now.marks] if selects else _changed(was.marks, now.marks)
                publishers += both if selects else []
            self._all_pages |= selects and not all(pack.name for pack in both)
        self._domains = frozenset(domain for pack in publishers for domain in pack.domains)
        names = {name for pack in publishers for name in (pack.name, *pack.aliases) if name}
        self._names = frozenset(name.casefold() for name in names)
        self._prefilter = Prefilter(loosen(each.pattern.source, "anywhere") for each in patterns) if patterns else None

    def may_touch(self, texts: Iterable[str], domain: str | None, publisher: str | None, *, is_page: bool) -> bool:
        """Whether the two sets may answer differently about an article. `texts`: its blocks; `domain`, `publisher`: as `Packs.rulebook` is
        given them.
        """
        if is_page and self._all_pages:
            return True
        if self._names and publisher and publisher.casefold() in self._names:
            return True
        if self._domains and not parent_domains(domain).isdisjoint(self._domains):
            return True
        # As one: a line that was joined from two is asked about, too.
        whole = " ".join(texts)
        if self._prefilter and self._prefilter.find([whole])[0]:
            return True
        folded = whole.casefold() if self._names else ""  # a copyright notice may name a publisher
        return any(name in folded for name in self._names)


@lru_cache(maxsize=4)
def pack_changes(before: Packs, after: Packs) -> PackChanges:
    """`PackChanges`, once for each pair."""
    return PackChanges(before, after)


def _identity(pack: Pack) -> tuple[Hashable, ...]:
    return pack.name, pack.aliases, pack.domains


def _changed(before: Sequence[T], after: Sequence[T]) -> Iterator[T]:
    """Those that only one side has, or that stand elsewhere among the others."""
    matcher = SequenceMatcher(None, list(map(_facts, before)), list(map(_facts, after)), autojunk=False)
    for what, start, end, other_start, other_end in matcher.get_opcodes():
        if what != "equal":
            yield from (*before[start:end], *after[other_start:other_end])


def _facts(rule: TestedPattern | PublisherMark | SelectorRule) -> tuple[Hashable, ...]:
    """All of a rule that can matter to a record."""
    if isinstance(rule, PublisherMark):
        return rule.identifies, rule.pattern.source
    if isinstance(rule, Rule):
        return rule.id, rule.pattern.source, rule.label, rule.span, rule.valid_until
    if isinstance(rule, SelectorRule):
        return rule.id, rule.selector, rule.label, rule.field, rule.valid_until
    return rule.id, rule.pattern.source
