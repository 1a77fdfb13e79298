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


OWN_TERMS: dict[str, Any] = {
    "extra": {"@id": "urn:news-ingest:extra", "@type": "@json"},
    "tdm:reservation": "http://www.w3.org/ns/tdmrep#reservation",
    **{
        term: f"urn:news-ingest:{term}"
        for term in ("aiTraining", "embargoedUntil", "urgency", "slugline", "take", "edition", "editorialNote")
    },
}
"""Terms that schema.org does not have. `extra` is a JSON literal (JSON-LD 1.1, section 4.2.2), which processors keep unchanged;
`tdm:reservation` is that of the TDM Reservation Protocol."""

STORY_TERMS = {
    "isBasedOn": (Relation.COPY, Relation.NEW_VERSION, Relation.UPDATE, Relation.CORRECTION, Relation.KILL),
    "isPartOf": (Relation.EXCERPT,),
    "hasPart": (Relation.CONTAINS,),
}
"""The term for an earlier record of the same story, by what this one is to it. An earlier version that came later has no term."""


def jsonld(record: Record) -> dict[str, Any]:
    """The record as a NewsArticle. What is unknown is left out."""
    dateline, publisher = record.dateline, record.publisher
    rights, item, own = record.rights, record.item, _own_terms(record)
    context = {term: OWN_TERMS[term] for term in own}
    return {
        "@context": ["https://schema.org", context] if context else "https://schema.org",
        "@type": "NewsArticle",
        "@id": article_uri(record),
        **_known(
            url=record.url and to_uri(record.url),
            mainEntityOfPage=_page(record),
            identifier=_identifiers(record),
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
            copyrightHolder=rights and rights.holder and _thing("Organization", name=rights.holder),
            license=rights and rights.licence and to_uri(rights.licence),
            creativeWorkStatus=record.status,
            about=[_thing("DefinedTerm", name=subject.name, termCode=subject.code) for subject in record.subjects],
            digitalSourceType=record.digital_source_type,
            version=item and item.version,
            exampleOfWork=record.same_as and _work(record.story),
            sameAs=[content_uri(other.id) for other in record.same_as if other.relation is Relation.IDENTICAL],
            **{term: [_work(o.id) for o in record.same_as if o.relation in of] for term, of in STORY_TERMS.items()},
        ),
        **own,
    }


def _work(record_id: str | None) -> dict[str, Any] | None:
    return _thing("NewsArticle", **{"@id": content_uri(record_id)}) if record_id else None


def _identifiers(record: Record) -> dict[str, Any] | list[dict[str, Any]]:
    digest = _thing("PropertyValue", propertyID="sha-256", value=record.id)
    own = record.item and record.item.id
    return [digest, _thing("PropertyValue", propertyID="item", value=own)] if own else digest


def _own_terms(record: Record) -> dict[str, Any]:
    """The values of the terms in `OWN_TERMS`."""
    rights, item = record.rights, record.item
    reservation = {"reserved": 1, "allowed": 0}.get((rights and rights.tdm) or "")
    return _known(
        extra=record.extra,
        aiTraining=rights and rights.ai,
        embargoedUntil=record.embargoed,
        urgency=record.urgency,
        slugline=item and item.slug,
        take=item and item.take,
        edition=item and item.edition,
        editorialNote=item and item.note,
    ) | ({} if reservation is None else {"tdm:reservation": reservation})


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
