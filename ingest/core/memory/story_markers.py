"""Markers of wire text: "CORRECTED", "UPDATE 2", "2nd Ld-Writethru", "KILL", "Berichtigung". They say that a text replaces an earlier one."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache
from typing import NamedTuple

from ingest.core.model import Relation
from ingest.core.text.normalize import match_key
from ingest.core.text.wordlists import alternation, load_wordlists

MAX_NOTE_CHARACTERS = 600
"""Of a line that may be an editor's note."""
MAX_SLUG_CHARACTERS = 80
"""Of a slug line: "BC-EU--Ferry, 2nd Ld-Writethru,0432"."""
MAX_MARKERS = 4
"""Of one headline: "CORRECTED-UPDATE 2-…" has two."""
_KINDS = {"kill": Relation.KILL, "correction": Relation.CORRECTION, "update": Relation.UPDATE}
_WRITETHRU = re.compile(r"\b(?:(\d)(?:st|nd|rd|th)[ -])?(?:(?:ld|lead|add|sub)[ -])?writethru\b", re.IGNORECASE)
_NTH_LEAD = re.compile(r"[,-] ?(\d)(?:st|nd|rd|th) (?:ld|lead)\b", re.IGNORECASE)
_KILL_SLUG = re.compile(r"[,-] ?KILL\b|\bKILL[,-]|\bMANDATORY KILL\b|\bATTENTION\b[^.]{0,30}\bKILL\b")
_OPENS = re.compile(r"^\s*(?:eds?[.:]\s*)?(?:\d(?:st|nd|rd|th)\s+)?[(\[【〔（*\s]*", re.IGNORECASE)
_TAIL = re.compile(r"\s*[(\[【〔（][^(\[【〔（]{2,40}$|\s[-–—|]+\s*[^-–—|]{2,40}$")
_QUOTES = [
    re.compile(rf"{opens}([^{opens}{closes}\n]{{8,300}})[{closes}]")
    for opens, closes in (
        ("“", "”"),
        ('"', '"'),
        ("„", "“”"),
        ("«", "»"),
        ("»", "«"),
        ("「", "」"),
        ("『", "』"),
        ("‘", "’"),
        ("《", "》"),
    )
]


class Marker(NamedTuple):
    """What a text says that it is. `number`: of an update, 0 where it has none."""

    kind: Relation
    number: int = 0


def read_marker(
    headline: str | None, lines: Iterable[str], headings: Iterable[str] = ()
) -> tuple[Marker | None, str | None]:
    """The marker of a text, and its headline without one. `lines`: those that may be a slug or an editor's note; `headings`: those that may be the
    headline as it stood, where the headline itself has lost its marker.
    """
    found, bare = _of_headline(headline) if headline else (None, None)
    if found is None and headline:
        whole = (_of_headline(line) for line in headings)
        found = next((marker for marker, rest in whole if marker and match_key(rest) == match_key(headline)), None)
    if found is None:
        for line in lines:
            if found := _of_line(line):
                break
    return found, bare


def quoted(text: str) -> list[str]:
    """What stands in quotation marks: a notice of a kill names its story by the headline."""
    return [words for pattern in _QUOTES for words in pattern.findall(text)]


def _of_headline(headline: str) -> tuple[Marker | None, str]:
    kind, number, bare = None, 0, headline
    if match := _WRITETHRU.search(headline):
        kind, number, bare = Relation.UPDATE, int(match[1] or 0), headline[: match.start()].rstrip(" ,-") or headline
    for _ in range(MAX_MARKERS):
        at_end = False
        match = _before(bare)
        if match is None and (tail := _TAIL.search(bare)) and (match := _patterns()[1].match(bare, tail.start())):
            at_end = True
        if match is None:
            break
        kind = kind or _kind_of(match)
        number = number or int(match["number"] or 0)
        bare = bare[: match.start()] if at_end else bare[match.end() :]
    return (Marker(kind, number) if kind else None), (bare.strip() or headline)


def _of_line(line: str) -> Marker | None:
    if len(line) > MAX_NOTE_CHARACTERS:
        return None
    if len(line) <= MAX_SLUG_CHARACTERS:
        if _KILL_SLUG.search(line):
            return Marker(Relation.KILL)
        if match := _WRITETHRU.search(line) or _NTH_LEAD.search(line):
            return Marker(Relation.UPDATE, int(match[1] or 0))
    if (match := _before(line)) and not _is_time_line(match, line):
        return Marker(_kind_of(match), int(match["number"] or 0))
    lower = line.lower()
    for kind in ("kill", "correction"):
        if any(note in lower for note in load_wordlists("wire")[f"{kind}_notes"]):
            return Marker(_KINDS[kind])
    return None


def _is_time_line(match: re.Match[str], line: str) -> bool:
    """Whether a line says when a page was updated: "Updated: 5 May 2024, 12:30", and not "(Updates with quotes)"."""
    if _kind_of(match) is not Relation.UPDATE:
        return False
    is_note = match["bracket"] or match["eds"] or match["update"].isupper()
    return not is_note or bool(match["bracket"] and match["number"]) or line[match.end() :][:1].isdigit()


def _before(line: str) -> re.Match[str] | None:
    """The marker before a line; asked only of one that begins like a marker, because the list is long."""
    begins = _OPENS.sub("", line[:40])[:2].lower()
    if begins not in _beginnings():
        return None
    match = _patterns()[0].match(line)
    return None if match is None or _is_word(match) else match


def _kind_of(match: re.Match[str]) -> Relation:
    return _KINDS[_group(match)]


def _group(match: re.Match[str]) -> str:
    return next(kind for kind in _KINDS if match[kind])


def _is_word(match: re.Match[str]) -> bool:
    """Whether what looks like a marker is a word of its sentence: "Kill-switch law passes", "Update on the storm".

    A marker that only a space or a hyphen without spaces parts from what follows is in capitals, or has a number or a note's beginning.
    """
    end = match[0][match.end(_group(match)) - match.start() :]
    if match["number"] or match["eds"] or match["bracket"] or end.strip(" -") or end.startswith(" -"):
        return False
    mark = match[_group(match)]
    return mark != mark.upper() if mark.lower() != mark.upper() else not end.strip()


@cache
def _beginnings() -> frozenset[str]:
    """The first two characters of all markers."""
    return frozenset(mark[:2] for kind in _KINDS for mark in load_wordlists("wire")[kind])


@cache
def _patterns() -> tuple[re.Pattern[str], re.Pattern[str]]:
    """(a marker before a headline or note, a marker behind a headline)."""
    lists = load_wordlists("wire")
    kinds = "|".join(rf"(?P<{kind}>{alternation(lists[kind])})" for kind in _KINDS)
    marker = rf"(?:{kinds})(?:[ \xa0-]?(?P<number>\d{{1,2}}))?"
    opens, closes = r"[(\[【〔（*]", r"[)\]】〕）*]"
    ends = rf"(?(bracket)(?:\s*{closes}+[\s:：–—|/-]*|[\s:：]+)|(?:\s*[:：|/]\s*|\s*[-–—]+\s*|\s+))"
    before = rf"\s*(?P<eds>eds?[.:]\s*)?(?:\d(?:st|nd|rd|th)\s+)?(?P<bracket>{opens}+\s*)?{marker}{ends}"
    behind = rf"(?:\s*{opens}\s*|\s[-–—|]+\s*){marker}\s*{closes}?\s*$"
    return re.compile(before, re.IGNORECASE), re.compile(behind, re.IGNORECASE)
