"""`ingest journal`: what became of each source, line by line."""

from __future__ import annotations

from typing import Any

import click

from ingest.cli.options import settings_of_existing_spool, with_settings


@click.command()
@with_settings
@click.option("--follow", "-f", is_flag=True, help="Go on as lines come, until Ctrl-C.")
def journal(follow: bool, **flags: Any) -> None:  # noqa: FBT001
    """Print the journal: a JSON line for each source that found its fate."""
    from ingest.service.composition import open_service
    from ingest.service.logs import json_line

    entries = open_service(settings_of_existing_spool(**flags)).journal
    for line in entries.follow() if follow else entries.lines():
        click.echo(json_line(line))
