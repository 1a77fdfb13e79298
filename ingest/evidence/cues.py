"""Cue words: which phrases of the lexicon stand in which line, found by hash."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np

from ingest.evidence.reading import STEP, Bools, Floats, Hashes, Ints, Reading, Shelf, phrases, read
from ingest.lexicon import lexicon

_LONGEST = 8  # words of a phrase that are looked at; enough for all but a few Thai ones


@dataclass(frozen=True, eq=False)
class Lexicon:
    """The phrases of lexicon/lines.toml; `kinds` are its lists, the labels' first."""

    kinds: tuple[str, ...]
    labels: int
    """How many of the kinds are labels; the rest tell how a line speaks."""
    words: Shelf
    """Words that are phrases, or that longer phrases begin with."""
    begins: Bools
    """Of each of the words, whether a longer phrase begins with it."""
    longer: Shelf
    """Phrases of two words and more."""
    lists: tuple[Ints, Ints, Ints]
    """In how many lists each of the words and of the longer phrases is, where they begin in the third, and the lists."""


@dataclass(frozen=True, eq=False)
class Cues:
    """float64[lines, kinds] each: phrases found, phrases that start the line, words that belong to a phrase of the kind."""

    found: Floats
    leading: Floats
    covered: Floats
    linking: Bools
    """bool[words]: words that say nothing by themselves (the, of, and)."""


@cache
def cue_lists() -> Lexicon:
    """The package's lexicon of lines."""
    tables = lexicon("lines")
    lists = {kind: phrases_ for table in ("labels", "speech") for kind, phrases_ in tables[table].items()}
    written = [(at, phrase) for at, each in enumerate(lists.values()) for phrase in each]
    reading = read([phrase for _, phrase in written])
    single: dict[int, set[int]] = {}
    longer: dict[int, set[int]] = {}
    first: set[int] = set()
    ends = np.cumsum(reading.words.astype(np.intp))
    for (at, _), all_words in zip(written, np.split(reading.word, ends[:-1]), strict=True):
        words = all_words[:_LONGEST]
        *_, (key,) = phrases(words, len(words))
        (longer if len(words) > 1 else single).setdefault(int(key), set()).add(at)
        if len(words) > 1:
            first.add(int(words[0]))
            single.setdefault(int(words[0]), set())
    keys = [np.array(sorted(entries), np.uint64) for entries in (single, longer)]
    members = [sorted(entries[int(key)]) for entries, part in zip((single, longer), keys, strict=True) for key in part]
    sizes = np.array(list(map(len, members)), np.intp)
    flat = np.array([at for each in members for at in each], np.intp)
    begins = np.array([int(key) in first for key in keys[0]])
    shelves = [Shelf.of(part) for part in keys]
    return Lexicon(
        tuple(lists), len(tables["labels"]), shelves[0], begins, shelves[1], (sizes, np.cumsum(sizes) - sizes, flat)
    )


def cues(reading: Reading) -> Cues:
    """What the lexicon finds in each line. A phrase never runs over the end of its line."""
    book = cue_lists()
    kinds = len(book.kinds)
    line = reading.word_at
    at, key = book.words.find(reading.word)
    begin, run, size = _runs(reading, at[book.begins[key]])
    found, longer = book.longer.find(run)
    at = np.concatenate((at, begin[found]))
    key = np.concatenate((key, longer + len(book.words.keys)))
    size = np.concatenate((np.ones(len(at) - len(found)), size[found]))
    members, starts, flat = book.lists
    often = members[key]
    row = np.repeat(np.arange(len(at)), often)
    column = flat[np.arange(len(row)) - np.repeat(np.cumsum(often) - often - starts[key], often)]
    at = at[row]
    linking = np.zeros(len(line), bool)
    linking[at[column == book.kinds.index("linking")]] = True
    opens = np.ones(len(line), bool)
    opens[1:] = line[1:] != line[:-1]
    cell = line[at] * kinds + column

    def total(cells: Ints, weights: Floats | None = None) -> Floats:
        return np.bincount(cells, weights, reading.lines * kinds).reshape(-1, kinds).astype(np.float64)

    return Cues(total(cell), total(cell[opens[at]]), total(cell, size[row]), linking)


def _runs(reading: Reading, begin: Ints) -> tuple[Ints, Hashes, Floats]:
    """The runs of two and more words of a line that begin at the given ones: where, their numbers as `phrases` has them, and sizes."""
    word, line = reading.word, reading.word_at
    last = np.searchsorted(line, line[begin], side="right")
    run = word[begin]
    begins, runs, sizes = [begin[:0]], [run[:0]], [np.zeros(0)]
    for size in range(2, _LONGEST + 1):
        inside = begin + size <= last
        begin, last = begin[inside], last[inside]
        with np.errstate(over="ignore"):
            run = run[inside] * STEP + word[begin + size - 1]
        begins.append(begin)
        runs.append(run)
        sizes.append(np.full(len(begin), float(size)))
    return np.concatenate(begins), np.concatenate(runs), np.concatenate(sizes)
