"""Shingles: the hashes of all runs of words of a text, by which two texts are compared whatever their length.

Case, accents, punctuation and white space do not count. In scripts without spaces a character is a word, and a run is twice as long,
because two characters say as much as one word.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from ingest.core.text.scripts import UNSPACED_RANGES, UNSPACED_SET

Hashes = NDArray[np.uint64]

SHINGLE_WORDS = 4
SHINGLE_CHARACTERS = 8
"""Of scripts without spaces."""

_UNSPACED = rf"{UNSPACED_SET}\U00020000-\U0003ffff"
_TOKEN = re.compile(rf"[{_UNSPACED}]|[^\W_{_UNSPACED}]+")
_UNSPACED_CHARACTER = re.compile(f"[{_UNSPACED}]")
_ASCII_TOKEN = re.compile(r"[^\W_]+", re.ASCII)
_MARKS = re.compile(r"[\u0300-\u036f]+")
_BOUNDS = np.array(
    [bound for first, last in (*UNSPACED_RANGES, (0x20000, 0x3FFFF)) for bound in (first, last + 1)], np.uint32
)
_MULTIPLIER = np.uint64(0x9E3779B97F4A7C15)  # odd: no information is lost modulo 2**64
_MIXER = np.uint64(0xBF58476D1CE4E5B9)


def tokens(text: str) -> list[str]:
    """The words of a text in lower case, without accents; a character of a script without spaces is a word."""
    if text.isascii():
        return _ASCII_TOKEN.findall(text.lower())
    return _TOKEN.findall(_MARKS.sub("", unicodedata.normalize("NFKD", text)).casefold())


def shingle_hashes(words: Sequence[str]) -> Hashes:
    """The hashes of the shingles of a text, given as its `tokens`: each once, ascending. Fewer words than one shingle have one hash."""
    if not words:
        return np.zeros(0, np.uint64)
    word = np.fromiter(map(crc32, " ".join(words).encode("utf-8", "replace").split(b" ")), np.uint64, len(words))
    runs = _runs(word, SHINGLE_WORDS)
    if _UNSPACED_CHARACTER.search("".join(words)):
        first = np.frombuffer("".join([one[0] for one in words]).encode("utf-32-le", "replace"), np.uint32)
        unspaced = np.searchsorted(_BOUNDS, first, "right") % 2 == 1
        long = _runs(word, SHINGLE_CHARACTERS)
        runs = np.concatenate((runs[~unspaced[: len(runs)]], long[unspaced[: len(long)]]))
    found = np.sort(_mixed(runs if len(runs) else _runs(word, len(word))))
    return np.asarray(found[np.concatenate((np.ones(1, bool), found[1:] != found[:-1]))])


def shingles(text: str) -> frozenset[int]:
    """The hashes of the shingles of a text."""
    return frozenset(shingle_hashes(tokens(text)).tolist())


def containment(one: AbstractSet[int], other: AbstractSet[int]) -> float:
    """Share of the smaller set that the larger has too, 0 to 1; 0 where one is empty."""
    return len(one & other) / min(len(one), len(other)) if one and other else 0.0


def _runs(word: Hashes, size: int) -> Hashes:
    """One hash for each run of `size` words, by where it begins; for fewer words the hash of all."""
    size = min(size, len(word))
    with np.errstate(over="ignore"):
        runs = word[: len(word) - size + 1].copy()
        for step in range(1, size):
            runs *= _MULTIPLIER
            runs += word[step : len(word) - size + 1 + step]
        return runs


def _mixed(runs: Hashes) -> Hashes:
    """Hashes of which every bit depends on every word (the finalizer of SplitMix64), so that a share of them is a fair sample."""
    with np.errstate(over="ignore"):
        runs = (runs ^ (runs >> np.uint64(30))) * _MIXER
        return np.asarray(runs ^ (runs >> np.uint64(31)))
