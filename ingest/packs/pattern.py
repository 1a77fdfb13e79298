"""One pattern, twice: exact with `regex` (Unicode word boundaries, a time limit), loosened for RE2 (never slow, many in one Set).

A pattern has to be in the language of both, so it can be tried on anything: what RE2 cannot express (look-around, back-references,
possessive and atomic groups, counts over 1,000) is what makes backtracking explode.
"""

from __future__ import annotations

from functools import cached_property

import re2
import regex

from ingest.limits import RULE_LENGTH
from ingest.packs.sieve import Place, SieveError, loosen

_GROUP = regex.compile(r"\(\?P?<(\w+)>")

TIME_LIMIT = 0.2
"""Seconds for one confirmation. Only a pattern that backtracks wildly on a text that RE2 let through ever meets it."""


class PatternError(ValueError):
    """Why a pattern is refused."""


def options() -> re2.Options:
    """RE2 as we use it: silent, and with room for a Set of thousands of rules."""
    chosen = re2.Options()
    chosen.log_errors = False
    chosen.max_mem = 256 << 20
    return chosen


class Pattern:
    """A pattern and the place where it must match. Compiled when it is first asked, unless there is something to prove."""

    def __init__(self, source: str, place: Place, *, proven: bool = False) -> None:
        self.place = place
        self._source = source
        self.groups = frozenset(_GROUP.findall(source))
        try:
            if not proven:
                self._prove()
            self.loose = loosen(source, place)
            for form in (self.loose.beginning, self.loose.anywhere):
                if (
                    form and not proven
                ):  # without its \b, x?\b* repeats what is repeated: refused here, not met by the net
                    re2.compile(form, options())
        except re2.error as error:
            reason = error.args[0]
            raise PatternError(reason.decode() if isinstance(reason, bytes) else str(reason)) from error
        except (regex.error, SieveError) as error:
            raise PatternError(str(error)) from error

    def _prove(self) -> None:
        # Names are for `regex` alone: RE2 takes each once, and the alternatives of a rule share them.
        re2.compile(regex.sub(r"\(\?P?<\w+>", "(", self._source), options())
        if self._confirm.search(""):
            raise PatternError("it matches the empty text")

    @cached_property
    def _confirm(self) -> regex.Pattern[str]:
        before = r"\A" if self.place in {"whole", "start"} else ""
        after = r"\Z" if self.place in {"whole", "tail"} else ""
        return regex.compile(f"{before}(?:{self._source}){after}")

    def search(self, text: str) -> regex.Match[str] | None:
        """The match at the pattern's place, or None. Raises TimeoutError after `TIME_LIMIT`.

        What is longer than a notice is looked at only at its beginning or its end, as far as `RULE_LENGTH`.
        """
        excess = len(text) - RULE_LENGTH
        if excess <= 0 or self.place == "anywhere":
            return self._confirm.search(text, timeout=TIME_LIMIT)
        if self.place == "whole":
            return None
        begin, end = (excess, len(text)) if self.place == "tail" else (0, RULE_LENGTH)
        return self._confirm.search(text, begin, end, timeout=TIME_LIMIT)
