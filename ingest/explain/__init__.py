"""One article seen whole: what came at the left, the record at the right, and why each line went where it went."""

from __future__ import annotations

from ingest.explain.evidence import evidence_of
from ingest.explain.page import page, sheet
from ingest.explain.whole import explained

__all__ = ["evidence_of", "explained", "page", "sheet"]
