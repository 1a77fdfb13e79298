"""When two texts say the same: case, accents, punctuation and white space do not count."""

from __future__ import annotations

import re
import unicodedata

_NOT_WORDS = re.compile(r"[\W_]+")  # decomposed, an accent is a sign of its own and no word sign


def fold(text: str) -> str:
    """The text's letters and digits, case-folded and without accents; "" where it has none."""
    return _NOT_WORDS.sub("", text.lower() if text.isascii() else unicodedata.normalize("NFKD", text).casefold())
