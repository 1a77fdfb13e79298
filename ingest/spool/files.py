"""Small durable acts on files that the standard library has no word for."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import json
import os
import re
import secrets
from typing import Any

_URL = re.compile(r"\s*[A-Za-z][A-Za-z0-9+.-]*://")
_COLLAPSED_URL = re.compile(r"\s*[A-Za-z][A-Za-z0-9+.-]+:/")


def fsync_folder(folder: str | os.PathLike[str]) -> None:
    """Make the names in a folder durable."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def write_whole(target: str, content: bytes, *, staging: str | None = None) -> None:
    """Write a file so that its name shows all of it or nothing, durably. `staging`: a folder for the unfinished file,
    on the same mount; without it the unfinished file lies beside the target, hidden by a dot.
    """
    folder, name = os.path.split(target)
    unfinished = os.path.join(staging or folder, f".{secrets.token_hex(8)}.tmp")
    try:
        handle = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o644)
        try:
            view = memoryview(content)
            while view:
                view = view[os.write(handle, view) :]
            os.fsync(handle)
        finally:
            os.close(handle)
        os.rename(unfinished, os.path.join(folder, name))
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(unfinished)
        raise
    fsync_folder(folder)


def trouble(folder: str | os.PathLike[str], error: OSError) -> str:
    """Why nothing can be written to a folder, in one sentence that says how to mend it."""
    path = os.fspath(folder)
    if isinstance(error, PermissionError):
        return f"{path} cannot be written to; as its owner or root, run: chown -R {os.getuid()}:{os.getgid()} {path}"
    if error.errno == errno.EROFS:
        return f"{path} lies on a read-only mount; as root, run: mount -o remount,rw {path}, or mount it so"
    if error.errno == errno.ENOSPC:
        inodes = os.statvfs(path).f_favail if os.path.isdir(path) else None
        return (
            f"{path} is full: "
            + ("no inode is free (df -i)" if inodes == 0 else "no disk is free")
            + "; delete or move files"
        )
    return f"{path} cannot be written to: {error.strerror}"


def read_json(path: str) -> Any:
    """What a JSON file of ours says; None if there is none, or none that can be read."""
    try:
        with open(path, "rb") as file:
            return json.loads(file.read())
    except (FileNotFoundError, ValueError):
        return None


def try_lock(handle: int) -> bool:
    """Take the exclusive lock of an open file; the kernel gives it back when its holder dies."""
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def is_locked(path: str) -> bool:
    """Whether somebody alive holds the lock of a file. A file that is gone is not locked."""
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        return not try_lock(handle)
    finally:
        os.close(handle)


def is_url(path: str | os.PathLike[str]) -> bool:
    """Whether somebody gave an address where a path is asked for; a `Path` has made one slash of the two."""
    return bool(_URL.match(path) if isinstance(path, str) else _COLLAPSED_URL.match(os.fspath(path)))
