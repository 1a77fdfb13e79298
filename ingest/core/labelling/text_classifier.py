"""The line classifier of text files: which lines are not the article, and the label of each of those.

One forest judges each line with its neighbours and the prose around; it was trained by training/text_model.py.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ingest.core.labelling.boilerplate_labels import labels_if_boilerplate
from ingest.core.labelling.forest import EarlyExit, Forest
from ingest.core.labelling.text_features import FeatureSet, features_together, text_features
from ingest.core.labelling.title_text import is_paragraph
from ingest.core.model import Label, Prediction

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ingest.core.labelling.line_shape import Columns
    from ingest.core.labelling.tokens import Bools, Floats
    from ingest.core.model import Block

STRIP_COST_PER_WORD = 2.5
"""The cost that each word of a wrongly removed line adds."""
THRESHOLD_REDUCTION = 0.22
"""Subtracted from every threshold. Both were chosen on the 206 seed-like texts, each cleaned whole by a model that had
not seen its domain: they lose .46 % of their words (strip F1 .828); .50 % (.827) at 4 and .25; .63 % (.824) at .4 and
.15.
"""
MIN_SENTENCE_WORDS = 5
"""Words from which a line that ends like a sentence may be the whole article."""
EARLY_EXIT = EarlyExit(80, 0.1, 0.93)
"""Number of trees after which three lines in four are decided; on 47,773 lines the others changed no verdict."""


@dataclass(frozen=True, eq=False)
class Judgement:
    """The classifier's result for a text. The confidence of a verdict is the probability of its class, body or
    boilerplate.
    """

    verdicts: Sequence[Prediction]
    seen: FeatureSet
    residue: Floats
    """float64[lines]: probability that a line is not part of the article."""
    gone: Bools
    paragraphs: Bools
    """Which lines are paragraphs of prose, whether of the article or not."""
    named: Sequence[Label]
    """The label that each line has if it is boilerplate."""


def classify(blocks: Sequence[Block]) -> Sequence[Prediction]:
    """A verdict on each line of a text file."""
    return examine(blocks).verdicts if blocks else []


def examine(blocks: Sequence[Block]) -> Judgement:
    """The same with all intermediate results. At least one block is required."""
    (judged,) = examine_together([blocks])
    return judged


def examine_together(texts: Sequence[Sequence[Block]]) -> list[Judgement]:
    """The same for several texts, each with at least one block, at hardly more than the price of one."""
    features = features_together(texts)
    rows = [feature_matrix(each.columns) for each in features]
    residue = load_model().predict(rows[0] if len(rows) == 1 else np.concatenate(rows), early_exit=EARLY_EXIT)
    ends = np.cumsum([len(each) for each in rows]).tolist()
    return [
        judgement(blocks, each, residue[end - len(blocks) : end], named)
        for blocks, each, end, named in zip(texts, features, ends, labels_if_boilerplate(features), strict=True)
    ]


def judgement(blocks: Sequence[Block], features: FeatureSet, residue: Floats, named: Sequence[Label]) -> Judgement:
    """The verdicts that follow from the probabilities of boilerplate, float64[lines], and `labels_if_boilerplate`."""
    parting = np.array(
        [block.kind == "separator" for block in blocks]
    )  # between two articles of a digest a separator is kept
    parting &= (features.columns["prose.before"] > 0) & (features.columns["prose.after"] > 0)
    gone = (residue > thresholds(features.columns)) & ~parting
    sentences = (features.columns["shape.ends_sentence"] > 0) & (features.lines.words >= MIN_SENTENCE_WORDS)
    if not (sentences & ~gone).any():  # a text has an article: two lines of news look like a teaser
        gone &= ~sentences
    certainty = np.where(gone, residue, 1 - residue).round(3).tolist()
    paragraphs = np.array([is_paragraph(block.text) for block in blocks])
    labels = [label if is_gone else Label.BODY for label, is_gone in zip(named, gone.tolist(), strict=True)]
    return Judgement(list(map(Prediction, labels, certainty)), features, residue, gone, paragraphs, named)


def strongest_features(blocks: Sequence[Block], count: int = 3) -> Sequence[Sequence[tuple[str, float, float]]]:
    """The columns with the most weight in the verdict on each block, their values, and their contributions to the log
    odds of boilerplate.

    Much slower than `classify`: for explanations.
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
    """The probability of boilerplate above which each line is removed: it rises with the length of the line.

    A wrong removal costs 1 + STRIP_COST_PER_WORD * words, a wrong keep 1.
    """
    cost = 1 + STRIP_COST_PER_WORD * np.expm1(columns["shape.words"])
    return np.asarray(cost / (1 + cost) - THRESHOLD_REDUCTION)


def feature_matrix(columns: Columns) -> NDArray[np.float32]:
    """The columns that the forest uses, side by side: float32[lines, names]. Raises KeyError where one is missing."""
    return np.array([columns[name] for name in load_model().columns], np.float32).T


@cache
def load_model() -> Forest:
    """The trained model."""
    return Forest.load("models/text.npz")
