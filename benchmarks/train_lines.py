"""Train the labeller of text lines and write ingest/models/lines.npz.

    python benchmarks/train_lines.py dev.jsonl.gz [more.jsonl.gz] [--folds 5] [--drop GROUP] [--write]

A text a line: domain, converter, news, lines [{text, label}]; labels keep, strip, title, neutral, blank. Texts of one domain are
never on both sides: what is printed was predicted by models that had not seen the domain. Each text is seen three times: as it
is; with most of its residue gone at random, since residue is light where an extractor has been before us; and with all of it gone,
since what has been cleaned must be left alone. Needs lightgbm, scikit-learn. One thread: the same input gives the same model.
A word's weight is learned without the text's own domain, so that it means in training what it means on a page never seen. The texts of
further files (benchmarks/texts_of_pages.py makes them) are second-hand gold: they are trained on at half the weight, never scored on.
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
import scipy.sparse
from sklearn.linear_model import LogisticRegression

sys.path.insert(0, str(Path(__file__).parent))
from export import save

from ingest.compose import join
from ingest.evidence.features import evidence
from ingest.evidence.habits import grams
from ingest.evidence.lines import thresholds
from ingest.evidence.reading import Floats, Hashes, Shelf
from ingest.evidence.reading import read as read_lines
from ingest.parse.text import text_blocks

MODELS = Path(__file__).parent.parent / "ingest" / "models"
ROUNDS = 130
PARAMETERS = {
    "objective": "binary", "num_leaves": 31, "max_depth": 6, "learning_rate": 0.1, "min_child_samples": 40,
    "feature_fraction": 0.4, "bagging_fraction": 0.8, "bagging_freq": 1, "lambda_l2": 5, "max_bin": 63,
    "seed": 7, "num_threads": 1, "deterministic": True, "force_row_wise": True, "verbose": -1,
}  # fmt: skip
SHARES = {"whole": (1.0, 0.3), "thin": (0.5, 0.6), "clean": (0.35, 0.1)}
"""Lines that each view gives to training: of texts with light residue, and of those that keep a whole page's (inscriptis)."""
DOMAINS = 4
"""A word counts that stands on so many domains: no site's own words get in."""
PARTS = 6
"""Into so many parts the domains are divided for the weights of words."""
STRICTNESS = 0.3
"""How far the weights may go from 0: scikit-learn's C."""
HEAVY_WEIGHT = 0.3
"""Of a line of a whole page's text, in the weights of words; others count 1."""
GOLD = {"keep": 0, "strip": 1, "title": 2}
VIEW_WEIGHT = {"whole": 1.0, "thin": 0.6, "clean": 1.2}
NEWS_WEIGHT = 2.0
SECOND_HAND = 0.5
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


