"""The language of a text by the model of py3langid, in half of its memory and without its temporary file.

The model scores the byte n-grams of a text that it knows. The library finds them with an automaton of 104,583 states, a table of 39 MB walked
byte by byte, and writes all 68 MB of the model to a disk to load it. An n-gram is as well known by its hash: here the automaton becomes a
sorted table of 1 MB, in which those of a text are looked up at once. The answers are the same.
"""

from __future__ import annotations

import lzma
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from ingest.core.text.hashes import HASH_MULTIPLIER, Hashes, HashIndex, mixed, ngram_hashes

Identify = Callable[[str], tuple[str, float]]
"""A text's language (ISO 639) and its score; scores of texts of one length may be compared."""

_NO_FEATURE = float(np.finfo(np.float32).min)
"""The score of every language where a text has no n-gram that the model knows."""
_STATES_PER_STEP = 1024
_BYTES_PER_STEP = 1 << 18
"""Of what is read at once: the decompressor makes a copy."""
_FLOATS = np.arange(1 << 16, dtype=np.uint16).view(np.float16).astype(np.float32)
"""Each float16 by its bits: looking one up takes a fifth of converting it."""
_ENTRY = b"PK\3\4"
"""What an entry of a zip begins with; the next 26 bytes end with the lengths of its name and of its extra field."""


def identify(text: str) -> tuple[str, float]:
    """The language of a text that py3langid's `classify` gives, and its score."""
    return _identifier()(text)


@cache
def _identifier() -> Identify:
    """That of the model, or the library's own where its model is laid out otherwise than in version 0.4."""
    try:
        with files("py3langid").joinpath("data/model.npz.xz").open("rb") as packed, lzma.open(packed) as stream:
            return LanguageModel.of(dict(_arrays(stream))).identify
    except (OSError, KeyError, ValueError):
        from py3langid import classify  # noqa: PLC0415 - what is not needed here

        return classify  # type: ignore[no-any-return]  # the library is not typed


@dataclass(frozen=True, eq=False)
class LanguageModel:
    """A naive Bayes model over byte n-grams."""

    grams: HashIndex
    """Hashes of the n-grams that a text is searched for, beginnings of longer ones included."""
    longest: int
    """Most bytes of an n-gram."""
    feature: NDArray[np.int32]
    """For each n-gram, its row in `weights`, or -1; then that of no n-gram at all."""
    weights: NDArray[np.uint16]
    """[features, languages]: the logarithm of the probability of an n-gram in a language, as the bits of a float16."""
    prior: NDArray[np.float32]
    languages: tuple[str, ...]
    aliases: tuple[tuple[int, int], ...]
    """The first and each later column of a language that has several."""

    @classmethod
    def of(cls, arrays: dict[str, NDArray[Any]]) -> LanguageModel:
        """The model from the arrays of the library's file. Raises KeyError or ValueError where they are not as expected."""
        if arrays["ptc"].dtype != np.float16:
            raise ValueError("weights in another format")
        hashes, longest = _state_hashes(arrays["nextmove"].reshape(-1, 256), arrays["nextmove_row"])
        keys = mixed(hashes[1:])
        order = np.argsort(keys)
        languages = tuple(arrays["classes"].tolist())
        first = {language: at for at, language in reversed(list(enumerate(languages)))}
        return cls(
            HashIndex.of(keys[order]),
            longest,
            np.append(arrays["out_feat"][1:][order], arrays["out_feat"][0]),
            arrays["ptc"].view(np.uint16),
            arrays["pc"],
            languages,
            tuple((first[language], at) for at, language in enumerate(languages) if first[language] != at),
        )

    def identify(self, text: str) -> tuple[str, float]:
        """The language of a text and its score."""
        scores = self._scores(self._features(text))
        for first, alias in self.aliases:
            scores[first] = max(scores[first], scores[alias])
            scores[alias] = _NO_FEATURE
        best = int(scores.argmax())
        return self.languages[best], float(scores[best])

    def _features(self, text: str) -> NDArray[np.int32]:
        """The feature of the longest known n-gram that ends at each byte, where it has one."""
        text = unicodedata.normalize("NFC", text.lower() if text.isupper() else text)
        byte = np.frombuffer(text.encode("utf-8", "surrogatepass"), np.uint8).astype(np.uint64) + np.uint64(1)
        runs = list(ngram_hashes(byte, min(self.longest, len(byte))))
        end = np.arange(len(byte))
        ends = np.concatenate([end[len(byte) - len(run) :] for run in runs])
        at, gram = self.grams.find(mixed(np.concatenate(runs)))
        found = np.full(len(byte), len(self.feature) - 1)
        found[ends[at]] = gram  # of several that end at one byte the last one stays, and that is the longest
        features = self.feature.take(found)
        return np.asarray(features[features >= 0])

    def _scores(self, features: NDArray[np.int32]) -> NDArray[np.float32]:
        if not len(features):
            return np.full(len(self.languages), _NO_FEATURE, np.float32)
        times = Counter(features.tolist())  # in the order in which the library adds, that of their first occurrences
        feature = np.fromiter(times.keys(), np.intp, len(times))
        weight = np.log1p(np.fromiter(times.values(), np.float32, len(times)))
        return np.asarray(weight @ _FLOATS.take(self.weights.take(feature, axis=0)) + self.prior)


def _state_hashes(rows: NDArray[np.uint32], row_of: NDArray[np.uint16]) -> tuple[Hashes, int]:
    """The hash of the n-gram that each state of an automaton stands for, and the length of the longest.

    `rows`: [rows, 256], the next state for each byte; `row_of`: the row of each state. A state that is met first after n bytes stands for an
    n-gram, that of the state before and one byte more; states that share a row are those with nothing longer, but for one.
    """
    hashes = np.zeros(len(row_of), np.uint64)
    met = np.zeros(len(row_of), bool)
    met[0] = True
    left = np.ones(len(rows), bool)
    states, length = np.zeros(1, np.intp), -1
    while len(states):
        length += 1
        row, one = np.unique(row_of[states], return_index=True)
        row, states = row[left[row]], states[one[left[row]]]
        left[row] = False
        found = [np.zeros(0, np.intp)]
        for start in range(0, len(row), _STATES_PER_STEP):
            following = rows[row[start : start + _STATES_PER_STEP]].ravel()
            edge = np.flatnonzero(~met.take(following))
            above = hashes[states[start + (edge >> 8)]]
            found.append(following[edge].astype(np.intp))
            hashes[found[-1]] = above * HASH_MULTIPLIER + (edge & 0xFF).astype(np.uint64) + np.uint64(1)
        states = np.concatenate(found)
        met[states] = True
    return hashes, length


def _arrays(stream: IO[bytes]) -> Iterator[tuple[str, NDArray[Any]]]:
    """The arrays of an .npz whose entries are not compressed, one after the other, from a stream that is only read forwards."""
    while (header := stream.read(30)).startswith(_ENTRY):
        name, extra = (int.from_bytes(header[at : at + 2], "little") for at in (26, 28))
        called = stream.read(name).decode()
        stream.read(extra)
        if np.lib.format.read_magic(stream) != (1, 0):
            raise ValueError("an array in another format")
        shape, _, kind = np.lib.format.read_array_header_1_0(stream)
        array = np.empty(shape, kind)
        view, at = array.reshape(-1).view(np.uint8).data, 0
        while at < len(view):
            if not (size := stream.readinto(view[at : at + _BYTES_PER_STEP])):  # type: ignore[attr-defined]  # a buffered stream has it
                raise ValueError("an array is cut off")
            at += size
        yield called.removesuffix(".npy"), array
