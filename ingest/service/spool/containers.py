"""Containers in `claimed`: how far each has been read, and its members, which become claimed sources of their own.

    <token>~crawl.warc.gz                  the container, locked by the process that reads it
    <token>.container.json                 its progress: so many members have been handed out, the last of them from this offset
    .<token>.members/                      members that are written and not handed out yet
    <token+7>~crawl.warc.gz-7              a member, a source like any other
    <token+7>.member.json                  where it is from, and what the container says about it

Members are written to the folder, made durable together, then the progress is, and then they are renamed into `claimed`. After a kill
those that the progress counts are renamed, and the others are deleted and read again: none is handed out twice, and none is lost.
"""

from __future__ import annotations

import contextlib
import json
import os
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, fields, replace
from typing import TYPE_CHECKING, Any

from ingest.core.containers import Member
from ingest.core.containers.registry import by_name, read
from ingest.errors import Rejected
from ingest.service.spool import beneath, durable, filenames, settled
from ingest.service.spool.filenames import CONTAINER, MEMBER

if TYPE_CHECKING:
    from ingest.core.limits import Limits
    from ingest.service.spool import Spool

MAX_LEAF_CHARACTERS = 60
"""Of a container's name in those of its members."""


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a container has been read."""

    format: str
    name: str
    """Of the container, as the journal has it."""
    members: int = 0
    """Members that were handed out."""
    offset: int | None = None
    """Where reading goes on: the offset of the last of them; None where the reader knows no offsets."""
    repeated: int = 0
    """Members of that offset that were handed out."""
    read: int = 0
    """Bytes of the file that were read …"""
    size: int = 0
    """… of so many."""
    ended: bool = False
    """There are no more members, or none that can be read."""
    reason: str | None = None
    """Why the container is refused, once its members are settled."""
    message: str = ""


@dataclass(frozen=True, slots=True)
class MemberFile:
    """A member on its way: its bytes, and what is written beside it as JSON."""

    content: bytes
    notes: dict[str, Any]
    name: str | None


def member_of(spool: Spool, notes: dict[str, Any], content: bytes, limits: Limits) -> Member:
    """A member from its bytes and what was noted beside it.

    One that its reader refused has no bytes: it is looked for in its container, if that is settled and kept, for the limits may be others now.
    Raises `Rejected` where it is refused again, OSError.
    """
    known = {field.name for field in fields(Member)} - {"content"}
    if not notes.get("reason"):
        return Member(content, **{name: value for name, value in notes.items() if name in known})
    if member := _read_again(spool, notes, limits):
        return member
    raise Rejected(notes["reason"], str(notes.get("message", "")))


def _read_again(spool: Spool, notes: dict[str, Any], limits: Limits) -> Member | None:
    path = settled.find(spool, str(notes.get("token")))
    progress = progress_of(spool, path) if path else None
    found = by_name(progress.format) if progress else None
    if path is None or found is None:
        return None
    folder, name = filenames.split_path(path)
    with spool.folder(folder) as here:
        handle, _ = durable.open_regular(name, dir_fd=here)
    with os.fdopen(handle, "rb") as file:
        for part in read(found, file, limits, start=notes.get("offset") or 0):
            if getattr(part, "member", None) == notes.get("member"):
                return part if isinstance(part, Member) else None
    return None


def begin(spool: Spool, path: str, kind: str, size: int) -> None:
    """Note that a claimed source is a container, of a format with this name. Who reads containers finds it by that."""
    write_progress(spool, path, Progress(kind, filenames.display_name(spool.whole_name(path)), size=size))


def progress_of(spool: Spool, path: str) -> Progress | None:
    """How far a container has been read; None of any other source."""
    folder, name = filenames.split_path(path)
    with spool.folder(folder) as here:
        found = durable.read_json(filenames.token_of(name) + CONTAINER, dir_fd=here)
    if not isinstance(found, dict) or not isinstance(found.get("format"), str):
        return None
    return Progress(**{field.name: found[field.name] for field in fields(Progress) if field.name in found})


def write_progress(spool: Spool, path: str, progress: Progress) -> None:
    """Write it down, durably."""
    _, name = filenames.split_ticket(path)
    with spool.folder("claimed") as claimed:
        content = json.dumps(asdict(progress)).encode()
        durable.write_atomically(filenames.token_of(name) + CONTAINER, content, dir_fd=claimed)


def hand_out(spool: Spool, path: str, members: Sequence[MemberFile], progress: Progress) -> list[str]:
    """Make members claimed sources, durably, and write the progress that counts them; gives their paths. `progress.members` is their sum."""
    _, container = filenames.split_ticket(path)
    token, replaced = filenames.token_of(container), filenames.replaces(container)
    first = progress.members - len(members) + 1
    names = []
    with spool.folder(_staging(token), make=True, flags=beneath.LIST) as staging:
        for index, member in enumerate(members, first):
            own = filenames.member_token(token, index)
            leaf = member.name or f"{filenames.display_name(container)[-MAX_LEAF_CHARACTERS:]}-{index}"
            names.append(_short_name(own, leaf, replaced))
            _write(own + MEMBER, json.dumps(member.notes).encode(), staging)
            _write(names[-1], member.content, staging)
        durable.sync_file_system(staging)
    write_progress(spool, path, progress)
    recover(spool, path, progress)
    return [f"claimed/{name}" for name in names]


def recover(spool: Spool, path: str, progress: Progress) -> None:
    """Finish what a killed process left: members that the progress counts are handed out, others deleted, to be read again."""
    _, container = filenames.split_ticket(path)
    token = filenames.token_of(container)
    try:
        with spool.folder(_staging(token), flags=beneath.LIST) as staging, spool.folder("claimed") as claimed:
            for name in sorted(
                os.listdir(staging), key=lambda name: (filenames.is_source(name), name)
            ):  # companions first
                index = filenames.member_index(token, filenames.token_of(name)) if filenames.TOKEN.match(name) else None
                if index is not None and index <= progress.members:
                    os.rename(name, name, src_dir_fd=staging, dst_dir_fd=claimed)
                else:
                    os.unlink(name, dir_fd=staging)
    except FileNotFoundError:
        return


def recover_all(spool: Spool) -> None:
    """The same for all claimed containers that no process reads."""
    for path in claimed_containers(spool.listed("claimed")):
        source = spool.open(path)
        if source is None:
            continue
        try:
            if progress := progress_of(spool, path):
                recover(spool, path, progress)
        finally:
            source.close()


def forget(spool: Spool, path: str) -> None:
    """Delete the folder of a container whose members are all settled."""
    _, container = filenames.split_path(path)
    with contextlib.suppress(OSError), spool.folder("claimed") as claimed:
        os.rmdir(os.path.basename(_staging(filenames.token_of(container))), dir_fd=claimed)


def claimed_containers(names: Sequence[str]) -> Iterator[str]:
    """The paths of the containers among the names in `claimed`, oldest first."""
    marked = {filenames.token_of(name) for name in names if name.endswith(CONTAINER)}
    for name in sorted(names):
        if filenames.token_of(name) in marked and filenames.is_source(name):
            yield f"claimed/{name}"


def claimed_members(names: Sequence[str], path: str, progress: Progress) -> int:
    """How many of a container's members are in `claimed`. `names`: what lies there, sorted."""
    token = filenames.token_of(os.path.basename(path))
    last = f"{int(token[:16], 16) + progress.members + 1:016x}"
    count = 0
    for name in names[bisect_right(names, token + "~\U0010ffff") :]:
        if name > last:
            break
        count += filenames.is_source(name) and filenames.member_index(token, filenames.token_of(name)) is not None
    return count


def holds_any(container: str, tokens: Iterable[str]) -> bool:
    """Whether any of these tokens is that of a container's member."""
    return any(filenames.member_index(container, token) is not None for token in tokens if token > container)


def refused(progress: Progress, reason: str, message: str) -> Progress:
    """The progress of a container that cannot be read on."""
    return replace(progress, ended=True, reason=reason, message=message)


def _staging(token: str) -> str:
    return f"claimed/.{token}.members"


def _short_name(token: str, leaf: str, replace_older: bool) -> str:  # noqa: FBT001
    """A member's name in `claimed`. Its whole path stands beside it, so a long one is cut, from the front."""
    encoded = filenames.encoded(leaf.encode("utf-8", "replace").decode())
    while len(encoded.encode()) > filenames.MAX_ENCODED_PATH_BYTES:
        leaf = leaf[1 + len(leaf) // 8 :]
        encoded = filenames.encoded(leaf.encode("utf-8", "replace").decode())
    return filenames.name_for(token, encoded, replace=replace_older)


def _write(name: str, content: bytes, folder: int) -> None:
    handle = os.open(name, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC, 0o644, dir_fd=folder)
    with os.fdopen(handle, "wb") as file:
        file.write(content)
