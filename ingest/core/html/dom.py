"""Helpers for lxml trees: the text of an element, the words of its classes."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import islice

from lxml.html import HtmlElement

from ingest.core.caching import cache_short_texts
from ingest.core.limits import MAX_CLASS_ATTR_CHARACTERS, MAX_INNER_ELEMENTS
from ingest.core.text.wordlists import word_set

_UNREAD_TAGS = frozenset({"script", "style", "noscript", "template", "svg", "button", "select", "iframe"})
_PARTING = frozenset(
    [
        "br",
        "hr",
        "p",
        "div",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "ul",
        "ol",
        "li",
        "dl",
        "dt",
        "dd",
        "table",
        "tr",
        "td",
        "th",
        "section",
        "article",
        "header",
        "footer",
        "aside",
        "figure",
        "figcaption",
        "blockquote",
        "pre",
        "address",
    ]
)
_SHOWN_AS_BLOCK = re.compile(r"display\s*:\s*(?:block|flex|grid|table|list-item)", re.IGNORECASE)
_BEFORE, _AFTER = r"[^\W\d_A-Z]|[\d.!?»”)’…]", r"[A-ZÀ-ÞА-ЯЁІЇЄ©(（]"
_MISSING_SPACE = re.compile(
    rf"\x00(?<=(?:{_BEFORE})\x00)\x00*(?={_AFTER})"
)  # its fixed first character lets the regex engine skip ahead
_NAME_PART = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])")
END_OF_NAMES = "\0"
"""No page has this character: the parser replaces it."""
_NAME_PART_OR_END = re.compile(rf"{_NAME_PART.pattern}|{END_OF_NAMES}")


@cache_short_texts
def class_tokens(name: str) -> frozenset[str]:
    """The words of a class or id attribute: `articleByline__author-name` gives article, byline, author, name, and the
    whole tokens.
    """
    name = name[:MAX_CLASS_ATTR_CHARACTERS]
    return frozenset(name.lower().split()).union(" ".join(_NAME_PART.findall(name)).lower().split())


def class_tokens_of_all(names: Iterable[str]) -> tuple[list[str], list[str]]:
    """The same of many attributes: their whole tokens, and the words in them, both with `END_OF_NAMES` between those of two attributes. A
    search in all of them together takes a third of the time of a search in each.
    """
    together = f" {END_OF_NAMES} ".join(names)
    return together.lower().split(), " ".join(_NAME_PART_OR_END.findall(together)).lower().split()


def iter_text(
    element: HtmlElement, exclude: frozenset[HtmlElement] = frozenset(), *, max_elements: int = 1 << 30
) -> Iterator[str]:
    """The runs of text inside an element, without scripts and the like, one at a time; `exclude`: subtrees to leave
    out.

    Not recursive: pages nest 10,000 deep. `max_elements`: number of elements after which reading ends.
    """
    if not _is_readable(element, exclude):
        return
    yield element.text or ""
    stack = [(element, iter(element))]
    while stack:
        node, children = stack[-1]
        child = next(children, None)
        max_elements -= 1
        if max_elements < 0:
            return
        if child is None:
            stack.pop()
            if node is not element:
                if _parts(node):
                    yield " "
                if node.tail:
                    yield node.tail
        elif _is_readable(child, exclude):
            if _parts(child):
                yield " "
            if child.text:
                yield child.text
            stack.append((child, iter(child)))
        elif child.tail:
            yield child.tail


def _parts(element: HtmlElement) -> bool:
    """True if an element separates the text before it from its own and from what follows, as a browser shows it."""
    style = element.get("style")
    if style is None:
        return element.tag in _PARTING
    return "float" not in style and (element.tag in _PARTING or _SHOWN_AS_BLOCK.search(style) is not None)


def descendants(element: HtmlElement, *tags: str) -> Iterator[HtmlElement]:
    """The descendants of an element, of these tags if any are given; at most a fixed number, the first ones."""
    return islice(element.iterdescendants(*tags), MAX_INNER_ELEMENTS)


def described_kind(element: HtmlElement) -> str:
    """The type that microdata or RDFa give the thing an element describes, in lower case: "newsarticle"; "" without
    one.
    """
    return (
        ((element.get("itemtype") or element.get("typeof") or "").split() or [""])[0]
        .rstrip("/")
        .rsplit("/", 1)[-1]
        .rsplit(":", 1)[-1]
        .lower()
    )


def of_foreign_thing(element: HtmlElement) -> bool:
    """True if an element states a property of something other than the article: of a video, a comment, a product on the
    page.
    """
    if not (element.get("itemprop") or element.get("property")):
        return False
    kind = next((found for node in element.iterancestors() if (found := described_kind(node))), "")
    return kind in word_set("schema", "foreign")


def _is_readable(element: HtmlElement, exclude: frozenset[HtmlElement]) -> bool:
    return isinstance(element.tag, str) and element.tag not in _UNREAD_TAGS and element not in exclude


def element_text(
    element: HtmlElement, exclude: frozenset[HtmlElement] = frozenset(), *, max_characters: int = 20_000
) -> str:
    """The text of an element as one line. Breaks and block-level elements separate words; a space is added where other
    elements separate words without one ("…harbour.Photo: NAME").

    `max_characters`: number of characters, or of elements, after which reading ends; a longer text is incomplete.
    """
    if not len(element):
        return " ".join((element.text or "").split()) if _is_readable(element, exclude) else ""
    read: list[str] = []
    for text in iter_text(
        element, exclude, max_elements=2 * max_characters
    ):  # the limit counts elements, too: 33,000 images, none with a word, took 80 s
        read.append(text)
        max_characters -= len(text)
        if max_characters < 0:
            break
    return " ".join(_MISSING_SPACE.sub(" ", "\x00".join(read)).replace("\x00", "").split())
