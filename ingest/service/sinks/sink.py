"""What a sink is: it takes batches of the journal, in order, and is idempotent by the record's id."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, ClassVar, Protocol

from pydantic_core import from_json

from ingest.errors import IngestError

_ESCAPED_NUL = rb"\u0000"


@dataclass(frozen=True)
class Delivery:
    """One line of the journal for a sink: a record that was stored, or the id of one that was deleted."""

    token: str
    id: str
    time: str
    """When the line was written: RFC 3339 in UTC."""
    content: bytes | None = field(repr=False)
    """The record as JSON; None if it was deleted."""
    line: str
    """Names the line: the members of a container have lines with one token, perhaps of one id."""

    @cached_property
    def record(self) -> dict[str, Any]:
        """The record; empty if it was deleted."""
        parsed: dict[str, Any] = from_json(self.content or b"{}")  # in a third of the time of json.loads
        return parsed

    @cached_property
    def text_record(self) -> dict[str, Any]:
        """The record for stores that hold no NUL in a text; the sender's `extra` may have one."""
        return self.record if self._is_clean else _cleaned(self.record)

    @cached_property
    def text_json(self) -> str:
        """The same as JSON."""
        return (self.content or b"{}").decode().strip() if self._is_clean else json.dumps(self.text_record)

    @property
    def fault(self) -> str | None:
        """Why no sink can take the record: the store has something else under its id."""
        try:
            missing = {"id", "body", "schema_version"} - self.record.keys()
        except (ValueError, AttributeError):
            return "what the record store has is no JSON object"
        return f"what the record store has is no record: it has no {min(missing)}" if missing else None

    @cached_property
    def _is_clean(self) -> bool:
        return _ESCAPED_NUL not in (self.content or b"")


@dataclass(frozen=True, slots=True)
class Rejection:
    """A delivery that the sink will never take, and why."""

    delivery: Delivery
    reason: str


class SinkAway(IngestError):
    """The sink cannot be reached, or refuses for a while: try again later. `retry_after`: seconds, if the sink says so."""

    def __init__(self, message: str, *, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class Sink(Protocol):
    """A destination. One process at a time holds it."""

    batch_records: ClassVar[int]
    """The largest batch it is given."""
    linger_seconds: ClassVar[float]
    """So long a smaller batch waits for more lines."""
    keeps_position: ClassVar[bool]
    """Whether it stores the position with each batch, and `open` gives it."""

    def open(self) -> str | None:
        """Connect, and make or migrate what is needed. Gives the `position` of the last batch that it has, if it stores that with the batch.

        Raises `SinkAway`, and `InvalidSettings` for what no retry will mend.
        """

    def deliver(self, batch: Sequence[Delivery], position: str) -> Sequence[Rejection]:
        """Make a batch durable: all of it but what is rejected for good. `position`: where the journal is to be read on from.

        Raises `SinkAway`, and may then have taken any part of the batch; it is closed, opened and given the batch again.
        """

    def close(self) -> None:
        """Release what `open` took; also after an error."""


def last_of_each(batch: Sequence[Delivery]) -> list[Delivery]:
    """The last delivery of each id, in order."""
    last = {delivery.id: delivery for delivery in batch}
    return [delivery for delivery in batch if last[delivery.id] is delivery]


def without_the_bad(
    batch: Sequence[Delivery], write: Callable[[Sequence[Delivery]], None], refusals: tuple[type[Exception], ...]
) -> list[Rejection]:
    """Write a batch as a whole; if the sink refuses it, its halves, down to the deliveries that are at fault."""
    try:
        write(batch)
    except refusals as error:
        if len(batch) == 1:
            return [Rejection(batch[0], one_line(error))]
        half = len(batch) // 2
        return [
            rejection for part in (batch[:half], batch[half:]) for rejection in without_the_bad(part, write, refusals)
        ]
    return []


def one_line(error: BaseException) -> str:
    """What an exception says, on one line of at most 300 characters."""
    return " ".join(str(error).split())[:300] or type(error).__name__


def _cleaned(value: Any) -> Any:
    if isinstance(value, str):
        return value.replace("\0", "\ufffd")
    if isinstance(value, dict):
        return {_cleaned(key): _cleaned(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_cleaned(inner) for inner in value]
    return value
