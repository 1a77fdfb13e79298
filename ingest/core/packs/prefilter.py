"""Every pattern at once: which of them may match a text."""

from __future__ import annotations

from typing import TYPE_CHECKING

import re2

from ingest.core.caching import MAX_CACHED_CHARACTERS
from ingest.core.packs.pattern import re2_options

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from ingest.core.packs.loosen import LoosePattern

TEXTS_PER_SCAN = 16
"""Texts that are searched as one for what may stand anywhere: a call costs as much as the search, and one line in 250 holds something."""

MAX_KNOWN_TEXTS = 16_384
"""Short texts whose answer is kept: the menus and notices of a site stand on each of its pages. They take 5 MB at the very most."""


class Prefilter:
    """Loosened patterns, those tried at a text's beginning apart from those sought anywhere in it.

    In one Set they would be one automaton, with a state for each pair that meets in a text: 22 µs a line that is new to it, against 6.
    The beginnings' own is done with most texts after a few characters.
    """

    def __init__(self, patterns: Iterable[LoosePattern]) -> None:
        self._beginnings, self._held = re2.Set.MatchSet(re2_options()), re2.Set.SearchSet(re2_options())
        self._begun_by: list[int] = []
        self._held_by: list[int] = []
        for number, loose in enumerate(patterns):
            if loose.beginning:
                self._beginnings.Add(loose.beginning)
                self._begun_by.append(number)
            if loose.anywhere:
                self._held.Add(loose.anywhere)
                self._held_by.append(number)
        self._known: dict[str, tuple[int, ...]] = {}
        self._beginnings.Compile()
        self._held.Compile()

    def find(self, texts: Sequence[str]) -> list[tuple[int, ...]]:
        """For each text the numbers of the patterns that may match it, ascending. No other matches."""
        answers = {text: self._known.get(text) for text in texts}
        new = [text for text, answer in answers.items() if answer is None]
        found = dict(zip(new, self._search(new), strict=True))
        if len(self._known) + len(found) > MAX_KNOWN_TEXTS:
            self._known.clear()
        self._known.update((text, answer) for text, answer in found.items() if len(text) <= MAX_CACHED_CHARACTERS)
        return [found[text] if (answer := answers[text]) is None else answer for text in texts]

    def _search(self, texts: Iterable[str]) -> list[tuple[int, ...]]:
        encoded = [text.encode() for text in texts]
        found: list[tuple[int, ...]] = []
        for start in range(0, len(encoded), TEXTS_PER_SCAN):
            some = encoded[start : start + TEXTS_PER_SCAN]
            held = bool(self._held.Match(b"\n".join(some)))
            for each in some:
                begun = self._beginnings.Match(each)
                inside = self._held.Match(each) if held else None
                found.append(self._numbers(begun or (), inside or ()) if begun or inside else ())
        return found

    def _numbers(self, begun: Iterable[int], inside: Iterable[int]) -> tuple[int, ...]:
        numbers = [self._begun_by[at] for at in begun]
        return tuple(sorted({*numbers, *[self._held_by[at] for at in inside]} if inside else numbers))
