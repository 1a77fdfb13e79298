"""Train the labeller of pages: boosted trees over `ingest.evidence.layout`, written to ingest/models/.

    python benchmarks/train_pages.py PAGES [--folds 5] [--drop GROUP ...]

PAGES is a folder as `gold.py` describes. Two forests are made: page.npz, and page_asked.npz, which also sees what the main-region
finder says and decides where the first is in doubt. With --folds nothing is written: the pages of each fifth of the domains are scored by
trees that saw the other domains alone, which is the only honest figure; --drop leaves groups of evidence out (an ablation).
Needs lightgbm, which the package itself never imports. Same pages, same versions: same file.
"""

from __future__ import annotations

import argparse
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import lightgbm
import numpy as np
from export import save
from gold import Page, pages, scores, shares, words

from ingest.choose import choose
from ingest.compose import valid
from ingest.evidence.layout import asked, features
from ingest.evidence.page import DOUBT, MODEL, MODEL_ASKED, SURE, again, doubt
from ingest.parse.html import read_page

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

MODELS = Path(__file__).parents[1] / "ingest"
PARAMETERS = {
    "objective": "binary",
    "extra_trees": True,  # thresholds drawn at random: 700 pages are few, and searched ones fit their templates
    "learning_rate": 0.08,
    "num_leaves": 31,
    "min_data_in_leaf": 60,
    "feature_fraction": 0.3,
    "bagging_fraction": 0.8,
    "bagging_freq": 1,
    "lambda_l2": 5,
    "max_bin": 63,
    "seed": 7,
    "deterministic": True,
    "force_row_wise": True,
    "num_threads": 2,
    "verbose": -1,
}
ROUNDS = 250
IS_BODY = 0.6
"""Share of a block's words that the gold says from which it is body."""

LEAST_WORDS = 50
LEAST_BLOCKS = 4
A_BLOCK = 0.5
"""What a block weighs beside its words: both are shares of the gold body, so that every page weighs the same."""

SLICES = {"fundus-test": 3.0, "scrapinghub": 2.0}
"""What a page weighs: news, in twenty languages, is what we are for, and most of the pages are English blogs."""

SEGMENT = 1.5
"""What a block with a wanted or an unwanted segment weighs, on pages whose gold says no more."""


PLAIN_LINK = (0.9, 9)
"""Share in links and words of blocks of which one in four is enough to learn from; they are most of all blocks."""


@dataclass(frozen=True)
class Example:
    """A page as the labeller sees it. `told` are the blocks of which the gold says something, with label and weight."""

    page: Page
    texts: list[str]
    rows: NDArray[np.float32]
    told: NDArray[np.intp]
    body: NDArray[np.float64]
    weight: NDArray[np.float64]
    lengths: NDArray[np.float64]
    before: int
    """Columns that are known before the main-region finder is asked; its own come after them."""


def example(page: Page) -> tuple[tuple[str, ...], Example] | None:
    """Columns' names and the example; None for a page without text."""
    blocks, found, region = read_page(page.html, url=page.url)
    if not blocks:
        return None
    claims = tuple(valid(found))
    headline = choose(claims).get("headline")
    names, rows = features(blocks, claims, headline.value if headline else None)
    more, said = asked(blocks, region() or "")
    texts = [block.text for block in blocks]
    lengths = np.expm1(rows[:, names.index("shape.words")]).astype(np.float64)
    told, body, weight = (_by_bodies if page.bodies else _by_segments)(page, texts)
    plain = (rows[told, names.index("own.links")] >= PLAIN_LINK[0]) & (lengths[told] < PLAIN_LINK[1]) & (body == 0)
    some = ~plain | (told % 4 == 0)
    weight = np.where(plain, 4 * weight, weight)
    parts = told[some], body[some], weight[some]
    return names + more, Example(page, texts, np.hstack((rows, said)), *parts, lengths, len(names))


