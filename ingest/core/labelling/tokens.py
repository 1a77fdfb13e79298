"""The lines of a text as arrays: the class of each character, and words as hashes.

One table maps every code point to a class, and a polynomial rolling hash (prefix sums) maps every word to a number, so
all other features are counts in numpy: about 4 µs a line, where regular expressions and strings took 28. A character of
a script without spaces between words (Han, kana, Thai, Lao, Burmese, Khmer) is a word of its own, as in the benchmark's
scores.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, cached_property

import numpy as np
from numpy.typing import NDArray

from ingest.core.text.hashes import HASH_MULTIPLIER, Hashes, mixed
from ingest.core.text.scripts import UNSPACED_RANGES

Ints = NDArray[np.intp]
Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Classes = NDArray[np.uint8]

# Classes of characters. Those up to UNSPACED form words.
LOWER, UPPER, UNCASED, MARK, DIGIT, UNSPACED = range(6)
(
    SPACE,
    END,
    COMMA,
    COLON,
    QUOTE,
    DASH,
    OPEN,
    CLOSE,
    BAR,
    ELLIPSIS,
    APOSTROPHE,
    AT,
    HASH,
    SLASH,
    LEGAL,
    MONEY,
    OTHER,
    BREAK,
) = range(6, 24)
CLASS_COUNT = BREAK + 1

_CHARACTERS = {
    END: ".!?。！？｡．।॥؟۔¿¡။។៕།።፧։",
    COMMA: ",;，、；،؛၊፣",
    COLON: ":：",
    QUOTE: '"“”„‟«»‹›「」『』〝〞〟',
    DASH: "-‐‑‒–—―−",
    OPEN: "([{（【〔《〈",
    CLOSE: ")]}）】〕》〉",
    BAR: "|•·‣▪●■►▶▸→←»>‹<*+✓✔★☆◆◇○▼▲↓↑",
    ELLIPSIS: "…",
    APOSTROPHE: "'’‘`´",
    AT: "@",
    HASH: "#＃",
    SLASH: "/\\／",
    LEGAL: "©®™℗",
}
_QUOTES_NOT_BARS = "»‹"  # arrows in English, quotation marks elsewhere: counted as quotation marks
_WORDS_PER_UNSPACED_CHARACTER = (
    0.5  # length in words of a character of a script without spaces, where lengths are compared
)
_PLANE = 1 << 16
_HALF, _LOWER = np.uint32(16), np.uint32(_PLANE - 1)
_MAX_HASHED_CHARACTERS = 48  # characters of a word that its hash covers
_CACHED_POWER_BITS = (
    14,
    20,
)  # powers of the multiplier are cached for texts of 2**14 characters, …, 2**20; longer texts compute them anew


@cache
def _character_table() -> NDArray[np.uint32]:
    """For each code point of the first plane its class, in the upper half, and its lower-case form, in the lower half."""
    by_category = {"Lu": UPPER, "Lt": UPPER, "Ll": LOWER, "Lo": UNCASED, "Lm": UNCASED, "Mn": MARK, "Mc": MARK}
    by_category |= {"Nd": DIGIT, "Nl": DIGIT, "No": DIGIT, "Zs": SPACE, "Cc": SPACE, "Sc": MONEY, "Cf": MARK}
    plane = list(map(chr, range(_PLANE)))
    kinds = np.array([by_category.get(category, OTHER) for category in map(unicodedata.category, plane)], np.uint32)
    small = zip(plane, map(str.lower, plane), strict=True)
    lower = np.array([ord(low if len(low) == 1 else character) for character, low in small], np.uint32)
    for first, last in UNSPACED_RANGES:
        kinds[first : last + 1] = UNSPACED
    for kind, characters in _CHARACTERS.items():
        for character in characters:
            if kind != BAR or character not in _QUOTES_NOT_BARS:
                kinds[ord(character)] = kind
    kinds[ord("\n")] = BREAK
    return kinds << _HALF | lower


@dataclass(frozen=True, eq=False)
class TokenizedLines:
    """Tokenized lines. Arrays over characters, over words and over lines; each line ends in a BREAK that belongs to it."""

    lines: int
    character_class: NDArray[np.uint8]
    """Class of each character."""
    character_line: Ints
    """Line of each character."""
    first: Ints
    """Index of the first character of each line."""
    last: Ints
    """Index of the last character of each line, the BREAK."""
    counts: Floats
    """float64[lines, CLASSES]: number of characters of each class in a line."""
    word: Hashes
    """The hash of each word in lower case; equal words have equal hashes."""
    word_line: Ints
    word_start: Ints
    word_length: Ints

    @cached_property
    def words(self) -> Floats:
        """Number of words of each line."""
        return self.count_per_line(self.word_line)

    @cached_property
    def length(self) -> Floats:
        """Number of words of each line, where a character of a script without spaces counts as part of one."""
        return self.words - (1 - _WORDS_PER_UNSPACED_CHARACTER) * self.counts[:, UNSPACED]

    def part(self, lines: slice, words: slice) -> TokenizedLines:
        """Some of the lines, which have at least one character and the words `words`."""
        begin, end = int(self.first[lines.start]), int(self.last[lines.stop - 1]) + 1
        return TokenizedLines(
            lines.stop - lines.start,
            self.character_class[begin:end],
            self.character_line[begin:end] - lines.start,
            self.first[lines] - begin,
            self.last[lines] - begin,
            self.counts[lines],
            self.word[words],
            self.word_line[words] - lines.start,
            self.word_start[words] - begin,
            self.word_length[words],
        )

    def count_per_line(self, where: Ints, weights: Floats | None = None) -> Floats:
        """How often each line occurs in `where`, or the sum of the weights there: float64[lines]."""
        return np.bincount(where, weights, self.lines).astype(np.float64, copy=False)


def tokenize(texts: Sequence[str]) -> TokenizedLines:
    """Tokenize lines; none may contain a newline."""
    codes = np.frombuffer(("\n".join(texts) + "\n").encode("utf-32-le", "replace"), np.uint32)
    known = _character_table().take(
        codes, mode="clip"
    )  # one look-up for both, without a bounds check: a quarter of the time of two
    kind = (known >> _HALF).astype(np.uint8)
    folded = (known & _LOWER).astype(np.uint64)
    if (far := codes >= _PLANE).any():  # Han beyond the first plane, emoji and others
        kind[far] = np.where((codes[far] >= 0x20000) & (codes[far] < 0x40000), UNSPACED, OTHER)
        folded[far] = codes[far]
    last = np.cumsum([len(text) + 1 for text in texts], dtype=np.intp) - 1
    first = np.concatenate((np.zeros(1, np.intp), last[:-1] + 1))
    at = np.repeat(np.arange(len(texts)), last - first + 1)
    counts = (
        np.bincount(at * CLASS_COUNT + kind, minlength=len(texts) * CLASS_COUNT)
        .reshape(-1, CLASS_COUNT)
        .astype(np.float64)
    )
    start, length = _word_bounds(kind)
    return TokenizedLines(
        len(texts), kind, at, first, last, counts, _word_hashes(folded, start, length), at[start], start, length
    )


def tokenize_both(texts: Sequence[str], others: Sequence[str]) -> tuple[TokenizedLines, TokenizedLines]:
    """Two groups of lines, none of them empty, read as one: of a few lines most of the price is that of numpy's calls."""
    both, size = tokenize([*texts, *others]), len(texts)
    words = int(np.searchsorted(both.word_line, size))
    return (
        both.part(slice(0, size), slice(0, words)),
        both.part(slice(size, both.lines), slice(words, len(both.word))),
    )


