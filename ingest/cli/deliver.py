"""`ingest deliver` and `ingest delete`: records go to sinks, and leave them."""

from __future__ import annotations

import os
import re
import sys
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import click

from ingest.cli.files import OneLineError
from ingest.cli.options import settings_of_existing_spool, settings_of_folder, with_settings
from ingest.core.text.characters import escape_for_display

if TYPE_CHECKING:
    from ingest.service.composition import Service
    from ingest.service.settings import Settings
    from ingest.service.sinks.url import SinkUrl

_ID = re.compile(r"[0-9a-f]{64}")


@click.command()
@with_settings
@click.option(
    "--sink",
    "chosen",
    metavar="URL|NAME",
    help="Only this sink: its address, as in INGEST_SINKS or as `ingest status` shows it.",
)
@click.option(
    "--since", metavar="TOKEN|TIME", help="Deliver again from this line on, or from this time on; `start`: everything."
)
@click.option(
    "--follow/--once", default=True, help="Keep delivering, until Ctrl-C (the default), or end when all is delivered."
)
@click.option("--dead-letters", is_flag=True, help="List what was rejected for good, one JSON line each.")
@click.option("--retry", is_flag=True, help="Deliver the dead letters again.")
@click.option("--parent", type=int, hidden=True)
def deliver(
    chosen: str | None,
    since: str | None,
    follow: bool,  # noqa: FBT001
    dead_letters: bool,  # noqa: FBT001
    retry: bool,  # noqa: FBT001
    parent: int | None,
    **flags: Any,
) -> None:
    """Deliver records to the sinks of INGEST_SINKS, each in a process of its own. `ingest up` does the same.

    Each sink remembers how far in the journal it is; a new one gets everything. If another process delivers to a sink, it is the one
    that does what --since and --retry ask.
    """
    settings = settings_of_folder(**flags)
    from ingest.errors import InvalidSettings
    from ingest.service.composition import open_service
    from ingest.service.logs import to_stderr

    service = open_service(settings)
    urls = _chosen(settings, chosen)
    if dead_letters and not retry:
        _list_dead_letters(service, urls)
        return
    if since is not None or retry:
        _ask(service, urls, since, retry=retry)
        if all(service.sink_folder(url).held for url in urls):
            click.echo("the process that delivers there does it", err=True)
            return
        follow = follow and not retry
    to_stderr()
    try:
        code = _run(service, urls, parent, once=not follow, alone=chosen is not None)
    except InvalidSettings as error:
        raise OneLineError(str(error)) from None
    except KeyboardInterrupt:
        code = 130
    sys.exit(code)


@click.command()
@with_settings
@click.argument("ids", nargs=-1, required=True, metavar="ID…")
@click.confirmation_option(prompt="Delete these records and the sources they were made from, for good?")
def delete(ids: tuple[str, ...], **flags: Any) -> None:
    """Delete records, by id, with the sources that they were made from; the sinks are told.

    A container of several articles (a feed, an archive) stays, and `ingest reclean` would make the record again.
    """
    if wrong := [each for each in ids if not _ID.fullmatch(each)]:
        raise click.UsageError(f"{wrong[0]!r} is no id of a record: 64 hex digits")
    settings = settings_of_existing_spool(**flags)
    from ingest.service.composition import open_service
    from ingest.service.deletion import delete_records

    missing = 0
    for done in delete_records(open_service(settings), ids):
        missing += not done.found
        click.echo(f"{done.id}\t{'deleted' if done.found else 'not found'}")
        for name in done.kept:
            click.echo(
                f"{escape_for_display(name)} holds other articles too and stays: `ingest reclean` would make it again",
                err=True,
            )
    sys.exit(1 if missing else 0)


def _chosen(settings: Settings, chosen: str | None) -> list[SinkUrl]:
    from ingest.service.sinks.url import SinkUrl

    if chosen is None:
        if not settings.sinks:
            raise click.UsageError("set INGEST_SINKS, or give --sink; docs/sinks.md has the addresses")
        return list(settings.sink_urls)
    if named := [url for url in settings.sink_urls if chosen in {url.name, url.shown}]:
        return named
    if ":" not in chosen:
        names = ", ".join(url.name for url in settings.sink_urls) or "none"
        raise click.UsageError(f"INGEST_SINKS has no sink {chosen!r}; there are: {names}")
    try:
        return [SinkUrl(chosen)]
    except ValueError as error:
        raise click.UsageError(str(error)) from None


def _list_dead_letters(service: Service, urls: list[SinkUrl]) -> None:
    from ingest.service.logs import json_line

    for url in urls:
        for letter in service.sink_folder(url).dead_letters():
            click.echo(json_line({"sink": url.name, **asdict(letter)}))


def _ask(service: Service, urls: list[SinkUrl], since: str | None, *, retry: bool) -> None:
    """Leave a request for whoever delivers to these sinks, this process perhaps."""
    from ingest.service.journal_position import since as find
    from ingest.service.sinks.state import Request

    if since is not None:
        try:
            find(service.journal, since)
        except ValueError as error:
            raise click.UsageError(str(error)) from None
    for url in urls:
        service.sink_folder(url).ask(Request(since, retry))


def _run(service: Service, urls: list[SinkUrl], parent: int | None, *, once: bool, alone: bool) -> int:
    """Deliver; gives the exit code."""
    import signal
    import time

    from ingest.service.sinks.processes import DeliveryProcesses
    from ingest.service.sinks.processes import deliver as deliver_to
    from ingest.service.stopping import StopSignal

    stop = StopSignal()

    def stopping() -> bool:
        return stop() or (parent is not None and os.getppid() != parent)

    if alone:
        good = deliver_to(service, urls[0], stopping, once=once)
        if once and not stopping():
            state = service.sink_folder(urls[0]).read_state()
            click.echo(f"{urls[0].shown}: {state.error or f'{state.delivered} delivered'}", err=True)
    else:
        processes = DeliveryProcesses(service.settings)
        good = processes.deliver_once(stopping) if once else True
        while not once and not stopping():
            processes.maintain()
            time.sleep(0.5)
        processes.close()
    return 130 if stop.signal == signal.SIGINT else 0 if good else 1
