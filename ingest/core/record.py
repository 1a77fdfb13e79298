"""The record: the public contract. `ingest schema` prints it; unknown is null, never "" and never a guess."""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, JsonValue, StringConstraints, TypeAdapter

from ingest.core.model import Label
from ingest.core.text.characters import UNSAFE_CHARACTERS

SCHEMA_VERSION: Literal[2] = 2
"""1 had no `extra`, no `alternative_headlines` and no `confidence`."""

Text = Annotated[str, StringConstraints(min_length=1)]
Timestamp = Annotated[
    str,
    StringConstraints(pattern=r"^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d))?$"),
    Field(description="RFC 3339 with offset; a day known without an hour stays a day."),
]
Language = Annotated[
    str, StringConstraints(pattern=r"^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*$"), Field(description="BCP 47")
]


def _parsable_url(url: str) -> str:
    urlsplit(url)  # raises ValueError: "http://[" is no address
    return url


def _escaped(found: re.Match[str]) -> str:
    """A character as a JSON string may write it; line ends between the members stay."""
    return found[0] if found[0] in "\n\r\t" else f"\\u{ord(found[0]):04x}"


Url = Annotated[str, StringConstraints(pattern=r"^https?://\S+$"), AfterValidator(_parsable_url)]


class _RecordModel(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)


class Publisher(_RecordModel):
    """Who published the article; a photo's agency is not its publisher."""

    name: Text | None = None
    domain: Text | None = None
    """The registered domain, as in "kyodonews.net"."""


class Dateline(_RecordModel):
    """What stands before the first sentence: it is read here and stays in the body."""

    place: Text | None = None
    agency: Text | None = None
    date: Text | None = None
    """As it is written."""


class Image(_RecordModel):
    """A picture that the article shows."""

    caption: Text | None = None
    credit: Text | None = None
    url: Text | None = None


class Related(_RecordModel):
    """Another article that this one points at."""

    headline: Text | None = None
    url: Text | None = None


class Removed(_RecordModel):
    """One block that left the body: the audit has them all, in order."""

    label: Label
    rule: Text
    """What decided: "pack/rule", "structure/…", "model" or "region"."""
    text: Text
    field: Text | None = None
    """The field of the record that it filled, or null."""


Probability = Annotated[float, Field(ge=0, le=1)]


class Confidence(_RecordModel):
    """The chance that a field's value is right, 0 to 1, as learned from pages and texts with gold answers; null where the field has none.

    What the sender gave counts as certain.
    """

    headline: Probability | None = None
    authors: Probability | None = None
    """That it is exactly these."""
    published: Probability | None = None
    """Of its day."""
    publisher: Probability | None = None
    body: Probability | None = None
    """That at least 85 % of its words, and of the article's, are the same."""


class SourceInfo(_RecordModel):
    """What the record was made from."""

    name: Text | None = None
    media_type: Literal["text/plain", "text/html"]
    encoding: Text
    bytes: int
    """Of the content once unpacked."""


class BuildInfo(_RecordModel):
    """What made the record."""

    version: Text
    packs: tuple[Text, ...]
    """The packs that applied, in order."""


class Record(_RecordModel):
    """One clean article. `body` and `removed` together hold every block of the source exactly once; fields are copies."""

    schema_version: Literal[1, 2] = SCHEMA_VERSION
    """2; records of 1 are the same without `extra`, `alternative_headlines` and `confidence`."""
    id: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
    """SHA-256 of the unpacked content."""
    url: Url | None = None
    publisher: Publisher | None = None
    headline: Text | None = None
    alternative_headlines: tuple[Text, ...] = ()
    """Other headlines that the page gives the article: for search, for sharing."""
    subheadline: Text | None = None
    authors: tuple[Text, ...] = ()
    """Persons, and agencies where the metadata of a page name them as author."""
    byline: Text | None = None
    dateline: Dateline | None = None
    language: Language | None = None
    published: Timestamp | None = None
    modified: Timestamp | None = None
    section: Text | None = None
    keywords: tuple[Text, ...] = ()
    body: Text
    """Paragraphs joined by a blank line; headings, list lines and rows of tables on lines of their own, cells parted by a tab."""
    images: tuple[Image, ...] = ()
    related: tuple[Related, ...] = ()
    copyright_notice: Text | None = None
    usage_terms: Text | None = None
    extra: dict[str, JsonValue] = Field(default_factory=dict)
    """The sender's own object (ids, tags): what the claims hold that is no field of the record, as it was sent and in that order."""
    removed: tuple[Removed, ...] = ()
    source: SourceInfo
    provenance: dict[str, str] = Field(default_factory=dict)
    """Where each field came from: "given", "json-ld", "meta", "page", "text" or "pack". `body` stands here only where it
    is "truncated": the source is larger than the limits, and what lies behind them was not read; or "json-ld": the page shows less
    than half of the article that it declares, and the body is what it declares. `given.<field>` tells why a claim of the sender's,
    or a part of it, was left out: "malformed", "unsure" (it can be read in two ways) or "too_large". A day that is null because
    claims disagree has an origin that begins with "unsure:" and names the days between which nothing decides."""
    confidence: Confidence = Confidence()
    ingest: BuildInfo

    def to_json(self, *, indent: int | None = None) -> str:
        """The record as JSON; the same record gives the same text."""
        text = self.model_dump_json(indent=indent)
        return (
            UNSAFE_CHARACTERS.sub(_escaped, text) if self.extra else text
        )  # what `extra` holds stays as sent, and commands no terminal


CLAIMABLE_FIELDS = (
    "url", "publisher", "headline", "alternative_headlines", "subheadline", "authors", "byline", "dateline", "language", "published", "modified", "section",
    "keywords", "images", "related", "copyright_notice", "usage_terms",
)  # fmt: skip
"""Fields about which a claim may be made; the others are found or counted."""

FIELD_TYPES: dict[str, TypeAdapter[Any]] = {
    name: TypeAdapter(Annotated[field.annotation, field])  # type: ignore[arg-type]  # an annotation made at run time
    for name, field in Record.model_fields.items()
    if name in CLAIMABLE_FIELDS
}
"""What a value must look like to stand in a field."""
