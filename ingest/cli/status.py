"""`ingest status`: what is waiting, who is working, and what blocks them."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
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
        click.echo(json_line(seen) if as_json else "\n".join(_shown(seen)))
        if not watch:
            return
        time.sleep(2)
        if not as_json:
            click.clear()


def _shown(seen: Mapping[str, Any]) -> Iterator[str]:
    """The lines for people: the state, then what blocks and what to do, or that nothing does."""
    for name, value in _lines(seen):
        unset = value in {"-", "0"}
        yield f"{click.style(f'{name:>24}', dim=True)}  {click.style(escape_for_display(value), dim=unset or None)}"
    for alert in seen.get("alerts", {}).get("raised", ()):
        yield click.style(f"{'alert':>24}  {escape_for_display(alert)}", fg="yellow")
    for failure in seen.get("alerts", {}).get("undelivered", ()):
        yield click.style(f"{'alerts not delivered':>24}  {escape_for_display(failure)}", fg="yellow")
    for reason in seen["why"]:
        yield click.style(f"{'!':>24}  {escape_for_display(reason)}", fg="red", bold=True)
    if not seen["why"]:
        yield click.style(f"{'ok':>24}  nothing blocks", fg="green")


def _container(seen: Mapping[str, Any]) -> str:
    return (
        f"{seen['name']} ({seen['format']}): {100 * seen['read_share']:.0f} % read, {seen['members']:,} members so far"
    )


def _lines(seen: Mapping[str, Any]) -> list[tuple[str, str]]:
    lines: list[tuple[str, str]] = []
    for key, value in seen.items():
        if key in {"why", "alerts"}:
            continue
        if key == "sinks":
            lines += [("sink", _sink(each)) for each in value]
            continue
        if key == "containers":
            lines += [("container", _container(each)) for each in value]
            continue
        if key == "memory" and value:
            lines += [("changed template", f"{each['publisher']}, {each['day']}") for each in value["changed"]]
        parts = (
            {k: v for k, v in value.items() if v not in (None, []) and k not in ("space", "changed")}
            if isinstance(value, dict)
            else None
        )
        shown = value if parts is None else ", ".join(f"{k.replace('_', ' ')} {v}" for k, v in parts.items())
        shown = len(value) if isinstance(value, list) else shown
        lines.append((key.replace("_", " "), str(shown) if shown not in (None, "") else "-"))
    return lines


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
