"""Which address leads where. Pages are made once a second at most, however many ask for them."""

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

from ingest.crew import unwritable
from ingest.enqueuing import publish
from ingest.explain import sheet as explain_sheet
from ingest.journal import Journal
from ingest.serve import views
from ingest.serve.guard import Guard, refusal
from ingest.serve.ledger import Ledger, Settled
from ingest.serve.metrics import exposition
from ingest.serve.sight import SECOND, Sight
from ingest.serve.warden import Warden
from ingest.settings import Settings
from ingest.spool import Spool, names, settled
from ingest.status import has_spool, stall_told

log = logging.getLogger("ingest")

ID = re.compile(r"[0-9a-f]{64}")
PAGES_KEPT = 64
FORM_BYTES = 1 << 16
DONE = {"retried": "{} sent through again.", "purged": "{} deleted for good."}
PENANCE = 1.0  # seconds that a wrong token waits for its answer


class FrontDesk:
    """What the answers are made from."""

    def __init__(self, settings: Settings, warden: Warden) -> None:
        self.settings = settings
        self.ledger = Ledger(Journal(str(settings.spool)))
        self.sight = Sight(settings)
        self.warden = warden
        self._looking = asyncio.Lock()
        self._pages: dict[tuple[str, ...], tuple[float, bytes]] = {}
        self._explained: dict[str, bytes] = {}

    async def facts(self) -> dict[str, Any]:
        """What is so now, a second old at most."""
        async with self._looking:
            if self.sight.stale:
                await asyncio.to_thread(self.sight.look)
                if self.settings.spool.is_dir():
                    self.ledger.read_on()
                self._pages.clear()
        return self.sight.facts | {"behind": self.ledger.behind and "inbox" in self.sight.facts}

    async def catch_up(self) -> None:
        """Read the journal from its beginning, a slice at a time."""
        more = self.settings.spool.is_dir()
        while more:
            more = self.ledger.read_on()
            await asyncio.sleep(0)  # others have their turn

    async def page(self, make: Callable[[dict[str, Any]], str | bytes], *key: str) -> bytes:
        """A page, made anew when the facts are: `key` tells it from others."""
        facts = await self.facts()
        made, content = self._pages.get(key, (0.0, b""))
        if not content or time.monotonic() - made > SECOND:
            written = make(facts)
            content = written.encode() if isinstance(written, str) else written
            if len(self._pages) >= PAGES_KEPT:
                self._pages.clear()
            self._pages[key] = (time.monotonic(), content)
        return content

    async def explained(self, token: str, find: Callable[[], str | None]) -> dict[str, Any]:
        """`content`, or a `reason` and a `message`. `find`: where the source lies that has this token; it does not change."""
        if content := self._explained.get(token):
            return {"content": content}
        path = await asyncio.to_thread(find)
        if path is None:
            return {"reason": "gone", "message": "the source was not kept (INGEST_KEEP_DAYS)."}
        said = await self.warden.explain(path)
        if "html" not in said:
            return said
        if len(self._explained) >= PAGES_KEPT:
            del self._explained[next(iter(self._explained))]
        self._explained[token] = content = said["html"].encode()
        return {"content": content}

    def source_of(self, row: Settled) -> str | None:
        """Where the source of a stored record lies in done, if it was kept."""
        if not names.TOKEN.fullmatch(row.token):
            return None
        day = date.fromisoformat(row.time[:10])
        for near in (day, day + timedelta(1)):  # the line may be from just before midnight, and the move from after it
            if path := settled.in_shelf(self.sight.spool, f"done/{near}/{row.token[21:23]}", row.token):
                return path
        return None


def make_app(settings: Settings, warden: Warden) -> Starlette:
    """The desk as an ASGI app."""

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        app.state.desk = desk = FrontDesk(settings, warden)
        reading = asyncio.create_task(desk.catch_up())
        yield
        reading.cancel()

    return Starlette(
        routes=[
            Route("/", now),
            Route("/records", records),
            Route("/records/{id}", record),
            Route("/quarantine", quarantine),
            Route("/quarantine", act, methods=["POST"], max_body_size=FORM_BYTES),
            Route("/quarantine/{token}", refused),
            Route("/metrics", metrics),
            Route("/health", health),
            Route("/ready", ready),
        ],
        middleware=[Middleware(Guard, hosts=settings.desk_hosts)],
        exception_handlers={404: missing},
        lifespan=lifespan,
    )


def _desk(request: Request) -> FrontDesk:
    desk: FrontDesk = request.app.state.desk
    return desk


def _html(content: bytes | str, status: int = 200, policy: str = views.SHEET.policy) -> Response:
    return HTMLResponse(content, status, {"content-security-policy": policy})


async def now(request: Request) -> Response:
    """How the service is doing."""
    desk = _desk(request)
    return _html(await desk.page(lambda facts: views.now(facts, desk.ledger), "now"))


