"""Commands that run the service: up, watch, worker, enqueue, health, settings."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from functools import wraps
from pathlib import Path
from typing import Any, Literal

import click

from ingest.cli.files import ARTICLES, OneLineError, files_in, read_sidecar, read_stream
from ingest.cli.options import FOLDER, settings_of, settings_of_existing_spool, with_settings
from ingest.core.text.characters import escape_for_display


def _run_service(run: Callable[[], int]) -> None:
    """Run a part of the service with its logs; invalid settings give one sentence, not a traceback."""
    from ingest.errors import InvalidSettings
    from ingest.service.logs import to_stderr

    to_stderr()
    try:
        code = run()
    except InvalidSettings as error:
        raise OneLineError(str(error)) from None
    except KeyboardInterrupt:
        code = 130
    sys.exit(code)


_with_packs = click.option(
    "--packs",
    type=FOLDER,
    help="Folder of your own publisher packs (INGEST_PACKS); a change is taken over while it runs.",
)


def _with_record_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options of commands that write records."""

    @wraps(command)
    def renamed(*arguments: Any, old_out_format: str | None, **options: Any) -> Any:
        if old_out_format:
            click.echo("--sink is now --out-format, and the next version will not accept the old name", err=True)
            options["out_format"] = options["out_format"] or old_out_format
        return command(*arguments, **options)

    with_options: Callable[..., Any] = renamed
    for option in (
        click.option("--sink", "old_out_format", type=click.Choice(["json", "jsonl"]), hidden=True),
        click.option(
            "--out-format",
            type=click.Choice(["json", "jsonl"]),
            help="json: one file per article; jsonl: JSON Lines segments.",
        ),
        click.option(
            "--on-duplicate",
            type=click.Choice(["skip", "replace"]),
            help="For content seen before: keep the first record, or replace it.",
        ),
    ):
        with_options = option(with_options)
    return with_options


@click.command()
@with_settings
@click.option("--workers", type=click.IntRange(1), help="Worker processes (INGEST_WORKERS, or one per core).")
@_with_packs
@_with_record_options
@click.option("--once", is_flag=True, help="End as soon as inbox and claimed are empty.")
def up(once: bool, **flags: Any) -> None:  # noqa: FBT001
    """Watch the inbox and clean what is dropped there; needs no server. With a broker, queue it for workers instead.

    Drop files into spool/inbox, read records in out/. Ctrl-C ends it; unfinished work resumes at the next start.
    """
    settings = settings_of(**flags)
    if settings.broker and once:
        raise click.UsageError("--once works only without a broker")
    from ingest.service import runner

    _run_service(lambda: runner.watch(settings, delivers=True) if settings.broker else runner.up(settings, once=once))


@click.command()
@with_settings
@_with_packs
def watch(**flags: Any) -> None:
    """Watch the inbox and queue what is dropped for Celery workers."""
    settings = settings_of(**flags)
    if not settings.broker:
        raise click.UsageError("set INGEST_BROKER_URL or give --broker; without a broker, use `ingest up`")
    from ingest.service import runner

    _run_service(lambda: runner.watch(settings))


@click.command()
@with_settings
@click.option("--workers", type=click.IntRange(1), help="Pool processes (INGEST_WORKERS, or one per core).")
@_with_record_options
def worker(**flags: Any) -> None:
    """Clean what is queued; the same as `celery -A worker worker`."""
    settings = settings_of(**flags)

    def run() -> int:
        from ingest.service.tasks import make_app

        make_app(settings).worker_main(["worker", "--loglevel", "INFO"])
        return 0

    _run_service(run)


