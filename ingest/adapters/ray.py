"""Ray Data: `dataset.map_batches(IngestBatch, …)`. Nothing of Ray is imported here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ingest.adapters.rows import RowCleaner

Batch = dict[str, Any]


class IngestBatch:
    """Cleans a batch of columns: the column of the articles' bytes becomes `id`, `record`, `reason` and `message`, the others stay.

    A batch keeps its rows and their order; a refused row has a `reason` and no `record`. Options: those of `RowCleaner`, whose keys are
    the names of columns here. The defaults are what `ray.data.read_binary_files(…, include_paths=True)` gives.
    """

    def __init__(self, **options: Any) -> None:
        self._clean = RowCleaner(**options)

    def __call__(self, batch: Mapping[str, Sequence[Any]]) -> Batch:
        """`batch`: columns of one length, by name (Ray's batch format "numpy"). Raises KeyError without the articles' column."""
        names = list(batch)
        rows = list(self._clean.many(dict(zip(names, row, strict=True)) for row in zip(*batch.values(), strict=True)))
        kept = {name: column for name, column in batch.items() if name != self._clean.content}
        return kept | {key: [row[key] for row in rows] for key in ("id", "record", "reason", "message")}
