"""NITF, the News Industry Text Format: an article's body with its headline, bylines and what a newsroom says of it (https://iptc.org/standards/nitf/)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lxml import etree

from ingest.core.containers.codes import moment, subject_code, subjects, terms, use
from ingest.core.containers.document import Document, no_text, withdrawn
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
    to_html,
    without_namespaces,
)  # fmt: skip
from ingest.core.model import Label

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ingest.core.limits import Limits

_HTML_TAGS = {
    "hl1": "h2", "hl2": "h3", "bq": "blockquote", "block": "div", "body.content": "article", "note": "aside", "body.end": "div",
    "tagline": "p", "media": "figure", "media-caption": "figcaption", "media-producer": "figcaption", "caption": "caption", "fn": "p",
    "credit": "cite", "lang": "span",
}  # fmt: skip
_KEPT_TAGS = frozenset({
    "p", "ul", "ol", "li", "dl", "dt", "dd", "table", "thead", "tbody", "tfoot", "tr", "td", "th", "col", "colgroup", "pre", "hr", "br", "a",
    "em", "strong", "b", "i", "u", "q", "sub", "sup", "span", "div", "h1", "h2", "h3", "h4", "h5", "h6", "blockquote", "figure", "figcaption",
    "img", "article", "section", "aside", "cite", "strike",
})  # fmt: skip
_UNSEEN = (
    "media-metadata",
    "media-object",
    "nitf-table-metadata",
    "nitf-table-summary",
    "custom-table",
    "script",
    "style",
)
_PICTURES = frozenset({"image", "photo", "graphic"})
_EDITORS_NOTE = "note[@noteclass='editorsnote']"
_MADE_OF_LINES = frozenset({"nitf-table"})


def read_nitf(content: bytes, limits: Limits) -> Document:
    """The article of an NITF file; raises `Rejected` where it has no text."""
    del limits
    root, encoding = parse_xml(content)
    return nitf_document(without_namespaces(root), encoding)


def nitf_document(root: Element, encoding: str) -> Document:
    """The article of an `nitf` element without namespaces."""
    head, body_head = root.find("head"), root.find("body/body.head")
    docdata = first(head, "docdata")
    claims = _claims(root, head, docdata, body_head)
    content = body_html(root)
    if content is None:
        raise withdrawn(claims.get("status")) or no_text("an NITF file whose body is empty")
    headline, deck = _headlines(head, body_head)
    abstract = first_line(body_head, "abstract")
    note = claims.get("item", {}).get("note")
    stated = [
        (label, text)
        for label, text in (
            (Label.HEADLINE, headline), (Label.SUBHEADLINE, deck), (Label.SUBHEADLINE, abstract if abstract != headline else None),
            (Label.BYLINE, claims.get("byline")), (Label.LEGAL_NOTICE, note),
        )
        if text
    ]  # fmt: skip
    return Document(
        "nitf", content, "text/html", claims, encoding, is_marked_up=True, stated=tuple(dict.fromkeys(stated))
    )


def body_html(root: Element) -> str | None:
    """The body's content and end as HTML; None where there is no text."""
    article = etree.Element("article")
    for part in (*root.iterfind("body/body.content"), *root.iterfind("body/body.end")):
        article.append(part)
    if line(article) is None:
        return None
    for unseen in [*article.iter(*_UNSEEN), *article.iterfind(f".//{_EDITORS_NOTE}")]:
        _drop(unseen)
    for media in article.iter("media"):
        _add_picture(media)
    for element in article.iter(etree.Element):
        tag = str(element.tag)
        element.tag = _HTML_TAGS.get(tag) or (tag if tag in _KEPT_TAGS else "div" if tag in _MADE_OF_LINES else "span")
    return f"<html><body>{to_html(article)}</body></html>"


def _drop(element: Element) -> None:
    """Take an element out, and leave the text behind it where it is."""
    parent, before = element.getparent(), element.getprevious()
    if parent is None:
        return
    if element.tail and before is not None:
        before.tail = (before.tail or "") + element.tail
    elif element.tail:
        parent.text = (parent.text or "") + element.tail
    parent.remove(element)


def _add_picture(media: Element) -> None:
    """A reference becomes an image; the words that stand in for it are none of the article's."""
    reference = media.find("media-reference")
    source = attribute(reference, "source")
    if media.get("media-type", "").lower() in _PICTURES and source:
        etree.SubElement(media, "img", src=source)
    for each in list(media.iter("media-reference")):
        _drop(each)
    caption, producer = media.find("media-caption"), media.find("media-producer")
    if caption is not None and producer is not None:  # one caption, as a page has it
        words = " ".join(text for text in (line(caption), line(producer)) if text)
        for child in (*caption, producer):
            _drop(child)
        caption.text = words


