"""Names of settings: their variables, and the old names that are accepted for one version."""

from __future__ import annotations

import json
import logging
from functools import cache
from typing import Any

log = logging.getLogger(__name__)

PREFIX = "INGEST_"
SECRETS = ("broker_url", "broker_password", "dashboard_token", "sinks")
RENAMED = {
    "settle": "settle_seconds",
    "recycle": "max_docs_per_child",
    "attempts": "max_attempts",
    "deaths": "max_worker_losses",
    "batch": "tickets_per_task",
    "desk_token": "dashboard_token",
    "desk_hosts": "dashboard_hosts",
    "sink": "out_format",
}
"""Old names of settings and their new ones. Variables with an old name are accepted for one version, with a warning."""


def variable(name: str) -> str:
    """The variable of a setting."""
    return PREFIX + name.upper()


def apply_old_names(given: dict[str, str], values: dict[str, Any], problems: list[str]) -> None:
    """Take variables with an old name for their new one, with one line in the log for all of them. Options and new names win."""
    found, new_names = {}, frozenset(given)
    for old, name in RENAMED.items():
        for suffix in ("", "_FILE") if name in SECRETS else ("",):
            if (text := given.pop(variable(old) + suffix, None)) is None:
                continue
            new = variable(name)
            found[variable(old) + suffix] = new + suffix
            if new in new_names or f"{new}_FILE" in new_names:
                continue
            given[new + suffix] = text
            if suffix or name in values:
                continue
            try:
                values[name] = json.loads(text) if name == "dashboard_hosts" else text
            except ValueError:
                problems.append(f"{variable(old)}: must be JSON")
    if found:
        warn_of_old_names(tuple(found.items()))


@cache  # once per process: a command may load its settings several times
def warn_of_old_names(found: tuple[tuple[str, str], ...]) -> None:
    """Log which names are old."""
    names = ", ".join(f"{old} is now {new}" for old, new in found)
    log.warning("settings have new names, and the next version will not accept the old ones: %s", names)
