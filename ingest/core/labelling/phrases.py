"""Cue phrases: the phrases of the word lists found in each line, by the hashes of their n-grams."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np

from ingest.core.labelling.tokens import Bools, Floats, Ints, TokenizedLines, tokenize
from ingest.core.text.hashes import HASH_MULTIPLIER, HashIndex, ngram_hashes
from ingest.core.text.wordlists import load_wordlists

_MAX_PHRASE_WORDS = 8  # most words of a phrase that are compared; enough for all but a few Thai ones


@dataclass(frozen=True, eq=False)
class PhraseTable:
    """The phrases of wordlists/lines.toml and calls.toml; `categories` are their lists, those of labels first."""

    categories: tuple[str, ...]
    label_count: int
    """Number of categories that are labels."""
    spoken: int
    """Number of categories that are labels or manners of speech; the others are the objects of calls to action."""
    phrases: HashIndex
    """Hashes of phrases, and of the n-grams that longer phrases begin with."""
    has_continuation: Bools
    """For each hash, true if a longer phrase begins with it."""
    membership: tuple[Ints, Ints, Ints]
    """For each hash the number of its lists and the index of the first of them in the third array; then the lists."""


@dataclass(frozen=True, eq=False)
class PhraseMatches:
    """float64[lines, categories] each: phrases found, phrases that start the line, words that belong to a phrase of the
    category.
    """

    found: Floats
    leading: Floats
    covered: Floats
    function_words: Bools
    """bool[words]: words without a meaning of their own (the, of, and)."""

    def part(self, lines: slice, words: slice) -> PhraseMatches:
        """Those of some of the lines, whose words are `words`."""
        return PhraseMatches(self.found[lines], self.leading[lines], self.covered[lines], self.function_words[words])


@cache
def phrase_table() -> PhraseTable:
    """The phrases of the package's word lists."""
    tables = load_wordlists("lines")
    lists = {kind: phrases_ for table in ("labels", "speech") for kind, phrases_ in tables[table].items()}
    lists |= {f"call.{kind}": phrases_ for kind, phrases_ in load_wordlists("calls").items()}
    written = [(at, phrase) for at, each in enumerate(lists.values()) for phrase in each]
    lines = tokenize([phrase for _, phrase in written])
    words = lines.words.astype(np.intp)
    start, size = np.cumsum(words) - words, np.minimum(words, _MAX_PHRASE_WORDS)
    runs = list(ngram_hashes(lines.word, _MAX_PHRASE_WORDS))
    phrase = np.choose(size - 1, [run.take(start, mode="clip") for run in runs])
    begun = np.concatenate([run[start[size > n]] for n, run in enumerate(runs, 1)])
    keys = np.unique(np.concatenate((phrase, begun)))
    pairs = np.unique(np.searchsorted(keys, phrase) * len(lists) + np.array([at for at, _ in written]))
    sizes = np.bincount(pairs // len(lists), minlength=len(keys))
    return PhraseTable(
        tuple(lists),
        len(tables["labels"]),
        len(tables["labels"]) + len(tables["speech"]),
        HashIndex.of(keys),
        np.isin(keys, begun),
        (sizes, np.cumsum(sizes) - sizes, pairs % len(lists)),
    )


def match_phrases(lines: TokenizedLines) -> PhraseMatches:
    """Find the phrases of the word lists in each line. A phrase never crosses the end of its line."""
    table = phrase_table()
    kinds = len(table.categories)
    line = lines.word_line
    at, key, size = _find_phrases(lines, table)
    members, starts, flat = table.membership
    often = members[key]
    row = np.repeat(np.arange(len(at)), often)
    column = flat[np.arange(len(row)) - np.repeat(np.cumsum(often) - often - starts[key], often)]
    at = at[row]
    linking = np.zeros(len(line), bool)
    linking[at[column == table.categories.index("linking")]] = True
    opens = np.ones(len(line), bool)
    opens[1:] = line[1:] != line[:-1]
    cell = line[at] * kinds + column

    def total(cells: Ints, weights: Floats | None = None) -> Floats:
        return np.bincount(cells, weights, lines.lines * kinds).reshape(-1, kinds).astype(np.float64)

    return PhraseMatches(total(cell), total(cell[opens[at]]), total(cell, size[row]), linking)


def _find_phrases(lines: TokenizedLines, table: PhraseTable) -> tuple[Ints, Ints, Floats]:
    """For each phrase found in a line: its position, which phrase it is, and its number of words.

    Word by word: few of the n-grams that a phrase may begin with continue as a phrase does.
    """
    word, line = lines.word, lines.word_line
    at, key = table.phrases.find(word)
    found = [(at, key)]
    for size in range(2, _MAX_PHRASE_WORDS + 1):
        at, key = at[table.has_continuation[key]], key[table.has_continuation[key]]
        end = np.minimum(at + size, len(word)) - 1
        inside = (end == at + size - 1) & (line[end] == line[at])
        at, key, end = at[inside], key[inside], end[inside]
        if not len(at):
            break
        run = table.phrases.keys[key] * HASH_MULTIPLIER + word[end]
        among, key = table.phrases.find(run)
        at = at[among]
        found.append((at, key))
    sizes = np.repeat(np.arange(1.0, len(found) + 1), [len(each) for each, _ in found])
    return np.concatenate([each for each, _ in found]), np.concatenate([each for _, each in found]), sizes
