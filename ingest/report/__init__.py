"""How a run went, on one page: what became of the files, which publisher changed, which rules work."""

from __future__ import annotations

from ingest.report.page import page
from ingest.report.tell import Told, tell

__all__ = ["Told", "page", "tell"]
