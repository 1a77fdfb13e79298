"""ZIP (and WACZ, which is one) and TAR: each file inside is an article, or a container once more.

Nothing is ever written under a name from an archive, so no path in it can lead anywhere. Lengths are not believed: what is read is counted.
"""

from __future__ import annotations

import io
import posixpath
import re
import struct
import tarfile
import zipfile
import zlib
from dataclasses import replace
from typing import TYPE_CHECKING, BinaryIO, cast

from ingest.core.containers import HEAD_BYTES, Member, RefusedMember, Skipped
from ingest.core.containers.packed import DAMAGE, is_damage, message_of
from ingest.errors import Reason, Rejected

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ingest.core.containers import Part
    from ingest.core.limits import Limits

MAX_DEPTH = 2
"""Archives inside each other. WARC and JSON inside an archive are no archives."""
MAX_DIRECTORY_BYTES = 64 << 20
"""Of the directory of a ZIP archive: some 600,000 entries, each of which takes .5 KB of memory."""
MAX_NAME_CHARACTERS = 500
_OFFICE = (
    b"[Content_Types].xml",
    b"mimetype",
    b"META-INF/",
    b"AndroidManifest.xml",
    b"_rels/",
    b"docProps/",
    b"word/",
    b"xl/",
    b"ppt/",
)
"""What the first file of an office file, a book, a program is called: ZIP archives that are no archives to their users."""
_IGNORED = re.compile(
    r"(?:^|/)(?:\.(?!\.?(?:/|$))[^/]*|__MACOSX|Thumbs\.db|desktop\.ini|@eaDir|[^/]*~|[^/]*\.meta\.json)(?:/|$)",
    re.IGNORECASE,
)
_WACZ = re.compile(r"archive/[^/]+\.warc(?:\.gz|\.zst)?")
_END = b"PK\x05\x06"
_END_64 = b"PK\x06\x06"
DAMAGED = (
    *DAMAGE,
    zlib.error,
    zipfile.BadZipFile,
    tarfile.TarError,
    struct.error,
    ValueError,
    OverflowError,
    IndexError,
    RuntimeError,
)
"""What zipfile and tarfile raise over damaged archives. NotImplementedError, a RuntimeError: a compression that is not known."""


def is_zip(head: bytes) -> bool:
    """Whether content is a ZIP archive, and no office file or book."""
    if not head.startswith((b"PK\x03\x04", _END)):
        return False
    first = head[30 : 30 + int.from_bytes(head[26:28], "little")]
    return not first.startswith(_OFFICE) and b"[Content_Types].xml" not in head


def is_tar(head: bytes) -> bool:
    """Whether unpacked content is a TAR archive, by its magic or by the sum of its first header (before POSIX it had no magic)."""
    if head[257:262] == b"ustar":
        return True
    if len(head) < tarfile.BLOCKSIZE or not head[0] or not head[148:156].strip(b" \0").isdigit():
        return False
    try:
        tarfile.TarInfo.frombuf(head[: tarfile.BLOCKSIZE], "utf-8", "surrogateescape")
    except (tarfile.TarError, ValueError):
        return False
    return True


def read_zip(stream: BinaryIO, limits: Limits, start: int = 0, *, depth: int = 1, most: int = 0) -> Iterator[Part]:
    """The files of a ZIP archive, in the order of their bytes. See `containers.Read`."""
    try:
        _check_directory(stream)
        archive = zipfile.ZipFile(stream)
        entries = sorted((e for e in archive.infolist() if not e.is_dir()), key=lambda e: e.header_offset)
    except DAMAGED as error:
        raise _damaged(error) from None
    is_wacz = any(e.filename == "datapackage.json" for e in entries) and any(
        _WACZ.fullmatch(e.filename) for e in entries
    )
    sidecars = {e.filename: e for e in entries if e.filename.endswith(".meta.json")}
    for entry in entries:
        if (
            entry.header_offset < start
            or _IGNORED.search(entry.filename)
            or (is_wacz and not _WACZ.fullmatch(entry.filename))
        ):
            continue
        where = _Where(entry.filename, entry.header_offset, depth, most)
        if entry.flag_bits & 1:
            yield where.refused(Reason.ENCRYPTED, "The file in the archive is encrypted.")
            continue
        try:
            claims = _sidecar(archive, sidecars.get(f"{entry.filename}.meta.json"))
            with archive.open(entry) as file:
                yield from where.read(cast(BinaryIO, file), limits, claims)
        except NotImplementedError as error:
            yield where.refused(Reason.UNSUPPORTED_FORMAT, f"The file in the archive cannot be unpacked: {error}.")
        except DAMAGED as error:
            if not is_damage(error):
                raise
            yield where.refused(Reason.DAMAGED_CONTAINER, f"The file in the archive is damaged: {message_of(error)}.")


