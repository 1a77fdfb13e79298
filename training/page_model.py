"""Train the labeller of pages: boosted trees over `ingest.core.labelling.page_features`, written to ingest/core/labelling/models/.

    python -m training.page_model PAGES --texts dev.jsonl.gz more.jsonl.gz [--folds 5] [--drop GROUP ...]

PAGES is a folder as `corpus.py` describes, the texts are those that text_model.py was given: the weights of words, which both labellers
look at, are learned from them. Three models are made: names.npz, page.npz, and page_with_region.npz, which also sees what the main-region
finder says and decides where page.npz is in doubt. With --folds nothing is written: the pages of each fifth of the domains are scored by
trees that saw the other domains alone, which is the only honest figure; --drop leaves groups of evidence out (an ablation).
A third of what is learned from is made: `augment.py` says why; pages that are made are never scored.
Needs lightgbm and scikit-learn, which the package itself never imports. Same pages, same versions: same file.
"""

from __future__ import annotations

import argparse
import zlib
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import lightgbm
import numpy as np

from benchmarks.quality.corpus import Page, pages, scores, shares, words
from ingest.core.labelling.page_classifier import (
    EXTRA_WORDS_PER_BLOCK,
    MAX_EXPECTED_ERROR,
    MIN_BODY_PROBABILITY,
    MODEL,
    MODEL_WITH_REGION,
    expected_error,
    repeats_headline,
)
from ingest.core.labelling.page_features import page_features, region_features
from ingest.core.metadata.resolve import resolve_claims
from ingest.core.model import Claim
from ingest.core.pipeline import read_page
from training.augment import followed, parted
from training.element_weights import Names
from training.export_forest import save
from training.word_weights import Words, load

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from numpy.typing import NDArray

    from ingest.core.labelling import element_weights, word_weights
    from ingest.core.model import Block

