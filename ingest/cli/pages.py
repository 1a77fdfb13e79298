"""`ingest explain --html`: a page for each file."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ingest.cli.files import shown, sidecar, write_whole

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ingest.model import Rejected
    from ingest.pipeline import Examined


def write_pages(
    files: Sequence[Path], output: Path | None, *, url: str | None = None, packs: Path | None = None
) -> int:
    """Write each article's page, and answer the exit status: 1 if a file had none.

    One file's page goes to `output`, or to standard output; those of several go to the folder `output`, each named by its
    article's id as its record is, with a line on standard output that says which is whose.
    """
    single = (
        len(files) == 1 and (output is None or output.suffix.lower() in (".html", ".htm")) and not _is_folder(output)
    )
    if output is None and not single:
        raise click.UsageError("Pages of several files go to a folder: give it with -o.")
    if output:
        (output.parent if single else output).mkdir(parents=True, exist_ok=True)
    failed = 0
    for path in files:
        page = _page(path, url, packs)
        if page is None:
            failed += 1
        elif output is None:
            click.echo(page[1])
        elif single:
            write_whole(output, page[1])
        else:
            write_whole(output / f"{page[0]}.html", page[1])
            click.echo(f"{page[0]}.html  {shown(str(path))}")
    return 1 if failed else 0


def _is_folder(output: Path | None) -> bool:
    return output is not None and output.is_dir()


def _page(path: Path, url: str | None, packs: Path | None) -> tuple[str, str] | None:
    """The article's id and its page; None, with a line on standard error, where nothing of it could be read."""
    from ingest.explain import explained
    from ingest.model import Rejected

    try:
        examined = examined_file(path, url, packs)
    except (Rejected, OSError) as error:
        click.echo(f"{shown(str(path))}: {complaint(error)}", err=True)
        return None
    return examined.article.id, explained(examined)


def complaint(error: Rejected | OSError) -> str:
    """Why a file cannot be explained, as one line."""
    if isinstance(error, OSError):
        return f"unreadable: {error.strerror or error}."
    return f"{error.reason}: {error.message}"


def examined_file(path: Path, url: str | None, packs: Path | None) -> Examined:
    """The file's blocks, labelled as `ingest clean` would; raises `Rejected` and OSError."""
    from ingest.packs import load_packs
    from ingest.pipeline import examine

    piped = path == Path("-")
    raw = sys.stdin.buffer.read() if piped else path.read_bytes()
    name = None if piped else path.name
    return examine(raw, url=url, name=name, claims=sidecar(path), packs=load_packs(packs))