async def records(request: Request) -> Response:
    """Records, by time or found by words."""
    desk, query = _desk(request), request.query_params.get("q", "")[:200].strip()
    asked = request.query_params.get("page", "1")
    page = int(asked) if re.fullmatch(r"[1-9]\d{0,3}", asked) else 1
    return _html(
        await desk.page(lambda facts: views.records(facts, desk.ledger, query, page), "records", query, str(page))
    )


async def record(request: Request) -> Response:
    """Why each line of one record's source went where it went."""
    desk, record_id = _desk(request), request.path_params["id"]
    facts = await desk.facts()
    row = desk.ledger.record(record_id) if ID.fullmatch(record_id) else None
    if row is None:
        return await missing(request)
    said = await desk.explained(row.token, lambda: desk.source_of(row))
    if "content" in said:
        return _html(said["content"], policy=explain_sheet().policy)
    return _html(views.kept(facts, row, said["message"]), 503 if said.get("reason") == "busy" else 200)


async def refused(request: Request) -> Response:
    """The same of a source in quarantine."""
    desk, facts = _desk(request), await _desk(request).facts()
    source = desk.sight.quarantine.sources.get(request.path_params["token"])
    if source is None:
        return _html(
            views.message(facts, "Not here", "It was sent through again, or deleted; or it was never here."), 404
        )
    said = await desk.explained(request.path_params["token"], lambda: source.path)
    if "content" in said:
        return _html(said["content"], policy=explain_sheet().policy)
    title = str(source.why.get("place") or source.why.get("reason"))
    words = f"{source.why.get('reason', 'unknown')}: {source.why.get('message', '')} Its lines cannot be shown: {said['message']}"
    return _html(views.message(facts, title, words))


async def quarantine(request: Request, said: str = "", status: int = 200) -> Response:
    """What was refused, and why."""
    desk, reason = _desk(request), request.query_params.get("reason")
    facts = await desk.facts()
    keyed = desk.settings.desk_token is not None
    for what, words in DONE.items():
        if re.fullmatch(r"\d{1,6}", count := request.query_params.get(what, "")):
            said = words.format(count)
    return _html(views.quarantine(facts, desk.sight.quarantine.sources, reason, keyed=keyed, said=said), status)


async def act(request: Request) -> Response:
    """Retry or purge the chosen sources, for those who know the token."""
    desk = _desk(request)
    if desk.settings.desk_token is None:
        return await missing(request)
    form = parse_qs((await request.body()).decode("utf-8", "replace"), max_num_fields=1000)
    if why := refusal(request, form, desk.settings):
        await asyncio.sleep(PENANCE)
        return await quarantine(request, why, 403)
    await desk.facts()
    chosen = [source.path for token in form.get("source", []) if (source := desk.sight.quarantine.sources.get(token))]
    if form.get("act") == ["retry"]:
        sent = await asyncio.to_thread(lambda: [again for path in chosen if (again := _again(desk.sight.spool, path))])
        await asyncio.to_thread(publish, desk.settings, sent)
        done = f"retried={len(sent)}"
    elif form.get("act") == ["purge"]:
        for path in chosen:
            await asyncio.to_thread(desk.sight.spool.forget, path)
        done = f"purged={len(chosen)}"
    else:
        return await quarantine(request, "Nothing was done.", 400)
    desk.sight.forget()
    return RedirectResponse(f"/quarantine?{done}", 303)


def _again(spool: Spool, path: str) -> str | None:
    """Claim one source anew; None if it cannot be moved, which the log tells."""
    try:
        return spool.again(path, replace=False)
    except OSError as error:
        log.warning("cannot send a source through again", extra={"fields": {"path": path, "error": str(error)}})
        return None


async def metrics(request: Request) -> Response:
    """For Prometheus."""
    desk = _desk(request)
    content = await desk.page(lambda facts: exposition(desk.ledger, facts), "metrics")
    return Response(content, media_type="text/plain; version=0.0.4; charset=utf-8")


async def health(_: Request) -> Response:
    """That this process lives."""
    return PlainTextResponse("alive\n")


async def ready(request: Request) -> Response:
    """Whether the spool can be written to, the broker be reached, work goes on, and the journal has been read."""
    desk = _desk(request)
    facts = await desk.facts()
    wrong = {
        "spool": await asyncio.to_thread(_unusable, desk.settings),
        "journal": "is still being read" if facts["behind"] else None,
    }
    if "stalled_seconds" in facts:
        stall = facts["stalled_seconds"]
        wrong["progress"] = stall_told(stall, facts["claimed"]) if stall else None
    if desk.settings.broker:
        wrong["broker"] = None if facts.get("redis") else "cannot be reached"
    told = {part: f"no: {why}" if why else "yes" for part, why in wrong.items()}
    return JSONResponse(told, 503 if any(wrong.values()) else 200)


def _unusable(settings: Settings) -> str | None:
    return unwritable(settings.spool) if has_spool(settings) else "there is none"


async def missing(request: Request, error: Exception | None = None) -> Response:
    """There is no such page."""
    del error
    facts = await _desk(request).facts()
    return _html(views.message(facts, "Not here", "There is no such page, or no longer."), 404)
