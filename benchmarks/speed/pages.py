"""What a page costs: processor time beside other extractors, by stage, and as pages grow.

    python -m benchmarks.speed.pages PAGES [--slice NAME] [--every 10] [--rounds 3]
    python -m benchmarks.speed.pages --growth

PAGES is a folder as benchmarks/quality/corpus.py describes. All take turns on each page, each in a process of its own, and the least
of the rounds counts, so that a busy machine harms all alike. 1.00 is trafilatura with metadata. None of these is needed; those
that can be imported are measured: pip install readability-lxml "newspaper4k[all]" resiliparse.

A collection of garbage strikes one round of several and is left out with the slower rounds: with `--rounds 1` it counts.
"""

from __future__ import annotations

import argparse
import random
from pathlib import Path
from statistics import mean

from benchmarks.quality.corpus import pages
from benchmarks.speed.service import WORDS
from benchmarks.speed.turns import MakeWork, Work, ours, take_turns

OURS, BASE = "news-ingest", "trafilatura"
SIZES_KB = (10, 30, 100, 300, 1_000, 3_000, 5_000)
MAX_GROWTH = 1.5
"""The price of a byte on the largest page against that on a page of 100 kB; from the double on, something grows as a square."""


def trafilatura() -> Work:
    """With metadata, otherwise with default options."""
    from trafilatura import bare_extraction

    return lambda content, url: bare_extraction(content, url=url, include_comments=False, with_metadata=True)


def trafilatura_fast() -> Work:
    """Without the extractors that it falls back on."""
    from trafilatura import bare_extraction

    return lambda content, url: bare_extraction(content, url=url, include_comments=False, with_metadata=True, fast=True)


def readability() -> Work:
    """Title and summary."""
    from readability import Document

    def work(content: bytes, url: str | None) -> object:
        document = Document(content.decode("utf-8", "replace"), url=url)
        return document.title(), document.summary()

    return work


def newspaper4k() -> Work:
    """With default options, without fetching anything."""
    import newspaper

    def work(content: bytes, url: str | None) -> object:
        article = newspaper.Article(url or "https://example.org/", fetch_images=False)
        article.download(input_html=content.decode("utf-8", "replace"))
        article.parse()
        return article.text

    return work


def resiliparse() -> Work:
    """The main text alone: it reads no fields."""
    from resiliparse.extract.html2text import extract_plain_text

    return lambda content, url: extract_plain_text(content.decode("utf-8", "replace"), main_content=True)  # noqa: ARG005


PEERS: dict[str, MakeWork] = {
    BASE: trafilatura,
    OURS: ours,
    "trafilatura fast": trafilatura_fast,
    "readability-lxml": readability,
    "newspaper4k": newspaper4k,
    "resiliparse": resiliparse,
}


def compare(folder: Path, slices: list[str], every: int, rounds: int) -> None:
    """Print the mean time of a page and its ratio, by slice, and our stages."""
    chosen = pages(folder, slices)[::every]
    inputs = [(page.html.encode("utf-8", "replace"), page.url) for page in chosen]
    timing = take_turns(PEERS, inputs, rounds)
    for name in [*sorted({page.slice for page in chosen}), "all"]:
        own = [at for at, page in enumerate(chosen) if name in (page.slice, "all")]
        base = mean(timing.seconds[BASE][at] for at in own)
        cells = [
            f"{who} {mean(seconds[at] for at in own) * 1e3:.1f} ms = {mean(seconds[at] for at in own) / base:.2f}"
            for who, seconds in timing.seconds.items()
        ]
        print(f"{name:18} n={len(own):<4} {'   '.join(cells)}", flush=True)
    stages = timing.stages[OURS]
    print("stages: ", "   ".join(f"{stage} {mean(seconds) * 1e3:.1f} ms" for stage, seconds in stages.items()))


def grown_page(kilobytes: int, seed: int = 5) -> bytes:
    """A page of about so many kB: paragraphs, lists of links and a little script between a head and a foot."""
    dice = random.Random(seed)  # noqa: S311
    parts = [
        "<!doctype html><html><head><title>The harbour is closed</title></head><body><article><h1>The harbour is closed</h1>"
    ]
    size = 0
    while size < 1000 * kilobytes:
        said = " ".join(dice.choices(WORDS, k=60))
        links = "".join(
            f'<li class="item item-{n % 7}"><a href="/{size + n}/{dice.choice(WORDS)}">{" ".join(dice.choices(WORDS, k=6))}</a></li>'
            for n in range(6)
        )
        part = f'<p class="text">{said.capitalize()}.</p><script>var a{size} = {size};</script><ul class="menu">{links}</ul>'
        parts.append(part)
        size += len(part)
    return "".join([*parts, "</article></body></html>"]).encode()


def growth() -> int:
    """Print the price of a byte as pages grow; the exit status, 1 if it rises."""
    inputs: list[tuple[bytes, str | None]] = [(grown_page(size), None) for size in SIZES_KB]
    spent = take_turns({OURS: ours}, inputs, rounds=3).seconds[OURS]
    prices = [seconds * 1e9 / len(content) for seconds, (content, _) in zip(spent, inputs, strict=True)]
    for size, seconds, price in zip(SIZES_KB, spent, prices, strict=True):
        print(f"{size:>6} kB  {seconds * 1e3:9.1f} ms  {price:6.0f} ns a byte", flush=True)
    return int(prices[-1] > MAX_GROWTH * prices[SIZES_KB.index(100)])


def main() -> int:
    """The command line; the exit status."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("pages", type=Path, nargs="?")
    options.add_argument("--slice", action="append", default=[])
    options.add_argument("--every", type=int, default=1, help="measure one page in this many")
    options.add_argument("--rounds", type=int, default=1)
    options.add_argument("--growth", action="store_true", help="pages made here, of 10 kB to 5 MB")
    arguments = options.parse_args()
    if arguments.growth:
        return growth()
    if arguments.pages is None:
        options.error("PAGES or --growth is needed")
    compare(arguments.pages, arguments.slice, arguments.every, arguments.rounds)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