@click.command()
@with_settings
@click.argument("paths", nargs=-1, required=True, type=ARTICLES)
@click.option("--url", help="URL of the article; for a single file.")
@click.option(
    "--on-duplicate",
    type=click.Choice(["skip", "replace"]),
    default="skip",
    help="For content seen before: keep the first record, or replace it.",
)
@click.option("--wait", "waits", is_flag=True, help="Wait for each outcome and print it.")
def enqueue(
    paths: tuple[Path, ...],
    url: str | None,
    on_duplicate: Literal["skip", "replace"],
    waits: bool,  # noqa: FBT001
    **flags: Any,
) -> None:
    """Copy files, and the files of folders, into the spool and queue them. Prints id and path of each ticket.

    Sidecars (article.html.meta.json) go with their articles; symbolic links inside folders are named and skipped.
    """
    settings = settings_of(**flags)
    from ingest.core.model import Rejected
    from ingest.service.enqueue import Submission, enqueue_many

    found = list(files_in(paths))
    if url and len(found) != 1:
        raise click.UsageError("--url needs a single file")
    bad: list[str] = []
    handed_over: list[Path] = []

    def submissions() -> Iterator[Submission]:
        for file in found:
            try:
                yield Submission(
                    source=read_stream(file, settings.max_unpacked + 1),
                    url=url,
                    name=file.name,
                    claims=read_sidecar(file),
                )
            except OSError as error:
                bad.append(f"{escape_for_display(str(file))}: unreadable: {error.strerror or error}.")
            except Rejected as rejected:
                bad.append(f"{escape_for_display(str(file))}: {rejected.reason}: {rejected.message}")
            else:
                handed_over.append(file)

    tickets = []
    for file, ticket in zip(
        handed_over, enqueue_many(submissions(), on_duplicate=on_duplicate, settings=settings), strict=True
    ):
        if isinstance(ticket, Rejected):
            bad.append(f"{escape_for_display(str(file))}: {ticket.reason}: {ticket.message}")
            continue
        tickets.append(ticket)
        if not waits:
            click.echo(f"{ticket.id}\t{ticket.path}")
    for problem in bad:
        click.echo(problem, err=True)
    waiting = 0
    for ticket in tickets if waits else ():
        try:
            line = ticket.wait()
            told: tuple[str, str | None] = line["outcome"], line.get("reason")
        except TimeoutError:
            told = "waiting", "no worker took it in time"
        waiting += told[0] not in {"stored", "duplicate"}
        click.echo("\t".join(filter(None, (ticket.id, *told))))
    sys.exit(1 if bad or waiting else 0)


@click.command()
@with_settings
@click.argument("role", type=click.Choice(["up", "watch", "worker", "deliver"]))
def health(role: str, **flags: Any) -> None:
    """Exit 0 if this container's watcher, worker or delivery has reported within 30 seconds and its work is moving.

    A worker that has settled nothing for a minute while sources wait is unhealthy, even if its heartbeat is regular.
    """
    settings = settings_of_existing_spool(**flags)
    from ingest.service.composition import open_service
    from ingest.service.object_status import stalled_seconds
    from ingest.service.spool.heartbeat import heartbeats, in_this_container
    from ingest.service.status import claimed_and_age, stall_message, stalled

    service = open_service(settings)
    found = list(heartbeats(service.any_spool.root))
    ours = [
        status for status in found if status.notes.get("role") == role and status.alive and in_this_container(status)
    ]
    status = min(ours, key=lambda status: status.age, default=None)
    if status is None or status.age >= 30:
        click.echo(f"no {role} of this container has reported in the last 30 seconds", err=True)
        sys.exit(1)
    if settings.in_object_store:
        if seconds := stalled_seconds(status.notes, settings.time_limit):
            click.echo(stall_message(seconds, int(status.notes["in_hand"])), err=True)
            sys.exit(1)
        click.echo(f"{role} {status.notes.get('pid')}: {status.age:.0f} s ago")
        return
    claimed, oldest = claimed_and_age(service.spool) if role in {"up", "worker"} else (0, 0)
    host = status.notes.get("host") if role == "worker" else None
    if seconds := stalled(service, found, claimed, oldest, host=host):
        click.echo(stall_message(seconds, claimed), err=True)
        sys.exit(1)
    click.echo(f"{role} {status.notes.get('pid')}: {status.age:.0f} s ago")


@click.command()
@with_settings
def settings(**flags: Any) -> None:
    """List all settings with their current values and meanings. Passwords are masked."""
    now = settings_of(**flags)
    for name, field in type(now).model_fields.items():
        value = now.broker_shown if name == "broker_url" else getattr(now, name)
        if name == "sinks":
            value = " ".join(url.shown for url in now.sink_urls)
        click.echo(f"INGEST_{name.upper()}={'' if value is None else value}\n    {field.description}")
