"""`ingest report`: one page about the journal and the records."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ingest.cli.files import LocalPath, files_in, make_folder, write_atomically
from ingest.cli.options import settings_of, with_settings
from ingest.cli.validate import records_in

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ingest.core.record import Record
    from ingest.service.settings import Settings


@click.command()
@with_settings
@click.option(
    "-o",
    "--output",
    type=LocalPath(path_type=Path, dir_okay=False),
    default="report.html",
    show_default=True,
    help="The page to write.",
)
@click.option(
    "--pages",
    type=LocalPath(path_type=Path, exists=True, file_okay=False),
    help="Explain pages to link to, named by id.",
)
def report(output: Path, pages: Path | None, **flags: Any) -> None:
    """Write a page about a run: outcomes, publishers that changed or fell silent, labels, rules, slow files.

    Reads the journal of the spool and every record under the output folder; either may be missing. The pages that it
    links to are made by `ingest explain --html spool/done -o PAGES`.
    """
    from urllib.parse import quote

    from ingest.core.packs import load_packs
    from ingest.service.composition import open_service
    from ingest.service.memory_snapshot import MemorySnapshot
    from ingest.web.report import report_page, summarize

    settings = settings_of(**flags)
    rules = (rule.id for pack in load_packs().all for rule in pack.rules)
    lines = open_service(settings).any_journal.lines() if settings.in_object_store or settings.root.is_dir() else ()
    stats = summarize(lines, _records(settings), rules)
    if not stats.records and not stats.outcomes:
        raise click.UsageError(f"There is no journal in {settings.spool} and no record in {settings.out}.")

    def linked(article_id: str) -> str | None:
        found = pages / f"{article_id}.html" if pages else None
        return quote(os.path.relpath(found, output.parent)) if found and found.is_file() else None

    make_folder(output.parent)
    known = MemorySnapshot(str(settings.root)).state()["changed"] if settings.memory != "off" else []
    changed = [(each["publisher"], each["day"]) for each in known]
    write_atomically(output, report_page(stats, linked, changed))
    click.echo(f"{output}: {stats.records:,} records, {stats.outcomes.total():,} lines of the journal")


def _records(settings: Settings) -> Iterator[Record]:
    """Every record that there is; other files are skipped."""
    from pydantic import ValidationError

    from ingest.core.record import Record

    for text in _texts(settings):
        try:
            yield Record.model_validate_json(text)
        except ValidationError:
            continue


def _texts(settings: Settings) -> Iterator[str | bytes]:
    """What may be a record."""
    from ingest.service.composition import open_service

    if not isinstance(settings.out, Path):
        yield from open_service(settings).object_store.contents()
        return
    for path in files_in((settings.out,)) if settings.out.is_dir() else ():
        if path.suffix in (".json", ".jsonl"):
            yield from (text for _, text in records_in(path))
