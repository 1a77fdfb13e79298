"""The fingerprint of a clean article: all that is remembered of it to know its story again, in at most 800 bytes.

The body is a sample of its shingles (a FracMinHash sketch): those below a bound that halves until at most 128 are left. Two samples are
compared below the smaller bound, so what they share says what the texts share, whatever their lengths.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from hashlib import blake2b
from itertools import pairwise
from urllib.parse import urlsplit

import numpy as np
from numpy.typing import NDArray

from ingest.core.memory.shingles import Hashes, shingle_hashes, tokens
from ingest.core.memory.story_markers import Marker, quoted, read_marker
from ingest.core.model import Label, Relation
from ingest.core.record import Record
from ingest.core.text.strings import is_article_url, registered_domain

MAX_BODY_CHARACTERS = 200_000
"""Of a body whose shingles are taken: 35,000 words in 30 ms. A text of 30 MB would take 400 MB."""
SKETCH_SHINGLES = 128
"""Most shingles of a sketch; a body of 350 words keeps 88."""
STORED_KEYS, PROBED_KEYS = 16, 32
"""Smallest shingles by which an article is found, and by which it finds others. Of an article that has only a fifth of an older one's
text, one of the 16 is among its own with a chance of 97 %."""
OPENING_WORDS = 100
OPENING_SHINGLES, OPENING_KEYS = 16, 4
"""An excerpt mostly is the opening, so that has a sample of its own, of its smallest shingles; the first of them are keys."""
MAX_HEADLINE_TOKENS = 8
MIN_HEADLINE_TOKENS = 3
"""Words of a headline that names one story; "Morning briefing" does not."""
MAX_NOTE_LINES = 6
"""Lines of an article that may be an editor's note."""
MAX_NOTICE_CHARACTERS, MAX_QUOTED = 2400, 16
"""How much of a notice is searched for headlines in quotation marks, and how many of them count."""
LEVELS = 8
"""Bounds of a sample: a text is compared with one of up to 128 times its length."""
_HEAD = struct.Struct("<BIqqqqdQBBBBB")
_KINDS = (None, Relation.CORRECTION, Relation.UPDATE, Relation.KILL)
_DATED_PATH = re.compile(r"/(?:19|20)\d\d[/-]?[01]\d(?:[/-]?[0-3]\d)?/.")
_OWN_IDENTIFIER = re.compile(r"[:@]|^[0-9a-f-]{32,}$", re.IGNORECASE)
_TRACKING = re.compile(r"(?:^|&)(?:utm_\w+|fbclid|gclid|at_\w+|cmpid|ocid)=[^&]*")

Keys = NDArray[np.uint32]


@dataclass(frozen=True, eq=False)
class Fingerprint:
    """What is remembered of one article. Hashes are 64 bits; 0 stands for what is unknown."""

    id: str
    """The record's."""
    arrived: int
    """When it came, in nanoseconds, or any number that grows: the order where no time is known."""
    level: int
    """The sample has the shingles whose hash is below 2**(64 - level)."""
    size: int
    """How many different shingles the body has."""
    below: tuple[int, ...]
    """How many of the sample are below the bound of this level, the next, … (`LEVELS` of them)."""
    sketch: Keys
    """The lower halves of the sample's hashes, in the order of the whole hashes."""
    opening: Keys
    """The upper halves of the smallest hashes of the opening, ascending."""
    text: int
    """Hash of the whole body, without case, punctuation and white space."""
    address: int
    """Hash of the URL, or else of the sender's own identifier."""
    is_article_address: bool
    publisher: int
    """Hash of the registered domain, or else of the publisher's name."""
    headline: int
    """Hash of the headline without its marker."""
    headline_tokens: Keys
    marker: Marker | None
    changed: float
    """When the article was last changed, in seconds since 1970; 0 where its hour is unknown."""
    quoted: frozenset[int] = frozenset()
    """Hashes of what a notice of a kill or a correction has in quotation marks; of a new article alone."""

    @cached_property
    def samples(self) -> tuple[frozenset[int], ...]:
        """The sample as it is, below the next bound, …."""
        values = self.sketch.tolist()
        return tuple(frozenset(values[:count]) for count in self.below)

    def stored_keys(self) -> list[int]:
        """The 32-bit keys under which the article is to be found."""
        keys = [*self.sketch[:STORED_KEYS].tolist(), *self.opening[:OPENING_KEYS].tolist()]
        return [*dict.fromkeys(keys), *_salted(self.address, 1), *_salted(self.headline, 2), *_salted(self.text, 3)]

    def probed_keys(self) -> list[int]:
        """The keys under which articles of the same story may be found."""
        keys = [*self.sketch[:PROBED_KEYS].tolist(), *self.opening[:OPENING_KEYS].tolist()]
        named = [self.headline, *sorted(self.quoted)] if self.headline or self.quoted else []
        salted = [*_salted(self.address, 1), *_salted(self.text, 3)]
        return [*dict.fromkeys(keys), *salted, *(key for one in named for key in _salted(one, 2))]

    def to_bytes(self) -> bytes:
        """All of it but `id` and `quoted`."""
        kind = _KINDS.index(self.marker.kind) if self.marker else 0
        head = _HEAD.pack(
            self.level, self.size, self.text, self.address, self.publisher, self.headline, self.changed, self.arrived,
            self.is_article_address, kind, self.marker.number if self.marker else 0, len(self.opening), len(self.headline_tokens),
        )  # fmt: skip
        parts = (self.sketch, self.opening, self.headline_tokens)
        return head + bytes(self.below) + b"".join(part.astype("<u4").tobytes() for part in parts)

    @classmethod
    def from_bytes(cls, record_id: str, content: bytes) -> Fingerprint:
        """The inverse of `to_bytes`."""
        (
            level, size, text, address, publisher, headline, changed, arrived, is_article, kind, number, opening, words,
        ) = _HEAD.unpack_from(content)  # fmt: skip
        below = tuple(content[_HEAD.size : _HEAD.size + LEVELS])
        values = np.frombuffer(content, "<u4", offset=_HEAD.size + LEVELS)
        ends = len(values) - words
        relation = _KINDS[kind]
        return cls(
            record_id, arrived, level, size, below, values[: ends - opening], values[ends - opening : ends], text, address,
            bool(is_article), publisher, headline, values[ends:], Marker(relation, number) if relation else None, changed,
        )  # fmt: skip