def read_tar(stream: BinaryIO, limits: Limits, start: int = 0, *, depth: int = 1, most: int = 0) -> Iterator[Part]:
    """The files of a TAR archive. See `containers.Read`."""
    if start:
        stream.seek(start)
    try:
        archive = tarfile.open(fileobj=stream, mode="r|", errorlevel=0)  # noqa: SIM115  the stream is the caller's
        end = 0
        while entry := archive.next():
            archive.members = []  # type: ignore[attr-defined]  # it would keep them all
            end = start + entry.offset_data + (entry.size if entry.isreg() and not entry.issparse() else 0)
            if entry.isdir() or _IGNORED.search(entry.name):
                continue
            where = _Where(entry.name, start + entry.offset, depth, most)
            if not entry.isreg():
                yield where.refused(Reason.NOT_A_FILE, "The entry of the archive is a link, a device or a pipe.")
            elif file := archive.extractfile(entry):
                yield from where.read(cast(BinaryIO, file), limits, None)
        if stream.tell() < end or 0 < stream.tell() - start - archive.offset < tarfile.BLOCKSIZE:
            raise tarfile.ReadError("it ends inside a file or its header")
    except DAMAGED as error:
        if not is_damage(error):
            raise
        raise _damaged(error) from None


class _Where:
    """One file in an archive."""

    def __init__(self, path: str, offset: int, depth: int, most: int) -> None:
        self.path = path[:MAX_NAME_CHARACTERS].encode("utf-8", "backslashreplace").decode() or "file"
        self.name = posixpath.basename(self.path) or self.path
        self.offset = offset
        self._depth = depth
        self._most = most

    def refused(self, reason: Reason, message: str) -> RefusedMember:
        """The file, refused."""
        return RefusedMember(self.path, reason, message, name=self.name, offset=self.offset)

    def read(self, file: BinaryIO, limits: Limits, claims: dict[str, object] | None) -> Iterator[Part]:
        """The file as an article, or the members that it holds."""
        from ingest.core.containers.registry import read as read_format  # noqa: PLC0415  a container in a container
        from ingest.core.containers.registry import sniff_packed  # noqa: PLC0415

        buffered = io.BufferedReader(cast(io.RawIOBase, file), HEAD_BYTES)
        head = buffered.peek(HEAD_BYTES)[:HEAD_BYTES]
        found = sniff_packed(head, limits)
        if found is None or not found.holds_many:
            yield self._article(buffered, limits, claims)
            return
        if found.is_archive and self._depth >= MAX_DEPTH:
            yield self.refused(Reason.TOO_DEEP, f"The file in the archive is {found.title} inside two others.")
            return
        inner = cast(BinaryIO, buffered)
        if found.needs_seek:
            content = buffered.read(limits.unpacked_bytes + 1)
            if len(content) > limits.unpacked_bytes:
                yield self.refused(
                    Reason.TOO_LARGE, f"An archive inside an archive may have {limits.unpacked_bytes >> 20} MiB."
                )
                return
            inner = io.BytesIO(content)
        try:
            for part in read_format(found, inner, limits, depth=self._depth + 1, most=self._most):
                if not isinstance(part, Skipped):  # its offset is one of the inner container
                    yield replace(part, member=f"{self.path}/{part.member}", offset=self.offset)
        except Rejected as rejected:
            yield self.refused(rejected.reason, rejected.message)

    def _article(self, file: BinaryIO, limits: Limits, claims: dict[str, object] | None) -> Member | RefusedMember:
        content = file.read(limits.unpacked_bytes + 1)
        if len(content) > limits.unpacked_bytes:
            return self.refused(Reason.TOO_LARGE, f"The file is larger than {limits.unpacked_bytes / 2**20:.3g} MiB.")
        return Member(content, self.path, name=self.name, offset=self.offset, claims=claims or {})


def _sidecar(archive: zipfile.ZipFile, entry: zipfile.ZipInfo | None) -> dict[str, object] | None:
    import json  # noqa: PLC0415

    if entry is None or entry.file_size > 1 << 20 or entry.flag_bits & 1:
        return None
    with archive.open(entry) as file:
        try:
            claims = json.loads(file.read(1 << 20))
        except (ValueError, RecursionError):
            return None
    return claims if isinstance(claims, dict) else None


def _check_directory(stream: BinaryIO) -> None:
    """Refuse a ZIP archive whose directory would take too much memory, before zipfile reads it."""
    size = stream.seek(0, io.SEEK_END)
    tail_size = min(size, (1 << 16) + 1_024)
    stream.seek(size - tail_size)
    tail = stream.read(tail_size)
    stream.seek(0)
    at, at_64 = tail.rfind(_END), tail.rfind(_END_64)
    directory = int.from_bytes(tail[at + 12 : at + 16], "little") if at >= 0 else 0
    if at_64 >= 0:
        directory = int.from_bytes(tail[at_64 + 40 : at_64 + 48], "little")
    if directory > MAX_DIRECTORY_BYTES:
        raise Rejected(
            Reason.TOO_MANY_MEMBERS, f"The directory of the ZIP archive is larger than {MAX_DIRECTORY_BYTES >> 20} MiB."
        )


def _damaged(error: BaseException) -> Rejected:
    return Rejected(Reason.DAMAGED_CONTAINER, f"The archive is cut off or damaged: {message_of(error)}.")
