"""What the readers of formats in JSON ask of a value; a value of another type than expected counts as absent."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from ingest.core.model import Rejected
from ingest.core.parse.encoding import decode_bytes
from ingest.core.text.characters import to_single_line
from ingest.errors import Reason

JsonObject = dict[str, Any]
"""One JSON object."""


def load_json(content: bytes) -> tuple[Any, str]:
    """(the value, its encoding); raises `Rejected` (damaged_format, undecodable)."""
    text, encoding, _ = decode_bytes(content)
    try:
        return json.loads(text.lstrip("\ufeff"), strict=False, parse_constant=lambda _: None), encoding
    except (ValueError, RecursionError) as error:
        raise Rejected(Reason.DAMAGED_FORMAT, f"The JSON is damaged: {str(error)[:200]}.") from None


def string(value: Any) -> str | None:
    """A string on one line; a number as it is written; None for anything else."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    return to_single_line(str(value)) or None


def strings(value: Any) -> Iterator[str]:
    """The strings of a list, or the one."""
    yield from (text for each in (value if isinstance(value, list) else [value]) if (text := string(each)))


def objects(value: Any) -> Iterator[JsonObject]:
    """The objects of a list, or the one."""
    yield from (each for each in (value if isinstance(value, list) else [value]) if isinstance(each, dict))
