"""The key of a line: what two lines of one publisher have in common that say the same but for case, punctuation and numbers."""

from __future__ import annotations

import re
from hashlib import blake2b
from typing import TYPE_CHECKING, Any

import numpy as np

from ingest.core.caching import cache_short_texts
from ingest.core.text.normalize import match_key

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    from ingest.core.memory.shingles import Hashes

MAX_KEY_CHARACTERS = 400
"""Letters of a line that its key covers: a publisher's own lines are shorter."""
MIN_DISTINCTIVE_WORDS = 4
"""Words of a line that may be one publisher's alone: "Read more" and "Share" are everybody's."""
_DIGITS = re.compile(r"\d+")
_LETTER = re.compile(r"[^\W\d_]")


@cache_short_texts
def line_key(text: str) -> int:
    """64 bits; equal for lines of the same letters, with any numbers in the same places. 0 for a line without a letter."""
    folded = match_key(text[: 2 * MAX_KEY_CHARACTERS])[:MAX_KEY_CHARACTERS]
    if not _LETTER.search(folded):
        return 0
    return int.from_bytes(blake2b(_DIGITS.sub("0", folded).encode("utf-8", "replace"), digest_size=8).digest())


def line_keys(texts: Iterable[str]) -> Hashes:
    """The key of each line."""
    return np.fromiter(map(line_key, texts), np.uint64)


def distinctive(keys: Hashes, words: NDArray[np.integer[Any]]) -> Hashes:
    """The keys of lines by which a publisher may be known. `words`: of each line."""
    return np.asarray(keys[(keys != 0) & (words >= MIN_DISTINCTIVE_WORDS)])
