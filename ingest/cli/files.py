"""Files for the commands: which are articles, their sidecars, and how output is written."""

from __future__ import annotations

import errno
import io
import os
import stat
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

import click

from ingest.core.text.characters import escape_for_display as escape_for_display  # noqa: PLC0414  re-exported for the commands

if TYPE_CHECKING:
    from collections.abc import Iterator

SIDECAR = ".meta.json"
EXIT_IO_ERROR = 74
"""EX_IOERR of sysexits.h: the same command may succeed elsewhere or later. 2 is usage: the command itself is wrong."""
EXIT_BROKEN_PIPE = 141
"""What a shell reports for a program ended by SIGPIPE: the reader of our output closed it."""
STDOUT = "standard output"
_SYSTEM_ERRORS = frozenset(
    {errno.ENOSPC, errno.EDQUOT, errno.EIO, errno.EFBIG, errno.EMFILE, errno.ENFILE, errno.ENOMEM}
)
_KINDS_SKIPPED = {stat.S_IFLNK: "a symbolic link", stat.S_IFIFO: "a pipe", stat.S_IFSOCK: "a socket"}


class OneLineError(click.ClickException):
    """An error in one line, without the usage that `click.UsageError` prints before it."""

    exit_code = 2


class SystemFailedError(OneLineError):
    """The same command may succeed elsewhere or later: a full disk."""

    exit_code = EXIT_IO_ERROR


def cannot_use(error: OSError, message: str) -> OneLineError:
    """The error to raise for a path that cannot be used; its exit code says whether the path or the system is at fault."""
    return (SystemFailedError if error.errno in _SYSTEM_ERRORS else OneLineError)(message)


def cannot_write(where: Path | str, error: OSError) -> OneLineError:
    """The same for a path that cannot be written to, with the message that `ingest up` gives."""
    from ingest.service.spool.durable import explain_os_error

    return cannot_use(error, explain_os_error(where.absolute() if isinstance(where, Path) else where, error))


class LocalPath(click.Path):
    """A path on this machine. A URL is refused: `Path` would silently turn it into a folder named "s3:"."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """The path; a usage error for a URL, or for what click.Path refuses."""
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
    from ingest.core.text.characters import is_url  # costs 20 ms, which a path without a colon need not pay

    return is_url(value)


ARTICLES = LocalPath(path_type=Path, exists=True, allow_dash=True)
PACKS = LocalPath(path_type=Path, exists=True, file_okay=False)


def files_in(paths: tuple[Path, ...]) -> Iterator[Path]:
    """Every file named, or found in a named folder, without dotfiles and sidecars.

    A named path may be a link or a pipe, as for `grep -r`. In a folder only regular files are read, because a link may lead anywhere and a
    pipe may never end; others are named on standard error and skipped.
    """
    for path in paths:
        if not path.is_dir():
            if _is_article_alone(path):
                yield path
            continue
        for folder, folders, names in os.walk(path, onerror=_report_unreadable):
            folders[:] = sorted(name for name in folders if not name.startswith(".") and is_own(Path(folder, name)))
            articles = {name for name in names if not name.startswith(".")}
            for name in sorted(articles):
                beside = name.endswith(SIDECAR) and name[: -len(SIDECAR)] in articles
                if is_own(Path(folder, name)) and not beside:
                    yield Path(folder, name)


def is_own(path: Path) -> bool:
    """Whether an entry of a folder is a regular file or a folder; anything else is named on standard error."""
    try:
        mode = stat.S_IFMT(path.lstat().st_mode)
    except FileNotFoundError:  # removed meanwhile
        return False
    if mode in {stat.S_IFREG, stat.S_IFDIR}:
        return True
    click.echo(f"{escape_for_display(str(path))}: {_KINDS_SKIPPED.get(mode, 'a device')}; skipped", err=True)
    return False


def _is_article_alone(path: Path) -> bool:
    """True: a named file is read, whatever it is. Its sidecar is found, not named: a link there is skipped, and named on standard error."""
    beside = path.with_name(path.name + SIDECAR) if path.name else path
    if beside.is_symlink():
        is_own(beside)
    return True


def _report_unreadable(error: OSError) -> None:
    click.echo(f"{escape_for_display(str(error.filename))}: unreadable: {error.strerror}.", err=True)


def read_sidecar(path: Path) -> dict[str, Any] | None:
    """The claims in the sidecar of an article, or None; raises `Rejected` (invalid_claims) if it is not a JSON object."""
    from ingest.service.sidecar import read_sidecar

    beside = path.with_name(path.name + SIDECAR) if path.name else None
    # Not Path.is_file, which raises for a name that is too long; `files_in` has already named a link, a pipe or a device.
    if beside is None or os.path.islink(beside) or not os.path.isfile(beside):  # noqa: PTH113, PTH114
        return None
    return read_sidecar(beside)


def read_own(path: Path, limit: int = -1) -> bytes:
    """The bytes of a regular file, at most `limit`; raises OSError as `open_own` does."""
    with open_own(path) as file:
        return file.read(limit)


def open_own(path: Path) -> BinaryIO:
    """A regular file, open; raises OSError: ELOOP for a link, EINVAL for a pipe or a device."""
    handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        if not stat.S_ISREG(os.fstat(handle).st_mode):
            raise OSError(errno.EINVAL, "not a regular file")  # noqa: TRY301 - closed below
        return os.fdopen(handle, "rb")
    except BaseException:
        os.close(handle)
        raise


def read_stream(path: Path, limit: int) -> bytes:
    """At most `limit` bytes of a named path: a file, a pipe or standard input (-). Raises OSError."""
    if path != Path("-"):
        with path.open("rb") as file:
            return file.read(limit)
    if not sys.stdin:
        raise OSError("standard input is closed")
    return sys.stdin.buffer.read(limit)


def make_folder(folder: Path) -> None:
    """Make a folder and its parents; raises `OneLineError`."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise cannot_write(folder, error) from None


def write_atomically(path: Path, text: str) -> None:
    """Write to a temporary file and rename it, so that no reader sees half a file. Raises `OneLineError`."""
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
    """Standard output whose errors carry `STDOUT` as their file name."""

    def write(self, data: Any) -> int:
        """As `io.FileIO.write`."""
        try:
            return super().write(data)
        except OSError as error:
            error.filename = STDOUT
            raise


def named_stdout() -> None:
    """Make `sys.stdout` a `Stdout`. Into a file or pipe it writes UTF-8 like the files of -o, whatever the locale."""
    if sys.stdout:
        encoding = sys.stdout.encoding if sys.stdout.isatty() else "utf-8"
        raw = io.BufferedWriter(Stdout(sys.stdout.fileno(), "wb", closefd=False))
        sys.stdout = io.TextIOWrapper(raw, encoding, "backslashreplace", line_buffering=sys.stdout.isatty())
