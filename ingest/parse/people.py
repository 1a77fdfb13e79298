"""Names out of bylines, whatever language the byline is written in."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache
from typing import Any

from ingest.caching import cache_short_texts
from ingest.fold import fold
from ingest.lexicon import alternatives, lexicon, words
from ingest.parse.strings import line

MAX_NAMES = 60  # a collaboration signs with dozens, a broken page with thousands

_MAIL = re.compile(r"[(\[<]?\s*[\w.+-]+@[\w-]+(?:\.[\w-]+)+\s*[)\]>]?")
_LINK = re.compile(r"(?:https?://|www\.)\S+")
_NICK = re.compile(r"(?<!\w)@\w+")
_BRACKETS = re.compile(r"\s*[(\[（【][^()\[\]（）【】]{0,80}[)\]）】]")
_HARD = re.compile(r"\s*(?:\s\+\s|[;|•·●／/\n،、]|\s[–—-]\s|,(?!\s*(?:Jr|Sr|II|III|IV|PhD|Ph\.D|MD|M\.D)\b))\s*")
_JAPANESE_JOB = re.compile(r"(?:記者|編集委員|特派員|論説委員|기자|记者|撰文|署理)$")
_EDGE = re.compile(r"^[\s©&,.;:|/\\•·–—*\"'“”«»„<>]+|[\s,;:|/\\•·–—*\"“”«»„<>(\[]+$")
_DIGIT = re.compile(r"\d")
_RIGHTS = re.compile(r"copyright|\(c\)|all rights reserved", re.IGNORECASE)
_SENTENCE = re.compile(r"[^\W\d_]{3,}[.!?] ")


@cache
def _patterns() -> tuple[re.Pattern[str], re.Pattern[str], re.Pattern[str], re.Pattern[str]]:
    hard = alternatives({w.rstrip(":：／") for w in words("people", "by")})
    soft = alternatives(words("people", "by_soft"))
    by = re.compile(
        rf"^(?:(?:{hard}|{soft})\s*[:：／]\s*|(?:{hard})\s+(?=\S)|(?:{soft})\s+(?=\S+\s+\S))", re.IGNORECASE
    )
    between = re.compile(rf"\s+(?:{alternatives(words('people', 'between'))})\s+", re.IGNORECASE)
    after = re.compile(rf"\s+(?:{alternatives(words('people', 'after'))})(?:\s.*)?$", re.IGNORECASE)
    job = re.compile(rf"(?<!\w)(?:{alternatives(words('people', 'jobs'))})(?!\w)", re.IGNORECASE)
    return by, between, after, job


@cache
def _months_on() -> re.Pattern[str]:
    tables = lexicon("dates")
    month = alternatives(name for several in tables["months"].values() for name in several)
    day = alternatives(tables["weekdays"])
    return re.compile(rf"[\s,]*(?<!\w)(?:(?:{month})\.?\s*\d|(?:{day})(?!\w)|\d).*$", re.IGNORECASE | re.DOTALL)


def marked(text: str) -> str | None:
    """What stands behind the "By" of a byline; None where there is none."""
    match = _patterns()[0].match(text)
    return text[match.end() :] if match else None


def looks_personal(text: str) -> bool:
    """Two or three capitalised words of letters, as most names are; so are many other things."""
    parts = text.split()
    return (
        2 <= len(parts) <= 3
        and len(text) <= 40
        and all(
            p[0].isupper() and p.replace("-", "").replace("’", "").replace("'", "").rstrip(".").isalpha() for p in parts
        )
    )


def is_marker(text: str) -> bool:
    """The "By" of a byline alone: its names stand in the next run of text."""
    return len(text) < 40 and text.strip(" :：").lower() in words("people", "by")


@cache_short_texts
def is_newsroom(name: str) -> bool:
    """A news agency, a newsroom that signs as such, a firm."""
    text = " ".join(name.lower().split())
    return text in words("people", "newsrooms") or not words("people", "newsroom_words").isdisjoint(
        re.split(r"[\W_]+", text)
    )


def names(value: Any, *, loose: bool = False) -> tuple[str, ...]:
    """The names in a byline or in a list of them, in order, each once.

    `loose`: the text is a byline as printed, which may hold jobs and places; what does not look like a name is dropped.
    """
    found: dict[str, str] = {}
    for text in value if isinstance(value, Iterable) and not isinstance(value, str) else [value]:
        clean = line(text, 600)
        if clean is None:
            continue
        for name in _split(clean, loose=loose):
            found.setdefault(fold(name), name)
        if len(found) >= MAX_NAMES:
            break
    found.pop("", None)
    if loose:  # "Jane Doe" and "Jane Doe Staff Writer" are one
        found = {
            k: name for k, name in found.items() if not any(k != o and len(o) > 5 and k.startswith(o) for o in found)
        }
    return tuple(found.values())[:MAX_NAMES]


def _split(text: str, *, loose: bool) -> list[str]:
    by, between, after, _ = _patterns()
    if "@" in text or "://" in text or "www." in text:  # few bylines have any, and each is looked for from every sign
        text = _NICK.sub(" ", _LINK.sub(" ", _MAIL.sub(", ", text)))
    for _ in range(2):  # "Text: Von Jana Muster"
        text = _EDGE.sub("", text)
        text = by.sub("", text, count=1)
    text = _BRACKETS.sub("", text)
    kept: list[str] = []
    for part in _HARD.split(text):
        for piece in between.split(f" {part} ") if len(part.split()) > 2 else [part]:
            name = _EDGE.sub("", _JAPANESE_JOB.sub("", _EDGE.sub("", piece)))
            if loose:
                name = _months_on().sub("", name)
                name = _EDGE.sub("", after.sub("", f" {name}"))
            name = _EDGE.sub("", by.sub("", name, count=1)) if kept else name
            if _is_name(name, loose=loose):
                kept.append(_cased(name))
    return kept


def _is_name(name: str, *, loose: bool) -> bool:
    if not 1 < len(name) <= 80 or not any(c.isalpha() for c in name) or name.lower() in words("people", "nobody"):
        return False
    if _RIGHTS.search(name):
        return False
    if name.count(".") > 3 or "http" in name or name[0].isdigit() or name.lower() in words("people", "by"):
        return False
    if loose and (_DIGIT.search(name) or _SENTENCE.search(name)):
        return False
    parts = name.split()
    if len(parts) > (5 if loose else 9):
        return False
    if loose:
        letters = [p for p in parts if p[0].isalpha()]
        capitals = sum(p[0].isupper() or not p[0].islower() for p in letters)
        if not letters or capitals * 2 < len(letters) or _patterns()[3].search(name):
            return False
    return True


def _cased(name: str) -> str:
    """Dots of an initial stay; a full stop behind a whole word goes."""
    return name[:-1] if re.search(r"\w{4}\.$", name) else name
