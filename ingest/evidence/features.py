"""All that the labeller of lines looks at, as one row of numbers a line."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from ingest.evidence.cues import Cues, cue_lists, cues
from ingest.evidence.habits import Weigh, habits, learned
from ingest.evidence.prose import Prose, find_prose, place, twins
from ingest.evidence.reading import Floats, Reading, read
from ingest.evidence.shape import Columns, neighbours, shape, size
from ingest.model import Block

REACH = 3  # lines on each side whose looks count
_SHORT = 8.0  # a line of at most so many words may announce what follows
_NEAR = (
    "shape.words",
    "shape.ends_sentence",
    "shape.capital_words",
    "cue.covered",
    "cue.linking",
    "prose.is",
    "twin.prose_words",
    "habit.mean",
)
_HERALDS = ("related", "comments", "promo", "author_bio", "copyright_notice", "share", "tags", "byline")
_OFF_TEXT = {"shape.words": -1.0}  # what a neighbour beyond the first or the last line looks like; anything else is 0


def features(blocks: Sequence[Block], weigh: Weigh = learned) -> Columns:
    """The columns by name, `group.name`; the group is what an ablation drops. At least one block is wanted.

    `weigh` gives the weights of words; training, which must not see a site's own, has one for each text.
    """
    reading = read([block.text for block in blocks])
    found, prose = cues(reading), find_prose(reading)
    columns: Columns = {}
    for group, part in (
        ("shape", shape(reading)),
        ("cue", _cue(reading, found)),
        ("habit", habits(reading, weigh)),
        ("prose", place(prose)),
        ("twin", twins(reading, prose, found.linking)),
        ("page", _page(reading, prose, found)),
        ("herald", _heralds(reading, prose, found)),
    ):
        columns |= {f"{group}.{name}": values for name, values in part.items()}
    for reach in (5, 12):
        columns[f"near.habit_{reach}"] = _mean(columns["habit.mean"], reach)
    columns |= neighbours(columns, _NEAR, _OFF_TEXT, REACH)
    return columns


def _cue(reading: Reading, found: Cues) -> Columns:
    """The lexicon's columns: phrases of each label, and whether one starts the line; how the line speaks."""
    book, words = cue_lists(), np.maximum(reading.words, 1)
    columns: Columns = {}
    for at, kind in enumerate(book.kinds):
        if at < book.labels:
            columns[kind] = np.minimum(found.found[:, at], 3)
            columns[f"{kind}_leads"] = np.minimum(found.leading[:, at], 1)
            columns[f"{kind}_share"] = np.minimum(found.covered[:, at] / words, 1)
        else:
            columns[kind] = found.found[:, at] / words
    covered = found.covered[:, : book.labels]
    columns["covered"] = np.minimum(covered.max(axis=1) / words, 1)
    columns["kinds"] = (covered > 0).sum(axis=1).astype(np.float64)
    return columns


def _page(reading: Reading, prose: Prose, found: Cues) -> Columns:
    """What kind of text the line is in: how long, how much of it prose, how thick with cues."""
    n, length = reading.lines, size(reading)
    total = max(float(length.sum()), 1.0)
    figures = {
        "lines": np.log1p(n),
        "prose_lines": prose.lines.mean(),
        "prose_words": prose.words.sum() / total,
        "median": np.log1p(np.median(length)),
        "covered": found.covered[:, : cue_lists().labels].max(axis=1).sum() / total,
        "short": (length <= _SHORT).mean(),
    }
    return {name: np.full(n, float(value)) for name, value in figures.items()}


def _heralds(reading: Reading, prose: Prose, found: Cues) -> Columns:
    """How far above a line the last short line stands that announces a list, comments, a biography …; and such lines in all."""
    book, index = cue_lists(), np.arange(reading.lines)
    short = size(reading) <= _SHORT
    behind = np.cumsum(prose.words)
    columns: Columns = {}
    any_above = np.full(reading.lines, -1)
    for kind in _HERALDS:
        announces = short & (found.leading[:, book.kinds.index(kind)] > 0)
        above = np.maximum.accumulate(np.where(announces, index, -1))
        above = np.concatenate((np.full(1, -1), above[:-1]))
        columns[kind] = np.log1p(np.where(above >= 0, np.minimum(index - above, 98), 99))
        any_above = np.maximum(any_above, above)
    some = any_above >= 0
    columns["prose_since"] = np.log1p(np.where(some, behind - behind[any_above], 9999))
    spoken = found.found[:, [book.kinds.index("first"), book.kinds.index("second")]].sum(axis=1)
    columns["personal_near"] = _mean(spoken / np.maximum(reading.words, 1), 4)
    columns["covered_near"] = _mean(found.covered[:, : book.labels].max(axis=1) / np.maximum(reading.words, 1), 4)
    columns["short_near"] = _mean(short.astype(np.float64), 6)
    columns["short_run"] = _run(short)
    return columns


def _mean(values: Floats, reach: int) -> Floats:
    """Mean over the lines at most `reach` away, the line itself included."""
    sums = np.concatenate((np.zeros(1), np.cumsum(values)))
    index = np.arange(len(values))
    low, high = np.maximum(index - reach, 0), np.minimum(index + reach + 1, len(values))
    return np.asarray((sums[high] - sums[low]) / (high - low))


def _run(flags: NDArray[np.bool_]) -> Floats:
    """Logarithm of the length of the run of equal flags that each line is in; negative where the flag is off."""
    edges = np.flatnonzero(np.concatenate((np.ones(1, bool), flags[1:] != flags[:-1], np.ones(1, bool))))
    lengths = np.diff(edges)
    return np.asarray(np.repeat(np.log1p(lengths), lengths) * np.where(flags, 1, -1))
