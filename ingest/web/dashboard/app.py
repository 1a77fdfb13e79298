"""The routes. A page is rendered at most once a second, however many requests arrive."""

from __future__ import annotations

import asyncio
import logging
import re
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import date, timedelta
from typing import Any
from urllib.parse import parse_qs

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route

from ingest.service.composition import open_service
from ingest.service.enqueue import publish
from ingest.service.health import write_problem
from ingest.service.settings import Settings
from ingest.service.spool import Spool, filenames, settled
from ingest.service.status import has_spool, missing_worker, stall_message
from ingest.web.dashboard import pages
from ingest.web.dashboard.explainer import Explainer
from ingest.web.dashboard.intake import Intake
from ingest.web.dashboard.journal_index import JournalIndex, SettledFile
from ingest.web.dashboard.metrics import render_metrics
from ingest.web.dashboard.security import HostCheck, form_problem
from ingest.web.dashboard.snapshot import MIN_REFRESH_SECONDS, SpoolSnapshot
from ingest.web.explain import page_template as explain_template

log = logging.getLogger(__name__)

ID = re.compile(r"[0-9a-f]{64}")
MAX_CACHED_PAGES = 64
MAX_FORM_BYTES = 1 << 16
DONE_MESSAGES = {"retried": "{} queued again.", "purged": "{} deleted for good."}
FAILED_LOGIN_DELAY_SECONDS = 1.0  # delay of the response to a wrong token


class Dashboard:
    """The state that responses are made from."""

    def __init__(self, settings: Settings, explainer: Explainer) -> None:
        self.settings = settings
        service = open_service(settings)
        self.index = JournalIndex(service.journal)
        self.snapshot = SpoolSnapshot(service)
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
                if self.settings.spool.is_dir():
                    self.index.read_on()
                self._pages.clear()
        return self.snapshot.facts | {"behind": self.index.behind and "inbox" in self.snapshot.facts}

    async def catch_up(self) -> None:
        """Read the journal from its beginning, a slice at a time."""
        more = self.settings.spool.is_dir()
        while more:
            more = self.index.read_on()
            await asyncio.sleep(0)  # lets other requests run

    async def page(self, make: Callable[[dict[str, Any]], str | bytes], *key: str) -> bytes:
        """A cached page, rendered again when the facts have changed. `key` identifies it."""
        facts = await self.facts()
        made, content = self._pages.get(key, (0.0, b""))
        if not content or time.monotonic() - made > MIN_REFRESH_SECONDS:
            written = make(facts)
            content = written.encode() if isinstance(written, str) else written
            if len(self._pages) >= MAX_CACHED_PAGES:
                self._pages.clear()
            self._pages[key] = (time.monotonic(), content)
        return content

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


def make_app(settings: Settings, explainer: Explainer) -> Starlette:
    """The dashboard as an ASGI app."""

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        app.state.dashboard = dashboard = Dashboard(settings, explainer)
        reading = asyncio.create_task(dashboard.catch_up())
        yield
        reading.cancel()

    return Starlette(
        routes=[
            Route("/", now),
            Route("/records", records),
            Route("/records/{id}", record),
            Route("/quarantine", quarantine),
            Route("/quarantine", act, methods=["POST"], max_body_size=MAX_FORM_BYTES),
            Route("/quarantine/{token}", refused),
            Route("/articles", take_articles, methods=["POST"]),
            Route("/articles/{token}", outcome),
            Route("/metrics", metrics),
            Route("/health", health),
            Route("/ready", ready),
        ],
        middleware=[Middleware(HostCheck, hosts=settings.dashboard_hosts)],
        exception_handlers={404: missing},
        lifespan=lifespan,
    )


def _dashboard(request: Request) -> Dashboard:
    dashboard: Dashboard = request.app.state.dashboard
    return dashboard


def _html(content: bytes | str, status: int = 200, policy: str = pages.TEMPLATE.policy) -> Response:
    return HTMLResponse(content, status, {"content-security-policy": policy})


async def now(request: Request) -> Response:
    """How the service is doing."""
    dashboard = _dashboard(request)
    return _html(await dashboard.page(lambda facts: pages.now(facts, dashboard.index), "now"))


async def records(request: Request) -> Response:
    """Records, by time or found by words; or the least sure ones."""
    dashboard, query = _dashboard(request), request.query_params.get("q", "")[:200].strip()
    asked = request.query_params.get("page", "1")
    if request.query_params.get("order") == "least-sure":
        return _html(await dashboard.page(lambda facts: pages.unsure_records(facts, dashboard.index), "least sure"))
    page = int(asked) if re.fullmatch(r"[1-9]\d{0,3}", asked) else 1
    return _html(
        await dashboard.page(
            lambda facts: pages.records(facts, dashboard.index, query, page), "records", query, str(page)
        )
    )


async def record(request: Request) -> Response:
    """The explain page of one record's source."""
    dashboard, record_id = _dashboard(request), request.path_params["id"]
    facts = await dashboard.facts()
    row = dashboard.index.record(record_id) if ID.fullmatch(record_id) else None
    if row is None:
        return await missing(request)
    said = await dashboard.explained(row.token, lambda: dashboard.source_of(row))
    if "content" in said:
        return _html(said["content"], policy=explain_template().policy)
    return _html(pages.kept(facts, row, said["message"]), 503 if said.get("reason") == "busy" else 200)


