"""NewsML-G2: items of text, messages of many, packages that refer to them (https://iptc.org/standards/newsml-g2/)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lxml import etree

from ingest.core.containers import Member
from ingest.core.containers.codes import moment, subject_code, subjects, terms, use
from ingest.core.containers.document import Document, no_text, several, whole, withdrawn
from ingest.core.containers.inline import Body, body_of_markup, body_of_text
from ingest.core.containers.xml import (
    XML_LANG,
    Element,
    attribute,
    every,
    first,
    first_line,
    known,
    line,
    lines,
    parse_xml,
    to_bytes,
    without_namespaces,
)  # fmt: skip
from ingest.core.metadata.rights import encoded_permissions
from ingest.core.model import Label

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import BinaryIO

    from ingest.core.limits import Limits

_ITEMS = ("newsItem", "packageItem", "conceptItem", "knowledgeItem", "planningItem", "catalogItem")
_OTHER_KINDS = {
    "packageItem": "a package, which refers to items and has none of their texts", "conceptItem": "a concept", "knowledgeItem": "a set of concepts",
    "planningItem": "a plan of coverage", "catalogItem": "a catalogue",
}  # fmt: skip


def read_newsml_g2(content: bytes, limits: Limits) -> Document:
    """The article of a file with one item; raises `Rejected` where it has several, or no text."""
    del limits
    root, encoding = parse_xml(content)
    root = without_namespaces(root)
    items = list(_items(root))
    if len(items) > 1:
        raise several("a NewsML-G2 message")
    if not items:
        raise no_text("a NewsML-G2 message without an item")
    return _document(items[0], encoding)


def split_newsml_g2(stream: BinaryIO, limits: Limits, start: int = 0) -> Iterator[Member]:
    """The items of a message, each as a document of its own."""
    del start
    root, _ = parse_xml(whole(stream, limits))
    for number, item in enumerate(_items(root), 1):
        name = item.get("guid") or str(number)
        yield Member(to_bytes(item), name)


def _items(root: Element) -> Iterator[Element]:
    """The items of a message, or the root itself; its namespaces may stand or not."""
    if etree.QName(root).localname in _ITEMS:
        yield root
        return
    for item in root.iter("{*}newsItem", "{*}packageItem", "{*}conceptItem", "{*}knowledgeItem", "{*}planningItem"):
        if etree.QName(item.getparent()).localname == "itemSet":
            yield item


def _document(item: Element, encoding: str) -> Document:
    if item.tag in _OTHER_KINDS:
        raise no_text(f"a NewsML-G2 item that is {_OTHER_KINDS[str(item.tag)]}")
    claims = _claims(item)
    body = _body(item)
    if body is None:
        kind = attribute(item.find("itemMeta/itemClass"), "qcode", "uri") or "a NewsML-G2 item"
        raise withdrawn(claims.get("status")) or no_text(f"a NewsML-G2 item ({kind}) whose content is no text")
    claims = {**body.claims, **claims}
    stated = tuple(
        (label, text)
        for label, text in (
            (Label.HEADLINE, claims.get("headline")), (Label.SUBHEADLINE, claims.get("subheadline")), (Label.BYLINE, claims.get("byline")),
            (Label.LEGAL_NOTICE, claims.get("item", {}).get("note")), (Label.COPYRIGHT_NOTICE, claims.get("copyright_notice")),
        )
        if text
    )  # fmt: skip
    return Document("newsml-g2", body.content, body.media_type, claims, encoding, is_marked_up=True, stated=stated)


def _body(item: Element) -> Body | None:
    """The best of its renditions: markup before text."""
    for holder in item.iterfind("contentSet/inlineXML"):
        if (body := body_of_markup(holder)) is not None:
            return body
    for holder in item.iterfind("contentSet/inlineData"):
        kind = holder.get("contenttype", "")
        if kind and not kind.startswith(("text/", "application/xhtml", "application/nitf", "application/xml")):
            continue
        text = "".join(map(str, holder.itertext()))
        if (body := body_of_text(text, is_html="html" in kind or "xml" in kind)) is not None:
            return body
    return None


def _claims(item: Element) -> dict[str, Any]:
    meta, content = item.find("itemMeta"), item.find("contentMeta")
    headlines = list(_headlines(content))
    main = next((text for role, text in headlines if role in {"", "main"}), None) or (
        headlines[0][1] if headlines else None
    )
    decks = [text for role, text in headlines if role in {"sub", "subheadline", "deck", "dek"} and text != main]
    first_created, version_created = (moment(first_line(meta, which)) for which in ("firstCreated", "versionCreated"))
    version = item.get("version")
    rights = item.find("rightsInfo")
    return known(
        url=_web_address(meta),
        headline=main or first_line(meta, "title"),
        subheadline=next(iter(decks), None),
        alternative_headlines=[text for _, text in headlines if text not in {main, *decks}],
        authors=[name for tag in every(content, "creator", "contributor") if (name := _person(tag))],
        byline=first_line(content, "by"),
        dateline={"place": place} if (place := _name(first(content, "located"))) else None,
        language=attribute(first(content, "language"), "tag") or attribute(item, XML_LANG),
        published=first_created or moment(first_line(content, "contentCreated")) or (version_created if version in {None, "1"} else None),
        modified=version_created,
        publisher=_name(first(meta, "provider")),
        keywords=list(lines(content, "keyword")),
        copyright_notice=first_line(rights, "copyrightNotice"),
        usage_terms=terms(*lines(rights, "usageTerms")),
        rights=_rights(rights),
        urgency=first_line(content, "urgency"),
        subjects=subjects([(_label(tag), subject_code(attribute(tag, "qcode", "uri"))) for tag in every(content, "subject")]),
        digital_source_type=_source_type(content),
        item=known(
            id=attribute(item, "guid"), version=version, slug=first_line(content, "slugline"), edition=first_line(meta, "edition"),
            note=terms(*lines(meta, "edNote")),
        ),
        **use(attribute(first(meta, "pubStatus"), "qcode", "uri"), first_line(meta, "embargoed")),
    )  # fmt: skip


def _headlines(content: Element | None) -> Iterator[tuple[str, str]]:
    """(role without its alias, text) of each headline."""
    for tag in every(content, "headline"):
        if text := line(tag):
            yield (tag.get("role") or "").rpartition(":")[2].lower(), text


def _label(tag: Element) -> str | None:
    """The name of a concept, preferably in English, as most names of the IPTC are."""
    names = {name.get(XML_LANG, "")[:2]: line(name) for name in reversed(tag.findall("name"))}
    return names.get("en") or next(iter(names.values()), None)


def _name(tag: Element | None) -> str | None:
    """The name of a party or a place, or the code's own part where it is letters: "nprov:AFP"."""
    if tag is None:
        return None
    code = (attribute(tag, "qcode") or "").rpartition(":")[2]
    return _label(tag) or attribute(tag, "literal") or (code if code.isalpha() else None)


