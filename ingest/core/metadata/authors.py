"""Extraction of names from bylines, in any language."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from functools import cache
from typing import Any

from ingest.core.caching import cache_short_texts
from ingest.core.metadata.name_lists import unglued, without_job
from ingest.core.text.normalize import match_key
from ingest.core.text.strings import clean_line
from ingest.core.text.wordlists import alternation, load_wordlists, word_set

MAX_NAME_CHARACTERS = 40
MAX_NAMES = 60  # a collaboration has dozens of authors, a broken page thousands

_MAIL = re.compile(r"[(\[<]?\s*[\w.+-]+@[\w-]+(?:\.[\w-]+)+\s*[)\]>]?")
_LINK = re.compile(r"(?:https?://|www\.)\S+")
_HANDLE = re.compile(r"(?<!\w)@\w+")
_BRACKETS = re.compile(r"\s*[(\[（【][^()\[\]（）【】]{0,80}[)\]）】]")
_SEPARATOR = re.compile(
    r"\s*(?:\s\+\s|[;|•·●／/\n،、，；؛]|\s[–—-]\s|,(?!\s*(?:Jr|Sr|II|III|IV|PhD|Ph\.D|MD|M\.D)\.?\s*(?:,|$)))\s*"
)
_NAMED_MAIL = re.compile(r"^[\w.+-]+@[\w.-]+\s*[(\[]\s*([^()\[\]@]{2,80}?)\s*[)\]]$")  # "jane@example.org (Jane Doe)"
_WHITE_SPACE = "".join(character for character in map(chr, range(0x3001)) if character.isspace())
_LEADING, _TRAILING = f"{_WHITE_SPACE}©&,.;:|/\\•·–—*\"'“”«»„<>", f'{_WHITE_SPACE},;:|/\\•·–—*"“”«»„<>(['
_WIDE_NAME = re.compile(
    r"[\u3040-\u30ff\u3400-\u9fff]{2,5}(?: [\u3040-\u30ff\u3400-\u9fff]{1,4})?|[\uac00-\ud7a3]{2,4}"
)
_WHOLE_BRACKET = re.compile(r"^[(\[（【]\s*([^()\[\]（）【】]{2,80}?)\s*[)\]）】]$")  # "【山田太郎】", "（记者 张三）"
_REPORTED = re.compile(r"[\u3400-\u9fff](?:報導|报导|报道|報道)$")  # "台北報導": reported from Taipei
_PARTICLE = re.compile(r"[dlo]['’](?=[^\W\d_])", re.IGNORECASE)
_DIGIT = re.compile(r"\d")
_RIGHTS = re.compile(r"copyright|\(c\)|all rights reserved", re.IGNORECASE)
_SENTENCE = re.compile(r"[^\W\d_]{3,}[.!?] ")


@cache
def _text_and_pictures() -> str:
    """A pattern for "Text and photos" in any language and order; one of its parts is the text."""
    text, pictures = (alternation(word_set("people", made)) for made in ("text_made", "pictures_made"))
    between = alternation(word_set("people", "between"))
    joiner = rf"(?:\s*(?:[/&+・·•,，、／と及]|และ)\s*|\s+(?:{between})\s+|\s+[وו]\s*|\s+)"
    any_made = rf"(?:{text}|{pictures})"
    return rf"(?:[图圖]文|(?:{text}){joiner}{any_made}(?:{joiner}{any_made})?|(?:{pictures}){joiner}(?:{text}))(?!\w)"


@cache
def _picture_makers() -> re.Pattern[str]:
    """A pattern for "Fotos: Max Beispiel" within a byline, up to the marker of the text's author."""
    text, pictures = (alternation(word_set("people", made)) for made in ("text_made", "pictures_made"))
    return re.compile(
        rf"(?:^|[\s,;/|·・、，]+)(?:{pictures})\s*[:：=＝／・].*?(?=$|[\s,;/|、，]+(?:{text})\s*[:：=＝／・])",
        re.IGNORECASE,
    )


