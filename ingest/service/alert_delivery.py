"""Sends alerts, to a command or to a webhook, and says why it could not."""

from __future__ import annotations

import contextlib
import json
import os
import shlex
import signal
import subprocess
import tempfile
from http.client import HTTPException
from typing import TYPE_CHECKING, Any
from urllib.error import HTTPError, URLError
from urllib.request import HTTPRedirectHandler, Request, build_opener

from ingest.core.text.characters import escape_for_display

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from ingest.service.settings import Settings

COMMAND_SECONDS = 30.0
WEBHOOK_SECONDS = 10.0
MAX_ERROR_BYTES = 500
"""Of the end of what a command wrote to standard error."""


class DeliveryError(Exception):
    """Why alerts were not delivered."""


def receivers(settings: Settings) -> dict[str, Callable[[Mapping[str, Any]], None]]:
    """By name, what sends a message to each receiver of the settings; these raise `DeliveryError`."""
    found: dict[str, Callable[[Mapping[str, Any]], None]] = {}
    if command := settings.alert_command:
        found["command"] = lambda message: run_command(shlex.split(command), message)
    if webhook := settings.alert_webhook:
        found["webhook"] = lambda message: post(webhook.get_secret_value(), message)
    return found


def run_command(command: list[str], message: Mapping[str, Any], seconds: float = COMMAND_SECONDS) -> None:
    """Run a command, without a shell, with the message as JSON on standard input. Raises `DeliveryError`.

    Files, not pipes: a worker that is forked meanwhile would hold the end of a pipe open.
    """
    with tempfile.TemporaryFile() as given, tempfile.TemporaryFile() as errors:
        given.write(json.dumps(message).encode() + b"\n")
        given.seek(0)
        try:
            process = subprocess.Popen(  # noqa: S603 - the operator's own command
                command, stdin=given, stdout=subprocess.DEVNULL, stderr=errors, start_new_session=True
            )
        except OSError as error:
            raise DeliveryError(f"INGEST_ALERT_COMMAND cannot be run: {error.strerror}: {command[0]}") from None
        try:
            status = process.wait(seconds)
        except subprocess.TimeoutExpired:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            raise DeliveryError(f"INGEST_ALERT_COMMAND took longer than {seconds:g} s and was killed") from None
        if status:
            errors.seek(max(0, errors.seek(0, os.SEEK_END) - MAX_ERROR_BYTES))
            lines = errors.read().decode("utf-8", "replace").strip().splitlines()
            last = escape_for_display(f": {lines[-1]}") if lines else ""
            raise DeliveryError(f"INGEST_ALERT_COMMAND ended with status {status}{last}")


class _NoRedirect(HTTPRedirectHandler):
    """A redirected POST would become a GET, and its answer look like success."""

    def redirect_request(self, *_: Any) -> None:
        """None: an answer of 3xx is an error."""


def post(url: str, message: Mapping[str, Any], seconds: float = WEBHOOK_SECONDS) -> None:
    """POST the message as JSON. Raises `DeliveryError`, without the address, which may hold a secret."""
    request = Request(url, json.dumps(message).encode(), {"Content-Type": "application/json"})  # noqa: S310 - http or https, by Settings
    try:
        with build_opener(_NoRedirect).open(request, timeout=seconds):
            return
    except HTTPError as error:
        error.close()
        raise DeliveryError(f"INGEST_ALERT_WEBHOOK answered {error.code}") from None
    except URLError as error:
        why = error.reason.strerror if isinstance(error.reason, OSError) else None
        raise DeliveryError(f"INGEST_ALERT_WEBHOOK cannot be reached: {why or type(error.reason).__name__}") from None
    except (OSError, HTTPException, ValueError) as error:
        raise DeliveryError(f"INGEST_ALERT_WEBHOOK does not answer: {type(error).__name__}") from None
