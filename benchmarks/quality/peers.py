"""Other extractors over the same pages with gold answers, each asked about each page in turn: body, metadata and time.

    python -m benchmarks.quality.peers PAGES [--slice NAME ...] [--every 1]

PAGES is a folder as `corpus.py` describes; its pages may also hold `title`, `authors` and `date`. Those that can be imported are
measured; none is a dependency of ours, so install them beside us where they do no harm:

    pip install . "newspaper4k[all]" news-please         # one environment
    pip install fundus "curl_cffi<0.14" tld              # another: it wants older libraries; run with PYTHONPATH=.

fundus has a parser for each publisher and is asked about the pages of those alone. Times are of the processor, per page, against
trafilatura's on the same pages. Our own figures are in-sample wherever the shipped model was trained on the same pages:
`page_model.py --folds 5` gives the honest ones.
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
    """What an extractor says of a page."""

    text: str = ""
    title: str | None = None
    authors: tuple[str, ...] = ()
    date: str | dt.datetime | dt.date | None = None


Extractor = Callable[[Page], Answer | None]
"""None: it does not know such pages."""


def ours() -> Extractor:
    """`ingest.clean`."""
    from ingest import Rejected, clean

    def ask(page: Page) -> Answer:
        try:
            record = clean(page.html.encode("utf-8", "replace"), url=page.url)
        except Rejected:
            return Answer()
        return Answer(record.body, record.headline, record.authors, record.published)

    return ask


def trafilatura() -> Extractor:
    """With metadata, else as it comes."""
    from trafilatura import bare_extraction

    def ask(page: Page) -> Answer:
        found = bare_extraction(page.html, url=page.url, with_metadata=True)
        if found is None:
            return Answer()
        return Answer(found.text or "", found.title, tuple((found.author or "").split("; ")), found.date)

    return ask


def newspaper4k() -> Extractor:
    """As it comes, without fetching anything."""
    import newspaper

    def ask(page: Page) -> Answer:
        article = newspaper.Article(page.url or "https://example.org/", fetch_images=False)
        article.download(input_html=page.html)
        article.parse()
        return Answer(article.text, article.title, tuple(article.authors), article.publish_date)

    return ask


def news_please() -> Extractor:
    """As it comes, without fetching anything."""
    from newsplease import NewsPlease

    def ask(page: Page) -> Answer:
        found = NewsPlease.from_html(page.html, url=page.url, fetch_images=False)
        return Answer(found.maintext or "", found.title, tuple(found.authors or ()), found.date_publish)

    return ask


def fundus() -> Extractor:
    """Its newest parser of the page's publisher."""
    from fundus import PublisherCollection
    from tld import get_fld

    publishers = {get_fld(each.domain, fail_silently=True): each for each in PublisherCollection}

    def ask(page: Page) -> Answer | None:
        publisher = publishers.get(page.domain)
        if publisher is None:
            return None
        found = publisher.parser().parse(page.html, error_handling="suppress")
        body = found.get("body")
        text = "\n\n".join(paragraph for paragraph in body.as_text_sequence()) if body else ""
        return Answer(text, found.get("title"), tuple(found.get("authors") or ()), found.get("publishing_date"))

    return ask


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
    """The days a moment may be called by: its own zone's and UTC's."""
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


def told(rows: Iterable[tuple[Answer, dict[str, Any]]]) -> dict[str, float]:
    """Shares of right headlines and days, mean F1 of the authors, where the gold has them."""
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
    options.add_argument("--every", type=int, default=1, help="of so many pages of a slice, one")
    asked = options.parse_args()
    logging.disable(logging.CRITICAL)
    extractors = {}
    for name, make in EXTRACTORS.items():
        try:
            extractors[name] = make()
        except ImportError as error:
            print(f"{name}: not here ({error})")
    gold = metadata(asked.pages)
    by_slice: dict[str, list[Page]] = defaultdict(list)
    for page in pages(asked.pages, asked.slice):
        by_slice[page.slice].append(page)
    for slice_, found in by_slice.items():
        for ask in extractors.values():  # the first call loads models
            with contextlib.suppress(Exception):
                ask(found[0])
        answers: dict[str, list[tuple[Page, Answer]]] = defaultdict(list)
        spent: dict[str, dict[str, float]] = defaultdict(dict)
        for page in found[:: asked.every]:
            for name, ask in extractors.items():
                began = time.process_time()
                try:
                    answer = ask(page)
                except Exception as error:  # noqa: BLE001 - theirs may raise what they like
                    print(f"{name} on {page.id}: {type(error).__name__}")
                    answer = Answer()
                if answer is not None:
                    spent[name][page.id] = time.process_time() - began
                    answers[name].append((page, answer))
        for name, rows in answers.items():
            cells = scores((page, answer.text) for page, answer in rows)[slice_]
            cells |= told((answer, gold[slice_, page.id]) for page, answer in rows)
            base = sum(spent["trafilatura"][page.id] for page, _ in rows) if "trafilatura" in spent else 0.0
            cells["time"] = sum(spent[name].values()) / base if base else 0.0
            figures = "  ".join(f"{measure} {value:.3f}" for measure, value in cells.items())
            print(f"{slice_:17} {name:12} n={len(rows):<4} {figures}", flush=True)


if __name__ == "__main__":
    main()
