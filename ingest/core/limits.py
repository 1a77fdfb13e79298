"""How much of a file is read. Every bound of the core stands here with its reason; time and memory are bounded by the worker pool.

Those of `Limits` are knobs of the service (`INGEST_MAX_UNPACKED`, `…_TAGS`, `…_LINES`, `…_BLOCKS`, `…_EXTRA`); the others cost no article a word.
What a bound costs: a file over `unpacked_bytes` is refused, one over `tags`, `lines` or `blocks` is cut and its record says so
(`provenance.body` is "truncated"), an `extra` over its bound is left out (`provenance["given.extra"]`), and the others lose nothing.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds of one article. The defaults refuse or cut no page of the benches."""

    unpacked_bytes: int = 32 * 2**20
    """Bytes of the content, unpacked: fourteen times the largest of 1,149 pages measured (2.2 MB); a bomb stops here."""
    tags: int = 100_000
    """Characters `<` of a page: each may become an element of some 2 KB and a tenth of a millisecond, so 10 s; the largest page
    measured has 9,770."""
    lines: int = 500_000
    """Line ends of a text, blank lines among them."""
    blocks: int = 50_000
    """Blocks of an article: a book has 10,000 paragraphs; each costs the classifiers some 3 KB and the record a line."""
    extra: int = 64 * 2**10
    """Bytes of the sender's own object (`extra`) as JSON: ids and tags take some hundred."""
    members: int = 1_000_000
    """Members of a container: a WARC file of 1 GB has 30,000 to 50,000 pages."""
    json_fields: tuple[tuple[str, str], ...] = ()
    """Where JSON pages keep a field, as (field, path of keys joined by points), before the keys that are known (`containers.json_fields`)."""


LIMITS = Limits()

MAX_ELEMENT_DEPTH = 2_000
"""Elements inside each other, of 80 at most in the pages measured: libxml2 stops at 2,048 and drops what follows, so deeper ones are dissolved into their parents."""

MAX_FINDER_DEPTH = 250
"""Up to here trafilatura is asked for the main region: it recurses, and some 300 nested lists exhaust Python's stack."""

MAX_FINDER_ELEMENTS = 10_000
"""And up to here, twice the 4,975 of the largest page measured: it asks for every paragraph whether its text was seen before. 14,000
elements took it as long as all else, and 500,000 more than 90 s. htmldate is not asked for the day of a larger page either."""

MAX_RULE_TEXT_CHARACTERS = 5_000
"""Characters of a block, from which on no rule looks at it but those for its end: notices are short, and a slow pattern is no danger then."""

MAX_COMBINING_MARKS = 30
"""Combining marks in a row (Unicode Standard Annex 15, stream-safe text): ordering them takes the square of their number."""

MAX_GZIP_MEMBERS = 1_000
"""Streams in one gzip file: bgzip makes one of each 64 KB; each is cut off the front of what is left."""

MAX_INNER_ELEMENTS = 3_000
"""Elements inside a byline, a figure, a box of links: nested in one another, each is looked at once for all around it."""

MAX_CLASS_ATTR_CHARACTERS = 2_000
"""Characters of a class attribute that are looked at."""

MAX_URL_CHARACTERS = 4_000
"""Characters of an address; what is longer is none, for browsers and servers refuse it."""

MAX_SHARED_PARSER_CHARACTERS = 1 << 18
"""Characters of a page, or bytes of a file, up to which it is read in the thread that all share; a larger one has a thread of its own (`caching.in_own_thread`),
which costs it .1 ms of 60."""
