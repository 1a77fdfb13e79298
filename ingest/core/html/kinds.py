"""What the tag and the attributes of an element say of it, read once for all elements of a page that are alike.

A page has 890 elements of 220 kinds; a third have no attribute, or none that tells anything.
"""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING

from ingest.core.caching import cache_short_texts
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
from ingest.core.html.names import NO_NAMES, TELLING_ATTRIBUTES, Names, names_of, read_names
from ingest.core.html.style import PLAIN
from ingest.core.model import UNSEEN

if TYPE_CHECKING:
    from lxml.html import HtmlElement

    from ingest.core.html.style import Sheet
    from ingest.core.model import BlockKind

_SHADOW_ATTRIBUTES = frozenset({"shadowrootmode", "shadowroot"})

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
    `unseen`: see `style.Look`. `name_tokens`: see `model.Element`, once `Kinds.read_names` has been called.
    """

    __slots__ = ("form", "name_tokens", "names", "tag", "traits", "unseen")

    def __init__(self, tag: str, names: Names, sheet: Sheet) -> None:
        attributes = names.attributes
        look = sheet.look(tag, attributes)
        if tag == "template" and not _SHADOW_ATTRIBUTES.isdisjoint(attributes):
            tag = "div"
        self.tag, self.names, self.unseen = tag, names, look.unseen
        self.traits, self.form = _traits_of(tag)
        self.name_tokens: tuple[str, ...] = ()
        if look is not PLAIN:
            self.traits |= _TRAITS_OF_DISPLAYS[look.display] | (HIDDEN if look.unseen else 0)
        if "hidden" in attributes or attributes.get("role") == "tooltip":
            self.traits |= HIDDEN


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
            elif name in TELLING_ATTRIBUTES:
                telling = (items[0],)
        elif items:
            telling = tuple([item for item in items if item[0] in TELLING_ATTRIBUTES])
            if len(telling) == 1 and telling[0][0] == "class":
                telling = telling[0][1]
        key = element.tag, telling
        kind = self._known.get(key)
        if kind is None:
            if isinstance(telling, str):
                names = names_of("class", telling)
            else:
                names = names_of(*chain.from_iterable(telling)) if telling else NO_NAMES
            kind = self._known[key] = Kind(element.tag, names, self._sheet)
        return kind

    def read_names(self) -> None:
        """Read the words and the roles of all kinds."""
        read_names([kind.names for kind in self._known.values() if kind.names.words is None])
        for kind in self._known.values():
            words = kind.names.words or ()
            kind.name_tokens = (*words, UNSEEN) if kind.unseen else words
