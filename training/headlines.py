"""Fit the choice of a text's headline and write ingest/core/labelling/models/headline.json.

    python -m training.headlines dev.jsonl.gz [more.jsonl.gz] [--folds 3] [--write --date YYYY-MM-DD]

A text a line: domain, url, title, converter, news, lines [{text, label}]; the lines labelled title show the headline. The choice is a
conditional logit: one weight a column, and a score for "no line is it". Texts of one domain are never on both sides: the labeller of
lines that the columns come from, too, is trained anew for each fold without it, from further files as well, which are not scored. Each text is seen twice, without its address, as
files come, and with it; of some a wire is made besides, the first lines alone, to learn from and never to score. Needs lightgbm, scikit-learn, scipy. The same input gives the same model.
"""

from __future__ import annotations

import argparse
import json
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.optimize import minimize

from benchmarks.quality.text import says as is_headline
from ingest.core.labelling import text_classifier
from ingest.core.labelling.boilerplate_labels import labels_if_boilerplate
from ingest.core.labelling.headline_columns import Candidates, candidates
from ingest.core.labelling.label import ruled
from ingest.core.labelling.text_features import text_features
from ingest.core.labelling.title_text import stems
from ingest.core.packs import load_packs
from ingest.core.parse.plaintext import text_blocks
from training import text_model
from training.provenance import provenance
from training.word_weights import Words, load, number

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

MODEL = Path(__file__).parents[1] / "ingest/core/labelling/models/headline.json"
NEWS_WEIGHT = 2.0
STRICTNESS = 0.2
"""How dear weights are that lie far from 0, for columns scaled to a deviation of 1."""
WIRE_LINES = 8
"""Lines of an article that a made wire has."""


@dataclass(frozen=True)
class Example:
    """A text's candidates, and which of them say its headline: right where none does is to choose none."""

    text: dict[str, Any]
    found: Candidates
    right: tuple[bool, ...]
    good: tuple[bool, ...]
    """Which may be learned as right: those, and other titles of the same page, such as the title with its kicker."""


def main() -> None:
    """Score out of fold, and fit on everything if told to."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("texts", type=Path, nargs="+")
    parser.add_argument("--folds", type=int, default=3)
    parser.add_argument("--write", action="store_true")
    parser.add_argument("--date", help="the day of training, YYYY-MM-DD, noted in the model")
    args = parser.parse_args()
    texts = load(args.texts)
    held = [number(text["domain"]) % args.folds for text in texts]
    examples: list[Example] = []
    for part in range(args.folds):
        judge = without([text for text, at in zip(texts, held, strict=True) if at != part])
        examples += [
            each
            for text, at in zip(texts, held, strict=True)
            if at == part and text["gold"]
            for each in seen(text, judge)
        ]
    said = provenance(args.texts, trained=args.date) if args.write else None
    score_and_fit(examples, args.folds, said)


def without(texts: list[dict[str, Any]]) -> Any:
    """A labeller of lines that has seen these texts alone."""
    weights = Words(texts)
    views = {name: text_model.read(texts, name, [], weights) for name in text_model.SHARES}
    model = text_model.train(texts, views, np.ones(len(texts), bool))

    def judge(blocks: Sequence[Any]) -> Any:
        found = text_features(blocks, weights.without(""))
        residue = model.predict(np.stack([found.columns[name] for name in views["whole"].names], axis=1))
        return text_classifier.judgement(blocks, found, residue, *labels_if_boilerplate([found]))

    return judge


def seen(text: dict[str, Any], judge: Any) -> Iterator[Example]:
    """The text without its address, and with it; and what a wire would have sent of it."""
    yield from examples_of(text, judge, (None, text["url"]))
    for wire in as_wires(text):
        yield from examples_of(wire, judge, (None,))


def as_wires(text: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The article's first lines alone, parted by blank lines, with its headline and without: made, never scored."""
    title = next((line for line in text["lines"] if line["label"] == "title"), None)
    body = [line for line in text["lines"] if line["label"] == "keep"][:WIRE_LINES]
    if text["converter"] != "resiliparse" or title is None or not body:
        return
    blank = {"text": "", "label": "blank"}
    for lines_ in ([title, *body], body):
        yield text | {"lines": [each for line in lines_ for each in (line, blank)], "made": True}


def examples_of(text: dict[str, Any], judge: Any, urls: Sequence[str | None]) -> Iterator[Example]:
    """One for each address, or none."""
    blocks = text_blocks("\n".join(line["text"] for line in text["lines"]))
    if not blocks:
        return
    rulebook = load_packs().rulebook(None, None, [block.text for block in blocks])
    blocks, rows = ruled(blocks, rulebook, None)
    judged = judge(blocks)
    for url in urls:
        found = candidates(blocks, rows, judged, url)
        yield Example(
            text | {"address": url is not None},
            found,
            tuple(says(line, text) for line in found.texts),
            tuple(nearly(line, text) for line in found.texts),
        )


