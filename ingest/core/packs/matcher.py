"""All packs behind one prefilter, and the rulebook that an article gets from it.

The prefilter holds every pattern of every pack, loosened: it finds which may match a text, and only those are confirmed. A text that
nothing fits, nearly all of them, costs no more.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import urlsplit

import regex

from ingest.core.packs.loader import COMMON, Dateline, Pack, PackError, PublisherMark, Rule, TestedPattern, read_pack
from ingest.core.packs.prefilter import Prefilter
from ingest.core.packs.selector import SelectorRule

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterable, Mapping, Sequence

BUILT_IN_FOLDER = Path(__file__).parent / "publishers"

FoundBy = Literal["domain", "name", "fingerprint"]


@dataclass(frozen=True, slots=True)
class Hit:
    """The rule that won a text, and the values of its named groups. With span "tail" the match begins at `start`."""

    rule: Rule
    captured: Mapping[str, str]
    start: int = 0


@dataclass(frozen=True, slots=True)
class _Entry:
    """One pattern of the prefilter and the pack it is from."""

    pack: Pack
    pattern: TestedPattern | PublisherMark


def _entries(pack: Pack) -> list[_Entry]:
    return [*(_Entry(pack, rule) for rule in pack.tested_patterns), *(_Entry(pack, mark) for mark in pack.marks)]


class Packs:
    """Every pack, and the prefilter over all their patterns."""

    def __init__(self, packs: Iterable[Pack]) -> None:
        self.all = tuple(packs)
        self._entries = tuple(entry for pack in self.all for entry in _entries(pack))
        self._prefilter = Prefilter(entry.pattern.pattern.loose for entry in self._entries)
        self._called: dict[str, list[Pack]] = {}
        for pack in self.all:
            for name in dict.fromkeys(own.casefold() for own in (pack.name, *pack.aliases) if own) if pack.name else ():
                self._called.setdefault(name, []).append(pack)

    def called(self, name: str) -> Sequence[Pack]:
        """The packs of the publishers that are called so, in any of their spellings."""
        return self._called.get(name.casefold(), ())

    def candidates(self, texts: Sequence[str]) -> list[tuple[_Entry, ...]]:
        """For each text whatever may match it, in the order of the packs."""
        numbers = self._prefilter.find(texts)
        entries = {each: tuple(self._entries[at] for at in each) for each in set(numbers)}
        return [entries[each] for each in numbers]

    def rulebook(
        self,
        domain: str | None,
        publisher: str | None,
        texts: Sequence[str],
        published: dt.date | None = None,
    ) -> Rulebook:
        """The packs that serve an article: by its domain, its publisher's name, fingerprints and traces in its texts; then those for all.

        The texts are passed through the prefilter once, here. With `published`, rules whose `valid_until` is before it are left out.
        """
        different = list(dict.fromkeys(texts))
        numbers = self._prefilter.find(different)
        marks_of = {each: self._marks(each) for each in set(numbers)}  # hundreds of lines have some tens of answers
        timed_out: set[TestedPattern | PublisherMark] = set()
        marks = [
            (pack, mark)
            for text, each in zip(different, numbers, strict=True)
            for pack, mark in marks_of[each]
            if _search(mark, text, timed_out)
        ]
        parents = parent_domains(domain)
        found: dict[FoundBy, list[Pack]] = {
            "domain": [pack for pack in self.all if not parents.isdisjoint(pack.domains)],
            "name": list(self.called(publisher)) if publisher else [],
            "fingerprint": list(dict.fromkeys(pack for pack, mark in marks if mark.identifies)),
        }
        traced = [pack for pack, mark in marks if not mark.identifies]
        serving = [pack for packs in (*found.values(), traced) for pack in packs]
        whose, found_by = _identify_publisher(found, domain)
        packs = tuple(dict.fromkeys([*serving, *(pack for pack in self.all if not pack.name)]))
        patterns_of = {each: self.patterns(each, packs) for each in marks_of}
        return Rulebook(
            packs=packs,
            publisher=whose,
            found_by=found_by,
            _all=self,
            _candidates={text: patterns_of[each] for text, each in zip(different, numbers, strict=True)},
            _timed_out=timed_out,
            _published=published,
        )

    def patterns(self, numbers: Sequence[int], packs: Sequence[Pack]) -> tuple[TestedPattern, ...]:
        """Those of the patterns with these numbers that are in some of the packs, in the order of these."""
        entries = [self._entries[at] for at in numbers]
        mine = [entry for entry in entries if entry.pack in packs]
        mine.sort(key=lambda entry: packs.index(entry.pack))
        return tuple(entry.pattern for entry in mine if isinstance(entry.pattern, TestedPattern))

    def patterns_for(self, text: str, packs: Sequence[Pack]) -> tuple[TestedPattern, ...]:
        """What may match a text, of some packs and in their order."""
        return self.patterns(self._prefilter.find([text])[0], packs)

    def _marks(self, numbers: Sequence[int]) -> list[tuple[Pack, PublisherMark]]:
        entries = (self._entries[at] for at in numbers)
        return [(entry.pack, entry.pattern) for entry in entries if isinstance(entry.pattern, PublisherMark)]


@dataclass(frozen=True, slots=True)
class Rulebook:
    """The rules of one article. `packs`: its publisher's first, then those for all; the first rule that matches wins."""

    packs: tuple[Pack, ...]
    publisher: Pack | None
    found_by: FoundBy | None
    _all: Packs = field(repr=False)
    _candidates: Mapping[str, tuple[TestedPattern, ...]] = field(repr=False)
    """For each text of the article what may match it, in order of priority."""
    _timed_out: set[TestedPattern | PublisherMark] = field(repr=False)
    _published: dt.date | None = None

    @property
    def selectors(self) -> tuple[SelectorRule, ...]:
        """The rules for elements of a page, in order of priority."""
        return tuple(rule for pack in self.packs for rule in pack.selectors if not self._is_over(rule))

    def hits(self, texts: Iterable[str]) -> list[Hit | None]:
        """For each text the first rule that matches it, or None."""
        known = self._candidates.get  # of nearly all texts it is known that nothing fits
        return [None if known(text) == () else self._hit(text) for text in texts]

    def dateline(self, text: str) -> dict[str, str] | None:
        """Place, agency and date as far as the text begins with a dateline that names them, or None."""
        for pattern in self._patterns(text):
            if isinstance(pattern, Dateline) and (match := _search(pattern, text, self._timed_out)):
                return _captured(match.groupdict())
        return None

    def known(self, name: str) -> dict[str, str | None] | None:
        """The publisher that is called so, in any of its spellings: name and domain."""
        called = self._all.called(name)
        return next(({"name": pack.name, "domain": pack.domains[0] if pack.domains else None} for pack in called), None)

    def _hit(self, text: str) -> Hit | None:
        for rule in self._patterns(text):
            if isinstance(rule, Rule) and not self._is_over(rule) and (match := _search(rule, text, self._timed_out)):
                return Hit(rule, _captured(match.groupdict()), match.start())
        return None

    def _patterns(self, text: str) -> tuple[TestedPattern, ...]:
        known = self._candidates.get(text)
        return self._all.patterns_for(text, self.packs) if known is None else known

    def _is_over(self, rule: Rule | SelectorRule) -> bool:
        return bool(rule.valid_until and self._published and rule.valid_until < self._published)


