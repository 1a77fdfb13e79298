"""Characters that a record, a log or a terminal may hold. What others send is held to this where it comes in."""

from __future__ import annotations

import os
import re
import unicodedata
from collections.abc import Callable

import regex

from ingest.core.limits import MAX_COMBINING_MARKS
from ingest.core.text.scripts import UNSPACED_CHARACTER

UNSAFE_SET = "\x00-\x08\x0b-\x1f\x7f-\x9f\xad\u200b\u2060-\u2064\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufeff\ufff0-\ufffb\ufffe\uffff"
"""For the inside of a character class."""

UNSAFE_CHARACTERS = re.compile(f"[{UNSAFE_SET}]")
"""Controls but for tab and line end, marks that reorder what a reader sees, lone surrogates, what is no character; and what shows nothing
and breaks search: soft hyphens, spaces and joiners of no width. Those that are spelling stay (U+200C to U+200F)."""

HARMLESS = frozenset(
    "\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u205f\u3000\u200c\u200d"
)
"""What Python does not call printable and a terminal may be given: spaces of all widths, and the two joiners, without which Persian and
Indic scripts are misspelt."""

_GRAPHEME_JOINER = "\u034f"
MAX_CHARACTERS_NORMALISED_WHOLE = 4_000
"""Characters whose marks cost nothing in any order: 10 ms at the most."""
_LONG_MARK_RUN = regex.compile(
    rf"[\p{{M}}--{_GRAPHEME_JOINER}]{{{MAX_COMBINING_MARKS}}}(?=[\p{{M}}--{_GRAPHEME_JOINER}])", regex.V1
)


def to_nfc(text: str) -> str:
    """The text in normal form C. Marks heaped on one letter are parted, as UAX 15 has it: 40,000 took a second, 80,000 four."""
    if text.isascii():
        return text
    return unicodedata.normalize(
        "NFC",
        text if len(text) <= MAX_CHARACTERS_NORMALISED_WHOLE else _LONG_MARK_RUN.sub(rf"\g<0>{_GRAPHEME_JOINER}", text),
    )


def to_single_line(text: str) -> str:
    """The text in normal form C, with single spaces, without what is unsafe."""
    return strip_unsafe(" ".join(text.split()))


def strip_unsafe(text: str) -> str:
    """The same of a text that has single spaces already."""
    return to_nfc(text if text.isprintable() else " ".join(UNSAFE_CHARACTERS.sub("", text).split()))


def count_words(text: str) -> int:
    """How many words a text has; of scripts that write no spaces, two characters are one."""
    return len(text.split()) + (0 if text.isascii() else len(UNSPACED_CHARACTER.findall(text)) // 2)


def count_line_words(text: str) -> int:
    """The same of a text with single spaces and no other white space, as that of a page's block, in a third of the time."""
    return text.count(" ") + 1 if text.isascii() else count_words(text)


def escape_for_display(name: str) -> str:
    """A text as people may see it: what is not printable is escaped, and then the backslash too. No new line, no command to a
    terminal, no lone surrogate; all else stays in its own script.
    """
    escaped = escape_unprintable(name.replace("\\", r"\\"), lambda character: ascii(character)[1:-1])
    return escaped if len(escaped) > len(name) + name.count("\\") else name


def escape_unprintable(text: str, escape: Callable[[str], str]) -> str:
    """The text with every character escaped that is neither printable nor `HARMLESS`."""
    if text.isprintable():
        return text
    return "".join(one if one.isprintable() or one in HARMLESS else escape(one) for one in text)


_URL = re.compile(r"\s*[A-Za-z][A-Za-z0-9+.-]*://")
_COLLAPSED_URL = re.compile(r"\s*[A-Za-z][A-Za-z0-9+.-]+:/")


def is_url(path: str | os.PathLike[str]) -> bool:
    """Whether somebody gave an address where a path is asked for; a `Path` has made one slash of the two."""
    return bool(_URL.match(path) if isinstance(path, str) else _COLLAPSED_URL.match(os.fspath(path)))
