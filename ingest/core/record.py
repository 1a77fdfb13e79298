"""The record: the public contract. `ingest schema` prints it; unknown is null, never "" and never a guess."""

from __future__ import annotations

import re
from functools import cache
from typing import Annotated, Any, Literal

from pydantic import Field, JsonValue, TypeAdapter

from ingest.core.model import Label
from ingest.core.record_parts import (
    Changes,
    Language,
    Permission,
    RecordId,
    SameAs,
    Status,
    Text,
    Timestamp,
    Urgency,
    Url,
)
from ingest.core.record_parts import RecordModel as _RecordModel
from ingest.core.text.characters import UNSAFE_CHARACTERS

SCHEMA_VERSION: Literal[3] = 3
"""1 had no `extra`, no `alternative_headlines` and no `confidence`; 2 none of what agencies say beside an article (`rights`, `status` …), and no
`story`, `same_as`, `changes` and `ingest.memory`."""


def _escaped(found: re.Match[str]) -> str:
    """A character as a JSON string may write it; line ends between the members stay."""
    return found[0] if found[0] in "\n\r\t" else f"\\u{ord(found[0]):04x}"


class Publisher(_RecordModel):
    """Who published the article; a photo's agency is not its publisher."""

    name: Text | None = None
    """As the publisher calls itself: "Kyodo News"."""
    domain: Text | None = None
    """The registered domain, as in "kyodonews.net"."""


class Dateline(_RecordModel):
    """What stands before the first sentence: it is read here and stays in the body."""

    place: Text | None = None
    """As it is written: "KYIV", "東京"."""
    agency: Text | None = None
    """As it is written: "Kyodo", "dpa/lsw"."""
    date: Text | None = None
    """As it is written."""


class Image(_RecordModel):
    """A picture that the article shows. At least one of the three is known."""

    caption: Text | None = None
    """One line, without the credit."""
    credit: Text | None = None
    """One line: the photographer, the agency or both, without a marker such as "Photo:"."""
    url: Text | None = None
    """An absolute address (http or https)."""


class Related(_RecordModel):
    """Another article that this one points at."""

    headline: Text | None = None
    """One line, as the link or the line has it."""
    url: Text | None = None
    """An absolute address (http or https)."""


class Rights(_RecordModel):
    """Who holds the rights, and what a machine may do; each is null where nothing says it in words or marks of its own."""

    holder: Text | None = None
    """Who holds the copyright, as the source names it."""
    licence: Url | None = None
    """The address of the licence: "https://creativecommons.org/licenses/by/4.0/"."""
    tdm: Permission | None = None
    """Whether text and data mining is "reserved" or "allowed" (TDM Reservation Protocol, or a mark that says the same)."""
    ai: Permission | None = None
    """Whether use for the training of AI is "reserved" or "allowed" (robots `noai`, or a mark that says the same)."""


class Subject(_RecordModel):
    """What the article is about, by a controlled vocabulary."""

    name: Text | None = None
    """As the source writes it."""
    code: Text | None = None
    """With the vocabulary before the colon, where it is known: "medtop:20000344" (IPTC Media Topics), "subj:02003001" (IPTC Subject
    Codes)."""


class Item(_RecordModel):
    """How the sender's system calls the article."""

    id: Text | None = None
    """Its identifier there: "urn:newsml:…", a Message-ID."""
    version: Text | None = None
    """As it is written."""
    slug: Text | None = None
    """The slugline: "Argentina-Cancer Beauty"."""
    take: Text | None = None
    """Which part or rewriting it is: "1st Ld-Writethru", "take 2"."""
    edition: Text | None = None
    """As it is written."""
    note: Text | None = None
    """One line: what the sender tells editors, and not readers."""


class Removed(_RecordModel):
    """One block that left the body: the audit has them all, in order."""

    label: Label
    """What the block is."""
    rule: Text
    """What decided: "pack/rule", "structure/…", "memory/…", or "model", the trained classifier."""
    text: Text
    """The block, one line, as parse read it."""
    field: Text | None = None
    """The field of the record that it filled, or null."""


