"""`ingest failed`, `ingest journal`, `ingest reclean`: what became of the sources, and how to send them through again."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import click

from ingest.cli.service import used_settings_of, with_settings
from ingest.signs import shown

if TYPE_CHECKING:
    from ingest.settings import Settings
    from ingest.spool import Spool

MISSING = f"{__name__}.missing"
"""Key of click's `meta`: how many of the tokens that were given were not found."""


@click.group()
def failed() -> None:
    """Look through the quarantine; send sources through again; delete them.

    Each command takes tokens as `list` prints them, or filters; without either it means all that lies there. A token that is not there is
    named, and the exit status is 1.
    """


def _filtered(command: Callable[..., Any]) -> Callable[..., Any]:
    command = click.option("--publisher", help="Only of this publisher, as their senders claim.")(command)
    command = click.option("--reason", help="Only with this reason.")(command)
    return click.argument("tokens", nargs=-1)(with_settings(command))


def _chosen(
    settings: Settings, tokens: tuple[str, ...], reason: str | None, publisher: str | None
) -> Iterator[tuple[Spool, str, dict[str, Any]]]:
    """The sources that are meant. A token that none of them has is named on standard error, and the command ends with 1."""
    from ingest.spool import Spool, names

    spool = Spool(settings.spool)
    missing = dict.fromkeys(tokens)
    for path in list(spool.settled("quarantine")):
        why = spool.reason(path)
        token = names.token_of(path.rpartition("/")[2])
        if (
            (not tokens or token in tokens)
            and reason in {None, why.get("reason")}
            and publisher in {None, why.get("publisher")}
        ):
            missing.pop(token, None)
            yield spool, path, why | {"token": token}
    for token in missing:
        click.echo(f"{shown(token)}: not found in the quarantine", err=True)
    click.get_current_context().meta[MISSING] = len(missing)


def _end(code: int = 0) -> None:
    """End the command: with `code`, or with 1 where a token was not found."""
    click.get_current_context().exit(code or (1 if click.get_current_context().meta.get(MISSING) else 0))


@failed.command("list")
@_filtered
def list_(tokens: tuple[str, ...], reason: str | None, publisher: str | None, **flags: Any) -> None:
    """One line each: token, reason, place in the inbox."""
    for _, _, why in _chosen(used_settings_of(**flags), tokens, reason, publisher):
        click.echo("\t".join(shown(str(part)) for part in (why["token"], why.get("reason"), why.get("place"))))
    _end()


@failed.command()
@_filtered
def show(tokens: tuple[str, ...], reason: str | None, publisher: str | None, **flags: Any) -> None:
    """All that is known, as JSON Lines."""
    from ingest.logs import json_line

    for _, path, why in _chosen(used_settings_of(**flags), tokens, reason, publisher):
        click.echo(json_line(why | {"source": path}))
    _end()


@failed.command()
@_filtered
def retry(tokens: tuple[str, ...], reason: str | None, publisher: str | None, **flags: Any) -> None:
    """Send sources through again, their attempts forgiven. Without tokens and filters: all.

    The service that runs takes them; with none running and no broker set, they are cleaned at once.
    """
    settings = used_settings_of(**flags)
    chosen = list(_chosen(settings, tokens, reason, publisher))
    _end(_send(settings, list(_again([(spool, old) for spool, old, _ in chosen], replace=False))))


@failed.command()
@_filtered
@click.confirmation_option(prompt="Delete these sources for good?")
def purge(tokens: tuple[str, ...], reason: str | None, publisher: str | None, **flags: Any) -> None:
    """Delete sources and their reasons. Without tokens and filters: all."""
    count = 0
    for spool, path, _ in _chosen(used_settings_of(**flags), tokens, reason, publisher):
        spool.forget(path)
        count += 1
    click.echo(f"{count} deleted")
    _end()


@click.command()
@with_settings
@click.option("--follow", "-f", is_flag=True, help="Go on as lines come, until Ctrl-C.")
def journal(follow: bool, **flags: Any) -> None:  # noqa: FBT001
    """Print the journal: a JSON line for each source that found its fate."""
    from ingest.journal import Journal
    from ingest.logs import json_line

    told = Journal(str(used_settings_of(**flags).spool))
    for line in told.follow() if follow else told.lines():
        click.echo(json_line(line))


@click.command()
@with_settings
@click.option("--publisher", help="Only records of this publisher, by domain or name.")
def reclean(publisher: str | None, **flags: Any) -> None:
    """Clean the kept sources again, after rules or the version changed, replacing their records.

    With no service running and no broker set, cleans them itself.
    """
    settings = used_settings_of(**flags)
    from ingest.journal import Journal
    from ingest.spool import Spool, names

    spool = Spool(settings.spool)
    wanted = None
    if publisher:
        lines = Journal(spool.root).lines()
        wanted = {line["token"] for line in lines if publisher in {line.get("publisher"), line.get("publisher_name")}}
    kept = [
        path for path in spool.settled("done") if wanted is None or names.token_of(path.rpartition("/")[2]) in wanted
    ]
    _end(_send(settings, list(_again([(spool, old) for old in kept], replace=True))))


def _again(chosen: list[tuple[Spool, str]], *, replace: bool) -> Iterator[str]:
    """Claim sources anew; one that cannot be moved is told and stays, and the others go on."""
    for spool, old in chosen:
        try:
            path = spool.again(old, replace=replace)
        except OSError as error:
            click.echo(f"{shown(old)} stays where it is: {error.strerror}", err=True)
            continue
        if path:
            yield path


def _send(settings: Settings, paths: list[str]) -> int:
    """Queue sources again, or clean them here where nobody else would. Gives the exit code."""
    from ingest.enqueuing import publish
    from ingest.spool.desk import desks

    click.echo(f"{len(paths)} sent through again", err=True)
    kept = any(seen.alive and seen.notes.get("role") in {"up", "watch"} for seen in desks(str(settings.spool)))
    if settings.broker:
        publish(settings, paths)
    elif paths and not kept:
        from ingest import runner

        return runner.up(settings, once=True)
    return 0
