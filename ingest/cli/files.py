"""Files as the commands meet them: which are articles, what lies beside them, and how a new one is written."""

from __future__ import annotations

import errno
import io
import os
import stat
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ingest.core.text.characters import escape_for_display as escape_for_display  # noqa: PLC0414  the commands' door to it

if TYPE_CHECKING:
    from collections.abc import Iterator

SIDECAR = ".meta.json"
EXIT_IO_ERROR = 74
"""EX_IOERR of sysexits.h: what was asked for could be done elsewhere or later. 2 is usage: what was asked for cannot be done so."""
EXIT_BROKEN_PIPE = 141
"""What a shell says of a program that SIGPIPE ended: who reads our output wanted no more of it."""
STDOUT = "standard output"
_SYSTEM_ERRORS = frozenset(
    {errno.ENOSPC, errno.EDQUOT, errno.EIO, errno.EFBIG, errno.EMFILE, errno.ENFILE, errno.ENOMEM}
)
_LEFT_ALONE = {stat.S_IFLNK: "a symbolic link", stat.S_IFIFO: "a pipe", stat.S_IFSOCK: "a socket"}


class OneLineError(click.ClickException):
    """An error in one line, without the usage that `click.UsageError` prints before it."""

    exit_code = 2


class SystemFailedError(OneLineError):
    """What was asked for could be done elsewhere or later: a full disk."""

    exit_code = EXIT_IO_ERROR


def cannot_use(error: OSError, message: str) -> OneLineError:
    """The error to raise for a path that cannot be used; its exit code says whether the path is at fault or the system."""
    return (SystemFailedError if error.errno in _SYSTEM_ERRORS else OneLineError)(message)


def cannot_write(where: Path | str, error: OSError) -> OneLineError:
    """The same where something cannot be written, in the words of `ingest up`."""
    from ingest.service.spool.durable import explain_os_error

    return cannot_use(error, explain_os_error(where.absolute() if isinstance(where, Path) else where, error))


