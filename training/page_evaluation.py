"""Score whole records of pages, labelled by trees that have not seen the page's domain.

    python -m training.page_evaluation PAGES --texts dev.jsonl.gz more.jsonl.gz [--folds 5] [--shipped] [--rules]

Where `page_model --folds` scores what the trees say of each block, this runs all that `ingest.clean` does of a page: packs, trees,
main-region finder, rules of structure, refusals, composing. --shipped scores the models in the package as they are, which is honest for
slices alone that they were not trained on. --rules then leaves out each rule of structure (`structure.decide`) on the pages on which it
decides something, and prints what it brings there: words kept `right` and `wrong`, and the measures, each with the rule minus without.

Measures, means over the pages of a slice: `f1` of words; `para`, the F1 of whole paragraphs; `torn`, the share of pages that lose more
than MAX_LOST_SHARE of the gold's words; `buried`, whose text is more than MAX_FOREIGN_SHARE other text; `refused`; `segments`, pooled F1.
"""

from __future__ import annotations

import argparse
import io
import unicodedata
import zlib
from collections import Counter, defaultdict
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import mean
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

import numpy as np

from benchmarks.quality.corpus import Page, f1, pages, scores, words
from ingest.core import pipeline
from ingest.core.compose import compose
from ingest.core.labelling import page_classifier, structure
from ingest.core.labelling.forest import Forest
from ingest.core.labelling.label import label_blocks
from ingest.core.labelling.page_features import page_features
from ingest.core.model import Rejected
from training import page_gold, page_model
from training.export_forest import save
from training.word_weights import Words, load

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from ingest.core.model import Article, FindMainRegion
    from ingest.core.packs import Rulebook

MAX_LOST_SHARE = 0.15
MAX_FOREIGN_SHARE = 0.3
MAX_CHARACTERS_BEFORE_HEADLINE = 40
"""Of a body that starts with the headline all the same, where the gold has it too: a date or a section may stand before."""


@dataclass(frozen=True)
class Parsed:
    """A page before its blocks are labelled; `article` is None where parsing refused it."""

    page: Page
    article: Article | None
    rulebook: Rulebook | None
    headline: str | None
    find_main_region: FindMainRegion | None = None


class _ParsedError(Exception):
    """Carries what `label_blocks` was called with."""


def parsed(page: Page) -> Parsed:
    """A page as `pipeline.label_article` passes it to `label_block_steps`."""

    def stop(*arguments: Any) -> None:
        raise _ParsedError(*arguments)

    try:
        with patch.object(pipeline, "label_block_steps", stop):
            pipeline.label_article(page.html.encode("utf-8", "replace"), url=page.url)
    except _ParsedError as call:
        return Parsed(page, *call.args)
    except Rejected:
        pass
    return Parsed(page, None, None, None)


@contextmanager
def labelled_by(forests: Mapping[str, Forest], features: Callable[..., Any]) -> Iterator[None]:
    """`page_classifier` with other models, by resource, and other features."""
    with (
        patch.object(page_classifier, "_forest", forests.__getitem__),
        patch.object(page_classifier, "page_features", features),
    ):
        yield


@contextmanager
def filtered_rules(keep: Callable[[str], bool]) -> Iterator[None]:
    """`structure.decide` with the decisions of those rules alone that `keep` is true of; it is called with the id of each."""

    def filtered(step: Callable[..., Any]) -> Callable[..., Any]:
        return lambda *arguments: [change for change in step(*arguments) if keep(change[1][1])]

    names = [name for name in structure.decide.__code__.co_names if name.startswith("_") and name in vars(structure)]
    with patch.multiple(structure, **{name: filtered(getattr(structure, name)) for name in names}):
        yield


def finished(source: Parsed) -> tuple[str, str]:
    """The body and the headline of the record; both empty where the page is refused."""
    if source.article is None or source.rulebook is None:
        return "", ""
    try:
        labelled = label_blocks(source.article, source.rulebook, source.headline, source.find_main_region)
        record = compose(source.article, labelled, source.rulebook)
    except Rejected:
        return "", ""
    return record.body, record.headline or ""


def forest_of(booster: Any, names: Sequence[str]) -> Forest:
    """A booster as the package reads it."""
    stream = io.BytesIO()
    save(booster, list(names), stream)
    stream.seek(0)
    return Forest.read(stream)


def summary(rows: Iterable[tuple[Page, str, str]]) -> dict[str, dict[str, float]]:
    """Measures of each slice, of pages with the body and headline that were made of them."""
    texts = [(page, _with_headline(page, body, headline), body) for page, body, headline in rows]
    measured = scores((page, text) for page, text, _ in texts)
    cells: dict[str, dict[str, list[float]]] = defaultdict(lambda: defaultdict(list))
    for page, text, body in texts:
        cells[page.slice]["refused"].append(float(not body))
        if page.bodies:
            said = words(text)
            gold = max((words("\n".join(each)) for each in page.bodies), key=lambda gold: f1(said, gold))
            same = (Counter(said) & Counter(gold)).total()
            cells[page.slice]["torn"].append(float(same < (1 - MAX_LOST_SHARE) * len(gold)))
            cells[page.slice]["buried"].append(float(same < (1 - MAX_FOREIGN_SHARE) * len(said) or not said))
            cells[page.slice]["right"].append(float(same))
            cells[page.slice]["wrong"].append(float(len(said) - same))
    return {
        name: figures
        | {key: sum(each) if key in ("right", "wrong") else mean(each) for key, each in cells[name].items()}
        for name, figures in measured.items()
    }


