"""Sets of 64-bit hashes: found among others, grouped, and those of n-grams made from those of their parts."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Hashes = NDArray[np.uint64]
Ints = NDArray[np.intp]

HASH_MULTIPLIER = np.uint64(0x9E3779B97F4A7C15)  # odd, so that its powers never become 0 modulo 2**64


def mixed(hashes: Hashes) -> Hashes:
    """The hashes with every bit spread over the others (xor, shift, multiply): `HashIndex` looks at the upper ones."""
    hashes = (hashes ^ (hashes >> np.uint64(29))) * HASH_MULTIPLIER
    return np.asarray(hashes ^ (hashes >> np.uint64(32)))


@dataclass(frozen=True, eq=False)
class HashIndex:
    """A set of hashes to find among many others: the keys in ascending order, and where those with the same upper bits
    begin.
    """

    keys: Hashes
    shift: np.uint64
    """The right shift that leaves the upper bits: two or three bits more than the number of keys needs, so that few
    keys share them and the table stays small enough for the cache.
    """
    begin: NDArray[np.int32]

    @classmethod
    def of(cls, keys: Hashes) -> HashIndex:
        """An index of keys in ascending order."""
        bits = min(len(keys).bit_length() + 2, 20)
        shift = np.uint64(64 - bits)
        sizes = np.bincount((keys >> shift).astype(np.intp), minlength=1 << bits)
        begin = np.concatenate((np.zeros(1, np.intp), np.cumsum(sizes))).astype(np.int32)
        return cls(keys, shift, begin)

    def find(self, among: Hashes) -> tuple[Ints, Ints]:
        """The positions in `among` that hold a key, ascending, and which key each is."""
        upper = (among >> self.shift).astype(np.intp)
        key, end = self.begin.take(upper), self.begin.take(upper + 1)
        at = np.flatnonzero(key < end)
        key, end, wanted = key[at].astype(np.intp), end[at], among[at]
        true = self.keys.take(key) == wanted
        left = np.flatnonzero(~true & (key + 1 < end))
        while len(left):  # one in five: past keys that do not match
            key[left] += 1
            true[left] = self.keys.take(key[left]) == wanted[left]
            left = left[~true[left] & (key[left] + 1 < end[left])]
        return at[true], key[true]


def group_equal(values: Hashes) -> tuple[Ints, NDArray[np.bool_]]:
    """The positions of values, equal ones together and in order, and whether each is the first of its group.

    The upper bits decide; the lower ones hold the position, so plain numbers are sorted, which is many times faster
    than argsort.
    """
    bits = np.uint64(max(len(values).bit_length(), 1))
    order = np.sort((values >> bits << bits) | np.arange(len(values), dtype=np.uint64))
    opens = np.ones(len(values), bool)
    opens[1:] = order[1:] >> bits != order[:-1] >> bits
    return (order & ((np.uint64(1) << bits) - np.uint64(1))).astype(np.intp), opens


def ngram_hashes(word: Hashes, max_words: int) -> Iterator[Hashes]:
    """The hashes of all n-grams of one word, of two, … of `max_words` words; there are n - 1 fewer n-grams than words."""
    runs = word
    yield runs
    for size in range(2, max_words + 1):
        runs = runs[:-1] * HASH_MULTIPLIER + word[size - 1 :] if len(runs) > 1 else runs[:0]
        yield runs
