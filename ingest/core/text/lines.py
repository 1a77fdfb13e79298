"""What a line of text looks like: a sentence of an article, or a title."""

from __future__ import annotations

import re

from ingest.core.text.scripts import SENTENCE_STOPS, UNSPACED_CHARACTER

MIN_PROSE_CHARACTERS = 80
"""A block this long that ends like a sentence is prose. Scripts that write no spaces say as much in half of it."""


MAX_TITLE_CHARACTERS = 200


_SENTENCE_END = re.compile(rf"""[{SENTENCE_STOPS}][\s"'”’»」』)\]）]*$""")


_UNSTOPPED = re.compile("[\\u0e00-\\u0eff]")


_TWO_LETTERS = re.compile(r"\w\w")


_OPEN_END = re.compile(r"[.,:;。，：；…、။។]$")


def is_prose(text: str) -> bool:
    """Whether it reads like sentences of an article."""
    long = len(text) >= MIN_PROSE_CHARACTERS or (
        not text.isascii() and len(text) + len(UNSPACED_CHARACTER.findall(text)) >= MIN_PROSE_CHARACTERS
    )
    return long and bool(_SENTENCE_END.search(text))


def ends_like_sentence(text: str) -> bool:
    """Whether it ends with the mark of a sentence's end, or in a script that has none (Thai, Lao)."""
    return bool(_SENTENCE_END.search(text)) or bool(_UNSTOPPED.search(text[-1:]))


def is_title(text: str) -> bool:
    """Whether it may be a headline: of some length, and not ended like a sentence or a marker."""
    return len(text) <= MAX_TITLE_CHARACTERS and not _OPEN_END.search(text) and bool(_TWO_LETTERS.search(text))
