"""`ingest status`: what is waiting, who is working, and what blocks them."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

import click

from ingest.cli.options import settings_of, with_settings
from ingest.core.text.characters import escape_for_display


@click.command()
@with_settings
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.option("--watch", is_flag=True, help="Repeat every two seconds, until Ctrl-C.")
def status(as_json: bool, watch: bool, **flags: Any) -> None:  # noqa: FBT001
    """Show what is waiting, which workers are alive, and why nothing moves if nothing does."""
    from ingest.service.logs import json_line
    from ingest.service.status import read_status

    settings = settings_of(**flags)
    while True:
        seen = read_status(settings)
        click.echo(json_line(seen) if as_json else "\n".join(map(escape_for_display, _lines(seen))))
        if not watch:
            return
        time.sleep(2)
        if not as_json:
            click.clear()


def _lines(seen: Mapping[str, Any]) -> list[str]:
    lines = []
    for key, value in seen.items():
        if key == "why":
            continue
        if key == "sinks":
            lines += [f"{'sink':>24}  {_sink(sink)}" for sink in value]
            continue
        parts = {k: v for k, v in value.items() if v is not None and k != "space"} if isinstance(value, dict) else None
        shown = value if parts is None else ", ".join(f"{k.replace('_', ' ')} {v}" for k, v in parts.items())
        shown = len(value) if isinstance(value, list) else shown
        lines.append(f"{key.replace('_', ' '):>24}  {shown if shown not in (None, '') else '-'}")
    return lines + [f"{'!':>24}  {reason}" for reason in seen["why"]]


def _sink(sink: Mapping[str, Any]) -> str:
    parts = (
        sink["sink"],
        f"{sink['lag_lines']} lines behind" + (f" for {sink['lag_seconds']} s" if sink["lag_lines"] else ""),
        f"{sink['delivered']} delivered",
        f"last {sink['last_delivered'] or '-'}",
        f"{sink['dead_letters']} dead letters",
        "running" if sink["running"] else "not running",
    )
    return ", ".join(parts)