def _with_headline(page: Page, body: str, headline: str) -> str:
    title = _folded(headline)
    if (
        page.slice in page_gold.HEADLINE_IN_GOLD
        and title not in _folded(body)[: len(title) + MAX_CHARACTERS_BEFORE_HEADLINE]
    ):
        return f"{headline}\n{body}"
    return body


def _folded(text: str) -> str:
    plain = unicodedata.normalize("NFKD", text).casefold()
    return " ".join(words("".join(letter for letter in plain if not unicodedata.combining(letter))))


def show(title: str, measured: Mapping[str, Mapping[str, float]]) -> None:
    """Print a line a slice."""
    for name, cells in measured.items():
        figures = "  ".join(
            f"{key} {value:.4f}" if value <= 1 else f"{key} {value:.0f}" for key, value in cells.items()
        )
        print(f"{title:24} {name:17} {figures}", flush=True)


def out_of_fold(sources: Sequence[Parsed], texts: Sequence[Path], folds: int) -> list[tuple[Parsed, Any, Any]]:
    """Each page with the models of its fold, by resource, and the function that makes its features."""
    read = list(page_gold.sources(source.page for source in sources))
    called, said = page_model.named(read), Words(load(list(texts)))
    made = list(page_model.examples(read, said, called))
    names, found = made[0][0], [example for _, example in made]
    before = found[0].before
    fold = {domain: zlib.crc32(domain.encode()) % folds for domain in called.part}
    models = []
    for held in range(folds):
        seen = [example for example in found if fold[example.page.domain] != held]
        models.append(
            {
                resource: forest_of(page_model.train(seen, columns), [names[at] for at in columns])
                for resource, columns in (
                    (page_classifier.MODEL, np.arange(before)),
                    (page_classifier.MODEL_WITH_REGION, np.arange(len(names))),
                )
            }
        )

    def features(source: Parsed) -> Callable[..., Any]:
        weights = page_model.weights_without(source.page, said, called)
        return lambda blocks, claims, headline: page_features(blocks, claims, headline, weights)

    return [
        (source, models[fold[source.page.domain]], features(source)) for source in sources if source.page.domain in fold
    ]


Chosen = tuple[Parsed, "Mapping[str, Forest] | None", "Callable[..., Any] | None"]
"""A page, and the models and features that label it; None: those in the package."""


def finished_by(chosen: Chosen) -> tuple[Page, str, str]:
    """The page, its body and its headline, as its models have it."""
    source, forests, features = chosen
    if forests is None or features is None:
        return (source.page, *finished(source))
    with labelled_by(forests, features):
        return (source.page, *finished(source))


def ablation(everything: Iterable[Chosen]) -> None:
    """Print for each rule of structure and each slice what the record loses without it, on the pages on which it decides something."""
    found: dict[tuple[str, str], list[tuple[tuple[Page, str, str], tuple[Page, str, str]]]] = defaultdict(list)
    for chosen in everything:
        used: set[str] = set()
        with filtered_rules(lambda rule, used=used: used.add(rule) or True):  # type: ignore[func-returns-value, misc]
            whole = finished_by(chosen)
        for rule in used:
            with filtered_rules(lambda each, rule=rule: each != rule):  # type: ignore[misc]
                found[rule, whole[0].slice].append((whole, finished_by(chosen)))
    for (rule, name), pairs in sorted(found.items()):
        mine, without = (summary(rows)[name] for rows in zip(*pairs, strict=True))
        print(
            f"{rule:22} {name:17} pages {len(pairs):4}",
            "  ".join(f"{key} {mine[key] - without[key]:+.4g}" for key in mine if key in without),
            flush=True,
        )


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("pages", type=Path)
    parser.add_argument("--texts", type=Path, nargs="+", default=[])
    parser.add_argument("--folds", type=int, default=5)
    parser.add_argument("--shipped", action="store_true", help="score the models in the package, not those of folds")
    parser.add_argument("--rules", action="store_true", help="leave out each rule of structure in turn")
    parser.add_argument("--slice", action="append", default=[])
    args = parser.parse_args()
    if not args.shipped and not args.texts:
        parser.error("--texts or --shipped wanted")
    sources = [parsed(page) for page in pages(args.pages, args.slice)]
    chosen = (
        [(source, None, None) for source in sources] if args.shipped else out_of_fold(sources, args.texts, args.folds)
    )

    show("all rules", summary(map(finished_by, chosen)))
    if args.rules:
        ablation(chosen)


if __name__ == "__main__":
    main()
