"""Which claim wins a field. Precedence first; agreement where sources of one rank often err: headline, authors, published."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ingest.model import Claim

RANK = ("given", "json-ld", "meta", "page", "text", "pack")


def choose(claims: Iterable[Claim]) -> dict[str, Claim]:
    """The winning claim of each field. Claims of one origin stand in the order of their worth."""
    fields: dict[str, list[Claim]] = {}
    for claim in sorted(claims, key=lambda c: RANK.index(c.origin) if c.origin in RANK else len(RANK)):
        fields.setdefault(claim.field, []).append(claim)
    return {field: found[0] for field, found in fields.items()}
