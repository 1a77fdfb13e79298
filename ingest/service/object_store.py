"""Records in an object store, `INGEST_OUT=s3://bucket/prefix`: one object a record, named as in a folder."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any, TypeVar

from ingest.errors import TransientError
from ingest.service.objects import Bucket
from ingest.service.record_store import parse_record

_Answer = TypeVar("_Answer")
_KEY = re.compile(r"[0-9a-f]{2}/([0-9a-f]{64})\.json")
PROBE = ".probe"
"""An empty object, which shows at the start that one may write."""


class StoreAwayError(TransientError, OSError):
    """The object store cannot be reached, or refuses. Both, as those who work with a folder of records expect an OSError."""


class ObjectStore:
    """`<prefix>/<xx>/<id>.json`, where xx begins the id: what `JsonStore` has in its folder, so that either can be copied to the other.

    A record is one object, which is there as a whole or not at all. Methods may be called by several threads.
    """

    def __init__(self, bucket: Bucket) -> None:
        self._bucket = bucket

    def write(self, record_id: str, content: bytes) -> None:
        """See `RecordStore`."""
        _asked(lambda: self._bucket.put(_key(record_id), content))

    def has(self, record_id: str) -> bool:
        """See `RecordStore`."""
        return _asked(lambda: self._bucket.head(_key(record_id))) is not None

    def read(self, record_id: str) -> dict[str, Any] | None:
        """See `RecordStore`. Raises OSError: it is not known then whether there is one."""
        return parse_record(self.read_bytes(record_id))

    def read_bytes(self, record_id: str) -> bytes | None:
        """See `RecordStore`."""
        try:
            return _asked(lambda: self._bucket.get(_key(record_id))).content
        except FileNotFoundError:
            return None

    def delete(self, record_id: str) -> bool:
        """See `RecordStore`."""
        if not self.has(record_id):
            return False
        _asked(lambda: self._bucket.delete(_key(record_id)))
        return True

    def contents(self) -> Iterator[bytes]:
        """All records, in the order of their ids: a request a record, and one for each 1,000. Raises OSError."""
        entries = self._bucket.list()
        while entry := _asked(lambda: next(entries, None)):
            if (found := _KEY.fullmatch(entry.key)) and (content := self.read_bytes(found[1])) is not None:
                yield content

    def maintain(self, *, flush: bool = False) -> None:
        """Nothing: there are no leftovers and no segments."""

    def prepare(self) -> None:
        """Show that one may write. Raises OSError."""
        try:
            self._bucket.put(PROBE, b"")
        except TransientError as error:
            raise StoreAwayError(f"records cannot be written: {error}") from error

    def problem(self) -> str | None:
        """Why it cannot be reached; None if it can."""
        try:
            self._bucket.reach()
        except TransientError as error:
            return f"records cannot be written: {error}"
        return None


def _key(record_id: str) -> str:
    return f"{record_id[:2]}/{record_id}.json"


def _asked(ask: Callable[[], _Answer]) -> _Answer:
    try:
        return ask()
    except TransientError as error:
        raise StoreAwayError(str(error)) from error
