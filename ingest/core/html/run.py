"""The current run of text in a walk over a page: pieces of text and links, up to an element that separates text or a
second line break.
"""

from __future__ import annotations

import re
from contextlib import suppress
from itertools import chain, pairwise
from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin, urlsplit

from ingest.core.caching import cache_short_texts
from ingest.core.html.dom import class_tokens
from ingest.core.html.elements import BLOCK_TAGS, INITIALS, NAMING_ATTRIBUTES, NO_CLAIM_TAGS, UNRENDERED_TAGS
from ingest.core.limits import MAX_CLASS_ATTR_CHARACTERS, MAX_URL_CHARACTERS
from ingest.core.model import UNSEEN, Block, Element, Link, Markup
from ingest.core.text.characters import strip_unsafe, to_single_line

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ingest.core.html.overlap import MetadataOverlap
    from ingest.core.html.page_index import PageIndex
    from ingest.core.model import BlockKind

INITIAL_CHARACTERS = 2
"""A large first letter, with the quotation mark before it."""

TOKEN = re.compile(r"[A-Z]?[a-z]{2,}|[A-Z]{2,}")
HIDDEN_STYLE = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.IGNORECASE)


@cache_short_texts
def ordered_class_tokens(text: str) -> tuple[str, ...]:
    """The words of a class attribute or similar: `ArticleBody__lead-text` gives article, body, lead, text."""
    return tuple(dict.fromkeys(chain.from_iterable(map(_words_of, text.split()))))


@cache_short_texts
def _words_of(name: str) -> list[str]:
    """The same of one name: names recur on the pages of all sites, whole attributes do not."""
    return " ".join(TOKEN.findall(name)).lower().split()


def name_tokens(attributes: Mapping[str, str]) -> tuple[str, ...]:
    """The lower-case tokens of an element's class, id, role and similar attributes; "hidden" is added where an
    attribute hides it.
    """
    if not attributes:
        return ()
    if len(attributes) == 1 and "class" in attributes:  # half of all elements
        return ordered_class_tokens(attributes["class"][:MAX_CLASS_ATTR_CHARACTERS])
    found = ordered_class_tokens(
        " ".join([attributes[name][:MAX_CLASS_ATTR_CHARACTERS] for name in NAMING_ATTRIBUTES if name in attributes])
    )
    if (
        "hidden" in attributes
        or attributes.get("aria-hidden") == "true"
        or ("style" in attributes and HIDDEN_STYLE.search(attributes["style"]))
    ):
        return (*found, "hidden")
    return found


class OpenElement:
    """An element that the walk is inside, and its parent; the outermost one is its own parent."""

    __slots__ = (
        "attributes",
        "block",
        "body",
        "breaks_text",
        "depth",
        "element",
        "kind",
        "model_element",
        "parent",
        "silent",
        "since",
        "tag",
        "unseen",
    )

    def __init__(
        self, element: Any, tag: str, attributes: Mapping[str, str], kind: BlockKind, parent: OpenElement | None
    ) -> None:
        self.element, self.tag, self.attributes, self.kind = element, tag, attributes, kind
        self.model_element: Element | None = None
        if parent is None:
            self.parent, self.depth, self.breaks_text, self.block, self.silent, self.body = (
                self,
                0,
                False,
                "",
                False,
                False,
            )
        else:
            self.parent, self.depth, self.breaks_text = parent, parent.depth + 1, tag in BLOCK_TAGS
            self.block = tag if self.breaks_text else parent.block
            self.unseen = False
            self.since = 0  # number of blocks before it
            self.silent = parent.silent or tag in UNRENDERED_TAGS
            self.body = parent.body or tag == "body"