def fingerprint(record: Record, arrived: int) -> Fingerprint:
    """The fingerprint of a record. `arrived`: a number that grows with each article, such as the nanoseconds of its token."""
    marker, bare = read_marker(
        record.headline, _note_lines(record), (one.text for one in record.removed[:MAX_NOTE_LINES])
    )
    if record.status == "canceled":
        marker = Marker(Relation.KILL)
    words = tokens(record.body[:MAX_BODY_CHARACTERS])
    hashes = shingle_hashes(words)
    level = 0
    while len(sample := hashes[: np.searchsorted(hashes, np.uint64((1 << 64 - level) - 1))]) > SKETCH_SHINGLES:
        level += 1
    bounds = np.array([(1 << 64 - min(level + step, 63)) - 1 for step in range(LEVELS)], np.uint64)
    opening = (shingle_hashes(words[:OPENING_WORDS])[:OPENING_SHINGLES] >> np.uint64(32)).astype(np.uint32)
    headline = tokens(bare) if bare else []
    notice = quoted(record.body[:MAX_NOTICE_CHARACTERS])[:MAX_QUOTED] if marker else []
    named = (tokens(text) for text in notice)
    domain = (record.publisher and record.publisher.domain) or registered_domain(record.url)
    name = record.publisher and record.publisher.name
    return Fingerprint(
        record.id, arrived, level, len(hashes), tuple(np.searchsorted(sample, bounds).tolist()), _lower(sample), opening,
        _hash(" ".join(words) + record.body[MAX_BODY_CHARACTERS:]), _address(record), _is_article(record),
        _hash(domain or " ".join(tokens(name or ""))), _headline(headline), _headline_tokens(headline), marker,
        _seconds(record.modified or record.published), quoted=frozenset(map(_headline, named)) - {0},
    )  # fmt: skip


def _note_lines(record: Record) -> Iterator[str]:
    """Where an editor's note or a slug may stand: the first lines and the last. What left the body of a page is its own, not the agency's."""
    if record.item:
        yield from filter(None, (record.item.take, record.item.slug, record.item.note))
    if record.source.media_type == "text/plain":
        yield from (removed.text for removed in record.removed[:MAX_NOTE_LINES] if removed.label is not Label.DATE)
    lines = [line for line in record.body.split("\n") if line]
    yield from lines[: MAX_NOTE_LINES // 2]
    yield from lines[MAX_NOTE_LINES // 2 :][-MAX_NOTE_LINES // 2 :]


def _lower(hashes: Hashes) -> Keys:
    return (hashes & np.uint64(0xFFFFFFFF)).astype(np.uint32)


def _hash(text: str) -> int:
    """64 bits, signed; 0 for an empty text."""
    digest = blake2b(text.encode("utf-8", "replace"), digest_size=8).digest()
    return int.from_bytes(digest, "little", signed=True) if text else 0


def _headline(words: list[str]) -> int:
    """0 for a headline that is too short to name a story."""
    return _hash(" ".join(words)) if len(words) >= MIN_HEADLINE_TOKENS else 0


def _headline_tokens(words: list[str]) -> Keys:
    """Hashes of a headline's words, of at least three letters where there are such, and of pairs of characters in scripts without spaces."""
    pairs = [one + other for one, other in pairwise(words) if len(one) == len(other) == 1]
    telling = list(dict.fromkeys([*(word for word in words if len(word) > 2), *pairs]))
    return np.array([_hash(word) & 0xFFFFFFFF for word in telling[:MAX_HEADLINE_TOKENS]], np.uint32)


def _address(record: Record) -> int:
    """Hash of an address without what does not name the article: scheme, www, campaign parameters, the final slash. Without one, hash of the
    identifier that the sender gave the article, if it is nobody else's: "urn:newsml:…", not "17".
    """
    if not record.url:
        name = (record.item and record.item.id) or ""
        return _hash(name) if _OWN_IDENTIFIER.search(name) else 0
    parts = urlsplit(record.url)
    host = re.sub(r"^(?:www|m|amp)\.", "", (parts.hostname or "").lower())
    path = parts.path.rstrip("/")
    query = _TRACKING.sub("", parts.query).strip("&")
    return _hash(f"{host}{path}?{query}") if path or query else 0


def _is_article(record: Record) -> bool:
    """Whether the address is an article's, not that of a front page or section, which has another text each day."""
    return record.url is None or bool(is_article_url(record.url) or _DATED_PATH.search(record.url))


def _seconds(moment: str | None) -> float:
    with suppress(ValueError, OverflowError):  # a form of time that no calendar has: month 13
        return datetime.fromisoformat(moment).timestamp() if moment and "T" in moment else 0.0
    return 0.0


def _salted(value: int, salt: int) -> list[int]:
    return [(value ^ value >> 32 ^ salt * 0x9E3779B1) & 0xFFFFFFFF] if value else []
