"""Train the labeller of text lines and write ingest/models/lines.npz.

    python benchmarks/train_lines.py dev.jsonl.gz [--folds 5] [--drop GROUP] [--write]

A text a line: domain, converter, news, lines [{text, label}]; labels keep, strip, title, neutral, blank. Texts of one domain are
never on both sides: what is printed was predicted by models that had not seen the domain. Each text is seen three times: as it
is; with most of its residue gone at random, since residue is light where an extractor has been before us; and with all of it gone,
since what has been cleaned must be left alone. Needs lightgbm. One thread: the same input gives the same model.
A word's weight is counted without the text's own domain, so that it means in training what it means on a page never seen.
"""

from __future__ import annotations

import argparse
import gzip
import hashlib
import json
import random
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import lightgbm
import numpy as np

sys.path.insert(0, str(Path(__file__).parent))
from export import save

from ingest.compose import join
from ingest.evidence.features import features
from ingest.evidence.habits import grams
from ingest.evidence.lines import thresholds
from ingest.evidence.reading import Floats, Hashes, Shelf
from ingest.evidence.reading import read as read_lines
from ingest.parse.text import text_blocks

MODELS = Path(__file__).parent.parent / "ingest" / "models"
ROUNDS = 150
PARAMETERS = {
    "objective": "binary", "num_leaves": 31, "max_depth": 6, "learning_rate": 0.08, "min_child_samples": 40,
    "feature_fraction": 0.4, "bagging_fraction": 0.8, "bagging_freq": 1, "lambda_l2": 5, "max_bin": 63,
    "seed": 7, "num_threads": 1, "deterministic": True, "force_row_wise": True, "verbose": -1,
}  # fmt: skip
SHARES = {"whole": (1.0, 0.3), "thin": (0.5, 0.6), "clean": (0.35, 0.1)}
"""Lines that each view gives to training: of texts with light residue, and of those that keep a whole page's (inscriptis)."""
DOMAINS = 4
"""A word counts that stands on so many domains, the text's own left out …"""
FLAT = 0.3
"""… and whose log odds are farther from 0 than this."""
VIEW_WEIGHT = {"whole": 1.0, "thin": 0.6, "clean": 1.2}
NEWS_WEIGHT = 2.0
TITLE_WEIGHT = 0.5
"""Titles are no residue: structure finds them, and finds no headline where the model has taken it for a menu."""


@dataclass(frozen=True, eq=False)
class Lines:
    """All lines of one view of the texts: features, gold (0 keep, 1 strip, 2 title, 3 neither), each line's text, its words."""

    rows: Any
    gold: Any
    text: Any
    words: Any
    limit: Any
    names: list[str]


class Counts:
    """On how many domains each word, pair and first word stands in residue, and on how many in articles."""

    def __init__(self, texts: list[dict[str, Any]]) -> None:
        seen: dict[str, list[list[Hashes]]] = {}
        for text in texts:
            lines = [line for line in text["lines"] if line["label"] in ("keep", "strip") and line["text"].strip()]
            if lines:
                gram, at = grams(read_lines([" ".join(line["text"].split()) for line in lines]))
                strip = np.array([line["label"] == "strip" for line in lines])[at]
                parts = seen.setdefault(text["domain"], [[], []])
                parts[0].append(gram[strip])
                parts[1].append(gram[~strip])
        self.own = {domain: [np.unique(np.concatenate(part)) for part in parts] for domain, parts in seen.items()}
        everything = [np.concatenate([own[side] for own in self.own.values()]) for side in (0, 1)]
        self.shelf = Shelf.of(np.unique(np.concatenate(everything)))
        self.domains = [
            np.bincount(self.shelf.find(grams_)[1], minlength=len(self.shelf.keys)) for grams_ in everything
        ]

    def without(self, domain: str) -> Callable[[Hashes], Floats]:
        """The weights as all domains but this one give them."""
        mine = self.own.get(domain, [np.zeros(0, np.uint64)] * 2)

        def weigh(gram: Hashes) -> Floats:
            weights = np.zeros(len(gram))
            at, key = self.shelf.find(gram)
            strip, keep = (self.domains[side][key] - np.isin(gram[at], mine[side]) for side in (0, 1))
            weights[at] = self.odds(strip, keep)
            return weights

        return weigh

    @staticmethod
    def odds(strip: Any, keep: Any) -> Any:
        """Log odds of residue from the numbers of domains; 0 where they say little."""
        odds = np.log((strip + 0.5) / (keep + 0.5))
        return np.where((strip + keep >= DOMAINS) & (np.abs(odds) > FLAT), odds, 0)

    def save(self, path: Path) -> None:
        """Write the words that have a weight, as hashes."""
        weights = self.odds(*self.domains)
        chosen = weights != 0
        np.savez_compressed(path, keys=self.shelf.keys[chosen], weights=weights[chosen].astype(np.float16))


