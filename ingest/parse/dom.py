"""Small questions to an lxml tree: the text of an element, the words of its classes."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from itertools import islice

from lxml.html import HtmlElement

from ingest.limits import LOOKED_AT, NAME_LENGTH

_SILENT = frozenset({"script", "style", "noscript", "template", "svg", "button", "select", "iframe"})
_SEAM = re.compile(r"([^\W\d_A-Z]|[\d.!?»”)’…])\x00+(?=\S)([A-ZÀ-ÞА-ЯЁІЇЄ©(（])")
_PART = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])")


@lru_cache(maxsize=8192)
def name_words(name: str) -> frozenset[str]:
    """The words of a class or id attribute: `articleByline__author-name` gives article, byline, author, name."""
    return frozenset(w.lower() for w in _PART.findall(name[:NAME_LENGTH])) | frozenset(
        name[:NAME_LENGTH].lower().split()
    )


def texts(element: HtmlElement, without: frozenset[HtmlElement] = frozenset()) -> Iterator[str]:
    """The runs of text inside, scripts and the like left out; `without`: subtrees to leave out. Not recursive: pages nest 10,000 deep.

    Of an element with more inside than is looked at, the beginning.
    """
    for event, node in islice(_walk(element, without), LOOKED_AT):
        text = node.text if event else node.tail
        if text:
            yield text


def parts_of(element: HtmlElement, *tags: str) -> Iterator[HtmlElement]:
    """The elements inside, of these tags if any are named; of more than are looked at, the first."""
    return islice(element.iterdescendants(*tags), LOOKED_AT)


def _walk(element: HtmlElement, without: frozenset[HtmlElement]) -> Iterator[tuple[bool, HtmlElement]]:
    stack: list[tuple[bool, HtmlElement]] = [(True, element)]
    while stack:
        starts, node = stack.pop()
        if not starts:
            yield False, node
            continue
        if node is not element:
            stack.append((False, node))
        if isinstance(node.tag, str) and node.tag not in _SILENT and node not in without:
            yield True, node
            stack.extend((True, child) for child in reversed(node))


def text_of(element: HtmlElement, without: frozenset[HtmlElement] = frozenset()) -> str:
    """Its text as one line. Elements often part what no space parts ("…harbour.Photo: NAME"): there, one is set."""
    return " ".join(_SEAM.sub(r"\1 \2", "\x00".join(texts(element, without))).replace("\x00", "").split())
