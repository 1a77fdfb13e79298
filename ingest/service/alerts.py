"""Alerts: what a person should know, told once when it begins and once when it ends.

The watcher looks every minute. What is so now is compared with what each receiver was told last, which is kept in `.alerts.json` in the
spool: so a restart tells nothing twice, and what could not be sent is sent after the next look, if it is still so.
"""

from __future__ import annotations

import json
import logging
import os
import threading
import time
from dataclasses import asdict
from datetime import UTC, datetime
from typing import TYPE_CHECKING, NamedTuple

from ingest.core.text.characters import escape_for_display
from ingest.service.alert_conditions import JournalConditions
from ingest.service.alert_delivery import DeliveryError, receivers
from ingest.service.alert_state import FILE_NAME, Alert, load_alerts, write_alerts
from ingest.service.spool.heartbeat import heartbeats
from ingest.service.status import claimed_and_age, missing_worker, stall_message, stalled
from ingest.service.status_parts import MAX_STALL_SECONDS, live_parts

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ingest.service.composition import Service

log = logging.getLogger(__name__)

CHECK_SECONDS = 60.0
MAX_ALERTS_PER_MESSAGE = 100
"""The others come with the next look."""


class _Sent(NamedTuple):
    """What was sent to one receiver, as key → raised; `failure`: why it was not."""

    receiver: str
    states: dict[str, bool]
    failure: str | None


class Alerts:
    """Belongs to one watcher. `maintain` returns at once; messages are sent by a thread."""

    def __init__(self, service: Service) -> None:
        self.service = service
        self.receivers = receivers(service.settings)
        self.failures: dict[str, str] = {}
        """By receiver, why the last message was not delivered."""
        self._path = os.path.join(service.spool.root, FILE_NAME)
        self._alerts, _ = load_alerts(self._path)
        self._conditions = JournalConditions(service.journal, service.settings.alert_refused_share)
        self._sending: threading.Thread | None = None
        self._sent: list[_Sent] = []
        self._next_check = time.monotonic() + CHECK_SECONDS

    def maintain(self, broken: str | None) -> None:
        """What is due, every few seconds. `broken`: why nothing can be written. Raises OSError."""
        self._take_results()
        self._conditions.read_on()
        if time.monotonic() >= self._next_check:
            self._next_check = time.monotonic() + CHECK_SECONDS
            self.check(broken)

    def check(self, broken: str | None = None, now: datetime | None = None) -> None:
        """Compare what is so now with what was told, and begin to send the difference. Raises OSError."""
        self._take_results()
        now = now or datetime.now(UTC)
        before = json.dumps([asdict(alert) for alert in self._alerts.values()])
        found = self._conditions.evaluate(now, self._subjects()) | {("no_progress", ""): self._no_progress(broken)}
        for (kind, subject), message in found.items():
            self._set(kind, subject, message, now)
        self._forget()
        if json.dumps([asdict(alert) for alert in self._alerts.values()]) != before:
            self._write()
        self._send(now)

    def wait(self) -> None:
        """Until what is being sent is sent, and noted. Raises OSError."""
        if self._sending:
            self._sending.join()
        self._take_results()

    def _subjects(self) -> list[tuple[str, str]]:
        return [(alert.kind, alert.subject) for alert in self._alerts.values()]

    def _set(self, kind: str, subject: str, message: str | None, now: datetime) -> None:
        key = f"{kind} {subject}"
        known = self._alerts.get(key)
        if message and (known is None or not known.raised):
            told = known.told if known else {}
            self._alerts[key] = Alert(kind, subject, message, now.isoformat(timespec="seconds"), told=told)
            log.warning("alert: %s", escape_for_display(message))
        elif known and known.raised and not message:
            known.raised = False
            log.info("no longer so: %s", escape_for_display(known.message))

    def _no_progress(self, broken: str | None) -> str | None:
        if broken:
            return f"intake is held back: {broken}"
        service = self.service
        found = list(heartbeats(service.spool.root))
        claimed, oldest = claimed_and_age(service.spool)
        if seconds := stalled(service, found, claimed, oldest):
            return stall_message(seconds, claimed)
        missing = missing_worker({**live_parts(found), "claimed": claimed})
        return f"{claimed} sources wait: {missing}" if missing and oldest > MAX_STALL_SECONDS else None

    def _send(self, now: datetime) -> None:
        if self._sending and self._sending.is_alive():
            return
        messages = {name: changed for name in self.receivers if (changed := self._changes(name))}
        if messages:
            self._sending = threading.Thread(target=self._deliver, args=(messages, now), name="alerts", daemon=True)
            self._sending.start()

    def _changes(self, receiver: str) -> dict[str, dict[str, str]]:
        """What a receiver does not know yet, by key."""
        changed = [(key, each) for key, each in self._alerts.items() if each.raised != each.told.get(receiver, False)]
        return {
            key: {
                "kind": each.kind,
                "subject": each.subject,
                "state": "raised" if each.raised else "cleared",
                "message": each.message,
                "since": each.since,
            }
            for key, each in changed[:MAX_ALERTS_PER_MESSAGE]
        }

    def _deliver(self, messages: Mapping[str, Mapping[str, Mapping[str, str]]], now: datetime) -> None:
        """In a thread of its own."""
        for name, changed in messages.items():
            failure = None
            lines = [
                ("" if each["state"] == "raised" else "no longer so: ") + each["message"] for each in changed.values()
            ]
            message = {
                "time": now.isoformat(timespec="seconds"),
                "host": os.uname().nodename,
                "spool": os.fspath(self.service.settings.root),
                "text": "\n".join(lines),
                "alerts": list(changed.values()),
            }
            try:
                self.receivers[name](message)
            except DeliveryError as error:
                failure = str(error)
            states = {key: each["state"] == "raised" for key, each in changed.items()}
            self._sent.append(_Sent(name, states, failure))

    def _take_results(self) -> None:
        """Note what the thread has sent. Raises OSError."""
        changed = False
        while self._sent:
            name, states, failure = self._sent.pop(0)
            changed = True
            if failure is None:
                self.failures.pop(name, None)
                for key, raised in states.items():
                    if alert := self._alerts.get(key):
                        alert.told[name] = raised
                continue
            if self.failures.get(name) != failure:
                log.error("alerts were not delivered, and are tried again every minute: %s", failure)
            self.failures[name] = failure
        if changed:
            self._forget()
            self._write()

    def _forget(self) -> None:
        """What is no longer so and what nobody thinks to be so."""
        for key, alert in list(self._alerts.items()):
            if not alert.raised and not any(alert.told.get(name) for name in self.receivers):
                del self._alerts[key]

    def _write(self) -> None:
        """On a full disk there is one more alert to send, not one less: so this raises nothing."""
        try:
            write_alerts(self._path, self._alerts.values(), self.failures)
        except OSError as error:
            log.error("cannot write %s: %s", self._path, error.strerror)  # noqa: TRY400 - the next change tries again