def _word_bounds(kind: NDArray[np.uint8]) -> tuple[Ints, Ints]:
    """The start and length of each word: runs of letters and digits, including apostrophes between letters."""
    in_word = kind <= UNSPACED
    inner = kind == APOSTROPHE
    inner[1:-1] &= (kind[:-2] <= UNCASED) & (kind[2:] <= UNCASED)
    inner[0] = inner[-1] = False
    in_word |= inner
    single = kind == UNSPACED
    starts = in_word.copy()
    starts[1:] &= ~in_word[:-1] | single[1:] | single[:-1]
    stops = in_word.copy()
    stops[:-1] &= ~in_word[1:] | single[1:] | single[:-1]
    start = np.flatnonzero(starts)
    return start, np.flatnonzero(stops) + 1 - start


def _word_hashes(folded: Hashes, start: Ints, length: Ints) -> Hashes:
    """A polynomial hash of each word: the sum of its characters times powers of the multiplier, then mixed (xor, shift,
    multiply).

    Each is the difference of two prefix sums over the whole text, multiplied by the inverse power for the start of the
    word.
    """
    bits = max(len(folded).bit_length(), _CACHED_POWER_BITS[0])
    powers, inverse = (_cached_hash_powers if bits <= _CACHED_POWER_BITS[1] else _hash_powers)(bits)
    ends = start + np.minimum(length, _MAX_HASHED_CHARACTERS)
    running = np.zeros(len(folded) + 1, np.uint64)
    np.cumsum(folded * powers[: len(folded)], out=running[1:])
    return mixed((running[ends] - running[start]) * inverse[start])


def _hash_powers(bits: int) -> tuple[Hashes, Hashes]:
    """The first 2**bits powers of the multiplier, from exponent one, and those of its inverse, from exponent zero."""
    inverse = np.full(1 << bits, np.uint64(pow(int(HASH_MULTIPLIER), -1, 1 << 64)))
    inverse[0] = 1
    return np.cumprod(np.full(1 << bits, HASH_MULTIPLIER), dtype=np.uint64), np.cumprod(inverse, dtype=np.uint64)


_cached_hash_powers = cache(_hash_powers)
