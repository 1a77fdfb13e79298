"""All that the labeller of lines looks at, as one row of numbers a line."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np

from ingest.evidence.cues import Cues, cue_lists, cues
from ingest.evidence.habits import Weigh, habits, learned
from ingest.evidence.prose import Prose, echoes, find_prose, place
from ingest.evidence.reading import Bools, Floats, Reading, read
from ingest.evidence.shape import Columns, neighbours, shape, size
from ingest.model import Block

REACH = 1  # lines on each side whose looks count
_SHORT = 8.0  # a line of at most so many words may announce what follows
_NEAR = ("shape.words", "shape.ends_sentence", "shape.capital_words", "cue.covered", "habit.score")
_HERALDS = ("related", "comments", "promo", "share", "tags", "byline")
_WINDOWS = {"narrow": (3, 3), "middle": (5, 5), "wide": (12, 12), "above": (6, -1), "below": (-1, 6)}
"""Lines before and after each over which is averaged; -1 leaves out the line itself."""
_CUES = ("related", "comments", "promo", "credit", "share", "caption", "date", "author_bio")
_SPEECH = ("first", "second", "reported", "linking")
_OFF_TEXT = {"shape.words": -1.0}  # what a neighbour beyond the first or the last line looks like; anything else is 0


@dataclass(frozen=True, eq=False)
class Evidence:
    """What was read, and the columns made of it by name, `group.name`; the group is what an ablation drops."""

    reading: Reading
    cues: Cues
    columns: Columns


def evidence(blocks: Sequence[Block], weigh: Weigh = learned) -> Evidence:
    """The evidence about the lines of a text. At least one block is wanted.

    `weigh` gives the weights of words; training, which must not see a site's own, has one for each text.
    """
    reading = read([block.text for block in blocks])
    found, prose = cues(reading), find_prose(reading)
    covered = found.covered[:, : cue_lists().labels].max(axis=1)
    columns: Columns = {}
    for group, part in (
        ("shape", shape(reading)),
        ("cue", _cue(reading, found, covered)),
        ("habit", habits(reading, weigh)),
        ("prose", place(prose)),
        ("twin", echoes(reading, prose, found.linking)),
        ("page", _page(reading, prose, covered)),
        ("herald", _heralds(reading, prose, found)),
    ):
        columns.update(zip(_named(group, tuple(part)), part.values(), strict=True))
    columns |= _windows(columns) | _whole(columns["habit.score"], reading.words)
    columns |= neighbours(columns, _NEAR, _OFF_TEXT, REACH)
    return Evidence(reading, found, columns)


@cache
def _named(group: str, names: tuple[str, ...]) -> list[str]:
    """The names of a group's columns as all know them."""
    return [f"{group}.{name}" for name in names]


def _cue(reading: Reading, found: Cues, covered: Floats) -> Columns:
    """How much of each line the lexicon's phrases are, and how the line speaks."""
    kinds, words = cue_lists().kinds, np.maximum(reading.words, 1)
    shares = {f"{kind}_share": found.covered[:, kinds.index(kind)] / words for kind in _CUES}
    speech = {kind: found.found[:, kinds.index(kind)] / words for kind in _SPEECH}
    return {**shares, **speech, "covered": np.minimum(covered / words, 1)}


def _page(reading: Reading, prose: Prose, covered: Floats) -> Columns:
    """What kind of text the line is in: how long, how much of it prose, how thick with cues."""
    n, length = reading.lines, size(reading)
    total = max(float(length.sum()), 1.0)
    figures = {
        "lines": np.log1p(n),
        "prose_lines": prose.lines.mean(),
        "prose_words": prose.words.sum() / total,
        "median": np.log1p(np.sort(length)[n // 2]),
        "covered": covered.sum() / total,
        "short": (length <= _SHORT).mean(),
    }
    return {name: np.full(n, float(value)) for name, value in figures.items()}


def _heralds(reading: Reading, prose: Prose, found: Cues) -> Columns:
    """How far above a line the last short line stands that announces a list, comments, a share bar …; and such lines in all."""
    book, index = cue_lists(), np.arange(reading.lines)
    short = size(reading) <= _SHORT
    announces = short & (found.leading.T[[book.kinds.index(kind) for kind in _HERALDS]] > 0)
    above = np.full((len(_HERALDS), reading.lines), -1)
    np.maximum.accumulate(np.where(announces, index, -1)[:, :-1], axis=1, out=above[:, 1:])
    far = np.log1p(np.where(above >= 0, np.minimum(index - above, 98), 99))
    last = above.max(axis=0)
    behind = np.cumsum(prose.words)
    return {
        **dict(zip(_HERALDS, far, strict=True)),
        "prose_since": np.log1p(np.where(last >= 0, behind - behind[last], 9999)),
        "short": short.astype(np.float64),
        "run": _run(short),
    }


def _windows(columns: Columns) -> Columns:
    """Means over the lines around each: how they are worded, who speaks in them, how thick with cues and how short they are."""
    names = ("habit.score", "cue.covered", "herald.short", "cue.first")
    rows = np.stack([columns[name] for name in names])
    n = rows.shape[1]
    sums = np.zeros((len(names), n + 1))
    np.cumsum(rows, axis=1, out=sums[:, 1:])
    before, after = np.array(list(_WINDOWS.values()))[:, :, None].swapaxes(0, 1)
    index = np.arange(n)
    low, high = np.maximum(index - before, 0), np.minimum(index + after + 1, n)
    means = (sums.take(high, axis=1) - sums.take(low, axis=1)) / np.maximum(high - low, 1)
    return {
        f"window.{name.replace('.', '_')}_{window}": mean
        for name, each in zip(names, means, strict=True)
        for window, mean in zip(_WINDOWS, each, strict=True)
    }


def _whole(score: Floats, words: Floats) -> Columns:
    """How all that stands above and below each line is worded, long lines more than short ones."""
    weight = np.log1p(words) + 0.5
    scores, weights = np.cumsum(score * weight), np.cumsum(weight)
    own, none = score * weight, 1e-9
    return {
        "window.all_above": (scores - own) / np.maximum(weights - weight, none),
        "window.all_below": (scores[-1] - scores) / np.maximum(weights[-1] - weights, none),
    }


def _run(flags: Bools) -> Floats:
    """Logarithm of the length of the run of equal flags that each line is in; negative where the flag is off."""
    edges = np.flatnonzero(np.concatenate((np.ones(1, bool), flags[1:] != flags[:-1], np.ones(1, bool))))
    lengths = np.diff(edges)
    return np.asarray(np.repeat(np.log1p(lengths), lengths) * np.where(flags, 1, -1))
