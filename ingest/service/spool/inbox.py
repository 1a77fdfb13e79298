"""Which files of the inbox are ready, and what wakes the scan.

The periodic scan decides; file events only make it run sooner. A file is ready when it has not changed for a while. Its own
change time says so, by the file system's clock, so nothing need be remembered between scans: a write sets mtime and ctime,
a rename into the inbox ctime alone. Where files are local the mtime decides (a file that was renamed in is ready at once);
over a network mtime may be set by the sender, so the ctime does.
"""

from __future__ import annotations

import contextlib
import logging
import os
import re
import time
from collections.abc import Iterator
from dataclasses import dataclass

from ingest.core.text.characters import escape_for_display
from ingest.service.settings import Settings
from ingest.service.spool.beneath import LIST, lies_in
from ingest.service.spool.beneath import folder as open_below
from ingest.service.spool.filenames import SIDECAR, new_token

log = logging.getLogger(__name__)

# Changes made by other hosts raise no events here; Docker Desktop and FUSE drop them under load.
NETWORK_FILE_SYSTEM = re.compile(
    r"(?:nfs\d?|cifs|smb\w*|fuse(?:\..*|blk|ctl)?|9p|virtiofs|osxfs|grpcfuse|afs|ceph|glusterfs|lustre|vboxsf|prl_fs)$"
)

_FutureFiles = dict[
    str, tuple[tuple[int, int, int], float]
]  # files with times in the future: (size, mtime, ctime), and since when they are unchanged


@dataclass(frozen=True, slots=True)
class ReadyFile:
    """A ready file (or a link or device, which will be refused), relative to the inbox. `sidecar`: whether it has one."""

    inbox_path: str
    sidecar: bool


class Inbox:
    """The inbox of a spool. `unstable_count` counts what the last finished scan saw that was not ready yet."""

    def __init__(self, root: str, ignored: re.Pattern[str], *, settle_seconds: float, polled: bool) -> None:
        self.root = root
        self.unstable_count = 0
        self.unread: list[str] = []  # folders that the last scan could not read, and why
        self._ignored = ignored
        self._settle_seconds = settle_seconds
        self._polled = polled
        self._from_future: _FutureFiles = {}

    def scan(self) -> Iterator[ReadyFile]:
        """One pass over the inbox, lazily; folders that cannot be read are named in the log."""
        self.unstable_count = 0
        now = _file_system_time(os.path.dirname(self.root))
        before, self._from_future = self._from_future, {}
        self.unread = []
        top, name = os.path.split(self.root)
        folders = [""]
        while folders:
            folder = folders.pop()
            try:
                below = f"{name}/{folder}" if folder else name
                with open_below(top, below, flags=LIST) as handle, os.scandir(handle) as entries:
                    yield from self._entries(folder, handle, entries, now, folders, before)
            except (FileNotFoundError, NotADirectoryError):  # deleted or moved meanwhile
                continue
            except OSError as error:
                self.unread.append(f"{escape_for_display(folder)}: {error.strerror}")
                log.warning(
                    "cannot read a folder of the inbox", extra={"fields": {"folder": folder, "error": str(error)}}
                )

    def _entries(
        self,
        folder: str,
        handle: int,
        entries: Iterator[os.DirEntry[str]],
        now: float,
        folders: list[str],
        from_future: _FutureFiles,
    ) -> Iterator[ReadyFile]:
        for entry in entries:
            if self._ignored.match(entry.name):
                continue
            inbox_path = os.path.join(folder, entry.name)
            if entry.is_dir(follow_symlinks=False):
                folders.append(inbox_path)
                continue
            if entry.name.endswith(SIDECAR) and entry.name != SIDECAR:
                continue
            try:
                ready = self._is_stable(inbox_path, entry.stat(follow_symlinks=False), now, from_future)
            except FileNotFoundError:
                continue
            if ready:
                yield ReadyFile(inbox_path, lies_in(handle, entry.name + SIDECAR))
            else:
                self.unstable_count += 1

    def _is_stable(self, inbox_path: str, seen: os.stat_result, now: float, from_future: _FutureFiles) -> bool:
        last = seen.st_ctime if self._polled or seen.st_mtime > now else seen.st_mtime
        if last <= now:
            return now - last >= self._settle_seconds
        # The clock was set back: only two observations can tell.
        state = (seen.st_size, seen.st_mtime_ns, seen.st_ctime_ns)
        was, since = from_future.get(inbox_path, (None, 0.0))
        self._from_future[inbox_path] = (state, since if was == state else time.monotonic())
        return was == state and time.monotonic() - since >= self._settle_seconds


def _file_system_time(folder: str) -> float:
    """The current time by the file system's own clock, which is another host's on a network mount."""
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


def watching(settings: Settings) -> tuple[bool, str]:
    """Whether the inbox is polled, and how it is watched, for people."""
    kind = _mount_type(settings.root / "inbox")
    every = f"every {settings.scan_interval:g} s"
    if settings.watch == "poll":
        return True, f"by polling {every}, as INGEST_WATCH says"
    if settings.watch == "auto" and NETWORK_FILE_SYSTEM.fullmatch(kind):
        return True, f"by polling {every}: on {kind}, changes made by other hosts raise no events"
    return False, f"by events, with a scan {every} ({kind or 'unknown file system'})"


def is_network_mount(folder: os.PathLike[str]) -> bool:
    """Whether a folder lies on a file system that other hosts write to."""
    return bool(NETWORK_FILE_SYSTEM.fullmatch(_mount_type(folder)))


def _mount_type(folder: os.PathLike[str]) -> str:
    real = os.path.realpath(folder)
    found = ("", "")
    with contextlib.suppress(OSError), open("/proc/self/mountinfo", encoding="utf-8", errors="replace") as file:
        for line in file:
            before, _, after = line.partition(" - ")
            point = before.split()[4].replace("\\040", " ")
            if (real == point or real.startswith(point.rstrip("/") + "/")) and len(point) >= len(found[0]):
                found = (point, after.split()[0])
    return found[1]