async def refused(request: Request) -> Response:
    """The explain page of a source in quarantine."""
    dashboard, facts = _dashboard(request), await _dashboard(request).facts()
    source = dashboard.snapshot.quarantine.sources.get(request.path_params["token"])
    if source is None:
        return _html(
            pages.message(facts, "Not found", "It was retried or deleted, or it never was in quarantine."), 404
        )
    said = await dashboard.explained(request.path_params["token"], lambda: source.path)
    if "content" in said:
        return _html(said["content"], policy=explain_template().policy)
    title = str(source.why.get("place") or source.why.get("reason"))
    words = f"{source.why.get('reason', 'unknown')}: {source.why.get('message', '')} Its lines cannot be shown: {said['message']}"
    return _html(pages.message(facts, title, words))


async def quarantine(request: Request, said: str = "", status: int = 200) -> Response:
    """What was refused, and why."""
    dashboard, reason = _dashboard(request), request.query_params.get("reason")
    facts = await dashboard.facts()
    keyed = dashboard.settings.dashboard_token is not None
    for what, words in DONE_MESSAGES.items():
        if re.fullmatch(r"\d{1,6}", count := request.query_params.get(what, "")):
            said = words.format(count)
    return _html(pages.quarantine(facts, dashboard.snapshot.quarantine.sources, reason, keyed=keyed, said=said), status)


async def act(request: Request) -> Response:
    """Retry or purge the chosen sources, if the form holds the token."""
    dashboard = _dashboard(request)
    if dashboard.settings.dashboard_token is None:
        return await missing(request)
    form = parse_qs((await request.body()).decode("utf-8", "replace"), max_num_fields=1000)
    if why := form_problem(request, form, dashboard.settings):
        await asyncio.sleep(FAILED_LOGIN_DELAY_SECONDS)
        return await quarantine(request, why, 403)
    await dashboard.facts()
    chosen = [
        source.path for token in form.get("source", []) if (source := dashboard.snapshot.quarantine.sources.get(token))
    ]
    if form.get("act") == ["retry"]:
        sent = await asyncio.to_thread(
            lambda: [again for path in chosen if (again := _again(dashboard.snapshot.spool, path))]
        )
        await asyncio.to_thread(publish, dashboard.settings, sent)
        done = f"retried={len(sent)}"
    elif form.get("act") == ["purge"]:
        for path in chosen:
            await asyncio.to_thread(dashboard.snapshot.spool.delete, path)
        done = f"purged={len(chosen)}"
    else:
        return await quarantine(request, "Nothing was changed: the form asks for neither retry nor delete.", 400)
    dashboard.snapshot.invalidate()
    return RedirectResponse(f"/quarantine?{done}", 303)


def _again(spool: Spool, path: str) -> str | None:
    """Claim one source again; None if it cannot be moved, which is logged."""
    try:
        return spool.requeue(path, replace=False)
    except OSError as error:
        log.warning("cannot send a source through again", extra={"fields": {"path": path, "error": str(error)}})
        return None


async def take_articles(request: Request) -> Response:
    """Articles from a machine without the spool's mount."""
    dashboard = _dashboard(request)
    return await dashboard.intake.take(request, await dashboard.facts())


async def outcome(request: Request) -> Response:
    """What became of one of them."""
    return await _dashboard(request).intake.outcome(request)


async def metrics(request: Request) -> Response:
    """Metrics for Prometheus."""
    dashboard = _dashboard(request)
    content = await dashboard.page(lambda facts: render_metrics(dashboard.index, facts), "metrics")
    return Response(content, media_type="text/plain; version=0.0.4; charset=utf-8")


async def health(_: Request) -> Response:
    """Liveness: this process answers."""
    return PlainTextResponse("alive\n")


async def ready(request: Request) -> Response:
    """Readiness: the spool is writable, the broker reachable, work is moving, and the journal has been read."""
    dashboard = _dashboard(request)
    facts = await dashboard.facts()
    wrong = {
        "spool": await asyncio.to_thread(_spool_problem, dashboard.settings),
        "journal": "is still being read" if facts["behind"] else None,
    }
    if "stalled_seconds" in facts:
        stall = facts["stalled_seconds"]
        wrong["progress"] = stall_message(stall, facts["claimed"]) if stall else missing_worker(facts)
    if dashboard.settings.broker:
        wrong["broker"] = None if facts.get("redis") else "cannot be reached"
    states = {part: f"no: {why}" if why else "yes" for part, why in wrong.items()}
    return JSONResponse(states, 503 if any(wrong.values()) else 200)


def _spool_problem(settings: Settings) -> str | None:
    return write_problem(settings.spool) if has_spool(settings) else "there is none"


async def missing(request: Request, error: Exception | None = None) -> Response:
    """There is no such page."""
    del error
    facts = await _dashboard(request).facts()
    return _html(pages.message(facts, "Not found", "There is no such page, or it is gone."), 404)
