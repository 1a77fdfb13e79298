"""The headlines and deks that a page claims, and how similar its blocks are to them."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from ingest.core.labelling.tokens import UNSPACED, Floats, TokenizedLines
from ingest.core.text.hashes import HASH_MULTIPLIER, Hashes, HashIndex

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ingest.core.model import Claim

MAX_TITLES = 4
MIN_LIKENESS = 0.6
"""Similarity from which two texts count as the same headline."""


class StatedTitles(NamedTuple):
    """The titles of a page, each once: of its metadata, of its own headings, and its deks."""

    meta: list[str]
    own: list[str]
    deks: list[str]

    @classmethod
    def of(cls, headline: str | None, claims: Sequence[Claim]) -> StatedTitles:
        """Those among the claims, and `headline`."""
        headlines = [c for c in claims if c.field == "headline"]
        return cls(
            list(dict.fromkeys(filter(None, (headline, *(c.value for c in headlines if c.origin != "page"))))),
            [c.value for c in headlines if c.origin == "page"],
            list(dict.fromkeys(str(c.value) for c in claims if c.field == "subheadline"))[:MAX_TITLES],
        )

    @property
    def texts(self) -> list[str]:
        """All of them, each once; an empty one where there is none."""
        return list(dict.fromkeys([*self.meta, *self.own, *self.deks])) or [""]


class ClaimedTitles:
    """The titles, tokenized, and the similarity of other lines to them."""

    def __init__(self, stated: StatedTitles, reading: TokenizedLines) -> None:
        """`reading`: the `texts` of the titles."""
        self.deks = stated.deks
        self._row = {text: row for row, text in enumerate(stated.texts)}
        self._reading = reading
        words, self._number = np.unique(_paired(reading), return_inverse=True)
        self._words = HashIndex.of(words)
        self.titles = list(dict.fromkeys([*stated.meta, *self._like(stated.own, stated.meta)]))[:MAX_TITLES]

    def _like(self, own: list[str], meta: list[str]) -> list[str]:
        """Of several `h1` headings keep only those similar to the page's metadata, if any is: the others belong to
        articles that follow on the same page.
        """
        like = self.likeness(self._reading, meta)
        near = [text for text in own if like[self._row[text]] > MIN_LIKENESS]
        return near or own

    def likeness(self, lines: TokenizedLines, texts: Sequence[str]) -> Floats:
        """For each line, its highest word F1 with any of the texts."""
        best = np.zeros(lines.lines)
        if not texts:
            return best
        keys = _paired(lines)
        at, word = self._words.find(keys)
        line, words, known = lines.word_line[at], lines.words, len(self._words.keys)
        bags = None
        if keys is not lines.word and len(
            at
        ):  # a paragraph without spaces repeats words often: count each as often as the title does
            pair, often = np.unique(line * known + word, return_counts=True)
            bags = pair // known, pair % known, often
        for text in texts:
            title_counts = np.bincount(self._number[self._reading.word_line == self._row[text]], minlength=known)
            if bags:
                same = np.minimum(bags[2], title_counts[bags[1]]).astype(np.float64)
                best = np.maximum(
                    best, 2 * lines.count_per_line(bags[0], same) / (words + max(int(title_counts.sum()), 1))
                )
            elif size := int((title_counts > 0).sum()):
                best = np.maximum(best, 2 * lines.count_per_line(line[title_counts[word] > 0]) / (words + size))
        return np.minimum(best, 1.0)


def _paired(lines: TokenizedLines) -> Hashes:
    """The words of the lines, but pairs of characters in scripts without spaces between words.

    Thai, Lao, Burmese, Khmer and kana have so few characters that every paragraph contains all those of the title, and
    single characters made each paragraph a copy of it.
    """
    word, single = lines.word, lines.character_class[lines.word_start] == UNSPACED
    if not single.any():
        return word
    with_next = single[:-1] & single[1:] & (lines.word_start[1:] == lines.word_start[:-1] + 1)
    with np.errstate(over="ignore"):
        pairs = word[:-1] * HASH_MULTIPLIER + word[1:]
    return np.append(np.where(with_next, pairs, word[:-1]), word[-1:])
