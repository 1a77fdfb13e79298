"""`.alerts.json` in the spool: what is alerted to, and what each receiver was told last."""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING

from ingest.service.spool import durable

if TYPE_CHECKING:
    from ingest.service.formats import AlertState

FILE_NAME = ".alerts.json"


@dataclass(slots=True)
class Alert:
    """One state: what it is about, since when, and which receivers know of it."""

    kind: str
    subject: str
    message: str
    since: str
    raised: bool = True
    told: dict[str, bool] = field(default_factory=dict)
    """By receiver, whether it was told last that this is so."""


def read_alerts(root: str) -> AlertState:
    """What is so now, and what could not be delivered, as the watcher of a spool last wrote it."""
    alerts, failures = load_alerts(os.path.join(root, FILE_NAME))
    return {
        "raised": [alert.message for alert in alerts.values() if alert.raised],
        "undelivered": list(failures.values()),
    }


def load_alerts(path: str) -> tuple[dict[str, Alert], dict[str, str]]:
    """Alerts by key, and failures by receiver; empty if the file is missing, damaged or of another version."""
    found = durable.read_json(path)
    with contextlib.suppress(TypeError, KeyError, AttributeError):
        alerts = [Alert(**each | {"told": dict(each["told"])}) for each in found["alerts"]]
        return {f"{alert.kind} {alert.subject}": alert for alert in alerts}, dict(found["failures"])
    return {}, {}


def write_alerts(path: str, alerts: Iterable[Alert], failures: Mapping[str, str]) -> None:
    """Raises OSError."""
    content = {"alerts": [asdict(alert) for alert in alerts], "failures": failures}
    durable.write_atomically(path, json.dumps(content).encode())
