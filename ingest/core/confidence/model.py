"""A logistic regression with a calibration map: the weights are data (confidence.json), fitted by
training/confidence.py.
"""

from __future__ import annotations

import json
from bisect import bisect_right
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any, NamedTuple


class FieldModel(NamedTuple):
    """The weight of each column, the intercept, and a map from log odds to probability: linear between the knots, flat
    outside them.
    """

    weights: Mapping[str, float]
    intercept: float
    log_odds: tuple[float, ...]
    probabilities: tuple[float, ...]

    def score(self, columns: Mapping[str, float]) -> float:
        """The uncalibrated log odds that the value is correct."""
        return self.intercept + sum(weight * columns.get(name, 0.0) for name, weight in self.weights.items())

    def probability(self, columns: Mapping[str, float]) -> float:
        """The probability that the value is correct, 0 to 1, in steps of .001."""
        score, at = self.score(columns), self.log_odds
        above = bisect_right(at, score)
        if above in (0, len(at)):
            return round(self.probabilities[min(above, len(at) - 1)], 3)
        left, right = self.probabilities[above - 1], self.probabilities[above]
        part = (score - at[above - 1]) / (at[above] - at[above - 1])
        return round(left + part * (right - left), 3)


@cache
def field_models() -> Mapping[str, Mapping[str, FieldModel]]:
    """The models by kind of source ("page", "text") and field."""
    stored = json.loads(files("ingest.core.confidence").joinpath("confidence.json").read_text(encoding="utf-8"))
    return {kind: {name: field_model(each) for name, each in models.items()} for kind, models in stored.items()}


def field_model(stored: Mapping[str, Any]) -> FieldModel:
    """A model from its stored form."""
    knots = stored["calibration"]
    return FieldModel(
        stored["weights"], stored["intercept"], tuple(each[0] for each in knots), tuple(each[1] for each in knots)
    )