def main() -> None:
    """Cross-validate, print, and train on everything if told to."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("texts", type=Path)
    parser.add_argument("--folds", type=int, default=5, help="0: no cross-validation")
    parser.add_argument("--drop", action="append", default=[], help="a group of columns to leave out: an ablation")
    parser.add_argument("--write", action="store_true", help="train on everything and replace the model")
    args = parser.parse_args()
    with gzip.open(args.texts, "rt") as lines:
        texts = [json.loads(line) for line in lines]
    counts = Counts(texts)
    views = {name: read(texts, name, args.drop, counts) for name in SHARES}
    fold = np.array([int(hashlib.sha256(t["domain"].encode()).hexdigest(), 16) % max(args.folds, 1) for t in texts])
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
        gone = again.words[residue["clean"] > again.limit].sum() / again.words.sum()
        print(f"words that a second cleaning of gold texts would take: {gone:.2%}")
    if args.write:
        save(train(texts, views, fold >= 0), views["whole"].names, MODELS / "lines.npz")
        counts.save(MODELS / "words.npz")


def read(texts: list[dict[str, Any]], view: str, drop: list[str], counts: Counts) -> Lines:
    """All lines of one view."""
    rows, gold, owner, words, limits, names = [], [], [], [], [], []
    for number, text in enumerate(texts):
        blocks, labels = look(text, view)
        if not blocks:
            continue
        columns = features(blocks, counts.without(text["domain"]))
        names = [name for name in columns if name.partition(".")[0] not in drop]
        rows.append(np.stack([columns[name] for name in names], axis=1).astype(np.float32))
        gold += [{"keep": 0, "strip": 1, "title": 2}.get(label, 3) for label in labels]
        owner += [number] * len(blocks)
        words.append(np.expm1(columns["shape.words"]))
        limits.append(thresholds(columns))
    return Lines(
        np.concatenate(rows), np.array(gold), np.array(owner), np.concatenate(words), np.concatenate(limits), names
    )


def look(text: dict[str, Any], view: str) -> tuple[list[Any], list[str]]:
    """The blocks and labels of one view of a text; none where parsing joined lines and the labels no longer fit."""
    labels = [line["label"] for line in text["lines"] if line["text"].strip()]
    blocks = list(text_blocks("\n".join(line["text"] for line in text["lines"])))
    if len(blocks) != len(labels):
        return [], []
    if view == "whole":
        return blocks, labels
    chance = random.Random(text["id"])  # noqa: S311
    density = chance.choice((0.05, 0.2, 0.5))
    stays = False
    chosen = []
    for at, label in enumerate(labels):
        if label != "strip" or chance.random() < 0.15:  # residue goes or stays in runs
            stays = chance.random() < density
        if label != "strip" or (stays and view == "thin"):
            chosen.append(at)
    blocks, labels = [blocks[at] for at in chosen], [labels[at] for at in chosen]
    if view == "clean" and blocks:
        again = list(text_blocks(join(blocks)))  # with the blank lines that a body has
        return (again, labels) if len(again) == len(labels) else (blocks, labels)
    return blocks, labels


def train(texts: list[dict[str, Any]], views: dict[str, Lines], chosen: Any) -> Any:
    """A booster trained on the texts where `chosen` is on."""
    heavy = np.array([text["converter"] == "inscriptis" for text in texts])
    news = np.array([text["news"] for text in texts])
    chance = np.random.default_rng(3)
    rows, gold, weights = [], [], []
    for name, view in views.items():
        light_share, heavy_share = SHARES[name]
        use = chance.random(len(view.gold)) < np.where(heavy[view.text], heavy_share, light_share)
        use &= chosen[view.text] & (view.gold < 3)
        weight = np.clip(np.sqrt(view.words / 15), 0.5, 3) * np.where(news[view.text], NEWS_WEIGHT, 1)
        weight *= np.where(view.gold == 2, TITLE_WEIGHT, 1) * VIEW_WEIGHT[name]
        rows.append(view.rows[use])
        gold.append(view.gold[use] == 1)
        weights.append(weight[use])
    table = lightgbm.Dataset(
        np.concatenate(rows), np.concatenate(gold), weight=np.concatenate(weights), feature_name=views["whole"].names
    )
    return lightgbm.train(PARAMETERS, table, ROUNDS)


def report(texts: list[dict[str, Any]], lines: Lines, residue: Any) -> None:
    """Print, slice by slice, how good the stripping is that the thresholds of `ingest.evidence.lines` would do."""
    slices = {
        "seedlike": [text["news"] and text["converter"] == "resiliparse" for text in texts],
        "news": [text["news"] for text in texts],
        "all": [True for _ in texts],
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
