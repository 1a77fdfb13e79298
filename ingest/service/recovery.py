"""After kills, full disks and power failures: each settled source has its line in the journal, and each source with a line is settled.

Settling renames the source and then writes the line; neither is forced to the disk each time, because that would cost as
much as the record itself. So three states can be found afterwards, and each has one repair:

    settled, no line        the source is claimed again under its old name and gets the same outcome again; its record exists
    claimed, but a line     the rename did not reach the disk: it is repeated, and no line is written
    a torn line, or zeros   is cut out; then one of the above holds
"""

from __future__ import annotations

import contextlib
import logging
import os
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import islice
from typing import Any

from ingest.service.formats import JournalEntry
from ingest.service.journal import Journal
from ingest.service.spool import Spool, beneath, containers, filenames, heartbeat, settled

log = logging.getLogger(__name__)

DAY_SECONDS = 86_400
FORGET_MEMBERS_SECONDS = 60.0  # between two deletions of members that are done
MAX_FORGOTTEN = 20_000  # in one go, while nothing can be settled
RECONCILE_SECONDS = 60.0  # between two comparisons of the journal with the sources, while nothing is claimed


def reconcile(spool: Spool, journal: Journal) -> int:
    """Bring sources and lines together where they may not be durable; gives how many did not agree.

    To be called before anything claimed is worked on, and as often as one likes. Raises OSError, and can be called again.
    """
    with journal.quiet():
        journal.mend()
        mended = _settle_journaled(spool, journal)
        since = journal.doubtful_since()
        found = {
            filenames.token_of(os.path.basename(path)): path
            for outcome in ("done", "quarantine")
            for path in _settled_since(spool, outcome, since)
        }
        journaled = journal.entries_of(found)
        mended += sum(spool.reopen(path) for token, path in found.items() if token not in journaled)
    if mended:
        log.warning("%d sources and their lines in the journal did not agree: mended", mended)
    return mended


def _settle_journaled(spool: Spool, journal: Journal) -> int:
    claimed = {filenames.token_of(name): name for name in spool.listed("claimed") if filenames.is_source(name)}
    mended = 0
    for token, line in journal.entries_of(claimed).items():
        path = f"claimed/{claimed[token]}"
        if line.get("outcome") == "refused":
            mended += bool(spool.refuse(path, _reason(line, path)))
        else:
            mended += bool(spool.done(path))
    return mended


def _reason(entry: JournalEntry, path: str) -> dict[str, Any]:
    known = {key: entry.get(key) for key in ("reason", "time", "id", "publisher")}
    return known | {
        "message": "the details of the reason were lost in a power failure",
        "place": filenames.display_path(os.path.basename(path)),
    }


def _settled_since(spool: Spool, outcome: str, since: float) -> Iterator[str]:
    first = f"{datetime.fromtimestamp(max(0.0, since - 60), UTC):%Y-%m-%d}"
    for shard in settled.shards(spool, outcome):
        if shard.split("/")[1] < first:  # where a spool was copied, all its change times are new, but the days are not
            continue
        with contextlib.suppress(FileNotFoundError), spool.folder(shard, flags=beneath.LIST) as here:
            if os.stat(here).st_mtime < since:
                continue
            with os.scandir(here) as entries:
                for entry in entries:
                    if filenames.is_source(entry.name) and entry.stat(follow_symlinks=False).st_ctime >= since:
                        yield f"{shard}/{entry.name}"


def unsettle(spool: Spool, name: str) -> None:
    """Claim a source again that was settled, wherever it lies now; nothing happens if it is not there. Raises OSError."""
    if path := settled.find(spool, filenames.token_of(name)):
        spool.reopen(path)


class JournalCare:
    """What the watcher of a spool does for the journal, beginning with `reconcile`; an error there must not prevent the start."""

    def __init__(self, spool: Spool, journal: Journal, *, keep: bool) -> None:
        self._spool = spool
        self._journal = journal
        self._keep = keep
        self._agreed = False
        self._next = 0.0
        self._next_members = 0.0
        with contextlib.suppress(
            OSError
        ):  # members that have a line already are settled by `reconcile`, not handed out again
            containers.recover_all(spool)
        self._reconcile()

    def maintain(self) -> None:
        """To be called every few seconds. Raises OSError."""
        self._journal.rotate()
        self._journal.sync()
        if not self._agreed or (time.monotonic() >= self._next and not self._spool.claimed_count()):
            self._reconcile()
        if not self._keep:
            _forget_settled(self._spool, self._journal)
        elif time.monotonic() >= self._next_members:
            self._next_members = time.monotonic() + FORGET_MEMBERS_SECONDS
            _forget_members(self._spool, self._journal)

    def close(self) -> None:
        """The same for the last time; what cannot be done now, the next start does."""
        self._next_members = 0.0
        with contextlib.suppress(OSError):
            self.maintain()

    def _reconcile(self) -> None:
        self._next = time.monotonic() + RECONCILE_SECONDS
        try:
            reconcile(self._spool, self._journal)
        except OSError as error:
            log.error("cannot compare the journal with the sources: %s", error)  # noqa: TRY400 - the next round tries again
        else:
            self._agreed = True


def _forget_settled(spool: Spool, journal: Journal) -> None:
    """Delete what is done, once its line is durable: nothing else will tell of it (INGEST_KEEP_DAYS is 0). Raises OSError."""
    with journal.quiet():
        journal.sync()
        done = {filenames.token_of(os.path.basename(path)): path for path in spool.settled("done")}
        for token in journal.entries_of(done):
            spool.delete(done[token])


def _forget_members(spool: Spool, journal: Journal) -> None:
    """Delete members of containers that are done, once their lines are durable: the container has them, and is kept. Raises OSError."""
    since = time.time() - DAY_SECONDS
    found = dict(islice(_done_members(spool, since), MAX_FORGOTTEN))
    if not found:
        return
    with journal.quiet():
        journal.sync()
        for token in journal.entries_of(found):
            spool.delete(found[token])


def _done_members(spool: Spool, since: float) -> Iterator[tuple[str, str]]:
    """Tokens and paths of the members in `done`, of the last days."""
    first = f"{datetime.fromtimestamp(since, UTC):%Y-%m-%d}"
    for shard in settled.shards(spool, "done"):
        if shard.split("/")[1] < first:
            continue
        names = spool.listed(shard)
        members = {filenames.token_of(name) for name in names if name.endswith(filenames.MEMBER)}
        for name in names:
            if filenames.token_of(name) in members and filenames.is_source(name):
                yield filenames.token_of(name), f"{shard}/{name}"


def clear_heartbeat(status: heartbeat.HeartbeatStatus, spool: Spool, journal: Journal) -> None:
    """Delete the heartbeat of a dead process; if it died between settling its source and writing the line, the source is claimed again.

    Raises OSError, and then leaves the heartbeat for the next caller.
    """
    path = status.notes.get("path")
    if isinstance(path, str) and filenames.is_ticket(path) and not spool.holds(path):
        name = os.path.basename(path)
        with journal.quiet():  # or another process might finish the same repair between the check and the move
            if not journal.has(filenames.token_of(name)):
                unsettle(spool, name)
    with contextlib.suppress(FileNotFoundError):
        os.unlink(status.path)
