"""The one walk over a page: its text becomes blocks, and what may speak of the article is noted for the claims.

A block is what a browser would show as one run of text: inline elements are joined, block-level ones and two line breaks
part it. Hidden elements, `noscript`, `svg` and `template` are walked like any other: templates hide the article until a script
runs, and lxml, which is no HTML5 parser, nests it inside an unclosed svg (17 whole articles of 1,050 pages). What an element
is called and whether it is hidden is evidence for the labeller, never a verdict here.
"""

from __future__ import annotations

import re
from contextlib import suppress
from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin, urlsplit

from ingest.caching import cache_short_texts
from ingest.limits import MAX_URL_CHARACTERS, NAME_LENGTH
from ingest.model import Block, Link, Markup, Place
from ingest.parse.survey import Survey
from ingest.parse.told import Told
from ingest.signs import one_line, safe_line

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from lxml.html import HtmlElement

    from ingest.model import Kind

NO_TEXT = frozenset({"script", "style", "title", "iframe", "noframes", "noembed", "object", "audio", "video", "canvas"})
"""Elements whose text a browser does not show as text of the page, nor that of any element inside."""

CODE = frozenset({"script", "style"})
UNREAD = CODE | {"noscript", "template"}
"""Elements whose own text says nothing of the article to the claims."""

HOLLOW = CODE | {"br", "img", "input", "link", "meta"}
"""Elements that hold nothing to be read: one in seven."""

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

WORD = re.compile(r"[A-Z]?[a-z]{2,}|[A-Z]{2,}")
UNDISPLAYED = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.IGNORECASE)


def walk(tree: HtmlElement, url: str | None) -> tuple[tuple[Block, ...], Survey]:
    """Every visually separate run of text below this element, in document order, and the survey of all its elements."""
    survey = Survey(tree)
    base = url or ""
    for element in survey.by_tag["base"][:1]:
        href = element.get("href") or ""
        with suppress(ValueError):  # an unclosed bracket, as of an IPv6 host
            base = urljoin(base, href) if len(href) <= MAX_URL_CHARACTERS else base
    gathered = _Walk(base, Told(survey), survey)
    gathered.read(survey.elements)
    return tuple(gathered.found), survey


@cache_short_texts
def naming_words(text: str) -> tuple[str, ...]:
    """The words of a class attribute or its like: `ArticleBody__lead-text` has article, body, lead, text."""
    return tuple(dict.fromkeys(" ".join(WORD.findall(text)).lower().split()))


def _words(attributes: Mapping[str, str]) -> tuple[str, ...]:
    if not attributes:
        return ()
    if len(attributes) == 1 and "class" in attributes:  # half of them
        return naming_words(attributes["class"][:NAME_LENGTH])
    found = naming_words(" ".join([attributes[name][:NAME_LENGTH] for name in NAMING if name in attributes]))
    if (
        "hidden" in attributes
        or attributes.get("aria-hidden") == "true"
        or ("style" in attributes and UNDISPLAYED.search(attributes["style"]))
    ):
        return (*found, "hidden")
    return found


class _Open:
    """An element that the walk is in, and the one around it; the outermost is nobody's, and its own outer one."""

    __slots__ = ("attributes", "block", "body", "depth", "element", "kind", "mute", "outer", "parts", "place", "tag")

    def __init__(self, element: Any, tag: str, attributes: Mapping[str, str], kind: Kind, outer: _Open | None) -> None:
        self.element, self.tag, self.attributes, self.kind = element, tag, attributes, kind
        self.place: Place | None = None
        if outer is None:
            self.outer, self.depth, self.parts, self.block, self.mute, self.body = self, 0, False, "", False, False
        else:
            self.outer, self.depth, self.parts = outer, outer.depth + 1, tag in BLOCK
            self.block = tag if self.parts else outer.block
            self.mute = outer.mute or tag in NO_TEXT
            self.body = outer.body or tag == "body"


