"""Kept sources in worker processes: each article, and each member of a container, as the service has cleaned it."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, BinaryIO

from ingest.cli.containers import OpenContainer

if TYPE_CHECKING:
    from ingest.core.containers import Member
    from ingest.service.settings import Settings
    from ingest.service.spool import Spool

Read = Callable[..., dict[str, Any]]
"""What is done with an article: takes `raw` and, by keyword, `name`, `container`, `claims` and `limits`, as `ingest.clean` does; raises `Rejected`."""


@dataclass(slots=True)
class KeptSources:
    """What a worker process does with a request of `map_members_in_workers`, whose files are paths of the spool.

    An answer has the `token` of the article, and what `read` says of it or why it was `skipped`. `wanted`: whether an article with this
    token is asked for; of others there is the token alone.
    """

    spool: Spool
    settings: Settings
    read: Read
    wanted: Callable[[str], bool]
    _open: tuple[str, OpenContainer, dict[str, Any] | None] | None = None

    def __call__(self, request: str) -> dict[str, Any]:
        """The answer to a request."""
        from ingest.errors import Rejected
        from ingest.service.workers.ordered_map import split_request

        path, number, offset, first = split_request(request)
        try:
            return self._member(path, number, offset, first) if number else self._source(path)
        except Rejected as rejected:
            return {"skipped": str(rejected.reason)} | ({"end": "refused"} if number else {})
        except OSError as error:
            return {"skipped": f"unreadable: {error.strerror}"} | ({"end": "unreadable"} if number else {})

    def _source(self, path: str) -> dict[str, Any]:
        from ingest.service.spool import containers, filenames

        token = filenames.token_of(path.rpartition("/")[2])
        if progress := containers.progress_of(self.spool, path):
            return {"container": progress.format, "name": progress.name, "size": str(progress.size)}
        if not self.wanted(token):
            return {"token": token}
        name = self.spool.whole_name(path)
        notes = self.spool.read_member(path)  # of a container whose members are not all settled yet
        if notes is None:
            raw = self.spool.read(path, self.settings.max_bytes)
            given: dict[str, Any] = {"name": filenames.display_name(name), "claims": self.spool.read_sidecar(path)}
            return {"token": token} | self._asked(raw, **given)
        content = self.spool.read(path, self.settings.max_unpacked)
        member = containers.member_of(self.spool, notes, content, self.settings.limits)
        return {"token": token} | self._asked(member, container=notes.get("container"), claims=notes.get("given"))

    def _member(self, path: str, number: int, offset: int, first: int) -> dict[str, Any]:
        from ingest.core.containers import RefusedMember
        from ingest.service.spool import filenames

        container, claims = self._container(path)
        part = container.member(number, offset, first)
        if part is None:
            return {"end": "whole"}
        token = filenames.member_token(filenames.token_of(path.rpartition("/")[2]), number)
        about: dict[str, Any] = {"token": token, "member": part.member} | container.position()
        if isinstance(part, RefusedMember):
            return about | {"skipped": str(part.reason)}
        if not self.wanted(token):
            return about
        return about | self._asked(part, container=filenames.display_name(self.spool.whole_name(path)), claims=claims)

    def _asked(self, raw: bytes | Member, **given: Any) -> dict[str, Any]:
        from ingest.errors import Rejected

        try:
            return self.read(raw, limits=self.settings.limits, **given)
        except Rejected as rejected:
            return {"skipped": str(rejected.reason)}

    def _container(self, path: str) -> tuple[OpenContainer, dict[str, Any] | None]:
        from ingest.core.containers.registry import by_name
        from ingest.errors import Reason, Rejected
        from ingest.service.spool import containers

        if self._open is None or self._open[0] != path:
            progress = containers.progress_of(self.spool, path)
            found = by_name(progress.format) if progress else None
            if found is None:
                raise Rejected(Reason.UNREADABLE, "It has gone while it was read.")
            opened = OpenContainer(lambda: self._opened(path), found, self.settings.limits)
            self._open = (path, opened, self.spool.read_sidecar(path))
        return self._open[1:]

    def _opened(self, path: str) -> BinaryIO:
        from ingest.service.spool import durable, filenames

        folder, name = filenames.split_path(path)
        with self.spool.folder(folder) as here:
            return os.fdopen(durable.open_regular(name, dir_fd=here)[0], "rb")
