"""`ingest explain --html`: a page for each file."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ingest.cli.files import files_in, shown, sidecar, write_whole

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ingest.packs import Packs
    from ingest.record import Record


def write_pages(
    paths: Sequence[Path], output: Path | None, *, url: str | None = None, packs: Packs | None = None
) -> int:
    """Write each article's page, and answer the exit status: 1 if a file had none.

    One file's page goes to `output`, or to standard output; those of several go to the folder `output`, each named by its
    article's id as its record is, with a line on standard output that says which is whose.
    """
    from ingest.model import Rejected

    files = list(files_in(tuple(paths)))
    if not files:
        raise click.UsageError("There is no file to explain there.")
    single = len(files) == 1 and (
        output is None or (output.suffix.lower() in (".html", ".htm") and not output.is_dir())
    )
    if not single and output is None:
        raise click.UsageError("Pages of several files go to a folder: give it with -o.")
    if not single and output:
        output.mkdir(parents=True, exist_ok=True)
    failed = 0
    for path in files:
        try:
            article_id, html = _page(path, url, packs)
        except Rejected as rejected:
            failed += 1
            click.echo(f"{shown(str(path))}: {rejected.reason}: {rejected.message}", err=True)
            continue
        except OSError as error:
            failed += 1
            click.echo(f"{shown(str(path))}: unreadable: {error.strerror or error}.", err=True)
            continue
        if output is None:
            click.echo(html, nl=False)
        elif single:
            write_whole(output, html)
        else:
            write_whole(output / f"{article_id}.html", html)
            click.echo(f"{article_id}.html  {shown(str(path))}")
    return 1 if failed else 0


def _page(path: Path, url: str | None, packs: Packs | None) -> tuple[str, str]:
    """The article's id and its page; raises `Rejected` or OSError where there is nothing to show."""
    from ingest.compose import compose
    from ingest.explain import page
    from ingest.model import Rejected
    from ingest.pipeline import examine

    piped = path == Path("-")
    raw = sys.stdin.buffer.read() if piped else path.read_bytes()
    examined = examine(raw, url=url, name=None if piped else path.name, claims=sidecar(path), packs=packs)
    outcome: Record | Rejected
    try:
        outcome = compose(examined.article, examined.labelled, examined.rulebook)
    except Rejected as rejected:  # its blocks are there all the same, and the page shows what became of them
        outcome = rejected
    return examined.article.id, page(examined, outcome)
