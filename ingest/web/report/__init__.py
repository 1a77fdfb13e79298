"""The report: one page about a run, with outcomes, publishers that changed, and the rules that decided."""

from __future__ import annotations

from ingest.web.report.page import report_page
from ingest.web.report.statistics import RunStatistics, summarize

__all__ = ["RunStatistics", "report_page", "summarize"]
