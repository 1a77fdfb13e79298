"""A fix of Kombu's prefetch window on Redis: a delivery whose acknowledgement failed must not occupy it for ever.

Kombu takes a delivery out of the window only after Redis has confirmed the acknowledgement. When Redis is away at that moment the
error is logged and the delivery stays counted; once all of the window is counted so, the channel does not even ask Redis for more,
and so never notices that its connection is dead (celery#10205, #8091, #9512; `worker_enable_prefetch_count_reduction` makes the next
window smaller, but there is no next one). Here a delivery leaves the window whatever Redis says, and is acknowledged later.
"""

from __future__ import annotations

import logging
from typing import Any

from kombu.transport.redis import QoS

from ingest.service.broker import BROKER_ERRORS

log = logging.getLogger(__name__)

MAX_UNCONFIRMED_ACKS = 10_000
"""So many failed acknowledgements are remembered; what is forgotten is delivered once more after the visibility timeout, to no harm."""


class Window(QoS):
    """Counts what is being worked on, and nothing else."""

    unconfirmed: dict[str, None] = {}  # noqa: RUF012 - of the process: it outlives the connection that failed
    """Tags of deliveries that are done with, of which Redis does not know yet."""

    def ack(self, delivery_tag: str) -> None:
        """The work is done. Raises what Redis raises; the delivery has left the window even so."""
        self._leave(delivery_tag, requeue=False, settle=super().ack)

    def reject(self, delivery_tag: str, requeue: bool = False) -> None:  # noqa: FBT001, FBT002 - Kombu's own signature
        """The same of work that will not be done, or, `requeue`, by another worker."""
        reject = super().reject
        self._leave(delivery_tag, requeue=requeue, settle=lambda tag: reject(tag, requeue=requeue))

    def _leave(self, delivery_tag: str, *, requeue: bool, settle: Any) -> None:
        try:
            settle(delivery_tag)
        except BaseException:
            self._quick_ack(delivery_tag)  # type: ignore[attr-defined]
            if not requeue and len(self.unconfirmed) < MAX_UNCONFIRMED_ACKS:
                self.unconfirmed[delivery_tag] = None
            raise

    def confirm(self) -> None:
        """Acknowledge what could not be acknowledged before. Raises nothing: the next connection tries again."""
        for tag in list(self.unconfirmed):
            try:
                self._remove_from_indices(tag).execute()  # type: ignore[attr-defined]
            except BROKER_ERRORS as error:
                log.warning("%d acknowledgements still wait for Redis: %s", len(self.unconfirmed), error)
                return
            self.unconfirmed.pop(tag, None)
