"""The state that the dashboard's responses are made from. A page is rendered at most once a second, however many requests arrive."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from ingest.service.composition import open_service
from ingest.service.settings import Settings
from ingest.service.spool import filenames, settled
from ingest.web.dashboard import pages
from ingest.web.dashboard.explainer import Explainer
from ingest.web.dashboard.intake import Intake
from ingest.web.dashboard.journal_index import JournalIndex, SettledFile
from ingest.web.dashboard.search import Search, SearchError
from ingest.web.dashboard.search_index import SearchIndex
from ingest.web.dashboard.snapshot import MIN_REFRESH_SECONDS, SpoolSnapshot

MAX_CACHED_PAGES = 64


class Dashboard:
    """One for each process."""

    def __init__(self, settings: Settings, explainer: Explainer) -> None:
        self.settings = settings
        service = open_service(settings)
        self.index = JournalIndex(service.journal)
        self.snapshot = SpoolSnapshot(service)
        self.service = service
        self.search_index = SearchIndex(settings)
        self.search = Search(self.search_index)
        self.explainer = explainer
        self.intake = Intake(settings)
        self._snapshot_lock = asyncio.Lock()
        self._pages: dict[tuple[str, ...], tuple[float, bytes]] = {}
        self._explained: dict[str, bytes] = {}

    async def facts(self) -> dict[str, Any]:
        """The current facts, at most one second old."""
        async with self._snapshot_lock:
            if self.snapshot.stale:
                await asyncio.to_thread(self.snapshot.refresh)
                if self.settings.root.is_dir():
                    self.index.read_on()
                self._pages.clear()
        return self.snapshot.facts | {"behind": self.index.behind and "inbox" in self.snapshot.facts}

    async def catch_up(self) -> None:
        """Read the journal to its end, a slice at a time."""
        more = self.settings.root.is_dir()
        while more:
            more = self.index.read_on()
            await asyncio.sleep(0)  # lets other requests run

    async def page(self, make: Callable[[dict[str, Any]], str | bytes], *key: str) -> bytes:
        """A cached page, rendered again when the facts have changed. `key` identifies it."""
        facts = await self.facts()
        content = self.recent(*key)
        if content is None:
            written = make(facts)
            content = written.encode() if isinstance(written, str) else written
            if len(self._pages) >= MAX_CACHED_PAGES:
                self._pages.clear()
            self._pages[key] = (time.monotonic(), content)
        return content

    def recent(self, *key: str) -> bytes | None:
        """The cached page, if it is at most a second old."""
        made, content = self._pages.get(key, (0.0, b""))
        return content if content and time.monotonic() - made <= MIN_REFRESH_SECONDS else None

    async def explained(self, token: str, find: Callable[[], str | None]) -> dict[str, Any]:
        """`content`, or a `reason` and a `message`. `find`: returns the path of the source, which does not change."""
        if content := self._explained.get(token):
            return {"content": content}
        path = await asyncio.to_thread(find)
        if path is None:
            return {"reason": "gone", "message": "the source was not kept (INGEST_KEEP_DAYS)."}
        said = await self.explainer.explain(path)
        if "html" not in said:
            return said
        if len(self._explained) >= MAX_CACHED_PAGES:
            del self._explained[next(iter(self._explained))]
        self._explained[token] = content = said["html"].encode()
        return {"content": content}

    def source_of(self, row: SettledFile) -> str | None:
        """The path in `done` of a stored record's source, if it was kept."""
        if not filenames.TOKEN.fullmatch(row.token):
            return None
        day = date.fromisoformat(row.time[:10])
        for near in (day, day + timedelta(1)):  # the line may be from just before midnight, and the move from after it
            if path := settled.in_shard(self.snapshot.spool, f"done/{near}/{row.token[21:23]}", row.token):
                return path
        return None

    def listed(self, record_id: str) -> SettledFile | None:
        """The journal's line of a record, as far back as the search index goes. May read a file."""
        if found := self.index.record(record_id):
            return found
        try:
            return self.search.record(record_id)
        except SearchError:
            return None


def dashboard_of(request: Request) -> Dashboard:
    """The dashboard that a request is for."""
    dashboard: Dashboard = request.app.state.dashboard
    return dashboard


def html(content: bytes | str, status: int = 200, policy: str = pages.TEMPLATE.policy) -> Response:
    """A page."""
    return HTMLResponse(content, status, {"content-security-policy": policy})


def page_number(request: Request) -> int:
    """The page of a list that is asked for, from 1 on."""
    asked = request.query_params.get("page", "1")
    return int(asked) if re.fullmatch(r"[1-9]\d{0,3}", asked) else 1


async def missing(request: Request, error: Exception | None = None) -> Response:
    """There is no such page."""
    del error
    facts = await dashboard_of(request).facts()
    return html(pages.message(facts, "Not found", "There is no such page, or it is gone."), 404)
