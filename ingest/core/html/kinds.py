"""What the tag and the attributes of an element say of it, read once for all elements that are alike.

A page has 890 elements of 240 kinds. They are remembered, for the pages of a site have the same.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, TypeAlias

from ingest.core.caching import CACHED_ANSWERS, MAX_CACHED_CHARACTERS
from ingest.core.html.elements import (
    BLOCK_TAGS,
    CODE_TAGS,
    EMPTY_TAGS,
    KIND_RESET_TAGS,
    MEDIA_TAGS,
    NO_CLAIM_TAGS,
    PREFORMATTED,
    TAG_FORMS,
    UNRENDERED_TAGS,
)
from ingest.core.html.names import TELLING_ATTRIBUTES, is_named_hidden, purpose_names, role_names, words_of_names
from ingest.core.html.page_index import roles_of
from ingest.core.html.style import PLAIN, Look, Sheet
from ingest.core.limits import MAX_CLASS_ATTR_CHARACTERS
from ingest.core.model import UNSEEN

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from lxml.html import HtmlElement

    from ingest.core.model import BlockKind

(
    EMPTY,
    BLOCK,
    CODE,
    CUSTOM,
    MEDIA,
    PREFORMATTED_TEXT,
    UNRENDERED,
    CLAIMLESS,
    LINK,
    INLINE_BY_STYLE,
    BLOCK_BY_STYLE,
    HIDDEN,
) = (1 << bit for bit in range(12))
"""What a kind of elements is, the bits of `Kind.traits`. By its tag: without content; separating text; of code; defined by a script; a
medium; with line ends; not shown; with no claims about the article in its own text; a link. By a style: displayed inline, or as a block.
By any attribute: shown by nothing but a script. An element of no trait only joins text.
"""
_TRAITS_OF_TAGS = (
    (EMPTY, EMPTY_TAGS), (BLOCK, BLOCK_TAGS), (CODE, CODE_TAGS), (MEDIA, MEDIA_TAGS), (PREFORMATTED_TEXT, PREFORMATTED),
    (UNRENDERED, UNRENDERED_TAGS), (CLAIMLESS, NO_CLAIM_TAGS), (LINK, {"a"}), (HIDDEN, {"noscript"}),
)  # fmt: skip
_TRAITS_OF_DISPLAYS = {"": 0, "inline": INLINE_BY_STYLE, "block": BLOCK_BY_STYLE, "none": HIDDEN}


_FORMS: dict[str, BlockKind] = {**dict.fromkeys(KIND_RESET_TAGS | {"p"}, "paragraph"), **TAG_FORMS}
_FACTS_OF_TAGS = {
    tag: (sum(trait for trait, own in _TRAITS_OF_TAGS if tag in own) | (CUSTOM if "-" in tag else 0), _FORMS.get(tag))
    for tag in set(_FORMS).union(*(tags for _, tags in _TRAITS_OF_TAGS))
}
"""The traits of a tag, and what a block in it is."""


class Kind:
    """Elements of one tag whose telling attributes are equal.

    `tag`: as a browser treats it. `traits`: bits, as above. `form`: what a block in it is, None for what a block around it would be.
    `class_attr`: the class attribute, of at most `MAX_CLASS_ATTR_CHARACTERS`. `unseen`: see `style.Look`. `name_tokens`: see
    `model.Element`; None until `read_names`. `roles`: what it may be in an article; none until then.
    """

    __slots__ = ("attributes", "class_attr", "form", "name_tokens", "roles", "tag", "traits", "unseen")

    def __init__(self, tag: str, attributes: Mapping[str, str], look: Look) -> None:
        if tag == "template" and ("shadowrootmode" in attributes or "shadowroot" in attributes):
            tag = "div"
        self.tag, self.attributes, self.unseen = tag, attributes, look.unseen
        self.traits, self.form = _FACTS_OF_TAGS.get(tag) or (CUSTOM if "-" in tag else 0, None)
        self.class_attr = attributes["class"][:MAX_CLASS_ATTR_CHARACTERS] if "class" in attributes else ""
        self.roles: tuple[str, ...] = ()
        self.name_tokens: tuple[str, ...] | None = None if attributes else ()
        if look is not PLAIN:
            self.traits |= _TRAITS_OF_DISPLAYS[look.display] | (HIDDEN if look.unseen else 0)
        if "hidden" in attributes or attributes.get("role") == "tooltip":
            self.traits |= HIDDEN


NO_KIND = Kind("", {}, PLAIN)


@cache
def _no_sheet() -> Sheet:
    return Sheet(())


_Key: TypeAlias = tuple[str, str | tuple[tuple[str, str], ...]]
"""A tag with its class attribute, where that is all that tells anything, or with the telling attributes."""
_remembered: dict[_Key, Kind] = {}


def _kind_of(key: _Key) -> Kind:
    """The kind of elements on a page without style sheets."""
    kind = _remembered.get(key)
    if kind is None:
        tag, telling = key
        attributes = {"class": telling} if isinstance(telling, str) else dict(telling)
        kind = Kind(tag, attributes, _no_sheet().look(tag, attributes))
        if len(tag) + sum(map(len, attributes.values())) <= MAX_CACHED_CHARACTERS:
            if len(_remembered) >= CACHED_ANSWERS:
                _remembered.clear()
            _remembered[key] = kind
    return kind


class Kinds:
    """The kinds of a page's elements."""

    def __init__(self, sheet: Sheet) -> None:
        self._sheet = sheet
        self._known: dict[_Key, Kind] = {}

    def of(self, element: HtmlElement) -> Kind:
        """The kind of an element."""
        items = element.items()
        telling: str | tuple[tuple[str, str], ...] = ()
        if len(items) == 1:  # half of all elements have a class alone, or an address alone
            name, value = items[0]
            if name == "class":
                telling = value
            elif name in TELLING_ATTRIBUTES:
                telling = (items[0],)
        elif items:
            telling = tuple([item for item in items if item[0] in TELLING_ATTRIBUTES])
            if len(telling) == 1 and telling[0][0] == "class":
                telling = telling[0][1]
        key = element.tag, telling
        kind = self._known.get(key)
        if kind is None:
            kind = _kind_of(key)
            if self._sheet and self._sheet.has_rule_for(element.tag, kind.attributes):
                kind = Kind(element.tag, kind.attributes, self._sheet.look(element.tag, kind.attributes))
            self._known[key] = kind
        return kind

    def read_names(self) -> None:
        """Set what the names of all kinds say."""
        read_names([kind for kind in self._known.values() if kind.name_tokens is None])


def read_names(kinds: Sequence[Kind]) -> None:
    """Set roles and name tokens. A search in all names together takes a third of the time of a search in each."""
    for at, roles in roles_of([role_names(kind.attributes) for kind in kinds]):
        kinds[at].roles = roles
    words_of_each = words_of_names([purpose_names(kind.attributes) for kind in kinds])
    for kind, words in zip(kinds, words_of_each, strict=True):
        hidden = ("hidden",) if is_named_hidden(kind.attributes) else ()
        kind.name_tokens = (*words, *hidden, UNSEEN) if kind.unseen else (*words, *hidden) if hidden else words