Probability = Annotated[float, Field(ge=0, le=1)]


class Confidence(_RecordModel):
    """The chance that a field's value is right, 0 to 1, as learned from pages and texts with gold answers; null where the field has none.

    What the sender gave counts as certain.
    """

    headline: Probability | None = None
    """That it is a true headline of the article, and the one that is shown."""
    authors: Probability | None = None
    """That it is exactly these."""
    published: Probability | None = None
    """Of its day."""
    publisher: Probability | None = None
    """That it is who published the article."""
    body: Probability | None = None
    """That at least 85 % of its words, and of the article's, are the same."""


class SourceInfo(_RecordModel):
    """What the record was made from."""

    name: Text | None = None
    """The file's name, where one was given; what a terminal should not be sent is escaped."""
    media_type: Literal["text/plain", "text/html"]
    """Found out from the content."""
    encoding: Text
    """The name that the WHATWG Encoding Standard gives it, in lower case: "utf-8", "windows-1251"."""
    bytes: int
    """Of the content once unpacked."""
    format: Text | None = None
    """The format around the article, where it is more than text or HTML: "nitf", "newsml-g2", "feed" (docs/formats.md)."""


class ContainerInfo(_RecordModel):
    """Where in a container the article was."""

    name: Text | None = None
    """File name of the container; what a terminal should not be sent is escaped."""
    member: Text
    """The article's identifier in it: a WARC record id, a path in an archive, a number."""
    offset: int | None = None
    """Bytes before it, from the beginning of the container, unpacked if it is packed as a whole; null where that is not known."""
    fetched: Timestamp | None = None
    """When it was fetched, as the container says."""


class BuildInfo(_RecordModel):
    """What made the record."""

    version: Text
    """Of news-ingest: it moves whenever records may change."""
    packs: tuple[Text, ...]
    """The packs that applied, in order; one of the user's own with the version of its file: "example@1f3870be"."""
    memory: Text | None = None
    """The version of the memory of publishers that was used, or null."""


