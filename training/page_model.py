"""Train the labeller of pages: boosted trees over `ingest.core.labelling.page_features`, written to ingest/core/labelling/models/.

    python -m training.page_model PAGES --texts dev.jsonl.gz more.jsonl.gz [--folds 5] [--figures F.json] [--date DAY] [--drop GROUP ...]

PAGES is a folder as `corpus.py` describes, the texts are those that text_model.py was given: the weights of words, which both labellers
use, are learned from them. Three models are written: element_weights.npz, page.npz, and page_with_region.npz, which also has what the
main-region finder says among its columns and decides where page.npz is in doubt. With --folds no model is written: the pages of each
fifth of the domains are scored by trees that saw the other domains alone, the only honest figure; --drop leaves groups of columns out
(an ablation). A third of the examples are synthetic (`augment.py` says why); these are never scored.
Needs the dependency group `training`, which the package itself never imports. Same pages, same versions: same files.
"""

from __future__ import annotations

import argparse
import json
import zlib
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import lightgbm
import numpy as np

from benchmarks.quality.corpus import Page, pages, scores, words
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
from ingest.core.model import Claim
from training.augment import appended, followed, parted
from training.comments import Below, below_article, language_of
from training.element_weights import Names
from training.export_forest import save
from training.page_gold import A_BLOCK, HEADLINE_IN_GOLD, LEAST_BLOCKS, LEAST_WORDS, SLICES, Source, sources
from training.provenance import provenance
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
PLAIN_LINK = (0.9, 9)
"""Share in links and words of blocks of which one in four is enough to learn from; they are most of all blocks."""
MAX_PROSE_LINKS = 0.5
"""Share in links below which a block may be prose."""
GRAFTED = 0.3
"""What a synthetic page weighs, against a real one."""
SELDOM = 3
"""Of so many pages of a slice that is not of news one is grafted."""
FOREIGN = 3.0
"""Times that a grafted block may outweigh the mean one of the article."""


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


def named(found: Sequence[Source]) -> Names:
    """What the elements of these pages are called."""
    domains, blocks = [source.page.domain for source in found], [source.blocks for source in found]
    return Names(domains, blocks, *([getattr(s, part) for s in found] for part in ("told", "body", "weight")))


def examples(
    found: Iterable[Source], words: Words, names: Names, *, below: bool = False
) -> Iterator[tuple[tuple[str, ...], Example]]:
    """Columns' names and the examples of each page: itself, and what is grafted of it and of the last page of its kind.

    `below`: also with readers' comments and with teasers below the article.
    """
    last: dict[tuple[str, str], tuple[str, list[str]]] = {}
    earlier: dict[str, list[tuple[str, list[str]]]] = {}
    for bare in found:
        page = bare.page
        source = replace(bare, weights=weights_without(page, words, names))
        columns, real = example(source)
        yield columns, real
        kind = page.slice, page.domain.rsplit(".", 1)[-1]
        body = np.isin(np.arange(len(source.blocks)), source.told[source.body > 0])
        if page.bodies and source.headline:
            if SLICES.get(page.slice, 0) > 1 or zlib.crc32(page.id.encode()) % SELDOM == 0:
                yield from ((columns, graft) for graft in _grafts(source, body, last.get(kind)))
            last[kind] = story = (
                source.headline,
                [text for text, wanted in zip(real.texts, body, strict=True) if wanted],
            )
            if below and (language := language_of(" ".join(story[1]))):
                stories = earlier.setdefault(language, [])
                added = below_article(stories, language, page.id)
                yield from ((columns, graft) for graft in _grafts_below(source, body, added))
                stories.append(story)


def weights_without(
    page: Page, words: Words, names: Names
) -> tuple[word_weights.WordWeights, element_weights.ElementWeights]:
    """The weights of words and of elements' names that have not seen the page's domain."""
    host = (urlsplit(page.url or "").hostname or "").removeprefix("www.")
    return words.without(host), names.without(page.domain)


