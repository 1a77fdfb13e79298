"""Cue words: which phrases of the lexicon stand in which line, found by hash."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np

from ingest.evidence.reading import Bools, Floats, Ints, Reading, Shelf, phrases, read
from ingest.lexicon import lexicon

_LONGEST = 8  # words of a phrase that are looked at; enough for all but a few Thai ones


@dataclass(frozen=True, eq=False)
class Lexicon:
    """The phrases of lexicon/lines.toml by length; `kinds` are its lists, the labels' first."""

    kinds: tuple[str, ...]
    labels: int
    """How many of the kinds are labels; the rest tell how a line speaks."""
    shelves: tuple[Shelf, ...]
    """For each length from one word on, the phrases' numbers."""
    lists: tuple[tuple[Ints, Ints, Ints], ...]
    """For each length: how many lists each phrase is in, where they begin in the third, and the lists."""


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
    by_size: list[dict[int, set[int]]] = [{} for _ in range(_LONGEST)]
    written = [(at, phrase) for at, each in enumerate(lists.values()) for phrase in each]
    reading = read([phrase for _, phrase in written])
    for (at, _), words in zip(
        written, np.split(reading.word, np.cumsum(reading.words[:-1].astype(np.intp))), strict=True
    ):
        key = list(phrases(words[:_LONGEST], len(words[:_LONGEST])))[-1][0]
        by_size[len(words[:_LONGEST]) - 1].setdefault(int(key), set()).add(at)
    shelves, members = [], []
    for entries in by_size:
        ordered = sorted(entries)
        sizes = np.array([len(entries[key]) for key in ordered], np.intp)
        flat = np.array([at for key in ordered for at in sorted(entries[key])], np.intp)
        shelves.append(Shelf.of(np.array(ordered, np.uint64)))
        members.append((sizes, np.cumsum(sizes) - sizes, flat))
    return Lexicon(tuple(lists), len(tables["labels"]), tuple(shelves), tuple(members))


def cues(reading: Reading) -> Cues:
    """What the lexicon finds in each line. A phrase never runs over the end of its line."""
    book = cue_lists()
    kinds = len(book.kinds)
    lines, starts, columns, sizes = [], [], [], []
    linking = np.zeros(len(reading.word), bool)
    link = book.kinds.index("linking")
    opens = np.ones(len(reading.word), bool)
    opens[1:] = reading.word_at[1:] != reading.word_at[:-1]
    runs = phrases(reading.word, _LONGEST)
    for size, (shelf, (members, begin, flat), run) in enumerate(zip(book.shelves, book.lists, runs, strict=True), 1):
        at, key = shelf.find(run)
        inside = reading.word_at[at] == reading.word_at[at + size - 1]
        at, key = at[inside], key[inside]
        often = members[key]
        row = np.repeat(np.arange(len(at)), often)
        column = flat[np.arange(len(row)) - np.repeat(np.cumsum(often) - often - begin[key], often)]
        linking[at[row[column == link]]] = True
        lines.append(reading.word_at[at[row]])
        starts.append(opens[at[row]])
        columns.append(column)
        sizes.append(np.full(len(row), float(size)))
    cell = np.concatenate(lines) * kinds + np.concatenate(columns)

    def total(weights: Floats | None) -> Floats:
        return np.bincount(cell, weights, reading.lines * kinds).reshape(-1, kinds).astype(np.float64)

    return Cues(total(None), total(np.concatenate(starts).astype(np.float64)), total(np.concatenate(sizes)), linking)