def says(found: str, text: dict[str, Any]) -> bool:
    """Whether a line is the headline: as shown, as the page's title, or its beginning."""
    shown = [line["text"] for line in text["lines"] if line["label"] == "title"]
    return is_headline(found, [text["title"] or "", *shown])


def nearly(found: str, text: dict[str, Any]) -> bool:
    """Whether a line says the headline in other words: another title of the same page is no error to learn from."""
    if says(found, text):
        return True
    mine = stems(found)
    for gold in (text["title"], *(line["text"] for line in text["lines"] if line["label"] == "title")):
        wanted = stems(gold or "")
        if len(wanted) >= 3 and len(mine & wanted) >= 0.6 * max(len(wanted), len(mine) - 4):
            return True
    return False


def score_and_fit(examples: list[Example], folds: int, said: Mapping[str, Any] | None) -> None:
    """Print what models make of domains that they have not seen; write the one that has seen all, with its provenance if given."""
    names = sorted({name for each in examples for name in each.found.columns})
    at = np.array([number(each.text["domain"]) % folds for each in examples])
    counts: dict[str, Counter[str]] = {}
    for part in range(folds):
        weights, nothing = fit([each for each, here in zip(examples, at, strict=True) if here != part], names)
        for each in (each for each, here in zip(examples, at, strict=True) if here == part):
            if each.text["news"] and "made" not in each.text:
                name = f"{each.text['converter']}{' with address' if each.text['address'] else ''}"
                counts.setdefault(name, Counter())[verdict(each, names, weights, nothing)] += 1
    for name, count in sorted(counts.items()):
        shown, absent = (sum(v for k, v in count.items() if k.startswith(start)) for start in ("shown", "absent"))
        print(
            f"{name:26} shown {shown:4}: "
            + " ".join(f"{k} {count[f'shown {k}'] / max(shown, 1):.3f}" for k in ("right", "wrong", "null"))
            + f" | absent {absent:4}: wrong {count['absent wrong'] / max(absent, 1):.3f}"
        )
    if said is not None:
        weights, nothing = fit(examples, names)
        columns = {name: round(float(weight), 4) for name, weight in zip(names, weights, strict=True)}
        MODEL.write_text(
            json.dumps({"provenance": said, "nothing": round(nothing, 4), "columns": columns}, indent=1) + "\n"
        )


def verdict(each: Example, names: list[str], weights: Any, nothing: float) -> str:
    """What became of an example: shown or absent, and right, wrong or null."""
    shown = any(line["label"] == "title" for line in each.text["lines"])
    scores = [*(table(each, names) @ weights), nothing]
    best = int(np.argmax(scores))
    said = "null" if best == len(each.found) else "right" if each.right[best] else "wrong"
    return f"{'shown' if shown else 'absent'} {said}"


def table(each: Example, names: list[str]) -> Any:
    """float64[candidates, names]."""
    if not each.found:
        return np.zeros((0, len(names)))
    return np.stack([each.found.columns[name] for name in names], axis=1)


def fit(examples: list[Example], names: list[str]) -> tuple[Any, float]:
    """The weights that make the right answers likeliest: one a column, and the score of "none"."""
    rows = np.concatenate([table(each, names) for each in examples])
    scale = rows.std(axis=0) + 1e-9
    lengths = np.array([len(each.found) for each in examples])
    # each example's rows, then a row for "none", whose only column is the last
    owner = np.concatenate((np.repeat(np.arange(len(examples)), lengths), np.arange(len(examples))))
    x = np.zeros((len(rows) + len(examples), len(names) + 1))
    x[: len(rows), :-1] = rows / scale
    x[len(rows) :, -1] = 1
    right = np.concatenate(
        [np.array(each.good, bool) for each in examples] + [np.array([not any(each.good) for each in examples])]
    )
    weight = np.array([NEWS_WEIGHT if each.text["news"] else 1.0 for each in examples])

    def sums(values: Any) -> Any:
        return np.bincount(owner, values, len(examples))

    def loss(w: Any) -> tuple[float, Any]:
        score = x @ w
        score -= np.maximum(0, score.max())
        odds = np.exp(score)
        total, good = sums(odds), sums(odds * right) + 1e-300
        slope = (weight / total)[owner] * odds - (weight / good)[owner] * odds * right
        cost = (weight * (np.log(total) - np.log(good))).sum() / weight.sum() + STRICTNESS / 2 * (w[:-1] ** 2).mean()
        pull = STRICTNESS * w / len(names)
        pull[-1] = 0
        return cost, x.T @ slope / weight.sum() + pull

    w = minimize(loss, np.zeros(len(names) + 1), jac=True, method="L-BFGS-B", options={"maxiter": 400}).x
    return w[:-1] / scale, float(w[-1])


if __name__ == "__main__":
    main()
