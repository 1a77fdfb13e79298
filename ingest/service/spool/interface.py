"""What those who clean, refuse, queue again and look ask of a spool, be it a folder (`Spool`) or in an object store (`ObjectSpool`)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Protocol


class Source(Protocol):
    """A claimed source that this process works on, and no other, until it is closed or settled."""

    def head(self, limit: int) -> bytes:
        """Its first bytes."""

    def read(self, limit: int) -> bytes | None:
        """All its bytes; None if there are more than `limit`."""

    def changed(self) -> bool:
        """Whether it has been written to since it was opened."""

    def close(self) -> None:
        """Let others have it, if it is not settled."""


class AnySpool(Protocol):
    """Paths of sources are relative: `claimed/<name>`, `done/<day>/<xx>/<name>`."""

    @property
    def root(self) -> str:
        """A folder of this machine for what is no source: heartbeats, packs. Of a spool in a folder the folder itself."""

    def prepare(self) -> None:
        """Prove that it can be used. Raises `SpoolError`."""

    def identity(self) -> str:
        """A permanent, unique name of this spool."""

    def deposit(self, content: bytes, *, name: str, claims: dict[str, Any] | None = None, replace: bool = False) -> str:
        """Hand an article over, durably; gives its ticket."""

    def requeue(self, path: str, *, replace: bool) -> str | None:
        """Claim a settled source anew, with no failures recorded; None if it is gone."""

    def open(self, path: str) -> Source | None:
        """A claimed source, for this process alone; None if it is settled, or another process has it. Raises OSError."""

    def holds(self, path: object) -> bool:
        """Whether a claimed source is not settled yet; False also for what is no ticket."""

    def whole_name(self, path: str) -> str:
        """The name of a source with all of its path in the inbox, for `filenames` to show."""

    def read_sidecar(self, path: str) -> dict[str, Any] | None:
        """What the sidecar of a source says; None without one. Raises `Rejected` where it is no JSON object, OSError."""

    def read_member(self, path: str) -> dict[str, Any] | None:
        """What is known of a member of a container; None of any other source."""

    def failures(self, path: str) -> dict[str, list[dict[str, str]]]:
        """The failures counted so far, by kind."""

    def record_failure(self, path: str, kind: str, why: str) -> int:
        """Count a failure (`kind`: "attempts" or "deaths") against a source, durably; gives their number."""

    def return_to_inbox(self, path: str) -> None:
        """Return a claimed source to the inbox: it was still being written."""

    def claimed_count(self) -> int:
        """How many sources are claimed."""

    def settled(self, folder: str) -> Iterator[str]:
        """Sources in `done` or `quarantine`, oldest day first."""

    def read(self, path: str, limit: int) -> bytes:
        """The bytes of a settled source. Raises OSError."""

    def delete(self, path: str) -> None:
        """Delete a settled source and all that belongs to it."""

    def reason(self, path: str) -> dict[str, Any]:
        """Why a source is in quarantine."""
