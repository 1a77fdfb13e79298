"""News in XML: one strict parse, and what the readers of its formats ask of a tree."""

from __future__ import annotations

import re
from html.entities import html5
from typing import TYPE_CHECKING, NamedTuple

from lxml import etree

from ingest.core.model import Rejected
from ingest.core.parse.encoding import decode_bytes
from ingest.core.text.characters import UNSAFE_CHARACTERS, to_single_line
from ingest.errors import Reason

if TYPE_CHECKING:
    from collections.abc import Iterator

Element = etree._Element  # noqa: SLF001  lxml has no public name for it

XML_LANG = "{http://www.w3.org/XML/1998/namespace}lang"
MAX_TEXT_CHARACTERS = 4_000
"""Characters of a field's value; those that carry an article are no fields."""

_DECLARATION = re.compile(r"\s*<\?xml[^>]{0,200}\?>")
_ENTITY = re.compile(r"&([A-Za-z][A-Za-z0-9]{1,31});")
_BARE_AMPERSAND = re.compile(r"&(?!#\d{1,7};|#[xX][0-9A-Fa-f]{1,6};|[A-Za-z_][\w.-]{0,60};)")
_OWN = frozenset({"amp", "lt", "gt", "quot", "apos"})
_NAMES_IN_FEEDS = {
    "http://purl.org/rss/1.0/modules/content/": "content_",
    "http://purl.org/dc/elements/1.1/": "dc_",
    "http://purl.org/dc/terms/": "dcterms_",
    "http://search.yahoo.com/mrss/": "media_",
    "http://backend.userland.com/creativeCommonsRssModule": "cc_",
    "http://web.resource.org/cc/": "cc_",
    "http://www.itunes.com/dtds/podcast-1.0.dtd": "itunes_",
    "http://purl.org/syndication/history/1.0": "fh_",
}
"""Modules of feeds whose elements share local names with a feed's own: what stands before their names here."""


class ParsedXml(NamedTuple):
    """`encoding`: as the record names it."""

    root: Element
    encoding: str


def parse_xml(content: bytes) -> ParsedXml:
    """The tree, with the named characters of HTML (`&eacute;`) read.

    Nothing outside is loaded and no entity of its own is expanded; more than 256 elements inside each other are refused, as is what is
    not well-formed after its bare ampersands are escaped: a parser that goes on behind a fault loses what stands there. Raises
    `Rejected` (damaged_format, undecodable).
    """
    text, encoding, _ = decode_bytes(content)
    text = UNSAFE_CHARACTERS.sub("", text.lstrip("\ufeff \t\r\n"))
    text = _ENTITY.sub(_character, _DECLARATION.sub("", text, count=1))
    try:
        return ParsedXml(_parse(text), encoding)
    except etree.XMLSyntaxError:
        pass
    try:
        return ParsedXml(_parse(_BARE_AMPERSAND.sub("&amp;", text)), encoding)
    except etree.XMLSyntaxError as error:
        why = (error.msg or "no element").split("\n")[0][:200]
        raise Rejected(Reason.DAMAGED_FORMAT, f"The XML is damaged: {why}.") from None


def _parse(text: str) -> Element:
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False, remove_comments=True, remove_pis=True,
        encoding="utf-8", collect_ids=False,
    )  # fmt: skip
    return etree.fromstring(text.encode("utf-8", "replace"), parser)


def _character(found: re.Match[str]) -> str:
    known = html5.get(f"{found[1]};") if found[1] not in _OWN else None
    return "".join(f"&#{ord(character)};" for character in known) if known else found[0]


def without_namespaces(root: Element) -> Element:
    """The same tree with local names; those of the modules of feeds get a prefix of ours (`content_encoded`)."""
    for element in root.iter(etree.Element):
        space, _, name = str(element.tag).rpartition("}")
        element.tag = _NAMES_IN_FEEDS.get(space[1:], "") + name
    etree.cleanup_namespaces(root)
    return root


def to_bytes(element: Element) -> bytes:
    """An element as a document of its own, in UTF-8, with the namespaces it needs."""
    return etree.tostring(element, encoding="utf-8", xml_declaration=True, with_tail=False)


def to_html(element: Element) -> str:
    """An element as HTML."""
    return etree.tostring(element, encoding="unicode", method="html", with_tail=False)


def line(element: Element | None) -> str | None:
    """All text of an element, on one line; None where there is none."""
    if element is None:
        return None
    return to_single_line("".join(map(str, element.itertext()))[:MAX_TEXT_CHARACTERS]) or None


def first(element: Element | None, *paths: str) -> Element | None:
    """The first element that one of the paths finds, the paths in order of preference."""
    if element is None:
        return None
    return next((found for path in paths if (found := element.find(path)) is not None), None)


def first_line(element: Element | None, *paths: str) -> str | None:
    """The first text that one of the paths finds."""
    return next(lines(element, *paths), None)


def lines(element: Element | None, *paths: str) -> Iterator[str]:
    """The texts of all elements that the paths find, each on one line, without the empty ones."""
    yield from (text for found in every(element, *paths) if (text := line(found)))


def every(element: Element | None, *paths: str) -> Iterator[Element]:
    """All elements that the paths find."""
    for path in () if element is None else paths:
        yield from () if element is None else element.iterfind(path)


def attribute(element: Element | None, *names: str) -> str | None:
    """The first of an element's attributes that has a value, on one line."""
    if element is None:
        return None
    return next((text for name in names if (text := to_single_line(element.get(name) or ""))), None)


def known(**fields: object) -> dict[str, object]:
    """The fields that have a value."""
    return {name: value for name, value in fields.items() if value not in (None, "", [], {})}
