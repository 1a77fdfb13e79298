"""A Redis stream: an entry for each line, in the order of the journal, for consumer groups of your own.

The entries and the position in the journal are written in one transaction, so a line makes one entry.
"""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from typing import Any, ClassVar, cast

import redis

from ingest.errors import InvalidSettings
from ingest.service.sinks.sink import Delivery, Rejection, SinkAway, one_line
from ingest.service.sinks.url import SinkUrl

TIMEOUT_SECONDS = 30.0
MAX_ENTRY_BYTES = 500 << 20
"""A value in Redis holds 512 MB."""


class RedisStreamSink:
    """`redis-stream://:password@host:6379/0?stream=articles&maxlen=100000`; `rediss-stream://` with TLS."""

    batch_records: ClassVar[int] = 200
    linger_seconds: ClassVar[float] = 0.0
    keeps_position: ClassVar[bool] = True

    def __init__(self, url: SinkUrl, spool_identity: str) -> None:
        self._shown = url.shown
        scheme = "rediss" if url.scheme.startswith("rediss") else "redis"
        self._url = url.rebuilt(scheme, without=("stream", "maxlen"))
        self._stream = url.parameters.get("stream", "articles")
        maxlen = url.parameters.get("maxlen")
        if maxlen is not None and not (maxlen.isdecimal() and int(maxlen)):
            raise InvalidSettings(f"{url.shown}: maxlen must be a number of entries")
        self._maxlen = int(maxlen) if maxlen else None
        self._position = (
            f"{{{self._stream}}}:position:{spool_identity}"  # in braces: on the stream's own node of a cluster
        )
        self._client: redis.Redis | None = None

    def open(self) -> str | None:
        """See `Sink`."""
        try:
            self._client = redis.Redis.from_url(
                self._url, socket_timeout=TIMEOUT_SECONDS, socket_connect_timeout=TIMEOUT_SECONDS
            )
            position = cast(bytes | None, self._client.get(self._position))
        except redis.RedisError as error:
            raise self._away(error) from error
        return position.decode() if position else None

    def deliver(self, batch: Sequence[Delivery], position: str) -> Sequence[Rejection]:
        """See `Sink`."""
        assert self._client  # noqa: S101 - opened before
        rejections = []
        try:
            with self._client.pipeline(transaction=True) as transaction:
                for delivery in batch:
                    if len(delivery.content or b"") > MAX_ENTRY_BYTES:
                        rejections.append(Rejection(delivery, f"more than {MAX_ENTRY_BYTES} bytes"))
                        continue
                    fields: dict[Any, Any] = {
                        "id": delivery.id,
                        "outcome": "deleted" if delivery.content is None else "stored",
                        "time": delivery.time,
                        "token": delivery.token,
                    }
                    if delivery.content is not None:
                        fields["record"] = delivery.content.strip()
                    transaction.xadd(self._stream, fields, maxlen=self._maxlen, approximate=True)
                transaction.set(self._position, position)
                transaction.execute()
        except redis.RedisError as error:
            raise self._away(error) from error
        return rejections

    def close(self) -> None:
        """See `Sink`."""
        if self._client:
            with contextlib.suppress(redis.RedisError):
                self._client.close()
            self._client = None

    def _away(self, error: redis.RedisError) -> SinkAway:
        return SinkAway(f"{self._shown}: {one_line(error)}")
