"""A record that a process of ours has made, as it comes to the one that stores it: the bytes to store, and what the journal says of them."""

from __future__ import annotations

import os
import traceback
from dataclasses import dataclass
from typing import Any

from ingest.core.text.characters import count_words

MAX_HEADLINE_CHARACTERS = 200  # of the headline in the journal, whose lines are written in one call


@dataclass(frozen=True, slots=True)
class CleanedRecord:
    """`json`: the record. `summary`: of it, as `summary_of` gives it."""

    json: str
    summary: dict[str, Any]

    def to_json(self) -> str:
        """The record as JSON."""
        return self.json


def summary_of(record: Any) -> dict[str, Any]:
    """What the journal says of a record, so that listing, searching and counting need not open it. The values have a form in JSON."""
    if isinstance(record, CleanedRecord):
        return record.summary
    return {
        "publisher": record.publisher and (record.publisher.domain or record.publisher.name),
        "headline": record.headline and record.headline[:MAX_HEADLINE_CHARACTERS],
        "language": getattr(record, "language", None),
        "published": getattr(record, "published", None),
        "story": getattr(record, "story", None),
        "words": count_words(record.body),
        "confidence": record.confidence.model_dump(exclude_none=True),
        "words_removed": sum(count_words(removed.text) for removed in record.removed),
    }


def bug_message(error: Exception) -> str:
    """Where a bug of ours showed itself, without a word of the document."""
    frame = traceback.extract_tb(error.__traceback__)[-1]
    return f"{type(error).__name__} at {os.path.basename(frame.filename)}:{frame.lineno} in {frame.name}"
