"""`ingest journal`: what became of each source, one line each."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import click

from ingest.cli.options import settings_of_existing_spool, with_settings, with_since


@click.command()
@with_settings
@click.option("--follow", "-f", is_flag=True, help="Keep printing new lines, until Ctrl-C.")
@with_since
@click.option("--publisher", help="Only lines of this publisher, by domain or name.")
@click.option(
    "--outcome",
    type=click.Choice(["stored", "duplicate", "refused", "unpacked", "deleted"]),
    help="Only lines with this outcome.",
)
@click.option("--reason", help="Only refusals for this reason.")
def journal(follow: bool, since: float | None, **flags: Any) -> None:  # noqa: FBT001
    """Print the journal: one JSON line per settled source, the oldest first."""
    from ingest.service.composition import open_service
    from ingest.service.journal import Journal
    from ingest.service.journal_reader import follow as follow_journal
    from ingest.service.logs import json_line

    wanted = {name: flags.pop(name) for name in ("publisher", "outcome", "reason")}
    entries = open_service(settings_of_existing_spool(**flags)).any_journal
    following = follow_journal(entries) if isinstance(entries, Journal) else entries.follow()
    for line in following if follow else entries.lines(since=since):
        if since is not None and datetime.fromisoformat(line["time"]).timestamp() < since:
            continue
        if all(value in {None, line.get(name)} for name, value in wanted.items()):
            click.echo(json_line(line))
