"""schema.org NewsArticle as JSON-LD (https://schema.org/NewsArticle): what search engines and libraries read.

Each term stands where schema.org allows it: `relatedLink` belongs to the page, not to the article, and `usageInfo` takes a
work or an address, never bare text.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ingest.core.model import Relation
from ingest.export.uri import article_uri, content_uri, to_uri

if TYPE_CHECKING:
    from ingest.core.record import Image, Record, Related


EXTRA_TERM = {"@id": "urn:news-ingest:extra", "@type": "@json"}
"""The term for `extra`: a JSON literal (JSON-LD 1.1, section 4.2.2), which processors keep unchanged."""

STORY_TERMS = {
    "isBasedOn": (Relation.COPY, Relation.NEW_VERSION, Relation.UPDATE, Relation.CORRECTION, Relation.KILL),
    "isPartOf": (Relation.EXCERPT,),
    "hasPart": (Relation.CONTAINS,),
}
"""The term for an earlier record of the same story, by what this one is to it. An earlier version that came later has no term."""


def jsonld(record: Record) -> dict[str, Any]:
    """The record as a NewsArticle. What is unknown is left out."""
    dateline, publisher = record.dateline, record.publisher
    return {
        "@context": ["https://schema.org", {"extra": EXTRA_TERM}] if record.extra else "https://schema.org",
        "@type": "NewsArticle",
        "@id": article_uri(record),
        **_known(
            url=record.url and to_uri(record.url),
            mainEntityOfPage=_page(record),
            identifier=_thing("PropertyValue", propertyID="sha-256", value=record.id),
            headline=record.headline,
            alternativeHeadline=_one_or_several(record.subheadline, *record.alternative_headlines),
            author=[_thing("Person", name=author) for author in record.authors],
            creditText=record.byline,
            publisher=publisher and _thing("Organization", name=publisher.name, identifier=publisher.domain),
            datePublished=record.published,
            dateModified=record.modified,
            inLanguage=record.language,
            articleSection=record.section,
            keywords=list(record.keywords),
            dateline=dateline and ", ".join(part for part in (dateline.place, dateline.date) if part),
            locationCreated=dateline and dateline.place and _thing("Place", name=dateline.place),
            sourceOrganization=dateline and dateline.agency and _thing("Organization", name=dateline.agency),
            articleBody=record.body,
            wordCount=len(record.body.split()),
            image=[_image(image) for image in record.images],
            mentions=[_mention(link) for link in record.related],
            copyrightNotice=record.copyright_notice,
            usageInfo=record.usage_terms and _thing("CreativeWork", text=record.usage_terms),
            exampleOfWork=record.same_as and _work(record.story),
            sameAs=[content_uri(other.id) for other in record.same_as if other.relation is Relation.IDENTICAL],
            **{term: [_work(o.id) for o in record.same_as if o.relation in of] for term, of in STORY_TERMS.items()},
            extra=record.extra,
        ),
    }


def _work(record_id: str | None) -> dict[str, Any] | None:
    return _thing("NewsArticle", **{"@id": content_uri(record_id)}) if record_id else None


def _page(record: Record) -> dict[str, Any] | None:
    address = record.url and to_uri(record.url)
    links = _known(relatedLink=[link for link in (to_uri(r.url) for r in record.related if r.url) if link])
    return {"@type": "WebPage", **({"@id": address} if address else {}), **links} if address or links else None


def _image(image: Image) -> dict[str, Any]:
    return _thing(
        "ImageObject", caption=image.caption, creditText=image.credit, contentUrl=image.url and to_uri(image.url)
    )


def _mention(link: Related) -> dict[str, Any]:
    return _thing("Article", headline=link.headline, url=link.url and to_uri(link.url))


def _thing(kind: str, **terms: Any) -> dict[str, Any]:
    return {"@type": kind, **_known(**terms)}


def _one_or_several(*texts: str | None) -> str | list[str] | None:
    known = [text for text in texts if text]
    return known if len(known) > 1 else next(iter(known), None)


def _known(**terms: Any) -> dict[str, Any]:
    return {name: value for name, value in terms.items() if value}
