"""The attributes that name an element, and their words."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ingest.core.html.elements import NAMING_ATTRIBUTES
from ingest.core.limits import MAX_CLASS_ATTR_CHARACTERS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

TELLING_ATTRIBUTES = frozenset(
    (*NAMING_ATTRIBUTES, "property", "rel", "style", "hidden", "aria-hidden", "shadowrootmode", "shadowroot")
)
"""All attributes by which elements of one tag are told apart in the walk."""
_WORD = re.compile(r"[A-Z]?[a-z]{2,}|[A-Z]{2,}|\0")
_HIDDEN_STYLE = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.IGNORECASE)


def words_of_names(names: Sequence[str]) -> list[tuple[str, ...]]:
    """The words of each class attribute or similar: `ArticleBody__lead-text` gives article, body, lead, text."""
    if not names:
        return []
    each = " ".join(_WORD.findall("\0".join(names))).lower().split("\0")
    return [tuple(dict.fromkeys(words.split())) for words in each]


def purpose_names(attributes: Mapping[str, str]) -> str:
    """The names that describe the purpose of an element."""
    return " ".join([attributes[name][:MAX_CLASS_ATTR_CHARACTERS] for name in NAMING_ATTRIBUTES if name in attributes])


def role_names(attributes: Mapping[str, str]) -> str:
    """The names that give an element a role: those of its class, and of the first there is of itemprop, property and rel."""
    get = attributes.get
    name, other = get("class", ""), get("itemprop") or get("property") or get("rel") or ""
    return f"{name[:MAX_CLASS_ATTR_CHARACTERS]} {other[:MAX_CLASS_ATTR_CHARACTERS]}"


def is_named_hidden(attributes: Mapping[str, str]) -> bool:
    """True if an attribute hides an element."""
    return (
        "hidden" in attributes
        or attributes.get("aria-hidden") == "true"
        or ("style" in attributes and _HIDDEN_STYLE.search(attributes["style"]) is not None)
    )
