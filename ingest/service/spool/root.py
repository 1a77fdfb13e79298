"""The folders of a spool, and whether they can be used."""

from __future__ import annotations

import contextlib
import errno
import json
import os
from collections.abc import Iterator
from contextlib import AbstractContextManager
from itertools import pairwise

from ingest.errors import SpoolError
from ingest.service.spool import beneath, durable, filenames

FOLDERS = ("inbox", "claimed", "done", "quarantine", ".desks")


class Root:
    """The folders below `root`."""

    def __init__(self, root: str | os.PathLike[str]) -> None:
        self.root = os.fspath(root)

    def at(self, *parts: str) -> str:
        """An absolute path in the spool. For names of our own only, never for those from outside."""
        return os.path.join(self.root, *parts)

    def folder(self, path: str, *, make: bool = False, flags: int = beneath.PASS) -> AbstractContextManager[int]:
        """A folder of the spool, opened without following links."""
        return beneath.folder(self.root, path, make=make, flags=flags)

    def listed(self, path: str) -> list[str]:
        """The names in a folder of the spool."""
        with self.folder(path, flags=beneath.LIST) as handle:
            return os.listdir(handle)

    def names(self, path: str) -> Iterator[str]:
        """The same one by one: a list of 10^6 takes 100 MiB."""
        with self.folder(path, flags=beneath.LIST) as handle, os.scandir(handle) as entries:
            for entry in entries:
                yield entry.name

    def prepare(self) -> None:
        """Make the folders and prove that a file can be locked and moved through them. Raises `SpoolError`."""
        name = f".probe-{filenames.new_token()}"
        try:
            for folder in FOLDERS:
                os.makedirs(self.at(folder), exist_ok=True)
                if os.path.islink(self.at(folder)):
                    raise SpoolError(
                        f"{self.at(folder)} is a link, and no link is followed in a spool: make it a folder, or let "
                        "the whole spool lie where it points"
                    )
            with open(self.at("inbox", name), "wb") as probe:
                durable.try_lock(probe.fileno())
            for here, there in pairwise(FOLDERS[:4]):
                os.rename(self.at(here, name), self.at(there, name))
            os.unlink(self.at("quarantine", name))
        except OSError as error:
            for folder in FOLDERS[:4]:
                with contextlib.suppress(OSError):
                    os.unlink(self.at(folder, name))
            if error.errno == errno.EXDEV:
                raise SpoolError(
                    f"{self.root}: inbox, claimed, done and quarantine lie on different mounts, so a source cannot be "
                    "moved in one step; mount the whole spool folder, not the folders in it"
                ) from None
            if error.errno in {errno.ENOLCK, errno.ENOTSUP, errno.ENOSYS}:
                raise SpoolError(
                    f"{self.root} lies on a mount without locks (flock); on NFS, mount it with them"
                ) from None
            raise SpoolError(durable.explain_os_error(self.root, error)) from None

    def identity(self) -> str:
        """A permanent, unique name of this spool."""
        known = durable.read_json(self.at(".identity"))
        if not isinstance(known, str):
            known = filenames.new_token()
            durable.write_atomically(self.at(".identity"), json.dumps(known).encode())
        return known
