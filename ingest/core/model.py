"""The nouns: one for each stage, all frozen. Every other module turns one of them into the next.

    bytes ─▶ RawArticle ──parse──▶ Article (blocks + claims) ──label──▶ LabelledBlock … ──compose──▶ Record

Nouns of which an article has hundreds are named tuples: a frozen dataclass takes three times as long to make. The module imports the
standard library alone; `Record`, the public contract, lives in `ingest.core.record`.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from ingest.errors import Reason
from ingest.errors import Rejected as Rejected  # noqa: PLC0414 - the parsers raise it beside the nouns

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

BlockKind = Literal["paragraph", "heading", "list_item", "quote", "caption", "cell", "separator"]
"""What a block is by its form; `caption` is a figcaption or its like, `cell` a table cell, `separator` a line of dashes or stars."""

Origin = str
"""Where a claim comes from: "given", "format", "json-ld", "meta", "page", "text" or "pack"; `metadata.resolve.ORIGIN_PRECEDENCE` ranks them."""


JUDGED_BY_MODEL, JUDGED_BY_PLACE = "model", "memory/place"
"""Ids of what judges every block: the trained classifier, or, on a page of a template that memory knows, what its place held on others."""
JUDGED = frozenset({JUDGED_BY_MODEL, JUDGED_BY_PLACE})

UNSEEN = "unseen"
"""Among the tokens of an element: nobody sees what stands in it, for its letters have no size, or it is clipped or off the screen."""


class Label(StrEnum):
    """What a block is, and so which field of the record it belongs to. A closed set."""

    BODY = "body"
    HEADLINE = "headline"
    SUBHEADLINE = "subheadline"
    BYLINE = "byline"
    DATE = "date"
    CAPTION = "caption"
    CREDIT = "credit"
    RELATED = "related"
    COPYRIGHT_NOTICE = "copyright_notice"
    USAGE_TERMS = "usage_terms"
    LEGAL_NOTICE = "legal_notice"
    SOURCE_LINE = "source_line"
    PROMO = "promo"
    SHARE = "share"
    NAVIGATION = "navigation"
    TAGS = "tags"
    AUTHOR_BIO = "author_bio"
    COMMENTS = "comments"
    ADVERTISEMENT = "advertisement"
    WIDGET = "widget"
    DUPLICATE = "duplicate"


class Relation(StrEnum):
    """What a record is to an earlier one that tells the same story. A closed set."""

    IDENTICAL = "identical"
    COPY = "copy"
    EXCERPT = "excerpt"
    CONTAINS = "contains"
    NEW_VERSION = "new_version"
    EARLIER_VERSION = "earlier_version"
    CORRECTION = "correction"
    UPDATE = "update"
    KILL = "kill"


@dataclass(frozen=True, slots=True)
class RawArticle:
    """Bytes as they came, unpacked, and what the sender claims about them. `id`: SHA-256 of the content, in hex."""

    content: bytes
    name: str | None = None
    claims: tuple[Claim, ...] = ()
    id: str = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "id", hashlib.sha256(self.content).hexdigest())


@dataclass(frozen=True, slots=True)
class Claim:
    """One assertion about one field of the record, and who makes it. `value` has the field's JSON shape.

    `rival`: the other value that the same words can mean, where nothing on the page decides which: 03/04/2024.
    """

    field: str
    value: Any
    origin: Origin
    rival: Any = None


class Link(NamedTuple):
    """A link inside a block: its words and its absolute address."""

    text: str
    url: str


@dataclass(
    slots=True, eq=False
)  # never changed either; but a page has 500, and making each takes four times as long with "frozen"
class Element:
    """An element of a page that holds text, and those around it; blocks inside one element share one `Element`.

    `class_attr`: its class attribute as written. `name_tokens`: the words of its class, id, role and the like, lower-cased. `depth`: how many
    elements stand around it.
    """

    tag: str
    class_attr: str = ""
    name_tokens: tuple[str, ...] = ()
    depth: int = 0
    parent: Element | None = field(default=None, repr=False)

    def self_and_ancestors(self) -> Iterator[Element]:
        """The element itself and those around it, the outermost last."""
        element: Element | None = self
        while element:
            yield element
            element = element.parent


class Markup(NamedTuple):
    """What a page says about one block beside its words; a text file says none of it.

    `tag`: the block-level element it stands in. `links`: in order. `link_density`: share of the block's characters inside links,
    0 to 1. `media`: pictures, players and frames between the block before and this one.
    `metadata_overlap`: share of its words that the page's description says, and its JSON-LD articleBody.
    `element`: the smallest element with the whole block. `lines`: those of preformatted text, where there are several.
    """

    tag: str = ""
    links: tuple[Link, ...] = ()
    link_density: float = 0.0
    media: int = 0
    metadata_overlap: tuple[float, float] = (0.0, 0.0)
    element: Element | None = None
    lines: tuple[str, ...] = ()


class Block(NamedTuple):
    """One visually separate run of text: a non-empty line of a text file, a block-level run of a page. Never altered after parse."""

    text: str
    kind: BlockKind = "paragraph"
    after_blank_line: bool = True
    """A blank line stood before it; in a page, always."""
    markup: Markup | None = None


@dataclass(frozen=True, slots=True)
class SourceDescription:
    """How the bytes were read."""

    name: str | None
    media_type: Literal["text/plain", "text/html"]
    encoding: str
    bytes: int
    format: str | None = None
    """The format around the article, where it is more than text or HTML."""


@dataclass(frozen=True, slots=True)
class ContainerDescription:
    """Where in a container an article was. `offset`: in bytes; `fetched`: RFC 3339."""

    name: str | None
    member: str
    offset: int | None = None
    fetched: str | None = None


@dataclass(frozen=True, slots=True)
class Article:
    """What parse found: the blocks in order, the claims in the order they were met."""

    id: str
    blocks: tuple[Block, ...]
    claims: tuple[Claim, ...]
    source: SourceDescription
    truncated: bool = False
    """The source is larger than the limits: what follows the last block was not read."""
    extra: Mapping[str, Any] = field(default_factory=dict)
    """What the sender says beside the record's fields, in JSON values."""
    notes: Mapping[str, str] = field(default_factory=dict)
    """What the record's provenance says beside the fields' origins: how its bytes were read, which claims were left out."""
    declared: tuple[Block, ...] = ()
    """The paragraphs of the article as the page's JSON-LD has them, where it has one; no part of `blocks`."""
    drawn: bool = False
    """The page shows hardly a word, and a script is there that would."""
    has_script: bool = False
    """The page has a script, which is not run."""
    container: ContainerDescription | None = None
    """Of a member of a container."""
    is_marked_up: bool = False
    """Its format says what is body: `blocks` are that, but for the first of them, which bear the labels of `stated_labels`."""
    stated_labels: tuple[Label, ...] = ()
    """What the first blocks are, as the format says."""


