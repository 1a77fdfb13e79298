"""When two texts say the same: case, accents, punctuation and white space do not count."""

from __future__ import annotations

import re
import unicodedata

_PLAIN = {code: None for code in range(128) if not chr(code).isalnum()}
_NOT_WORDS = re.compile(r"[\W_]+")  # decomposed, an accent is a sign of its own and no word sign


def fold(text: str) -> str:
    """The text's letters and digits, case-folded and without accents; "" where it has none."""
    if text.isascii():  # a table takes two thirds of the time of the pattern
        return text.lower().translate(_PLAIN)
    return _NOT_WORDS.sub("", unicodedata.normalize("NFKD", text).casefold())
