"""The single walk over a page: its text becomes blocks, and what may be about the article is indexed for the claims.

A block is what a browser would show as one run of text: inline elements are joined, block-level ones and two line
breaks separate it. Hidden blocks, `noscript`, `svg` and `template` are read like any other element: templates hide the
article until a script runs, and lxml, which is not an HTML5 parser, nests it inside an unclosed svg (17 whole articles
of 1,050 pages). The name of an element and whether it is hidden are evidence for the labeller, never a verdict here.
But words that are hidden inside a visible run (a note for screen readers, a closed tooltip) are not part of its
sentence and are not read.
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING
from urllib.parse import urljoin

from ingest.core.html.elements import BLOCK_TAGS
from ingest.core.html.kinds import (
    BLOCK,
    BLOCK_BY_STYLE,
    CODE,
    CUSTOM,
    EMPTY,
    HIDDEN,
    INLINE_BY_STYLE,
    LINK,
    MEDIA,
    NO_KIND,
    PREFORMATTED_TEXT,
    Kind,
    Kinds,
)
from ingest.core.html.overlap import MetadataOverlap
from ingest.core.html.page_index import PageIndex
from ingest.core.html.run import Gathering, OpenElement
from ingest.core.html.style import Sheet
from ingest.core.limits import MAX_URL_CHARACTERS
from ingest.core.text.characters import count_words
from ingest.core.text.scripts import SENTENCE_STOPS

if TYPE_CHECKING:
    from collections.abc import Iterable

    from lxml.html import HtmlElement

    from ingest.core.model import Block

PARAGRAPH_CHARACTERS = 40
"""Characters from which an inline element may be a paragraph that the page's linked style sheets display as a block."""
PARAGRAPH_WORDS, LINKED_PARAGRAPHS, LINKED_WORDS = 12, 2, 45
"""Fewest words of a paragraph, and numbers of paragraphs and of their words inside one link from which the link is a
wrapper: a card's link has a headline and one opening.
"""
LINKED_PROSE = 0.7
"""Lowest share of the words inside such a link that are in its paragraphs; cards with a dialog in them have less."""
_SENTENCE_END = frozenset(f'{SENTENCE_STOPS}"”»」』')


def segment(
    tree: HtmlElement, url: str | None, walk: type[Segmenter] | None = None
) -> tuple[tuple[Block, ...], PageIndex]:
    """Every visually separate run of text below this element, in document order, and the index of all its elements. `walk`:
    a `Segmenter` that notes more.
    """
    index = PageIndex(tree)
    base = url or ""
    for element in index.by_tag["base"][:1]:
        href = element.get("href") or ""
        with suppress(ValueError):  # an unclosed bracket, as in an IPv6 host
            base = urljoin(base, href) if len(href) <= MAX_URL_CHARACTERS else base
    overlap = MetadataOverlap(index)
    index.declared = overlap.body
    segmenter = (walk or Segmenter)(base, overlap, index, Sheet(style.text or "" for style in index.by_tag["style"]))
    segmenter.read(index.elements)
    return tuple(segmenter.found), index