MODELS = Path(__file__).parents[1] / "ingest/core/labelling"
PARAMETERS = {
    "objective": "binary",
    "extra_trees": True,  # thresholds drawn at random: 700 pages are few, and searched ones fit their templates
    "learning_rate": 0.06,
    "num_leaves": 31,
    "max_depth": 8,  # all trees are walked as deep as the deepest
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
ROUNDS = 300
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


GRAFTED = 0.3
"""What a page weighs that is made of others, against a real one."""

SELDOM = 3
"""Of so many pages of a slice that is not of news one is grafted."""

FOREIGN = 3.0
"""Times that a grafted block may outweigh the mean one of the article."""


@dataclass(frozen=True)
class Source:
    """A page as parse leaves it, with the title it claims and the text that the main-region finder keeps.

    `told` are the blocks of which the gold says something, with `body` and `weight`; `weights` those of words and of elements' names,
    from pages of other domains.
    """

    page: Page
    blocks: Sequence[Block]
    claims: tuple[Claim, ...]
    headline: str | None
    region: str
    told: NDArray[np.intp]
    body: NDArray[np.float64]
    weight: NDArray[np.float64]
    weights: tuple[word_weights.WordWeights, element_weights.ElementWeights] | None = None


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
    real: bool = True
    """Whether there is such a page: the others are learned from and never scored."""


def sources(found: Iterable[Page]) -> Iterator[Source]:
    """The pages that have text, with what their gold says of it."""
    for page in found:
        blocks, claims, region = read_page(page.html, url=page.url)
        if blocks:
            headline = resolve_claims(claims).get("headline")
            gold = (_by_bodies if page.bodies else _by_segments)(page, [block.text for block in blocks])
            yield Source(page, blocks, claims, str(headline.value) if headline else None, region() or "", *gold)


def named(found: Sequence[Source]) -> Names:
    """What the elements of these pages are called."""
    domains, blocks = [source.page.domain for source in found], [source.blocks for source in found]
    return Names(domains, blocks, *([getattr(s, part) for s in found] for part in ("told", "body", "weight")))


def examples(found: Iterable[Source], words: Words, names: Names) -> Iterator[tuple[tuple[str, ...], Example]]:
    """Columns' names and the examples of each page: itself, and what is grafted of it and of the last page of its kind."""
    last: dict[tuple[str, str], tuple[str, list[str]]] = {}
    for bare in found:
        page = bare.page
        host = (urlsplit(page.url or "").hostname or "").removeprefix("www.")
        source = replace(bare, weights=(words.without(host), names.without(page.domain)))
        columns, real = example(source)
        yield columns, real
        kind = page.slice, page.domain.rsplit(".", 1)[-1]
        body = np.isin(np.arange(len(source.blocks)), source.told[source.body > 0])
        if page.bodies and source.headline:
            if page.slice in SLICES or zlib.crc32(page.id.encode()) % SELDOM == 0:
                yield from ((columns, graft) for graft in _grafts(source, body, last.get(kind)))
            last[kind] = source.headline, [text for text, wanted in zip(real.texts, body, strict=True) if wanted]


def example(source: Source) -> tuple[tuple[str, ...], Example]:
    """Columns' names and the example of a page as it is."""
    columns, rows, before = _columns(source)
    told, body, weight = source.told, source.body, source.weight
    lengths = np.expm1(rows[:, columns.index("shape.words")]).astype(np.float64)
    plain = (rows[told, columns.index("own.links")] >= PLAIN_LINK[0]) & (lengths[told] < PLAIN_LINK[1]) & (body == 0)
    some = ~plain | (told % 4 == 0)
    weight = np.where(plain, 4 * weight, weight)
    texts = [block.text for block in source.blocks]
    return columns, Example(source.page, texts, rows, told[some], body[some], weight[some], lengths, before)


def _columns(source: Source) -> tuple[tuple[str, ...], NDArray[np.float32], int]:
    names, rows = page_features(source.blocks, source.claims, source.headline, source.weights)
    more, said = region_features(source.blocks, source.region)
    return names + more, np.hstack((rows, said)), len(names)


def _grafts(source: Source, body: NDArray[np.bool_], other: tuple[str, list[str]] | None) -> Iterator[Example]:
    """The page with its article in two parts, and with another article behind it, which the finder keeps every other time."""
    if halves := parted(source.blocks, body):
        yield _grafted(replace(source, blocks=halves), body, np.zeros(len(body), bool))
    title = next((at for at, block in enumerate(source.blocks) if _is_heading(block, source.headline)), None)
    if other is None or title is None or (two := followed(source.blocks, body, title, *other)) is None:
        return
    blocks, where = two
    foreign = np.isin(np.arange(len(blocks)), np.arange(where.start, where.stop))
    both = np.zeros(len(blocks), bool)
    both[~foreign] = body
    kept = "\n".join([source.region, *other[1]]) if zlib.crc32(other[0].encode()) % 2 else source.region
    claims = (*source.claims, Claim("headline", other[0], "page"))
    yield _grafted(replace(source, blocks=blocks, claims=claims, region=kept), both, foreign)


def _is_heading(block: Block, headline: str | None) -> bool:
    return block.markup is not None and block.markup.tag == "h1" and words(block.text) == words(headline or "")


def _grafted(source: Source, body: NDArray[np.bool_], foreign: NDArray[np.bool_]) -> Example:
    """What is learned of a graft: its article, the foreign text, and every tenth of the other blocks."""
    names, rows, before = _columns(source)
    lengths = np.expm1(rows[:, names.index("shape.words")]).astype(np.float64)
    mean = 1 / max(LEAST_BLOCKS, body.sum())
    share = lengths / max(LEAST_WORDS, lengths[body].sum()) + A_BLOCK * mean
    said = foreign & (rows[:, names.index("own.links")] < PLAIN_LINK[0]) & (lengths > EXTRA_WORDS_PER_BLOCK)
    told = np.flatnonzero(body | said | (np.arange(len(body)) % 10 == 0))
    weight = 10 * GRAFTED * np.minimum(share, FOREIGN * mean)
    return Example(source.page, [], rows, told, body[told].astype(float), weight[told], lengths, before, real=False)


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


def train(made: Sequence[Example], columns: NDArray[np.intp]) -> Any:
    """A lightgbm booster."""
    rows = np.vstack([e.rows[e.told][:, columns] for e in made])
    body, weight = (np.concatenate([getattr(e, name) for e in made]) for name in ("body", "weight"))
    return lightgbm.train(PARAMETERS, lightgbm.Dataset(rows, body, weight=weight), ROUNDS)


def out_of_fold(made: Sequence[Example], sets: Sequence[NDArray[np.intp]], names: Sequence[str], folds: int) -> None:
    """Print the scores of trees that never saw the domain they are scored on, and how often the finder is asked."""
    fold = [zlib.crc32(e.page.domain.encode()) % folds for e in made]
    kept: list[tuple[Example, list[NDArray[np.float64]]]] = []
    for held in range(folds):
        boosters = [train([e for e, at in zip(made, fold, strict=True) if at != held], columns) for columns in sets]
        kept += [
            (
                e,
                [
                    np.asarray(booster.predict(e.rows[:, columns]))
                    for booster, columns in zip(boosters, sets, strict=True)
                ],
            )
            for e in (e for e, at in zip(made, fold, strict=True) if at == held and e.real)
        ]
    unsure = [expected_error(e.lengths, answers[0]) > MAX_EXPECTED_ERROR for e, answers in kept]
    for title, choice in (
        ("never asked", [0] * len(kept)),
        (f"asked {np.mean(unsure):.1%}", unsure),
        ("asked always", [1] * len(kept)),
    ):
        bodies = [(e.page, _body(e, answers[int(at)], names)) for (e, answers), at in zip(kept, choice, strict=True)]
        for name, cells in scores(bodies).items():
            print(f"{title:14} {name:18}", "  ".join(f"{m} {value:.4f}" for m, value in cells.items()), flush=True)


def _body(example: Example, answer: NDArray[np.float64], names: Sequence[str]) -> str:
    kept = (answer >= MIN_BODY_PROBABILITY) & ~repeats_headline(names, example.rows)
    return "\n\n".join(text for text, keep in zip(example.texts, kept, strict=True) if keep)


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("pages", type=Path)
    parser.add_argument("--texts", type=Path, nargs="+", required=True)
    parser.add_argument("--folds", type=int, help="score out of fold, by domain, instead of writing the models")
    parser.add_argument("--drop", action="append", default=[], help="a group of evidence to leave out")
    args = parser.parse_args()
    read = list(sources(pages(args.pages)))
    called = named(read)
    made = list(examples(read, Words(load(args.texts)), called))
    names, found = made[0][0], [e for _, e in made]
    before = found[0].before
    columns = np.array([at for at, name in enumerate(names) if name.split(".")[0] not in args.drop])
    sets = [columns[columns < before], columns]
    if args.folds:
        out_of_fold(found, sets, names, args.folds)
    elif args.drop:
        parser.error("a model is written with all of its evidence")
    else:
        called.save(MODELS / "models/element_weights.npz")
        for chosen, resource in zip(sets, (MODEL, MODEL_WITH_REGION), strict=True):
            save(train(found, chosen), [names[at] for at in chosen], MODELS / resource)


if __name__ == "__main__":
    main()
