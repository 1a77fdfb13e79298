"""The life of a source: inbox ─▶ claimed ─▶ done | quarantine. Every move is one rename, and the rename is the lock.

    spool/inbox/         anything, in any subfolder; a sidecar `article.txt.meta.json` holds what the sender claims
    spool/claimed/       one flat folder of what is being worked on; bounded by backpressure
    spool/done/          <day>/<xx>/ settled sources, kept for some days
    spool/quarantine/    <day>/<xx>/ refused sources, each with `<token>.reason.json`
                         beside a source whose path is too long for a name: `.<token>.inbox-path`
    spool/.desks/        heartbeats: who is alive and which source each process has (heartbeat.py)

A source in `claimed` whose file is locked is being cleaned: the lock is the lease, and the kernel releases it when its holder is killed.

A path from outside (a ticket, a form, the heartbeat of a dead process) is validated once, in `filenames`, and opened beneath the root
without following links (beneath.py): no such path is ever joined to the root as it is. Invalid ones raise `NotInSpool`.

`.desks`, `.keeper` and `.charges.json` keep their first names: processes of an older version may share the spool while it is updated,
and a second lock or a second folder of heartbeats would hide each from the other.
"""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Callable, Container, Iterator
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from typing import Any

from ingest.errors import NotInSpool, SpoolError
from ingest.service.sidecar import read_sidecar
from ingest.service.spool import beneath, companions, durable, filenames, settled, sweep
from ingest.service.spool.clock import timestamp
from ingest.service.spool.filenames import CHARGES, CONTAINER, MEMBER, REASON, SIDECAR
from ingest.service.spool.root import FOLDERS, Root
from ingest.service.spool.source import LockedSource, open_locked

__all__ = ["FOLDERS", "LockedSource", "NotInSpool", "Spool", "SpoolError", "timestamp"]


