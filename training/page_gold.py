"""What the gold of a page says of each of its blocks: whether it is body, and how much that weighs in training."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from benchmarks.quality.corpus import Page, shares, words
from ingest.core.metadata.resolve import resolve_claims
from ingest.core.pipeline import read_page

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from numpy.typing import NDArray

    from ingest.core.labelling import element_weights, word_weights
    from ingest.core.model import Block, Claim

IS_BODY = 0.6
"""Share of a block's words that the gold says from which it is body."""

LEAST_WORDS = 50
LEAST_BLOCKS = 4
A_BLOCK = 0.5
"""What a block weighs beside its words: both are shares of the gold body, so that every page weighs the same."""

SLICES = {"fundus-test": 3.0, "fundus-old": 3.0, "scrapinghub": 2.0, "daniel": 0.5}
"""What a page weighs: news, in twenty languages, is what we are for, and most of the pages are English blogs, or of 2011."""

INSIDE_ARTICLE = 1.3
"""Times that a block of the body weighs with others before and after it: an article that loses its middle is worse than a kept footer."""

HEADLINE_IN_GOLD = ("daniel",)
"""Slices whose gold starts with the headline, often with a byline glued to it: blocks that say it are neither learned from nor scored."""

SEGMENT = 1.5
"""What a block with a wanted or an unwanted segment weighs, on pages whose gold says no more."""


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


def sources(found: Iterable[Page]) -> Iterator[Source]:
    """The pages that have text, with what their gold says of it."""
    for page in found:
        blocks, claims, region = read_page(page.html, url=page.url)
        if blocks:
            headline = resolve_claims(claims).get("headline")
            gold = (_by_bodies if page.bodies else _by_segments)(page, [block.text for block in blocks])
            yield Source(page, blocks, claims, str(headline.value) if headline else None, region() or "", *gold)


def _by_bodies(page: Page, texts: list[str]) -> tuple[Any, ...]:
    bodies, told = page.bodies, np.arange(len(texts))
    if page.slice in HEADLINE_IN_GOLD:
        headlines = [body[:1] for body in bodies]
        told = np.flatnonzero(np.array(shares(texts, headlines)) < IS_BODY)
        bodies = tuple(body[1:] for body in bodies)
    body = np.array(shares(texts, bodies)) >= IS_BODY
    length = np.array([len(words(text)) for text in texts], np.float64)
    share = length / max(LEAST_WORDS, length[body].sum()) + A_BLOCK / max(LEAST_BLOCKS, body.sum())
    where = np.flatnonzero(body)
    if len(where):
        share[where[1:-1]] *= INSIDE_ARTICLE
    return told, body[told].astype(np.float64), 10 * SLICES.get(page.slice, 1.0) * share[told]


def _by_segments(page: Page, texts: list[str]) -> tuple[Any, ...]:
    wanted, unwanted = ([" ".join(part.split()) for part in parts] for parts in (page.wanted, page.unwanted))
    good = np.array([any(part in text for part in wanted) for text in texts])
    bad = np.array([any(part in text for part in unwanted) for text in texts])
    told = np.flatnonzero(good != bad)
    return told, good[told].astype(np.float64), np.full(len(told), SEGMENT)
