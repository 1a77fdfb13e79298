"""The explain page: the source on the left, the record on the right, and why each line was kept or removed."""

from __future__ import annotations

from ingest.web.explain.feature_text import compared, decisive_features, headline_evidence
from ingest.web.explain.page import explain_page, page_template
from ingest.web.explain.render import render_explanation

__all__ = ["compared", "decisive_features", "explain_page", "headline_evidence", "page_template", "render_explanation"]
