"""Orphans in `claimed`: sources that no process works on, and companion files without a source."""

from __future__ import annotations

import contextlib
import logging
import os
import time
from collections.abc import Callable, Container, Iterator
from typing import TYPE_CHECKING

from ingest.service.spool import companions, durable, filenames, settled

if TYPE_CHECKING:
    from ingest.service.spool import Spool

log = logging.getLogger(__name__)

ORPHAN_SECONDS = 600.0  # a companion is written before its source: one that old has lost it
DELIVER_SECONDS = 10.0  # a companion of a settled source may still be about to be moved


def orphans(spool: Spool, since: Callable[[float], bool] | None, exclude: Container[str]) -> Iterator[str]:
    """See `Spool.orphaned`."""
    listed = sorted(spool.listed("claimed"))
    tokens = {filenames.token_of(name) for name in listed if filenames.is_source(name)}
    containers, members = (
        {filenames.token_of(name) for name in listed if name.endswith(suffix)}
        for suffix in (filenames.CONTAINER, filenames.MEMBER)
    )
    with spool.folder("claimed") as claimed:
        for name in listed:
            if not filenames.is_source(name):
                # A member's companion may have come before its member, which a killed process left where it was unpacked.
                waits = name.endswith(filenames.MEMBER) and containers
                owner = filenames.companion_of(name)
                if not waits and owner is not None and owner not in tokens:
                    _tidy(spool, name, owner, claimed)
            elif (
                (token := filenames.token_of(name)) not in containers
                and (path := f"claimed/{name}") not in exclude
                and _changed(name, claimed, since)
                and not durable.is_locked(name, dir_fd=claimed)
                and (token in members or _fetch_sidecar(spool, name, claimed))  # the inbox has none of a member's
            ):
                yield path


def _changed(name: str, folder: int, since: Callable[[float], bool] | None) -> bool:
    try:
        return since is None or since(os.stat(name, dir_fd=folder, follow_symlinks=False).st_ctime)
    except FileNotFoundError:
        return False


def _fetch_sidecar(spool: Spool, name: str, claimed: int) -> bool:
    """Fetch a sidecar that was left in the inbox by a kill; False if we may not move it: then its article went back to the inbox."""
    folder, _, leaf = filenames.ways_back(companions.whole_name(name, claimed))[0].rpartition("/")
    try:
        with spool.folder(f"inbox/{folder}" if folder else "inbox") as inbox:
            companions.take_sidecar(leaf, inbox, filenames.token_of(name), claimed)
    except OSError as error:
        if error.errno in companions.ABSENT:
            return True
        log.warning("an article goes back to its sidecar", extra={"fields": {"name": name, "error": str(error)}})
        with contextlib.suppress(OSError):
            spool.return_to_inbox(f"claimed/{name}")
        return False
    return True


def _tidy(spool: Spool, name: str, token: str, claimed: int) -> None:
    """Move a companion after its settled source, or delete one that has no source any more."""
    now = time.time()
    if not _changed(name, claimed, lambda at: at < now - DELIVER_SECONDS):
        return
    with contextlib.suppress(OSError):
        if token and not name.endswith(filenames.CHARGES) and (path := settled.find(spool, token)):
            folder, source = filenames.split_path(path)
            with spool.folder(folder) as shard:
                companions.follow(source, claimed, shard)
        elif _changed(name, claimed, lambda at: at < now - ORPHAN_SECONDS):
            os.unlink(name, dir_fd=claimed)
