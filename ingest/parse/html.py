"""A page's text as blocks: one parse, one walk without recursion, nothing lost.

A block is what a browser would show as one run of text: inline elements are joined, block-level ones and two line breaks
part it. Hidden elements, `noscript`, `svg` and `template` are walked like any other: templates hide the article until a script
runs, and lxml, which is no HTML5 parser, nests it inside an unclosed svg (17 whole articles of 1,050 pages). What an element
is called and whether it is hidden is evidence for the labeller, never a verdict here.
"""

from __future__ import annotations

import re
from contextlib import suppress
from functools import lru_cache, partial
from typing import TYPE_CHECKING
from urllib.parse import urljoin, urlsplit

from lxml import etree
from lxml.html import HtmlElement, HTMLParser, document_fromstring

from ingest.limits import NAME_LENGTH
from ingest.model import Block, Link, Markup, Place
from ingest.parse.claims import page_claims
from ingest.parse.depth import shallow
from ingest.parse.region import main_region
from ingest.parse.told import Told
from ingest.signs import one_line

if TYPE_CHECKING:
    from collections.abc import Callable

    from ingest.model import Claim, Kind

NO_TEXT = frozenset({"script", "style", "title", "iframe", "noframes", "noembed", "object", "audio", "video", "canvas"})
"""Elements whose text a browser does not show as text of the page. Walked around, with all they hold."""

_PARTING = (
    "html head body address article aside blockquote button caption center dd details dialog dir div dl dt fieldset figcaption "
    "figure footer form frameset h1 h2 h3 h4 h5 h6 header hgroup hr legend li main menu nav ol optgroup option output p pre "
    "search section select summary table tbody td template textarea tfoot th thead tr ul"
)
BLOCK = frozenset(_PARTING.split())
"""Elements that part text. All others, custom ones among them, are inline, as browsers have it."""

MEDIA = frozenset({"img", "amp-img", "iframe", "video", "audio", "object", "amp-video", "amp-iframe"})
KINDS: dict[str, Kind] = {
    **dict.fromkeys(("h1", "h2", "h3", "h4", "h5", "h6"), "heading"),
    **dict.fromkeys(("li", "dt", "dd"), "list_item"),
    **dict.fromkeys(("td", "th"), "cell"),
    "figcaption": "caption",
    "blockquote": "quote",
}
FRESH = frozenset({"article", "section", "table", "ul", "ol", "nav", "aside", "footer", "form"})
"""Elements in which a block is a paragraph again, whatever stands around them."""

NAMING = ("class", "id", "role", "itemprop", "data-testid", "data-component")
"""Attributes whose words say what an element is for."""

NEAREST = 40
"""Tags in a path."""

MOST = 200
"""Words gathered from an element's surroundings; deeply nested nonsense starts anew there, or memory would grow as its square."""

WORD = re.compile(r"[A-Z]?[a-z]{2,}|[A-Z]{2,}")
UNDISPLAYED = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.IGNORECASE)


def read_page(html: str, *, url: str | None) -> tuple[tuple[Block, ...], tuple[Claim, ...], Callable[[], str | None]]:
    """All blocks of a page, in document order, what its metadata claim, and a finder of its main region, to be asked if need be.

    A page without an element gives none of them.
    """
    tree = parse_tree(html)
    if tree is None:
        return (), (), str
    elements = list(tree.iter())  # held until the last look: else each walk makes a Python object of every element anew
    found, claims = blocks(tree, url), page_claims(tree, url=url)
    del elements
    return found, claims, partial(main_region, tree)


def parse_tree(html: str) -> HtmlElement | None:
    """The one parse. `huge_tree`: without it everything after nesting depth 256 vanishes silently; with it, after 2,048."""
    parser = HTMLParser(huge_tree=True, remove_comments=True, remove_pis=True, encoding="utf-8")
    html = html.replace("\0", "\ufffd")
    parser.set_element_class_lookup(_PLAIN)
    try:
        tree = document_fromstring(html.encode("utf-8", "replace"), parser=parser)
        fault = parser.error_log.last_error
        if fault and fault.type == etree.ErrorTypes.ERR_RESOURCE_LIMIT:  # it went no further
            tree = document_fromstring(shallow(html, BLOCK).encode("utf-8", "replace"), parser=parser)
    except etree.ParserError:  # nothing but white space or comments
        return None
    return tree


def blocks(tree: HtmlElement, url: str | None) -> tuple[Block, ...]:
    """Every visually separate run of text below this element, in document order."""
    base = url or ""
    for element in tree.iter("base"):
        with suppress(ValueError):  # an unclosed bracket, as of an IPv6 host
            base = urljoin(base, element.get("href") or "")
        break
    walk = _Walk(base, Told(tree))
    events = etree.iterwalk(tree, events=("start", "end"))
    for event, element in events:
        tag = element.tag
        if event == "start":
            walk.enter(element, tag)
            if tag in NO_TEXT:
                events.skip_subtree()
            elif element.text:
                walk.text(element.text)
        else:
            walk.leave(tag)
            if element.tail:
                walk.text(element.tail)
    return tuple(walk.found)


_PLAIN = etree.ElementDefaultClassLookup(element=HtmlElement)
"""Every element is an HtmlElement: lxml.html's own lookup calls Python for each to tell forms and inputs apart."""


@lru_cache(maxsize=1 << 15)
def naming_words(text: str) -> tuple[str, ...]:
    """The words of a class attribute or its like: `ArticleBody__lead-text` has article, body, lead, text."""
    return tuple(dict.fromkeys(word.lower() for word in WORD.findall(text)))