class Segmenter(Gathering):
    """State of one walk: which elements separate the run, which are hidden in it, and which links it has."""

    def __init__(self, base: str, overlap: MetadataOverlap, index: PageIndex, sheet: Sheet) -> None:
        super().__init__(base, overlap, index)
        self.kinds = Kinds(sheet)
        self.kind_of_each: list[Kind] = []

    def read(self, elements: Iterable[HtmlElement]) -> None:
        """Read all elements in document order: before each opens, those that do not contain it are closed."""
        here = nobody = OpenElement(None, NO_KIND, None)
        for element in elements:
            around = element.getparent()
            while here.element is not around:
                here = self.close_element(here)
            here = self.open_element(element, here)
        while here.parent is not nobody:
            here = self.close_element(here)
        self.flush()
        self.kinds.read_names()
        self.index.add_roles(self.kind_of_each)
        for element, kind in zip(self.modelled, self.modelled_kinds, strict=True):
            element.name_tokens = kind.name_tokens or ()

    def open_element(self, element: HtmlElement, outer: OpenElement) -> OpenElement:
        """Open an element inside another; returns the new position of the walk."""
        kind = self.kinds.of(element)
        self.kind_of_each.append(kind)
        traits = kind.traits
        if traits & EMPTY and not len(element):
            if not outer.silent:
                if kind.tag == "br":
                    self.line_break(outer)
                elif traits & MEDIA:
                    self.media += 1
            if tail := element.tail:
                self.text(tail, outer)
            return outer
        here = OpenElement(element, kind, outer)
        if not outer.silent and (traits or self.pieces):
            self.open(here, traits)
        if not traits & CODE and (text := element.text):
            self.text(text, here)
        return here

    def open(self, here: OpenElement, traits: int) -> None:
        """Apply the effect of a visible element on the run."""
        if traits & BLOCK:
            if traits & INLINE_BY_STYLE and _in_a_sentence(here.element):
                here.breaks_text, here.block = False, here.parent.block
        elif traits & BLOCK_BY_STYLE or self.is_paragraph(here, traits):
            here.breaks_text = True
        elif traits & HIDDEN and not here.silent:
            here.silent = self.is_aside(here.element, here.kind)
        if here.breaks_text:
            if self.inmost is not None:
                self.flush()
            form = here.kind.form
            if form is not None and (here.form == "cell" or here.kind.tag != "p"):
                here.form = form
            if traits & PREFORMATTED_TEXT:
                self.preformatted += 1
        if traits & LINK and not here.silent:
            self.href = here.element.get("href")
            here.since = len(self.found)
        elif traits & MEDIA:
            self.media += 1

    def is_paragraph(self, here: OpenElement, traits: int) -> bool:
        """True if an inline element is a block by a linked style sheet: a custom element that no words directly precede
        or follow, or an element after a similar one that ended in a full sentence without a space after it.
        """
        element = here.element
        if traits & CUSTOM:
            holds = bool(element.text) or len(element) > 0
            return holds and here.parent.breaks_text and not traits & MEDIA and not _in_a_sentence(element)
        if not self.pieces or self.pieces[-1][-1:] not in _SENTENCE_END or len(self.pieces[-1]) < PARAGRAPH_CHARACTERS:
            return False
        before = element.getprevious()
        return (
            before is not None
            and before.tag == element.tag
            and before.get("class") == element.get("class")
            and not before.tail
        )

    def is_aside(self, element: HtmlElement, kind: Kind) -> bool:
        """True if a hidden inline element is inside a visible run: no reader sees it there. A formula stays in its sentence."""
        if next(element.iterdescendants(*BLOCK_TAGS), None) is not None:
            return False
        if kind.tag == "math" or (not kind.unseen and next(element.iterdescendants("math"), None) is not None):
            return False
        if self.inmost is not None or (element.tail or "").strip():
            return True
        following = element.getnext()
        return following is not None and following.tag not in BLOCK_TAGS and any(map(str.strip, following.itertext()))

    def close_element(self, left: OpenElement) -> OpenElement:
        """Close an element and return to its parent."""
        outer, traits = left.parent, left.kind.traits
        if not left.silent:
            if left.breaks_text and self.inmost is not None:
                self.flush()
            if traits & LINK:
                if self.linked:
                    self.end_link()
                self.href = None
                if len(self.found) > left.since + 1:
                    self.unlink(left)
            elif traits & PREFORMATTED_TEXT:
                self.preformatted -= 1
        if tail := left.element.tail:
            self.text(tail, outer)
        return outer

    def unlink(self, link: OpenElement) -> None:
        """Remove a link that is around paragraphs, or was left open before them: its content is text, and the element
        is only a wrapper.
        """
        inside = self.found[link.since :]
        amounts = [count_words(block.text) for block in inside]
        prose = [amount for amount in amounts if amount >= PARAGRAPH_WORDS]
        if len(prose) < LINKED_PARAGRAPHS or sum(prose) < max(LINKED_WORDS, LINKED_PROSE * sum(amounts)):
            return
        if link.model_element is not None:
            link.model_element.tag = "div"
        for at, block in enumerate(inside, link.since):
            if block.markup is not None and block.markup.link_density > 0.99 and len(block.markup.links) < 2:
                self.found[at] = block._replace(markup=block.markup._replace(links=(), link_density=0.0))


def _in_a_sentence(element: HtmlElement) -> bool:
    """True if words are directly before or after an element, in its parent."""
    before, around = element.getprevious(), element.getparent()
    ahead = before.tail if before is not None else around.text if around is not None else ""
    return bool((ahead or "").strip() or (element.tail or "").strip())
