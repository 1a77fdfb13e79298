"""Why nothing can be written: permissions, read-only mounts, full disks."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

from ingest.errors import SpoolError
from ingest.service.composition import Service
from ingest.service.settings import Settings
from ingest.service.spool import durable, filenames


def spool_problem(service: Service) -> str | None:
    """Why nothing can be written, in words that say how to mend it; None if all is well. Tries it, and leaves no file."""
    if wrong := out_problem(service) or write_problem(service.settings.root):
        return wrong
    try:
        service.spool.prepare()
    except SpoolError as error:
        return str(error)
    return None


def prepare_out(service: Service) -> None:
    """Make the destination of records ready to be written to. Raises `SpoolError`, in such words; `TransientError` for an object store."""
    out = service.settings.out
    if not isinstance(out, Path):
        service.object_store.prepare()
        return
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise SpoolError(durable.explain_os_error(out, error)) from None


def out_problem(service: Service) -> str | None:
    """Why no record can be written, likewise; of an object store only whether it answers is asked, at a request each time."""
    out = service.settings.out
    return write_problem(out) if isinstance(out, Path) else service.object_store.problem()


def write_problem(folder: Path) -> str | None:
    """Why one folder cannot be written to, likewise."""
    probe = str(folder / f".probe-{filenames.new_token()}")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with open(probe, "wb") as file:  # not synced: this runs every few seconds, and a full disk fails at once
            file.write(b"\0" * 65_536)
    except OSError as error:
        return durable.explain_os_error(folder, error)
    finally:
        with contextlib.suppress(OSError):
            os.unlink(probe)
    return None


def low_disk(settings: Settings) -> str | None:
    """Which disk has too little left, bytes or inodes; None if there is enough."""
    for folder in (settings.root, settings.out):
        if not isinstance(folder, Path):  # an object store has no end
            continue
        with contextlib.suppress(OSError):
            disk = os.statvfs(folder)
            limit = f"INGEST_MIN_FREE is {settings.min_free:g} %"
            if 100 * disk.f_bavail < settings.min_free * disk.f_blocks:
                return f"{folder}: only {disk.f_bavail * disk.f_frsize >> 20} MiB of disk are free ({limit})"
            if 100 * disk.f_favail < settings.min_free * disk.f_files:
                return f"{folder}: only {disk.f_favail} inodes are free, each file takes one ({limit}; see df -i)"
    return None
