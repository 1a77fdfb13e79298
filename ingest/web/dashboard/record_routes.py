"""Routes of the records: lists, searches, one record, its downloads."""

from __future__ import annotations

import asyncio
import re
from datetime import date
from typing import TYPE_CHECKING

from pydantic import ValidationError
from starlette.responses import Response

from ingest.core.record import Record
from ingest.export import FORMATS
from ingest.web.dashboard import pages, record_pages
from ingest.web.dashboard.search import SearchError, Wanted
from ingest.web.dashboard.search_terms import FACETS
from ingest.web.dashboard.state import dashboard_of, html, missing, page_number
from ingest.web.explain import page_template as explain_template

if TYPE_CHECKING:
    from starlette.requests import Request

    from ingest.web.dashboard.journal_index import SettledFile
    from ingest.web.dashboard.state import Dashboard

ID = re.compile(r"[0-9a-f]{64}")
MAX_QUERY_CHARACTERS = 200
DOWNLOADS = {"record.json": "json", "record.ninjs.json": "ninjs"}
"""File name in the address → format."""


async def records(request: Request) -> Response:
    """Records by time, or found by words and filters; or the least sure ones."""
    dashboard = dashboard_of(request)
    if request.query_params.get("order") == "least-sure":
        return html(
            await dashboard.page(lambda facts: record_pages.unsure_records(facts, dashboard.index), "least sure")
        )
    wanted, number = _wanted(request), page_number(request)
    key = ("records", wanted.query, str(sorted(wanted.facets.items())), str(number))
    await dashboard.facts()  # which forgets pages, if something has changed
    if content := dashboard.recent(*key):
        return html(content)
    found = await asyncio.to_thread(_found, dashboard, wanted, number)
    return html(await dashboard.page(lambda facts: record_pages.records(facts, found, wanted, number), *key))


def _found(dashboard: Dashboard, wanted: Wanted, number: int) -> record_pages.Found:
    """The rows of one page, and what is not searched."""
    start, count = record_pages.ROWS_PER_PAGE * (number - 1), record_pages.ROWS_PER_PAGE + 1
    try:
        choices, notes = dashboard.search.choices(), _notes(dashboard)
        rows = dashboard.search.find(wanted, start, count) if wanted else dashboard.index.page("", start, count)
    except SearchError as error:
        rows = dashboard.index.page(wanted.query, start, count)
        shown = f"Only headlines, publishers and file names of the newest records are searched: {error}."
        return record_pages.Found(rows, {}, (shown,) if wanted else ())
    return record_pages.Found(rows, choices, notes if wanted.query else ())


def _notes(dashboard: Dashboard) -> tuple[str, ...]:
    """What a search does not find. Raises `SearchError`."""
    notes = []
    if dashboard.search_index.problem:
        notes.append(f"New records are not searched: {dashboard.search_index.problem}.")
    elif dashboard.search_index.behind:
        notes.append("The search index is still being made: more will be found.")
    if unread := dashboard.search.unread():
        sealed = " Bodies in segments (INGEST_OUT_FORMAT=jsonl) cannot be read." * (
            dashboard.settings.out_format == "jsonl"
        )
        notes.append(f"Of {unread:,} records only headline, publisher and file name are searched.{sealed}")
    return tuple(notes)


def _wanted(request: Request) -> Wanted:
    asked = request.query_params
    facets = {kind: value for kind in FACETS if (value := asked.get(kind, "")[:MAX_QUERY_CHARACTERS].strip())}
    if "day" in facets:
        try:
            date.fromisoformat(facets["day"])
        except ValueError:
            del facets["day"]
    return Wanted(asked.get("q", "")[:MAX_QUERY_CHARACTERS].strip(), facets)


async def record(request: Request) -> Response:
    """The explain page of one record's source, with links to the record and to its story."""
    dashboard = dashboard_of(request)
    facts, row = await dashboard.facts(), await _row(request)
    if row is None:
        return await missing(request)
    members = await asyncio.to_thread(_members, dashboard, row)
    said = await dashboard.explained(row.token, lambda: dashboard.source_of(row))
    if "content" in said:
        content = record_pages.with_links(said["content"], row, members)
        return html(content, policy=explain_template().policy)
    page = record_pages.kept(facts, row, said["message"], members)
    return html(page, 503 if said.get("reason") == "busy" else 200)


async def download(request: Request) -> Response:
    """One record as a file."""
    dashboard, name = dashboard_of(request), request.path_params["file"]
    row = await _row(request)
    if row is None or row.id is None or name not in DOWNLOADS:
        return await missing(request)
    content = await asyncio.to_thread(_written, dashboard, row.id, DOWNLOADS[name])
    if content is None:
        why = "The record cannot be read: it was deleted."
        return html(pages.message(await dashboard.facts(), row.title, why), 404)
    headers = {"content-disposition": f'attachment; filename="{row.id[:16]}{name.removeprefix("record")}"'}
    return Response(content, headers=headers, media_type="application/json")


def _written(dashboard: Dashboard, record_id: str, written_as: str) -> str | None:
    try:
        content = dashboard.service.store.read_bytes(record_id)
        return FORMATS[written_as].write(Record.model_validate_json(content)) + "\n" if content else None
    except (OSError, ValidationError):
        return None


async def _row(request: Request) -> SettledFile | None:
    record_id = request.path_params["id"]
    dashboard = dashboard_of(request)
    await dashboard.facts()
    return await asyncio.to_thread(dashboard.listed, record_id) if ID.fullmatch(record_id) else None


def _members(dashboard: Dashboard, row: SettledFile) -> tuple[SettledFile, ...]:
    """The other records of its story."""
    try:
        found = dashboard.search.members(row.story) if row.story and ID.fullmatch(row.story) else ()
    except SearchError:
        return ()
    return tuple(each for each in found if each.id != row.id)
