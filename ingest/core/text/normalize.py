"""When two texts say the same: case, accents, punctuation and white space do not count."""

from __future__ import annotations

import re
import unicodedata

_ASCII_DELETIONS = {code: None for code in range(128) if not chr(code).isalnum()}
_NON_WORD = re.compile(r"[\W_]+")  # decomposed, an accent is a character of its own, and none of a word


def match_key(text: str) -> str:
    """The text's letters and digits, case-folded and without accents; "" where it has none."""
    if text.isascii():  # a table takes two thirds of the time of the pattern
        return text.lower().translate(_ASCII_DELETIONS)
    return _NON_WORD.sub("", unicodedata.normalize("NFKD", text).casefold())