def example(source: Source) -> tuple[tuple[str, ...], Example]:
    """Columns' names and the example of a page as it is."""
    columns, rows, before = _columns(source)
    told, body, weight = source.told, source.body, source.weight
    lengths = np.expm1(rows[:, columns.index("shape.words")]).astype(np.float64)
    plain = (rows[told, columns.index("own.links")] >= PLAIN_LINK[0]) & (lengths[told] < PLAIN_LINK[1]) & (body == 0)
    some = ~plain | (told % 4 == 0)
    if source.page.slice in HEADLINE_IN_GOLD:  # whose gold has captions, bylines and tags now in the body, now not
        links, captions = (rows[told, columns.index(f"own.{name}")] for name in ("links", "caption"))
        some &= (lengths[told] >= PLAIN_LINK[1]) & (links < MAX_PROSE_LINKS) & (captions == 0)
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


def _grafts_below(source: Source, body: NDArray[np.bool_], added: Iterable[Below]) -> Iterator[Example]:
    """The page with comments below the article, and with teasers."""
    for each in added:
        if (two := appended(source.blocks, body, each.texts, inside=each.inside, tag=each.tag)) is not None:
            blocks, where = two
            foreign = np.isin(np.arange(len(blocks)), np.arange(where.start, where.stop))
            both = np.zeros(len(blocks), bool)
            both[~foreign] = body
            yield _grafted(replace(source, blocks=blocks), both, foreign)


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


def train(made: Sequence[Example], columns: NDArray[np.intp]) -> Any:
    """A lightgbm booster."""
    rows = np.vstack([e.rows[e.told][:, columns] for e in made])
    body, weight = (np.concatenate([getattr(e, name) for e in made]) for name in ("body", "weight"))
    return lightgbm.train(PARAMETERS, lightgbm.Dataset(rows, body, weight=weight), ROUNDS)


def out_of_fold(
    made: Sequence[Example], sets: Sequence[NDArray[np.intp]], names: Sequence[str], folds: int
) -> dict[str, Any]:
    """Print the scores of trees that never saw the domain they are scored on, and how often the finder is asked.

    Returns the scores by slice, with the finder asked where the trees are in doubt.
    """
    measured: dict[str, Any] = {}
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
        found = scores(bodies)
        if choice is unsure:
            measured = {name: {m: round(value, 4) for m, value in cells.items()} for name, cells in found.items()}
        for name, cells in found.items():
            print(f"{title:14} {name:18}", "  ".join(f"{m} {value:.4f}" for m, value in cells.items()), flush=True)
    return measured


def _body(example: Example, answer: NDArray[np.float64], names: Sequence[str]) -> str:
    kept = (answer >= MIN_BODY_PROBABILITY) & ~repeats_headline(
        {name: at for at, name in enumerate(names)}, example.rows
    )
    return "\n\n".join(text for text, keep in zip(example.texts, kept, strict=True) if keep)


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("pages", type=Path)
    parser.add_argument("--texts", type=Path, nargs="+", required=True)
    parser.add_argument("--folds", type=int, help="score out of fold, by domain, instead of writing the models")
    parser.add_argument(
        "--figures", type=Path, help="a JSON file: --folds writes its scores there, else they go into the models"
    )
    parser.add_argument(
        "--below", action="store_true", help="learn also from comments and teasers grafted below articles"
    )
    parser.add_argument("--date", help="the day of training, YYYY-MM-DD, noted in the models")
    parser.add_argument("--drop", action="append", default=[], help="a group of evidence to leave out")
    args = parser.parse_args()
    read = list(sources(pages(args.pages)))
    called = named(read)
    made = list(examples(read, Words(load(args.texts)), called, below=args.below))
    names, found = made[0][0], [e for _, e in made]
    before = found[0].before
    columns = np.array([at for at, name in enumerate(names) if name.split(".")[0] not in args.drop])
    sets = [columns[columns < before], columns]
    if args.folds:
        measured = out_of_fold(found, sets, names, args.folds)
        if args.figures:
            args.figures.write_text(json.dumps(measured))
    elif args.drop:
        parser.error("a model is written with all of its evidence")
    else:
        figures = json.loads(args.figures.read_text()) if args.figures else {}
        inputs = [*args.pages.glob("*.jsonl.gz"), *args.texts]
        said = provenance(inputs, trained=args.date, figures=figures)
        called.save(MODELS / "models/element_weights.npz", said)
        for chosen, resource in zip(sets, (MODEL, MODEL_WITH_REGION), strict=True):
            save(train(found, chosen), [names[at] for at in chosen], MODELS / resource, said)


if __name__ == "__main__":
    main()
