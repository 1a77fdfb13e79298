"""Logs of the service on standard error: for people at a terminal, as JSON Lines elsewhere.

Each module logs under its own name (`ingest.service.watcher`), so each can be turned down alone. No file name and no message can forge
another line or control a terminal: in both forms unprintable characters are escaped, and only those, so that a headline stays
readable in its own script.

Structured values are passed as `extra={"fields": {...}}`, one mapping, and not as separate keys of `extra`: the journal's `name` is also an
attribute of logging's records, which `extra` must not overwrite (KeyError), and Celery puts each task's arguments into its own `extra`,
which must not reach the log.
"""

from __future__ import annotations

import json
import logging
import sys
from datetime import UTC, datetime
from typing import Any

import click
from pythonjsonlogger.json import JsonFormatter

from ingest.core.text.characters import escape_for_display, escape_unprintable

OUTCOME_WIDTH = 8
COLOURS = {"stored": "green", "refused": "yellow"}


def json_line(value: Any, **how: Any) -> str:
    r"""The value as JSON on one line, in its own script: only what is not printable is written as \u escapes."""
    text = json.dumps(value, **{"default": str} | how | {"ensure_ascii": False})
    return escape_unprintable(text, lambda character: json.dumps(character)[1:-1])


class JsonLines(JsonFormatter):
    """Time (`at`), `level`, `logger`, `message`, and the `fields` of the call."""

    def __init__(self) -> None:
        names = {"asctime": "at", "levelname": "level", "name": "logger", "exc_info": "traceback"}
        super().__init__(
            ["asctime", "levelname", "name", "message"],
            rename_fields=names,
            json_serializer=json_line,
            json_default=str,
        )

    def formatTime(self, record: logging.LogRecord, datefmt: str | None = None) -> str:  # noqa: N802 - logging's name
        """RFC 3339 with milliseconds."""
        del datefmt
        return datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")

    def process_log_record(self, log_data: dict[str, Any]) -> dict[str, Any]:
        """These keys and `fields`, nothing else of `extra`."""
        ours: dict[str, Any] = {name: log_data[name] for name in ("at", "level", "logger", "message")}
        ours["level"] = ours["level"].lower()
        ours |= log_data.get("fields", {})
        if "traceback" in log_data:
            ours["traceback"] = log_data["traceback"]
        return ours


class TerminalLines(logging.Formatter):
    """Time of day and message; of a settled source its outcome, name and headline, or the reason why it was refused."""

    def format(self, record: logging.LogRecord) -> str:
        """One line, and the lines of a traceback."""
        time = click.style(f"{datetime.fromtimestamp(record.created).astimezone():%H:%M:%S}", dim=True)
        fields = getattr(record, "fields", {})
        if "outcome" in fields:
            said = _settled(fields)
        else:
            facts = "  ".join(f"{name}={escape_for_display(str(value))}" for name, value in fields.items())
            said = " ".join(filter(None, (_level(record), escape_for_display(record.getMessage()), facts)))
        lines = [f"{time}  {said}"]
        if record.exc_info:
            lines += map(escape_for_display, self.formatException(record.exc_info).splitlines())
        return "\n".join(lines)


def _level(record: logging.LogRecord) -> str:
    if record.levelno < logging.WARNING:
        return ""
    return click.style(f"{record.levelname.lower()}:", fg="red" if record.levelno >= logging.ERROR else "yellow")


def _settled(line: dict[str, Any]) -> str:
    """A line of the journal, for people. No-break and ideographic spaces of a headline become plain ones."""
    outcome = str(line["outcome"])
    parts = [
        click.style(f"{outcome:<{OUTCOME_WIDTH}}", fg=COLOURS.get(outcome)),
        escape_for_display(str(line.get("name"))),
    ]
    if why := line.get("reason") or line.get("headline"):
        parts.append(escape_for_display(" ".join(str(why).split())))
    return "  ".join(parts)


def to_stderr(level: int = logging.INFO) -> None:
    """Send all logs to standard error."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(TerminalLines() if sys.stderr.isatty() else JsonLines())
    logging.basicConfig(level=level, handlers=[handler], force=True)
    logging.getLogger("watchfiles").setLevel(logging.WARNING)  # it logs each burst of file events
    logging.getLogger("botocore").setLevel(logging.WARNING)  # it logs where each process found its credentials
    for client in (
        "httpx",
        "opensearch",
        "opensearchpy.trace",
    ):  # they log each request, the last one with its documents
        logging.getLogger(client).setLevel(logging.ERROR)
