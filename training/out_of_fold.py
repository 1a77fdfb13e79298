"""Cleaned pages and texts whose body was labelled by trees that had not seen their domain: what confidence.py learns from.

    python -m training.out_of_fold PAGES TEXTS -o ROWS.pickle [--folds 4] [--part pages|texts] [--sample N]

PAGES is a folder as `benchmarks/quality/corpus.py` describes, TEXTS a file as text_model.py describes. Slices that the shipped trees
have not seen are labelled by these; the others by trees of the same parameters that saw the other folds' domains. These learn from
pages as they are, without grafts, and never ask the main-region finder. The weights of words and of elements' names are those that
ship: they hold only what stands on at least four domains. Every other article, by its hash, is cleaned without its address, as files come.
Needs lightgbm.
"""

from __future__ import annotations

import argparse
import pickle
import zlib
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import lightgbm
import numpy as np

from benchmarks.quality.corpus import Page, pages, shares, words
from ingest.core import compose
from ingest.core.confidence import Evidence
from ingest.core.labelling import page_classifier, text_classifier
from ingest.core.labelling.forest import Forest
from ingest.core.labelling.label import label_blocks
from ingest.core.labelling.page_features import page_features
from ingest.core.labelling.text_features import text_features
from ingest.core.metadata.resolve import resolve_claims
from ingest.core.model import Article, Claim, RawArticle, Rejected
from ingest.core.packs import load_packs
from ingest.core.pipeline import find_rulebook, read_article
from training.export_forest import save
from training.page_gold import IS_BODY, LEAST_BLOCKS, LEAST_WORDS, SLICES
from training.page_model import PARAMETERS as PAGE_PARAMETERS
from training.text_model import PARAMETERS as TEXT_PARAMETERS
from training.word_weights import load, look

if TYPE_CHECKING:
    from collections.abc import Sequence

UNSEEN_SLICES = ("daniel", "fundus-old")
"""Slices that the shipped trees of pages have not seen."""
ROUNDS = 300


@dataclass(frozen=True)
class Cleaned:
    """An article cleaned out of fold, with its gold. `evidence`: what confidence is computed from."""

    kind: str
    slice: str
    id: str
    domain: str
    url: str | None
    gold: dict[str, Any]
    record: dict[str, Any] | None
    evidence: Evidence | None


def with_address(identity: str) -> bool:
    """Whether an article is cleaned with its address."""
    return zlib.crc32(b"address " + identity.encode()) % 2 == 0


def parsed(raw: bytes, url: str | None) -> Article | None:
    """What parse makes of an article; None where it is refused."""
    claims = (Claim("url", url, "given"),) if url else ()
    try:
        return read_article(RawArticle(raw, None, claims), url=url)[0]
    except Rejected:
        return None


def finish(article: Article) -> tuple[dict[str, Any], Evidence] | None:
    """The record and its evidence; None where the article is refused."""
    chosen = {field: claim.value for field, claim in resolve_claims(article.claims).items()}
    rulebook = find_rulebook(load_packs(), article, chosen)
    try:
        labelled = label_blocks(article, rulebook, chosen.get("headline"))
        record = compose.compose(article, labelled, rulebook).model_dump()
    except Rejected:
        return None
    return record, _without_elements(_seen.pop())


_seen: list[Evidence] = []


def _remembering(evidence: Evidence) -> dict[str, float | None]:
    _seen[:] = [evidence]
    return {}  # what is learned here is not wanted yet


def _without_elements(evidence: Evidence) -> Evidence:
    """The evidence without the page's tree, which no file need hold."""
    rows = [
        row._replace(
            block=row.block._replace(markup=row.block.markup and row.block.markup._replace(element=None)), captured={}
        )
        for row in evidence.labelled
    ]
    return evidence._replace(article=replace(evidence.article, blocks=()), labelled=rows)


def fold_of(domain: str, folds: int) -> int:
    """The fold of a domain."""
    return zlib.crc32(b"confidence " + domain.encode()) % folds


def clean_pages(found: Sequence[Page], folds: int, scratch: Path) -> list[Cleaned]:
    """The pages of slices that the shipped trees have seen, by trees of the other folds; the others by those that ship."""
    cleaned, seen = [], []
    for page in found:
        article = parsed(page.html.encode("utf-8", "replace"), page.url if with_address(page.id) else None)
        if page.slice in UNSEEN_SLICES:
            cleaned.append(_cleaned(page, article and finish(article)))
        elif article is not None:
            seen.append((page, article))
    print("parsed", len(seen), flush=True)
    rows = [_page_rows(article) for _, article in seen]
    print("rows", sum(len(each) for _, each in rows), flush=True)
    gold = [_page_gold(page, article) for page, article in seen]
    fold = np.array([fold_of(page.domain, folds) for page, _ in seen])
    names = rows[0][0] if rows else ()
    shipped = page_classifier._forest  # noqa: SLF001
    for held in range(folds if seen else 0):
        chosen = np.flatnonzero(fold != held)
        table = lightgbm.Dataset(
            np.vstack([rows[at][1] for at in chosen]),
            np.concatenate([gold[at][0] for at in chosen]),
            weight=np.concatenate([gold[at][1] for at in chosen]),
        )
        path = scratch / f"page{held}.npz"
        save(lightgbm.train(PAGE_PARAMETERS, table, ROUNDS), list(names), path)
        print("fold", held, flush=True)
        forest = read_forest(path)
        page_classifier._forest = lambda _, forest=forest: forest  # type: ignore[assignment]  # noqa: SLF001
        cleaned += [
            _cleaned(page, finish(article)) for (page, article), of in zip(seen, fold, strict=True) if of == held
        ]
    page_classifier._forest = shipped  # noqa: SLF001
    return cleaned


