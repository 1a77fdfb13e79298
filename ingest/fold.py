"""When two texts say the same: case, accents, punctuation and white space do not count."""

from __future__ import annotations

import re
import unicodedata

_NOT_WORDS = re.compile(r"[\W_]+")


def fold(text: str) -> str:
    """The text's letters and digits, case-folded and without accents; "" where it has none."""
    if text.isascii():
        return _NOT_WORDS.sub("", text.lower())
    plain = unicodedata.normalize("NFKD", text).casefold()
    return _NOT_WORDS.sub("", "".join(sign for sign in plain if not unicodedata.combining(sign)))
