"""Cue words: which phrases of the lexicon stand in which line, found by hash."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np

from ingest.evidence.reading import STEP, Bools, Floats, Ints, Reading, Shelf, phrases, read
from ingest.lexicon import lexicon

_LONGEST = 8  # words of a phrase that are looked at; enough for all but a few Thai ones


@dataclass(frozen=True, eq=False)
class Lexicon:
    """The phrases of lexicon/lines.toml and calls.toml; `kinds` are their lists, the labels' first."""

    kinds: tuple[str, ...]
    labels: int
    """How many of the kinds are labels."""
    spoken: int
    """How many of the kinds are labels or tell how a line speaks; the rest tell what a line calls for, in texts."""
    phrases: Shelf
    """Phrases, and the runs of words that longer phrases begin with."""
    goes_on: Bools
    """Of each of them, whether a longer phrase begins with it."""
    lists: tuple[Ints, Ints, Ints]
    """In how many lists each of them is, where they begin in the third, and the lists."""


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
    lists |= {f"call.{kind}": phrases_ for kind, phrases_ in lexicon("calls").items()}
    written = [(at, phrase) for at, each in enumerate(lists.values()) for phrase in each]
    reading = read([phrase for _, phrase in written])
    found_in: dict[int, set[int]] = {}
    begun: set[int] = set()
    ends = np.cumsum(reading.words.astype(np.intp))
    for (at, _), words in zip(written, np.split(reading.word, ends[:-1]), strict=True):
        *beginnings, phrase = (int(runs[0]) for runs in phrases(words[:_LONGEST], min(len(words), _LONGEST)))
        found_in.setdefault(phrase, set()).add(at)
        begun.update(beginnings)
    keys = sorted(found_in.keys() | begun)
    members = [sorted(found_in.get(key, ())) for key in keys]
    sizes = np.array(list(map(len, members)), np.intp)
    flat = np.array([at for each in members for at in each], np.intp)
    return Lexicon(
        tuple(lists),
        len(tables["labels"]),
        len(tables["labels"]) + len(tables["speech"]),
        Shelf.of(np.array(keys, np.uint64)),
        np.array([key in begun for key in keys]),
        (sizes, np.cumsum(sizes) - sizes, flat),
    )


def cues(reading: Reading) -> Cues:
    """What the lexicon finds in each line. A phrase never runs over the end of its line."""
    book = cue_lists()
    kinds = len(book.kinds)
    line = reading.word_at
    at, key, size = _spoken(reading, book)
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


def _spoken(reading: Reading, book: Lexicon) -> tuple[Ints, Ints, Floats]:
    """Where each phrase begins that stands in a line, which it is, and of how many words.

    Word by word: few of the runs that a phrase may begin with go on as one does.
    """
    word, line = reading.word, reading.word_at
    at, key = book.phrases.find(word)
    found = [(at, key)]
    for size in range(2, _LONGEST + 1):
        at, key = at[book.goes_on[key]], key[book.goes_on[key]]
        end = np.minimum(at + size, len(word)) - 1
        inside = (end == at + size - 1) & (line[end] == line[at])
        at, key, end = at[inside], key[inside], end[inside]
        if not len(at):
            break
        with np.errstate(over="ignore"):
            run = book.phrases.keys[key] * STEP + word[end]
        among, key = book.phrases.find(run)
        at = at[among]
        found.append((at, key))
    sizes = np.repeat(np.arange(1.0, len(found) + 1), [len(each) for each, _ in found])
    return np.concatenate([each for each, _ in found]), np.concatenate([each for _, each in found]), sizes
