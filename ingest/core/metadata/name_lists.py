"""Lists of names without separator characters: "张三 李四", "김철수 이영희", or an "and" joined to the second name."""

from __future__ import annotations

import re
from functools import cache

from ingest.core.text.wordlists import alternation, load_wordlists, word_set

_HAN_NAME = re.compile(r"[\u3400-\u9fff]{2,4}")
_HANGUL_NAME = re.compile(r"[\uac00-\ud7a3]{2,4}")
_HAN_AND = re.compile(r"(?<=[\u3400-\u9fff]{2})[和与與及](?=[\u3400-\u9fff]{2})")
_MIDDLE_DOT = re.compile(
    r"(?<=[\u3400-\u9fff])・(?=[\u3400-\u9fff])"
)  # between kana it separates the parts of a foreign name
_GLUED_AND = re.compile(r"\s+(?:و(?=[\u0621-\u064a])|ו(?=[\u05d0-\u05ea]))")


@cache
def _jobs() -> re.Pattern[str]:
    several = alternation(word_set("people", "glued_jobs"))
    return re.compile(rf"^(?:{several})\s*[:：／/]?\s*|\s*(?:{several})$")


@cache
def _families() -> tuple[frozenset[str], frozenset[str]]:
    tables = load_wordlists("people")
    return frozenset("".join(tables["chinese_families"])), frozenset("".join(tables["korean_families"]))


def without_job(name: str) -> str:
    """A name without a job title joined to its start or end."""
    return _jobs().sub("", name) if not name.isascii() else name


def unglued(part: str) -> list[str]:
    """The names in one part of a byline, usually the part itself."""
    if part.isascii():
        return [part]
    found = [name for piece in _MIDDLE_DOT.split(part) for name in _spaced(piece)]
    return [name for each in found for name in _by_glued_and(each)]


def _spaced(part: str) -> list[str]:
    """Chinese or Korean names with only spaces, or an "and", between them."""
    pieces = [without_job(piece) for piece in part.split()]
    chinese, korean = _families()
    for form, families in ((_HAN_NAME, chinese), (_HANGUL_NAME, korean)):
        alone = [
            name for piece in pieces if piece for name in (_HAN_AND.split(piece) if form is _HAN_NAME else [piece])
        ]
        if len(alone) > 1 and all(form.fullmatch(name) and name[0] in families for name in alone):
            return alone
    return [part]


def _by_glued_and(part: str) -> list[str]:
    """Arabic and Hebrew names: a word that starts with "and" starts the second of two names, if each then has at least
    two words.
    """
    for cut in _GLUED_AND.finditer(part):
        first, second = part[: cut.start()], part[cut.end() :]
        word = part[cut.start() :].split(maxsplit=1)[0]
        if len(first.split()) > 1 and len(second.split()) > 1 and word not in word_set("people", "waw_names"):
            return [first, *_by_glued_and(second)]
    return [part]