class Record(_RecordModel):
    """One clean article. `body` and `removed` together hold every block of the source exactly once; fields are copies."""

    schema_version: Literal[1, 2, 3] = SCHEMA_VERSION
    """3; records of 2 are the same without `rights`, `status`, `embargoed`, `urgency`, `subjects`, `digital_source_type`, `item`,
    `story`, `same_as`, `changes`, `source.format`, `container` and `ingest.memory`; those of 1 also without `extra`, `alternative_headlines` and
    `confidence`."""
    id: RecordId
    """SHA-256 of the unpacked content."""
    url: Url | None = None
    """Where the article was published: an absolute address (http or https), as the sender gave it, or the page's canonical one."""
    publisher: Publisher | None = None
    """Who published the article; null where nothing proves it."""
    headline: Text | None = None
    """One line: the headline that readers are shown, without the site's name."""
    alternative_headlines: tuple[Text, ...] = ()
    """Other headlines that the page gives the article: for search, for sharing."""
    subheadline: Text | None = None
    """One line under the headline or beside it: a second headline or a standfirst."""
    authors: tuple[Text, ...] = ()
    """Persons, and agencies where the metadata of a page name them as author."""
    byline: Text | None = None
    """The line that names the authors, as it is written: "By Jane Doe, political correspondent"."""
    dateline: Dateline | None = None
    """Place, agency and day before the first sentence."""
    language: Language | None = None
    """Of the body, as a BCP 47 tag: "en", "pt-BR", "zh-Hant"."""
    published: Timestamp | None = None
    """When the article was first published."""
    modified: Timestamp | None = None
    """When it was last changed, as the page says."""
    section: Text | None = None
    """One line: the part of the publication, as the page calls it: "World"."""
    keywords: tuple[Text, ...] = ()
    """Topics, as the page writes them, in its order, without the publisher's own name."""
    body: Text
    """Paragraphs joined by a blank line; headings, list lines and rows of tables on lines of their own, cells parted by a tab."""
    images: tuple[Image, ...] = ()
    """The article's pictures, each once, in the order they are met."""
    related: tuple[Related, ...] = ()
    """Other articles that this one points at, each once."""
    copyright_notice: Text | None = None
    """One line, as it is written: "© 2015-2025 Ukrinform. All rights reserved."."""
    usage_terms: Text | None = None
    """One line, as it is written: what others may do with the text."""
    rights: Rights | None = None
    """Who holds the rights, and what a machine may do. `provenance` has the origin of each part, as `rights.tdm`."""
    status: Status | None = None
    """What the sender says of its use: only a "usable" one, or one of which nothing is said (null), may be published as it stands."""
    embargoed: Timestamp | None = None
    """Until when it must not be published; its `status` is "embargoed", also after that time: a record knows no clock."""
    urgency: Urgency | None = None
    """From 1, the most urgent, to 9, as the sender says."""
    subjects: tuple[Subject, ...] = ()
    """What the article is about by controlled vocabularies, in the sender's order."""
    digital_source_type: Url | None = None
    """How it was made, by the IPTC's vocabulary: "http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia"."""
    item: Item | None = None
    """How the sender's system calls it."""
    story: RecordId | None = None
    """Id of the story: the `id` of the first record of it that the service saw, mostly this record's own; null where stories are not kept."""
    same_as: tuple[SameAs, ...] = ()
    """Earlier records of the same story, in the order in which they came; at most 16, the strongest relations."""
    changes: Changes | None = None
    """What this record changed in the last of those that it replaces (new_version, update, correction, kill); null if it replaces none, or
    the earlier record could not be read any more."""
    extra: dict[str, JsonValue] = Field(default_factory=dict)
    """The sender's own object (ids, tags): what the claims hold that is no field of the record, as it was sent and in that order."""
    removed: tuple[Removed, ...] = ()
    """Every block of the source that is not in the body, in order, with what it is and what decided."""
    source: SourceInfo
    """What the record was made from."""
    container: ContainerInfo | None = None
    """The container that the article was a member of; null for a file of its own."""
    provenance: dict[str, str] = Field(default_factory=dict)
    """Where each field came from: "given", "format" (a format's own fields), "json-ld", "meta", "page", "text" or "pack". `body` stands here only where it
    is "truncated": the source is larger than the limits, and what lies behind them was not read; or "json-ld": the page shows less
    than half of the article that it declares, and the body is what it declares. `given.<field>` says why a claim of the sender's,
    or a part of it, was left out: "malformed", "unsure" (it can be read in two ways) or "too_large". A day that is null because
    claims disagree has an origin that begins with "unsure:" and names the days between which nothing decides."""
    confidence: Confidence = Confidence()
    """How sure the record is of five of its fields."""
    ingest: BuildInfo
    """What made the record."""

    def to_json(self, *, indent: int | None = None) -> str:
        """The record as JSON; the same record gives the same text."""
        text = self.model_dump_json(indent=indent)
        # What `extra` holds stays as it was sent, and commands no terminal.
        return UNSAFE_CHARACTERS.sub(_escaped, text) if self.extra else text


CLAIMABLE_FIELDS = (
    "url", "publisher", "headline", "alternative_headlines", "subheadline", "authors", "byline", "dateline", "language", "published", "modified", "section",
    "keywords", "images", "related", "copyright_notice", "usage_terms", "rights", "status", "embargoed", "urgency", "subjects",
    "digital_source_type", "item",
)  # fmt: skip
"""Fields about which a claim may be made; the others are found or counted."""


@cache
def field_type(name: str) -> TypeAdapter[Any]:
    """What a value must look like to stand in a field. Raises KeyError for a field about which no claim may be made."""
    if name not in CLAIMABLE_FIELDS:
        raise KeyError(name)
    field = Record.model_fields[name]
    return TypeAdapter(Annotated[field.annotation, field])  # type: ignore[arg-type]  # an annotation made at run time
