"""Pages with gold answers: reading them, scoring a body against them, and aligning a page's blocks with the gold body.

A folder of `*.jsonl.gz`, one page a line: url, html, bodies (accepted bodies, each a list of paragraphs), or wanted and unwanted
segments; and the fields that `fields.STATED` names, where the gold has them. A file's name is the name of its slice.
"""

from __future__ import annotations

import gzip
import json
import re
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from statistics import mean
from typing import TYPE_CHECKING, Any

from tld import get_fld

from benchmarks.quality.fields import STATED

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

_WORD = re.compile(r"[぀-ヿ㐀-鿿]|[^\W぀-ヿ㐀-鿿]+")
"""A Han or kana character is a word of its own."""

SHINGLE_WORDS = 4
"""Consecutive words that are looked up together in the gold."""

MIN_FOUND_SHARE = 0.5
"""Share of a block's words that must stand in the gold for the block to be a part of it."""

MAX_LOOK_BACK = 400
"""Earlier spans that a chain may continue from."""


@dataclass(frozen=True)
class Page:
    """One page and its gold; `bodies` or `wanted` and `unwanted` are empty where there is none."""

    slice: str
    id: str
    url: str | None
    html: str
    bodies: tuple[tuple[str, ...], ...] = ()
    wanted: tuple[str, ...] = ()
    unwanted: tuple[str, ...] = ()
    stated: Mapping[str, Any] = field(default_factory=dict)
    """Gold of other fields than the body."""

    @property
    def domain(self) -> str:
        """The registered domain: no domain is ever in training and in scoring at once."""
        return get_fld(self.url, fail_silently=True) or self.url if self.url else self.id


def pages(folder: Path, slices: Sequence[str] = ()) -> list[Page]:
    """All pages of a folder, or of some of its slices, in order."""
    found = []
    for path in sorted(folder.glob("*.jsonl.gz")):
        name = path.name.removesuffix(".jsonl.gz")
        if slices and name not in slices:
            continue
        with gzip.open(path, "rt", encoding="utf-8") as lines:
            for line in lines:
                row: dict[str, Any] = json.loads(line)
                bodies = tuple(tuple(body) for body in row.get("bodies") or ())
                parts = (tuple(row.get(key) or ()) for key in ("wanted", "unwanted"))
                stated = {key: row.get(key) for key in STATED}
                found.append(Page(name, row["id"], row.get("url"), row["html"], bodies, *parts, stated=stated))
    return found


def words(text: str) -> list[str]:
    """Lower-cased words."""
    return _WORD.findall(text.lower())


def f1(found: Iterable[Any], gold: Iterable[Any]) -> float:
    """F1 of two multisets; two empty ones are equal."""
    a, b = Counter(found), Counter(gold)
    if not a or not b:
        return float(not a and not b)
    return 2 * (a & b).total() / (a.total() + b.total())


def scores(rows: Iterable[tuple[Page, str]]) -> dict[str, dict[str, float]]:
    """Per slice: `f1` of the words, `paragraphs` equal but for white space, `shingles` of four words; `segments` pooled."""
    by_slice: dict[str, dict[str, list[float]]] = defaultdict(lambda: defaultdict(list))
    for page, text in rows:
        cells = by_slice[page.slice]
        if page.bodies:
            lines = [" ".join(line.split()) for line in text.splitlines() if line.strip()]
            cells["f1"].append(max(f1(words(text), words("\n".join(body))) for body in page.bodies))
            cells["paragraphs"].append(max(f1(lines, (" ".join(p.split()) for p in body)) for body in page.bodies))
            cells["shingles"].append(
                max(f1(_shingles(words(text)), _shingles(words("\n".join(b)))) for b in page.bodies)
            )
        if page.wanted or page.unwanted:
            flat = " ".join(text.split())
            kept = sum(" ".join(part.split()) in flat for part in page.wanted)
            wrong = sum(" ".join(part.split()) in flat for part in page.unwanted)
            cells["hits"].append(kept)
            cells["claimed"].append(kept + wrong)
            cells["wanted"].append(len(page.wanted))
    return {name: _summary(cells) for name, cells in sorted(by_slice.items())}


