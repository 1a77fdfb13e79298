"""Fit the confidence in each field, and measure it out of fold: writes ingest/core/confidence/confidence.json.

    python -m training.confidence ROWS.pickle ... [--folds 5] [--write] [--report reliability.json]

The rows are those of `training.out_of_fold`. For pages and for texts, and for each field, a logistic regression (L2) gives log odds;
a map from these to probabilities (isotonic regression, pool adjacent violators, over bins of equally many values) is fitted on log odds
that regressions of other domains gave. What is printed is nested: regression and map had not seen the domain they are measured on.
"""

from __future__ import annotations

import argparse
import json
import pickle
import zlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from benchmarks.quality.confidence import reliability, right_values, table
from ingest.core.confidence.body_features import body_columns
from ingest.core.confidence.field_features import FIELD_COLUMNS
from ingest.core.confidence.model import FieldModel
from training.out_of_fold import Cleaned

if TYPE_CHECKING:
    from numpy.typing import NDArray

FIELDS = ("headline", "authors", "published", "publisher", "body")
OUTPUT = Path(__file__).parents[1] / "ingest/core/confidence/confidence.json"
PENALTY = 20.0
"""Of the squared weights, each by the deviation of its column: against noise in some hundred values."""
STRONGER_PENALTIES = {("text", "authors"): 200.0, ("text", "published"): 200.0}
"""Few texts say these, and their columns tell little: the expected calibration error of authors is .031 with this penalty and .048 with
the other, the log loss .538 and .541 (means of four ways to part the domains); of days .019 and .029, .305 and .305 (of two).
"""
VALUES_PER_BIN = 45
"""Values of which a knot of the calibration map is made, at least."""
MAX_KNOTS = 8
CURVE_VALUES = 30
"""Values that the logistic curve counts for at each knot."""
MIN_DOMAINS_WITH_VALUE = 5
"""A column counts that is not 0 on so many domains."""


class Value(NamedTuple):
    """One value of a field: what tells of it, whether it is right, whose it is."""

    columns: Mapping[str, float]
    right: bool
    domain: str
    slice: str
    weight: float = 1.0


def values_of(rows: Sequence[Cleaned]) -> dict[tuple[str, str], list[Value]]:
    """All values whose rightness the gold tells, by kind of source and field; values that the sender gave are left out."""
    found: dict[tuple[str, str], list[Value]] = {}
    for row in rows:
        if row.record is None or row.evidence is None:
            continue
        titles = [c for c in row.evidence.claims if c.field == "headline"]
        shown = [str(c.value) for c in titles if c.origin == "page"]
        shown += [str(c.value) for c in titles if c.origin == "meta"][-1:]
        for field, right in right_values(row.record, row.kind, row.domain, row.gold, shown).items():
            chosen = row.evidence.chosen.get(field)
            if chosen and chosen.origin == "given":
                continue
            columns = body_columns(row.evidence) if field == "body" else FIELD_COLUMNS[field](row.evidence)
            found.setdefault((row.kind, field), []).append(Value(columns, right, row.domain, row.slice))
    return found


def fit(values: Sequence[Value], penalty: float) -> FieldModel:
    """A regression without a map."""
    domains: dict[str, set[str]] = {}
    for value in values:
        for name, each in value.columns.items():
            if each:
                domains.setdefault(name, set()).add(value.domain)
    names = sorted(name for name, where in domains.items() if len(where) >= MIN_DOMAINS_WITH_VALUE)
    x = np.array([[value.columns.get(name, 0.0) for name in names] for value in values])
    y = np.array([value.right for value in values], float)
    sample = np.array([value.weight for value in values])
    mean, deviation = x.mean(axis=0), np.maximum(x.std(axis=0), 1e-6)
    rows = np.hstack(((x - mean) / deviation, np.ones((len(x), 1))))
    ridge = np.diag([penalty] * len(names) + [1e-3])
    weights = np.zeros(len(names) + 1)
    for _ in range(30):  # Newton's method
        p = 1 / (1 + np.exp(-np.clip(rows @ weights, -30, 30)))
        gradient = rows.T @ (sample * (y - p)) - ridge @ weights
        hessian = (rows * (sample * p * (1 - p))[:, None]).T @ rows + ridge
        step = np.linalg.solve(hessian, gradient)
        weights += step
        if np.abs(step).max() < 1e-6:
            break
    own = weights[:-1] / deviation
    return FieldModel(
        {name: round(float(w), 4) for name, w in zip(names, own, strict=True)},
        round(float(weights[-1] - (own * mean).sum()), 4), (), (),
    )  # fmt: skip


def fold_of(domain: str, folds: int, salt: str) -> int:
    """The fold of a domain."""
    return zlib.crc32(f"{salt} {domain}".encode()) % folds


def fit_calibrated(values: Sequence[Value], folds: int, penalty: float) -> FieldModel:
    """A regression with the map that log odds out of fold give."""
    scores = np.zeros(len(values))
    fold = np.array([fold_of(value.domain, folds, "inner") for value in values])
    for held in range(folds):
        model = fit([value for value, of in zip(values, fold, strict=True) if of != held], penalty)
        for at in np.flatnonzero(fold == held):
            scores[at] = model.score(values[at].columns)
    log_odds, probabilities = calibration(scores, np.array([value.right for value in values], float))
    return fit(values, penalty)._replace(log_odds=log_odds, probabilities=probabilities)


