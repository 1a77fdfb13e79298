"""The life of a source: inbox ─▶ claimed ─▶ done | quarantine. Every move is one rename, and the rename is the lock.

    spool/inbox/         anything, in any subfolder; a sidecar `article.txt.meta.json` holds what the sender claims
    spool/claimed/       one flat folder of what is being worked on; bounded by backpressure
    spool/done/          <day>/<xx>/ settled sources, kept for some days
    spool/quarantine/    <day>/<xx>/ refused sources, each with `<token>.reason.json`
    spool/.desks/        who is alive and what each has in its hands (desk.py)

A source in `claimed` whose file is locked is being cleaned: the lock is the lease, and a kill gives it back at once.
"""

from __future__ import annotations

import contextlib
import errno
import json
import os
import time
from collections.abc import Callable, Container, Iterator
from datetime import UTC, datetime
from itertools import pairwise
from typing import Any

from ingest.spool import files, names
from ingest.spool.names import SIDECAR
from ingest.spool.source import Source, take

__all__ = ["FOLDERS", "Source", "Spool", "Unusable", "now_text"]

ORPHAN_SECONDS = 600.0  # sidecars are written before their source: one that old has lost its own
FOLDERS = ("inbox", "claimed", "done", "quarantine", ".desks")


class Unusable(Exception):
    """The spool cannot be used as it lies; the message says how to mend it."""