class Words:
    """What each word, pair and first word of a line says of residue: a logistic regression on lines, by their grams alone.

    One for each part of the domains, which has not seen them, and one that has seen all, which is what ships.
    """

    def __init__(self, texts: list[dict[str, Any]]) -> None:
        self.part = {text["domain"]: number(text["domain"], "words") % PARTS for text in texts}
        gram, at, words = [], [], []
        gold: list[int] = []
        owner: list[int] = []
        for order, text in enumerate(texts):
            blocks, labels = look(text, "whole")
            if blocks:
                reading = read_lines([block.text for block in blocks])
                grams_, lines = grams(reading)
                gram.append(grams_)
                at.append(lines + len(gold))
                gold += [GOLD.get(label, 3) for label in labels]
                owner += [order] * len(labels)
                words.append(reading.words)
        by_domain: dict[str, list[Hashes]] = {}
        for grams_, order in zip(gram, dict.fromkeys(owner), strict=True):
            by_domain.setdefault(texts[order]["domain"], []).append(grams_)
        domains = np.concatenate([np.unique(np.concatenate(parts)) for parts in by_domain.values()])
        keys, often = np.unique(domains, return_counts=True)
        self.shelf = Shelf.of(keys[often >= DOMAINS])
        found, key = self.shelf.find(np.concatenate(gram))
        row, length = np.concatenate(at)[found], np.concatenate(words)
        self.rows = scipy.sparse.csr_matrix(
            (1 / np.sqrt(2 * length[row]), (row, key)), (len(gold), len(self.shelf.keys)), np.float32
        )
        self.gold = np.array(gold)
        heavy = np.array([text["converter"] == "inscriptis" for text in texts])[owner]
        weight = np.clip(np.sqrt(length / 15), 0.5, 3) * np.where(self.gold == 2, TITLE_WEIGHT, 1)
        self.weight = weight * np.where(heavy, HEAVY_WEIGHT, 1) * (self.gold < 3)
        self.parts = np.array([self.part[text["domain"]] for text in texts])[owner]
        self.weights = [self.fit(self.parts != part) for part in range(PARTS)]

    def fit(self, chosen: Any) -> Floats:
        """The weights as these lines give them."""
        use = chosen & (self.weight > 0)
        model = LogisticRegression(C=STRICTNESS, max_iter=60)
        model.fit(self.rows[use], self.gold[use] == 1, sample_weight=self.weight[use])
        return np.asarray(model.coef_[0])

    def without(self, domain: str) -> Callable[[Hashes], Floats]:
        """The weights of the part that has not seen the domain."""
        weights = self.weights[self.part[domain]]

        def weigh(gram: Hashes) -> Floats:
            found = np.zeros(len(gram))
            at, key = self.shelf.find(gram)
            found[at] = weights[key]
            return found

        return weigh

    def save(self, path: Path) -> None:
        """Write the words and their weights, the words as hashes."""
        weights = self.fit(np.ones(len(self.gold), bool))
        np.savez_compressed(path, keys=self.shelf.keys, weights=weights.astype(np.float16))


def main() -> None:
    """Cross-validate, print, and train on everything if told to."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("texts", type=Path, nargs="+")
    parser.add_argument("--folds", type=int, default=5, help="0: no cross-validation")
    parser.add_argument("--drop", action="append", default=[], help="a group of columns to leave out: an ablation")
    parser.add_argument("--write", action="store_true", help="train on everything and replace the model")
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
        save(train(texts, views, fold >= 0), views["whole"].names, MODELS / "lines.npz")
        words.save(MODELS / "words.npz")


def load(paths: list[Path]) -> list[dict[str, Any]]:
    """The texts of all files; those of the first are gold. A host below a domain of the gold's belongs to it."""
    texts: list[dict[str, Any]] = []
    for path in paths:
        known = {text["domain"] for text in texts}
        with gzip.open(path, "rt") as lines:
            for text in map(json.loads, lines):
                parts = text["domain"].split(".")
                above = (".".join(parts[at:]) for at in range(len(parts)))
                domain = next((domain for domain in above if domain in known), text["domain"])
                texts.append(text | {"domain": domain, "gold": path == paths[0]})
    return texts


def number(domain: str, salt: str = "") -> int:
    """A number for a domain, the same in every run."""
    return int(hashlib.sha256((salt + domain).encode()).hexdigest(), 16)


def read(texts: list[dict[str, Any]], view: str, drop: list[str], weights: Words) -> Lines:
    """All lines of one view."""
    rows, gold, owner, words, limits, names = [], [], [], [], [], []
    for order, text in enumerate(texts):
        blocks, labels = look(text, view)
        if not blocks:
            continue
        columns = evidence(blocks, weights.without(text["domain"])).columns
        names = [name for name in columns if name.partition(".")[0] not in drop]
        rows.append(np.stack([columns[name] for name in names], axis=1).astype(np.float32))
        gold += [GOLD.get(label, 3) for label in labels]
        owner += [order] * len(blocks)
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
    """Print, slice by slice, how good the stripping is that the thresholds of `ingest.evidence.lines` would do."""
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