def _cleaned(page: Page, made: tuple[dict[str, Any], Evidence] | None) -> Cleaned:
    gold = {"bodies": page.bodies, **page.stated}
    return Cleaned("page", page.slice, page.id, page.domain, page.url, gold, *(made or (None, None)))


def read_forest(path: Path) -> Forest:
    """A forest from a file anywhere."""
    with path.open("rb") as stream:
        return Forest.read(stream)


def _page_rows(article: Article) -> tuple[tuple[str, ...], Any]:
    headline = resolve_claims(article.claims).get("headline")
    return page_features(article.blocks, article.claims, str(headline.value) if headline else None)


def _page_gold(page: Page, article: Article) -> tuple[Any, Any]:
    """Of each block whether it is body, and its weight, as page_model.py has them."""
    texts = [block.text for block in article.blocks]
    body = np.array(shares(texts, page.bodies)) >= IS_BODY
    length = np.array([len(words(text)) for text in texts], np.float64)
    share = length / max(LEAST_WORDS, length[body].sum()) + 0.5 / max(LEAST_BLOCKS, body.sum())
    return body.astype(float), 10 * SLICES.get(page.slice, 1.0) * share


def clean_texts(
    texts: list[dict[str, Any]], stated: dict[str, dict[str, Any]], folds: int, scratch: Path
) -> list[Cleaned]:
    """Texts, each by trees of the other folds. `stated`: gold of other fields by address."""
    fold = np.array([fold_of(text["domain"], folds) for text in texts])
    made = [_text_rows(text) for text in texts]
    print("rows", sum(len(each[0]) for each in made if each), flush=True)
    cleaned = []
    for held in range(folds):
        chosen = [each for each, of in zip(made, fold, strict=True) if of != held and each]
        rows, gold, weight = (np.concatenate(part) for part in zip(*chosen, strict=True))
        path = scratch / f"text{held}.npz"
        booster = lightgbm.train(TEXT_PARAMETERS, lightgbm.Dataset(rows, gold, weight=weight), ROUNDS)
        save(booster, list(text_classifier.load_model().columns), path)
        print("fold", held, flush=True)
        forest = read_forest(path)
        shipped, text_classifier.load_model = text_classifier.load_model, lambda forest=forest: forest  # type: ignore[assignment]
        for text, of in zip(texts, fold, strict=True):
            if of == held:
                raw = "\n".join(line["text"] for line in text["lines"]).encode()
                article = parsed(raw, text["url"] if with_address(text["id"]) else None)
                gold_of = {"title": text["title"], "lines": text["lines"], **stated.get(text["url"], {})}
                done = finish(article) if article else None
                cleaned.append(
                    Cleaned(
                        "text",
                        text["converter"],
                        text["id"],
                        text["domain"],
                        text["url"],
                        gold_of,
                        *(done or (None, None)),
                    )
                )
        text_classifier.load_model = shipped
    return cleaned


def _text_rows(text: dict[str, Any]) -> tuple[Any, Any, Any] | None:
    blocks, labels = look(text, "whole")
    if not blocks:
        return None
    columns = text_features(blocks).columns
    rows = text_classifier.feature_matrix(columns)
    known = np.array([label in ("keep", "strip", "title") for label in labels])
    weight = np.clip(np.sqrt(np.expm1(columns["shape.words"]) / 15), 0.5, 3) * (2.0 if text["news"] else 1.0)
    return rows[known], np.array(labels)[known] == "strip", weight[known]


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("pages", type=Path)
    parser.add_argument("texts", type=Path)
    parser.add_argument("-o", "--output", type=Path, required=True)
    parser.add_argument("--folds", type=int, default=4)
    parser.add_argument("--part", choices=("pages", "texts"), required=True)
    parser.add_argument("--slice", action="append", default=[])
    parser.add_argument("--sample", type=int, default=1, help="every so many articles only")
    args = parser.parse_args()
    scratch = args.output.parent
    compose.confidences = _remembering
    if args.part == "pages":
        found = [page for page in pages(args.pages, args.slice) if page.bodies][:: args.sample]
        cleaned = clean_pages(found, args.folds, scratch)
    else:
        stated = {page.url: dict(page.stated) for page in pages(args.pages) if page.url and page.stated.get("title")}
        texts = load([args.texts])
        texts = [text for at, text in enumerate(texts) if text["news"] or at % args.sample == 0]
        cleaned = clean_texts(texts, stated, args.folds, scratch)
    with args.output.open("wb") as stream:
        pickle.dump(cleaned, stream)
    print(f"{len(cleaned)} articles, {sum(each.record is None for each in cleaned)} refused")


if __name__ == "__main__":
    main()
