"""A NewsArticle of schema.org in a file of its own, such as `ingest.export.jsonld` writes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ingest.core.containers.codes import moment, subject_code, subjects
from ingest.core.containers.document import Document, no_text, several
from ingest.core.containers.inline import body_of_text
from ingest.core.containers.jsondoc import JsonObject, load_json, objects, string, strings
from ingest.core.containers.xml import known
from ingest.core.metadata.jsonld import types_of
from ingest.core.text.wordlists import word_set

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ingest.core.limits import Limits

_STATUS = {
    "canceled": "canceled",
    "cancelled": "canceled",
    "withheld": "withheld",
    "embargoed": "embargoed",
    "published": "usable",
    "usable": "usable",
}


def read_jsonld_article(content: bytes, limits: Limits) -> Document | None:
    """The article of a JSON-LD file; raises `Rejected` where it has several, or no text; None where it holds none after all."""
    del limits
    value, encoding = load_json(content)
    found = list(_articles(value))
    if len(found) > 1:
        raise several("JSON-LD")
    if not found:
        return None
    article = found[0]
    text = article.get("articleBody")
    body = body_of_text(text, is_html=False) if isinstance(text, str) else None
    if body is None:
        raise no_text("JSON-LD whose article has no articleBody")
    extra = article.get("extra")
    return Document(
        "json-ld",
        body.content,
        body.media_type,
        _claims(article),
        encoding,
        is_marked_up=True,
        extra=extra if isinstance(extra, dict) else {},
    )


def _articles(value: Any) -> Iterator[JsonObject]:
    for thing in objects(value):
        if types_of(thing) & word_set("schema", "article") and "articleBody" in thing:
            yield thing
        elif isinstance(thing.get("@graph"), list):
            yield from (
                part
                for part in objects(thing["@graph"])
                if types_of(part) & word_set("schema", "article") and "articleBody" in part
            )


def _claims(article: JsonObject) -> dict[str, Any]:
    alternatives = list(strings(article.get("alternativeHeadline")))
    publisher = next(objects(article.get("publisher")), {})
    page = next(objects(article.get("mainEntityOfPage")), {})
    holder = article.get("copyrightHolder")
    permissions = {
        "tdm": {1: "reserved", 0: "allowed", "1": "reserved", "0": "allowed"}.get(
            _scalar(article.get("tdm:reservation"))
        ),
        "ai": _scalar(article.get("aiTraining"))
        if _scalar(article.get("aiTraining")) in {"reserved", "allowed"}
        else None,
    }
    return known(
        url=string(article.get("url")) or string(page.get("@id")),
        headline=string(article.get("headline")) or string(article.get("name")),
        subheadline=next(iter(alternatives), None),
        alternative_headlines=alternatives[1:],
        authors=list(_names(article.get("author"))),
        byline=string(article.get("creditText")),
        dateline=known(
            place=next(_names(article.get("locationCreated")), None), agency=next(_names(article.get("sourceOrganization")), None),
        ),
        language=string(article.get("inLanguage")),
        published=moment(string(article.get("datePublished"))),
        modified=moment(string(article.get("dateModified"))),
        publisher=known(name=string(publisher.get("name")), domain=string(publisher.get("identifier"))),
        section=next(strings(article.get("articleSection")), None),
        keywords=list(strings(article.get("keywords"))),
        images=[image for each in objects(article.get("image")) if (image := known(
            caption=string(each.get("caption")), credit=string(each.get("creditText")), url=string(each.get("contentUrl") or each.get("url")),
        ))],
        related=[link for each in objects(article.get("mentions")) if (link := known(headline=string(each.get("headline")), url=string(each.get("url"))))],
        copyright_notice=string(article.get("copyrightNotice")),
        usage_terms=next((string(each.get("text")) for each in objects(article.get("usageInfo"))), None),
        rights=known(
            holder=next(_names(holder), None), licence=next((address for address in _addresses(article.get("license"))), None), **permissions
        ),
        status=_STATUS.get((string(article.get("creativeWorkStatus")) or "").lower()),
        embargoed=moment(string(article.get("embargoedUntil"))),
        urgency=string(article.get("urgency")),
        subjects=subjects([
            (string(each.get("name")), subject_code(string(each.get("termCode")) or string(each.get("@id")))) for each in objects(article.get("about"))
        ]),
        digital_source_type=next(_addresses(article.get("digitalSourceType")), None),
        item=known(
            id=_own_id(article), version=string(article.get("version")), edition=string(article.get("edition")),
            **{part: string(article.get(term)) for part, term in (("slug", "slugline"), ("take", "take"), ("note", "editorialNote"))},
        ),
    )  # fmt: skip


def _own_id(article: JsonObject) -> str | None:
    """The sender's identifier; an address or a digest is none."""
    identifiers = {
        string(each.get("propertyID")): string(each.get("value")) for each in objects(article.get("identifier"))
    }
    own = string(article.get("@id")) or ""
    return identifiers.get("item") or (own if own.partition(":")[0] in {"urn", "tag"} else None)


def _scalar(value: Any) -> str | int | None:
    return value if isinstance(value, str | int) and not isinstance(value, bool) else None


def _names(value: Any) -> Iterator[str]:
    for each in value if isinstance(value, list) else [value]:
        if name := string(each.get("name") if isinstance(each, dict) else each):
            yield name


def _addresses(value: Any) -> Iterator[str]:
    for each in value if isinstance(value, list) else [value]:
        address = string(each.get("@id") or each.get("url") if isinstance(each, dict) else each)
        if address and address.startswith(("http://", "https://")):
            yield address
