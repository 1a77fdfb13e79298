"""Titles and paragraphs as text: their words, a title without its bullet or site name, the words of a URL."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from ingest.core.text.normalize import match_key
from ingest.core.text.scripts import SENTENCE_STOPS, UNSPACED_SET

if TYPE_CHECKING:
    from collections.abc import Callable

MAX_SITE_CHARACTERS = 40
STEM_CHARACTERS = 5
"""Number of first characters by which two words count as the same: many languages inflect the ends of words."""
MIN_STOPLESS_CHARACTERS = 70
"""Characters of a line from which it is prose in a script whose sentences end without a sign."""
MAX_QUESTION_CHARACTERS = 200
"""A question with no more characters may be a headline, and is not a paragraph."""

MAX_KICKER_WORDS, MIN_KICKED_WORDS = 5, 4
"""Most words of a kicker joined to a headline, and fewest of the headline."""
_BULLET = re.compile(r"^(?:[-*•●‣▪◦–—·+#>|»o]\s+|\d{1,2}[.)]\s+|[•●▪■►▶]\s*)+(?=\S)")
_SITE_CUT = re.compile(r"\s+(?:[|–—•·»«/~:\-]{1,2})\s+|\s*[|｜│]\s*")
_SITE_BAR = re.compile(r"[|–—•·»«/~:\-｜│]")
_JOINED_WORDS = re.compile(r"[^\W\d_A-Z](?=[A-Z\u00c0-\u00d6\u0410-\u042f][^\W\d_A-Z])")
_WORD = re.compile(r"[^\W_]+")
_FIRST_UNSPACED = "\u0e00"
_UNSPACED = re.compile(f"[{UNSPACED_SET}]+")
_STOPS = frozenset(SENTENCE_STOPS)
_STOPLESS = re.compile(r"[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff]")
_CLOSERS = " \"'”’»」』)]）"


def without_bullet(text: str) -> str:
    """A line without the bullet before it."""
    return _BULLET.sub("", text, count=1)


def without_kicker(text: str, others: Callable[[], str]) -> str:
    """A headline without the kicker that an extractor has joined to it: "Vote in SutbyCouncil backs the new harbour". `others`: the
    other lines, asked for only where a line may be joined so; in them both halves of the joined word must stand by themselves, and
    never together.
    """
    joints = [match.end() for match in _JOINED_WORDS.finditer(text)]
    if len(joints) != 1 or not _is_kicker(text[: joints[0]], text[joints[0] :]):  # several join the entries of a menu
        return text
    halves = text[: joints[0]].rsplit(maxsplit=1)[-1], text[joints[0] :].split(maxsplit=1)[0]
    said = set(_WORD.findall(others()))
    return text[joints[0] :] if said.issuperset(halves) and "".join(halves) not in said else text


def _is_kicker(kicker: str, title: str) -> bool:
    words = len(kicker.split())
    return words <= MAX_KICKER_WORDS and len(title.split()) >= max(MIN_KICKED_WORDS, words)


def is_paragraph(text: str) -> bool:
    """True for prose: 80 characters that end like a sentence, or 70 in scripts that may end one without a sign (Thai, Lao,
    Burmese, Khmer); a short question may be a headline and is not prose.
    """
    if len(text) < 40:  # the minimum even in a script without spaces
        return False
    if not ends_sentence(text):
        return len(text) >= MIN_STOPLESS_CHARACTERS and bool(_STOPLESS.match(text)) and " " in text
    wide = len(text) + (0 if text.isascii() else sum(map(len, _UNSPACED.findall(text))))
    return wide >= 80 and not (wide <= MAX_QUESTION_CHARACTERS and text.endswith(("?", "？", "؟")))


def ends_sentence(text: str) -> bool:
    """True if a line (with single spaces) ends with sentence punctuation, ignoring quotation marks and brackets after
    it.
    """
    last = text[-1:]
    return last in _STOPS or (last in _CLOSERS and text.rstrip(_CLOSERS)[-1:] in _STOPS)


def without_site_ends(text: str) -> set[str]:
    """The words of a line, folded, without an end that may be the name of a site: "Storm hits coast - The Example"."""
    if not _SITE_BAR.search(text):
        return set()
    cuts = list(_SITE_CUT.finditer(text))
    return {
        match_key(text[: cut.start()])
        for cut in cuts[-2:]
        if 0 < len(text) - cut.end() <= MAX_SITE_CHARACTERS and cut.start() >= 8
    }


def stems(text: str) -> set[str]:
    """The first characters of a text's words; in scripts without spaces, its pairs of characters."""
    words = _WORD.findall(text.casefold())
    if text.isascii():
        return {word[:STEM_CHARACTERS] for word in words if len(word) > 2}
    found = set()
    for word in words:
        if word[0] >= _FIRST_UNSPACED and _UNSPACED.match(word):
            found |= {word[k : k + 2] for k in range(len(word) - 1)}
        elif len(word) > 2:
            found.add(word[:STEM_CHARACTERS])
    return found


def slug_stems(url: str | None) -> set[str]:
    """The first characters of the words in the longest part of a URL's path; empty if it has none."""
    if not url:
        return set()
    parts = [re.sub(r"[-_+.%\s]+", " ", part) for part in unquote(urlsplit(url).path).split("/")]
    best = max(parts, key=lambda part: sum(len(word) > 2 for word in part.split()), default="")
    words = {word[:STEM_CHARACTERS] for word in _WORD.findall(best.casefold()) if len(word) > 2 and not word.isdigit()}
    return words if len(words) >= 3 else set()


def says_headline(text: str, key: str) -> bool:
    """True if a line has the text of the folded headline, possibly after a bullet or before the name of a site."""
    folded = match_key(text)
    return (
        folded == key
        or (folded.endswith(key) and match_key(without_bullet(text)) == key)
        or (folded.startswith(key) and key in without_site_ends(text))
    )
