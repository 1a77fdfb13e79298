"""IPTC ninjs 3.1 (https://iptc.org/standards/ninjs/): what news agencies send each other.

Its schema refuses unknown properties, so the audit of removed blocks and the provenance stay in the record.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from ingest.export.uri import article_uri, content_uri, to_uri

if TYPE_CHECKING:
    from ingest.core.record import Image, Record, Related
    from ingest.core.record_parts import SameAs

STANDARD = {"name": "ninjs", "version": "3.1", "schema": "http://www.iptc.org/std/ninjs/ninjs-schema_3.1.json#"}
_MINUTE = re.compile(r"(T\d\d:\d\d)(?!:)")


def ninjs(record: Record) -> dict[str, Any]:
    """The record as a ninjs 3.1 object of type "text". What is unknown is left out."""
    own = article_uri(record)
    found = {
        "standard": STANDARD,
        "uri": own,
        "altIds": [{"role": "sha-256", "value": record.id}],
        "type": "text",
        "representationType": "full",
        "language": record.language,
        "firstCreated": _instant(record.published),
        "versionCreated": _instant(record.modified),
        "edNote": _days(record),
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
        "copyrightNotice": record.copyright_notice,
        "usageTerms": record.usage_terms,
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


def _days(record: Record) -> str:
    """A ninjs object only has instants; a day without a known time is put into words instead of being given a time."""
    moments = (("Published", record.published), ("Modified", record.modified))
    return " ".join(f"{verb} on {moment}, hour unknown." for verb, moment in moments if moment and "T" not in moment)


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
