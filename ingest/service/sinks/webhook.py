"""A webhook: one POST for each line, in the order of the journal, signed as Standard Webhooks says (standardwebhooks.com).

`webhook-id` is the same whenever a line is sent again, so a receiver that remembers it takes each once. The next request is sent when the
receiver has answered: 2xx takes a message, 400, 413 and 422 reject it for good, and anything else is tried again later.
"""

from __future__ import annotations

import base64
import binascii
import contextlib
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import ClassVar

import httpx
from standardwebhooks.webhooks import Webhook

from ingest.errors import InvalidSettings
from ingest.service.sinks.sink import Delivery, Rejection, SinkAway, one_line
from ingest.service.sinks.url import SinkUrl

TIMEOUT_SECONDS = 30.0
REJECTING = frozenset({400, 413, 422})
"""What a receiver says of a message; what it says of the sender or of itself (401, 404, 429, 503 …) may be mended."""
MIN_SECRET_BYTES = 24
"""Standard Webhooks asks for 24 to 64 bytes."""


class WebhookSink:
    """`webhook+https://:secret@host/path`; the secret as `whsec_` and base64, its characters / and + written as %2F and %2B."""

    batch_records: ClassVar[int] = 1
    linger_seconds: ClassVar[float] = 0.0
    keeps_position: ClassVar[bool] = False

    def __init__(self, url: SinkUrl, spool_identity: str) -> None:
        del spool_identity
        self._shown = url.shown
        self._url = url.rebuilt(url.scheme.removeprefix("webhook+"), userinfo=False)
        self._webhook = Webhook(_secret(url))
        self._client: httpx.Client | None = None

    def open(self) -> str | None:
        """See `Sink`. Connects at the first delivery."""
        self._client = httpx.Client(timeout=TIMEOUT_SECONDS, headers={"user-agent": "news-ingest"}, trust_env=False)
        return None

    def deliver(self, batch: Sequence[Delivery], position: str) -> Sequence[Rejection]:
        """See `Sink`."""
        del position
        return [Rejection(delivery, reason) for delivery in batch if (reason := self._post(delivery))]

    def _post(self, delivery: Delivery) -> str | None:
        assert self._client  # noqa: S101 - opened before
        message, now = f"{delivery.token}.{delivery.id}", datetime.now(UTC)
        body = _body(delivery)
        headers = {
            "content-type": "application/json",
            "webhook-id": message,
            "webhook-timestamp": str(int(now.timestamp())),
            "webhook-signature": self._webhook.sign(message, now, body),
        }
        try:
            answer = self._client.post(self._url, content=body.encode(), headers=headers)
        except httpx.HTTPError as error:
            raise SinkAway(f"{self._shown}: {one_line(error)}") from error
        if answer.is_success:
            return None
        if answer.status_code in REJECTING:
            return f"HTTP {answer.status_code}: {' '.join(answer.text.split())[:200]}"
        asked = answer.headers.get("retry-after", "")
        raise SinkAway(
            f"{self._shown}: HTTP {answer.status_code}", retry_after=float(asked) if asked.isdecimal() else None
        )

    def close(self) -> None:
        """See `Sink`."""
        if self._client:
            with contextlib.suppress(httpx.HTTPError):
                self._client.close()
            self._client = None


def _secret(url: SinkUrl) -> str:
    secret = (url.password or "").removeprefix("whsec_")
    try:
        enough = len(base64.b64decode(secret, validate=True)) >= MIN_SECRET_BYTES
    except (ValueError, binascii.Error):
        enough = False
    if not enough:
        raise InvalidSettings(
            f"{url.shown}: needs a secret of {MIN_SECRET_BYTES} bytes or more in base64, as in webhook+https://:SECRET@host/path; "
            "`openssl rand -hex 32 | cut -c1-64` makes one that needs no escapes"
        )
    return secret


def _body(delivery: Delivery) -> str:
    """The message: type, time and data, the record itself, or the id of one that was deleted."""
    if delivery.content is None:
        return f'{{"type":"article.deleted","timestamp":"{delivery.time}","data":{{"id":"{delivery.id}"}}}}'
    return f'{{"type":"article.stored","timestamp":"{delivery.time}","data":{delivery.content.decode().strip()}}}'
