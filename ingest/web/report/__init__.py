"""How a run went, on one page: what became of the files, which publisher changed, which rules work."""

from __future__ import annotations

from ingest.web.report.page import report_page
from ingest.web.report.statistics import RunStatistics, summarize

__all__ = ["RunStatistics", "report_page", "summarize"]
