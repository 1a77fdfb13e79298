"""RSS 0.9 to 2.0 and Atom: items with their whole text become articles; an item with a teaser alone has none."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from lxml import etree

from ingest.core.containers import Member
from ingest.core.containers.codes import moment
from ingest.core.containers.document import Document, no_text, several, whole
from ingest.core.containers.xml import (
    XML_LANG,
    Element,
    attribute,
    first,
    first_line,
    known,
    line,
    lines,
    parse_xml,
    to_bytes,
    to_html,
    without_namespaces,
)  # fmt: skip
from ingest.core.model import Rejected
from ingest.core.text.characters import count_words
from ingest.core.text.strings import absolute_url, clean_line, registered_domain
from ingest.errors import Reason

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import BinaryIO

    from ingest.core.limits import Limits

MIN_DESCRIPTION_WORDS = 120
"""Words from which the description of an item is its article: summaries have at most some 60 to 90."""
MIN_CONTENT_WORDS = 60
"""Words up to which a text that breaks off with an ellipsis or a call to read on is a teaser, in whatever element it stands."""

_ITEMS = ("item", "entry")
_BREAKS_OFF = re.compile(
    r"(?:\[?\s*(?:…|\.\.\.|&hellip;)\s*\]?|(?:read|continue|learn)\s+(?:more|on|reading)\b[^.]{0,60}|weiterlesen\W*|lire la suite\W*|leer más\W*|leggi tutto\W*|читать далее\W*)\s*(?:[»→>]+\s*)?$",
    re.IGNORECASE,
)
_MAIL_AND_NAME = re.compile(r"\S+@\S+\s*\((.+)\)\s*$")


def read_feed_item(content: bytes, limits: Limits) -> Document:
    """The article of a feed with one item; raises `Rejected` where it has several, or a teaser alone."""
    del limits
    root, encoding = parse_xml(content)
    root = without_namespaces(root)
    items = [item for item in root.iter(*_ITEMS) if _is_item(item)]
    if len(items) > 1:
        raise several("a feed")
    if not items:
        raise no_text("a feed without an item")
    item = items[0]
    html = _content(item)
    return Document(
        "feed", f"<html><body><article>{html}</article></body></html>", "text/html", _claims(root, item), encoding
    )


def split_feed(stream: BinaryIO, limits: Limits, start: int = 0) -> Iterator[Member]:
    """The items of a feed, each in a feed of its own with what the feed says of itself."""
    del start
    root, _ = parse_xml(whole(stream, limits))
    items = [
        (item, parent)
        for item in root.iter("{*}item", "{*}entry")
        if _is_item(item) and (parent := item.getparent()) is not None
    ]
    for item, parent in items:
        item.tail = None
        parent.remove(item)
    for number, (item, parent) in enumerate(items, 1):
        parent.append(item)
        name = first_line(item, "{*}guid", "{*}id", "{*}link") or attribute(item, "about") or str(number)
        yield Member(to_bytes(root), name)
        parent.remove(item)


def _is_item(element: Element) -> bool:
    parent = element.getparent()
    return parent is not None and etree.QName(parent).localname in {"channel", "rss", "RDF", "feed"}


def _content(item: Element) -> str:
    """The article's HTML; raises `Rejected` (teaser_only) where there is a teaser alone."""
    whole = item.find("content_encoded")
    if whole is None and (atom := item.find("content")) is not None and not atom.get("src"):
        whole = atom
    html = _html(whole) if whole is not None else ""
    words = count_words(clean_line(html, 20_000) or "")
    if words > MIN_CONTENT_WORDS or (words and not _breaks_off(html)):
        return html
    teaser = _html(item.find("description")) or _html(item.find("summary"))
    if count_words(clean_line(teaser, 20_000) or "") >= MIN_DESCRIPTION_WORDS and not _breaks_off(teaser):
        return teaser
    raise Rejected(Reason.TEASER_ONLY, "The item has a teaser, and not its article: fetch the page that it points at.")


