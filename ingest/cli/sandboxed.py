"""Articles in sandboxed worker processes: `ingest clean` and `ingest explain` parse nothing in their own process."""

from __future__ import annotations

import io
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from ingest.cli.containers import OpenContainer, container_format
from ingest.cli.files import OneLineError, is_own, open_own, read_sidecar, read_stream

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ingest.core.limits import Limits
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
    from ingest.service.workers.ordered_map import map_in_workers

    return map_in_workers([os.fspath(path) for path in files], jobs, _prepared(files, read, named, url, packs))


def each_with_members(
    files: Sequence[Path],
    read: Read,
    *,
    named: tuple[Path, ...],
    url: str | None,
    packs: Path | None,
    jobs: int,
    limits: Limits,
) -> Iterator[tuple[Path, dict[str, str]]]:
    """The same with the file, and with the members of containers: `container` with its format, then a result for each with its `member`,
    then `end`, with a reason where the rest cannot be read. `limits`: for reading containers.
    """
    from ingest.service.workers.ordered_map import map_members_in_workers

    work = _prepared(files, read, named, url, packs, members=limits)
    for index, answer in map_members_in_workers([os.fspath(path) for path in files], jobs, work):
        yield files[index], answer


def _prepared(
    files: Sequence[Path],
    read: Read,
    named: tuple[Path, ...],
    url: str | None,
    packs: Path | None,
    *,
    members: Limits | None = None,
) -> Callable[[str], dict[str, str]]:
    from ingest.core.preload import preload

    loaded = usable_packs(packs)
    streams = {os.fspath(path): _stream(path) for path in dict.fromkeys(files) if path in named and _is_stream(path)}
    preload()
    return worker(read, named=named, url=url, packs=loaded, streams=streams, members=members)


def worker(
    read: Read,
    *,
    packs: Packs,
    named: tuple[Path, ...] = (),
    url: str | None = None,
    streams: dict[str, bytes | OSError] | None = None,
    members: Limits | None = None,
) -> Callable[[str], dict[str, str]]:
    """The function that a worker process applies to a request. Raises nothing that a document or a disk could cause. `members`: the
    limits for reading containers; None: they are not read.
    """
    targets = {os.fspath(path): path.resolve() for path in named}
    return _Worker(read, packs, targets, url, streams or {}, members)


@dataclass(slots=True)
class _Worker:
    """What a worker process does. `targets`: the files that named paths lead to; `container`: the one that is open, and its name."""

    read: Read
    packs: Packs
    targets: dict[str, Path]
    url: str | None
    streams: dict[str, bytes | OSError]
    members: Limits | None
    container: tuple[str, OpenContainer] | None = None

    def __call__(self, request: str) -> dict[str, str]:
        from ingest import Reason, Rejected
        from ingest.service.workers.ordered_map import split_request

        name, number, offset, first = split_request(request)
        end = {"end": "unreadable"} if number else {}
        try:
            return self._member(name, number, offset, first) if number else self._file(name)
        except Rejected as rejected:
            return end | {"reason": rejected.reason, "message": rejected.message}
        except OSError as error:
            return end | {"reason": Reason.UNREADABLE, "message": f"{error.strerror or error}."}

    def _file(self, name: str) -> dict[str, str]:
        from ingest import Reason, Rejected
        from ingest.core.limits import LIMITS

        path = Path(name)
        with self._open(name) as file:
            if self.members and (found := container_format(file, self.members)):
                if self.url:
                    raise Rejected(Reason.CONTAINER, f"It is {found.title}, and --url is for one article.")
                return {"container": found.name, "name": path.name, "size": str(file.seek(0, io.SEEK_END))}
            content = file.read(LIMITS.unpacked_bytes + 1)
        shown = None if name == "-" else path.name
        return self.read(content, url=self.url, name=shown, claims=read_sidecar(path), packs=self.packs)

    def _member(self, name: str, number: int, offset: int, first: int) -> dict[str, str]:
        from ingest import Rejected
        from ingest.core.containers import RefusedMember

        path = Path(name)
        container = self._container(name)
        part = container.member(number, offset, first)
        if part is None:
            return {"end": "whole"}
        about = {"member": part.member} | container.position()
        if isinstance(part, RefusedMember):
            return about | {"reason": part.reason, "message": part.message}
        shown = None if name == "-" else path.name
        try:
            return about | self.read(part, url=None, container=shown, claims=read_sidecar(path), packs=self.packs)
        except Rejected as rejected:
            return about | {"reason": rejected.reason, "message": rejected.message}

    def _container(self, name: str) -> OpenContainer:
        from ingest import Reason, Rejected

        limits = self.members
        assert limits  # noqa: S101 - nobody else asks for members
        if self.container is None or self.container[0] != name:
            with self._open(name) as file:
                found = container_format(file, limits)
            if found is None:
                raise Rejected(Reason.UNREADABLE, "It has changed while it was read.")
            self.container = (name, OpenContainer(lambda: self._open(name), found, limits))
        return self.container[1]

    def _open(self, name: str) -> BinaryIO:
        if isinstance(found := self.streams.get(name), OSError):
            raise found
        return open_own(self.targets.get(name, Path(name))) if found is None else io.BytesIO(found)


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
