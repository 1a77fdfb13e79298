"""The current run of text in a walk over a page: pieces of text and links, up to an element that separates text or a
second line break.
"""

from __future__ import annotations

from contextlib import suppress
from itertools import pairwise
from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin, urlsplit

from ingest.core.html.dom import class_tokens
from ingest.core.html.elements import INITIALS
from ingest.core.html.kinds import BLOCK, CLAIMLESS, UNRENDERED
from ingest.core.html.page_index import TextRun
from ingest.core.limits import MAX_URL_CHARACTERS
from ingest.core.model import Block, Element, Link, Markup
from ingest.core.text.characters import strip_unsafe, to_single_line

if TYPE_CHECKING:
    from ingest.core.html.kinds import Kind
    from ingest.core.html.overlap import MetadataOverlap
    from ingest.core.html.page_index import PageIndex
    from ingest.core.model import BlockKind

INITIAL_CHARACTERS = 2
"""A large first letter, with the quotation mark before it."""


class OpenElement:
    """An element that the walk is inside, and its parent; the outermost one, which stands for the document, is its own parent.

    `depth`: number of elements around it. `form`: what a block in it is. `breaks_text`: it separates text; `block`: the tag of the
    smallest element around its text that does. `silent`: its text is not read. `body`: it is in the page's body. `since`: number of
    blocks before a link.
    """

    __slots__ = (
        "block", "body", "breaks_text", "depth", "element", "form", "kind", "model_element", "parent", "silent", "since",
    )  # fmt: skip

    since: int

    def __init__(self, element: Any, kind: Kind, parent: OpenElement | None) -> None:
        self.element, self.kind = element, kind
        self.model_element: Element | None = None
        if parent is None:
            self.parent, self.depth, self.breaks_text, self.block = self, 0, False, ""
            self.silent = self.body = False
            self.form: BlockKind = "paragraph"
            return
        self.parent, self.depth, self.form = parent, parent.depth + 1, parent.form
        if kind.traits & BLOCK:
            self.breaks_text, self.block = True, kind.tag
        else:
            self.breaks_text, self.block = False, parent.block
        self.silent = parent.silent or kind.traits & UNRENDERED > 0
        self.body = parent.body or kind.tag == "body"


