"""datatrove: the step `Cleaner`, between a reader and a writer."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from datatrove.pipeline.filters.base_filter import BaseFilter

from ingest.adapters.rows import RowCleaner

if TYPE_CHECKING:
    from datatrove.data import Document
    from datatrove.pipeline.writers.disk_base import DiskWriter

AUDIT = ("body", "removed", "provenance", "confidence")
"""Fields of a record that do not become metadata of their own: `record` has them."""


class Cleaner(BaseFilter):  # type: ignore[misc]  # datatrove is optional
    """A document's text or HTML becomes its body, and its metadata the fields of the record that are known.

    The article is the bytes of the document's first medium, or else its text. Metadata of the reader are kept unless a field has their name;
    `record` is the whole record as JSON, as `ingest clean` prints it. A refused document is left as it came and goes to the
    `exclusion_writer`, with `filter_reason` and `filter_message` in its metadata, and is counted as `dropped_<reason>`.
    `url`, `name`, `claims`: the keys of the metadata that hold them. `packs`, `memory`, `min_confidence`: as for `RowCleaner`.
    """

    name = "news-ingest"

    def __init__(
        self,
        exclusion_writer: DiskWriter | None = None,
        *,
        url: str = "url",
        name: str = "file_name",
        claims: str = "claims",
        packs: Path | None = None,
        memory: Path | None = None,
        min_confidence: Mapping[str, float] = MappingProxyType({}),
    ) -> None:
        super().__init__(exclusion_writer)
        # The key of the content cannot be that of any metadata.
        self._clean = RowCleaner("\0", url, name, claims, packs, tuple(sorted(min_confidence.items())), memory)

    def filter(self, doc: Document) -> bool | tuple[bool, str]:
        """Whether the document is kept; if not, why."""
        medium = next((medium.media_bytes for medium in doc.media if medium.media_bytes is not None), None)
        said = self._clean(doc.metadata | {"\0": doc.text if medium is None else medium})
        if said["reason"]:
            doc.metadata["filter_message"] = said["message"]
            return False, said["reason"]
        record: dict[str, Any] = json.loads(said["record"])
        doc.text, doc.media = record["body"], []
        known = {key: value for key, value in record.items() if key not in AUDIT and value not in (None, [], {})}
        doc.metadata |= known | {"record": said["record"]}
        return True
