"""What the tag and the attributes of an element say of it, read once for all elements of a page that are alike.

A page has 890 elements of 220 kinds; a third have no attribute, or none that tells anything.
"""

from __future__ import annotations

import re
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
    TAG_FORMS,
    UNRENDERED_TAGS,
)
from ingest.core.html.page_index import roles_of
from ingest.core.html.style import PLAIN
from ingest.core.limits import MAX_CLASS_ATTR_CHARACTERS
from ingest.core.model import UNSEEN

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

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
    if not names:
        return []
    each = " ".join(_WORD.findall("\0".join(names))).lower().split("\0")
    return [tuple(dict.fromkeys(words.split())) for words in each]


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


@cache_short_texts
def _traits_of(tag: str) -> tuple[int, BlockKind | None]:
    """The traits of a tag, and what a block in it is."""
    traits = sum(trait for trait, tags in _TRAITS_OF_TAGS if tag in tags) | (CUSTOM if "-" in tag else 0)
    return traits, TAG_FORMS.get(tag, "paragraph" if tag in KIND_RESET_TAGS or tag == "p" else None)


class Kind:
    """Elements of one tag whose telling attributes are equal.

    `tag`: as a browser treats it. `traits`: bits, as above. `form`: what a block in it is, None for what a block around it would be.
    `class_attr`: the class attribute, of at most `MAX_CLASS_ATTR_CHARACTERS`. `unseen`: see `style.Look`. `name_tokens`: see
    `model.Element`, once `read_names` has been called. `roles`: what it may be in an article, once `Kinds.read_roles` has been called.
    """

    __slots__ = ("attributes", "class_attr", "form", "name_tokens", "roles", "tag", "traits", "unseen")

    def __init__(self, tag: str, attributes: Mapping[str, str], sheet: Sheet) -> None:
        look = sheet.look(tag, attributes)
        if tag == "template" and not _SHADOW_ATTRIBUTES.isdisjoint(attributes):
            tag = "div"
        self.tag, self.attributes = tag, attributes
        self.traits, self.form = _traits_of(tag)
        self.unseen = look.unseen
        self.class_attr = attributes["class"][:MAX_CLASS_ATTR_CHARACTERS] if "class" in attributes else ""
        self.name_tokens: tuple[str, ...] = ()
        self.roles: tuple[str, ...] = ()
        if look is not PLAIN:
            self.traits |= _TRAITS_OF_DISPLAYS[look.display] | (HIDDEN if look.unseen else 0)
        if "hidden" in attributes or attributes.get("role") == "tooltip":
            self.traits |= HIDDEN


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
        if len(items) == 1:  # half of all elements have a class alone, or an address alone
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
            attributes = {"class": telling} if isinstance(telling, str) else dict(telling)
            kind = self._known[key] = Kind(element.tag, attributes, self._sheet)
        return kind

    def read_roles(self) -> None:
        """Set the roles of all kinds."""
        named = [kind for kind in self._known.values() if kind.attributes]
        for at, roles in roles_of([_role_names(kind) for kind in named]):
            named[at].roles = roles


def _role_names(kind: Kind) -> str:
    """The names that give an element a role: those of its class, and of the first there is of itemprop, property and rel."""
    get = kind.attributes.get
    other = get("itemprop") or get("property") or get("rel")
    return f"{kind.class_attr} {other[:MAX_CLASS_ATTR_CHARACTERS]}" if other else kind.class_attr


def read_names(kinds: Collection[Kind]) -> None:
    """Set the words of the names of these kinds."""
    names = [
        " ".join(
            [kind.attributes[name][:MAX_CLASS_ATTR_CHARACTERS] for name in NAMING_ATTRIBUTES if name in kind.attributes]
        )
        for kind in kinds
    ]
    for kind, tokens in zip(kinds, words_of_names(names), strict=True):
        hidden = ("hidden",) if _is_named_hidden(kind.attributes) else ()
        kind.name_tokens = (*tokens, *hidden, UNSEEN) if kind.unseen else (*tokens, *hidden) if hidden else tokens