@cache
def _patterns() -> tuple[re.Pattern[str], re.Pattern[str], re.Pattern[str], re.Pattern[str]]:
    hard = alternation({w.rstrip(":：／") for w in word_set("people", "by")})
    soft = alternation(word_set("people", "by_soft"))
    by = re.compile(
        rf"^(?:{_text_and_pictures()}(?:\s*[:：／/=＝・|]\s*|\s+(?=\S))(?:(?:by|von|de|di|por|par|av|af|door)\s+)?"
        rf"|(?:{hard}|{soft})\s*[:：／]\s*|(?:{hard})\s+(?=\S)|(?:{soft})\s+(?=\S+\s+\S))",
        re.IGNORECASE,
    )
    between = re.compile(rf"\s+(?:{alternation(word_set('people', 'between'))})\s+", re.IGNORECASE)
    after = re.compile(rf"\s+(?:{alternation(word_set('people', 'after'))})(?:\s.*)?$", re.IGNORECASE)
    job = re.compile(rf"(?<!\w)(?:{alternation(word_set('people', 'jobs'))})(?!\w)", re.IGNORECASE)
    return by, between, after, job


@cache
def _date_and_after() -> re.Pattern[str]:
    tables = load_wordlists("dates")
    month = alternation(name for several in tables["months"].values() for name in several)
    day = alternation(tables["weekdays"])
    return re.compile(rf"[\s,]*(?<!\w)(?:(?:{month})\.?\s*\d|(?:{day})(?!\w)|\d).*$", re.IGNORECASE | re.DOTALL)


@cache
def _byline_beginnings() -> frozenset[str]:
    """The first two characters of the markers of bylines; of one character alone, or before white space, the first."""
    lists = ("by", "by_soft", "text_made", "pictures_made")
    words = (word.translate(_DOTLESS) for name in lists for word in word_set("people", name))
    return frozenset(word[:2].rstrip() for word in words)


_DOTLESS = str.maketrans("ıſ", "is")  # what a pattern that ignores case takes for a letter of ASCII


def strip_byline_marker(text: str) -> str | None:
    """The text after the "By" of a byline; None where there is no such marker."""
    head = text[:2]
    if head.isascii() and (low := head.lower()) not in _byline_beginnings() and low[:1] not in _byline_beginnings():
        return None  # half of the 41 texts of a page; the pattern tries its hundreds of words on each, which takes 3 µs
    match = _patterns()[0].match(text)
    return text[match.end() :] if match else None


def looks_like_person(text: str) -> bool:
    """True for two or three capitalised words of letters, the form of most names, but also of many other phrases."""
    parts = text.split()
    return (
        2 <= len(parts) <= 3
        and len(text) <= 40
        and all(
            _is_capitalised(p) and p.replace("-", "").replace("’", "").replace("'", "").rstrip(".").isalpha()
            for p in parts
        )
    )


def _is_capitalised(word: str) -> bool:
    """True if a word starts with a capital, or does so after a particle: "d’Arcy"."""
    return word[0].isupper() or (_PARTICLE.match(word) is not None and word[2].isupper())


def is_personal(name: str) -> bool:
    """The same for all scripts: without capitals, two to four words, or two to five Chinese, Japanese or Korean
    characters.
    """
    if looks_like_person(name):
        return True
    parts = name.split()
    if (
        is_outlet(name)
        or is_newsroom(name)
        or is_job(name)
        or not all(c.isalpha() or c in " .-’'" or unicodedata.category(c)[0] == "M" for c in name)
    ):
        return False
    if _WIDE_NAME.fullmatch(name):
        return True
    capital = [_is_capitalised(part) or not (part[0].islower() or part[0].isupper()) for part in parts]
    return 2 <= len(parts) <= 4 and len(name) <= MAX_NAME_CHARACTERS and capital[0] and capital[-1]


def is_byline_marker(text: str) -> bool:
    """True for the "By" of a byline alone: its names are in the next run of text."""
    return len(text) < 40 and text.strip(" :：").lower() in word_set("people", "by")


