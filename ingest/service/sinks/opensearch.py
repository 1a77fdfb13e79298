"""OpenSearch: a document for each record, written by bulk requests under the record's id."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Sequence
from typing import Any, ClassVar

from opensearchpy import OpenSearch
from opensearchpy.exceptions import AuthenticationException, OpenSearchException, RequestError, TransportError

from ingest.errors import InvalidSettings
from ingest.export.columns import day_and_instant
from ingest.service.sinks.sink import Delivery, Rejection, SinkAway, last_of_each, one_line
from ingest.service.sinks.url import SinkUrl

TIMEOUT_SECONDS = 60
_TEXT, _OBJECT = {"type": "text"}, {"type": "object", "enabled": False}
_KEYWORD = {"type": "keyword", "ignore_above": 8000}  # Lucene refuses terms above 32,766 bytes
_DATE = {"type": "date", "format": "strict_date_optional_time"}
_KEYWORDS = (
    "id",
    "url",
    "authors",
    "language",
    "section",
    "keywords",
    "status",
    "digital_source_type",
    "story",
    "token",
)
_OBJECTS = (
    "dateline", "images", "related", "rights", "subjects", "item", "same_as", "changes", "extra", "removed", "source", "container", "provenance",
    "confidence", "ingest",
)  # fmt: skip
_SPLIT = ("published", "modified", "embargoed")
_DATES = ("settled_at", *(f"{name}_{part}" for name in _SPLIT for part in ("day", "at")))
MAPPING = {
    "dynamic": False,
    "_meta": {"news_ingest": 1},
    "properties": {
        **dict.fromkeys(_KEYWORDS, _KEYWORD),
        **dict.fromkeys(("headline", "alternative_headlines", "subheadline", "byline", "body"), _TEXT),
        **dict.fromkeys(_DATES, _DATE),
        **dict.fromkeys(_OBJECTS, _OBJECT),
        "publisher": {"properties": {"name": _KEYWORD, "domain": _KEYWORD}},
        "schema_version": {"type": "short"},
        "urgency": {"type": "short"},
    },
}
"""Fields are only added. What is neither here nor a part of these is kept and not indexed: the sender's `extra` may have any shape."""
TOO_LARGE = 413
"""What a proxy says that takes less than our 8 MiB at once."""
RETRIED = frozenset({408, 429, 502, 503, 504})
"""Of one document of a bulk request: the cluster is busy, or a shard is moving."""


class OpenSearchSink:
    """`opensearch+https://user:password@host:9200/index?ca=/path/ca.pem`; `opensearch+http://` without TLS."""

    batch_records: ClassVar[int] = 500
    linger_seconds: ClassVar[float] = 0.0
    keeps_position: ClassVar[bool] = False

    def __init__(self, url: SinkUrl, spool_identity: str) -> None:
        del spool_identity
        self._shown = url.shown
        self._index = url.path.strip("/") or "articles"
        if "/" in self._index or self._index != self._index.lower():
            raise InvalidSettings(f"{url.shown}: the path must be the name of an index, in lower case")
        self._options: dict[str, Any] = {
            "hosts": [{"host": url.parts.hostname, "port": url.parts.port or 9200}],
            "http_auth": (url.username or "", url.password or "") if url.password else None,
            "use_ssl": url.scheme.endswith("https"),
            "ca_certs": url.parameters.get("ca"),
            "timeout": TIMEOUT_SECONDS,
            "max_retries": 0,
        }
        self._client: OpenSearch | None = None

    def open(self) -> str | None:
        """See `Sink`. Makes the index, with the mapping, if it is not there."""
        try:
            self._client = client = OpenSearch(
                **{name: value for name, value in self._options.items() if value is not None}
            )
            if client.indices.exists(index=self._index):
                client.indices.put_mapping(index=self._index, body=MAPPING)
            else:
                _create(client, self._index)
        except (OpenSearchException, OSError) as error:
            raise self._away(error) from error
        return None

    def deliver(self, batch: Sequence[Delivery], position: str) -> Sequence[Rejection]:
        """See `Sink`."""
        del position
        return self._bulk(last_of_each(batch))

    def _bulk(self, batch: Sequence[Delivery]) -> list[Rejection]:
        assert self._client  # noqa: S101 - opened before
        try:
            answer = self._client.bulk(body="".join(map(bulk_lines, batch)), index=self._index)
        except (OpenSearchException, OSError) as error:
            if not isinstance(error, TransportError) or error.status_code != TOO_LARGE:
                raise self._away(error) from error
            if len(batch) == 1:
                return [Rejection(batch[0], "HTTP 413: it is too large for a request")]
            half = len(batch) // 2
            return self._bulk(batch[:half]) + self._bulk(batch[half:])
        rejections = []
        for delivery, item in zip(batch, answer["items"], strict=True):
            (result,) = item.values()
            status = result.get("status", 500)
            if status in RETRIED or status >= 500:
                raise SinkAway(f"{self._shown}: {_reason(result)}")
            if status >= 400 and not (status == 404 and delivery.content is None):
                rejections.append(Rejection(delivery, _reason(result)))
        return rejections

    def close(self) -> None:
        """See `Sink`."""
        if self._client:
            with contextlib.suppress(OpenSearchException, OSError):
                self._client.close()
            self._client = None

    def _away(self, error: OpenSearchException | OSError) -> SinkAway:
        if isinstance(error, AuthenticationException):
            return SinkAway(f"{self._shown}: it refuses the user or the password")
        status = f"HTTP {error.status_code}: {error.error}" if isinstance(error, TransportError) else one_line(error)
        return SinkAway(f"{self._shown}: {' '.join(status.split())[:300]}")


def _create(client: OpenSearch, index: str) -> None:
    try:
        client.indices.create(index=index, body={"mappings": MAPPING})
    except RequestError as error:
        if error.error != "resource_already_exists_exception":  # by another deployment, meanwhile
            raise


def bulk_lines(delivery: Delivery) -> str:
    """Two lines of a bulk request, or one for a deletion. The document is the record, with its times as columns."""
    if delivery.content is None:
        return f'{{"delete":{{"_id":"{delivery.id}"}}}}\n'
    record = delivery.text_record
    added: dict[str, Any] = {"settled_at": delivery.time, "token": delivery.token}
    for name in _SPLIT:
        day, instant = day_and_instant(record.get(name))
        added |= {f"{name}_day": day and day.isoformat(), f"{name}_at": instant and instant.isoformat()}
    return f'{{"index":{{"_id":"{delivery.id}"}}}}\n{delivery.text_json[:-1]},{json.dumps(added)[1:]}\n'


def _reason(result: dict[str, Any]) -> str:
    error = result.get("error") or {}
    return " ".join(f"HTTP {result.get('status')}: {error.get('type')}: {error.get('reason')}".split())[:300]