class _Walk:
    """The state of one walk: the run of text that is being gathered, and what was found before it."""

    def __init__(self, base: str, told: Told, survey: Survey) -> None:
        self.told, self.survey, self.base = told, survey, base
        self.root = ""
        with suppress(ValueError):
            self.root = "{0.scheme}://{0.netloc}".format(urlsplit(base)) if base else ""
        self.found: list[Block] = []
        self.href: str | None = None
        self.media = self.preformatted = 0
        self._fresh()

    def _fresh(self) -> None:
        self.pieces: list[str] = []
        self.lines: list[str] = []
        self.linked: list[str] = []
        self.links: list[Link] = []
        self.link_length = 0
        self.inmost: _Open | None = None  # the smallest element with the whole run; None: no text yet
        self.broken = False  # a line break stood last

    def read(self, elements: Iterable[HtmlElement]) -> None:
        """All elements, in the page's order: each opens when those are closed that do not hold it."""
        here = nobody = _Open(None, "", {}, "paragraph", None)
        for element in elements:
            around = element.getparent()
            while here.element is not around:
                here = self.leave(here)
            here = self.enter(element, here)
        while here.outer is not nobody:
            here = self.leave(here)
        self.flush()

    def enter(self, element: HtmlElement, outer: _Open) -> _Open:
        """An element opens inside another; where the walk stands then."""
        tag, attributes, kind = element.tag, dict(element.items()), outer.kind
        self.survey.meet(element, attributes)
        if outer.mute:
            pass
        elif tag in BLOCK:
            if self.inmost is not None:
                self.flush()
            if tag in KINDS:
                kind = KINDS[tag]
            elif tag in FRESH or (tag == "p" and kind == "cell"):
                kind = "paragraph"
            if tag == "pre":
                self.preformatted += 1
        elif tag == "a":
            self.href = attributes.get("href")
        elif tag == "br":
            self.line_break(outer)
        elif tag in MEDIA:
            self.media += 1
        if tag in HOLLOW and not len(element):
            if tail := element.tail:
                self.text(tail, outer)
            return outer
        here = _Open(element, tag, attributes, kind, outer)
        if tag not in CODE and (text := element.text):
            self.text(text, here)
        return here

    def leave(self, left: _Open) -> _Open:
        """An element closes, into the one around it."""
        outer = left.outer
        if outer.mute:
            pass
        elif left.parts:
            if self.inmost is not None:
                self.flush()
            if left.tag == "pre":
                self.preformatted -= 1
        elif left.tag == "a":
            self.end_link()
            self.href = None
        if tail := left.element.tail:
            self.text(tail, outer)
        return outer

    def text(self, text: str, here: _Open) -> None:
        """Text right inside an element."""
        line = " ".join(text.split())
        if line:
            if here.body and here.tag not in UNREAD:
                self.survey.hear(line, here.element)
        elif self.inmost is None:  # before the run
            return
        if here.mute:
            return
        if self.preformatted and "\n" in text:
            for number, part in enumerate(text.split("\n")):
                if number:
                    self.line_break(here)
                self._piece(part, " ".join(part.split()), here)
        else:
            self._piece(text, line, here)

    def _piece(self, text: str, line: str, here: _Open) -> None:
        """Text of the run; `line`: the same with single spaces, for most runs are of one piece."""
        if line:
            self.inmost = _around(self.inmost or here, here)
            self.lines.append(line)
            self.broken = False
        elif self.inmost is None:  # white space before the run
            return
        self.pieces.append(text)
        if self.href is not None:
            self.linked.append(text)

    def line_break(self, here: _Open) -> None:
        """One is white space, the second parts the run."""
        if self.broken:
            self.flush()
        self._piece(" ", "", here)
        self.broken = self.inmost is not None

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
        if len(href) > MAX_URL_CHARACTERS:  # urllib keeps the last addresses that it took apart
            return None
        try:
            url = urljoin(self.base, href)
        except ValueError:  # an unclosed bracket, as of an IPv6 host
            return None
        return url if url.startswith(("https://", "http://")) else None

    def flush(self) -> None:
        """The run ends here and is a block, if it has any text."""
        inmost = self.inmost
        if inmost is None:
            return
        text = safe_line(self.lines[0]) if len(self.lines) == 1 else one_line("".join(self.pieces))
        if text:  # a byte order mark alone is none
            self.end_link()
            share = min(1.0, self.link_length / len(text))
            told = self.told.share(text)
            markup = Markup(inmost.block, tuple(self.links), share, self.media, told, _placed(inmost))
            self.found.append(Block(text, inmost.kind, markup=markup))
            self.media = 0
        self._fresh()


def _around(one: _Open, other: _Open) -> _Open:
    """The smallest element with both."""
    while one is not other:
        if one.depth > other.depth:
            one = one.outer
        else:
            other = other.outer
    return one


def _placed(inmost: _Open) -> Place | None:
    """The place of an element; places are made when first asked for, from the outermost in."""
    new: list[_Open] = []
    while inmost.place is None and inmost.depth:
        new.append(inmost)
        inmost = inmost.outer
    place = inmost.place
    for each in reversed(new):
        sign = each.attributes.get("class", "")[:NAME_LENGTH]
        each.place = place = Place(each.tag, sign, _words(each.attributes), each.depth - 1, place)
    return place
