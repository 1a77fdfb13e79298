"""The run of text that a walk over a page gathers: pieces of text and links, until an element or a second line break parts it."""

from __future__ import annotations

import re
from contextlib import suppress
from itertools import pairwise
from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin, urlsplit

from ingest.caching import cache_short_texts
from ingest.limits import MAX_URL_CHARACTERS, NAME_LENGTH
from ingest.model import UNSEEN, Block, Link, Markup, Place
from ingest.parse.dom import name_words
from ingest.parse.elements import BLOCK, INITIALS, NAMING, NO_TEXT, UNREAD
from ingest.signs import one_line, safe_line

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ingest.model import Kind
    from ingest.parse.survey import Survey
    from ingest.parse.told import Told

INITIAL_CHARACTERS = 2
"""A large first letter, with the quotation mark before it."""

WORD = re.compile(r"[A-Z]?[a-z]{2,}|[A-Z]{2,}")
UNDISPLAYED = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.IGNORECASE)


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


class Open:
    """An element that the walk is in, and the one around it; the outermost is nobody's, and its own outer one."""

    __slots__ = (
        "attributes",
        "block",
        "body",
        "depth",
        "element",
        "kind",
        "mute",
        "outer",
        "parts",
        "place",
        "since",
        "tag",
        "unseen",
    )

    def __init__(self, element: Any, tag: str, attributes: Mapping[str, str], kind: Kind, outer: Open | None) -> None:
        self.element, self.tag, self.attributes, self.kind = element, tag, attributes, kind
        self.place: Place | None = None
        if outer is None:
            self.outer, self.depth, self.parts, self.block, self.mute, self.body = self, 0, False, "", False, False
        else:
            self.outer, self.depth, self.parts = outer, outer.depth + 1, tag in BLOCK
            self.block = tag if self.parts else outer.block
            self.unseen = False
            self.since = 0  # blocks that stood before it
            self.mute = outer.mute or tag in NO_TEXT
            self.body = outer.body or tag == "body"


class Gathering:
    """The run of text that is being gathered, and the blocks that were found before it."""

    def __init__(self, base: str, told: Told, survey: Survey) -> None:
        self.told, self.survey, self.base = told, survey, base
        self.root = ""
        with suppress(ValueError):
            self.root = "{0.scheme}://{0.netloc}".format(urlsplit(base)) if base else ""
        self.found: list[Block] = []
        self.href: str | None = None
        self.media = self.preformatted = 0
        self.initial: Open | None = None  # the element of the last block, if that is one letter
        self._fresh()

    def _fresh(self) -> None:
        self.pieces: list[str] = []
        self.lines: list[str] = []
        self.linked: list[str] = []
        self.links: list[Link] = []
        self.link_length = 0
        self.inmost: Open | None = None  # the smallest element with the whole run; None: no text yet
        self.broken = False  # a line break stood last
        self.ends: list[int] = []  # pieces before each line end of preformatted text

    def text(self, text: str, here: Open) -> None:
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

    def _piece(self, text: str, line: str, here: Open) -> None:
        """Text of the run; `line`: the same with single spaces, for most runs are of one piece."""
        if line:
            if self.inmost is None and self.initial is not None:
                self.resume(self.initial, text, here)
            self.inmost = _around(self.inmost or here, here)
            self.lines.append(line)
            self.broken = False
        elif self.inmost is None:  # white space before the run
            return
        self.pieces.append(text)
        if self.href is not None:
            self.linked.append(text)

    def resume(self, initial: Open, text: str, here: Open) -> None:
        """The large first letter in a block of its own is a part of the run that follows it."""
        self.initial = None
        outer = initial.outer
        named = not INITIALS.isdisjoint(name_words(initial.attributes.get("class", "")))
        if named or (here is outer and initial.kind == "paragraph" and text[0].islower()):
            letter = self.found.pop().text
            self.inmost, self.pieces, self.lines = here, [letter], [letter]

    def line_break(self, here: Open) -> None:
        """One is white space, the second parts the run."""
        if self.broken:
            self.flush()
        self._piece(" ", "", here)
        self.broken = self.inmost is not None
        if self.preformatted:
            self.ends.append(len(self.pieces))

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
            markup = Markup(
                inmost.block, tuple(self.links), share, self.media, told, _placed(inmost), self.lines_of(text)
            )
            self.found.append(Block(text, inmost.kind, markup=markup))
            self.media = 0
            self.initial = inmost if len(text) <= INITIAL_CHARACTERS and text[-1].isalpha() else None
        self._fresh()

    def lines_of(self, text: str) -> tuple[str, ...]:
        """The lines of a preformatted run; none where it is one line."""
        if not self.ends:
            return ()
        cuts = [0, *self.ends, len(self.pieces)]
        lines = [line for first, last in pairwise(cuts) if (line := one_line("".join(self.pieces[first:last])))]
        return tuple(lines) if len(lines) > 1 and " ".join(lines) == text else ()


def _around(one: Open, other: Open) -> Open:
    """The smallest element with both."""
    while one is not other:
        if one.depth > other.depth:
            one = one.outer
        else:
            other = other.outer
    return one


def _placed(inmost: Open) -> Place | None:
    """The place of an element; places are made when first asked for, from the outermost in."""
    new: list[Open] = []
    while inmost.place is None and inmost.depth:
        new.append(inmost)
        inmost = inmost.outer
    place = inmost.place
    for each in reversed(new):
        sign = each.attributes.get("class", "")[:NAME_LENGTH]
        named = _words(each.attributes)
        each.place = place = Place(each.tag, sign, (*named, UNSEEN) if each.unseen else named, each.depth - 1, place)
    return place