class Gathering:
    """The run of text being collected, and the blocks found before it."""

    def __init__(self, base: str, overlap: MetadataOverlap, index: PageIndex) -> None:
        self.overlap, self.survey, self.base = overlap, index, base
        self.root = ""
        with suppress(ValueError):
            self.root = "{0.scheme}://{0.netloc}".format(urlsplit(base)) if base else ""
        self.found: list[Block] = []
        self.href: str | None = None
        self.media = self.preformatted = 0
        self.initial: OpenElement | None = None  # the element of the last block, if that is one letter
        self._fresh()

    def _fresh(self) -> None:
        self.pieces: list[str] = []
        self.lines: list[str] = []
        self.linked: list[str] = []
        self.links: list[Link] = []
        self.link_length = 0
        self.inmost: OpenElement | None = None  # the smallest element with the whole run; None: no text yet
        self.broken = False  # the last piece was a line break
        self.ends: list[int] = []  # number of pieces before each line end of preformatted text

    def text(self, text: str, here: OpenElement) -> None:
        """Add text that is directly inside an element."""
        line = " ".join(text.split())
        if line:
            if here.body and here.tag not in NO_CLAIM_TAGS:
                self.survey.add_text(line, here.element)
        elif self.inmost is None:  # before the run
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
            self.inmost = _lowest_common_ancestor(self.inmost or here, here)
            self.lines.append(line)
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
        named = not INITIALS.isdisjoint(class_tokens(initial.attributes.get("class", "")))
        if named or (here is outer and initial.kind == "paragraph" and text[0].islower()):
            letter = self.found.pop().text
            self.inmost, self.pieces, self.lines = here, [letter], [letter]

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
        if self.linked and (text := to_single_line("".join(self.linked))):
            self.link_length += len(text)
            if url := self._absolute(self.href or ""):
                self.links.append(Link(text, url))
        self.linked = []

    def _absolute(self, href: str) -> str | None:
        href = href.strip()
        if href.startswith(("https://", "http://")):
            return href
        if self.root and href.startswith("/") and not href.startswith("//"):
            return self.root + href
        if len(href) > MAX_URL_CHARACTERS:  # urllib caches the last addresses it parsed
            return None
        try:
            url = urljoin(self.base, href)
        except ValueError:  # an unclosed bracket, as in an IPv6 host
            return None
        return url if url.startswith(("https://", "http://")) else None

    def flush(self) -> None:
        """End the run, and make a block of it if it has any text."""
        inmost = self.inmost
        if inmost is None:
            return
        text = strip_unsafe(self.lines[0]) if len(self.lines) == 1 else to_single_line("".join(self.pieces))
        if text:  # a byte order mark alone is not text
            self.end_link()
            share = min(1.0, self.link_length / len(text))
            repeated = self.overlap.shares(text)
            markup = Markup(
                inmost.block,
                tuple(self.links),
                share,
                self.media,
                repeated,
                _model_element(inmost),
                self.lines_of(text),
            )
            self.found.append(Block(text, inmost.kind, markup=markup))
            self.media = 0
            self.initial = inmost if len(text) <= INITIAL_CHARACTERS and text[-1].isalpha() else None
        self._fresh()

    def lines_of(self, text: str) -> tuple[str, ...]:
        """The lines of a preformatted run; empty where it is one line."""
        if not self.ends:
            return ()
        cuts = [0, *self.ends, len(self.pieces)]
        lines = [line for first, last in pairwise(cuts) if (line := to_single_line("".join(self.pieces[first:last])))]
        return tuple(lines) if len(lines) > 1 and " ".join(lines) == text else ()


def _lowest_common_ancestor(one: OpenElement, other: OpenElement) -> OpenElement:
    """The smallest element that contains both."""
    while one is not other:
        if one.depth > other.depth:
            one = one.parent
        else:
            other = other.parent
    return one


def _model_element(innermost: OpenElement) -> Element | None:
    """The model of an element; models are made when first needed, from the outermost inwards."""
    new: list[OpenElement] = []
    while innermost.model_element is None and innermost.depth:
        new.append(innermost)
        innermost = innermost.parent
    element = innermost.model_element
    for each in reversed(new):
        class_attr = each.attributes.get("class", "")[:MAX_CLASS_ATTR_CHARACTERS]
        named = name_tokens(each.attributes)
        each.model_element = element = Element(
            each.tag, class_attr, (*named, UNSEEN) if each.unseen else named, each.depth - 1, element
        )
    return element
