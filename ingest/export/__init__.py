"""A record in standard formats. Each is a pure function; what a format has no property for is only in the record."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ingest.core.text.characters import UNSAFE_CHARACTERS
from ingest.export.jsonld import jsonld
from ingest.export.ninjs import ninjs
from ingest.export.plain import markdown, text

if TYPE_CHECKING:
    from collections.abc import Callable

    from ingest.core.record import Record

__all__ = ["FORMATS", "Format", "jsonld", "markdown", "ninjs", "text"]


@dataclass(frozen=True, slots=True)
class Format:
    """One format of a record. `suffix`: of its files; `gap`: the separator between two of them on the terminal."""

    write: Callable[[Record], str]
    suffix: str = ".json"
    gap: str = ""


def _line(value: dict[str, Any]) -> str:
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return UNSAFE_CHARACTERS.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


FORMATS = {
    "jsonl": Format(lambda record: record.to_json()),
    "json": Format(lambda record: record.to_json(indent=2)),
    "ninjs": Format(lambda record: _line(ninjs(record)), ".ninjs.json"),
    "jsonld": Format(lambda record: _line(jsonld(record)).replace("<", r"\u003c"), ".jsonld"),  # safe inside a <script>
    "markdown": Format(markdown, ".md", gap="\n"),
    "text": Format(text, ".txt", gap="\n"),
}
"""What `ingest clean --format` writes; the first two are the record itself."""
