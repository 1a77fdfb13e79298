"""The learned labeller of text files: which lines are not the article, and what they are instead.

One forest sees each line, its neighbours and the prose around; it was trained by training/text_model.py.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ingest.core.labelling.boilerplate_labels import label_boilerplate
from ingest.core.labelling.forest import EarlyExit, Forest
from ingest.core.labelling.text_features import FeatureSet, text_features
from ingest.core.labelling.title_text import is_paragraph
from ingest.core.model import Prediction

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ingest.core.labelling.line_shape import Columns
    from ingest.core.labelling.tokens import Bools, Floats
    from ingest.core.model import Block

STRIP_COST_PER_WORD = 2.5
"""How much dearer each word makes it to strip a line wrongly."""
THRESHOLD_REDUCTION = 0.22
"""Taken from every threshold. Both were chosen on the 206 seed-like texts, each cleaned whole by a model that had not seen its domain: they
lose .46 % of their words (strip F1 .828); .50 % (.827) at 4 and .25; .63 % (.824) at .4 and .15."""
MIN_SENTENCE_WORDS = 5
"""Words from which a line that ends like a sentence may be all the article there is."""
EARLY_EXIT = EarlyExit(80, 0.1, 0.93)
"""Trees that tell three lines in four; on 47,773 lines the others changed no verdict."""


@dataclass(frozen=True, eq=False)
class Judgement:
    """What the labeller makes of a text. `certainty` of a verdict: the probability of what it says, body or residue."""

    verdicts: Sequence[Prediction]
    seen: FeatureSet
    residue: Floats
    """float64[lines]: probability that a line is no part of the article."""
    gone: Bools
    paragraphs: Bools
    """Which lines are paragraphs of prose, whoever's."""


def classify(blocks: Sequence[Block]) -> Sequence[Prediction]:
    """A verdict on each line of a text file."""
    return examine(blocks).verdicts if blocks else []


def examine(blocks: Sequence[Block]) -> Judgement:
    """The same with all that it went by. At least one block is wanted."""
    features = text_features(blocks)
    return judgement(blocks, features, load_model().predict(feature_matrix(features.columns), early_exit=EARLY_EXIT))


def judgement(blocks: Sequence[Block], features: FeatureSet, residue: Floats) -> Judgement:
    """The verdicts that follow from the probabilities of residue, float64[lines]."""
    parting = np.array(
        [block.kind == "separator" for block in blocks]
    )  # between two articles of a digest it is its own
    parting &= (features.columns["prose.before"] > 0) & (features.columns["prose.after"] > 0)
    gone = (residue > thresholds(features.columns)) & ~parting
    sentences = (features.columns["shape.ends_sentence"] > 0) & (features.lines.words >= MIN_SENTENCE_WORDS)
    if not (sentences & ~gone).any():  # a text has an article: two lines of news look like a teaser
        gone &= ~sentences
    certainty = np.where(gone, residue, 1 - residue).round(3).tolist()
    paragraphs = np.array([is_paragraph(block.text) for block in blocks])
    verdicts = list(map(Prediction, label_boilerplate(features, gone), certainty))
    return Judgement(verdicts, features, residue, gone, paragraphs)


def strongest_features(blocks: Sequence[Block], count: int = 3) -> Sequence[Sequence[tuple[str, float, float]]]:
    """What weighs most in the verdict on each block: columns, their values, and what they add to the log odds of residue.

    Slower than `classify` by far: for explanations.
    """
    if not blocks:
        return []
    rows = feature_matrix(text_features(blocks).columns)
    added = [load_model().contributions(row) for row in rows]
    strongest = [np.argsort(-np.abs(each), kind="stable")[:count] for each in added]
    return [
        [(load_model().columns[i], float(row[i]), float(each[i])) for i in best]
        for row, each, best in zip(rows, added, strongest, strict=True)
    ]


def thresholds(columns: Columns) -> Floats:
    """What the probability of residue must exceed for each line to leave: the longer the line, the more.

    A wrong strip costs 1 + ERROR_PER_WORD * words where a wrong keep costs 1.
    """
    cost = 1 + STRIP_COST_PER_WORD * np.expm1(columns["shape.words"])
    return np.asarray(cost / (1 + cost) - THRESHOLD_REDUCTION)


def feature_matrix(columns: Columns) -> NDArray[np.float32]:
    """The columns that the forest wants, side by side: float32[lines, names]. KeyError where one is not made."""
    return np.array([columns[name] for name in load_model().columns], np.float32).T


@cache
def load_model() -> Forest:
    """The trained model."""
    return Forest.load("models/text.npz")
