"""A bucket behind the S3 API, by botocore.

botocore because workers are forked: a client of obstore, eight times cheaper a request, hangs in a process that was forked after the parent
used one, and s3fs brings an event loop in a thread (the table in docs/scale.md).
"""

from __future__ import annotations

import os
import random
import re
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from email.utils import parsedate_to_datetime
from typing import Any, NoReturn
from uuid import uuid4

import botocore.session
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from ingest.errors import TransientError
from ingest.service.objects.address import ObjectAddress
from ingest.service.objects.bucket import Conflict, Entry, Object

ATTEMPTS = 5
"""Of one request, for what may pass: no connection, 5xx, throttling. Between them botocore waits a random part of 1, 2, 4 and 8 s."""
CONFLICT_ATTEMPTS = (
    4  # of a conditional write beside another one in progress: the store answers 409 and has not written
)
BODY_ATTEMPTS = 3  # of an answer that breaks off in its body, which botocore does not repeat
CONNECT_SECONDS, READ_SECONDS = 3, 10  # so a request takes at most 80 s, with its attempts and the waits between
MAX_CONNECTIONS = 200  # that are kept open; as many as threads of a process use one client
STALE_SECONDS = 30.0  # an estimate of the store's time that old is made anew
MAX_COPY_BYTES = 5 << 30  # of one CopyObject (S3); a larger object is copied in parts
_ABSENT = frozenset({"404", "NoSuchKey", "NotFound"})
_CONCURRENT = frozenset({"ConditionalRequestConflict", "OperationAborted"})
_NOT_SO = frozenset({"412", "PreconditionFailed"})


