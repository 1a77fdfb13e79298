"""The intake over HTTP: articles come in a request and are durable in the spool before its answer; outcomes are asked for later.

    POST /articles?url=…&name=…     a file as the body, or multipart/form-data with many
    GET  /articles/<token>          waiting, or the journal's line

For machines without the spool's mount. A request without the 202 may be sent again: articles are known by their content.
"""

from __future__ import annotations

import asyncio
import hmac
import json
from typing import TYPE_CHECKING, Any

from starlette.datastructures import UploadFile
from starlette.formparsers import MultiPartException
from starlette.responses import JSONResponse, Response

from ingest.errors import Rejected
from ingest.service.enqueue import Submission, enqueue_many
from ingest.service.health import low_disk
from ingest.service.spool import filenames
from ingest.service.ticket import Ticket

if TYPE_CHECKING:
    from collections.abc import Mapping

    from starlette.requests import Request

    from ingest.service.settings import Settings

MAX_ARTICLES = 1000
"""In one request of multipart/form-data."""
MAX_REQUEST_BYTES = 256 << 20
"""Of one request of multipart/form-data; each of its articles has the limit of a source (INGEST_MAX_BYTES)."""
MAX_CLAIMS_BYTES = 1 << 20
MAX_REQUESTS = 4
"""That are read at once: each may hold an article of INGEST_MAX_BYTES in memory."""
RETRY_AFTER_SECONDS = 10
FAILED_LOGIN_DELAY_SECONDS = 1.0


class IntakeError(Exception):
    """The request cannot be taken; `status` is that of its answer."""

    def __init__(self, status: int, error: str) -> None:
        super().__init__(error)
        self.status = status


class Intake:
    """Takes articles from requests. One for each process."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self._slots = asyncio.Semaphore(MAX_REQUESTS)

    async def take(self, request: Request, facts: Mapping[str, Any]) -> Response:
        """Answer a POST: 202 with `articles`, for each its `id`, `token` and `outcome` (an address), or a `reason` and a `message`."""
        try:
            await self._check(request)
            self._check_capacity(facts)
            async with self._slots:
                submissions = await self._submissions(request)
                given = await asyncio.to_thread(enqueue_many, submissions, settings=self.settings)
        except IntakeError as error:
            retry = {"retry-after": str(RETRY_AFTER_SECONDS)} if error.status == 503 else {}
            return JSONResponse({"error": str(error)}, error.status, retry)
        except (TypeError, ValueError) as error:  # claims of a wrong form
            return JSONResponse({"error": str(error)}, 400)
        except OSError as error:
            return JSONResponse({"error": f"cannot store articles: {error.strerror}"}, 503)
        rows = [_row(each) for each in given]
        return JSONResponse({"articles": rows}, 202 if any("id" in row for row in rows) else 422)

    async def outcome(self, request: Request) -> Response:
        """Answer a GET: `{"outcome": "waiting"}`, or the journal's line; 404 for a token that never was."""
        try:
            await self._check(request)
        except IntakeError as error:
            return JSONResponse({"error": str(error)}, error.status)
        token = request.path_params["token"]
        line = await asyncio.to_thread(self._line, token) if filenames.TOKEN.fullmatch(token) else None
        return JSONResponse(line, 200) if line else JSONResponse({"error": "no article has this token"}, 404)

    def _line(self, token: str) -> Mapping[str, Any] | None:
        from ingest.service.composition import open_service  # noqa: PLC0415

        service = open_service(self.settings)
        if any(filenames.token_of(name) == token for name in service.spool.listed("claimed")):
            return {"outcome": "waiting", "token": token}
        return service.journal.entries_of([token]).get(token)

    async def _check(self, request: Request) -> None:
        known = self.settings.intake_token
        if known is None:
            raise IntakeError(404, "there is no intake: INGEST_INTAKE_TOKEN is not set")
        scheme, _, given = request.headers.get("authorization", "").partition(" ")
        right = hmac.compare_digest(given.strip().encode(), known.get_secret_value().encode())
        if scheme.lower() != "bearer" or not right:
            await asyncio.sleep(FAILED_LOGIN_DELAY_SECONDS)
            raise IntakeError(401, "send the intake's token: Authorization: Bearer …")

    def _check_capacity(self, facts: Mapping[str, Any]) -> None:
        if "inbox" not in facts:
            raise IntakeError(503, "there is no spool yet; start `ingest up` or `ingest watch`")
        if self._slots.locked():
            raise IntakeError(503, "too many requests at once")
        if facts["claimed"] >= self.settings.max_claimed:
            raise IntakeError(503, f"{facts['claimed']} sources wait for workers (INGEST_MAX_CLAIMED)")
        if full := low_disk(self.settings):
            raise IntakeError(503, full)

    async def _submissions(self, request: Request) -> list[Submission]:
        kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
        if kind == "multipart/form-data":
            return await self._parts(request)
        content = bytearray()
        async for chunk in request.stream():
            content += chunk
            if len(content) > self.settings.max_bytes:
                raise IntakeError(413, f"more than {self.settings.max_bytes} bytes (INGEST_MAX_BYTES)")
        claims = _claims(request.headers.get("ingest-claims", "").encode("latin-1"))
        asked = request.query_params
        return [Submission(source=bytes(content), url=asked.get("url"), name=asked.get("name"), claims=claims)]

    async def _parts(self, request: Request) -> list[Submission]:
        """`article` is a file; `url` and `claims` (a JSON object) before it are about it."""
        if int(request.headers.get("content-length") or MAX_REQUEST_BYTES + 1) > MAX_REQUEST_BYTES:
            raise IntakeError(413, f"a request needs a Content-Length of at most {MAX_REQUEST_BYTES} bytes")
        found: list[Submission] = []
        url: str | None = None
        claims: Mapping[str, Any] | None = None
        try:
            async with request.form(
                max_files=MAX_ARTICLES, max_fields=2 * MAX_ARTICLES, max_part_size=MAX_CLAIMS_BYTES
            ) as form:
                for key, value in form.multi_items():
                    if key == "url" and isinstance(value, str):
                        url = value
                    elif key == "claims" and isinstance(value, str):
                        claims = _claims(value.encode())
                    elif key == "article" and isinstance(value, UploadFile):
                        if (value.size or 0) > self.settings.max_bytes:
                            raise IntakeError(413, f"{value.filename}: more than {self.settings.max_bytes} bytes")
                        source = await value.read()
                        found.append(Submission(source=source, url=url, name=value.filename, claims=claims))
                        url, claims = None, None
                    else:
                        raise IntakeError(400, f"unknown part {key[:80]!r}; parts are url, claims and article (a file)")
        except MultiPartException as error:
            raise IntakeError(400, error.message) from error
        if not found or url or claims:
            raise IntakeError(400, "url and claims come before their article, which is a file")
        return found


def _claims(encoded: bytes) -> Mapping[str, Any] | None:
    if not encoded.strip():
        return None
    try:
        claims = json.loads(encoded)
    except (ValueError, RecursionError):
        claims = None
    if not isinstance(claims, dict):
        raise IntakeError(400, "claims must be a JSON object")
    return claims


def _row(given: Ticket | Rejected) -> dict[str, str]:
    if isinstance(given, Rejected):
        return {"reason": given.reason, "message": given.message}
    token = filenames.token_of(given.path.rpartition("/")[2])
    return {"id": given.id, "token": token, "outcome": f"/articles/{token}"}
