"""From a labelled article to its page: composed, or refused and shown all the same."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

from ingest.core.compose import compose
from ingest.core.model import Rejected
from ingest.web.explain.feature_text import decisive_features
from ingest.web.explain.page import explain_page

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ingest.core.pipeline import LabelledArticle
    from ingest.core.record import Record


def render_explanation(
    labelled_article: LabelledArticle,
    *,
    served: bool = False,
    min_confidence: Mapping[str, float] = MappingProxyType({}),
) -> str:
    """The page of an article with all its evidence. `served`: as for `explain_page`; `min_confidence`: as for `clean`."""
    outcome: Record | Rejected
    try:
        outcome = compose(
            labelled_article.article, labelled_article.labelled, labelled_article.rulebook, min_confidence
        )
    except Rejected as rejected:  # its blocks are there all the same, and the page shows what became of them
        outcome = rejected
    return explain_page(labelled_article, outcome, decisive_features(labelled_article), served=served)
