"""`ingest explain --html`: an HTML page for each file."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ingest.cli.files import escape_for_display, make_folder, write_atomically
from ingest.cli.sandboxed import each

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ingest.core.memory.snapshot import Memory


def write_pages(
    files: Sequence[Path],
    output: Path | None,
    memory: Memory | None,
    *,
    named: tuple[Path, ...],
    url: str | None,
    packs: Path | None,
) -> int:
    """Write each article's page and return the exit status: 1 if a file was refused.

    The page of one file goes to `output`, or to standard output; those of several go to the folder `output`, each named by its
    article's id like its record, with a line on standard output that gives id and file.
    """
    single = (
        len(files) == 1 and (output is None or output.suffix.lower() in (".html", ".htm")) and not _is_folder(output)
    )
    if output is None and not single:
        raise click.UsageError("Pages of several files need a folder: give it with -o.")
    if output:
        make_folder(output.parent if single else output)
    failed = 0
    for path, page in zip(files, each(files, partial(_page, memory), named=named, url=url, packs=packs), strict=True):
        if "reason" in page:
            failed += 1
            click.echo(f"{escape_for_display(str(path))}: {page['reason']}: {page['message']}", err=True)
        elif output is None:
            click.echo(page["html"])
        elif single:
            write_atomically(output, page["html"])
        else:
            write_atomically(output / f"{page['id']}.html", page["html"])
            click.echo(f"{page['id']}.html  {escape_for_display(str(path))}")
    return 1 if failed else 0


def _is_folder(output: Path | None) -> bool:
    return output is not None and output.is_dir()


def _page(memory: Memory | None, raw: bytes, **given: Any) -> dict[str, str]:
    """The article's id and its page; raises `Rejected`."""
    from ingest.core.pipeline import label_article
    from ingest.web.explain import render_explanation

    labelled_article = label_article(raw, memory=memory, **given)
    return {"id": labelled_article.article.id, "html": render_explanation(labelled_article)}
