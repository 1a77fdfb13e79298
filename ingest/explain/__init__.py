"""One article seen whole: what came at the left, the record at the right, and why each line went where it went."""

from __future__ import annotations

from ingest.explain.evidence import compared, evidence_of, headline_evidence
from ingest.explain.page import page, sheet
from ingest.explain.whole import explained

__all__ = ["compared", "evidence_of", "explained", "headline_evidence", "page", "sheet"]