def _html(element: Element | None) -> str:
    """What an element holds, as HTML: XHTML in it, or HTML or text in its string."""
    if element is None:
        return ""
    if len(element):
        return "".join(to_html(child) for child in element)
    text = element.text or ""
    if element.get("type") == "text" or ("<" not in text and element.get("type") not in {"html", "text/html"}):
        return "".join(
            f"<p>{part}</p>" for part in text.replace("&", "&amp;").replace("<", "&lt;").split("\n") if part.strip()
        )
    return text


def _breaks_off(html: str) -> bool:
    return bool(_BREAKS_OFF.search(clean_line(html[-2_000:], 4_000) or ""))


def _claims(root: Element, item: Element) -> dict[str, Any]:
    channel = first(root, "channel")
    channel = root if channel is None else channel
    url = _address(item)
    licence = absolute_url(
        first_line(item, "cc_license")
        or first_line(channel, "cc_license")
        or _linked(item, "license")
        or _linked(channel, "license"),
        None,
    )
    return known(
        url=url,
        headline=clean_line(first_line(item, "title")),
        authors=[name for name in map(_author, [*lines(item, "dc_creator"), *(lines(item, "author/name") if item.tag == "entry" else lines(item, "author"))]) if name]
        or [name for name in lines(channel, "author/name") if item.tag == "entry"],
        language=first_line(item, "dc_language") or attribute(item, XML_LANG) or first_line(channel, "language", "dc_language") or attribute(root, XML_LANG),
        published=moment(first_line(item, "pubDate", "published", "issued", "dc_date", "dcterms_issued", "dcterms_created", "created")),
        modified=moment(first_line(item, "updated", "modified", "dcterms_modified")),
        publisher=known(name=first_line(item, "dc_publisher") or first_line(channel, "dc_publisher"), domain=registered_domain(url)),
        keywords=[word for tag in item.iterfind("category") if (word := attribute(tag, "label", "term") or line(tag))] or list(lines(item, "dc_subject")),
        images=list(_images(item)),
        copyright_notice=first_line(item, "rights", "dc_rights", "copyright") or first_line(channel, "copyright", "rights", "dc_rights"),
        rights=known(licence=licence, holder=first_line(item, "dcterms_rightsHolder")),
        item=known(id=first_line(item, "guid", "id")),
    )  # fmt: skip


def _address(item: Element) -> str | None:
    guid = item.find("guid")
    permanent = line(guid) if guid is not None and (guid.get("isPermaLink") or "true").lower() == "true" else None
    plain = next(
        (text for tag in item.iterfind("link") if not tag.get("rel") and (text := line(tag) or tag.get("href"))), None
    )
    return absolute_url(_linked(item, "alternate") or plain or permanent or attribute(item, "about"), None)


def _linked(element: Element, relation: str) -> str | None:
    return next(
        (attribute(tag, "href") for tag in element.iterfind("link") if (tag.get("rel") or "") == relation), None
    )


def _author(text: str) -> str | None:
    """The name behind an address, as RSS writes it: `edna@a.example (Edna Quill)`; a bare address names nobody."""
    named = _MAIL_AND_NAME.match(text)
    name = named[1] if named else text
    return None if "@" in name or name.startswith("http") else name


def _images(item: Element) -> Iterator[dict[str, Any]]:
    for tag in item.iter("media_content", "enclosure"):
        kind = f"{tag.get('medium') or ''} {tag.get('type') or ''}".strip().lower()
        url = absolute_url(tag.get("url"), None)
        if url and kind.startswith("image"):
            group = tag.getparent()
            yield known(
                url=url, caption=clean_line(first_line(tag, "media_description") or first_line(group, "media_description")),
                credit=clean_line(first_line(tag, "media_credit") or first_line(group, "media_credit")),
            )  # fmt: skip
