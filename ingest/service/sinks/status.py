"""How far each sink is, seen from outside."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ingest.service.formats import SinkStatus
from ingest.service.journal_reader import unread

if TYPE_CHECKING:
    from ingest.service.composition import Service

NOBODY_SECONDS = 60
"""So long lines may wait before a sink that no process delivers to is a problem: `ingest up` starts one again after a while."""


def sink_statuses(service: Service) -> list[SinkStatus]:
    """The sinks of the settings. Counts the lines of the journal that each has not been given."""
    found: list[SinkStatus] = []
    for url in service.settings.sink_urls:
        folder = service.sink_folder(url)
        state = folder.read_state()
        lines, seconds = unread(service.journal, state.position)
        found.append(
            {
                "sink": url.shown, "name": url.name, "running": folder.held, "lag_lines": lines, "lag_seconds": round(seconds),
                "delivered": state.delivered, "last_delivered": state.last_delivered, "error": state.error,
                "error_since": state.error_since, "attempts": state.attempts, "dead_letters": len(folder.dead_letters()),
            }
        )  # fmt: skip
    return found


def sink_problems(sink: SinkStatus) -> Iterator[str]:
    """Why records do not arrive, and what to do."""
    if sink["error"]:
        yield f"nothing can be delivered since {sink['error_since']}, and {sink['lag_lines']} lines wait: {sink['error']}"
    elif not sink["running"] and sink["lag_seconds"] > NOBODY_SECONDS:
        yield f"no process delivers to {sink['sink']}: start `ingest up` or `ingest deliver`"
    if sink["dead_letters"]:
        yield f"{sink['sink']} has rejected {sink['dead_letters']} records: see `ingest deliver --dead-letters --sink {sink['name']}`"
