"""Labels of lines that are not the article: by their cue phrases first, by shape and place where they have none."""

from __future__ import annotations

from functools import cache
from itertools import accumulate
from typing import TYPE_CHECKING

import numpy as np

from ingest.core.labelling.phrases import phrase_table
from ingest.core.model import Label

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from ingest.core.labelling.line_shape import Columns
    from ingest.core.labelling.text_features import FeatureSet
    from ingest.core.labelling.tokens import Bools, Floats

MIN_LABEL_SCORE = 0.34
"""A phrase that starts the line scores half a point, and all phrases the share of the line that they cover: a label
needs a third of a point.
"""
MAX_TITLE_WORDS = 25
_COLUMNS = (
    "shape.words", "shape.count_legal", "shape.years", "shape.clocks", "shape.count_hash", "herald.comments", "herald.related",
    "herald.promo", "cue.first", "cue.second", "prose.is", "twin.copy",
)  # fmt: skip
_FIELD_LABELS = (Label.BYLINE, Label.CAPTION, Label.CREDIT, Label.COPYRIGHT_NOTICE, Label.USAGE_TERMS)


def labels_if_boilerplate(texts: Sequence[FeatureSet]) -> list[list[Label]]:
    """For each text, the label that each of its lines has if it is boilerplate."""
    labels = _phrase_labels()

    def joined(parts: Iterable[Floats]) -> Floats:
        return np.concatenate(list(parts)) if len(texts) > 1 else next(iter(parts))

    named = list(
        _labels(
            {name: joined(each.columns[name] for each in texts) for name in _COLUMNS},
            joined(each.matches.found for each in texts)[:, : len(labels)],
            joined(each.matches.leading for each in texts)[:, : len(labels)],
            joined(each.matches.covered for each in texts)[:, : len(labels)],
            joined(each.lines.words for each in texts),
        )
    )
    ends = accumulate(each.lines.lines for each in texts)
    return [named[end - each.lines.lines : end] for each, end in zip(texts, ends, strict=True)]


@cache
def _phrase_labels() -> list[Label]:
    """The label of each word list that belongs to one."""
    return [Label(kind) for kind in phrase_table().categories[: phrase_table().label_count]]


def _labels(of: Columns, found: Floats, leading: Floats, covered: Floats, length: Floats) -> Iterator[Label]:
    """The label of each line. `found`, `leading`, `covered`: float64[lines, labels]; `length`: words."""
    labels = _phrase_labels()
    amount = np.maximum(length, 1)[:, None]
    points = np.minimum(leading, 1) / 2 + np.minimum(covered / amount, 1)
    words = np.expm1(of["shape.words"])
    short = words <= MAX_TITLE_WORDS

    def add(label: Label, score: float, where: Bools) -> None:
        points[:, labels.index(label)] += score * where

    def said(label: Label) -> Floats:
        return found[:, labels.index(label)]

    signed = of["shape.count_legal"] > 0
    add(Label.COPYRIGHT_NOTICE, 1.0, signed & (of["shape.years"] > 0))
    numbered = (of["shape.clocks"] > 0) | (of["shape.years"] > 0)
    add(Label.DATE, 0.4, numbered & (said(Label.DATE) > 0) & (words <= 12))
    add(Label.TAGS, 0.6, (of["shape.count_hash"] > 1) & short)
    add(Label.SHARE, 0.2, (said(Label.SHARE) > 1) & (words <= 8))
    add(Label.AUTHOR_BIO, 0.3, (said(Label.AUTHOR_BIO) > 1) & ~short)
    fills = [labels.index(label) for label in _FIELD_LABELS]  # the first words of the line must contain its phrase
    points[:, fills] *= (leading[:, fills] > 0) | signed[:, None]
    sure = points.max(axis=1) >= MIN_LABEL_SCORE
    in_comments = of["herald.comments"] < np.minimum(of["herald.related"], of["herald.promo"])
    personal = (of["cue.first"] + of["cue.second"] > 0.05) & (of["cue.first"] > of["cue.second"])
    bare, prose = words <= 3, (of["prose.is"] > 0) | ~short
    copy = (of["twin.copy"] > 0) & (words >= 3)
    best = points.argmax(axis=1)
    cases = zip(
        *(each.tolist() for each in (copy, sure, best, in_comments & ~bare, prose, personal, bare)), strict=True
    )
    for is_copy, is_sure, kind, is_comment, is_prose, is_personal, is_bare in cases:
        if is_copy:
            yield Label.DUPLICATE
        elif is_sure:
            yield labels[kind]
        elif is_comment:
            yield Label.COMMENTS
        elif is_prose:
            yield Label.COMMENTS if is_personal else Label.PROMO
        else:
            yield Label.NAVIGATION if is_bare else Label.RELATED
