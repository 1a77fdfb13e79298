"""Which records a person should look at first: those with the least sure value."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple


class LeastSure(NamedTuple):
    """The least sure field of a record, and the chance that its value is right."""

    chance: float
    field: str

    def __str__(self) -> str:
        return f"{self.field} {self.chance:.0%} sure"


def least_sure(confidence: Mapping[str, object]) -> LeastSure | None:
    """The least sure of a record's fields; None where it has no confidence, as older records and lines of the journal have none."""
    known = [LeastSure(float(chance), field) for field, chance in confidence.items() if isinstance(chance, int | float)]
    return min(known, default=None)
