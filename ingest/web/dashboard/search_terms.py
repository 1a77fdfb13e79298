"""Text as the search index has it, and a query in SQLite's FTS5 syntax that finds it.

Case, accents and punctuation do not count. Scripts without spaces become pairs of characters: most words of Chinese and Japanese have two,
and SQLite's trigram tokenizer finds none below three, at five times the size (4.6 bytes of index for one of text, against 0.9, without what is kept to remove records).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from hashlib import blake2b
from itertools import pairwise

from ingest.core.text.scripts import UNSPACED_SET

MIN_PREFIX_CHARACTERS = 4
"""A word of a query that is as long also finds longer words that begin with it. With three, words that begin a fifth of all words take
half a second among 10^5 records."""
FACETS = ("publisher", "language", "day")
_UNSPACED_RUN = re.compile(f"[{UNSPACED_SET}]+")
_LATIN_OR_RUN = re.compile(f"[{UNSPACED_SET}]+|[^{UNSPACED_SET}]+")


class _Folding(dict[int, str | None]):
    """Marks vanish, letters and digits stay, all else becomes a space; worked out once for each character."""

    def __missing__(self, code: int) -> str | None:
        category = unicodedata.category(chr(code))[0]
        self[code] = found = None if category == "M" else chr(code) if category in "LN" else " "
        return found


_FOLDING = _Folding()


def index_text(text: str) -> str:
    """The words of a text as the index has them."""
    return _UNSPACED_RUN.sub(lambda run: f" {_pairs(run[0])} {run[0][-1]} ", _folded(text))


def facet_words(facets: Mapping[str, str]) -> str:
    """Facets of a record, `FACETS` with their values, as words of the index."""
    return " ".join(_facet_word(kind, value) for kind, value in facets.items())


def match_expression(query: str, facets: Mapping[str, str]) -> str:
    """What to give to MATCH: all words of the query and all facets; "" if there are none."""
    phrases = [phrase for word in query.split() for phrase in _phrases(_folded(word))]
    parts = [f"{{words}} : ({' AND '.join(phrases)})"] if phrases else []
    if facets:
        words = " AND ".join(_facet_word(kind, value) for kind, value in facets.items())
        parts.append(f"{{facets}} : ({words})")
    return " AND ".join(parts)


def _folded(text: str) -> str:
    return unicodedata.normalize("NFKD", text).casefold().translate(_FOLDING)


def _pairs(run: str) -> str:
    return " ".join(map("".join, pairwise(run)))


def _phrases(folded: str) -> list[str]:
    found = []
    for part in _LATIN_OR_RUN.findall(folded):
        words = part.split()
        if not words:
            continue
        unspaced = bool(_UNSPACED_RUN.match(words[0]))
        if unspaced and len(words[0]) > 1:
            words = _pairs(words[0]).split()
        begins = len(words[0]) == 1 if unspaced else len(words[-1]) >= MIN_PREFIX_CHARACTERS
        found.append(f'"{" ".join(words)}"' + (" *" if begins else ""))
    return found


def _facet_word(kind: str, value: str) -> str:
    return f"{kind}{blake2b(value.encode(errors='replace'), digest_size=8).hexdigest()}"
