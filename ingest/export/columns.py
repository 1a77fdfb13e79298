"""A record as a row of typed columns, for tables and data frames.

A time of the record is a day or an instant in one field (`published`). A column has one type, so each becomes two: the day, as it was
written, and the instant, null where only the day is known.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any, TypedDict


class Columns(TypedDict):
    """The columns. What is unknown is None."""

    id: str
    url: str | None
    publisher_name: str | None
    publisher_domain: str | None
    headline: str | None
    subheadline: str | None
    authors: list[str]
    byline: str | None
    language: str | None
    published_day: date | None
    published_at: datetime | None
    modified_day: date | None
    modified_at: datetime | None
    section: str | None
    keywords: list[str]
    body: str
    copyright_notice: str | None
    usage_terms: str | None
    status: str | None
    embargoed_day: date | None
    embargoed_at: datetime | None
    story: str | None
    schema_version: int


def columns(record: Mapping[str, Any]) -> Columns:
    """The row of a record that was read from its JSON, of any schema version."""
    publisher = record.get("publisher") or {}
    published_day, published_at = day_and_instant(record.get("published"))
    modified_day, modified_at = day_and_instant(record.get("modified"))
    embargoed_day, embargoed_at = day_and_instant(record.get("embargoed"))
    return {
        "id": record["id"],
        "url": record.get("url"),
        "publisher_name": publisher.get("name"),
        "publisher_domain": publisher.get("domain"),
        "headline": record.get("headline"),
        "subheadline": record.get("subheadline"),
        "authors": list(record.get("authors") or ()),
        "byline": record.get("byline"),
        "language": record.get("language"),
        "published_day": published_day,
        "published_at": published_at,
        "modified_day": modified_day,
        "modified_at": modified_at,
        "section": record.get("section"),
        "keywords": list(record.get("keywords") or ()),
        "body": record["body"],
        "copyright_notice": record.get("copyright_notice"),
        "usage_terms": record.get("usage_terms"),
        "status": record.get("status"),
        "embargoed_day": embargoed_day,
        "embargoed_at": embargoed_at,
        "story": record.get("story"),
        "schema_version": record["schema_version"],
    }


def day_and_instant(value: str | None) -> tuple[date | None, datetime | None]:
    """The day and the instant, in UTC, of a time in a record. The day is that of the time's own offset, as readers of the article saw it.

    A time without an hour has no instant; what is no day of the calendar (February 30) has neither.
    """
    if not value:
        return None, None
    try:
        day = date.fromisoformat(value[:10])
    except ValueError:
        return None, None
    try:
        return day, datetime.fromisoformat(value).astimezone(UTC) if "T" in value else None
    except (ValueError, OverflowError):  # 23:59:60, or the first hours of the year 1
        return day, None
