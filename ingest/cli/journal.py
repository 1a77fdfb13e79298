"""`ingest journal`: what became of each source, one line each."""

from __future__ import annotations

from typing import Any

import click

from ingest.cli.options import settings_of_existing_spool, with_settings


@click.command()
@with_settings
@click.option("--follow", "-f", is_flag=True, help="Keep printing new lines, until Ctrl-C.")
def journal(follow: bool, **flags: Any) -> None:  # noqa: FBT001
    """Print the journal: one JSON line per settled source."""
    from ingest.service.composition import open_service
    from ingest.service.journal_reader import follow as follow_journal
    from ingest.service.logs import json_line

    entries = open_service(settings_of_existing_spool(**flags)).journal
    for line in follow_journal(entries) if follow else entries.lines():
        click.echo(json_line(line))
