"""What memory of a publisher's other articles gains, leaving out the article that is scored.

    python -m benchmarks.quality.memory PAGES [--slice NAME ...] [--least 10] [--known 0 1 2 5 10 40]
    python -m benchmarks.quality.memory --texts TEXTS.jsonl.gz [--least 5] [--known 0 1 2 4]

PAGES is a folder as `corpus.py` describes, TEXTS a file as `text.py` describes (of pages with gold: training.second_hand_texts --gold);
texts of one converter are a publisher's, for another leaves other lines. For each number of known articles, chosen by the hash of the scored
one's id: the means over all articles of publishers with at least so many, the publisher that loses most, and what share of pages was judged by
its places alone. --half 1: of the half of the publishers, by the hash of their names, that thresholds were not set on; 0: of the other.
The same articles by other models or rules: --known 0.
"""

from __future__ import annotations

import argparse
import gzip
import hashlib
import json
import os
import random
import sys
from collections import Counter, defaultdict
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path
from statistics import mean
from typing import TYPE_CHECKING, Any

from benchmarks.quality import corpus, text
from ingest import Rejected, clean
from ingest.core.learn import observed, remember
from ingest.core.model import JUDGED_BY_PLACE
from ingest.core.text.strings import registered_domain
from training.page_gold import HEADLINE_IN_GOLD

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from ingest import Memory, Record

Row = dict[int, Counter[str]]
"""Known articles → counts of the scored article."""


def main() -> int:
    """The command line; the exit status."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("pages", type=Path, nargs="?")
    parser.add_argument("--texts", type=Path)
    parser.add_argument("--slice", action="append", default=[])
    parser.add_argument("--least", type=int, default=5, help="articles of a publisher")
    parser.add_argument("--known", type=int, nargs="+", default=[0, 1, 2, 5, 10, 40])
    parser.add_argument("--half", type=int, choices=(0, 1))
    args = parser.parse_args()
    groups: dict[tuple[str, ...], list[Any]] = defaultdict(list)
    if args.texts:
        for line in gzip.decompress(args.texts.read_bytes()).splitlines():
            row = json.loads(line)
            groups[registered_domain(row["url"]) or row["domain"], row["converter"]].append(row)
        score: Callable[..., Row] = _score_text
    else:
        for page in corpus.pages(args.pages, args.slice):
            if page.bodies:
                groups[page.domain,].append(page)
        score = _score_page
    chosen = {
        name: group
        for name, group in groups.items()
        if len(group) >= args.least and args.half in (None, _half(name[0]))
    }
    with ProcessPoolExecutor(os.cpu_count()) as workers:
        rows = dict(zip(chosen, workers.map(partial(_scored, score, args.known), chosen.values()), strict=True))
    for known in args.known:
        print(f"known {known:3}  {_figures([row[known] for group in rows.values() for row in group])}")
    for known in args.known[1:]:
        losses = {
            name: mean(row[known]["f1"] - row[args.known[0]]["f1"] for row in group) for name, group in rows.items()
        }
        worst = min(losses, key=losses.__getitem__)
        print(f"known {known:3}  worst publisher {' '.join(worst)} {losses[worst] / 1e6:+.4f}")
    return 0


def _half(publisher: str) -> int:
    return hashlib.md5(publisher.encode(), usedforsecurity=False).digest()[0] % 2


def _scored(score: Callable[..., Row], known: Sequence[int], group: Sequence[Any]) -> list[Row]:
    """Each article of a publisher, scored with so many of the others known."""
    seen = [observed(_raw(each), {"url": _get(each, "url")}) for each in group]
    rows = []
    for at, article in enumerate(group):
        others = [each for number, each in enumerate(seen) if number != at and each]
        random.Random(_get(article, "id")).shuffle(others)  # noqa: S311
        memories = {count: remember(others[:count]) if count else None for count in known}
        rows.append({count: score(article, memory) for count, memory in memories.items()})
    return rows


def _get(article: Any, name: str) -> Any:
    return article[name] if isinstance(article, dict) else getattr(article, name)


def _raw(article: Any) -> bytes:
    if isinstance(article, dict):
        return "\n".join(line["text"] for line in article["lines"]).encode()
    return article.html.encode("utf-8", "replace")  # type: ignore[no-any-return]


def _clean(article: Any, memory: Memory | None) -> Record | None:
    try:
        return clean(_raw(article), url=_get(article, "url"), memory=memory)
    except Rejected:
        return None


def _score_page(page: corpus.Page, memory: Memory | None) -> Counter[str]:
    record = _clean(page, memory)
    head = f"{record.headline or ''}\n" if record and page.slice in HEADLINE_IN_GOLD else ""
    found = corpus.words(head + record.body if record else "")
    golds = [corpus.words("\n".join(body)) for body in page.bodies]
    best = max(golds, key=lambda gold: corpus.f1(found, gold))
    both = (Counter(found) & Counter(best)).total()
    return Counter(
        articles=1,
        f1=round(1e6 * corpus.f1(found, best)),
        lost=round(1e6 * (1 - both / max(len(best), 1))),
        torn=int(both < 0.85 * len(best)),
        by_place=int(record is not None and any(row.rule == JUDGED_BY_PLACE for row in record.removed)),
    )


def _score_text(row: dict[str, Any], memory: Memory | None) -> Counter[str]:
    record = _clean(row, memory)
    lines = [(" ".join(line["text"].split()), line["label"]) for line in row["lines"] if line["text"].strip()]
    counts = text.counts_of(lines, record.body if record else "")
    wrong = counts["strip_left"] + counts["keep_gone"]
    counts["f1"] = round(2e6 * counts["strip_gone"] / max(2 * counts["strip_gone"] + wrong, 1))
    return counts + Counter(articles=1)


def _figures(rows: Sequence[Counter[str]]) -> str:
    total = sum(rows, Counter[str]())
    count = total["articles"]
    if "keep_words" not in total:
        return f"{count} pages  F1 {total['f1'] / count / 1e6:.4f}  lost {total['lost'] / count / 1e6:.2%}  torn {total['torn'] / count:.3f}  by place {total['by_place'] / count:.2f}"
    found, missed, wrong = total["strip_gone"], total["strip_left"], total["keep_gone"]
    return (
        f"{count} texts  strip F1 {2 * found / max(2 * found + missed + wrong, 1):.3f}  exact {total['exact'] / count:.3f}"
        f"  lost {total['keep_words_gone'] / max(total['keep_words'], 1):.2%}"
    )


if __name__ == "__main__":
    sys.exit(main())
