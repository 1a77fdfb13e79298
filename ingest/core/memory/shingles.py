"""Shingles: the runs of four words of a text, by which copies and excerpts are found."""

from __future__ import annotations

import re
import zlib
from typing import TYPE_CHECKING

import numpy as np

from ingest.core.text.scripts import UNSPACED_SET

if TYPE_CHECKING:
    from collections.abc import Collection

    from numpy.typing import NDArray

    Hashes = NDArray[np.uint64]

SHINGLE_WORDS = 4
"""Words of a shingle; a character of a script without spaces is a word."""
_WORD = re.compile(rf"[{UNSPACED_SET}]|[^\W_{UNSPACED_SET}]+")
_MULTIPLIER = np.uint64(0x9E3779B97F4A7C15)
"""Odd, so that its powers never become 0 modulo 2**64."""


def shingles(text: str) -> frozenset[int]:
    """The hashes (64 bits) of a text's different runs of four words, in lower case; of a shorter text its one run."""
    return frozenset(shingle_hashes(text).tolist())


def containment(a: Collection[int], b: Collection[int]) -> float:
    """The share, 0 to 1, of the smaller set's shingles that the other has; 0 where one is empty."""
    if not a or not b:
        return 0.0
    small, large = sorted((a, b), key=len)
    return len(frozenset(small).intersection(large)) / len(small)


def shingle_hashes(text: str) -> Hashes:
    """The same as an ascending array."""
    word = word_hashes(text)
    if not len(word):
        return word
    size = min(SHINGLE_WORDS, len(word))
    with np.errstate(over="ignore"):
        runs = np.zeros(len(word) - size + 1, np.uint64)
        for at in range(size):
            runs = runs * _MULTIPLIER + word[at : at + len(runs)] + np.uint64(1)
        runs = (runs ^ (runs >> np.uint64(29))) * _MULTIPLIER
    return np.unique(runs ^ (runs >> np.uint64(32)))


def word_hashes(text: str) -> Hashes:
    """The hash (32 bits) of each word, in order, in lower case."""
    words = _WORD.findall(text.casefold())
    return np.fromiter((zlib.crc32(word.encode("utf-8", "replace")) for word in words), np.uint64, len(words))
