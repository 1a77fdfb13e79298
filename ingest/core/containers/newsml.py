"""NewsML 1: items in an envelope, their texts in components within components (IPTC NewsML 1.2)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ingest.core.containers import Member
from ingest.core.containers.codes import moment, subject_code, subjects, terms, use
from ingest.core.containers.document import Document, no_text, several, whole, withdrawn
from ingest.core.containers.inline import Body, body_of_markup, body_of_text
from ingest.core.containers.xml import (
    XML_LANG,
    Element,
    attribute,
    first_line,
    known,
    line,
    lines,
    parse_xml,
    to_bytes,
    without_namespaces,
)  # fmt: skip
from ingest.core.model import Label

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import BinaryIO

    from ingest.core.limits import Limits

_NO_TEXTS = frozenset({"photo", "picture", "graphic", "graphics", "video", "audio", "image", "icon", "animation"})
_CAPTIONS = frozenset({"caption", "photo caption", "imagecaption"})


def read_newsml(content: bytes, limits: Limits) -> Document:
    """The article of a file with one item; raises `Rejected` where it has several, or no text."""
    del limits
    root, encoding = parse_xml(content)
    root = without_namespaces(root)
    items = list(root.iterfind("NewsItem")) or ([root] if root.tag == "NewsItem" else [])
    if len(items) > 1:
        raise several("a NewsML file")
    if not items:
        raise no_text("a NewsML file without an item")
    return _document(items[0], encoding)


def split_newsml(stream: BinaryIO, limits: Limits, start: int = 0) -> Iterator[Member]:
    """The items of a file, each in a file of its own."""
    del start
    root, _ = parse_xml(whole(stream, limits))
    for number, item in enumerate(root.iterfind("{*}NewsItem"), 1):
        own = root.makeelement(root.tag, {str(key): str(value) for key, value in root.attrib.items()})
        own.append(item)
        name = first_line(item, "Identification/NewsIdentifier/PublicIdentifier") or str(number)
        yield Member(to_bytes(own), name)


def _document(item: Element, encoding: str) -> Document:
    claims = _claims(item)
    bodies = list(_bodies(item))
    if not bodies:
        raise withdrawn(claims.get("status")) or no_text("a NewsML item without a text")
    claims = {**bodies[0].claims, **claims}
    stated = tuple(
        (label, text)
        for label, text in (
            (Label.HEADLINE, claims.get("headline")), (Label.SUBHEADLINE, claims.get("subheadline")), (Label.BYLINE, claims.get("byline")),
            (Label.COPYRIGHT_NOTICE, claims.get("copyright_notice")), (Label.USAGE_TERMS, claims.get("usage_terms")),
            *((Label.LEGAL_NOTICE, note) for note in (claims.get("item", {}).get("note"),)),
        )
        if text
    )  # fmt: skip
    if all(body.media_type == "text/plain" for body in bodies):
        content, media_type = "\n\n".join(body.content for body in bodies), bodies[0].media_type
    else:
        content, media_type = (
            "".join(
                body.content if body.media_type == "text/html" else f"<pre>{_escaped(body.content)}</pre>"
                for body in bodies
            ),
            "text/html",
        )
    return Document("newsml", content, media_type, claims, encoding, is_marked_up=True, stated=stated)


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;")


def _bodies(item: Element) -> Iterator[Body]:
    """The texts of an item in order; of equivalents the first that has one, of pictures none."""
    stack = list(item.iterfind("NewsComponent"))[::-1]
    while stack:
        element = stack.pop()
        if element.tag == "ContentItem":
            if (body := _body(element)) is not None:
                yield body
                parent = element.getparent()
                if parent is not None and parent.get("EquivalentsList") == "yes":
                    while stack and stack[-1].getparent() is parent:
                        stack.pop()
            continue
        if _role(element) in _NO_TEXTS | _CAPTIONS or _is_picture(element):
            continue
        stack += [child for child in element if child.tag in {"NewsComponent", "ContentItem"}][::-1]


def _role(component: Element) -> str:
    return (attribute(component.find("Role"), "FormalName") or "").lower()


def _is_picture(component: Element) -> bool:
    """Whether its media are no text: its words are a caption."""
    media = {(attribute(tag, "FormalName") or "").lower() for tag in component.iterfind("ContentItem/MediaType")}
    return bool(media) and media <= _NO_TEXTS


def _body(content_item: Element) -> Body | None:
    if (attribute(content_item.find("MediaType"), "FormalName") or "text").lower() in _NO_TEXTS:
        return None
    data = content_item.find("DataContent")
    if data is None or line(data) is None:
        return None
    kind = " ".join((attribute(content_item.find(tag), "FormalName") or "") for tag in ("MimeType", "Format")).lower()
    return (
        body_of_markup(data) if len(data) else body_of_text("".join(map(str, data.itertext())), is_html="html" in kind)
    )


def _claims(item: Element) -> dict[str, Any]:
    management, identifier = item.find("NewsManagement"), item.find("Identification/NewsIdentifier")
    component = next((each for each in item.iter("NewsComponent") if each.find("NewsLines/HeadLine") is not None), None)
    news_lines = component.find("NewsLines") if component is not None else None
    created, revised = (moment(first_line(management, which)) for which in ("FirstCreated", "ThisRevisionCreated"))
    revision = identifier.find("RevisionId") if identifier is not None else None
    status, embargo = _status(management)
    decks = list(lines(news_lines, "SubHeadLine"))
    return known(
        headline=first_line(news_lines, "HeadLine") or first_line(item, "Identification/NameLabel"),
        subheadline=next(iter(decks), None),
        byline="; ".join(lines(news_lines, "ByLine")),
        dateline=_dateline(item, news_lines),
        language=_language(item),
        published=created or revised,
        modified=revised,
        publisher=_party(item, "Provider") or _party(item, "Source"),
        keywords=[word for text in lines(news_lines, "KeywordLine") for part in text.split(",") if (word := part.strip())],
        copyright_notice=first_line(news_lines, "CopyrightLine"),
        usage_terms=_usage(item, news_lines),
        rights=known(holder=next(lines(item, ".//RightsMetadata/Copyright/CopyrightHolder", ".//RightsMetadata/UsageRights/RightsHolder"), None)),
        urgency=attribute(management.find("Urgency") if management is not None else None, "FormalName"),
        subjects=subjects([(None, subject_code(code)) for code in _subject_codes(item)]),
        item=known(
            id=first_line(identifier, "PublicIdentifier") or first_line(identifier, "NewsItemId"),
            version=line(revision), slug=first_line(news_lines, "SlugLine"),
            note=terms(*lines(management, "Instruction", "Comment"), *lines(news_lines, "EditorialNote")),
        ),
        **use(status, embargo),
    )  # fmt: skip


def _status(management: Element | None) -> tuple[str | None, str | None]:
    """The status, and the time at which an embargo ends: when it will be usable."""
    if management is None:
        return None, None
    status = attribute(management.find("Status"), "FormalName")
    will_be = attribute(management.find("StatusWillChange/FutureStatus"), "FormalName") or ""
    until = first_line(management, "StatusWillChange/DateAndTime")
    return status, until if (status or "").lower() != "usable" and will_be.lower() == "usable" else None


def _language(item: Element) -> str | None:
    named = (attribute(tag, "FormalName") for tag in item.iterfind(".//DescriptiveMetadata/Language"))
    return (
        next((tag for tag in named if tag), None) or attribute(item, XML_LANG) or attribute(item.getparent(), XML_LANG)
    )


def _dateline(item: Element, news_lines: Element | None) -> dict[str, str]:
    """The place, as the metadata name it: the written dateline stands before the first sentence, or is the place alone."""
    cities = (
        attribute(tag, "Value")
        for location in item.iterfind(".//DescriptiveMetadata/Location")
        if location.get("HowPresent", "Origin") == "Origin"
        for tag in location.iterfind("Property[@FormalName='City']")
    )
    written = first_line(news_lines, "DateLine")
    place = next((city for city in cities if city), None) or (
        written if written and written.replace(" ", "").isalpha() else None
    )
    return {"place": place} if place else {}


def _party(item: Element, kind: str) -> str | None:
    """The name of a party, or that of the topic that it points at."""
    tag = item.find(f".//AdministrativeMetadata/{kind}/Party")
    wanted = (attribute(tag, "Topic") or "").lstrip("#")
    topics = item.getroottree().iter("Topic") if wanted else ()
    topic = next((each for each in topics if each.get("Duid") == wanted), None)
    return first_line(topic, "FormalName", "Description") or attribute(tag, "FormalName")


def _usage(item: Element, news_lines: Element | None) -> str | None:
    return terms(
        *lines(news_lines, "RightsLine"),
        *lines(item, ".//RightsMetadata/UsageRights/UsageType", ".//RightsMetadata/UsageRights/Limitations"),
    )


def _subject_codes(item: Element) -> Iterator[str]:
    for tag in item.iter("Subject", "SubjectMatter", "SubjectDetail"):
        if code := attribute(tag, "FormalName"):
            yield code
