"""Texts with gold labels, and what each word says of residue: read and learned here, for the labellers of lines and of pages.

A text a line: domain, converter, news, lines [{text, label}]; labels keep, strip, title, neutral, blank. A word's weight is learned
without the text's own domain, so that it means in training what it means on a page never seen.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import random
from collections.abc import Callable, Container, Mapping
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import scipy.sparse
from sklearn.linear_model import LogisticRegression

from ingest.core.compose import join_blocks
from ingest.core.labelling.tokens import Floats
from ingest.core.labelling.tokens import tokenize as read_lines
from ingest.core.labelling.word_weights import ngrams
from ingest.core.parse.plaintext import text_blocks
from ingest.core.text.hashes import Hashes, HashIndex
from training.provenance import ARRAY, as_array

DOMAINS = 4
"""A word counts that stands on so many domains: no site's own words get in."""
PARTS = 6
"""Into so many parts the domains are divided for the weights of words."""
STRICTNESS = 0.3
"""How far the weights may go from 0: scikit-learn's C."""
HEAVY_WEIGHT = 0.3
"""Of a line of a whole page's text, in the weights of words; others count 1."""
GOLD = {"keep": 0, "strip": 1, "title": 2}
TITLE_WEIGHT = 0.5
"""Titles are no residue: structure finds them, and finds no headline where the model has taken it for a menu."""


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
                grams_, lines = ngrams(reading)
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
        self.shelf = HashIndex.of(keys[often >= DOMAINS])
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

    @cached_property
    def all(self) -> Floats:
        """The weights that have seen all texts."""
        return self.fit(np.ones(len(self.gold), bool))

    def without(self, domain: str) -> Callable[[Hashes], Floats]:
        """The weights of the part that has not seen the domain; of a domain without a text, those of all."""
        known = belongs(domain, self.part)
        weights = self.weights[self.part[known]] if known in self.part else self.all

        def weigh(gram: Hashes) -> Floats:
            found = np.zeros(len(gram))
            at, key = self.shelf.find(gram)
            found[at] = weights[key]
            return found

        return weigh

    def save(self, path: Path, provenance: Mapping[str, Any]) -> None:
        """Write the words and their weights, the words as hashes, and the provenance."""
        np.savez_compressed(
            path, **{ARRAY: as_array(provenance)}, keys=self.shelf.keys, weights=self.all.astype(np.float16)
        )


def load(paths: list[Path]) -> list[dict[str, Any]]:
    """The texts of all files; those of the first are gold. A host below a domain of the gold's belongs to it."""
    texts: list[dict[str, Any]] = []
    for path in paths:
        known = {text["domain"] for text in texts}
        with gzip.open(path, "rt") as lines:
            texts += [
                text | {"domain": belongs(text["domain"], known), "gold": path == paths[0]}
                for text in map(json.loads, lines)
            ]
    return texts


def belongs(host: str, known: Container[str]) -> str:
    """The known domain that a host is, or is below; the host where none is."""
    parts = host.split(".")
    above = (".".join(parts[at:]) for at in range(len(parts)))
    return next((domain for domain in above if domain in known), host)


def number(domain: str, salt: str = "") -> int:
    """A number for a domain, the same in every run."""
    return int(hashlib.sha256((salt + domain).encode()).hexdigest(), 16)


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
        again = list(text_blocks(join_blocks(blocks)))  # with the blank lines that a body has
        return (again, labels) if len(again) == len(labels) else (blocks, labels)
    return blocks, labels
