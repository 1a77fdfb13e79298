"""One article seen whole: what came at the left, the record at the right, and why each line went where it went."""

from __future__ import annotations

from ingest.explain.page import page

__all__ = ["page"]
