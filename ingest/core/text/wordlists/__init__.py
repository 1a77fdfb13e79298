"""Words that the code looks for, as data: names of meta tags, markers of bylines and credits, month names.

One TOML file a subject, lists of strings (lower case) in tables; read once. What is known of one publisher is not here but in `ingest/core/packs/publishers`.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable
from functools import cache
from importlib.resources import files
from typing import Any


@cache
def load_wordlists(subject: str) -> dict[str, Any]:
    """The tables of `<subject>.toml`."""
    return tomllib.loads(files(__name__).joinpath(f"{subject}.toml").read_text("utf-8"))


@cache
def word_set(subject: str, table: str) -> frozenset[str]:
    """One list of a subject as a set."""
    return frozenset(load_wordlists(subject)[table])


def alternation(phrases: Iterable[str]) -> str:
    """A pattern for any of the phrases, longest first, white space inside them loose."""
    return "|".join(re.escape(p).replace(r"\ ", r"\s+") for p in sorted(phrases, key=lambda p: (-len(p), p)))