class Spool:
    """The folders, and each step of a source's life. Paths of sources are relative to `root`: `claimed/<name>`."""

    def __init__(self, root: str | os.PathLike[str]) -> None:
        self.root = os.fspath(root)
        self._made: set[str] = set()

    def at(self, *parts: str) -> str:
        """An absolute path in the spool."""
        return os.path.join(self.root, *parts)

    def prepare(self) -> None:
        """Make the folders and prove that a file can be locked and moved through them. Raises `Unusable`."""
        name = f".probe-{names.new_token()}"
        try:
            for folder in FOLDERS:
                os.makedirs(self.at(folder), exist_ok=True)
            with open(self.at("inbox", name), "wb") as probe:
                files.try_lock(probe.fileno())
            for here, there in pairwise(FOLDERS[:4]):
                os.rename(self.at(here, name), self.at(there, name))
            os.unlink(self.at("quarantine", name))
        except OSError as error:
            for folder in FOLDERS[:4]:
                with contextlib.suppress(OSError):
                    os.unlink(self.at(folder, name))
            if error.errno == errno.EXDEV:
                raise Unusable(
                    f"{self.root}: inbox, claimed, done and quarantine lie on different mounts, so a source cannot be "
                    "moved in one step; mount the whole spool folder, not the folders in it"
                ) from None
            if error.errno in {errno.ENOLCK, errno.ENOTSUP, errno.ENOSYS}:
                raise Unusable(
                    f"{self.root} lies on a mount without locks (flock); on NFS, mount it with them"
                ) from None
            raise Unusable(files.trouble(self.root, error)) from None

    def identity(self) -> str:
        """A name of this spool that no other has, and that stays."""
        known = files.read_json(self.at(".identity"))
        if not isinstance(known, str):
            known = names.new_token()
            files.write_whole(self.at(".identity"), json.dumps(known).encode())
        return known

    # --- into claimed -------------------------------------------------------------------------------------------------

    def claim(self, place: str, *, sidecar: bool = False) -> str | None:
        """Take `inbox/<place>`; None if somebody else was faster. The sidecar follows: if we die in between, `adrift`
        fetches it.
        """
        name = names.claimed_name(names.new_token(), place)
        try:
            os.rename(self.at("inbox", place), self.at("claimed", name))
        except FileNotFoundError:
            return None
        if sidecar:
            self._fetch_sidecar(name)
        return f"claimed/{name}"

    def _fetch_sidecar(self, name: str) -> None:
        with contextlib.suppress(FileNotFoundError):
            os.rename(self.at("inbox", names.place_of(name) + SIDECAR), self._beside(name, SIDECAR))

    def deposit(self, content: bytes, *, name: str, claims: dict[str, Any] | None = None, replace: bool = False) -> str:
        """Put bytes straight into `claimed`, durably. They need no inbox: they are whole."""
        plain = os.path.basename(name).encode("utf-8", "replace").decode() or "article"
        claimed = names.claimed_name(names.new_token(), plain, replace=replace)
        if claims:
            files.write_whole(self._beside(claimed, SIDECAR), json.dumps(claims).encode())
        files.write_whole(self.at("claimed", claimed), content)
        return f"claimed/{claimed}"

    def again(self, settled: str, *, replace: bool) -> str | None:
        """Claim a source anew from `done` or `quarantine`, under a new token; its attempts are forgiven."""
        folder, old = os.path.split(settled)
        name = names.claimed_name(names.new_token(), names.place_of(old), replace=replace)
        with contextlib.suppress(FileNotFoundError):
            os.link(self.at(folder, names.token_of(old) + SIDECAR), self._beside(name, SIDECAR))
        try:
            os.rename(self.at(settled), self.at("claimed", name))
        except FileNotFoundError:
            return None
        for suffix in (SIDECAR, ".reason.json"):
            with contextlib.suppress(FileNotFoundError):
                os.unlink(self.at(folder, names.token_of(old) + suffix))
        return f"claimed/{name}"

    # --- in claimed ---------------------------------------------------------------------------------------------------

    def open(self, path: str) -> Source | None:
        """Open and lock a claimed source; None if it is settled or in somebody's hands.

        Raises OSError if it cannot be read: ELOOP for a symbolic link, EINVAL for anything else that is no file.
        """
        return take(self.at(path))

    def claims(self, path: str) -> Any:
        """What the sidecar of a claimed source says; None without one, "" if it is no JSON."""
        try:
            with open(self._beside(os.path.basename(path), SIDECAR), "rb") as file:
                return json.loads(file.read())
        except FileNotFoundError:
            return None
        except ValueError:
            return ""

    def charge(self, path: str, kind: str, why: str) -> int:
        """Count a failure (`kind`: "attempts" or "deaths") against a source, durably; gives their number."""
        beside = self._beside(os.path.basename(path), ".charges.json")
        charges = files.read_json(beside) or {}
        charges.setdefault(kind, []).append({"at": now_text(), "why": why})
        files.write_whole(beside, json.dumps(charges).encode())
        return len(charges[kind])

    def charges(self, path: str) -> dict[str, list[dict[str, str]]]:
        """The failures counted so far, by kind."""
        return files.read_json(self._beside(os.path.basename(path), ".charges.json")) or {}

    def give_back(self, path: str) -> None:
        """Return a claimed source to the inbox: it was not ready after all."""
        name = os.path.basename(path)
        place = self.at("inbox", names.place_of(name))
        if os.path.lexists(place):  # its sender has put another there since: both stay
            place = os.path.join(os.path.dirname(place), names.token_of(name), os.path.basename(place))
        os.makedirs(os.path.dirname(place), exist_ok=True)
        with contextlib.suppress(FileNotFoundError):
            os.rename(self._beside(name, SIDECAR), place + SIDECAR)
        with contextlib.suppress(FileNotFoundError):
            os.rename(self.at(path), place)

    def adrift(self, since: Callable[[float], bool] | None = None, mine: Container[str] = ()) -> Iterator[str]:
        """Claimed sources that nobody works on, oldest first, those whose change time satisfies `since`; `mine` are
        left out. Also clears away what belongs to no source any more.
        """
        orphaned = time.time() - ORPHAN_SECONDS
        listed = sorted(os.listdir(self.at("claimed")))
        tokens = {names.token_of(name) for name in listed if names.is_source(name)}
        for name in listed:
            path = f"claimed/{name}"
            if not names.is_source(name):
                if names.token_of(name) not in tokens and self._changed(name, lambda at: at < orphaned):
                    with contextlib.suppress(FileNotFoundError):
                        os.unlink(self.at(path))
            elif path not in mine and self._changed(name, since) and not files.is_locked(self.at(path)):
                self._fetch_sidecar(name)
                yield path

    def _changed(self, name: str, since: Callable[[float], bool] | None) -> bool:
        try:
            return since is None or since(os.stat(self.at("claimed", name), follow_symlinks=False).st_ctime)
        except FileNotFoundError:
            return False

    def crowd(self) -> int:
        """How many sources are claimed."""
        return sum(map(names.is_source, os.listdir(self.at("claimed"))))

    # --- out of claimed -----------------------------------------------------------------------------------------------

    def done(self, path: str) -> bool:
        """Settle a source whose record is durable; False if somebody else did."""
        return self._settle(path, self._shelf("done", path))

    def refuse(self, path: str, reason: dict[str, Any]) -> bool:
        """Quarantine a source with its reason, the reason first; False if somebody else settled it."""
        shelf = self._shelf("quarantine", path)
        beside = os.path.join(shelf, names.token_of(os.path.basename(path)) + ".reason.json")
        files.write_whole(beside, json.dumps(reason, indent=1).encode())
        if self._settle(path, shelf):
            return True
        with contextlib.suppress(FileNotFoundError):
            os.unlink(beside)
        return False

    def _shelf(self, fate: str, path: str) -> str:
        # 256 shelves a day, by the random end of the token.
        shelf = self.at(fate, f"{datetime.now(UTC):%Y-%m-%d}", os.path.basename(path)[21:23])
        if shelf not in self._made:
            os.makedirs(shelf, exist_ok=True)
            self._made.add(shelf)
        return shelf

    def _settle(self, path: str, shelf: str) -> bool:
        name = os.path.basename(path)
        with contextlib.suppress(FileNotFoundError, FileExistsError):
            # Linked before, unlinked after: a source never stands without its claims.
            os.link(self._beside(name, SIDECAR), os.path.join(shelf, names.token_of(name) + SIDECAR))
        try:
            os.rename(self.at(path), os.path.join(shelf, name))
        except FileNotFoundError:
            if os.path.isdir(shelf):
                return False
            self._made.discard(shelf)  # swept away by a day's end; the next try makes it anew
            raise
        self._forget(name)
        return True

    def _forget(self, name: str) -> None:
        for suffix in (SIDECAR, ".charges.json"):
            with contextlib.suppress(FileNotFoundError):
                os.unlink(self._beside(name, suffix))

    def _beside(self, name: str, suffix: str) -> str:
        return self.at("claimed", names.token_of(name) + suffix)

    def reopen(self, settled: str) -> bool:
        """Take a source back that was settled without a line in the journal: it is claimed again, under its old name."""
        folder, name = os.path.split(settled)
        token = names.token_of(name)
        with contextlib.suppress(FileNotFoundError):
            os.rename(self.at(folder, token + SIDECAR), self._beside(name, SIDECAR))
        try:
            os.rename(self.at(settled), self.at("claimed", name))
        except FileNotFoundError:
            return False
        with contextlib.suppress(FileNotFoundError):
            os.unlink(self.at(folder, token + ".reason.json"))
        return True

    # --- settled ------------------------------------------------------------------------------------------------------

    def settled(self, fate: str) -> Iterator[str]:
        """Sources in `done` or `quarantine`, oldest day first, relative to the root."""
        for day in sorted(os.listdir(self.at(fate))):
            with contextlib.suppress(NotADirectoryError, FileNotFoundError):
                for shelf in sorted(os.listdir(self.at(fate, day))):
                    for name in sorted(os.listdir(self.at(fate, day, shelf))):
                        if names.is_source(name):
                            yield f"{fate}/{day}/{shelf}/{name}"

    def forget(self, settled: str) -> None:
        """Delete a settled source and all that belongs to it."""
        folder, name = os.path.split(self.at(settled))
        for path in (os.path.join(folder, names.token_of(name) + suffix) for suffix in (SIDECAR, ".reason.json")):
            with contextlib.suppress(FileNotFoundError):
                os.unlink(path)
        with contextlib.suppress(FileNotFoundError):
            os.unlink(os.path.join(folder, name))

    def reason(self, quarantined: str) -> dict[str, Any]:
        """Why a source lies in quarantine."""
        folder, name = os.path.split(quarantined)
        return files.read_json(self.at(folder, names.token_of(name) + ".reason.json")) or {"reason": "unknown"}


def now_text() -> str:
    """The time, as journals and reasons write it."""
    return datetime.fromtimestamp(time.time(), UTC).isoformat(timespec="milliseconds")
