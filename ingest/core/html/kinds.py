"""What the tag and the attributes of an element say of it, read once for all elements of a page that are alike.

A page has 890 elements of 220 kinds; a third have no attribute, or none that tells anything.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

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
    TAG_FORMS,
    UNRENDERED_TAGS,
)
from ingest.core.html.page_index import roles_of
from ingest.core.html.style import PLAIN
from ingest.core.limits import MAX_CLASS_ATTR_CHARACTERS
from ingest.core.model import UNSEEN

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from lxml.html import HtmlElement

    from ingest.core.html.style import Sheet
    from ingest.core.model import BlockKind

_SHADOW_ATTRIBUTES = frozenset({"shadowrootmode", "shadowroot"})
_TELLING_ATTRIBUTES = _SHADOW_ATTRIBUTES.union(NAMING_ATTRIBUTES, ("property", "rel", "style", "hidden", "aria-hidden"))

_WORD = re.compile(r"[A-Z]?[a-z]{2,}|[A-Z]{2,}|\0")
_HIDDEN_STYLE = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.IGNORECASE)


def words_of_names(names: Sequence[str]) -> list[tuple[str, ...]]:
    """The words of each class attribute or similar: `ArticleBody__lead-text` gives article, body, lead, text.

    A search in all of them together takes a third of the time of a search in each.
    """
    each = " ".join(_WORD.findall("\0".join(names))).lower().split("\0")
    return [tuple(dict.fromkeys(words.split())) for words in each]


class _TagFacts(NamedTuple):
    is_empty: bool
    is_block: bool
    is_code: bool
    is_custom: bool
    is_media: bool
    is_preformatted: bool
    is_unrendered: bool
    has_claims: bool
    form: BlockKind | None


@cache_short_texts
def _facts_of(tag: str) -> _TagFacts:
    return _TagFacts(
        tag in EMPTY_TAGS,
        tag in BLOCK_TAGS,
        tag in CODE_TAGS,
        "-" in tag,
        tag in MEDIA_TAGS,
        tag in PREFORMATTED,
        tag in UNRENDERED_TAGS,
        tag not in NO_CLAIM_TAGS,
        TAG_FORMS.get(tag, "paragraph" if tag in KIND_RESET_TAGS or tag == "p" else None),
    )


class Kind:
    """Elements of one tag whose telling attributes are equal.

    `tag`: as a browser treats it. `class_attr`: the class attribute, of at most `MAX_CLASS_ATTR_CHARACTERS`. `display`, `unseen`: see
    `style.Look`. `is_block`: of a tag that separates text. `is_custom`: of a tag that a script defines. `is_unrendered`: its text is not
    shown. `is_hidden`: nothing but a script would show it. `has_claims`: its own text may be about the article. `form`: what a block in
    it is, None for what a block around it would be. `roles`: what it may be in an article; `name_tokens`: see `model.Element`; both are
    empty until `Kinds.read_names`.
    """

    __slots__ = (
        "attributes", "class_attr", "display", "form", "has_claims", "is_block", "is_code", "is_custom", "is_empty",
        "is_hidden", "is_media", "is_preformatted", "is_unrendered", "name_tokens", "roles", "tag", "unseen",
    )  # fmt: skip

    def __init__(self, tag: str, attributes: Mapping[str, str], sheet: Sheet) -> None:
        look = PLAIN if tag in EMPTY_TAGS else sheet.look(tag, attributes)
        if tag == "template" and not _SHADOW_ATTRIBUTES.isdisjoint(attributes):
            tag = "div"
        self.tag, self.attributes = tag, attributes
        (
            self.is_empty,
            self.is_block,
            self.is_code,
            self.is_custom,
            self.is_media,
            self.is_preformatted,
            self.is_unrendered,
            self.has_claims,
            self.form,
        ) = _facts_of(tag)
        self.display, self.unseen = look
        self.class_attr = attributes.get("class", "")[:MAX_CLASS_ATTR_CHARACTERS]
        self.is_hidden = (
            look.unseen
            or look.display == "none"
            or "hidden" in attributes
            or attributes.get("role") == "tooltip"
            or tag == "noscript"
        )
        self.name_tokens: tuple[str, ...] = ()
        self.roles: tuple[str, ...] = ()


def _is_named_hidden(attributes: Mapping[str, str]) -> bool:
    """True if an attribute hides an element."""
    return (
        "hidden" in attributes
        or attributes.get("aria-hidden") == "true"
        or ("style" in attributes and _HIDDEN_STYLE.search(attributes["style"]) is not None)
    )


class Kinds:
    """The kinds of a page's elements."""

    def __init__(self, sheet: Sheet) -> None:
        self._sheet = sheet
        self._known: dict[tuple[str, str | tuple[tuple[str, str], ...]], Kind] = {}

    def of(self, element: HtmlElement) -> Kind:
        """The kind of an element."""
        items = element.items()
        telling: str | tuple[tuple[str, str], ...] = ()
        if len(items) == 1:  # most elements have a class and nothing else, or an address and nothing else
            name, value = items[0]
            if name == "class":
                telling = value
            elif name in _TELLING_ATTRIBUTES:
                telling = (items[0],)
        elif items:
            telling = tuple([item for item in items if item[0] in _TELLING_ATTRIBUTES])
            if len(telling) == 1 and telling[0][0] == "class":
                telling = telling[0][1]
        key = element.tag, telling
        kind = self._known.get(key)
        if kind is None:
            attributes = {"class": telling} if telling.__class__ is str else dict(telling)
            kind = self._known[key] = Kind(element.tag, attributes, self._sheet)
        return kind

    def read_names(self) -> None:
        """Set the words and the roles of all kinds."""
        named = [kind for kind in self._known.values() if kind.attributes]
        if not named:
            return
        for kind, tokens in zip(named, words_of_names([_named(kind.attributes) for kind in named]), strict=True):
            hidden = ("hidden",) if _is_named_hidden(kind.attributes) else ()
            kind.name_tokens = (*tokens, *hidden, UNSEEN) if kind.unseen else (*tokens, *hidden) if hidden else tokens
        for kind, roles in zip(named, roles_of([kind.attributes for kind in named]), strict=True):
            kind.roles = roles


def _named(attributes: Mapping[str, str]) -> str:
    return " ".join([attributes[name][:MAX_CLASS_ATTR_CHARACTERS] for name in NAMING_ATTRIBUTES if name in attributes])
