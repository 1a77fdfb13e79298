"""Which requests the dashboard accepts, and the security headers of its responses."""

from __future__ import annotations

import hmac
import re
from collections.abc import Collection, Mapping

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ingest.service.settings import Settings

LOCAL_HOSTS = frozenset({"localhost", "127.0.0.1", "[::1]"})
OPEN_PATHS = frozenset({"/health", "/ready"})
"""Paths that are served under any host name: they reveal nothing, and probes use a container's IP address."""
HEADERS = {
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "same-origin",  # without it a form's Origin is "null" and cannot be distinguished from another site's
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "cache-control": "no-store",
}
DEFAULT_POLICY = "default-src 'none'; base-uri 'none'; form-action 'none'"


class HostCheck:
    """Host allow-list: after DNS rebinding, when another site's name resolves to 127.0.0.1, requests still carry that name."""

    def __init__(self, app: ASGIApp, hosts: Collection[str]) -> None:
        self.app = app
        self.hosts = LOCAL_HOSTS | set(hosts)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers.setdefault(name, value)
                policy = headers.get("content-security-policy", DEFAULT_POLICY)
                headers["content-security-policy"] = f"{policy}; frame-ancestors 'none'"
            await send(message)

        host = re.sub(r":\d+$", "", Headers(scope=scope).get("host", "")).lower()
        if host in self.hosts or scope["path"] in OPEN_PATHS:
            await self.app(scope, receive, sending)
        else:
            answer = PlainTextResponse(
                "The dashboard does not answer to this host name; INGEST_DASHBOARD_HOSTS can add it.\n", 421
            )
            await answer(scope, receive, sending)


def form_problem(request: Request, form: Mapping[str, list[str]], settings: Settings) -> str | None:
    """Why a form may not change anything; None if it may. The token is in the form itself, never in a cookie, so a page
    elsewhere that sends the form does not have it.
    """
    origin, site = request.headers.get("origin"), request.headers.get("sec-fetch-site", "same-origin")
    if site not in {"same-origin", "none"} or (origin and origin.partition("://")[2] != request.headers.get("host")):
        return "The form was sent by another site."
    known = settings.dashboard_token.get_secret_value() if settings.dashboard_token else ""
    given = form.get("token", [""])[0]
    if not known or not hmac.compare_digest(given.encode(), known.encode()):
        return "The token is wrong."
    return None