def _person(tag: Element) -> str | None:
    """The name of a writer; what is an organisation, or has a role of another kind, is none."""
    role = (tag.get("role") or "").rpartition(":")[2].lower()
    organisation = tag.find("organisationDetails") is not None or "org" in (attribute(tag, "type") or "").lower()
    return None if organisation or (role and "writ" not in role and "auth" not in role) else _label(tag)


def _rights(rights: Element | None) -> dict[str, Any]:
    holder = first(rights, "copyrightHolder")
    licence = next(
        (attribute(tag, "href") for tag in every(rights, "link") if "licen" in (tag.get("rel") or "").lower()), None
    )
    encoded = " ".join(lines(rights, "rightsExpressionData")) + " ".join(
        etree.tostring(tag, encoding="unicode") for tag in every(rights, "rightsExpressionXML")
    )
    return known(holder=_name(holder), **({"licence": licence} if licence else {}) | encoded_permissions(encoded))


def _source_type(content: Element | None) -> str | None:
    tag = first(content, "digitalSourceType")
    code = attribute(tag, "uri", "qcode") or ""
    return (
        code
        if code.startswith("http")
        else f"http://cv.iptc.org/newscodes/digitalsourcetype/{code.rpartition(':')[2]}"
        if code
        else None
    )


def _web_address(meta: Element | None) -> str | None:
    """Where the article stands on the web, if a link says so."""
    return next(
        (
            attribute(tag, "href")
            for tag in every(meta, "link")
            if (tag.get("rel") or "").rpartition(":")[2].lower() in {"permalink", "canonical"}
        ),
        None,
    )
