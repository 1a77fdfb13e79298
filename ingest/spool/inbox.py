"""Which files of the inbox are ready, and what wakes the scan.

A periodic scan is the truth; events only make it come sooner. A file is ready when it has stood still for a while. Its own
change time says so, in the file system's clock, so nothing need be remembered from scan to scan: a write sets mtime and ctime,
a rename into the inbox ctime alone. Where files are local the mtime decides (a file that was renamed in is ready at once);
over a network mtime may be set by the sender, so the ctime does.
"""

from __future__ import annotations

import logging
import os
import re
import time
from collections.abc import Iterator
from dataclasses import dataclass

from ingest.spool.names import SIDECAR, new_token

log = logging.getLogger("ingest")

# Changes made by other hosts raise no events here; Docker Desktop and FUSE drop them under load (notes, section A).
REMOTE = re.compile(
    r"(?:nfs\d?|cifs|smb\w*|fuse(?:\..*|blk|ctl)?|9p|virtiofs|osxfs|grpcfuse|afs|ceph|glusterfs|lustre|vboxsf|prl_fs)$"
)

_Odd = dict[str, tuple[tuple[int, int, int], float]]  # files from the future: their face, and since when it is so


@dataclass(frozen=True, slots=True)
class Found:
    """A ready file, or a link or device that only takes up room, relative to the inbox; `sidecar`: its claims lie beside it."""

    place: str
    sidecar: bool


class Inbox:
    """The inbox of a spool. `young` counts what the last finished scan saw that was not ready yet."""

    def __init__(self, root: str, ignored: re.Pattern[str], *, settle: float, polled: bool) -> None:
        self.root = root
        self.young = 0
        self._ignored = ignored
        self._settle = settle
        self._polled = polled
        self._odd: _Odd = {}

    def scan(self) -> Iterator[Found]:
        """One pass over the inbox, lazily; folders that cannot be read are named in the log."""
        self.young = 0
        now = _clock_of(os.path.dirname(self.root))
        before, self._odd = self._odd, {}
        folders = [""]
        while folders:
            folder = folders.pop()
            try:
                with os.scandir(os.path.join(self.root, folder)) as entries:
                    yield from self._entries(folder, entries, now, folders, before)
            except (FileNotFoundError, NotADirectoryError):  # somebody was faster
                continue
            except OSError as error:
                log.warning(
                    "cannot read a folder of the inbox", extra={"fields": {"folder": folder, "error": str(error)}}
                )

    def _entries(
        self, folder: str, entries: Iterator[os.DirEntry[str]], now: float, folders: list[str], odd: _Odd
    ) -> Iterator[Found]:
        for entry in entries:
            if self._ignored.match(entry.name):
                continue
            place = os.path.join(folder, entry.name)
            if entry.is_dir(follow_symlinks=False):
                folders.append(place)
                continue
            if entry.name.endswith(SIDECAR) and entry.name != SIDECAR:
                continue
            try:
                ready = self._ready(place, entry.stat(follow_symlinks=False), now, odd)
            except FileNotFoundError:
                continue
            if ready:
                sidecar = os.path.lexists(os.path.join(self.root, place + SIDECAR))
                yield Found(place, sidecar)
            else:
                self.young += 1

    def _ready(self, place: str, seen: os.stat_result, now: float, odd: _Odd) -> bool:
        last = seen.st_ctime if self._polled or seen.st_mtime > now else seen.st_mtime
        if last <= now:
            return now - last >= self._settle
        # The clock was set back: only two looks can tell.
        face = (seen.st_size, seen.st_mtime_ns, seen.st_ctime_ns)
        was, since = odd.get(place, (None, 0.0))
        self._odd[place] = (face, since if was == face else time.monotonic())
        return was == face and time.monotonic() - since >= self._settle


def _clock_of(folder: str) -> float:
    """What time it is for the file system itself: another host's, if it is a network mount."""
    path = os.path.join(folder, f".clock-{new_token()}")
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    except OSError as error:
        log.warning("cannot ask the file system for its time", extra={"fields": {"error": str(error)}})
        return time.time()
    try:
        return os.fstat(handle).st_mtime
    finally:
        os.close(handle)
        os.unlink(path)
