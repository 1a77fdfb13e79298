"""A ticket: what `enqueue` gives for an article that it has handed over."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING

from ingest.service.composition import Service, open_service
from ingest.service.environment import load_settings
from ingest.service.spool import filenames

if TYPE_CHECKING:
    from ingest.service.formats import JournalEntry
    from ingest.service.settings import Settings

FIRST_LOOK_SECONDS = 0.02
LONGEST_PAUSE_SECONDS = 0.5  # between two looks of `wait`


@dataclass(frozen=True, slots=True)
class Ticket:
    """A record's id and where its source lies, relative to the spool; the path is the only thing on the broker.

    `settings`: of the spool; those of the environment if None. A ticket that was stored as text is made anew from `id` and `path`.
    """

    id: str
    path: str
    settings: Settings | None = field(default=None, compare=False, repr=False)

    def outcome(self) -> JournalEntry | None:
        """The journal's line of the source: its `outcome` is "stored", "duplicate" or "refused" (then with a `reason`); None while it waits.

        Raises `NotInSpool` for a path that is no ticket's, OSError where the spool cannot be read.
        """
        service = open_cached(self.settings or load_settings())
        token = filenames.token_of(filenames.split_ticket(self.path)[1])
        if service.any_spool.holds(self.path):
            return None
        return service.any_journal.entries_of([token]).get(token)

    def wait(self, timeout: float = 600.0) -> JournalEntry:
        """The outcome, as soon as there is one. Raises TimeoutError after `timeout` seconds, else what `outcome` raises."""
        until, pause = time.monotonic() + timeout, FIRST_LOOK_SECONDS
        while (line := self.outcome()) is None:
            if (left := until - time.monotonic()) <= 0:
                raise TimeoutError(f"no outcome after {timeout:g} s: {self.path}")
            time.sleep(min(pause, left))
            pause = min(2 * pause, LONGEST_PAUSE_SECONDS)
        return line


@lru_cache(maxsize=8)
def open_cached(settings: Settings) -> Service:
    """The service of these settings, opened once for this process."""
    return open_service(settings)
