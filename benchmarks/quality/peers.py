"""Other extractors on the same pages with gold answers, page by page in turn: body, metadata and time.

    python -m benchmarks.quality.peers PAGES [--slice NAME ...] [--every 1]

PAGES is a folder as `corpus.py` describes; its pages may also hold `title`, `authors` and `date`. Those that can be imported are
measured; none is a dependency of this project, so install them in environments of their own:

    pip install . "newspaper4k[all]" news-please         # one environment
    pip install fundus "curl_cffi<0.14" tld              # another: it needs older libraries; run with PYTHONPATH=.

fundus has a parser for each publisher and is arguments about their pages only. Times are processor time per page, relative to
trafilatura's on the same pages. The figures of news-ingest are in-sample wherever the shipped model was trained on the same pages:
`python -m training.page_model PAGES --folds 5` gives the honest ones.
"""

from __future__ import annotations

import argparse
import contextlib
import datetime as dt
import gzip
import json
import logging
import time
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from statistics import mean
from typing import Any

from benchmarks.quality.corpus import Page, f1, pages, scores
from ingest.core.text.normalize import match_key


@dataclass(frozen=True)
class Answer:
    """What an extractor gives for a page."""

    text: str = ""
    title: str | None = None
    authors: tuple[str, ...] = ()
    date: str | dt.datetime | dt.date | None = None


Extractor = Callable[[Page], Answer | None]
"""Page → its answer; None where it does not support the page."""


def ours() -> Extractor:
    """`ingest.clean`."""
    from ingest import Rejected, clean

    def extract(page: Page) -> Answer:
        try:
            record = clean(page.html.encode("utf-8", "replace"), url=page.url)
        except Rejected:
            return Answer()
        return Answer(record.body, record.headline, record.authors, record.published)

    return extract


def trafilatura() -> Extractor:
    """With metadata, otherwise with default options."""
    from trafilatura import bare_extraction

    def extract(page: Page) -> Answer:
        found = bare_extraction(page.html, url=page.url, with_metadata=True)
        if found is None:
            return Answer()
        return Answer(found.text or "", found.title, tuple((found.author or "").split("; ")), found.date)

    return extract


def newspaper4k() -> Extractor:
    """With default options, without fetching anything."""
    import newspaper

    def extract(page: Page) -> Answer:
        article = newspaper.Article(page.url or "https://example.org/", fetch_images=False)
        article.download(input_html=page.html)
        article.parse()
        return Answer(article.text, article.title, tuple(article.authors), article.publish_date)

    return extract


def news_please() -> Extractor:
    """With default options, without fetching anything."""
    from newsplease import NewsPlease

    def extract(page: Page) -> Answer:
        found = NewsPlease.from_html(page.html, url=page.url, fetch_images=False)
        return Answer(found.maintext or "", found.title, tuple(found.authors or ()), found.date_publish)

    return extract


def fundus() -> Extractor:
    """Its newest parser of the page's publisher."""
    from fundus import PublisherCollection
    from tld import get_fld

    publishers = {get_fld(each.domain, fail_silently=True): each for each in PublisherCollection}

    def extract(page: Page) -> Answer | None:
        publisher = publishers.get(page.domain)
        if publisher is None:
            return None
        found = publisher.parser().parse(page.html, error_handling="suppress")
        body = found.get("body")
        text = "\n\n".join(paragraph for paragraph in body.as_text_sequence()) if body else ""
        return Answer(text, found.get("title"), tuple(found.get("authors") or ()), found.get("publishing_date"))

    return extract


EXTRACTORS: dict[str, Callable[[], Extractor]] = {
    "trafilatura": trafilatura, "news-ingest": ours, "newspaper4k": newspaper4k, "news-please": news_please, "fundus": fundus,
}  # fmt: skip


def metadata(folder: Path) -> dict[tuple[str, str], dict[str, Any]]:
    """Title, authors and date of the gold, by slice and id."""
    found = {}
    for path in folder.glob("*.jsonl.gz"):
        with gzip.open(path, "rt", encoding="utf-8") as lines:
            for line in lines:
                row = json.loads(line)
                found[path.name.removesuffix(".jsonl.gz"), row["id"]] = row
    return found


def days(value: str | dt.datetime | dt.date | None) -> set[str]:
    """The days that a timestamp may be given as: in its own zone and in UTC."""
    if isinstance(value, str):
        try:
            value = dt.datetime.fromisoformat(value.strip())
        except ValueError:
            return {value.strip()[:10]}
    if not value:
        return set()
    both = {value.isoformat()[:10]}
    if isinstance(value, dt.datetime) and value.tzinfo:
        both.add(value.astimezone(dt.UTC).isoformat()[:10])
    return both


def metadata_scores(rows: Iterable[tuple[Answer, dict[str, Any]]]) -> dict[str, float]:
    """Shares of correct headlines and days, mean F1 of the authors, where the gold has them."""
    cells: dict[str, list[float]] = defaultdict(list)
    for answer, gold in rows:
        if gold.get("title"):
            cells["headline"].append(match_key(answer.title or "") == match_key(gold["title"]))
        if gold.get("authors"):
            cells["authors"].append(
                f1({*map(match_key, answer.authors)} - {""}, {*map(match_key, gold["authors"])} - {""})
            )
        if gold.get("date"):
            cells["day"].append(bool(days(answer.date) & days(gold["date"])))
    return {name: mean(values) for name, values in cells.items()}


def main() -> None:
    """Measure and print."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("pages", type=Path)
    options.add_argument("--slice", action="append", default=[])
    options.add_argument("--every", type=int, default=1, help="score one page in this many")
    arguments = options.parse_args()
    logging.disable(logging.CRITICAL)
    extractors = {}
    for name, make in EXTRACTORS.items():
        try:
            extractors[name] = make()
        except ImportError as error:
            print(f"{name}: not installed ({error})")
    gold = metadata(arguments.pages)
    by_slice: dict[str, list[Page]] = defaultdict(list)
    for page in pages(arguments.pages, arguments.slice):
        by_slice[page.slice].append(page)
    for slice_, found in by_slice.items():
        for extract in extractors.values():  # the first call loads models
            with contextlib.suppress(Exception):
                extract(found[0])
        answers: dict[str, list[tuple[Page, Answer]]] = defaultdict(list)
        spent: dict[str, dict[str, float]] = defaultdict(dict)
        for page in found[:: arguments.every]:
            for name, extract in extractors.items():
                began = time.process_time()
                try:
                    answer = extract(page)
                except Exception as error:  # noqa: BLE001 - another extractor may raise anything
                    print(f"{name} on {page.id}: {type(error).__name__}")
                    answer = Answer()
                if answer is not None:
                    spent[name][page.id] = time.process_time() - began
                    answers[name].append((page, answer))
        for name, rows in answers.items():
            cells = scores((page, answer.text) for page, answer in rows)[slice_]
            cells |= metadata_scores((answer, gold[slice_, page.id]) for page, answer in rows)
            base = sum(spent["trafilatura"][page.id] for page, _ in rows) if "trafilatura" in spent else 0.0
            cells["time"] = sum(spent[name].values()) / base if base else 0.0
            figures = "  ".join(f"{measure} {value:.3f}" for measure, value in cells.items())
            print(f"{slice_:17} {name:12} n={len(rows):<4} {figures}", flush=True)


if __name__ == "__main__":
    main()
