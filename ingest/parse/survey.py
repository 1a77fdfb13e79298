"""What the walk over a page notes: where things stand that may speak of the article. All of parse's claims look here."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, NamedTuple

from lxml import etree

from ingest.caching import cache_short_texts
from ingest.lexicon import words
from ingest.parse.dom import name_words

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lxml.html import HtmlElement

MAX_FOUND = 400  # elements of one tag or role that are looked at; pages of this many are lists or attacks

_TAGS = (
    "meta",
    "link",
    "script",
    "title",
    "h1",
    "h2",
    "h3",
    "time",
    "a",
    "p",
    "figure",
    "figcaption",
    "img",
    "base",
    "style",
)
_ENDLESS = frozenset({"a", "p", "meta", "link", "script"})
_OWN_BORDERS = frozenset({"nav", "aside", "footer"})


@cache
def _roles() -> tuple[tuple[str, frozenset[str]], ...]:
    return (
        ("byline", words("people", "classes")),
        ("date", words("places", "published") | words("places", "modified")),
        ("tags", words("places", "tags")),
        ("subheadline", words("places", "subheadline")),
        ("related", words("places", "related")),
        ("caption", words("credits", "caption_classes")),
    )


@cache
def _speaking() -> frozenset[str]:
    """All words that give a role: few names have one."""
    return frozenset().union(*(wanted for _, wanted in _roles()))


@cache_short_texts
def _roles_of(name: str, other: str) -> tuple[str, ...]:
    """The roles that the words of class, itemprop, property and rel attributes give an element."""
    have = (name_words(name) | name_words(other) if other else name_words(name)) & _speaking()
    return tuple(role for role, wanted in _roles() if not have.isdisjoint(wanted)) if have else ()


@cache_short_texts
def _foreign(name: str, table: str) -> bool:
    have = name_words(name)
    return not have.isdisjoint(words("places", table)) and have.isdisjoint(words("places", "own"))


class Run(NamedTuple):
    """A run of text of the page's body, on one line, and the element it stands right inside."""

    text: str
    element: HtmlElement


class Survey:
    """The elements of a page by tag and by role, and its runs of text, in the page's order; the walk fills it."""

    def __init__(self, tree: HtmlElement) -> None:
        self.tree = tree
        self.elements = list(tree.iter(etree.Element))  # held: else each look makes a Python object of an element anew
        self.by_tag: dict[str, list[HtmlElement]] = {tag: [] for tag in _TAGS}
        for element in self.elements:  # lxml's own search for one tag takes as long as this for all
            alike = self.by_tag.get(element.tag)
            if alike is not None and (len(alike) < MAX_FOUND or element.tag in _ENDLESS):
                alike.append(element)
        self.by_role: dict[str, list[HtmlElement]] = {role: [] for role, _ in _roles()}
        self.runs: list[Run] = []
        self.declared = ""
        """The body of the one article that JSON-LD declares."""
        self.spine: frozenset[HtmlElement] = frozenset()
        """What stands around the headline: never a part of something else, whatever it is called ("__next", "menu-open")."""
        self._owned: dict[tuple[HtmlElement, str], bool] = {}

    def meet(self, element: HtmlElement, attributes: Mapping[str, str]) -> None:
        """The next element."""
        name, other = (
            attributes.get("class"),
            attributes.get("itemprop") or attributes.get("property") or attributes.get("rel"),
        )
        if name or other:
            for role in _roles_of(name or "", other or ""):
                if len(self.by_role[role]) < MAX_FOUND:
                    self.by_role[role].append(element)

    def hear(self, text: str, element: HtmlElement) -> None:
        """The next run of text, on one line."""
        self.runs.append(Run(text, element))

    def order(self) -> dict[HtmlElement, int]:
        """Each element's place in the page."""
        return {element: at for at, element in enumerate(self.elements)}

    def owned(self, element: HtmlElement, table: str = "foreign") -> bool:
        """Whether an element belongs to something else than the article: to a part that `table` of places.toml names."""
        path = []
        node = element
        answer = False
        while node is not None and node.tag not in {"body", "html"} and node not in self.spine:
            known = self._owned.get((node, table))
            if (
                known is not None
                or node.tag in _OWN_BORDERS
                or _foreign(f"{node.get('class') or ''} {node.get('id') or ''}", table)
            ):
                answer = known is None or known
                break
            path.append(node)
            node = node.getparent()
        for passed in path:
            self._owned[passed, table] = answer
        return answer
