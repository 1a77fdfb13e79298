"""All that the labeller of lines looks at, as one row of numbers a line."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ingest.evidence.cues import Cues, cue_lists, cues
from ingest.evidence.habits import Weigh, habits, learned, whole
from ingest.evidence.prose import Prose, echoes, find_prose, place
from ingest.evidence.reading import Bools, Floats, Reading, read
from ingest.evidence.shape import Columns, grouped, neighbours, shape, windows
from ingest.model import Block

REACH = 1  # lines on each side whose looks count
_SHORT = 8.0  # a line of at most so many words may announce what follows
_NEAR = ("shape.words", "shape.ends_sentence", "shape.capital_words", "cue.covered", "habit.score")
_HERALDS = ("related", "comments", "promo", "share", "tags", "byline")
_AVERAGED = ("habit.score", "cue.covered", "herald.short", "cue.first")
"""How lines are worded, how thick with cues and how short they are, and who speaks in them."""
_WINDOWS = {"narrow": (3, 3), "middle": (5, 5), "wide": (12, 12), "above": (6, -1), "below": (-1, 6)}
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
    columns = grouped(
        (
            ("shape", shape(reading)),
            ("cue", _cue(reading, found, covered)),
            ("habit", habits(reading, weigh)),
            ("prose", place(prose)),
            ("twin", echoes(reading, prose, found.linking)),
            ("page", _page(reading, prose, covered)),
            ("herald", _heralds(reading, prose, found)),
        )
    )
    columns |= windows(columns, _AVERAGED, _WINDOWS) | whole(columns["habit.score"], reading.words)
    columns |= neighbours(columns, _NEAR, _OFF_TEXT, REACH)
    return Evidence(reading, found, columns)


def _cue(reading: Reading, found: Cues, covered: Floats) -> Columns:
    """How much of each line the lexicon's phrases are, and how the line speaks."""
    kinds, words = cue_lists().kinds, np.maximum(reading.words, 1)
    shares = {f"{kind}_share": found.covered[:, kinds.index(kind)] / words for kind in _CUES}
    speech = {kind: found.found[:, kinds.index(kind)] / words for kind in _SPEECH}
    return {**shares, **speech, "covered": np.minimum(covered / words, 1)}


def _page(reading: Reading, prose: Prose, covered: Floats) -> Columns:
    """What kind of text the line is in: how long, how much of it prose, how thick with cues."""
    n, length = reading.lines, reading.length
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
    short = reading.length <= _SHORT
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


def _run(flags: Bools) -> Floats:
    """Logarithm of the length of the run of equal flags that each line is in; negative where the flag is off."""
    edges = np.flatnonzero(np.concatenate((np.ones(1, bool), flags[1:] != flags[:-1], np.ones(1, bool))))
    lengths = np.diff(edges)
    return np.asarray(np.repeat(np.log1p(lengths), lengths) * np.where(flags, 1, -1))
