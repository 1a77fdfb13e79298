"""IPTC ninjs 3.1 (https://iptc.org/standards/ninjs/): what news agencies send each other.

Its schema refuses unknown properties, so the audit of removed blocks and the provenance stay in the record.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from ingest.core.containers.codes import code_address
from ingest.core.metadata.rights import policy
from ingest.export.uri import article_uri, content_uri, to_uri

if TYPE_CHECKING:
    from ingest.core.record import Image, Record, Related, Subject
    from ingest.core.record_parts import SameAs

STANDARD = {"name": "ninjs", "version": "3.1", "schema": "http://www.iptc.org/std/ninjs/ninjs-schema_3.1.json#"}
_URI = re.compile(r"[A-Za-z][A-Za-z0-9+.-]{1,30}:[A-Za-z0-9._~:/?#@!$&'()*+,;=%-]{1,2000}")
_MINUTE = re.compile(r"(T\d\d:\d\d)(?!:)")


def ninjs(record: Record) -> dict[str, Any]:
    """The record as a ninjs 3.1 object of type "text". What is unknown is left out."""
    own = _uri(record)
    item, rights = record.item, record.rights
    found = {
        "standard": STANDARD,
        "uri": own,
        "altIds": _alternative_ids(record),
        "type": "text",
        "representationType": "full",
        "language": record.language,
        "firstCreated": _instant(record.published),
        "versionCreated": _instant(record.modified),
        "embargoedUntil": _instant(record.embargoed),
        "pubStatus": _status(record),
        "urgency": record.urgency,
        "version": item and item.version,
        "slugline": item and item.slug,
        "edNote": " ".join(note for note in (item.note if item else None, _notes(record)) if note),
        "headlines": [
            {"role": role, "contentType": "text/plain", "value": value}
            for role, value in (
                ("main", record.headline),
                ("subheadline", record.subheadline),
                *(("alternative", other) for other in record.alternative_headlines),
            )
            if value
        ],
        "by": record.byline or ", ".join(record.authors),
        "people": [{"name": author, "rel": "author"} for author in record.authors],
        "located": record.dateline and record.dateline.place,
        "infoSources": _sources(record),
        "subjects": [
            *([{"name": record.section, "rel": "section"}] if record.section else []),
            *({"name": keyword, "rel": "keyword"} for keyword in record.keywords),
            *map(_subject, record.subjects),
        ],
        "bodies": [
            {
                "role": "main",
                "contentType": "text/plain",
                "charCount": len(record.body),
                "wordCount": len(record.body.split()),
                "value": record.body,
            }
        ],
        "copyrightHolder": rights and rights.holder,
        "copyrightNotice": record.copyright_notice,
        "usageTerms": record.usage_terms,
        "rightsInfo": _rights(record),
        "digitalSourceType": {"uri": record.digital_source_type} if record.digital_source_type else None,
        "associations": [
            *(_picture(image, own, number) for number, image in enumerate(record.images, 1)),
            *(_related(link, own, number) for number, link in enumerate(record.related, 1)),
            *(_same_story(other, number) for number, other in enumerate(record.same_as, 1)),
        ],
    }
    return {name: value for name, value in found.items() if value}


def _instant(moment: str | None) -> str | None:
    """An instant with its seconds, as "format: date-time" requires; None for a day without a time."""
    return _MINUTE.sub(r"\1:00", moment) if moment and "T" in moment else None


def _uri(record: Record) -> str:
    """The sender's own identifier where it is a URI, else the article's address or digest."""
    own = record.item and record.item.id
    return own if own and _URI.fullmatch(own) else article_uri(record)


def _alternative_ids(record: Record) -> list[dict[str, str]]:
    """The digest, the address, and what of the sender's system ninjs has no property for."""
    item = record.item
    found = {"sha-256": record.id, "url": record.url}
    found |= {"item": item.id, "take": item.take, "edition": item.edition} if item else {}
    return [{"role": role, "value": value} for role, value in found.items() if value]


def _status(record: Record) -> str | None:
    """`pubStatus`. What is embargoed is usable from an instant on; until a day, or without any time, it is withheld."""
    if record.status != "embargoed":
        return record.status
    return "usable" if _instant(record.embargoed) else "withheld"


def _notes(record: Record) -> str:
    """What ninjs has no property for, in words: a day without a known time, for it has instants alone, and an embargo without an end."""
    moments = (
        ("Published on", record.published),
        ("Modified on", record.modified),
        ("Embargoed until", record.embargoed),
    )
    notes = [f"{verb} {moment}, hour unknown." for verb, moment in moments if moment and "T" not in moment]
    if record.status == "embargoed" and not record.embargoed:
        notes.append("Embargoed, until when is unknown.")
    return " ".join(notes)


def _subject(subject: Subject) -> dict[str, str]:
    address = code_address(subject.code)
    found = {"name": subject.name, "uri": address, "literal": None if address else subject.code}
    return {name: value for name, value in found.items() if value}


def _rights(record: Record) -> dict[str, str]:
    """The address of the licence, or reservations as an ODRL policy that names it."""
    rights = record.rights
    licence = to_uri(rights.licence) if rights and rights.licence else None
    encoded = policy({"tdm": rights.tdm, "ai": rights.ai}, licence) if rights else None
    if encoded:  # the schema wants one of the two, so the policy names the licence
        return {"langId": "http://www.w3.org/ns/odrl/2/", "encodedRights": encoded}
    return {"linkedRights": licence} if licence else {}


def _sources(record: Record) -> list[dict[str, str]]:
    publisher, dateline = record.publisher, record.dateline
    named = publisher and {"name": publisher.name, "role": "publisher", "literal": publisher.domain}
    agency = dateline and dateline.agency and {"name": dateline.agency, "role": "agency"}
    return [{name: value for name, value in source.items() if value} for source in (named, agency) if source]


def _picture(image: Image, own: str, number: int) -> dict[str, Any]:
    """A picture is identified by its position in the article, because its URL may change or be unknown."""
    href = to_uri(image.url) if image.url else None
    found = {
        "name": f"picture-{number}",
        "rel": "picture",
        "uri": f"{own.partition('#')[0]}#picture-{number}",
        "type": "picture",
        "by": image.credit,
        "descriptions": [{"role": "caption", "contentType": "text/plain", "value": image.caption}]
        if image.caption
        else [],
        "renditions": [{"name": "web", "href": href}] if href else [],
    }
    return {name: value for name, value in found.items() if value}


def _related(link: Related, own: str, number: int) -> dict[str, Any]:
    address = to_uri(link.url) if link.url else None
    found = {
        "name": f"related-{number}",
        "rel": "related",
        "uri": address or f"{own.partition('#')[0]}#related-{number}",
        "type": "text",
        "headlines": [{"role": "main", "contentType": "text/plain", "value": link.headline}] if link.headline else [],
    }
    return {name: value for name, value in found.items() if value}


def _same_story(other: SameAs, number: int) -> dict[str, str]:
    return {"name": f"story-{number}", "rel": str(other.relation), "uri": content_uri(other.id), "type": "text"}
