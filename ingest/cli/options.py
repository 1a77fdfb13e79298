"""Options that several commands share."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime
from functools import wraps
from pathlib import Path
from typing import Any

import click

from ingest.cli.files import STDOUT, LocalPath, OneLineError, SystemFailedError, cannot_use
from ingest.core.text.characters import escape_for_display
from ingest.service.settings import Settings


class FolderOrBucket(LocalPath):
    """A folder of this machine, or a prefix in an object store."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """A path, or an address as it was given."""
        if isinstance(value, str) and value.startswith("s3://"):
            return value
        return super().convert(value, param, ctx)


FOLDER = LocalPath(file_okay=False, path_type=Path)
FOLDER_OR_BUCKET = FolderOrBucket(file_okay=False, path_type=Path)
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86_400}


class Since(click.ParamType[float]):
    """A moment as seconds since 1970: a day, a time (RFC 3339; without a zone, this machine's), or how long ago: 30m, 2h, 7d."""

    name = "time"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """Seconds since 1970; a usage error for what is no moment."""
        if isinstance(value, float):
            return value
        text = str(value).strip()
        if text[:-1].isdecimal() and text[-1] in _SECONDS:
            return time.time() - int(text[:-1]) * _SECONDS[text[-1]]
        try:
            return datetime.fromisoformat(text).timestamp()
        except (ValueError, OverflowError):
            self.fail(f"{text!r} is neither a day (2026-11-29), nor a time, nor an age (30m, 2h, 7d)", param, ctx)


with_since = click.option(
    "--since",
    type=Since(),
    metavar="TIME",
    help="Only what was settled since: 2026-11-29, 2026-11-29T06:00Z, 30m, 2h, 7d.",
)


def with_settings(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options that override settings. An error with their folders is reported in one line."""

    @wraps(command)
    def guarded(*arguments: Any, **options: Any) -> Any:
        from ingest.errors import InvalidSettings, SpoolError, TransientError

        try:
            return command(*arguments, **options)
        except (SpoolError, InvalidSettings) as error:
            raise OneLineError(str(error)) from None
        except TransientError as error:
            raise SystemFailedError(str(error)) from None
        except OSError as error:
            if isinstance(error, BrokenPipeError) or error.filename == STDOUT:
                raise
            raise _folder_error(error, {name: options.get(name) for name in ("spool", "out", "broker_url")}) from error

    with_flags: Callable[..., Any] = guarded
    for option in (
        click.option(
            "--broker",
            "broker_url",
            metavar="URL",
            help="A redis:// URL (INGEST_BROKER_URL); without one, `ingest up` does everything itself.",
        ),
        click.option(
            "--out", type=FOLDER_OR_BUCKET, help="Folder for records, or s3://bucket/prefix (INGEST_OUT, or ./out)."
        ),
        click.option(
            "--spool",
            type=FOLDER_OR_BUCKET,
            help="Folder of inbox, claimed, done, quarantine, or s3://bucket/prefix (INGEST_SPOOL, or ./spool).",
        ),
    ):
        with_flags = option(with_flags)
    return with_flags


def settings_of(**flags: Any) -> Settings:
    """The settings, or a usage error that names each mistake."""
    from ingest.errors import InvalidSettings
    from ingest.service.environment import load_settings

    try:
        return load_settings(**flags)
    except InvalidSettings as error:
        raise click.UsageError(str(error)) from None


def settings_of_existing_spool(**flags: Any) -> Settings:
    """The same for commands that read a spool; a usage error if there is none."""
    settings = settings_of(**flags)
    from ingest.service.status import has_spool, no_spool_message

    if not has_spool(settings):
        raise click.UsageError(no_spool_message(settings))
    return settings


def settings_of_folder(**flags: Any) -> Settings:
    """The same for commands that work with a spool in a folder only; a usage error for one in an object store."""
    settings = settings_of_existing_spool(**flags)
    refuse_object_store(settings)
    return settings


def refuse_object_store(settings: Settings) -> None:
    """A usage error if the spool is in an object store."""
    if settings.in_object_store:
        command = click.get_current_context().command.name
        raise click.UsageError(
            f"`ingest {command}` works with a spool in a folder only, not with {settings.spool} (docs/scale.md)"
        )


def _folder_error(error: OSError, flags: dict[str, Any]) -> OneLineError:
    """Why a command could not use spool or out, with the message of `ingest up`, which includes a remedy if there is one."""
    from ingest.service.composition import open_service
    from ingest.service.health import out_problem, write_problem

    settings = settings_of(**flags)
    problem = write_problem(settings.root) or out_problem(open_service(settings))
    message = problem or f"{escape_for_display(str(error.filename or settings.root))}: {error.strerror or error}"
    return cannot_use(error, message)
