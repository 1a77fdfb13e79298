"""Index of a page, filled during its walk: the elements and runs of text that may be about the article. Metadata is
read from it.
"""

from __future__ import annotations

from copy import copy
from functools import cache, cached_property
from typing import TYPE_CHECKING, NamedTuple

from lxml import etree

from ingest.core.caching import cache_short_texts
from ingest.core.html.dom import END_OF_NAMES, class_tokens, class_tokens_of_all
from ingest.core.text.wordlists import word_set

if TYPE_CHECKING:
    from collections.abc import Iterable

    from lxml.html import HtmlElement

    from ingest.core.html.kinds import Kind

MAX_ELEMENTS_PER_TAG = 400  # most elements looked at per tag or role; pages with more are lists or attacks

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
_UNBOUNDED_TAGS = frozenset({"a", "p", "meta", "link", "script"})
_FOREIGN_TAGS = frozenset({"nav", "aside", "footer"})


@cache
def _role_words() -> tuple[tuple[str, frozenset[str]], ...]:
    return (
        ("byline", word_set("people", "classes")),
        ("date", word_set("places", "published") | word_set("places", "modified")),
        ("tags", word_set("places", "tags")),
        ("subheadline", word_set("places", "subheadline")),
        ("related", word_set("places", "related")),
        ("caption", word_set("credits", "caption_classes")),
    )


@cache
def _roles_by_word() -> dict[str, frozenset[str]]:
    """For each word of a role the roles that it gives, and none for the end of an attribute."""
    every = frozenset((END_OF_NAMES,)).union(*(words for _, words in _role_words()))
    return {word: frozenset(role for role, words in _role_words() if word in words) for word in every}


def roles_of(names: Iterable[str]) -> list[tuple[int, tuple[str, ...]]]:
    """The roles that some of these attributes give by their words, each with the number of its attribute."""
    by_word = _roles_by_word()
    found: dict[int, frozenset[str]] = {}
    for words in class_tokens_of_all(names):
        at = 0
        for word in filter(by_word.__contains__, words):  # one in ten
            if word == END_OF_NAMES:
                at += 1
            else:
                found[at] = found[at] | by_word[word] if at in found else by_word[word]
    return [(at, tuple(role for role, _ in _role_words() if role in roles)) for at, roles in found.items()]


@cache_short_texts
def _is_foreign_name(name: str, table: str) -> bool:
    have = class_tokens(name)
    return not have.isdisjoint(word_set("places", table)) and have.isdisjoint(word_set("places", "own"))


class TextRun(NamedTuple):
    """A run of text of the page's body, on one line, and the element that directly contains it."""

    text: str
    element: HtmlElement


class PageIndex:
    """The elements of a page by tag and by role, and its runs of text, in document order; filled by the walk."""

    def __init__(self, tree: HtmlElement) -> None:
        self.tree = tree
        self.elements = list(
            tree.iter(etree.Element)
        )  # references are kept; otherwise each access creates a new Python object for an element
        self.by_tag: dict[str, list[HtmlElement]] = {tag: [] for tag in _TAGS}
        for element in self.elements:  # lxml's own search for one tag takes as long as this loop for all
            if (tag := element.tag) in self.by_tag:
                self.by_tag[tag].append(element)
        for tag, alike in self.by_tag.items():
            if tag not in _UNBOUNDED_TAGS:
                del alike[MAX_ELEMENTS_PER_TAG:]
        self.by_role: dict[str, list[HtmlElement]] = {role: [] for role, _ in _role_words()}
        self.runs: list[TextRun] = []
        self.declared = ""
        """The body of the one article that JSON-LD declares."""
        self.headline_ancestors: frozenset[HtmlElement] = frozenset()
        """The ancestors of the headline: never a foreign part, whatever their names ("__next", "menu-open")."""
        self._foreign: dict[tuple[HtmlElement, str], bool] = {}

    @cached_property
    def related_links(self) -> list[HtmlElement]:
        """The links that say by `rel` how they are related to the page."""
        return [link for link in self.by_tag["a"] if link.get("rel")]

    def with_headline(self, heading: HtmlElement | None) -> PageIndex:
        """The same index with the element of the headline set."""
        if heading is None:
            return self
        index = copy(self)
        index.headline_ancestors = frozenset(heading.iterancestors())
        index._foreign = {}  # noqa: SLF001  its own class
        return index

    def add_roles(self, kinds: Iterable[Kind]) -> None:
        """Note the roles of all elements; `kinds`: that of each."""
        for element, kind in zip(self.elements, kinds, strict=True):
            for role in kind.roles:
                if len(self.by_role[role]) < MAX_ELEMENTS_PER_TAG:
                    self.by_role[role].append(element)

    def positions(self) -> dict[HtmlElement, int]:
        """The position of each element in the page."""
        return {element: at for at, element in enumerate(self.elements)}

    def is_foreign(self, element: HtmlElement, table: str = "foreign") -> bool:
        """True if an element belongs to something other than the article: to a part listed in `table` of places.toml."""
        path = []
        node = element
        answer = False
        while node is not None and node.tag not in {"body", "html"} and node not in self.headline_ancestors:
            known = self._foreign.get((node, table))
            if (
                known is not None
                or node.tag in _FOREIGN_TAGS
                or _is_foreign_name(f"{node.get('class') or ''} {node.get('id') or ''}", table)
            ):
                answer = known is None or known
                break
            path.append(node)
            node = node.getparent()
        for passed in path:
            self._foreign[passed, table] = answer
        return answer
