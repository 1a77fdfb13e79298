"""What a page says, in marks made for machines, about the use of its article and about how it was made."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from ingest.core.metadata.rights import encoded_permissions, reservation, robots_permissions
from ingest.core.model import Claim
from ingest.core.text.strings import absolute_url, clean_line

if TYPE_CHECKING:
    from lxml.html import HtmlElement

    from ingest.core.html.page_index import PageIndex
    from ingest.core.metadata.jsonld import Graph, JsonObject
    from ingest.core.metadata.meta_tags import MetaTags

SOURCE_TYPES = "http://cv.iptc.org/newscodes/digitalsourcetype/"
_SOURCE_TYPE = re.compile(r"(?:https?://cv\.iptc\.org/newscodes/digitalsourcetype/|digsrctype:)?([A-Za-z]{4,60})/?")
_KNOWN_TYPES = {
    name.lower(): name
    for name in (
        "algorithmicMedia", "algorithmicallyEnhanced", "compositeCapture", "compositeSynthetic", "compositeWithTrainedAlgorithmicMedia",
        "computationalCapture", "dataDrivenMedia", "digitalArt", "digitalCapture", "digitalCreation", "humanEdits", "minorHumanEdits",
        "negativeFilm", "positiveFilm", "print", "screenCapture", "softwareImage", "trainedAlgorithmicMedia", "virtualRecording",
    )
}  # fmt: skip
"""The IPTC's vocabulary of 2025."""
_PICTURES = frozenset({"figure", "figcaption", "picture"})


def rights_claims(
    index: PageIndex, meta: MetaTags, graph: Graph, articles: list[JsonObject], base: str | None
) -> Iterator[Claim]:
    """Claims about `rights` and `digital_source_type`: of JSON-LD, of the head, of licence links. `base`: the page's address."""
    for article in articles[:1]:
        holder = next(_names(graph.values(article, "copyrightHolder")), None)
        licence = next(_addresses(graph.values(article, "license"), base), None)
        yield from _claim({"holder": holder, "licence": licence}, "json-ld")
        for value in graph.values(article, "digitalSourceType"):
            yield from _source_type(value, "json-ld")
    linked = (e.get("href") for e in index.by_tag["link"] if _is_licence(e.get("rel")))
    addresses = (*linked, *(value for _, values in meta.tags_for("licence") for value in values))
    said: dict[str, Any] = {
        "holder": next(iter(meta.first_values("holder")), None),
        "licence": next((url for address in addresses if (url := absolute_url(address, base))), None),
    }
    for name, read in (("mining", encoded_permissions), ("robots", robots_permissions), ("tdm", reservation)):
        for _, values in meta.tags_for(name):
            for value in values:
                said |= read(value)
    yield from _claim(said, "meta")
    for _, values in meta.tags_for("source_type"):
        for value in values:
            yield from _source_type(value, "meta")
    shown = (e.get("href") for e in index.related_links if _is_licence(e.get("rel")) and not _is_of_picture(e))
    yield from _claim(
        {"licence": next((url for address in shown if (url := absolute_url(address, base))), None)}, "page"
    )


def _claim(parts: dict[str, Any], origin: str) -> Iterator[Claim]:
    if said := {part: value for part, value in parts.items() if value}:
        yield Claim("rights", said, origin)


def _is_licence(relation: str | None) -> bool:
    return relation is not None and "license" in relation.lower().split()


def _is_of_picture(element: HtmlElement) -> bool:
    """Whether a link stands in a picture's caption: its licence is the picture's."""
    return any(ancestor.tag in _PICTURES for ancestor in element.iterancestors())


def _names(values: Iterable[Any]) -> Iterator[str]:
    for value in values:
        if name := clean_line(value.get("name") if isinstance(value, dict) else value, 200):
            yield name


def _addresses(values: Iterable[Any], base: str | None) -> Iterator[str]:
    for value in values:
        address = (value.get("url") or value.get("@id")) if isinstance(value, dict) else value
        if url := absolute_url(address, base if isinstance(address, str) and "/" in address else None):
            yield url


def _source_type(value: Any, origin: str) -> Iterator[Claim]:
    code = value.get("@id") or value.get("url") if isinstance(value, dict) else value
    found = _SOURCE_TYPE.fullmatch(code.strip()) if isinstance(code, str) else None
    if found and (name := _KNOWN_TYPES.get(found[1].lower())):
        yield Claim("digital_source_type", SOURCE_TYPES + name, origin)
