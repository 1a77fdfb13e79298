"""Where a line stands: how much prose lies around it, how far the densest run of prose is, what it shares with the other lines.

No place in a file counts, only places relative to the prose: stripping lines before or after must not change a verdict.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ingest.evidence.reading import Bools, Floats, Hashes, Ints, Reading, phrases
from ingest.evidence.shape import Columns, ends_like_sentence, size

_PROSE_WORDS = 10  # a line of prose has at least so many, and ends like a sentence, or three times as many
_INTERRUPTION = 12.0  # words of prose that one other line inside a run outweighs


@dataclass(frozen=True, eq=False)
class Prose:
    """Which lines are prose, how many words of it each has, and the run of lines where it is densest."""

    lines: Bools
    words: Floats
    first: int
    last: int


def find_prose(reading: Reading) -> Prose:
    """The prose of a text; a text of no lines has none."""
    length = size(reading)
    lines = (length >= _PROSE_WORDS) & ends_like_sentence(reading) | (length >= 3 * _PROSE_WORDS)
    words = np.where(lines, length, 0.0)
    # The run with the greatest sum, where each line that is no prose counts against it (Kadane's way, by sums).
    sums = np.concatenate((np.zeros(1), np.cumsum(np.where(lines, words, -_INTERRUPTION))))
    lowest = np.minimum.accumulate(sums)
    last = int(np.argmax(sums - lowest))
    first = int(np.flatnonzero(sums[: last + 1] == lowest[last])[-1])
    return Prose(lines, words, first, max(last - 1, first))


def place(prose: Prose) -> Columns:
    """Columns that relate each line to the prose."""
    n = len(prose.lines)
    index = np.arange(n)
    total = max(float(prose.words.sum()), 1.0)
    before = np.cumsum(prose.words) - prose.words
    after = prose.words.sum() - before - prose.words
    previous = np.maximum.accumulate(np.where(prose.lines, index, -1))
    previous = np.concatenate((np.full(1, -1), previous[:-1]))
    following = np.minimum.accumulate(np.where(prose.lines, index, n)[::-1])[::-1]
    following = np.concatenate((following[1:], np.full(1, n)))
    padded = np.concatenate((prose.words, np.zeros(1)))
    near = np.where(previous >= 0, index - previous, 99), np.where(following < n, following - index, 99)
    run = float(prose.words[prose.first : prose.last + 1].sum())
    return {
        "is": prose.lines.astype(np.float64),
        "before": before / total,
        "after": after / total,
        "total": np.full(n, np.log1p(total)),
        "to_previous": np.log1p(near[0]),
        "to_following": np.log1p(near[1]),
        "gap_run": np.log1p(np.where(prose.lines, 0, near[0] + near[1])),
        "previous_words": np.log1p(np.where(previous >= 0, padded[previous], 0)),
        "following_words": np.log1p(padded[following]),
        "ahead_of_run": np.log1p(np.maximum(prose.first - index, 0)),
        "behind_run": np.log1p(np.maximum(index - prose.last, 0)),
        "words_behind_run": np.log1p(np.maximum(before - before[prose.last] - padded[prose.last], 0)),
        "words_ahead_of_run": np.log1p(np.maximum(after - after[prose.first] - padded[prose.first], 0)),
        "run_share": np.full(n, run / total),
        "within_3": _window(prose.words, 3),
        "within_8": _window(prose.words, 8),
        "lines_within_8": _window(prose.lines.astype(np.float64), 8),
    }


def twins(reading: Reading, prose: Prose, linking: Bools) -> Columns:
    """Columns of what each line shares with the others: words with the prose, pairs of words with any line.

    `linking` marks the words of the text that say nothing (the, of, and).
    """
    n, at = reading.lines, reading.word_at
    content = np.flatnonzero(~linking)
    own = np.maximum(reading.per_line(at[content]), 1)
    _, word = np.unique(reading.word[content], return_inverse=True)
    in_prose = prose.lines[at[content]]
    elsewhere = np.bincount(word[in_prose], minlength=word.max(initial=0) + 1)[word]
    elsewhere = elsewhere - np.where(in_prose, _same_line(word, at[content]), 0)
    pair = phrases(reading.word, 2)
    whole = at[:-1] == at[1:] if len(pair) else np.zeros(0, bool)
    pair, pair_at = pair[whole], at[:-1][whole]
    _, first_seen, pairs, repeats = np.unique(pair, return_index=True, return_inverse=True, return_counts=True)
    shared = repeats[pairs] > _same_line(pairs, pair_at)
    earlier = pair_at[first_seen][pairs] < pair_at
    some_pairs = np.maximum(reading.per_line(pair_at), 1)
    line = np.zeros(n, np.uint64)
    with np.errstate(over="ignore"):
        np.add.at(line, at, reading.word * (np.arange(len(at), dtype=np.uint64) - _offset(reading) + np.uint64(1)))
    _, first_line, same, copies = np.unique(line, return_index=True, return_inverse=True, return_counts=True)
    opening = _first_word(reading)
    _, openings, alike = np.unique(opening, return_inverse=True, return_counts=True)
    return {
        "prose_words": reading.per_line(at[content], (elsewhere > 0).astype(np.float64)) / own,
        "prose_count": reading.per_line(at[content], np.log1p(elsewhere)) / own,
        "content_words": np.log1p(reading.per_line(at[content])),
        "pairs": reading.per_line(pair_at, shared.astype(np.float64)) / some_pairs,
        "pairs_earlier": reading.per_line(pair_at, earlier.astype(np.float64)) / some_pairs,
        "copies": np.log1p(copies[same] - 1.0),
        "copy": (first_line[same] < np.arange(n)).astype(np.float64),
        "opening": np.log1p(alike[openings] - 1.0),
    }


def _window(values: Floats, reach: int) -> Floats:
    """Logarithm of the sum of the values at most `reach` lines away, a line's own left out."""
    sums = np.concatenate((np.zeros(1), np.cumsum(values)))
    index = np.arange(len(values))
    return np.log1p(sums[np.minimum(index + reach + 1, len(values))] - sums[np.maximum(index - reach, 0)] - values)


def _same_line(word: Ints, at: Ints) -> Ints:
    """How often each word stands in its own line."""
    key = word * (int(at.max(initial=0)) + 1) + at
    _, back, often = np.unique(key, return_inverse=True, return_counts=True)
    return np.asarray(often[back])


def _offset(reading: Reading) -> Hashes:
    """Number of the first word of the line that each word is in."""
    start = np.searchsorted(reading.word_at, np.arange(reading.lines))
    return start[reading.word_at].astype(np.uint64)


def _first_word(reading: Reading) -> Hashes:
    """Each line's first word; of a line without words, a number of its own."""
    start = np.searchsorted(reading.word_at, np.arange(reading.lines))
    some = reading.words > 0
    opening = np.arange(reading.lines, dtype=np.uint64)
    opening[some] = reading.word[start[some]]
    return opening
