"""The routes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from ingest.service.health import write_problem
from ingest.service.settings import Settings
from ingest.service.status import has_spool, missing_worker, stall_message
from ingest.web.dashboard import pages
from ingest.web.dashboard.explainer import Explainer
from ingest.web.dashboard.metrics import render_metrics
from ingest.web.dashboard.quarantine_routes import act, quarantine, refused
from ingest.web.dashboard.record_routes import download, record, records
from ingest.web.dashboard.security import HostCheck
from ingest.web.dashboard.state import Dashboard, dashboard_of, html, missing

MAX_FORM_BYTES = 1 << 16


def make_app(settings: Settings, explainer: Explainer) -> Starlette:
    """The dashboard as an ASGI app."""

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        app.state.dashboard = dashboard = Dashboard(settings, explainer)
        reading = asyncio.create_task(dashboard.catch_up())
        dashboard.search_index.start()
        yield
        reading.cancel()
        await asyncio.to_thread(dashboard.search_index.stop)
        await asyncio.to_thread(dashboard.index.save)

    return Starlette(
        routes=[
            Route("/", now),
            Route("/records", records),
            Route("/records/{id}", record),
            Route("/records/{id}/{file}", download),
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


async def now(request: Request) -> Response:
    """How the service is doing."""
    dashboard = dashboard_of(request)
    return html(await dashboard.page(lambda facts: pages.now(facts, dashboard.index), "now"))


async def take_articles(request: Request) -> Response:
    """Articles from a machine without the spool's mount."""
    dashboard = dashboard_of(request)
    return await dashboard.intake.take(request, await dashboard.facts())


async def outcome(request: Request) -> Response:
    """What became of one of them."""
    return await dashboard_of(request).intake.outcome(request)


async def metrics(request: Request) -> Response:
    """Metrics for Prometheus."""
    dashboard = dashboard_of(request)
    content = await dashboard.page(lambda facts: render_metrics(dashboard.index, facts), "metrics")
    return Response(content, media_type="text/plain; version=0.0.4; charset=utf-8")


async def health(_: Request) -> Response:
    """Liveness: this process answers."""
    return PlainTextResponse("alive\n")


async def ready(request: Request) -> Response:
    """Readiness: the spool is writable, the broker reachable, work is moving, and the journal has been read."""
    dashboard = dashboard_of(request)
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
    return write_problem(settings.root) if has_spool(settings) else "there is none"
