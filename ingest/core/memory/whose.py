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
    domain = registered_domain(stated.get("url")) or stated.get("publisher", {}).get("domain")
    if domain or not rulebook.publisher:
        return domain
    return next(iter(rulebook.publisher.domains), None)


def find_publisher(memory: Memory, publisher: str | None, article: Article) -> PublisherMemory | None:
    """What memory knows about an article's publisher; where none is named, about the one whose lines it has."""
    if publisher:
        return memory.of(publisher)
    keys = line_keys(block.text for block in article.blocks)
    return memory.find(distinctive(keys, np.array([count_words(block.text) for block in article.blocks], np.intp)))
