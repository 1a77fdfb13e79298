"""The rows of an examined article, and those that left it together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING

from ingest.core.model import Label

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ingest.core.model import LabelledBlock
    from ingest.core.record import Record


DecisiveFeatures = Sequence[tuple[str, float, float]]
"""What weighed most for a learned labeller: name, value, and what it adds to the log odds of leaving."""


@dataclass(frozen=True, slots=True)
class Row:
    """One block. `number`: its place in the article, from 1. `field`: what it filled in the record."""

    number: int
    labelled: LabelledBlock
    field: str | None
    features: DecisiveFeatures = ()

    @property
    def kept(self) -> bool:
        """Whether it is part of the body."""
        return self.labelled.label is Label.BODY


RowGroup = tuple[Row, ...]
"""Rows in succession that have one label for one reason; kept rows each are a run of their own."""


def rows(
    labelled: Sequence[LabelledBlock], record: Record | None, evidence: Sequence[DecisiveFeatures] = ()
) -> tuple[Row, ...]:
    """Every row in order, each with the field that the record's audit says it filled."""
    audit = iter(record.removed if record else ())
    found = []
    for number, (row, weighed) in enumerate(zip(labelled, evidence or [()] * len(labelled), strict=True), 1):
        removed = None if row.label is Label.BODY else next(audit, None)
        found.append(Row(number, row, removed.field if removed else None, weighed))
    return tuple(found)


def group_rows(all_rows: Sequence[Row]) -> Iterator[tuple[RowGroup, ...]]:
    """Runs in order, gathered: what was kept in succession, and what was removed in succession."""
    for kept, together in groupby(all_rows, key=lambda row: row.kept):
        yield tuple(
            tuple(run)
            for _, run in groupby(
                together, key=lambda row: row.number if kept else (row.labelled.label, row.labelled.rule)
            )
        )
