"""The rows of a labelled article, and those that were kept or removed together."""

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
"""The features that weighed most for a classifier: name, value, and what it adds to the log odds of being removed."""


@dataclass(frozen=True, slots=True)
class Row:
    """One block. `number`: its position in the article, from 1. `field`: the field of the record that it filled."""

    number: int
    labelled: LabelledBlock
    field: str | None
    features: DecisiveFeatures = ()

    @property
    def kept(self) -> bool:
        """Whether it is part of the body."""
        return self.labelled.label is Label.BODY


RowGroup = tuple[Row, ...]
"""Rows in succession that have one label for one reason; each kept row is a group of its own."""


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
    """Groups in order, together what was kept in succession, and what was removed in succession."""
    for kept, together in groupby(all_rows, key=lambda row: row.kept):
        yield tuple(
            tuple(group)
            for _, group in groupby(
                together, key=lambda row: row.number if kept else (row.labelled.label, row.labelled.rule)
            )
        )
