"""`ingest failed` and `ingest reclean`: the quarantine, and how sources are cleaned again."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ingest.cli.files import LocalPath
from ingest.cli.options import FOLDER, settings_of_existing_spool, with_settings, with_since
from ingest.core.text.characters import escape_for_display

if TYPE_CHECKING:
    from ingest.service.settings import Settings
    from ingest.service.spool.interface import AnySpool

MISSING = f"{__name__}.missing"
"""Key of click's `meta`: how many of the given tokens were not found."""


@click.group()
def failed() -> None:
    """The quarantine: list its sources, clean them again, delete them.

    Each command takes tokens as `list` prints them, or filters; without either it applies to all. A token that is not found is
    named, and the exit status is 1.
    """


def _with_filters(command: Callable[..., Any]) -> Callable[..., Any]:
    command = click.option("--publisher", help="Only sources of this publisher, as claimed by their senders.")(command)
    command = click.option("--reason", help="Only sources with this reason.")(command)
    command = with_since(command)
    return click.argument("tokens", nargs=-1)(with_settings(command))


def _select(
    settings: Settings,
    tokens: tuple[str, ...],
    reason: str | None,
    publisher: str | None,
    since: float | None,
) -> Iterator[tuple[AnySpool, str, dict[str, Any]]]:
    """The selected sources. A token that is not found is named on standard error, and the command exits with 1."""
    from ingest.service.composition import open_service
    from ingest.service.spool import filenames

    spool = open_service(settings).any_spool
    missing = dict.fromkeys(tokens)
    for path in list(spool.settled("quarantine")):
        token = filenames.token_of(path.rpartition("/")[2])
        if tokens and token not in tokens:
            continue
        why = spool.reason(path)
        if (
            reason in {None, why.get("reason")}
            and publisher in {None, why.get("publisher")}
            and (since is None or _settled_at(why) >= since)
        ):
            missing.pop(token, None)
            yield spool, path, why | {"token": token}
    for token in missing:
        click.echo(f"{escape_for_display(token)}: not found in the quarantine", err=True)
    click.get_current_context().meta[MISSING] = len(missing)


def _settled_at(why: dict[str, Any]) -> float:
    """When it was refused, in seconds since 1970; of one that does not say, the end of time: it is shown rather than hidden."""
    try:
        return datetime.fromisoformat(why["time"]).timestamp()
    except (KeyError, TypeError, ValueError):
        return math.inf


def _end(code: int = 0) -> None:
    """End the command with `code`, or with 1 if a token was not found."""
    click.get_current_context().exit(code or (1 if click.get_current_context().meta.get(MISSING) else 0))


@failed.command("list")
@_with_filters
def list_(
    tokens: tuple[str, ...], reason: str | None, publisher: str | None, since: float | None, **flags: Any
) -> None:
    """List sources, one per line: token, reason, path in the inbox."""
    for _, _, why in _select(settings_of_existing_spool(**flags), tokens, reason, publisher, since):
        click.echo(
            "\t".join(escape_for_display(str(part)) for part in (why["token"], why.get("reason"), why.get("place")))
        )
    _end()


@failed.command()
@_with_filters
def show(tokens: tuple[str, ...], reason: str | None, publisher: str | None, since: float | None, **flags: Any) -> None:
    """Print all that is known about sources, as JSON Lines."""
    from ingest.service.logs import json_line

    for _, path, why in _select(settings_of_existing_spool(**flags), tokens, reason, publisher, since):
        click.echo(json_line(why | {"source": path}))
    _end()


@failed.command()
@_with_filters
def retry(
    tokens: tuple[str, ...], reason: str | None, publisher: str | None, since: float | None, **flags: Any
) -> None:
    """Clean sources again, with their attempts reset. Without tokens and filters: all.

    The running service takes them; if none is running and no broker is set, they are cleaned at once.
    """
    settings = settings_of_existing_spool(**flags)
    chosen = list(_select(settings, tokens, reason, publisher, since))
    _end(_requeue(settings, list(_again([(spool, old) for spool, old, _ in chosen], replace=False))))


@failed.command()
@_with_filters
@click.confirmation_option(prompt="Delete these sources for good?")
def purge(
    tokens: tuple[str, ...], reason: str | None, publisher: str | None, since: float | None, **flags: Any
) -> None:
    """Delete sources and their reasons. Without tokens and filters: all."""
    count = 0
    for spool, path, _ in _select(settings_of_existing_spool(**flags), tokens, reason, publisher, since):
        spool.delete(path)
        count += 1
    click.echo(f"{count} deleted")
    _end()


@click.command()
@with_settings
@click.option("--publisher", help="Only records of this publisher, by domain or name.")
@click.option(
    "--changed",
    type=LocalPath(path_type=Path, exists=True, dir_okay=False),
    help="Only sources whose records change, from the list of `ingest what-if`.",
)
@click.option(
    "--packs", type=FOLDER, help="Folder of your own publisher packs (INGEST_PACKS), if no service is running."
)
def reclean(publisher: str | None, changed: Path | None, **flags: Any) -> None:
    """Clean the kept sources again and replace their records, after rules or the version changed. Of a container all members are.

    The running service takes them; if none is running and no broker is set, they are cleaned at once.
    """
    settings = settings_of_existing_spool(**flags)
    from ingest.service.composition import open_service

    service = open_service(settings)
    spool = service.any_spool
    wanted = None
    if publisher:
        lines = service.any_journal.lines()
        wanted = {line["token"] for line in lines if line.get("publisher") == publisher}
    if changed:
        from ingest.cli.what_if import changed_tokens

        wanted = changed_tokens(changed) if wanted is None else wanted & changed_tokens(changed)
    kept = list(_kept(spool, wanted))
    _end(_requeue(settings, list(_again([(spool, old) for old in kept], replace=True))))


def _kept(spool: AnySpool, wanted: set[str] | None) -> Iterator[str]:
    """The kept sources with these tokens, or all; of a container's members the container."""
    from ingest.service.spool import Spool, containers, filenames

    for path in spool.settled("done"):
        token = filenames.token_of(path.rpartition("/")[2])
        if spool.read_member(path) is not None:
            continue
        other = wanted is not None and token not in wanted
        holds = other and isinstance(spool, Spool) and containers.progress_of(spool, path) is not None
        if wanted is None or token in wanted or (holds and containers.holds_any(token, wanted or ())):
            yield path


def _again(chosen: list[tuple[AnySpool, str]], *, replace: bool) -> Iterator[str]:
    """Claim sources again; one that cannot be moved is reported and stays, and the others go on."""
    for spool, old in chosen:
        try:
            path = spool.requeue(old, replace=replace)
        except OSError as error:
            click.echo(f"{escape_for_display(old)} stays where it is: {error.strerror}", err=True)
            continue
        if path:
            yield path


def _requeue(settings: Settings, paths: list[str]) -> int:
    """Queue sources again, or clean them here if no service would. Returns the exit code."""
    from ingest.service.enqueue import publish
    from ingest.service.spool.heartbeat import heartbeats

    click.echo(f"{len(paths)} queued again", err=True)
    watched = any(
        status.alive and status.notes.get("role") in {"up", "watch"} for status in heartbeats(str(settings.root))
    )
    if settings.broker:
        publish(settings, paths)
    elif settings.in_object_store:
        click.echo("a running `ingest up`, on any machine, takes them", err=True)
    elif paths and not watched:
        from ingest.service import runner

        return runner.up(settings, once=True)
    return 0