@cache_short_texts
def is_newsroom(name: str) -> bool:
    """True for a news agency, a newsroom with a byline of its own, or a company."""
    text = " ".join(name.lower().split())
    return text in word_set("people", "newsrooms") or not word_set("people", "newsroom_words").isdisjoint(
        re.split(r"[\W_]+", text)
    )


def parse_authors(value: Any, *, loose: bool = False) -> tuple[str, ...]:
    """The names in a byline or in a list of names, in order, each once.

    `loose`: the text is a byline as printed, which may contain jobs and places; what does not look like a name is
    dropped.
    """
    found: dict[str, str] = {}
    for text in value if isinstance(value, Iterable) and not isinstance(value, str) else [value]:
        clean = clean_line(text, 600)
        if clean is None:
            continue
        for name in _split(clean, loose=loose):
            found.setdefault(match_key(name), name)
        if len(found) >= MAX_NAMES:
            break
    found.pop("", None)
    if loose:  # "Jane Doe" and "Jane Doe Staff Writer" are one
        found = {
            k: name for k, name in found.items() if not any(k != o and len(o) > 5 and k.startswith(o) for o in found)
        }
    return tuple(found.values())[:MAX_NAMES]


def _trim(text: str) -> str:
    return text.lstrip(_LEADING).rstrip(_TRAILING)


def _without_marker(text: str) -> str:
    return text if (rest := strip_byline_marker(text)) is None else rest


def _split(text: str, *, loose: bool) -> list[str]:
    _, between, after, _ = _patterns()
    if named := _NAMED_MAIL.match(text):
        text = named[1]
    if (
        "@" in text or "://" in text or "www." in text
    ):  # few bylines have any, and each is looked for from every character
        text = _HANDLE.sub(" ", _LINK.sub(" ", _MAIL.sub(", ", text)))
    text = _WHOLE_BRACKET.sub(r"\1", text)
    for _ in range(2):  # "Text: Von Jana Muster"
        text = _without_marker(_trim(text))
    if (rest := _picture_makers().sub(", ", text)) != text:
        text = _without_marker(_trim(rest))
    text = _BRACKETS.sub("", text)
    kept: list[str] = []
    for part in _SEPARATOR.split(text):
        pieces = between.split(f" {part} ") if len(part.split()) > 2 else [part]
        for alone in (name for piece in pieces for name in unglued(piece.strip())):
            name = _trim(without_job(_trim(alone)))
            if loose:
                name = _date_and_after().sub("", name)
                name = _trim(after.sub("", f" {name}"))
            name = _trim(_without_marker(name)) if kept else name
            if _is_name(name, loose=loose) and not (kept and is_job(name)):
                kept.append(_without_full_stop(name))
    return kept


@cache_short_texts
def is_job(name: str) -> bool:
    """True if words name a job and not a person: "Transport Correspondent". With few exceptions, words for jobs are not
    family names.
    """
    return _patterns()[3].search(name) is not None


@cache_short_texts
def is_outlet(name: str) -> bool:
    """True if a name contains a word used in the names of newspapers, stations and sites."""
    text = name.lower()
    if not word_set("people", "outlets").isdisjoint(re.split(r"[^\w\u0900-\u0dff]+", text)):
        return True
    starts, ends = word_set("people", "unspaced_outlet_starts"), word_set("people", "unspaced_outlets")
    return text.endswith(tuple(ends)) or text.startswith(tuple(starts))


def _is_name(name: str, *, loose: bool) -> bool:
    if not 1 < len(name) <= 80 or not any(c.isalpha() for c in name) or name.lower() in word_set("people", "nobody"):
        return False
    if _RIGHTS.search(name):
        return False
    if name.count(".") > 3 or "http" in name or name[0].isdigit() or name.lower() in word_set("people", "by"):
        return False
    if loose and (_DIGIT.search(name) or _SENTENCE.search(name) or _REPORTED.search(name)):
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


def _without_full_stop(name: str) -> str:
    """Keep the full stop after an initial; remove the one after a whole word."""
    return name[:-1] if re.search(r"\w{4}\.$", name) else name
