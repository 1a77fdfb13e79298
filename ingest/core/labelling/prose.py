"""Features of a line's position: how much prose is around it, how far away the densest run of prose is, and what it
shares with other lines.

Absolute positions in a file are never used, only positions relative to the prose: removing lines before or after must
not change a verdict.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ingest.core.labelling.line_shape import Columns, ends_like_sentence
from ingest.core.labelling.tokens import Bools, Floats, Ints, TokenizedLines
from ingest.core.text.hashes import Hashes, group_equal, ngram_hashes

_MIN_PROSE_LINE_WORDS = (
    10  # a line of prose has at least this many words and ends like a sentence, or has three times as many
)
_INTERRUPTION_WORDS = 12.0  # words of prose that one other line inside a run cancels
_PLAIN_COLUMNS = ("is", "before", "after", "run_share")
"""Columns of `prose_position_features` used as they are; the others are amounts, and their logarithm is used."""


@dataclass(frozen=True, eq=False)
class Prose:
    """Which lines are prose, how many words of prose each has, and the run of lines where prose is densest."""

    lines: Bools
    words: Floats
    first: int
    last: int


def find_prose(reading: TokenizedLines) -> Prose:
    """Find the prose of a text; a text without lines has none."""
    length = reading.length
    lines = (length >= _MIN_PROSE_LINE_WORDS) & ends_like_sentence(reading) | (length >= 3 * _MIN_PROSE_LINE_WORDS)
    words = np.where(lines, length, 0.0)
    # The run with the greatest sum, where each line that is not prose counts against it (Kadane's algorithm, by prefix sums).
    sums = np.concatenate((np.zeros(1), np.cumsum(np.where(lines, words, -_INTERRUPTION_WORDS))))
    lowest = np.minimum.accumulate(sums)
    last = int(np.argmax(sums - lowest))
    first = int(np.flatnonzero(sums[: last + 1] == lowest[last])[-1])
    return Prose(lines, words, first, max(last - 1, first))


def prose_position_features(prose: Prose) -> Columns:
    """Columns that relate each line to the prose."""
    n = len(prose.lines)
    index = np.arange(n)
    total = max(float(prose.words.sum()), 1.0)
    before = np.cumsum(prose.words) - prose.words
    after = prose.words.sum() - before - prose.words
    previous, following = np.full(n, -1), np.full(n, n)
    np.maximum.accumulate(np.where(prose.lines, index, -1)[:-1], out=previous[1:])
    following[:-1] = np.minimum.accumulate(np.where(prose.lines, index, n)[:0:-1])[::-1]
    padded = np.concatenate((prose.words, np.zeros(1)))
    near = np.where(previous >= 0, index - previous, 99), np.where(following < n, following - index, 99)
    run = float(prose.words[prose.first : prose.last + 1].sum())
    columns = {
        "is": prose.lines.astype(np.float64),
        "before": before / total,
        "after": after / total,
        "total": np.full(n, total),
        "to_previous": near[0],
        "to_following": near[1],
        "gap_run": np.where(prose.lines, 0, near[0] + near[1]),
        "previous_words": np.where(previous >= 0, padded[previous], 0),
        "following_words": padded[following],
        "ahead_of_run": np.maximum(prose.first - index, 0),
        "behind_run": np.maximum(index - prose.last, 0),
        "words_behind_run": np.maximum(before - before[prose.last] - padded[prose.last], 0),
        "words_ahead_of_run": np.maximum(after - after[prose.first] - padded[prose.first], 0),
        "run_share": np.full(n, run / total),
        "within_3": _window(prose.words, 3),
        "within_8": _window(prose.words, 8),
        "lines_within_8": _window(prose.lines.astype(np.float64), 8),
    }
    amounts = [name for name in columns if name not in _PLAIN_COLUMNS]
    return columns | dict(zip(amounts, np.log1p([columns[name] for name in amounts]), strict=True))


def duplicate_features(lines: TokenizedLines, prose: Prose, function_words: Bools) -> Columns:
    """Columns for what each line shares with the others: words with the prose, pairs of words with any line.

    `function_words` marks the words of the text without a meaning of their own (the, of, and).
    """
    at = lines.word_line
    whole = at[:-1] == at[1:]
    _, pairs = ngram_hashes(lines.word, 2)
    pair, pair_at = pairs[whole], at[:-1][whole]
    shared, pair_first = _count_elsewhere(pair, pair_at, np.ones(len(pair)))
    some_pairs = np.maximum(lines.count_per_line(pair_at), 1)
    columns = {
        "pairs": lines.count_per_line(pair_at, (shared > 0).astype(np.float64)) / some_pairs,
        "pairs_earlier": lines.count_per_line(pair_at, (pair_at[pair_first] < pair_at).astype(np.float64)) / some_pairs,
    }
    echoed = overlap_features(lines, prose, function_words)
    words = {name: echoed.pop(name) for name in ("prose_words", "prose_count", "content_words")}
    return words | columns | echoed


def overlap_features(lines: TokenizedLines, prose: Prose, function_words: Bools) -> Columns:
    """The columns of `duplicate_features` without those of word pairs: words shared with the prose, the same line, the
    same first word.
    """
    n, at = lines.lines, lines.word_line
    content = np.flatnonzero(~function_words)
    content_at = at[content]
    amount = lines.count_per_line(content_at)
    own = np.maximum(amount, 1)
    elsewhere, _ = _count_elsewhere(lines.word[content], content_at, prose.lines[content_at].astype(np.float64))
    start = np.searchsorted(at, np.arange(n))
    line = np.arange(n, dtype=np.uint64)  # a line without words equals no other line
    opening = line.copy()
    some = lines.words > 0
    if some.any():
        place = np.arange(len(at), dtype=np.uint64) - start[at].astype(np.uint64)
        line[some] = np.add.reduceat(lines.word * (place * np.uint64(2) + np.uint64(1)), start[some])
        opening[some] = lines.word[start[some]]
    copies, line_first = _group_sizes(line)
    alike, _ = _group_sizes(opening)
    return {
        "prose_words": lines.count_per_line(content_at, (elsewhere > 0).astype(np.float64)) / own,
        "prose_count": lines.count_per_line(content_at, np.log1p(elsewhere)) / own,
        "content_words": np.log1p(amount),
        "copies": np.log1p(copies - 1.0),
        "copy": (line_first < np.arange(n)).astype(np.float64),
        "opening": np.log1p(alike - 1.0),
    }


def _count_elsewhere(values: Hashes, at: Ints, counts: Floats) -> tuple[Floats, Ints]:
    """For each value, the sum of the counts of equal values in other lines, and the position of the first equal one."""
    order, opens = group_equal(values)
    group = np.cumsum(opens) - 1
    line, count = at[order], counts[order]
    new_line = opens.copy()
    new_line[1:] |= line[1:] != line[:-1]
    run = np.cumsum(new_line) - 1
    in_all = np.bincount(group, count)[group] if len(order) else count
    in_line = np.bincount(run, count)[run] if len(order) else count
    first = order[opens][group]
    back = np.empty(len(order), np.intp)
    back[order] = np.arange(len(order))
    return (in_all - in_line)[back], first[back]


def _group_sizes(values: Hashes) -> tuple[Floats, Ints]:
    """For each value, the number of values equal to it, itself included, and the position of the first of them."""
    order, opens = group_equal(values)
    group = np.cumsum(opens) - 1
    sizes = np.bincount(group).astype(np.float64)
    back = np.empty(len(order), np.intp)
    back[order] = group
    return sizes[back], order[opens][back]


def _window(values: Floats, reach: int) -> Floats:
    """For each line, the sum of the values at most `reach` lines away, without its own."""
    sums = np.zeros(len(values) + 2 * reach + 1)
    np.cumsum(values, out=sums[reach + 1 : reach + 1 + len(values)])
    sums[reach + 1 + len(values) :] = sums[reach + len(values)]
    return sums[2 * reach + 1 :] - sums[: len(values)] - values
