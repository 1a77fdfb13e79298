"""The view models of the records' pages."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple
from urllib.parse import urlencode

from ingest.web.dashboard.journal_index import JournalIndex, SettledFile
from ingest.web.dashboard.pages import TEMPLATE, Facts, FileRow, MessageView, View, file_rows
from ingest.web.dashboard.search import Wanted
from ingest.web.html import replace_forbidden
from ingest.web.html.environment import environment

ROWS_PER_PAGE = 50
EXPLAIN_LINKS = '<nav class="dashboard" aria-label="Dashboard"><a href="/">← Dashboard</a></nav>'.encode()
"""Of explain.html, in whose place the dashboard's own stand; a document's text is escaped and cannot hold it."""


class Found(NamedTuple):
    """One page of records and one more if there is one; `choices`: the filters' values with their counts; `notes`: what is not searched."""

    rows: Sequence[SettledFile]
    choices: Mapping[str, Sequence[tuple[str, int]]]
    notes: tuple[str, ...]


class Option(NamedTuple):
    """A value of a filter, and what it says."""

    value: str
    text: str
    chosen: bool


@dataclass(frozen=True, slots=True)
class Filter:
    """A list to choose from; the first option is to choose none."""

    name: str
    options: tuple[Option, ...]


@dataclass(frozen=True, slots=True)
class RecordsView(View):
    """Records that were found, and the addresses of the pages beside this one. `filters`: empty without a search index."""

    query: str
    rows: tuple[FileRow, ...]
    newer: str | None = None
    older: str | None = None
    filters: tuple[Filter, ...] = ()
    day: str = ""
    notes: tuple[str, ...] = ()
    narrowed: bool = False
    """By words or filters."""
    by_confidence: bool = False
    """The least sure first, and no others."""


@dataclass(frozen=True, slots=True)
class LinksView:
    """What the dashboard adds to an explain page. `downloads`: file names below the record's address."""

    back: tuple[str, str]
    address: str | None = None
    refusal: tuple[str, str] | None = None
    """Reason and message."""
    retry: str | None = None
    members: tuple[FileRow, ...] = ()


@dataclass(frozen=True, slots=True)
class KeptView(MessageView):
    """A record whose source cannot be explained, and the other records of its story."""

    address: str = ""
    members: tuple[FileRow, ...] = ()


def records(facts: Facts, found: Found, wanted: Wanted, page: int) -> str:
    """Records, the newest first, or those that a search finds."""
    kept = ({"q": wanted.query} if wanted.query else {}) | dict(wanted.facets)

    def address(number: int) -> str:
        return f"/records?{urlencode(kept | {'page': str(number)}, errors='replace')}"

    view = RecordsView(
        behind=bool(facts.get("behind")),
        query=wanted.query,
        rows=file_rows(found.rows[:ROWS_PER_PAGE]),
        newer=address(page - 1) if page > 1 else None,
        older=address(page + 1) if len(found.rows) > ROWS_PER_PAGE else None,
        filters=tuple(_filter(kind, values, wanted.facets.get(kind)) for kind, values in found.choices.items()),
        day=wanted.facets.get("day", ""),
        notes=found.notes,
        narrowed=bool(kept),
    )
    return TEMPLATE.render("dashboard_records.html", view)


def unsure_records(facts: Facts, index: JournalIndex) -> str:
    """The records with the least sure values, for people to look at."""
    rows = file_rows(index.least_sure(ROWS_PER_PAGE))
    return TEMPLATE.render(
        "dashboard_records.html", RecordsView(bool(facts.get("behind")), "", rows, by_confidence=True)
    )


def with_links(page: bytes, row: SettledFile, members: Sequence[SettledFile]) -> bytes:
    """An explain page with links to the record's downloads and to its story."""
    view = LinksView(("/records", "Records"), address=f"/records/{row.id}", members=file_rows(members))
    return add_links(page, view)


def add_links(page: bytes, view: LinksView) -> bytes:
    """An explain page with what the dashboard adds to it."""
    links = replace_forbidden(environment().get_template("dashboard_links.html").render(view=view))
    return page.replace(EXPLAIN_LINKS, links.encode(), 1)


def kept(facts: Facts, row: SettledFile, why: str, members: Sequence[SettledFile]) -> str:
    """What is known of a record whose source cannot be explained any more."""
    view = KeptView(
        behind=bool(facts.get("behind")),
        title=row.title,
        text=f"Its lines cannot be shown: {why}",
        rows=file_rows([row]),
        address=f"/records/{row.id}",
        members=file_rows(members),
    )
    return TEMPLATE.render("dashboard_kept.html", view)


def _filter(kind: str, values: Sequence[tuple[str, int]], chosen: str | None) -> Filter:
    listed = [Option(value, f"{value} ({count:,})", value == chosen) for value, count in values]
    if chosen and not any(option.chosen for option in listed):
        listed.insert(0, Option(chosen, chosen, chosen=True))
    return Filter(kind, (Option("", "any", not chosen), *listed))