class LocalPath(click.Path):
    """A path of this machine. An address is refused: `Path` would quietly make a folder named "s3:" of it."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """The path; a usage error for an address, or for what click.Path refuses."""
        if isinstance(value, str | os.PathLike) and ":/" in os.fspath(value) and _is_url(value):
            text = os.fspath(value)
            scheme = text.strip().partition(":")[0].lower()
            if scheme == "file":
                self.fail(
                    f"{escape_for_display(text)} is an address: give the path itself, without file://", param, ctx
                )
            if self.exists and scheme in {"http", "https", "ftp"}:
                self.fail(f"{escape_for_display(text)} is an address: fetch it first, then give the file", param, ctx)
            self.fail(f"{escape_for_display(text)} is an address; only a path of this machine can be used", param, ctx)
        return super().convert(value, param, ctx)


def _is_url(value: str | os.PathLike[str]) -> bool:
    from ingest.core.text.characters import is_url  # 20 ms that a path without a colon need not pay

    return is_url(value)


ARTICLES = LocalPath(path_type=Path, exists=True, allow_dash=True)
PACKS = LocalPath(path_type=Path, exists=True, file_okay=False)


def files_in(paths: tuple[Path, ...]) -> Iterator[Path]:
    """Every file named or found; dotfiles are not ours, and a sidecar belongs to its article.

    What is named may be a link or a pipe, as for `grep -r`. In a folder only regular files are read: a link may lead anywhere, a pipe may
    never end. Such are named on standard error and left alone.
    """
    for path in paths:
        if not path.is_dir():
            if _is_article_alone(path):
                yield path
            continue
        for folder, folders, names in os.walk(path, onerror=_cannot_look):
            folders[:] = sorted(name for name in folders if not name.startswith(".") and is_own(Path(folder, name)))
            articles = {name for name in names if not name.startswith(".")}
            for name in sorted(articles):
                beside = name.endswith(SIDECAR) and name[: -len(SIDECAR)] in articles
                if is_own(Path(folder, name)) and not beside:
                    yield Path(folder, name)


def is_own(path: Path) -> bool:
    """Whether something found in a folder is a file or folder of its own; what is not is named on standard error."""
    try:
        mode = stat.S_IFMT(path.lstat().st_mode)
    except FileNotFoundError:  # somebody was faster
        return False
    if mode in {stat.S_IFREG, stat.S_IFDIR}:
        return True
    click.echo(f"{escape_for_display(str(path))}: {_LEFT_ALONE.get(mode, 'a device')}; left alone", err=True)
    return False


def _is_article_alone(path: Path) -> bool:
    """True: a named file is read whatever it is. Its sidecar is found, not named: a link there is left alone."""
    beside = path.with_name(path.name + SIDECAR) if path.name else path
    if beside.is_symlink():
        is_own(beside)
    return True


def _cannot_look(error: OSError) -> None:
    click.echo(f"{escape_for_display(str(error.filename))}: unreadable: {error.strerror}.", err=True)


def read_sidecar(path: Path) -> dict[str, Any] | None:
    """What the file beside an article claims about it; raises `Rejected` (invalid_claims) where that is no JSON object."""
    from ingest.service.sidecar import read_sidecar

    beside = path.with_name(path.name + SIDECAR) if path.name else None
    # Not Path.is_file, which raises for a name that is too long; `files_in` has named a link, a pipe or a device there.
    if beside is None or os.path.islink(beside) or not os.path.isfile(beside):  # noqa: PTH113, PTH114
        return None
    return read_sidecar(beside)


def read_own(path: Path, limit: int = -1) -> bytes:
    """The bytes of a regular file, at most `limit`; raises OSError: ELOOP for a link, EINVAL for a pipe or a device."""
    handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    with os.fdopen(handle, "rb") as file:
        if not stat.S_ISREG(os.fstat(handle).st_mode):
            raise OSError(errno.EINVAL, "no regular file")
        return file.read(limit)


def read_stream(path: Path, limit: int) -> bytes:
    """At most `limit` bytes of what was named, whatever it is: a file, a pipe, standard input (-). Raises OSError."""
    if path != Path("-"):
        with path.open("rb") as file:
            return file.read(limit)
    if not sys.stdin:
        raise OSError("standard input is closed")
    return sys.stdin.buffer.read(limit)


def make_folder(folder: Path) -> None:
    """Make a folder and those above it; raises `OneLineError`."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise cannot_write(folder, error) from None


def write_atomically(path: Path, text: str) -> None:
    """Whole or not at all: a reader never meets half a record. Raises `OneLineError`."""
    try:
        with tempfile.NamedTemporaryFile(
            "w", encoding="utf-8", dir=path.parent, prefix=".", suffix=".tmp", delete=False
        ) as file:
            try:
                file.write(text + "\n")
                file.close()
                Path(file.name).chmod(0o644)
                Path(file.name).replace(path)
            except BaseException:
                Path(file.name).unlink(missing_ok=True)
                raise
    except OSError as error:
        where = path if path.is_dir() else path.parent
        raise cannot_write(where, error) from None


class Stdout(io.FileIO):
    """Standard output whose errors say that they are its own: they bear `STDOUT` as their file name."""

    def write(self, data: Any) -> int:
        """As a file's."""
        try:
            return super().write(data)
        except OSError as error:
            error.filename = STDOUT
            raise


def named_stdout() -> None:
    """Let `sys.stdout` be a `Stdout`. Into a file or a pipe it writes UTF-8, as do the files of -o, whatever the locale."""
    if sys.stdout:
        encoding = sys.stdout.encoding if sys.stdout.isatty() else "utf-8"
        raw = io.BufferedWriter(Stdout(sys.stdout.fileno(), "wb", closefd=False))
        sys.stdout = io.TextIOWrapper(raw, encoding, "backslashreplace", line_buffering=sys.stdout.isatty())
