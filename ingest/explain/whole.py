"""From an examined article to its page: composed, or refused and shown all the same."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ingest.compose import compose
from ingest.explain.evidence import evidence_of
from ingest.explain.page import page
from ingest.model import Rejected

if TYPE_CHECKING:
    from ingest.pipeline import Examined
    from ingest.record import Record


def explained(examined: Examined, *, served: bool = False) -> str:
    """The page of an article with all its evidence. `served`: as for `page`."""
    outcome: Record | Rejected
    try:
        outcome = compose(examined.article, examined.labelled, examined.rulebook)
    except Rejected as rejected:  # its blocks are there all the same, and the page shows what became of them
        outcome = rejected
    return page(examined, outcome, evidence_of(examined), served=served)
