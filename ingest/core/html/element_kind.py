"""What the walk must know of an element before it reads its text. Elements with the same tag and the same telling
attributes share one answer: a page has 730 elements of 150 kinds.
"""

from __future__ import annotations

import re
from itertools import chain
from typing import TYPE_CHECKING

from ingest.core.caching import cache_short_texts
from ingest.core.html.elements import (
    BLOCK_TAGS,
    CODE_TAGS,
    EMPTY_TAGS,
    KIND_RESET_TAGS,
    MEDIA_TAGS,
    NAMING_ATTRIBUTES,
    NO_CLAIM_TAGS,
    PREFORMATTED,
    TAG_KINDS,
    UNRENDERED_TAGS,
)
from ingest.core.html.page_index import roles_of
from ingest.core.html.style import PLAIN
from ingest.core.limits import MAX_CLASS_ATTR_CHARACTERS
from ingest.core.model import UNSEEN

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ingest.core.html.style import Look, Sheet
    from ingest.core.model import BlockKind

TOKEN = re.compile(r"[A-Z]?[a-z]{2,}|[A-Z]{2,}")
HIDDEN_STYLE = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.IGNORECASE)

_TELLING = frozenset(
    {"class", "role", "itemprop", "style", "hidden", "aria-hidden", "property", "rel", "shadowrootmode", "shadowroot"}
)
"""Attributes on which a kind depends; `id` too, where the page's style rules name one."""
_MORE_NAMES = frozenset(NAMING_ATTRIBUTES) - _TELLING
"""Naming attributes that hardly two elements share: they are read for the elements that have text."""


def ordered_class_tokens(text: str) -> tuple[str, ...]:
    """The words of a class attribute or similar: `ArticleBody__lead-text` gives article, body, lead, text."""
    return tuple(dict.fromkeys(chain.from_iterable(map(_words_of, text.split()))))


@cache_short_texts
def _words_of(token: str) -> list[str]:
    return " ".join(TOKEN.findall(token)).lower().split()


def name_tokens(attributes: Mapping[str, str]) -> tuple[str, ...]:
    """The lower-case tokens of an element's class, id, role and similar attributes; "hidden" is added where an
    attribute hides it.
    """
    if not attributes:
        return ()
    if len(attributes) == 1 and "class" in attributes:  # half of all elements
        return ordered_class_tokens(attributes["class"][:MAX_CLASS_ATTR_CHARACTERS])
    found = ordered_class_tokens(
        " ".join([attributes[name][:MAX_CLASS_ATTR_CHARACTERS] for name in NAMING_ATTRIBUTES if name in attributes])
    )
    if (
        "hidden" in attributes
        or attributes.get("aria-hidden") == "true"
        or ("style" in attributes and HIDDEN_STYLE.search(attributes["style"]))
    ):
        return (*found, "hidden")
    return found


class ElementKind:
    """The tag and the telling attributes of an element, and what follows from them alone.

    `block_kind`: the kind of the blocks inside, where the tag decides it. `look`: by its style and the page's style rules.
    `may_be_aside`: something about it can hide it. `claims`: its own text may contain claims about the article. `simple`: without
    text it does no more than separate text, if it is a block.
    """

    __slots__ = (
        "attributes",
        "block_kind",
        "breaks_text",
        "claims",
        "class_attr",
        "custom",
        "displays_block",
        "displays_inline",
        "empty",
        "is_code",
        "look",
        "may_be_aside",
        "media",
        "preformatted",
        "roles",
        "simple",
        "tag",
        "tokens",
        "unrendered",
        "unseen",
    )

    def __init__(self, tag: str, attributes: Mapping[str, str], look: Look) -> None:
        if tag == "template" and ("shadowrootmode" in attributes or "shadowroot" in attributes):
            tag = "div"
        self.tag, self.attributes, self.look = tag, attributes, look
        self.class_attr = attributes.get("class", "")
        self.roles = roles_of(attributes)
        self.breaks_text = tag in BLOCK_TAGS
        self.unrendered = tag in UNRENDERED_TAGS
        self.claims = tag not in NO_CLAIM_TAGS
        self.block_kind: BlockKind | None = TAG_KINDS.get(tag) or ("paragraph" if tag in KIND_RESET_TAGS else None)
        self.displays_block, self.displays_inline = look.display == "block", look.display == "inline"
        self.unseen = look.unseen
        self.may_be_aside = look != PLAIN or "hidden" in attributes or "role" in attributes
        self.empty, self.is_code = tag in EMPTY_TAGS, tag in CODE_TAGS
        self.media, self.preformatted, self.custom = tag in MEDIA_TAGS, tag in PREFORMATTED, "-" in tag
        self.simple = not (self.media or self.preformatted or self.may_be_aside or self.custom or tag == "a")
        self.tokens: tuple[str, ...] | None = None

    def name_tokens(self, items: list[tuple[str, str]]) -> tuple[str, ...]:
        """The words of an element's names, for the labeller. `items`: all its attributes. Many elements have no text, so the words
        are found when first asked for.
        """
        if len(items) > len(self.attributes) and any(name in _MORE_NAMES for name, _ in items):
            return self._tokens(dict(items))
        if self.tokens is None:
            self.tokens = self._tokens(self.attributes)
        return self.tokens

    def _tokens(self, attributes: Mapping[str, str]) -> tuple[str, ...]:
        named = name_tokens(attributes)
        return (*named, UNSEEN) if self.unseen else named


class ElementKinds:
    """The kinds met on one page."""

    def __init__(self, sheet: Sheet) -> None:
        self.sheet = sheet
        self._telling = _TELLING | {"id"} if sheet.names_ids else _TELLING
        self._known: dict[object, ElementKind] = {}

    def of(self, tag: str, items: list[tuple[str, str]]) -> ElementKind:
        """The kind of an element; `items`: all its attributes."""
        key: object = tag
        telling = items
        if len(items) == 1:
            if items[0][0] in self._telling:
                key = (tag, items[0])
            else:
                telling = []
        elif items:
            names = self._telling
            telling = [item for item in items if item[0] in names]
            if telling:
                key = (tag, *telling)
        kind = self._known.get(key)
        return kind if kind is not None else self._add(key, tag, telling)

    def _add(self, key: object, tag: str, telling: list[tuple[str, str]]) -> ElementKind:
        attributes = dict(telling)
        look = self.sheet.look(tag, attributes) if attributes or self.sheet else PLAIN
        kind = self._known[key] = ElementKind(tag, attributes, look)
        return kind
