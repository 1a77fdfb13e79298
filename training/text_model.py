"""Train the labeller of text lines and write ingest/core/labelling/models/text.npz.

    python -m training.text_model dev.jsonl.gz [more.jsonl.gz] [--folds 5] [--drop GROUP] [--write]

A text a line: domain, converter, news, lines [{text, label}]; labels keep, strip, title, neutral, blank. Texts of one domain are
never on both sides: what is printed was predicted by models that had not seen the domain. Each text is seen three times: as it
is; with most of its residue gone at random, since residue is light where an extractor has been before us; and with all of it gone,
since what has been cleaned must be left alone. Needs lightgbm, scikit-learn. One thread: the same input gives the same model.
A word's weight is learned without the text's own domain, so that it means in training what it means on a page never seen. The texts of
further files (training/second_hand_texts.py makes them) are second-hand gold: they are trained on at half the weight, never scored on.
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import lightgbm
import numpy as np

from ingest.core.labelling.text_classifier import thresholds
from ingest.core.labelling.text_features import text_features
from training.export_forest import save
from training.provenance import provenance
from training.word_weights import GOLD, TITLE_WEIGHT, Words, load, look, number

MODELS = Path(__file__).parents[1] / "ingest/core/labelling/models"
ROUNDS = 300
PARAMETERS = {
    "objective": "binary", "num_leaves": 63, "max_depth": 8, "learning_rate": 0.05, "min_child_samples": 80,
    "feature_fraction": 0.25, "bagging_fraction": 0.8, "bagging_freq": 1, "lambda_l2": 5, "max_bin": 63,
    "seed": 7, "num_threads": 1, "deterministic": True, "force_row_wise": True, "verbose": -1,
}  # fmt: skip
SHARES = {"whole": (1.0, 0.3), "thin": (0.5, 0.6), "clean": (0.35, 0.1)}
"""Lines that each view gives to training: of texts with light residue, and of those that keep a whole page's (inscriptis)."""
VIEW_WEIGHT = {"whole": 1.0, "thin": 0.6, "clean": 1.2}
NEWS_WEIGHT = 2.0
SECOND_HAND = 0.5


@dataclass(frozen=True, eq=False)
class Lines:
    """All lines of one view of the texts: features, gold (0 keep, 1 strip, 2 title, 3 neither), each line's text, its words."""

    rows: Any
    gold: Any
    text: Any
    words: Any
    limit: Any
    names: list[str]


def main() -> None:
    """Cross-validate, print, and train on everything if told to."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("texts", type=Path, nargs="+")
    parser.add_argument("--folds", type=int, default=5, help="0: no cross-validation")
    parser.add_argument("--drop", action="append", default=[], help="a group of columns to leave out: an ablation")
    parser.add_argument("--write", action="store_true", help="train on everything and replace the model")
    parser.add_argument("--date", help="the day of training, YYYY-MM-DD, noted in the models")
    args = parser.parse_args()
    texts = load(args.texts)
    words = Words(texts)
    views = {name: read(texts, name, args.drop, words) for name in SHARES}
    fold = np.array([number(text["domain"]) % max(args.folds, 1) for text in texts])
    if args.folds:
        whole = views["whole"]
        residue = {name: np.zeros(len(view.gold)) for name, view in views.items()}
        for f in range(args.folds):
            model = train(texts, views, fold != f)
            for name, view in views.items():
                held = fold[view.text] == f
                residue[name][held] = model.predict(view.rows[held])
        report(texts, whole, residue["whole"])
        again = views["clean"]
        gold = np.array([text["gold"] for text in texts])[again.text]
        gone = again.words[gold & (residue["clean"] > again.limit)].sum() / again.words[gold].sum()
        print(f"words that a second cleaning of gold texts would take: {gone:.2%}")
    if args.write:
        said = provenance(args.texts, trained=args.date)
        save(train(texts, views, fold >= 0), views["whole"].names, MODELS / "text.npz", said)
        words.save(MODELS / "word_weights.npz", said)


def read(texts: list[dict[str, Any]], view: str, drop: list[str], weights: Words) -> Lines:
    """All lines of one view."""
    rows, gold, owner, words, limits, names = [], [], [], [], [], []
    for order, text in enumerate(texts):
        blocks, labels = look(text, view)
        if not blocks:
            continue
        columns = text_features(blocks, weights.without(text["domain"])).columns
        names = [name for name in columns if name.partition(".")[0] not in drop]
        rows.append(np.stack([columns[name] for name in names], axis=1).astype(np.float32))
        gold += [GOLD.get(label, 3) for label in labels]
        owner += [order] * len(blocks)
        words.append(np.expm1(columns["shape.words"]))
        limits.append(thresholds(columns))
    return Lines(
        np.concatenate(rows), np.array(gold), np.array(owner), np.concatenate(words), np.concatenate(limits), names
    )


def train(texts: list[dict[str, Any]], views: dict[str, Lines], chosen: Any) -> Any:
    """A booster trained on the texts where `chosen` is on."""
    heavy = np.array([text["converter"] == "inscriptis" for text in texts])
    news = np.array([text["news"] for text in texts])
    gold_texts = np.array([text["gold"] for text in texts])
    chance = np.random.default_rng(3)
    rows, gold, weights = [], [], []
    for name, view in views.items():
        light_share, heavy_share = SHARES[name]
        use = chance.random(len(view.gold)) < np.where(heavy[view.text], heavy_share, light_share)
        use &= chosen[view.text] & (view.gold < 3)
        weight = np.clip(np.sqrt(view.words / 15), 0.5, 3) * np.where(news[view.text], NEWS_WEIGHT, 1)
        weight *= (
            np.where(view.gold == 2, TITLE_WEIGHT, 1)
            * VIEW_WEIGHT[name]
            * np.where(gold_texts[view.text], 1, SECOND_HAND)
        )
        rows.append(view.rows[use])
        gold.append(view.gold[use] == 1)
        weights.append(weight[use])
    table = lightgbm.Dataset(
        np.concatenate(rows), np.concatenate(gold), weight=np.concatenate(weights), feature_name=views["whole"].names
    )
    return lightgbm.train(PARAMETERS, table, ROUNDS)


def report(texts: list[dict[str, Any]], lines: Lines, residue: Any) -> None:
    """Print, slice by slice, how good the stripping is that the thresholds of `ingest.core.labelling.text_classifier` would do."""
    slices = {
        "seedlike": [text["gold"] and text["news"] and text["converter"] == "resiliparse" for text in texts],
        "news": [text["gold"] and text["news"] for text in texts],
        "all": [text["gold"] for text in texts],
    }
    gone = residue > lines.limit
    keep, strip = lines.gold == 0, lines.gold == 1

    def per_text(where: Any) -> Any:
        return np.bincount(lines.text[where], lines.words[where], len(texts))

    lost, kept = per_text(keep & gone), per_text(keep)
    wrong = np.bincount(lines.text[(keep & gone) | (strip & ~gone)], minlength=len(texts))
    for name, members in slices.items():
        chosen = np.array(members)
        here = chosen[lines.text]
        hits = (here & strip & gone).sum()
        f1 = 2 * hits / ((here & strip).sum() + (here & (keep | strip) & gone).sum())
        print(
            f"{name:9} F1 {f1:.3f}  lost {lost[chosen].sum() / kept[chosen].sum():.2%}"
            f"  harmed {(lost > 0.1 * kept)[chosen].mean():.1%}  exact {(wrong == 0)[chosen].mean():.1%}"
        )


if __name__ == "__main__":
    main()