class LabelledBlock(NamedTuple):
    """A block and its label. `rule` is what decided: "pack/rule", "structure/…", "memory/…" or "model"; `confidence` is 0 to 1."""

    block: Block
    label: Label
    rule: str
    confidence: float = 1.0
    captured: Mapping[str, str] = MappingProxyType({})
    """What the rule's named groups matched: the field's value without its marker ("headline", "credit", "url" …)."""
    counts: tuple[int, int] | None = None
    """Where memory decided: in how many stories of the publisher, of how many."""


class Prediction(NamedTuple):
    """What a trained classifier says of one block, and how sure it is, 0 to 1."""

    label: Label
    confidence: float


@dataclass(frozen=True, slots=True)
class Stored:
    """The record is durable in the record store."""

    name = "stored"


@dataclass(frozen=True, slots=True)
class Duplicate:
    """Its content has a record already, made with other claims, and that record stays. `lost`: the fields whose claims it does not bear."""

    lost: tuple[str, ...] = ()
    name = "duplicate"


@dataclass(frozen=True, slots=True)
class Refused:
    """The source lies in quarantine with its reason."""

    reason: Reason
    message: str = ""
    name = "refused"


@dataclass(frozen=True, slots=True)
class Unpacked:
    """The container has been read, and all its members have outcomes of their own."""

    members: int
    name = "unpacked"


@dataclass(frozen=True, slots=True)
class Gone:
    """Somebody else settled it, or its source vanished: nothing to do."""

    name = "gone"


Outcome = Stored | Duplicate | Refused | Unpacked | Gone