class Gathering:
    """The run of text being collected, and the blocks found before it."""

    def __init__(self, base: str, overlap: MetadataOverlap, index: PageIndex) -> None:
        self.overlap, self.index, self.base = overlap, index, base
        self.root = ""
        with suppress(ValueError):
            self.root = "{0.scheme}://{0.netloc}".format(urlsplit(base)) if base else ""
        self.found: list[Block] = []
        self.modelled: list[Element] = []
        self.modelled_kinds: list[Kind] = []
        self.joined: dict[str, str | None] = {}  # relative addresses that were met
        self.href: str | None = None
        self.media = self.preformatted = 0
        self.initial: OpenElement | None = None  # the element of the last block, if that is one letter
        self.pieces: list[str] = []
        self.linked: list[str] = []
        self.ends: list[int] = []  # number of pieces before each line end of preformatted text
        self._begin()

    def _begin(self) -> None:
        """Begin a run: no text yet."""
        self.inmost: OpenElement | None = None  # the smallest element with the whole run; None: no text yet
        self.line = ""  # its first piece with a word, with single spaces
        self.is_one_line = False  # that is the only one
        self.broken = False  # the last piece was a line break
        self.links: list[Link] = []
        self.link_length = 0
        self.pieces.clear()
        self.linked.clear()
        self.ends.clear()

    def text(self, text: str, here: OpenElement) -> None:
        """Add text that is directly inside an element."""
        if text.isspace():
            if self.inmost is None or here.silent:  # before the run
                return
            line = ""
        elif line := " ".join(text.split()):
            if here.body and not here.kind.traits & CLAIMLESS:
                self.index.runs.append(TextRun(line, here.element))
        else:
            return
        if here.silent:
            return
        if self.preformatted and "\n" in text:
            for number, part in enumerate(text.split("\n")):
                if number:
                    self.line_break(here)
                self._piece(part, " ".join(part.split()), here)
        else:
            self._piece(text, line, here)

    def _piece(self, text: str, line: str, here: OpenElement) -> None:
        """Add a piece to the run; `line`: the same with single spaces, because most runs consist of one piece."""
        if line:
            if self.inmost is None and self.initial is not None:
                self.resume(self.initial, text, here)
            if self.inmost is None:
                self.inmost, self.line, self.is_one_line = here, line, True
            else:
                self.is_one_line = False
                if self.inmost is not here:
                    self.inmost = _lowest_common_ancestor(self.inmost, here)
            self.broken = False
        elif self.inmost is None:  # white space before the run
            return
        self.pieces.append(text)
        if self.href is not None:
            self.linked.append(text)

    def resume(self, initial: OpenElement, text: str, here: OpenElement) -> None:
        """Join a large first letter in a block of its own to the run that follows it."""
        self.initial = None
        outer = initial.parent
        named = not INITIALS.isdisjoint(class_tokens(initial.kind.class_attr))
        if named or (here is outer and initial.form == "paragraph" and text[0].islower()):
            self.inmost = here
            self.pieces.append(self.found.pop().text)

    def line_break(self, here: OpenElement) -> None:
        """The first line break is white space, the second ends the run."""
        if self.broken:
            self.flush()
        self._piece(" ", "", here)
        self.broken = self.inmost is not None
        if self.preformatted:
            self.ends.append(len(self.pieces))

    def end_link(self) -> None:
        """Add the text of the open link in this run."""
        if text := to_single_line("".join(self.linked)):
            self.link_length += len(text)
            if url := self._absolute(self.href or ""):
                self.links.append(Link(text, url))
        self.linked.clear()

    def _absolute(self, href: str) -> str | None:
        href = href.strip()
        if href.startswith(("https://", "http://")):
            return href
        if self.root and href.startswith("/") and not href.startswith("//"):
            return self.root + href
        if href not in self.joined:
            self.joined[href] = _join(self.base, href)
        return self.joined[href]

    def flush(self) -> None:
        """End the run, and make a block of it if it has any text."""
        inmost = self.inmost
        if inmost is None:
            return
        text = strip_unsafe(self.line) if self.is_one_line else to_single_line("".join(self.pieces))
        if text:  # a byte order mark alone is not text
            if self.linked:
                self.end_link()
            markup = Markup(
                inmost.block,
                tuple(self.links),
                min(1.0, self.link_length / len(text)),
                self.media,
                self.overlap.shares(text),
                inmost.model_element or self.model_element(inmost),
                self.lines_of(text) if self.ends else (),
            )
            self.found.append(Block(text, inmost.form, markup=markup))
            self.media = 0
            self.initial = inmost if len(text) <= INITIAL_CHARACTERS and text[-1].isalpha() else None
        self._begin()

    def lines_of(self, text: str) -> tuple[str, ...]:
        """The lines of a preformatted run; empty where it is one line."""
        cuts = [0, *self.ends, len(self.pieces)]
        lines = [line for first, last in pairwise(cuts) if (line := to_single_line("".join(self.pieces[first:last])))]
        return tuple(lines) if len(lines) > 1 and " ".join(lines) == text else ()

    def model_element(self, innermost: OpenElement) -> Element | None:
        """The model of an element; models are made when first needed, from the outermost inwards."""
        new: list[OpenElement] = []
        while innermost.model_element is None and innermost.depth:
            new.append(innermost)
            innermost = innermost.parent
        element = innermost.model_element
        for each in reversed(new):
            kind = each.kind
            each.model_element = element = Element(kind.tag, kind.class_attr, (), each.depth - 1, element)
            self.modelled.append(element)
            self.modelled_kinds.append(kind)
        return element


def _join(base: str, href: str) -> str | None:
    if len(href) > MAX_URL_CHARACTERS:  # urllib caches the last addresses it parsed
        return None
    try:
        url = urljoin(base, href)
    except ValueError:  # an unclosed bracket, as in an IPv6 host
        return None
    return url if url.startswith(("https://", "http://")) else None


def _lowest_common_ancestor(one: OpenElement, other: OpenElement) -> OpenElement:
    """The smallest element that contains both."""
    while one is not other:
        if one.depth > other.depth:
            one = one.parent
        else:
            other = other.parent
    return one
