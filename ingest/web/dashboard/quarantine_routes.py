"""Routes of the quarantine: what was refused and why, retrying and deleting."""

from __future__ import annotations

import asyncio
import logging
import re
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlencode

from starlette.responses import RedirectResponse, Response

from ingest.service.enqueue import publish
from ingest.web.dashboard import pages, quarantine_pages
from ingest.web.dashboard.quarantine_pages import RefusedWanted
from ingest.web.dashboard.security import form_problem
from ingest.web.dashboard.state import dashboard_of, html, missing, page_number
from ingest.web.explain import page_template as explain_template

if TYPE_CHECKING:
    from starlette.requests import Request

    from ingest.service.spool import Spool

log = logging.getLogger(__name__)

DONE_MESSAGES = {"retried": "{} queued again.", "purged": "{} deleted for good."}
FAILED_LOGIN_DELAY_SECONDS = 1.0  # delay of the response to a wrong token


async def refused(request: Request) -> Response:
    """The explain page of a source in quarantine."""
    dashboard, facts = dashboard_of(request), await dashboard_of(request).facts()
    source = dashboard.snapshot.quarantine.sources.get(request.path_params["token"])
    if source is None:
        return html(pages.message(facts, "Not found", "It was retried or deleted, or it never was in quarantine."), 404)
    said = await dashboard.explained(request.path_params["token"], lambda: source.path)
    if "content" in said:
        content = quarantine_pages.with_links(said["content"], request.path_params["token"], source.why)
        return html(content, policy=explain_template().policy)
    title = str(source.why.get("place") or source.why.get("reason"))
    words = f"{source.why.get('reason', 'unknown')}: {source.why.get('message', '')} Its lines cannot be shown: {said['message']}"
    return html(pages.message(facts, title, words))


async def quarantine(request: Request, said: str = "", status: int = 200) -> Response:
    """What was refused, and why."""
    dashboard, wanted = dashboard_of(request), _wanted(request)
    facts = await dashboard.facts()
    keyed = dashboard.settings.dashboard_token is not None
    for what, words in DONE_MESSAGES.items():
        if re.fullmatch(r"\d{1,6}", count := request.query_params.get(what, "")):
            said = words.format(count)
    sources = dashboard.snapshot.quarantine.sources
    page = quarantine_pages.quarantine(facts, sources, wanted, page_number(request), keyed=keyed, said=said)
    return html(page, status)


def _wanted(request: Request) -> RefusedWanted:
    asked = request.query_params
    return RefusedWanted(**{name: asked.get(name) or None for name in RefusedWanted._fields})


async def act(request: Request) -> Response:
    """Retry or purge the chosen sources, if the form holds the token."""
    dashboard = dashboard_of(request)
    if dashboard.settings.dashboard_token is None:
        return await missing(request)
    form = parse_qs((await request.body()).decode("utf-8", "replace"), max_num_fields=1000)
    if why := form_problem(request, form, dashboard.settings):
        await asyncio.sleep(FAILED_LOGIN_DELAY_SECONDS)
        return await quarantine(request, why, 403)
    await dashboard.facts()
    single = form.get("retry", [])
    chosen = [
        source.path
        for token in single or form.get("source", [])
        if (source := dashboard.snapshot.quarantine.sources.get(token))
    ]
    if single or form.get("act") == ["retry"]:
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
    kept = {name: value for name, value in _wanted(request)._asdict().items() if value and name != "source"}
    return RedirectResponse(f"/quarantine?{urlencode(kept, errors='replace')}{'&' * bool(kept)}{done}", 303)


def _again(spool: Spool, path: str) -> str | None:
    """Claim one source again; None if it cannot be moved, which is logged."""
    try:
        return spool.requeue(path, replace=False)
    except OSError as error:
        log.warning("cannot send a source through again", extra={"fields": {"path": path, "error": str(error)}})
        return None
