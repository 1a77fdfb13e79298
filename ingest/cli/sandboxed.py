"""Articles in sandboxed worker processes: `ingest clean` and `ingest explain` parse nothing in their own process."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from ingest.cli.files import OneLineError, is_own, read_own, read_sidecar, read_stream

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ingest.core.packs import Packs

Read = Callable[..., dict[str, str]]
"""What is done with an article: takes `raw` and, by keyword, `url`, `name`, `claims` and `packs`, as `ingest.clean` does."""


def each(
    files: Sequence[Path], read: Read, *, named: tuple[Path, ...], url: str | None, packs: Path | None, jobs: int = 1
) -> Iterator[dict[str, str]]:
    """The result of `read` for each file, in order; a `reason` and a `message` where the file is refused.

    `named`: the paths that the user named; a link among them is followed. Standard input and pipes are read here, because a worker
    process has no such descriptors.
    """
    from ingest.core.preload import preload
    from ingest.service.workers.ordered_map import map_in_workers

    loaded = usable_packs(packs)
    streams = {os.fspath(path): _stream(path) for path in dict.fromkeys(files) if path in named and _is_stream(path)}
    preload()
    work = worker(read, named=named, url=url, packs=loaded, streams=streams)
    return map_in_workers([os.fspath(path) for path in files], jobs, work)


def worker(
    read: Read,
    *,
    packs: Packs,
    named: tuple[Path, ...] = (),
    url: str | None = None,
    streams: dict[str, bytes | OSError] | None = None,
) -> Callable[[str], dict[str, str]]:
    """The function that a worker process applies to the name of a file. Raises nothing that a document or a disk could cause."""
    from ingest import Reason, Rejected
    from ingest.core.limits import LIMITS

    targets = {os.fspath(path): path.resolve() for path in named}
    streamed = streams or {}

    def work(name: str) -> dict[str, str]:
        path = Path(name)
        try:
            if isinstance(found := streamed.get(name), OSError):
                raise found
            if found is None:
                found = read_own(targets.get(name, path), LIMITS.unpacked_bytes + 1)
            return read(found, url=url, name=None if name == "-" else path.name, claims=read_sidecar(path), packs=packs)
        except Rejected as rejected:
            return {"reason": rejected.reason, "message": rejected.message}
        except OSError as error:
            return {"reason": Reason.UNREADABLE, "message": f"{error.strerror or error}."}

    return work


def usable_packs(folder: Path | None) -> Packs:
    """The packs; links in the user's folder are named and skipped. One line and exit 2 if they cannot be used."""
    from ingest.core.packs import PackError, load_packs

    name_links(folder)
    try:
        return load_packs(folder)
    except PackError as error:
        raise OneLineError(str(error)) from None


def name_links(folder: Path | None) -> None:
    """Name the packs of a folder that are links: `load_packs` skips them."""
    if folder and folder.is_dir():
        for path in sorted(folder.glob("*.toml")):
            is_own(path)


def _is_stream(path: Path) -> bool:
    return path == Path("-") or not path.is_file()


def _stream(path: Path) -> bytes | OSError:
    """All bytes of a stream, up to one more than an article may have."""
    from ingest.core.limits import LIMITS

    try:
        return read_stream(path, LIMITS.unpacked_bytes + 1)
    except OSError as error:
        return error
