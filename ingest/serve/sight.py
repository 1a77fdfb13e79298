"""What lies in the spool now. Looked at once a second at most, and never for more than a twentieth of the time."""

from __future__ import annotations

import contextlib
import os
import re
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ingest.settings import Settings
from ingest.spool import Spool, names, settled
from ingest.spool.desk import Seen, desks
from ingest.status import ask_redis, crowd, free_disk, has_spool, living, no_spool, stalled, stuck

if TYPE_CHECKING:
    from ingest.broker import Broker

SECOND = 1.0
POLITE = 20
"""A look that took a tenth of a second is not repeated for two: 100,000 files in the inbox cost half a second."""
RESTLESS = 2.0
"""Seconds for which a folder's time of change tells too little: two changes may fall into one tick of the clock."""


@dataclass(frozen=True, slots=True)
class Quarantined:
    """One source in quarantine: its path in the spool and what its reason.json says."""

    path: str
    why: dict[str, Any]


@dataclass(slots=True)
class Quarantine:
    """The sources in quarantine by token; a shelf is listed anew when it has changed."""

    spool: Spool
    sources: dict[str, Quarantined] = field(default_factory=dict)
    _shelves: dict[str, tuple[float, dict[str, Quarantined]]] = field(default_factory=dict)

    def look(self) -> None:
        """Bring `sources` up to date."""
        shelves = {}
        for shelf in settled.shelves(self.spool, "quarantine"):
            with contextlib.suppress(FileNotFoundError):
                changed = os.stat(self.spool.at(shelf), follow_symlinks=False).st_mtime
                known, inside = self._shelves.get(shelf, (0.0, {}))
                if known != changed:
                    inside = dict(self._inside(shelf, inside))
                restless = time.time() - changed < RESTLESS
                shelves[shelf] = (0.0 if restless else changed, inside)
        self._shelves = shelves
        self.sources = {token: source for _, inside in shelves.values() for token, source in inside.items()}

    def _inside(self, shelf: str, before: dict[str, Quarantined]) -> Iterator[tuple[str, Quarantined]]:
        with contextlib.suppress(NotADirectoryError):
            for name in self.spool.listed(shelf):
                if names.is_source(name):
                    path, token = f"{shelf}/{name}", names.token_of(name)
                    yield token, before.get(token) or Quarantined(path, self.spool.reason(path))


class Sight:
    """The facts of the moment, in `facts`."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.spool = Spool(settings.spool)
        self.quarantine = Quarantine(self.spool)
        self.facts: dict[str, Any] = {}
        self._broker = _broker(settings)
        self._due = 0.0

    @property
    def stale(self) -> bool:
        """Whether it is time to look again."""
        return time.monotonic() >= self._due

    def forget(self) -> None:
        """Something was changed: look again at once."""
        self._due = 0.0

    def look(self) -> None:
        """Look again."""
        began = time.monotonic()
        self.facts = self._look()
        self._due = time.monotonic() + max(SECOND, POLITE * (time.monotonic() - began))

    def _look(self) -> dict[str, Any]:
        if not has_spool(self.settings):
            return {"why": [no_spool(self.settings)]}
        ignored = names.ignoring(self.settings.ignore)
        waiting, since = _waiting(self.spool.at("inbox"), ignored)
        claimed, oldest_claimed = crowd(self.spool)
        self.quarantine.look()
        found: list[Seen] = list(desks(self.spool.root))
        seen: dict[str, Any] = {
            "inbox": waiting,
            "oldest_inbox_seconds": max(0, round(time.time() - since)) if waiting else 0,
            "claimed": claimed,
            "oldest_claimed_seconds": oldest_claimed if claimed else 0,
            "quarantined": dict(
                Counter(each.why.get("reason", "unknown") for each in self.quarantine.sources.values())
            ),
            **living(found),
            "stalled_seconds": stalled(self.settings, found, claimed, oldest_claimed),
            "desks": [desk for desk in found if desk.alive],
            "free_disk": free_disk(self.settings),
        }
        why = ask_redis(self.settings, seen, self._broker) if self._broker else []
        return seen | {"why": why + stuck(seen)}


def _broker(settings: Settings) -> Broker | None:
    if settings.broker is None:
        return None
    from ingest.broker import Broker  # noqa: PLC0415 - celery, for those who have a broker

    return Broker(settings)


def _waiting(inbox: str, ignored: re.Pattern[str]) -> tuple[int, float]:
    """How many files lie in the inbox, and since when the oldest of them does, in seconds of the epoch."""
    count, oldest, folders = 0, time.time(), [inbox]
    while folders:
        with contextlib.suppress(FileNotFoundError, PermissionError), os.scandir(folders.pop()) as entries:
            for entry in entries:
                if ignored.match(entry.name):
                    continue
                if entry.is_dir(follow_symlinks=False):
                    folders.append(entry.path)
                elif not entry.name.endswith(names.SIDECAR):
                    with contextlib.suppress(FileNotFoundError):
                        oldest = min(oldest, entry.stat(follow_symlinks=False).st_ctime)
                        count += 1
    return count, oldest
