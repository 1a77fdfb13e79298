"""One pattern, twice: exact with `regex` (Unicode word boundaries, a time limit), loosened for RE2 (never slow, many in one Set).

A pattern has to be in the language of both, so it can be tried on anything: what RE2 cannot express (look-around, back-references,
possessive and atomic groups, counts over 1,000) is what makes backtracking explode. Speeds: notes in `rules`.
"""

from __future__ import annotations

from typing import Literal

import re2
import regex

TIME_LIMIT = 0.2
"""Seconds for one confirmation. Only a pattern that backtracks wildly on a text that RE2 let through ever meets it."""

Place = Literal["whole", "start", "tail", "anywhere"]

# Loosened, a class takes every sign beyond ASCII: a superset of Unicode's class, and a far smaller automaton.
_BEYOND = r"\x{80}-\x{10FFFF}"
_WIDE = {r"\w": "0-9A-Za-z_" + _BEYOND, r"\d": "0-9" + _BEYOND, r"\s": r"\s" + _BEYOND}
_TOKEN = regex.compile(r"\\[pP]\{\^?\w+\}|\\x[0-9A-Fa-f]{2}|\\.|\[:\^?\w+:\]|\[\^?\]?|\{\d+(?:,\d*)?\}|.", regex.DOTALL)
_COUNT = regex.compile(r"\{\d+(?:,\d*)?\}")


class PatternError(ValueError):
    """Why a pattern is refused."""


def options() -> re2.Options:
    """RE2 as we use it: silent, and with room for a Set of thousands of rules."""
    chosen = re2.Options()
    chosen.log_errors = False
    chosen.max_mem = 64 << 20
    return chosen


class Pattern:
    """A pattern and the place where it must match: the whole text, its start, its end, or anywhere in it."""

    __slots__ = ("_confirm", "groups", "loose", "source")

    def __init__(self, source: str, place: Place) -> None:
        try:
            re2.compile(source, options())
            before, after = {"whole": (r"\A", r"\Z"), "start": (r"\A", ""), "tail": ("", r"\Z"), "anywhere": ("", "")}[
                place
            ]
            self._confirm = regex.compile(f"{before}(?:{source}){after}")
        except re2.error as error:
            reason = error.args[0]
            raise PatternError(reason.decode() if isinstance(reason, bytes) else str(reason)) from error
        except regex.error as error:
            raise PatternError(str(error)) from error
        self.source = source
        self.loose = f"{before}(?:{loosen(source)}){after.lower()}"
        self.groups = frozenset(self._confirm.groupindex)
        if self._confirm.search(""):
            raise PatternError("it matches the empty text")

    def search(self, text: str) -> regex.Match[str] | None:
        """The match at the pattern's place, or None; also None when time runs out, for what is not certain is kept."""
        try:
            return self._confirm.search(text, timeout=TIME_LIMIT)
        except TimeoutError:
            return None


def loosen(source: str) -> str:
    r"""A pattern for RE2 that matches whatever `source` matches, and perhaps more: no `\b`, no counts, `\w \d \s` wide."""
    out: list[str] = []
    inside = negated = False
    for part in _TOKEN.findall(source):
        if not inside and part in {r"\b", r"\B"}:
            out.append("(?:)")
        elif inside and negated and part in {r"\W", r"\D", r"\S"}:
            raise PatternError(f"write {part} without a negated class around it")
        elif part in _WIDE and not negated:  # in a negated class the narrow meaning is the looser one
            out.append(_WIDE[part] if inside else f"[{_WIDE[part]}]")
        elif not inside and _COUNT.fullmatch(part):  # counting is what makes the automaton of a Set grow without bound
            out.append("*" if part.startswith(("{0,", "{0}")) else "+")
        else:
            if not inside and part.startswith("["):
                inside, negated = True, part.startswith("[^")
            elif inside and part == "]":
                inside = negated = False
            out.append(part)
    return "".join(out)