def _by_bodies(page: Page, texts: list[str]) -> tuple[Any, ...]:
    body = np.array(shares(texts, page.bodies)) >= IS_BODY
    length = np.array([len(words(text)) for text in texts], np.float64)
    share = length / max(LEAST_WORDS, length[body].sum()) + A_BLOCK / max(LEAST_BLOCKS, body.sum())
    return np.arange(len(texts)), body.astype(np.float64), 10 * SLICES.get(page.slice, 1.0) * share


def _by_segments(page: Page, texts: list[str]) -> tuple[Any, ...]:
    wanted, unwanted = ([" ".join(part.split()) for part in parts] for parts in (page.wanted, page.unwanted))
    good = np.array([any(part in text for part in wanted) for text in texts])
    bad = np.array([any(part in text for part in unwanted) for text in texts])
    told = np.flatnonzero(good != bad)
    return told, good[told].astype(np.float64), np.full(len(told), SEGMENT)


def train(examples: Sequence[Example], columns: NDArray[np.intp]) -> Any:
    """A lightgbm booster."""
    rows = np.vstack([e.rows[e.told][:, columns] for e in examples])
    body, weight = (np.concatenate([getattr(e, name) for e in examples]) for name in ("body", "weight"))
    return lightgbm.train(PARAMETERS, lightgbm.Dataset(rows, body, weight=weight), ROUNDS)


def out_of_fold(
    examples: Sequence[Example], sets: Sequence[NDArray[np.intp]], names: Sequence[str], folds: int
) -> None:
    """Print the scores of trees that never saw the domain they are scored on, and how often the finder is asked."""
    fold = [zlib.crc32(e.page.domain.encode()) % folds for e in examples]
    kept: list[tuple[Example, list[NDArray[np.float64]]]] = []
    for held in range(folds):
        boosters = [train([e for e, at in zip(examples, fold, strict=True) if at != held], columns) for columns in sets]
        kept += [
            (
                e,
                [
                    np.asarray(booster.predict(e.rows[:, columns]))
                    for booster, columns in zip(boosters, sets, strict=True)
                ],
            )
            for e in (e for e, at in zip(examples, fold, strict=True) if at == held)
        ]
    unsure = [doubt(e.lengths, answers[0]) > DOUBT for e, answers in kept]
    for title, choice in (
        ("never asked", [0] * len(kept)),
        (f"asked {np.mean(unsure):.1%}", unsure),
        ("asked always", [1] * len(kept)),
    ):
        bodies = [(e.page, _body(e, answers[int(at)], names)) for (e, answers), at in zip(kept, choice, strict=True)]
        for name, cells in scores(bodies).items():
            print(f"{title:14} {name:18}", "  ".join(f"{m} {value:.4f}" for m, value in cells.items()), flush=True)


def _body(example: Example, answer: NDArray[np.float64], names: Sequence[str]) -> str:
    kept = (answer >= SURE) & ~again(names, example.rows)
    return "\n\n".join(text for text, keep in zip(example.texts, kept, strict=True) if keep)


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("pages", type=Path)
    parser.add_argument("--folds", type=int, help="score out of fold, by domain, instead of writing the models")
    parser.add_argument("--drop", action="append", default=[], help="a group of evidence to leave out")
    args = parser.parse_args()
    made = [found for page in pages(args.pages) if (found := example(page))]
    names, examples = made[0][0], [e for _, e in made]
    before = examples[0].before
    columns = np.array([at for at, name in enumerate(names) if name.split(".")[0] not in args.drop])
    sets = [columns[columns < before], columns]
    if args.folds:
        out_of_fold(examples, sets, names, args.folds)
    elif args.drop:
        parser.error("a model is written with all of its evidence")
    else:
        for chosen, resource in zip(sets, (MODEL, MODEL_ASKED), strict=True):
            save(train(examples, chosen), [names[at] for at in chosen], MODELS / resource)


if __name__ == "__main__":
    main()
