"""Overlap of a page's text with its metadata: the description, and the whole article where JSON-LD contains it.

It is evidence, not a source: articleBody is present on 6 % (blogs) to 28 % (news) of pages, and is worse there than an
extractor.
"""

from __future__ import annotations

import json
import re
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from lxml.html import HtmlElement

    from ingest.core.html.page_index import PageIndex

DESCRIPTION_NAMES = frozenset({"description", "og:description", "twitter:description"})
SHINGLE_WORDS = 3
"""Number of consecutive words that both must contain."""

_BODY = re.compile(r'"articleBody"\s*:\s*"')
_DECODER = json.JSONDecoder(strict=False)
_ELEMENT = re.compile(r"<[^<>]{0,300}>")


class MetadataOverlap:
    """N-grams of words of the descriptions and of the declared body."""

    def __init__(self, index: PageIndex) -> None:
        bodies = list(_article_bodies(index.by_tag["script"]))
        self.described = {
            run for text in _descriptions(index.by_tag["meta"]) for run in _shingles(text.lower().split())
        }
        self.declared = {run for text in bodies for run in _shingles(_ELEMENT.sub(" ", text).lower().split())}
        self.body = bodies[0] if len(set(bodies)) == 1 else ""
        """The one article that JSON-LD declares, as written there; if it declares several, it is unknown which is the
        page's.
        """
        self.longest_words = {max(run, key=len, default="") for run in (*self.described, *self.declared)}
        """The longest word of each n-gram: most blocks contain none of them."""
        self.least_words = min(map(len, filter(None, self.described | self.declared)), default=sys.maxsize)

    def shares(self, text: str) -> tuple[float, float]:
        """The shares of a text, on one line, found in the descriptions and in the declared body, 0 to 1."""
        if text.count(" ") + 1 < self.least_words:  # half of the blocks; a shorter text is one n-gram
            return 0.0, 0.0
        words = text.lower().split()
        if self.longest_words.isdisjoint(words):
            return 0.0, 0.0
        runs = _shingles(words)
        return _share(runs, self.described), _share(runs, self.declared)


def _share(runs: list[tuple[str, ...]], known: set[tuple[str, ...]]) -> float:
    return sum(map(known.__contains__, runs)) / len(runs) if known else 0.0


def _descriptions(tags: Iterable[HtmlElement]) -> Iterator[str]:
    for tag in tags:
        if (tag.get("property") or tag.get("name") or "").lower() in DESCRIPTION_NAMES:
            yield tag.get("content") or ""


def _article_bodies(scripts: Iterable[HtmlElement]) -> Iterator[str]:
    for script in scripts:
        text = script.text or ""
        if '"articleBody"' in text:
            for found in _BODY.finditer(text):
                try:
                    yield _DECODER.raw_decode(text, found.end() - 1)[0]
                except ValueError:  # no end, or a stray backslash
                    continue


def _shingles(words: list[str]) -> list[tuple[str, ...]]:
    """Every run of three words, or all words as one if there are fewer."""
    return list(zip(words, words[1:], words[2:], strict=False)) if len(words) >= SHINGLE_WORDS else [tuple(words)]
