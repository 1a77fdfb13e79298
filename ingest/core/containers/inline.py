"""A body inside another format: NITF, XHTML or text, within XML or in a string."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from lxml import etree

from ingest.core.containers.nitf import body_html, nitf_document
from ingest.core.containers.xml import line, parse_xml, to_html, without_namespaces
from ingest.core.model import Rejected
from ingest.core.parse.formats import HTML_TAGS

if TYPE_CHECKING:
    from ingest.core.containers.xml import Element

_TAG = re.compile(
    r"</?(?:p|div|br|h[1-6]|ul|ol|li|table|body|section|article|span|a|b|i|em|strong|blockquote)(?:\s[^<>]*)?/?>",
    re.IGNORECASE,
)


class Body(NamedTuple):
    """`claims`: what the inner format says of the article itself."""

    content: str
    media_type: Literal["text/plain", "text/html"]
    claims: Mapping[str, Any]


def body_of_markup(holder: Element) -> Body | None:
    """The body in an element of XML: an `nitf`, an `html`, or the paragraphs themselves; None where there is no text."""
    nitf = holder if holder.tag == "nitf" else next(holder.iter("nitf"), None)
    if nitf is not None:
        try:
            inner = nitf_document(nitf, "utf-8")
        except Rejected:
            return None
        return Body(inner.content, "text/html", inner.claims)
    if next(holder.iter("body.content"), None) is not None:  # NITF without its root
        root = etree.Element("nitf")
        body = etree.SubElement(root, "body")
        body.extend(list(holder.iter("body.content")))
        content = body_html(root)
        return Body(content, "text/html", {}) if content else None
    if len(holder) and str(holder[0].tag).lower() not in HTML_TAGS:  # a vocabulary of data, such as SportsML
        return None
    inner_body = holder if holder.tag == "body" else next(holder.iter("body"), None)
    within = inner_body if inner_body is not None else holder
    if line(within) is None:
        return None
    if len(within) == 0:
        return body_of_text(within.text or "", is_html=False)
    within.tag = "div"
    return Body(f"<html><body>{to_html(within)}</body></html>", "text/html", {})


def body_of_text(text: str, *, is_html: bool) -> Body | None:
    """The body in a string: HTML, NITF or text; escaped markup is found out."""
    stripped = text.strip()
    if not stripped:
        return None
    if stripped.startswith(("<nitf", "<?xml", "<body.content", "<block")):
        try:
            return body_of_markup(without_namespaces(parse_xml(stripped.encode()).root))
        except Rejected:
            pass
    if is_html or _TAG.search(stripped, 0, 4_000):
        return Body(stripped, "text/html", {})
    return Body(text, "text/plain", {})