def _words(element: HtmlElement) -> tuple[str, ...]:
    attributes = element.attrib
    if not attributes:
        return ()
    found = naming_words(" ".join([attributes[name][:NAME_LENGTH] for name in NAMING if name in attributes]))
    if "hidden" in attributes or attributes.get("aria-hidden") == "true":
        return (*found, "hidden")
    if "style" in attributes and UNDISPLAYED.search(attributes["style"]):
        return (*found, "hidden")
    return found


class _Frame:
    """An open element."""

    __slots__ = ("element", "kind", "order", "path", "place", "tag", "words")

    def __init__(self, element: HtmlElement, tag: str, kind: Kind, order: int) -> None:
        self.element, self.tag, self.kind, self.order = element, tag, kind, order
        self.place: Place | None = None
        self.path: tuple[str, ...] = ()
        self.words: frozenset[str] = frozenset()


class _Walk:
    """The state of one walk: the open elements, and the run of text that is being gathered."""

    def __init__(self, base: str, told: Told) -> None:
        self.told = told
        self.base = base
        self.root = ""
        with suppress(ValueError):
            self.root = "{0.scheme}://{0.netloc}".format(urlsplit(base)) if base else ""
        self.open: list[_Frame] = []
        self.found: list[Block] = []
        self.href: str | None = None
        self.order = self.media = self.preformatted = 0
        self._fresh()

    def _fresh(self) -> None:
        self.pieces: list[str] = []
        self.linked: list[str] = []
        self.links: list[Link] = []
        self.link_length = 0
        self.trail: list[_Frame] = []  # down to the smallest element with the whole run; empty: no text yet
        self.lowest = 0  # how far up the walk has come since the run's last text
        self.broken = False  # a line break stood last

    def enter(self, element: HtmlElement, tag: str) -> None:
        """An element opens."""
        self.order += 1
        outer: Kind = self.open[-1].kind if self.open else "paragraph"
        if tag in BLOCK:
            self.flush()
            if (kind := KINDS.get(tag)) is None:
                kind = "paragraph" if tag in FRESH or (tag == "p" and outer == "cell") else outer
            if tag == "pre":
                self.preformatted += 1
        else:
            kind = outer
            if tag == "a":
                self.href = element.get("href")
            elif tag == "br":
                self.line_break()
            elif tag in MEDIA:
                self.media += 1
        self.open.append(_Frame(element, tag, kind, self.order))

    def leave(self, tag: str) -> None:
        """An element closes."""
        if tag in BLOCK:
            self.flush()
            if tag == "pre":
                self.preformatted -= 1
        elif tag == "a":
            self.end_link()
            self.href = None
        self.open.pop()
        self.lowest = min(self.lowest, len(self.open))

    def text(self, text: str) -> None:
        """Text of the element opened last."""
        if self.preformatted and "\n" in text:
            for number, line in enumerate(text.split("\n")):
                if number:
                    self.line_break()
                self._piece(line)
        else:
            self._piece(text)

    def _piece(self, text: str) -> None:
        if text and not text.isspace():
            if self.trail:
                del self.trail[self.lowest :]
            else:
                self.trail = self.open.copy()
            self.lowest = len(self.open)
            self.broken = False
        self.pieces.append(text)
        if self.href is not None:
            self.linked.append(text)

    def line_break(self) -> None:
        """One is white space, the second parts the run."""
        if self.broken:
            self.flush()
        self._piece(" ")
        self.broken = True

    def end_link(self) -> None:
        """What the open link says of this run."""
        if self.linked and (text := one_line("".join(self.linked))):
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
        try:
            url = urljoin(self.base, href)
        except ValueError:  # an unclosed bracket, as of an IPv6 host
            return None
        return url if url.startswith(("https://", "http://")) else None

    def flush(self) -> None:
        """The run ends here and is a block, if it has any text."""
        text = one_line("".join(self.pieces)) if self.trail else ""
        if text:  # a byte order mark alone is none
            self.end_link()
            inmost = self._placed()
            markup = Markup(
                tag=next((frame.tag for frame in reversed(self.trail) if frame.tag in BLOCK), ""),
                path=inmost.path,
                words=inmost.words,
                links=tuple(self.links),
                link_share=min(1.0, self.link_length / len(text)),
                media=self.media,
                told=self.told.share(text),
                place=inmost.place,
            )
            self.found.append(Block(text, inmost.kind, markup=markup))
            self.media = 0
        if self.pieces:
            self._fresh()

    def _placed(self) -> _Frame:
        """The trail's end with its place; places are made when first asked for, from the outermost in."""
        known = len(self.trail)
        while known and self.trail[known - 1].place is None:
            known -= 1
        outer = self.trail[known - 1] if known else None
        for frame in self.trail[known:]:
            words = _words(frame.element)
            sign = (frame.element.get("class") or "")[:NAME_LENGTH]
            if outer and outer.place:
                frame.place = Place(frame.tag, sign, words, frame.order, outer.place.depth + 1, outer.place)
                frame.path = (frame.tag, *outer.path[: NEAREST - 1])
                frame.words = outer.words.union(words) if len(outer.words) < MOST else frozenset(words)
            else:
                frame.place = Place(frame.tag, sign, words, frame.order)
                frame.path, frame.words = (frame.tag,), frozenset(words)
            outer = frame
        return self.trail[-1]
