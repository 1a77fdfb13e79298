"""Whose article it is, as memory counts: by its domain, or by the lines that it has."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ingest.core.memory.lines import distinctive, line_keys
from ingest.core.text.characters import count_words
from ingest.core.text.strings import registered_domain

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ingest.core.memory.publisher import PublisherMemory
    from ingest.core.memory.snapshot import Memory
    from ingest.core.model import Article
    from ingest.core.packs import Rulebook


def publisher_domain(stated: Mapping[str, Any], rulebook: Rulebook) -> str | None:
    """The registered domain under which memory knows the publisher: of the address, as stated, or of the pack that fits.

    `stated`: the value of each field, from the claims.
    """
    domain = stated_domain(stated)
    if domain or not rulebook.publisher:
        return domain
    return next(iter(rulebook.publisher.domains), None)


def stated_domain(stated: Mapping[str, Any]) -> str | None:
    """The same, as far as it was stated."""
    return registered_domain(stated.get("url")) or stated.get("publisher", {}).get("domain")


def names_publisher(article: Article, publisher: str | None, rulebook: Rulebook) -> bool:
    """Whether the article itself says whose it is: by an address, by its metadata or by a mark of the publisher's, not by its sender alone."""
    if publisher is None:
        return False
    if rulebook.publisher and rulebook.found_by == "fingerprint" and publisher in rulebook.publisher.domains:
        return True
    for claim in article.claims:
        if claim.origin != "given":
            if claim.field == "url" and registered_domain(claim.value) == publisher:
                return True
            if (
                claim.field == "publisher"
                and claim.value.get("domain") == publisher
                and not _is_base(article, publisher)
            ):
                return True
    return False


def _is_base(article: Article, publisher: str) -> bool:
    """Whether the sender gave an address of the publisher: the domain of a page's metadata is then read from that."""
    return any(
        claim.origin == "given" and claim.field == "url" and registered_domain(claim.value) == publisher
        for claim in article.claims
    )


def find_publisher(memory: Memory, publisher: str | None, article: Article) -> PublisherMemory | None:
    """What memory knows about an article's publisher; where none is named, about the one whose lines it has."""
    if publisher:
        return memory.of(publisher)
    keys = line_keys(block.text for block in article.blocks)
    return memory.find(distinctive(keys, np.array([count_words(block.text) for block in article.blocks], np.intp)))
