"""One pattern, twice: exact with `regex` (Unicode word boundaries, a time limit), loosened for RE2 (never slow, many in one Set).

A pattern has to be in the language of both, so it can be tried on anything: what RE2 cannot express (look-around, back-references,
possessive and atomic groups, counts over 1,000) is what makes backtracking explode.
"""

from __future__ import annotations

from functools import cached_property

import re2
import regex

from ingest.core.limits import MAX_RULE_TEXT_CHARACTERS
from ingest.core.packs.loosen import Anchor, UnsupportedPattern, loosen

_NAMED_GROUP = regex.compile(r"\(\?P?<(\w+)>")

MAX_SEARCH_SECONDS = 0.2
"""Seconds for one confirmation. Only a pattern that backtracks wildly on a text that RE2 let through ever meets it."""


class PatternError(ValueError):
    """Why a pattern is refused."""


def re2_options() -> re2.Options:
    """RE2 as we use it: silent, and with room for a Set of thousands of rules."""
    chosen = re2.Options()
    chosen.log_errors = False
    chosen.max_mem = 256 << 20
    return chosen


class Pattern:
    """A pattern and the place where it must match. Compiled when it is first asked, unless there is something to prove."""

    def __init__(self, source: str, anchor: Anchor, *, trusted: bool = False) -> None:
        self.anchor = anchor
        self.source = source
        """As it was written."""
        self.groups = frozenset(_NAMED_GROUP.findall(source))
        try:
            if not trusted:
                self._test()
            self.loose = loosen(source, anchor)
            for form in (self.loose.beginning, self.loose.anywhere):
                if (
                    form and not trusted
                ):  # without its \b, x?\b* repeats what is repeated: refused here, before the prefilter meets it
                    re2.compile(form, re2_options())
        except re2.error as error:
            reason = error.args[0]
            raise PatternError(reason.decode() if isinstance(reason, bytes) else str(reason)) from error
        except (regex.error, UnsupportedPattern) as error:
            raise PatternError(str(error)) from error

    def _test(self) -> None:
        # Names are for `regex` alone: RE2 takes each once, and the alternatives of a rule share them.
        re2.compile(regex.sub(r"\(\?P?<\w+>", "(", self.source), re2_options())
        if self._confirm.search(""):
            raise PatternError("it matches the empty text")

    @cached_property
    def _confirm(self) -> regex.Pattern[str]:
        before = r"\A" if self.anchor in {"whole", "start"} else ""
        after = r"\Z" if self.anchor in {"whole", "tail"} else ""
        return regex.compile(f"{before}(?:{self.source}){after}")

    def search(self, text: str) -> regex.Match[str] | None:
        """The match at the pattern's place, or None. Raises TimeoutError after `MAX_SEARCH_SECONDS`.

        What is longer than a notice is looked at only at its beginning or its end, as far as `MAX_RULE_TEXT_CHARACTERS`.
        """
        excess = len(text) - MAX_RULE_TEXT_CHARACTERS
        if excess <= 0 or self.anchor == "anywhere":
            return self._confirm.search(text, timeout=MAX_SEARCH_SECONDS)
        if self.anchor == "whole":
            return None
        begin, end = (excess, len(text)) if self.anchor == "tail" else (0, MAX_RULE_TEXT_CHARACTERS)
        return self._confirm.search(text, begin, end, timeout=MAX_SEARCH_SECONDS)