class Spool(Root):
    """Each step of a source's life. Paths of sources are relative to `root`: `claimed/<name>`."""

    # --- into claimed -------------------------------------------------------------------------------------------------

    def claim(self, inbox_path: str, *, sidecar: bool = False) -> str | None:
        """Move `inbox/<inbox_path>` to `claimed`; None if another process was faster. The sidecar follows: if we die in between,
        `orphaned` fetches it. Raises OSError if we may not move either of them; then both stay.
        """
        folder, _, leaf = inbox_path.rpartition("/")
        name = filenames.claimed_name(token := filenames.new_token(), inbox_path)
        try:
            with self.folder(_below("inbox", folder)) as inbox, self.folder("claimed") as claimed:
                if sidecar:
                    companions.check_sidecar_is_movable(leaf, inbox)
                companions.keep_inbox_path(name, filenames.encoded(inbox_path), claimed)
                try:
                    os.rename(leaf, name, src_dir_fd=inbox, dst_dir_fd=claimed)
                except OSError:
                    companions.forget(name, claimed, suffixes=())
                    raise
                if sidecar:
                    try:
                        companions.take_sidecar(leaf, inbox, token, claimed)
                    except OSError:
                        beneath.move(name, claimed, leaf, inbox)
                        companions.forget(name, claimed, suffixes=())
                        raise
        except FileNotFoundError:
            return None
        return f"claimed/{name}"

    def deposit(self, content: bytes, *, name: str, claims: dict[str, Any] | None = None, replace: bool = False) -> str:
        """Put bytes straight into `claimed`, durably. They need no inbox: they are whole."""
        plain = os.path.basename(name).encode("utf-8", "replace").decode() or "article"
        claimed = filenames.claimed_name(token := filenames.new_token(), plain, replace=replace)
        with self.folder("claimed") as folder:
            if claims:
                durable.write_atomically(token + SIDECAR, json.dumps(claims).encode(), dir_fd=folder)
            companions.keep_inbox_path(claimed, filenames.encoded(plain), folder)
            durable.write_atomically(claimed, content, dir_fd=folder)
        return f"claimed/{claimed}"

    def requeue(self, path: str, *, replace: bool) -> str | None:
        """Claim a source anew from `done` or `quarantine`, under a new token and with no failures recorded."""
        folder, old = filenames.split_path(path)
        with contextlib.suppress(FileNotFoundError), self.folder(folder) as here, self.folder("claimed") as claimed:
            if not beneath.lies_in(here, old):
                return None
            whole = companions.whole_name(old, here, claimed)
            name = filenames.name_for(token := filenames.new_token(), whole[24:], replace=replace)
            companions.copy_claims(old, (here, claimed), token, claimed)
            companions.keep_inbox_path(name, whole[24:], claimed)
            try:
                os.rename(old, name, src_dir_fd=here, dst_dir_fd=claimed)
            except FileNotFoundError:
                companions.forget(name, claimed, suffixes=companions.CLAIMS)
                return None
            companions.forget(old, here, claimed, suffixes=companions.ALL)
            return f"claimed/{name}"
        return None

    # --- in claimed ---------------------------------------------------------------------------------------------------

    def open(self, path: str) -> LockedSource | None:
        """Open and lock a claimed source; None if it is settled or locked by another process.

        Raises OSError if it cannot be read: ELOOP for a symbolic link, EINVAL for anything else that is no file.
        """
        folder, name = filenames.split_ticket(path)
        with self.folder(folder) as claimed:
            return open_locked(name, claimed)

    def holds(self, path: object) -> bool:
        """Whether a claimed source is still there; False also for what is no ticket."""
        if filenames.is_ticket(path):
            with contextlib.suppress(FileNotFoundError), self.folder("claimed") as claimed:
                return beneath.lies_in(claimed, filenames.split_ticket(path)[1])
        return False

    def whole_name(self, path: str) -> str:
        """The name of a source with all of its path in the inbox, for `filenames` to show."""
        folder, name = filenames.split_path(path)
        if not filenames.is_long(name):
            return name
        with contextlib.suppress(FileNotFoundError), self.folder(folder) as here, self.folder("claimed") as claimed:
            return companions.whole_name(name, here, claimed)
        return name

    def read_sidecar(self, path: str) -> dict[str, Any] | None:
        """What the sidecar of a source says; None without one. Raises `Rejected` where it is no JSON object, OSError."""
        folder, name = filenames.split_path(path)
        try:
            with self.folder(folder) as here:
                return read_sidecar(filenames.token_of(name) + SIDECAR, dir_fd=here)
        except FileNotFoundError:
            return None

    def read_member(self, path: str) -> dict[str, Any] | None:
        """What is known of a member of a container (see `spool.containers`); None of any other source."""
        folder, name = filenames.split_path(path)
        try:
            with self.folder(folder) as here:
                found = durable.read_json(filenames.token_of(name) + MEMBER, dir_fd=here)
        except FileNotFoundError:
            return None
        return found if isinstance(found, dict) else None

    def record_failure(self, path: str, kind: str, why: str) -> int:
        """Count a failure (`kind`: "attempts" or "deaths") against a source, durably; gives their number."""
        failures = self.failures(path)
        failures.setdefault(kind, []).append({"at": timestamp(), "why": why})
        with self.folder("claimed") as claimed:
            companion = filenames.token_of(filenames.split_ticket(path)[1]) + CHARGES
            durable.write_atomically(companion, json.dumps(failures).encode(), dir_fd=claimed)
        return len(failures[kind])

    def failures(self, path: str) -> dict[str, list[dict[str, str]]]:
        """The failures counted so far, by kind."""
        folder, name = filenames.split_ticket(path)
        with self.folder(folder) as claimed:
            found = durable.read_json(filenames.token_of(name) + CHARGES, dir_fd=claimed)
        return found if isinstance(found, dict) else {}

    def forget_failures(self, path: str) -> None:
        """Count failures from none again."""
        _, name = filenames.split_ticket(path)
        with self.folder("claimed") as claimed:
            companions.forget(name[:24], claimed, suffixes=(CHARGES,))

    def return_to_inbox(self, path: str) -> None:
        """Return a claimed source to the inbox: it was still being written. A new file of the same name stays beside it."""
        _, name = filenames.split_ticket(path)
        wrong: OSError | None = None
        with self.folder("claimed") as claimed:
            for way in filenames.ways_back(companions.whole_name(name, claimed)):
                folder, _, leaf = way.rpartition("/")
                try:
                    with self.folder(_below("inbox", folder), make=True) as inbox:
                        companions.return_to(inbox, leaf, name, claimed)
                except OSError as error:  # a link or a file stands in the way, or another article
                    wrong = error if beneath.lies_in(claimed, name) else None
                    if wrong:
                        continue
                companions.forget(name, claimed, suffixes=(CONTAINER,))
                return
        raise wrong or AssertionError("there is always one way back")

    def orphaned(self, since: Callable[[float], bool] | None = None, exclude: Container[str] = ()) -> Iterator[str]:
        """Claimed sources that no process works on, oldest first, those whose change time satisfies `since`; `exclude` are
        left out. Also deletes companion files without a source.
        """
        return sweep.orphans(self, since, exclude)

    def claimed_count(self) -> int:
        """How many sources are claimed."""
        return sum(map(filenames.is_source, self.names("claimed")))

    # --- out of claimed -----------------------------------------------------------------------------------------------

    def done(self, path: str) -> bool:
        """Settle a source whose record is durable; False if another process did."""
        _, name = filenames.split_ticket(path)
        with self._shard("done", name) as shard:
            return self._settle(name, shard)

    def refuse(self, path: str, reason: dict[str, Any]) -> bool:
        """Quarantine a source with its reason, the reason first; False if another process settled it."""
        _, name = filenames.split_ticket(path)
        companion = filenames.token_of(name) + REASON
        with self._shard("quarantine", name) as shard:
            durable.write_atomically(companion, json.dumps(reason, indent=1).encode(), dir_fd=shard)
            if self._settle(name, shard):
                return True
            with contextlib.suppress(FileNotFoundError):
                os.unlink(companion, dir_fd=shard)
        return False

    def _shard(self, outcome: str, name: str) -> AbstractContextManager[int]:
        # 256 shards a day, by the random end of the token.
        return self.folder(f"{outcome}/{datetime.now(UTC):%Y-%m-%d}/{name[21:23]}", make=True)

    def _settle(self, name: str, shard: int) -> bool:
        """The source first, then its companions: `requeue` and the watcher find them also where they were left behind."""
        with self.folder("claimed") as claimed:
            try:
                os.rename(name, name, src_dir_fd=claimed, dst_dir_fd=shard)
            except FileNotFoundError:
                if beneath.lies_in(claimed, name):
                    raise  # the shard was deleted with an old day; the next try makes it anew
                return False
            companions.follow(name, claimed, shard)
            with contextlib.suppress(FileNotFoundError):
                os.unlink(filenames.token_of(name) + CHARGES, dir_fd=claimed)
        return True

    def reopen(self, path: str) -> bool:
        """Move a source that was settled without a line in the journal back to `claimed`, under its old name."""
        folder, name = filenames.split_path(path)
        with self.folder(folder) as here, self.folder("claimed") as claimed:
            companions.follow(name, here, claimed)
            try:
                os.rename(name, name, src_dir_fd=here, dst_dir_fd=claimed)
            except FileNotFoundError:
                return False
            with contextlib.suppress(FileNotFoundError):
                os.unlink(filenames.token_of(name) + REASON, dir_fd=here)
        return True

    # --- settled ------------------------------------------------------------------------------------------------------

    def settled(self, folder: str) -> Iterator[str]:
        """Sources in `done` or `quarantine`, oldest day first, relative to the root."""
        return settled.sources(self, folder)

    def read(self, path: str, limit: int) -> bytes:
        """The bytes of a source, claimed or settled; unlocked, for a reader must not keep a worker from it. Raises OSError."""
        folder, name = filenames.split_path(path)
        with self.folder(folder) as here:
            return durable.read_whole(name, limit, dir_fd=here)

    def delete(self, path: str) -> None:
        """Delete a settled source and all that belongs to it."""
        folder, name = filenames.split_path(path)
        with contextlib.suppress(FileNotFoundError), self.folder(folder) as here, self.folder("claimed") as claimed:
            companions.forget(name, here, claimed, suffixes=companions.ALL)
            os.unlink(name, dir_fd=here)

    def reason(self, path: str) -> dict[str, Any]:
        """Why a source is in quarantine."""
        folder, name = filenames.split_path(path)
        with contextlib.suppress(FileNotFoundError), self.folder(folder) as here:
            found = durable.read_json(filenames.token_of(name) + REASON, dir_fd=here)
            if isinstance(found, dict):
                return found
        return {"reason": "unknown"}


def _below(top: str, folder: str) -> str:
    return f"{top}/{folder}" if folder else top