def calibration(scores: NDArray[np.float64], right: NDArray[np.float64]) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Knots of a map that rises: the share right of bins of equally many values after isotonic regression (pool adjacent violators),
    drawn towards Platt's logistic curve, which keeps an order within the pools.
    """
    slope, shift = platt(scores, right)

    def curve(score: float) -> float:
        return float(1 / (1 + np.exp(-(slope * score + shift))))

    order = np.argsort(scores, kind="stable")
    bins = np.array_split(order, max(2, min(MAX_KNOTS, len(order) // VALUES_PER_BIN)))
    pools: list[list[float]] = []  # bins, values, sum of right
    for each in bins:
        pools.append([1, len(each), float(right[each].sum())])
        while len(pools) > 1 and pools[-2][2] / pools[-2][1] >= pools[-1][2] / pools[-1][1]:
            last = pools.pop()
            pools[-1] = [mine + its for mine, its in zip(pools[-1], last, strict=True)]
    pool_of_bin = [pool for pool in pools for _ in range(int(pool[0]))]
    middle = [float(scores[each].mean()) for each in bins]
    knots = [
        (at, (hits + CURVE_VALUES * curve(at)) / (count + CURVE_VALUES))
        for at, (_, count, hits) in zip(middle, pool_of_bin, strict=True)
    ]
    low, high = float(scores.min()), float(scores.max())
    ends = ((low, min(curve(low), knots[0][1])), (high, max(curve(high), knots[-1][1])))
    knots = [ends[0], *knots, ends[1]]
    return tuple(round(at, 3) for at, _ in knots), tuple(
        float(np.clip(round(value, 4), 0.001, 0.999)) for _, value in knots
    )


def platt(scores: NDArray[np.float64], right: NDArray[np.float64]) -> tuple[float, float]:
    """Slope and shift of the logistic curve that fits best; never a falling one."""
    rows = np.stack((scores, np.ones(len(scores))), axis=1)
    weights = np.array([1.0, 0.0])
    for _ in range(30):  # Newton's method, with a weak pull towards no change
        p = 1 / (1 + np.exp(-np.clip(rows @ weights, -30, 30)))
        gradient = rows.T @ (right - p) - (weights - np.array([1.0, 0.0]))
        weights += np.linalg.solve((rows * (p * (1 - p))[:, None]).T @ rows + np.eye(2), gradient)
    return max(0.05, float(weights[0])), float(weights[1])


def out_of_fold(values: Sequence[Value], folds: int, penalty: float) -> NDArray[np.float64]:
    """The confidence in each value, by models that had not seen its domain."""
    confidence = np.zeros(len(values))
    fold = np.array([fold_of(value.domain, folds, "outer") for value in values])
    for held in range(folds):
        model = fit_calibrated([value for value, of in zip(values, fold, strict=True) if of != held], folds, penalty)
        for at in np.flatnonzero(fold == held):
            confidence[at] = model.probability(values[at].columns)
    return confidence


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("rows", type=Path, nargs="+")
    parser.add_argument("--folds", type=int, default=5)
    parser.add_argument(
        "--write", action="store_true", help="fit on everything and replace the models of what the rows are"
    )
    parser.add_argument("--report", type=Path, help="write the figures as JSON")
    args = parser.parse_args()
    rows: list[Cleaned] = []
    for path in args.rows:
        with path.open("rb") as stream:
            rows += pickle.load(stream)  # noqa: S301 - our own file
    found = values_of(rows)
    stored: dict[str, dict[str, Any]] = json.loads(OUTPUT.read_text(encoding="utf-8"))
    figures: dict[str, Any] = {}
    for kind in ("page", "text"):
        for field in FIELDS:
            values = found.get((kind, field), [])
            if len(values) < 2 * VALUES_PER_BIN:
                print(f"{kind} {field}: {len(values)} values are too few")
                continue
            penalty = STRONGER_PENALTIES.get((kind, field), PENALTY)
            confidence = out_of_fold(values, args.folds, penalty).tolist()
            measured = reliability(confidence, [value.right for value in values])
            print(table(f"{kind} {field}", measured), flush=True)
            figures[f"{kind} {field}"] = measured._asdict()
            for name in sorted({value.slice for value in values}):
                own = [(p, value.right) for p, value in zip(confidence, values, strict=True) if value.slice == name]
                part = reliability([p for p, _ in own], [right for _, right in own])
                mean = sum(p for p, _ in own) / len(own)
                print(
                    f"    {name:18} {part.values:5}  right {part.right:.3f}  mean confidence {mean:.3f}  caught {part.caught:.2f}"
                )
            if args.write:
                model = fit_calibrated(values, args.folds, penalty)
                knots = list(zip(model.log_odds, model.probabilities, strict=True))
                stored.setdefault(kind, {})[field] = {
                    "values": len(values), "right": round(measured.right, 3), "intercept": model.intercept,
                    "weights": dict(model.weights), "calibration": knots,
                }  # fmt: skip
    if args.write:
        OUTPUT.write_text(json.dumps(stored, indent=1) + "\n", encoding="utf-8")
    if args.report:
        args.report.write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
