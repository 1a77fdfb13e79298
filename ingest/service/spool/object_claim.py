"""A claim in an object store: one small JSON object, `claimed/<token>~<name>`, that says all about a source until it is settled.

The source stays where it is, at a key of the inbox or among the settled sources. The token follows from its key, its version and its
time, so two watchers that see the same upload make the same claim, and the store lets one of them: a new upload at the same key is a new
article with a claim of its own. The token sorts by the second of the upload.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from ingest.service.spool import filenames
from ingest.service.spool.clock import timestamp

_SECOND = 10**9


@dataclass(frozen=True, slots=True)
class SeenSource:
    """A source that may be claimed, as a listing tells it. `name`: its encoded path in the inbox, whole; `sidecar`: key and version of one."""

    key: str
    version: str
    modified: int
    size: int
    name: str
    replace: bool = False
    sidecar: tuple[str, str] | None = None

    @property
    def path(self) -> str:
        """The path of its claim, which is its ticket."""
        token = token_for(self.key, self.version, self.modified)
        return f"claimed/{filenames.name_for(token, self.name, replace=self.replace)}"


@dataclass(frozen=True, slots=True)
class Settled:
    """The end of a source. `target`: the key that keeps it, None where it is not kept; `line`: the journal's; `reason`: of a refusal."""

    target: str | None
    line: dict[str, Any]
    reason: dict[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Claimed:
    """What a claim says. `holder` may work on the source before `until`, in seconds by the store's clock; `failures` by kind."""

    source: SeenSource
    holder: str | None = None
    until: float = 0.0
    failures: dict[str, list[dict[str, str]]] = field(default_factory=dict)
    settled: Settled | None = None

    def with_failure(self, kind: str, why: str) -> Claimed:
        """The same with one more failure."""
        counted = [*self.failures.get(kind, ()), {"at": timestamp(), "why": why}]
        return replace(self, failures=self.failures | {kind: counted})

    def to_json(self) -> bytes:
        """As the store keeps it."""
        return json.dumps(asdict(self)).encode()

    @classmethod
    def from_json(cls, content: bytes, path: str) -> Claimed:
        """What the claim at this path says. Raises ValueError for one that is none of ours: who writes to a bucket may not choose what we delete."""
        try:
            found = json.loads(content)
            source, settled = found.pop("source"), found.pop("settled")
            sidecar = source.pop("sidecar")
            seen = SeenSource(**source, sidecar=(sidecar[0], sidecar[1]) if sidecar else None)
            claimed = cls(seen, settled=Settled(**settled) if settled else None, **found)
            target = claimed.settled.target if claimed.settled else None
            ours = seen.path == path and (seen.key.startswith("inbox/") or _is_settled(seen.key))
            ours = ours and (target is None or _is_settled(target))
        except (TypeError, LookupError, AttributeError) as error:
            raise ValueError(f"no claim: {error}") from error
        if not ours or (seen.sidecar and not _is_sidecar_of(seen)):
            raise ValueError("no claim of ours")
        return claimed


@dataclass(frozen=True, slots=True)
class ObjectSource:
    """A claimed source that this process has a lease on; None for a content that is over the limit."""

    content: bytes | None

    def head(self, limit: int) -> bytes:
        """Its first bytes."""
        return (self.content or b"")[:limit]

    def read(self, limit: int) -> bytes | None:
        """All its bytes; None if there are more than `limit`."""
        return self.content if self.content is not None and len(self.content) <= limit else None

    def changed(self) -> bool:
        """Never: an object is replaced, not written to; the new one is another article."""
        return False

    def close(self) -> None:
        """The lease stays until the source is settled or released."""


def _is_settled(key: str) -> bool:
    return filenames.split_path(key)[0] != "claimed"  # or raises NotInSpool, which is a ValueError


def _is_sidecar_of(seen: SeenSource) -> bool:
    folder, _, name = seen.key.rpartition("/")
    inbox = seen.key.startswith("inbox/")
    return seen.sidecar is not None and seen.sidecar[0] == (
        seen.key + filenames.SIDECAR if inbox else f"{folder}/{filenames.token_of(name)}{filenames.SIDECAR}"
    )


def token_for(key: str, version: str, modified: int) -> str:
    """The token of one upload: its second, and 44 bits of a digest of what it is, of which 20 are shown as less than a millisecond. Among
    10^4 uploads of one second two have the same in one of 350,000 cases; then names still tell their claims apart.
    """
    digest = hashlib.sha256(f"{key}\0{version}".encode()).digest()
    fraction = int.from_bytes(digest[:4]) % 10**6
    return f"{modified * _SECOND + fraction:016x}-{digest[4:7].hex()}"
