"""Companion files of a source, named by its token: the sender's sidecar, its recorded failures, its path in the inbox if that is long.

Each is moved by rename, never by a hard link: a file of another owner may be renamed in a folder of ours but not linked
(fs.protected_hardlinks).
"""

from __future__ import annotations

import contextlib
import errno
import logging
import os
import stat

from ingest.service.spool import durable, filenames
from ingest.service.spool.beneath import lies_in, move

log = logging.getLogger(__name__)

MAX_INBOX_PATH_BYTES = 1 << 14  # three for each of the 4,095 bytes that a path may have
ABSENT = frozenset({errno.ENOENT, errno.ENAMETOOLONG, errno.ENOTDIR, errno.ELOOP, errno.EINVAL})
"""Errors which say that there is no such file that we could take."""

CLAIMS = (filenames.SIDECAR, filenames.MEMBER)
"""What was claimed about a source."""
FOLLOWING = (*CLAIMS, filenames.CONTAINER)
"""What goes where its source goes."""
ALL = (*FOLLOWING, filenames.REASON)
"""What a settled source may have beside it."""


def whole_name(name: str, *folders: int) -> str:
    """The name of a source with its path in the inbox instead of a digest, read beside it; as it is where that is lost."""
    if filenames.is_long(name):
        beside = filenames.inbox_path_beside(filenames.token_of(name))
        for folder in folders:
            with contextlib.suppress(OSError, UnicodeError):
                whole = durable.read_whole(beside, MAX_INBOX_PATH_BYTES, dir_fd=folder).decode()
                if filenames.shortened(whole) == name[24:]:
                    return name[:24] + whole
    return name


def keep_inbox_path(name: str, whole: str, folder: int) -> None:
    """Write the path of a source beside it, durably, if its name cannot hold that."""
    if filenames.is_long(name):
        durable.write_atomically(filenames.inbox_path_beside(filenames.token_of(name)), whole.encode(), dir_fd=folder)


def take_sidecar(leaf: str, inbox: int, token: str, claimed: int) -> None:
    """Fetch the sidecar of the article `leaf`, if there is one; a folder is not one. Raises OSError if we may not move it."""
    sidecar = leaf + filenames.SIDECAR
    try:
        if not stat.S_ISDIR(os.stat(sidecar, dir_fd=inbox, follow_symlinks=False).st_mode):
            os.rename(sidecar, token + filenames.SIDECAR, src_dir_fd=inbox, dst_dir_fd=claimed)
    except OSError as error:
        if error.errno not in ABSENT:
            raise


def check_sidecar_is_movable(leaf: str, inbox: int) -> None:
    """Raise PermissionError for a sidecar that a sticky folder keeps from us, before its article is moved."""
    folder = os.stat(".", dir_fd=inbox)
    if folder.st_mode & stat.S_ISVTX and os.geteuid() not in {0, folder.st_uid}:
        with contextlib.suppress(FileNotFoundError):
            sidecar = os.stat(leaf + filenames.SIDECAR, dir_fd=inbox, follow_symlinks=False)
            if sidecar.st_uid != os.geteuid() and not stat.S_ISDIR(sidecar.st_mode):
                raise PermissionError(errno.EPERM, "its sidecar has another owner, and the folder is sticky", leaf)


def return_to(inbox: int, leaf: str, name: str, claimed: int) -> None:
    """Move a source and its sidecar back to the inbox, never over another file. Raises OSError, and then both stay."""
    sidecar = filenames.token_of(name) + filenames.SIDECAR
    if lies_in(inbox, leaf):
        raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), leaf)
    try:
        move(sidecar, claimed, leaf + filenames.SIDECAR, inbox)
    except FileNotFoundError:
        sidecar = ""
    try:
        move(name, claimed, leaf, inbox)
    except OSError:
        if sidecar:
            move(leaf + filenames.SIDECAR, inbox, sidecar, claimed)
        raise


def follow(name: str, here: int, there: int) -> None:
    """Move the companions of a settled source after it. One that cannot be moved does no harm: the watcher tries again."""
    token = filenames.token_of(name)
    beside = [token + suffix for suffix in FOLLOWING]
    if filenames.is_long(name):
        beside.append(filenames.inbox_path_beside(token))
    for each in beside:
        try:
            os.rename(each, each, src_dir_fd=here, dst_dir_fd=there)
        except FileNotFoundError:
            continue
        except OSError as error:
            log.warning(
                "a companion file cannot follow its source", extra={"fields": {"name": each, "error": str(error)}}
            )


def copy_claims(old: str, folders: tuple[int, ...], token: str, claimed: int) -> None:
    """Copy what was claimed about a settled source (its sidecar, or what its container says) to its next token, durably. What cannot
    be read is moved instead.
    """
    for suffix in CLAIMS:
        _copy(filenames.token_of(old) + suffix, folders, token + suffix, claimed)


def _copy(name: str, folders: tuple[int, ...], new_name: str, claimed: int) -> None:
    for folder in folders:
        if lies_in(folder, name):
            try:
                content = durable.read_whole(name, durable.MAX_JSON_BYTES, dir_fd=folder)
            except FileNotFoundError:
                continue
            except OSError:
                os.rename(name, new_name, src_dir_fd=folder, dst_dir_fd=claimed)
            else:
                durable.write_atomically(new_name, content, dir_fd=claimed)
            return


def forget(name: str, *folders: int, suffixes: tuple[str, ...]) -> None:
    """Delete the companions of a source."""
    token = filenames.token_of(name)
    beside = [token + suffix for suffix in suffixes]
    if filenames.is_long(name):
        beside.append(filenames.inbox_path_beside(token))
    for folder in folders:
        for each in beside:
            with contextlib.suppress(FileNotFoundError, IsADirectoryError):
                os.unlink(each, dir_fd=folder)
