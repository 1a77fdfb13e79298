"""What the service asks of an object store, whichever it is."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from ingest.errors import IngestError


class Conflict(IngestError):
    """A condition did not hold: the object is there already, is gone, or has another version."""


@dataclass(frozen=True, slots=True)
class Entry:
    """An object without its content. `version`: its ETag, opaque; `modified`: seconds since 1970 by the store's clock; `size` in bytes."""

    key: str
    size: int
    version: str
    modified: float


@dataclass(frozen=True, slots=True)
class Object:
    """An object with its content, or the beginning of it; `size` is that of the whole."""

    content: bytes
    size: int
    version: str
    modified: float


class Bucket(Protocol):
    """Objects under one prefix of a bucket; keys are relative to it. All methods may be called by several threads.

    What retries did not mend is `TransientError`; after that a write may or may not have happened. A condition is checked by the store, in one
    step with the write. The version of an object changes when it is written with other content; equal content may have an equal version.
    """

    def get(self, key: str, *, limit: int | None = None, version: str | None = None) -> Object:
        """The object, or so many bytes of its beginning. Raises FileNotFoundError; `Conflict` if its version is another."""

    def head(self, key: str) -> Entry | None:
        """What is known of the object; None if there is none."""

    def put(self, key: str, content: bytes, *, absent: bool = False, version: str | None = None) -> str:
        """Write the object at once, durably; gives its new version. Raises `Conflict` where it is not absent, or not of that version any more.

        An answer that is lost is no conflict with oneself: the repeated write recognizes the first one.
        """

    def copy(self, key: str, to: str, *, version: str | None = None) -> None:
        """Copy within the store. Raises FileNotFoundError; `Conflict` if the source has another version."""

    def delete(self, key: str, *, version: str | None = None) -> None:
        """Delete the object; one that is absent is no error. Raises `Conflict` if its version is another."""

    def list(self, prefix: str = "", *, after: str = "") -> Iterator[Entry]:
        """Objects whose keys begin so and come after a key, in the order of their UTF-8 bytes; 1,000 are asked for at a time."""

    def folders(self, prefix: str = "") -> Sequence[str]:
        """What keys that begin so have up to their next slash, with the slash: `folders("done/")` is ["done/2026-11-29/"]."""

    def server_time(self) -> float:
        """Seconds since 1970 by the store's clock, which runs for all machines alike: at most about a second behind it."""

    def reach(self) -> None:
        """Ask whether the bucket is there, the cheapest request. Raises `TransientError`."""
