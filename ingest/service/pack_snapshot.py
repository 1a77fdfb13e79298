"""The user's packs as the service uses them: checked by the watcher, published in the spool, read by every worker.

    INGEST_PACKS ──check──▶ <spool>/.packs/<version>/*.toml, named by <spool>/.packs/current.json ──▶ workers, dashboard

One writer and one pointer: a changed folder is taken over by all processes, on all machines that share the spool, or by none. What
fails its checks is not published; the packs before it stay, and the pointer says why.
"""

from __future__ import annotations

import hashlib
import json
import logging
import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from ingest.errors import InvalidSettings, TransientError
from ingest.service.formats import PackState
from ingest.service.reloaded import Reloaded
from ingest.service.spool import durable

if TYPE_CHECKING:
    from ingest.core.packs import Packs

log = logging.getLogger(__name__)

KEPT_VERSIONS = 2
"""The current version and the one before it, which a worker may be reading."""
MAX_PROBLEMS = 5  # that are named in the log and in the status


class PackSnapshot:
    """The folder `.packs` of a spool."""

    def __init__(self, spool_root: str) -> None:
        self.folder = os.path.join(spool_root, ".packs")
        self.pointer = os.path.join(self.folder, "current.json")
        self._seen: tuple[tuple[str, int, int], ...] | None = None

    def state(self) -> PackState:
        """Which version is in use, and what is wrong with the user's folder."""
        found = durable.read_json(self.pointer)
        return found if isinstance(found, dict) else {"version": None, "problems": []}  # type: ignore[return-value]

    def publish(self, source: Path | None) -> None:
        """Check the packs of a folder if it has changed since the last call, and publish them; None: the built-in ones alone.

        For the watcher alone. Raises OSError.
        """
        if source is None and not os.path.exists(self.pointer):
            return
        seen = _stamps(source)
        if seen == self._seen:
            return
        before = self.state()
        version = before["version"]
        problems: list[str] = []
        if source is None:
            version = None
        else:
            contents, problems = _read(source)
            found = _version(contents)
            if found and not problems and found != version:
                os.makedirs(self.folder, exist_ok=True)
                self._write(found, contents)
                problems = _problems(Path(self.folder, found))
            version = version if problems else found
        self._seen = seen
        if (after := PackState(version=version, problems=problems[:MAX_PROBLEMS])) != before:
            os.makedirs(self.folder, exist_ok=True)
            durable.write_atomically(self.pointer, json.dumps(after).encode(), staging=self.folder)
        self._say(before, after, len(problems))
        self._delete_old(version)

    def publish_at_start(self, source: Path | None) -> None:
        """Publish when a watcher starts. Raises `InvalidSettings` where the packs cannot be used and none were before: better no service
        than one without its packs. Raises OSError.
        """
        self.publish(source)
        state = self.state()
        if state["problems"] and state["version"] is None:
            raise InvalidSettings("\n".join(f"INGEST_PACKS: {problem}" for problem in state["problems"]))

    def _write(self, version: str, contents: dict[str, bytes]) -> None:
        target = os.path.join(self.folder, version)
        staging = f"{target}.new"
        for left in (staging, target):
            shutil.rmtree(left, ignore_errors=True)
        os.mkdir(staging)
        for name, content in contents.items():
            durable.write_atomically(os.path.join(staging, name), content)
        os.rename(staging, target)
        durable.fsync_folder(self.folder)

    def _say(self, before: PackState, after: PackState, count: int) -> None:
        if after["problems"] and after["problems"] != before["problems"]:
            log.error(
                "the changed packs are not used, for they have %d problems: %s", count, "; ".join(after["problems"])
            )
        if after["version"] != before["version"]:
            log.info("packs in use: %s", after["version"] or "the built-in ones")

    def _delete_old(self, current: str | None) -> None:
        if not os.path.isdir(self.folder):  # nothing was ever published: the folder of packs is empty
            return
        folders = [entry for entry in os.scandir(self.folder) if entry.is_dir(follow_symlinks=False)]
        folders.sort(key=lambda entry: (entry.name == current, entry.stat().st_mtime_ns), reverse=True)
        for entry in folders[KEPT_VERSIONS:]:
            shutil.rmtree(entry.path, ignore_errors=True)


class CurrentPacks(Reloaded["Packs"]):
    """The packs in use, as the watcher published them last; None for the built-in ones alone.

    A call raises `TransientError` where published packs cannot be read.
    """

    def __init__(self, spool_root: str) -> None:
        self._snapshot = PackSnapshot(spool_root)
        super().__init__(self._snapshot.pointer, self._read)

    def _read(self) -> Packs | None:
        from ingest.core.packs import PackError, read_packs  # noqa: PLC0415 - for those who clean

        version = self._snapshot.state()["version"]
        try:
            return read_packs(Path(self._snapshot.folder, version)) if version else None
        except PackError as error:
            raise TransientError(f"cannot read the packs in use: {error}") from error


def _stamps(source: Path | None) -> tuple[tuple[str, int, int], ...]:
    """What changes when a pack changes: name, size and time of each file."""
    if source is None:
        return ()
    try:
        with os.scandir(source) as entries:
            found = [(entry.name, entry.stat(follow_symlinks=False)) for entry in entries if _is_pack(entry)]
    except OSError as error:
        return ((error.strerror or "", -1, -1),)
    return tuple(sorted((name, stat.st_size, stat.st_mtime_ns) for name, stat in found))


def _is_pack(entry: os.DirEntry[str]) -> bool:
    return entry.name.endswith(".toml") and entry.is_file(follow_symlinks=False)


def _read(source: Path) -> tuple[dict[str, bytes], list[str]]:
    """The files of a folder by name, and why they cannot be read."""
    try:
        with os.scandir(source) as entries:
            names = sorted(entry.name for entry in entries if _is_pack(entry))
        return {name: Path(source, name).read_bytes() for name in names}, []
    except OSError as error:
        return {}, [f"{error.filename or source}: {error.strerror}"]


def _version(contents: dict[str, bytes]) -> str | None:
    """12 hex digits over names and bytes; None for an empty folder."""
    if not contents:
        return None
    digest = hashlib.sha256()
    for name, content in contents.items():
        digest.update(f"{name}\0{len(content)}\0".encode() + content)
    return digest.hexdigest()[:12]


def _problems(folder: Path) -> list[str]:
    from ingest.core.packs import PackError, read_packs, validate_packs  # noqa: PLC0415 - .8 s, when packs have changed

    try:
        return validate_packs(read_packs(folder))
    except PackError as error:
        return [str(error)]