class S3Bucket:
    """See `Bucket`. `requests` counts what was sent, by operation, repeated attempts too: a store charges by request."""

    def __init__(self, address: ObjectAddress) -> None:
        self.address = address
        self.requests: Counter[str] = Counter()
        self._opened: tuple[int, Any] | None = None
        self._told: tuple[float, float] | None = None  # the store's time, and ours when it said so

    def get(self, key: str, *, limit: int | None = None, version: str | None = None) -> Object:
        """See `Bucket`."""
        condition = {} if version is None else {"IfMatch": version}
        for attempt in range(BODY_ATTEMPTS):
            try:
                answer = self._call("get_object", key, **condition)
            except ClientError as error:
                self._raise(error, key)
            try:
                content = answer["Body"].read(limit)
            except BotoCoreError as error:
                if attempt == BODY_ATTEMPTS - 1:
                    raise self._transient(error, key) from error
                continue
            finally:
                answer["Body"].close()  # a connection with a rest in it is not used again
            return Object(content, answer["ContentLength"], answer["ETag"], answer["LastModified"].timestamp())
        raise AssertionError

    def head(self, key: str) -> Entry | None:
        """See `Bucket`."""
        found = self._head(key)
        return (
            None
            if found is None
            else Entry(key, found["ContentLength"], found["ETag"], found["LastModified"].timestamp())
        )

    def put(self, key: str, content: bytes, *, absent: bool = False, version: str | None = None) -> str:
        """See `Bucket`."""
        given: dict[str, Any] = {"Body": content}
        token = None
        if absent or version is not None:
            token = uuid4().hex  # says afterwards whose write it was
            given |= {"Metadata": {"write": token}} | ({"IfNoneMatch": "*"} if absent else {"IfMatch": version})
        try:
            return str(self._call("put_object", key, **given)["ETag"])
        except ClientError as error:
            repeated = error.response["ResponseMetadata"]["RetryAttempts"]
            if token and repeated and _code(error) in _NOT_SO | _ABSENT and (ours := self._written(key, token)):
                return ours
            self._raise(error, key, absent_is_conflict=True)

    def _written(self, key: str, token: str) -> str | None:
        """The version of an object if this write of ours made it: its answer was lost, and the repeated write found it there."""
        found = self._head(key)
        return str(found["ETag"]) if found and found.get("Metadata", {}).get("write") == token else None

    def copy(self, key: str, to: str, *, version: str | None = None) -> None:
        """See `Bucket`."""
        source = {"Bucket": self.address.bucket, "Key": self.address.key(key)}
        given = {"CopySource": source} | ({} if version is None else {"CopySourceIfMatch": version})
        try:
            self._call("copy_object", to, **given)
        except ClientError as error:
            entry = self.head(key) if _code(error) == "InvalidRequest" else None
            if entry is None or entry.size <= MAX_COPY_BYTES:
                self._raise(error, key)
            self._copy_parts(entry, to, given)

    def _copy_parts(self, entry: Entry, to: str, given: Mapping[str, Any]) -> None:
        """Copy what is too large for one request."""
        try:
            upload = self._call("create_multipart_upload", to)["UploadId"]
            try:
                parts = []
                for number, start in enumerate(range(0, entry.size, MAX_COPY_BYTES), 1):
                    end = min(start + MAX_COPY_BYTES, entry.size) - 1
                    part = self._call(
                        "upload_part_copy",
                        to,
                        UploadId=upload,
                        PartNumber=number,
                        CopySourceRange=f"bytes={start}-{end}",
                        **given,
                    )
                    parts.append({"PartNumber": number, "ETag": part["CopyPartResult"]["ETag"]})
                self._call("complete_multipart_upload", to, UploadId=upload, MultipartUpload={"Parts": parts})
            except (ClientError, TransientError):
                self._call("abort_multipart_upload", to, UploadId=upload)
                raise
        except ClientError as error:
            self._raise(error, entry.key)

    def delete(self, key: str, *, version: str | None = None) -> None:
        """See `Bucket`."""
        try:
            self._call("delete_object", key, **({} if version is None else {"IfMatch": version}))
        except ClientError as error:
            if _code(error) not in _ABSENT:
                self._raise(error, key)

    def list(self, prefix: str = "", *, after: str = "") -> Iterator[Entry]:
        """See `Bucket`."""
        given = {"StartAfter": self.address.key(after)} if after else {}
        for page in self._pages(prefix, **given):
            for found in page.get("Contents", ()):
                key = self.address.relative(found["Key"])
                yield Entry(key, found["Size"], found["ETag"], found["LastModified"].timestamp())

    def folders(self, prefix: str = "") -> Sequence[str]:
        """See `Bucket`."""
        pages = self._pages(prefix, Delimiter="/")
        return [self.address.relative(found["Prefix"]) for page in pages for found in page.get("CommonPrefixes", ())]

    def _pages(self, prefix: str, **given: Any) -> Iterator[Any]:
        while True:
            try:
                page = self._call("list_objects_v2", None, Prefix=self.address.key(prefix), **given)
            except ClientError as error:
                self._raise(error, prefix)
            yield page
            if not page.get("IsTruncated"):
                return
            given = {**given, "ContinuationToken": page["NextContinuationToken"]}

    def server_time(self) -> float:
        """See `Bucket`."""
        if self._told is None or _now() - self._told[1] > STALE_SECONDS:
            self.reach()
        if self._told is None:
            raise TransientError(f"{self.address}: the store does not say what time it is")
        told, then = self._told
        return told + _now() - then

    def reach(self) -> None:
        """See `Bucket`."""
        try:
            self._call("head_bucket", None)
        except ClientError as error:  # whose answer has no body, so 404 and 403 stand for themselves
            raise self._transient(error, "") from error

    def _head(self, key: str) -> dict[str, Any] | None:
        try:
            return self._call("head_object", key)
        except ClientError as error:
            if _code(error) in _ABSENT:
                return None
            self._raise(error, key)

    def _call(self, operation: str, key: str | None, **given: Any) -> dict[str, Any]:
        """One request, and its repetitions. Raises ClientError for what the store refused, else `TransientError`."""
        where = {"Bucket": self.address.bucket} | ({} if key is None else {"Key": self.address.key(key)})
        for attempt in range(CONFLICT_ATTEMPTS):
            try:
                answer: dict[str, Any] = getattr(self._client(), operation)(**where, **given)
            except BotoCoreError as error:
                raise self._transient(error, key or "") from error
            except ClientError as error:
                error.response["ResponseMetadata"].setdefault("RetryAttempts", 0)
                error.response["ResponseMetadata"]["RetryAttempts"] += attempt
                if _code(error) not in _CONCURRENT or attempt == CONFLICT_ATTEMPTS - 1:
                    raise
                time.sleep(random.uniform(0, 0.1 * 2**attempt))  # noqa: S311 - jitter
            else:
                return answer
        raise AssertionError

    def _client(self) -> Any:
        """The client of this process: a forked one must not share its parent's connections."""
        if self._opened is None or self._opened[0] != os.getpid():
            options = Config(
                retries={"mode": "standard", "total_max_attempts": ATTEMPTS},
                max_pool_connections=MAX_CONNECTIONS,
                connect_timeout=CONNECT_SECONDS,
                read_timeout=READ_SECONDS,
                request_checksum_calculation="when_required",  # not all stores know AWS's newer checksums
                response_checksum_validation="when_required",
                user_agent_extra="news-ingest",
            )
            client = botocore.session.get_session().create_client("s3", config=options)
            client.meta.events.register("request-created.s3", self._count)
            client.meta.events.register("after-call.s3", self._note_time)
            self._opened = os.getpid(), client
        return self._opened[1]

    def _count(self, operation_name: str, **_: Any) -> None:
        self.requests[operation_name] += 1

    def _note_time(self, http_response: Any, **_: Any) -> None:
        if told := http_response.headers.get("Date"):
            self._told = parsedate_to_datetime(told).timestamp(), _now()

    def _raise(self, error: ClientError, key: str, *, absent_is_conflict: bool = False) -> NoReturn:
        if _code(error) in _NOT_SO or (absent_is_conflict and _code(error) in _ABSENT):
            raise Conflict(f"{self.address}: {key} is not what it was") from error
        if _code(error) in _ABSENT:
            raise FileNotFoundError(f"{self.address}: {key}") from error
        raise self._transient(error, key) from error

    def _transient(self, error: Exception, key: str) -> TransientError:
        said = re.sub(r"//[^/@\s]*@", "//", " ".join(str(error).split()))[:300]  # an endpoint's URL may hold a password
        return TransientError(f"{self.address.at(key)}: {said}")


def _code(error: ClientError) -> str:
    return str(error.response["Error"]["Code"])


def _now() -> float:
    """Seconds on a clock that is never set, and also runs while the machine sleeps."""
    return time.clock_gettime(time.CLOCK_BOOTTIME if hasattr(time, "CLOCK_BOOTTIME") else time.CLOCK_MONOTONIC)
