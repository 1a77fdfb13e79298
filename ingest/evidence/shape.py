"""What a line looks like by itself: length, signs, how it starts and ends."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import cache

import numpy as np

from ingest.evidence import reading as sign
from ingest.evidence.reading import Bools, Floats, Reading

Columns = dict[str, Floats]

_ENDS = ("colon", "comma", "ellipsis", "quote", "close", "digit")
_RATES = ("comma", "colon", "quote", "dash", "open", "bar", "ellipsis", "slash", "money", "other")
_COUNTS = ("at", "hash", "legal")
"""Classes of signs: which end a line, how many there are a word, and how many at all."""
_ENDING, _RATED, _COUNTED = (
    np.array([getattr(sign, name.upper()) for name in names]) for names in (_ENDS, _RATES, _COUNTS)
)


def ends_like_sentence(reading: Reading) -> Bools:
    """Whether each line closes with a full stop or its like, quotation marks and brackets after it aside."""
    last, before = _sign(reading, -1), _sign(reading, -2)
    closing = (last == sign.QUOTE) | (last == sign.CLOSE) | (last == sign.APOSTROPHE)
    return np.asarray((last == sign.END) | (closing & (before == sign.END)))


def shape(reading: Reading) -> Columns:
    """Columns of length, signs, start and end."""
    counts, words, length = reading.counts, reading.words, reading.length
    signs = counts.sum(axis=1) - 1
    some_words, some_signs = np.maximum(words, 1), np.maximum(signs, 1)
    letters = np.maximum(counts[:, : sign.UNSPACED + 1].sum(axis=1) - counts[:, sign.DIGIT], 1)
    first, second, last = _sign(reading, 0), _sign(reading, 1), _sign(reading, -1)
    opening = reading.kind[reading.word_start]
    capitals = reading.per_line(reading.word_at[opening == sign.UPPER])
    numbers = reading.per_line(reading.word_at[opening == sign.DIGIT])
    years = reading.per_line(reading.word_at[(opening == sign.DIGIT) & (reading.word_length == 4)])
    kind, at = reading.kind, reading.at
    digit_around = (kind[:-2] == sign.DIGIT) & (kind[2:] == sign.DIGIT)
    small_around = (kind[:-2] == sign.LOWER) & (kind[2:] == sign.LOWER)
    middle, where = kind[1:-1], at[1:-1]
    clocks = reading.per_line(where[digit_around & (middle == sign.COLON)])
    addresses = reading.per_line(where[small_around & (middle == sign.END)])
    stops = reading.per_line(at[:-1][(kind[:-1] == sign.END) & (kind[1:] >= sign.SPACE)])
    columns = {
        "words": np.log1p(length),
        "signs": np.log1p(signs),
        "word_length": letters / some_words,
        "capital_words": capitals / some_words,
        "upper": counts[:, sign.UPPER] / letters,
        "digits": counts[:, sign.DIGIT] / some_signs,
        "number_words": numbers / some_words,
        "years": years,
        "clocks": clocks,
        "addresses": addresses,
        "stops": stops,
        "words_a_stop": np.log1p(length / np.maximum(stops, 1)),
        "name": ((words >= 2) & (words <= 4) & (capitals == words) & (stops == 0)).astype(np.float64),
        "ends_sentence": ends_like_sentence(reading).astype(np.float64),
        "starts_lower": (first == sign.LOWER).astype(np.float64),
        "starts_digit": (first == sign.DIGIT).astype(np.float64),
        "starts_bullet": ((first == sign.BAR) | (first == sign.DASH) | (first == sign.HASH)).astype(np.float64),
        "starts_quote": ((first == sign.QUOTE) | ((first == sign.BAR) & (second == sign.QUOTE))).astype(np.float64),
        "starts_open": (first == sign.OPEN).astype(np.float64),
        "unspaced": counts[:, sign.UNSPACED] / letters,
        "uncased": counts[:, sign.UNCASED] / letters,
    }
    ends = (last == _ENDING[:, None]).astype(np.float64)
    rates = counts.T[_RATED] / some_words
    signs_of = np.minimum(counts.T[_COUNTED], 3)
    for group, names, values in (("ends", _ENDS, ends), ("rate", _RATES, rates), ("count", _COUNTS, signs_of)):
        columns |= {f"{group}_{name}": column for name, column in zip(names, values, strict=True)}
    return columns


def _sign(reading: Reading, place: int) -> sign.Kinds:
    """Class of a sign of each line, counted from its start (0, 1) or its end (-1, -2)."""
    if place >= 0:
        return reading.kind[np.minimum(reading.first + place, reading.last)]
    return reading.kind[np.maximum(reading.last + place, reading.first)]


def grouped(parts: Iterable[tuple[str, Columns]]) -> Columns:
    """The columns of all groups, each named `group.name`."""
    columns: Columns = {}
    for group, part in parts:
        columns.update(zip(_named(group, tuple(part)), part.values(), strict=True))
    return columns


@cache
def _named(group: str, names: tuple[str, ...]) -> list[str]:
    return [f"{group}.{name}" for name in names]


def neighbours(columns: Columns, names: Iterable[str], outside: Mapping[str, float], reach: int) -> Columns:
    """The looks of the `reach` lines or blocks before and after each. `outside`: how what lies beyond the ends looks, 0 unless named."""
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


def windows(columns: Columns, names: Sequence[str], spans: Mapping[str, tuple[int, int]]) -> Columns:
    """Means over the lines or blocks around each. `spans`: how many before and after it; -1 leaves out the line itself."""
    rows = np.stack([columns[name] for name in names])
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