def _summary(cells: dict[str, list[float]]) -> dict[str, float]:
    if "hits" in cells:
        hits, claimed, wanted = (sum(cells.pop(key)) for key in ("hits", "claimed", "wanted"))
        return {"segments": 2 * hits / max(claimed + wanted, 1)}
    return {name: mean(values) for name, values in cells.items()}


def _shingles(tokens: Sequence[str]) -> list[tuple[str, ...]]:
    return [tuple(tokens[at : at + SHINGLE_WORDS]) for at in range(max(1, len(tokens) - SHINGLE_WORDS + 1))]


def shares(texts: Sequence[str], bodies: Sequence[Sequence[str]]) -> list[float]:
    """For each block, the share of its words that the gold body has at that position; 0 for second copies. The best of the bodies."""
    return max((_align([tuple(words(text)) for text in texts], body) for body in bodies), key=sum)


@dataclass(frozen=True)
class _Span:
    """A block that may be the gold's words from `start` to `end`."""

    block: int
    start: int
    end: int
    share: float

    @property
    def weight(self) -> float:
        return (2 * self.share - 1) * (self.end - self.start)


def _align(texts: Sequence[tuple[str, ...]], body: Sequence[str]) -> list[float]:
    """Weighted chaining: first the heaviest chain of blocks in the order of the gold, then what stands elsewhere on the page."""
    spans, length = _spans(texts, body)
    shares = [0.0] * len(texts)
    covered = bytearray(length)
    for span in _chain(spans):
        shares[span.block] = span.share
        covered[span.start : span.end] = b"\1" * (span.end - span.start)
    inside = [at for at, share in enumerate(shares) if share]
    middle = mean(inside) if inside else 0.0
    for span in sorted(spans, key=lambda s: (-s.weight, abs(s.block - middle))):
        width = span.end - span.start
        if not shares[span.block] and covered[span.start : span.end].count(0) > 0.6 * width:
            shares[span.block] = span.share
            covered[span.start : span.end] = b"\1" * width
    return shares


def _spans(texts: Sequence[tuple[str, ...]], body: Sequence[str]) -> tuple[list[_Span], int]:
    """Where each block may stand in the gold, and the gold's length in words."""
    gold: list[str] = []
    whole: dict[tuple[str, ...], list[int]] = defaultdict(list)
    for paragraph in body:
        whole[tuple(words(paragraph))].append(len(gold))
        gold += words(paragraph)
    places: dict[tuple[str, ...], list[int]] = defaultdict(list)
    for at in range(len(gold) - SHINGLE_WORDS + 1):
        places[tuple(gold[at : at + SHINGLE_WORDS])].append(at)
    spans = []
    for block, text in enumerate(texts):
        if text and text in whole:
            spans += [_Span(block, at, at + len(text), 1.0) for at in whole[text]]
        elif len(text) >= SHINGLE_WORDS:
            hits = [at for at in range(len(text) - SHINGLE_WORDS + 1) if text[at : at + SHINGLE_WORDS] in places]
            share = len({at + step for at in hits for step in range(SHINGLE_WORDS)}) / len(text)
            if share >= MIN_FOUND_SHARE:
                for place in places[text[hits[0] : hits[0] + SHINGLE_WORDS]][:6]:
                    start = max(0, place - hits[0])
                    spans.append(_Span(block, start, min(len(gold), start + len(text)), share))
    return [span for span in spans if span.weight > 0][:3000], len(gold)


def _chain(spans: Sequence[_Span]) -> list[_Span]:
    """The heaviest chain of spans in order both on the page and in the gold (dynamic programming); gaps on the page cost a little."""
    best: list[float] = []
    back: list[int] = []
    for at, span in enumerate(spans):
        weight, before = 0.0, -1
        for earlier in range(max(0, at - MAX_LOOK_BACK), at):
            other = spans[earlier]
            if other.block < span.block and other.end <= span.start + 3:
                sum_ = best[earlier] - 0.002 * min(span.block - other.block, 200)
                if sum_ > weight:
                    weight, before = sum_, earlier
        best.append(weight + span.weight)
        back.append(before)
    chain = []
    at = max(range(len(spans)), key=best.__getitem__, default=-1)
    while at >= 0:
        chain.append(spans[at])
        at = back[at]
    return chain
