"""What a line is that is not the article: its room, by its cue words first, by its shape and place where it has none."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ingest.evidence.cues import cue_lists
from ingest.model import Label

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ingest.evidence.reading import Bools, Floats

ENOUGH = 0.34
"""A phrase that starts the line counts as half a point, phrases as many points as the share of the line that they are: a label
needs a third."""
TITLE_WORDS = 25
_FILLS_A_FIELD = (Label.BYLINE, Label.CAPTION, Label.CREDIT, Label.COPYRIGHT_NOTICE, Label.USAGE_TERMS)


def kinds(columns: Mapping[str, Floats], residue: Bools) -> Sequence[Label]:
    """A label for each line, BODY where `residue` is off. `columns`: the features, by name."""
    n = len(residue)
    labels = [Label(kind) for kind in cue_lists().kinds[: cue_lists().labels]]
    points = np.stack([columns[f"cue.{label}_leads"] / 2 + columns[f"cue.{label}_share"] for label in labels], axis=1)
    words, prose = np.expm1(columns["shape.words"]), columns["prose.is"] > 0
    short = words <= TITLE_WORDS

    def add(label: Label, score: float, where: Bools) -> None:
        points[:, labels.index(label)] += score * where

    signed = columns["shape.count_legal"] > 0
    add(Label.COPYRIGHT_NOTICE, 1.0, signed & (columns["shape.years"] > 0))
    numbered = (columns["shape.clocks"] > 0) | (columns["shape.years"] > 0)
    add(Label.DATE, 0.4, numbered & (columns["cue.date"] > 0) & (words <= 12))
    add(Label.TAGS, 0.6, (columns["shape.count_hash"] > 1) & short)
    add(Label.SHARE, 0.2, (columns["cue.share"] > 1) & (words <= 8))
    add(Label.AUTHOR_BIO, 0.3, (columns["cue.author_bio"] > 1) & ~short)
    for label in _FILLS_A_FIELD:  # what fills a field of the record must say so in its first words
        points[:, labels.index(label)] *= (columns[f"cue.{label}_leads"] > 0) | signed
    best = points.argmax(axis=1)
    sure = points[np.arange(n), best] >= ENOUGH
    in_comments = columns["herald.comments"] < np.minimum(columns["herald.related"], columns["herald.promo"])
    personal = columns["cue.first"] + columns["cue.second"] > 0.05
    bare = words <= 3

    def guess(i: int) -> Label:
        if columns["twin.copy"][i] and words[i] >= 3:
            return Label.DUPLICATE
        if sure[i]:
            return labels[int(best[i])]
        if in_comments[i] and not bare[i]:
            return Label.COMMENTS
        if prose[i] or words[i] > TITLE_WORDS:
            return Label.COMMENTS if personal[i] and columns["cue.first"][i] > columns["cue.second"][i] else Label.PROMO
        return Label.NAVIGATION if bare[i] else Label.RELATED

    return [guess(i) if gone else Label.BODY for i, gone in enumerate(residue)]