def _headlines(head: Element | None, body_head: Element | None) -> tuple[str | None, str | None]:
    headline = first_line(body_head, "hedline/hl1") or first_line(head, "title")
    deck = first_line(body_head, "hedline/hl2")
    return headline, deck if deck != headline else None


def _claims(root: Element, head: Element | None, docdata: Element | None, body_head: Element | None) -> dict[str, Any]:
    meta = {
        name.lower(): value
        for tag in root.iterfind("head/meta")
        if (name := tag.get("name")) and (value := tag.get("content"))
    }
    headline, deck = _headlines(head, body_head)
    bylines = [by for by in map(_byline, every(body_head, "byline")) if by]
    released, issued = (attribute(first(docdata, f"date.{which}"), "norm") for which in ("release", "issue"))
    rights = first(docdata, "doc.rights")
    owner = (
        attribute(first(docdata, "doc.copyright"), "holder")
        or first_line(body_head, "rights/rights.owner")
        or attribute(rights, "owner")
    )
    use_of = use(attribute(docdata, "management-status"), attribute(first(docdata, "date.embargo"), "norm"))
    return known(
        headline=headline,
        subheadline=deck or (abstract if (abstract := first_line(body_head, "abstract")) != headline else None),
        authors=[name for tag in every(body_head, "byline") for name in lines(tag, "person")],
        byline="; ".join(bylines),
        dateline=_dateline(body_head),
        language=attribute(root, XML_LANG, "baselang") or attribute(root.find("body"), XML_LANG),
        published=moment(issued) or moment(released),
        modified=moment(attribute(root, "change.norm")),
        publisher=first_line(body_head, "distributor/org") or first_line(body_head, "distributor"),
        keywords=[key for tag in every(docdata, "key-list/keyword") if (key := attribute(tag, "key"))],
        section=attribute(first(root.find("head"), "pubdata"), "position.section"),
        images=[image for media in root.iterfind("body//media") if (image := _image(media))],
        copyright_notice=first_line(body_head, "rights"),
        usage_terms=terms(attribute(rights, "type"), attribute(rights, "limitations")),
        rights=known(holder=owner),
        urgency=attribute(first(docdata, "urgency"), "ed-urg"),
        subjects=subjects(list(_subjects(head))),
        item=known(
            id=attribute(first(docdata, "doc-id"), "id-string"),
            slug=attribute(first(docdata, "fixture"), "fix-id") or meta.get("anpa-keyword") or meta.get("slug"),
            version=attribute(first(docdata, "du-key"), "version"),
            take=meta.get("anpa-takekey") or attribute(first(docdata, "du-key"), "part"),
            edition=attribute(first(root.find("head"), "pubdata"), "edition.name", "edition.area"),
            note=terms(
                *(attribute(tag, "info") for tag in every(docdata, "ed-msg")), *lines(body_head, "note"),
                *lines(root, f"body//{_EDITORS_NOTE}"),
            ),
        ),
        **use_of,
    )  # fmt: skip


def _image(media: Element) -> dict[str, object] | None:
    if media.get("media-type", "").lower() not in _PICTURES:
        return None
    source = attribute(media.find("media-reference"), "source") or ""
    return known(
        caption=first_line(media, "media-caption"),
        credit=first_line(media, "media-producer"),
        url=source if source.startswith(("http://", "https://")) else None,
    )


def _byline(tag: Element) -> str | None:
    """The line, with the title behind a comma: "By JANE DOE, AP Business Writer"."""
    title = line(tag.find("byttl"))
    words = " ".join(" ".join(map(str, tag.itertext())).split()).replace(" ,", ",")
    if title and words.endswith(title) and words != title:
        return f"{words.removesuffix(title).rstrip(' ,')}, {title}"
    return words or None


def _dateline(body_head: Element | None) -> dict[str, str]:
    dateline = first(body_head, "dateline")
    location = first(dateline, "location")
    place = first_line(location, "city") or line(location)
    date = first_line(dateline, "story.date")
    written = date if date and not date[:8].isdecimal() else None
    return {part: text for part, text in (("place", place), ("date", written)) if text}


def _subjects(head: Element | None) -> Iterator[tuple[str | None, str | None]]:
    for tag in every(head, "tobject/tobject.subject"):
        name = attribute(tag, "tobject.subject.detail", "tobject.subject.matter", "tobject.subject.type")
        code = attribute(tag, "tobject.subject.refnum", "tobject.subject.code")
        ours = (tag.get("tobject.subject.ipr") or "IPTC").upper() == "IPTC"
        yield name, subject_code(code) if ours else f"{tag.get('tobject.subject.ipr')}:{code}" if code else None
