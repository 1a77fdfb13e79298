"""Features of a line's own shape: its length, its classes of characters, and how it starts and ends."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import cache

import numpy as np

from ingest.core.labelling import tokens
from ingest.core.labelling.tokens import Bools, Floats, TokenizedLines

Columns = dict[str, Floats]

_ENDS = ("colon", "comma", "ellipsis", "quote", "close", "digit")
_RATES = ("comma", "colon", "quote", "dash", "open", "bar", "ellipsis", "slash", "money", "other")
_COUNTS = ("at", "hash", "legal")
"""Groups of character classes: those at the end of a line, those counted per word, and those counted in all."""
_ENDING, _RATED, _COUNTED = (
    np.array([getattr(tokens, name.upper()) for name in names]) for names in (_ENDS, _RATES, _COUNTS)
)


def ends_like_sentence(lines: TokenizedLines) -> Bools:
    """True for each line that ends with sentence punctuation, ignoring quotation marks and brackets after it."""
    last, before = _character_class(lines, -1), _character_class(lines, -2)
    closing = (last == tokens.QUOTE) | (last == tokens.CLOSE) | (last == tokens.APOSTROPHE)
    return np.asarray((last == tokens.END) | (closing & (before == tokens.END)))


def line_shape_features(lines: TokenizedLines) -> Columns:
    """Columns for length, character classes, start and end."""
    counts, words, length = lines.counts, lines.words, lines.length
    characters = counts.sum(axis=1) - 1
    some_words, some_characters = np.maximum(words, 1), np.maximum(characters, 1)
    letters = np.maximum(counts[:, : tokens.UNSPACED + 1].sum(axis=1) - counts[:, tokens.DIGIT], 1)
    first, second, last = _character_class(lines, 0), _character_class(lines, 1), _character_class(lines, -1)
    opening = lines.character_class[lines.word_start]
    capitals = lines.count_per_line(lines.word_line[opening == tokens.UPPER])
    numbers = lines.count_per_line(lines.word_line[opening == tokens.DIGIT])
    years = lines.count_per_line(lines.word_line[(opening == tokens.DIGIT) & (lines.word_length == 4)])
    kind, at = lines.character_class, lines.character_line
    digit_around = (kind[:-2] == tokens.DIGIT) & (kind[2:] == tokens.DIGIT)
    small_around = (kind[:-2] == tokens.LOWER) & (kind[2:] == tokens.LOWER)
    middle, where = kind[1:-1], at[1:-1]
    clocks = lines.count_per_line(where[digit_around & (middle == tokens.COLON)])
    addresses = lines.count_per_line(where[small_around & (middle == tokens.END)])
    stops = lines.count_per_line(at[:-1][(kind[:-1] == tokens.END) & (kind[1:] >= tokens.SPACE)])
    columns = {
        "words": np.log1p(length),
        "signs": np.log1p(characters),
        "word_length": letters / some_words,
        "capital_words": capitals / some_words,
        "upper": counts[:, tokens.UPPER] / letters,
        "digits": counts[:, tokens.DIGIT] / some_characters,
        "number_words": numbers / some_words,
        "years": years,
        "clocks": clocks,
        "addresses": addresses,
        "stops": stops,
        "words_a_stop": np.log1p(length / np.maximum(stops, 1)),
        "name": ((words >= 2) & (words <= 4) & (capitals == words) & (stops == 0)).astype(np.float64),
        "ends_sentence": ends_like_sentence(lines).astype(np.float64),
        "starts_lower": (first == tokens.LOWER).astype(np.float64),
        "starts_digit": (first == tokens.DIGIT).astype(np.float64),
        "starts_bullet": ((first == tokens.BAR) | (first == tokens.DASH) | (first == tokens.HASH)).astype(np.float64),
        "starts_quote": ((first == tokens.QUOTE) | ((first == tokens.BAR) & (second == tokens.QUOTE))).astype(
            np.float64
        ),
        "starts_open": (first == tokens.OPEN).astype(np.float64),
        "unspaced": counts[:, tokens.UNSPACED] / letters,
        "uncased": counts[:, tokens.UNCASED] / letters,
    }
    ends = (last == _ENDING[:, None]).astype(np.float64)
    rates = counts.T[_RATED] / some_words
    character_counts = np.minimum(counts.T[_COUNTED], 3)
    for group, names, values in (("ends", _ENDS, ends), ("rate", _RATES, rates), ("count", _COUNTS, character_counts)):
        columns |= {f"{group}_{name}": column for name, column in zip(names, values, strict=True)}
    return columns


def _character_class(lines: TokenizedLines, position: int) -> tokens.Classes:
    """The class of one character of each line, counted from its start (0, 1) or its end (-1, -2)."""
    if position >= 0:
        return lines.character_class[np.minimum(lines.first + position, lines.last)]
    return lines.character_class[np.maximum(lines.last + position, lines.first)]


def join_groups(parts: Iterable[tuple[str, Columns]]) -> Columns:
    """The columns of all groups, each named `group.name`."""
    columns: Columns = {}
    for group, part in parts:
        columns.update(zip(_qualified_names(group, tuple(part)), part.values(), strict=True))
    return columns


@cache
def _qualified_names(group: str, names: tuple[str, ...]) -> list[str]:
    return [f"{group}.{name}" for name in names]


def neighbour_features(columns: Columns, names: Iterable[str], outside: Mapping[str, float], reach: int) -> Columns:
    """The columns `names` of the `reach` lines or blocks before and after each one. `outside`: the values used beyond
    the first and the last, 0 unless named.
    """
    names = list(names)
    n = len(columns[names[0]])
    padded = np.empty((len(names), n + 2 * reach))
    padded[:] = np.array([outside.get(name, 0.0) for name in names])[:, None]
    padded[:, reach : reach + n] = [columns[name] for name in names]
    steps = [step for step in range(-reach, reach + 1) if step]
    return {
        f"near.{name.replace('.', '_')}{step:+d}": row[reach + step : reach + step + n]
        for name, row in zip(names, padded, strict=True)
        for step in steps
    }


def window_means(columns: Columns, names: Sequence[str], spans: Mapping[str, tuple[int, int]]) -> Columns:
    """Means over the lines or blocks around each one. `spans`: how many before and after it; -1 leaves out the line
    itself.
    """
    rows = np.array([columns[name] for name in names])
    n = rows.shape[1]
    sums = np.zeros((len(names), n + 1))
    np.cumsum(rows, axis=1, out=sums[:, 1:])
    before, after = np.array(list(spans.values()))[:, :, None].swapaxes(0, 1)
    index = np.arange(n)
    low, high = np.maximum(index - before, 0), np.minimum(index + after + 1, n)
    means = (sums.take(high, axis=1) - sums.take(low, axis=1)) / np.maximum(high - low, 1)
    return {
        f"window.{name.replace('.', '_')}_{span}": mean
        for name, each in zip(names, means, strict=True)
        for span, mean in zip(spans, each, strict=True)
    }