@lru_cache(maxsize=8)
def load_packs(folder: Path | None = None) -> Packs:
    """`read_packs`, once for each folder and process."""
    return read_packs(folder)


def read_packs(folder: Path | None = None) -> Packs:
    """The built-in packs and those of the user's folder as it is now. A user's file stands in for the built-in one of its name.

    Raises PackError for the first file that cannot be read. A link or a pipe in the folder is left alone: it may lead anywhere, or never end.
    """
    if folder and not folder.is_dir():
        raise PackError(f"{folder}: no such folder")
    own = {path.stem: read_pack(path) for path in pack_files(folder)} if folder else {}
    packs = {pack.stem: pack for pack in _built_in()} | own
    return Packs(sorted(packs.values(), key=lambda pack: (pack.stem == COMMON, pack.stem)))


def pack_files(folder: Path) -> list[Path]:
    """The packs of a folder, by name. Links and pipes are left out."""
    return [path for path in sorted(folder.glob("*.toml")) if path.is_file() and not path.is_symlink()]


@cache
def _built_in() -> tuple[Pack, ...]:
    return tuple(read_pack(path, trusted=True) for path in pack_files(BUILT_IN_FOLDER))


def publisher_of(stated: Mapping[str, Any]) -> tuple[str | None, str | None]:
    """The domain and the publisher's name by which rules are chosen, from what was stated (field → value)."""
    publisher = stated.get("publisher", {})
    return publisher.get("domain") or urlsplit(stated.get("url", "")).hostname, publisher.get("name")


def parent_domains(domain: str | None) -> set[str]:
    """A domain and those above it: "www.bbc.co.uk", "bbc.co.uk", "co.uk", "uk"."""
    parts = domain.lower().rstrip(".").split(".") if domain else []
    return {".".join(parts[at:]) for at in range(len(parts))}


def _identify_publisher(found: Mapping[FoundBy, list[Pack]], domain: str | None) -> tuple[Pack | None, FoundBy | None]:
    """The one pack that is the publisher's. A fingerprint on somebody else's site, or two of them, prove nothing."""
    for found_by, packs in found.items():
        if packs and found_by != "fingerprint":
            return packs[0], found_by
        if len(packs) == 1 and not domain:
            return packs[0], found_by
    return None, None


def _search(
    what: TestedPattern | PublisherMark, text: str, timed_out: set[TestedPattern | PublisherMark]
) -> regex.Match[str] | None:
    """The match, or None. Whose time ran out is asked no more about this article: thousands of lines may be made for it."""
    if what in timed_out:
        return None
    try:
        return what.pattern.search(text)
    except TimeoutError:  # what is not certain is kept
        timed_out.add(what)
        return None


def _captured(groups: Mapping[str, str | None]) -> dict[str, str]:
    return {name: value.strip() for name, value in groups.items() if value and value.strip()}
