"""Small questions to an lxml tree: the text of an element, the words of its classes."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice

from lxml.html import HtmlElement

from ingest.caching import cache_short_texts
from ingest.lexicon import words
from ingest.limits import LOOKED_AT, NAME_LENGTH

_SILENT = frozenset({"script", "style", "noscript", "template", "svg", "button", "select", "iframe"})
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
_SEAM = re.compile(rf"\x00(?<=(?:{_BEFORE})\x00)\x00*(?={_AFTER})")  # its first sign is one that a search can skip to
_PART = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])")


@cache_short_texts
def name_words(name: str) -> frozenset[str]:
    """The words of a class or id attribute: `articleByline__author-name` gives article, byline, author, name; and whole tokens."""
    name = name[:NAME_LENGTH]
    return frozenset(name.lower().split()).union(" ".join(_PART.findall(name)).lower().split())


def texts(element: HtmlElement, without: frozenset[HtmlElement] = frozenset(), *, most: int = 1 << 30) -> Iterator[str]:
    """The runs of text inside, scripts and the like left out, one at a time; `without`: subtrees to leave out.

    Not recursive: pages nest 10,000 deep. `most`: elements after which reading ends.
    """
    if not _speaks(element, without):
        return
    yield element.text or ""
    stack = [(element, iter(element))]
    while stack:
        node, children = stack[-1]
        child = next(children, None)
        most -= 1
        if most < 0:
            return
        if child is None:
            stack.pop()
            if node is not element:
                if _parts(node):
                    yield " "
                if node.tail:
                    yield node.tail
        elif _speaks(child, without):
            if _parts(child):
                yield " "
            if child.text:
                yield child.text
            stack.append((child, iter(child)))
        elif child.tail:
            yield child.tail


def _parts(element: HtmlElement) -> bool:
    """Whether an element parts the text before it from its own and from what follows, as a browser shows it."""
    style = element.get("style")
    if style is None:
        return element.tag in _PARTING
    return "float" not in style and (element.tag in _PARTING or _SHOWN_AS_BLOCK.search(style) is not None)


def parts_of(element: HtmlElement, *tags: str) -> Iterator[HtmlElement]:
    """The elements inside, of these tags if any are named; of more than are looked at, the first."""
    return islice(element.iterdescendants(*tags), LOOKED_AT)


def described_kind(element: HtmlElement) -> str:
    """What microdata or RDFa call the thing that an element describes, lower-cased: "newsarticle"; "" where they do not."""
    return (
        ((element.get("itemtype") or element.get("typeof") or "").split() or [""])[0]
        .rstrip("/")
        .rsplit("/", 1)[-1]
        .rsplit(":", 1)[-1]
        .lower()
    )


def of_foreign_thing(element: HtmlElement) -> bool:
    """Whether an element states a property of something that is not the article: of a video, a comment, a product on the page."""
    if not (element.get("itemprop") or element.get("property")):
        return False
    kind = next((found for node in element.iterancestors() if (found := described_kind(node))), "")
    return kind in words("schema", "foreign")


def _speaks(element: HtmlElement, without: frozenset[HtmlElement]) -> bool:
    return isinstance(element.tag, str) and element.tag not in _SILENT and element not in without


def text_of(element: HtmlElement, without: frozenset[HtmlElement] = frozenset(), *, most: int = 20_000) -> str:
    """Its text as one line. Breaks and block-level elements part words; others often part what no space parts ("…harbour.Photo: NAME"): there, one is set.

    `most`: characters, or elements, after which reading ends; a text longer than that has come to no end.
    """
    if not len(element):
        return " ".join((element.text or "").split()) if _speaks(element, without) else ""
    read: list[str] = []
    for text in texts(
        element, without, most=2 * most
    ):  # as many elements: 33,000 pictures, none with a word, took 80 s
        read.append(text)
        most -= len(text)
        if most < 0:
            break
    return " ".join(_SEAM.sub(" ", "\x00".join(read)).replace("\x00", "").split())
