"""Folders opened beneath a root without following a link: a link planted in the spool leads nobody out of it.

Linux's `openat2` does it in one call. Where there is none, or a container's filter forbids it, each folder is opened from the one
above, which is as strict: ".." is refused before, so nothing leads up.
"""

from __future__ import annotations

import contextlib
import ctypes
import errno
import os
import sys
from collections.abc import Iterator

MAX_PATH_BYTES = 4095  # what the kernel takes in one call; the walk keeps to it, so that both refuse the same
LINK_ERRNOS = frozenset({errno.ELOOP, errno.ENOTDIR})
"""Errors of opening a link or a file where a folder is expected."""

_CLOSED = os.O_DIRECTORY | os.O_CLOEXEC
PASS = getattr(os, "O_PATH", os.O_RDONLY) | _CLOSED
"""To open a folder for what lies in it: needs no right to list it."""
LIST = os.O_RDONLY | _CLOSED
"""To open a folder and list it."""

_SYS_OPENAT2 = 437  # the same number on each of Linux's architectures that we run on
_RESOLVE_NO_SYMLINKS, _RESOLVE_BENEATH = 0x04, 0x08
_RENAME_NOREPLACE = 1
_NOT_HERE = frozenset({errno.ENOSYS, errno.EPERM})  # an old kernel; an old container's filter
_libc = ctypes.CDLL(None, use_errno=True)
_missing: set[str] = set() if sys.platform == "linux" else {"openat2", "renameat2"}


class _OpenHow(ctypes.Structure):
    _fields_ = (("flags", ctypes.c_uint64), ("mode", ctypes.c_uint64), ("resolve", ctypes.c_uint64))


_HOW = {flags: ctypes.pointer(_OpenHow(flags, 0, _RESOLVE_BENEATH | _RESOLVE_NO_SYMLINKS)) for flags in (PASS, LIST)}
_syscall = _libc.syscall
_syscall.argtypes = (ctypes.c_long, ctypes.c_int, ctypes.c_char_p, ctypes.POINTER(_OpenHow), ctypes.c_size_t)
_syscall.restype = ctypes.c_long


def is_inside(path: str) -> bool:
    """Whether a relative path names something below where it starts: no "..", no empty part, no NUL."""
    return "\0" not in path and not any(part in {"", ".", ".."} for part in path.split("/"))


@contextlib.contextmanager
def folder(root: str, path: str = "", *, make: bool = False, flags: int = PASS) -> Iterator[int]:
    """A descriptor of the folder at `path` below `root`, closed at the end. `make`: with the folders on the way.

    Raises OSError: what is in `LINK_ERRNOS` for a link, EINVAL for a path that is none below the root.
    """
    handle = open_folder(root, path, make=make, flags=flags)
    try:
        yield handle
    finally:
        os.close(handle)


def open_folder(root: str, path: str = "", *, make: bool = False, flags: int = PASS) -> int:
    """The same, for the caller to close."""
    top = os.open(root, PASS if path else flags)
    if not path:
        return top
    try:
        if not is_inside(path):
            raise OSError(errno.EINVAL, "no path below its root", path)
        if len(os.fsencode(path)) > MAX_PATH_BYTES:
            raise OSError(errno.ENAMETOOLONG, os.strerror(errno.ENAMETOOLONG), path)
        if "openat2" not in _missing:
            try:
                return _openat2(top, path, flags)
            except FileNotFoundError:
                if not make:
                    raise
            except OSError as error:
                if error.errno not in _NOT_HERE | {errno.EAGAIN}:
                    raise
                if error.errno != errno.EAGAIN:
                    _missing.add("openat2")
        return _walk(top, path.split("/"), make=make, flags=flags)
    finally:
        os.close(top)


def _openat2(top: int, path: str, flags: int) -> int:
    handle = _syscall(_SYS_OPENAT2, top, os.fsencode(path), _HOW[flags], ctypes.sizeof(_OpenHow))
    if handle < 0:
        raise OSError(number := ctypes.get_errno(), os.strerror(number), path)
    return int(handle)


def _walk(top: int, parts: list[str], *, make: bool, flags: int) -> int:
    here = os.dup(top)
    for number, part in enumerate(parts, 1):
        try:
            if make:
                with contextlib.suppress(FileExistsError):
                    os.mkdir(part, dir_fd=here)
            below = os.open(part, (flags if number == len(parts) else PASS) | os.O_NOFOLLOW, dir_fd=here)
        finally:
            os.close(here)
        here = below
    return here


def move(name: str, here: int, new_name: str, there: int) -> None:
    """Rename from one open folder into another, never over what is there. Raises FileExistsError and what rename does.

    Asks before where the kernel or the file system cannot do both at once (NFS).
    """
    if "renameat2" not in _missing:
        given = (here, os.fsencode(name), there, os.fsencode(new_name), _RENAME_NOREPLACE)
        if _libc.renameat2(*given) == 0:
            return
        number = ctypes.get_errno()
        if number not in {errno.ENOSYS, errno.EINVAL}:
            raise OSError(number, os.strerror(number), name)
    if lies_in(there, new_name):
        raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), new_name)
    os.rename(name, new_name, src_dir_fd=here, dst_dir_fd=there)


def lies_in(handle: int, name: str) -> bool:
    """Whether an open folder holds a name, be it a link that leads nowhere."""
    try:
        os.stat(name, dir_fd=handle, follow_symlinks=False)
    except OSError:
        return False
    return True
