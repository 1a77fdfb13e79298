"""Writes docs/record.md from the record's own schema: `make docs`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from ingest.core.model import Label
from ingest.core.record import Record

PAGE = Path(__file__).with_name("record.md")

HEAD = """# The record

{doc}

Written from `ingest/core/record.py` by `make docs`; `ingest schema` prints the same as JSON Schema. A field that is unknown is null
(a list or an object: empty), never "" and never a guess. Text is in Unicode normal form C.

"""


def markdown() -> str:
    """The page."""
    schema = Record.model_json_schema(mode="serialization")
    nouns = schema["$defs"]
    parts = [HEAD.format(doc=schema["description"]), _table(schema, nouns)]
    parts += [
        f"\n## {name}\n\n{nouns[name]['description']}\n\n{_table(nouns[name], nouns)}"
        for name in nouns
        if "properties" in nouns[name]
    ]
    labels = ", ".join(f"`{label}`" for label in Label)
    return "".join([*parts, f"\n## Label\n\nWhat a block is: {labels}.\n"])


def _table(noun: dict[str, Any], nouns: dict[str, Any]) -> str:
    rows = ["| field | format | what it says |", "|---|---|---|"]
    for name, field in noun["properties"].items():
        formats = " or ".join(dict.fromkeys(_formats(field)))
        rows.append(f"| `{name}` | {formats} | {_cell(' '.join(_descriptions(field, nouns)))} |")
    return "\n".join(rows) + "\n"


def _descriptions(field: dict[str, Any], nouns: dict[str, Any]) -> list[str]:
    """What the field's docstring says, and that of its form; a noun's own where the field repeats it."""
    own = field.get("description") or nouns[field["$ref"].rpartition("/")[2]]["description"]
    return [own, *(each["description"] for each in field.get("anyOf", ()) if "description" in each)]


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", r"\|")


def _formats(field: dict[str, Any]) -> list[str]:
    """What the values look like, in words."""
    if "anyOf" in field:
        return [words for each in field["anyOf"] for words in _formats(each)]
    if "$ref" in field:
        name = field["$ref"].rpartition("/")[2]
        return ["JSON value"] if name == "JsonValue" else [f"[{name}](#{name.lower()})"]
    if "enum" in field:
        return [f"`{json.dumps(value)}`" for value in field["enum"]]
    if "const" in field:
        return [f"`{json.dumps(field['const'])}`"]
    if field.get("type") == "array":
        return [f"list of {_formats(field['items'])[0]}"]
    if field.get("type") == "object":
        inner = field.get("additionalProperties")
        return [f"object of {_formats(inner)[0]}" if isinstance(inner, dict) and inner else "object"]
    if "pattern" in field:
        return [f"text `{_cell(field['pattern'])}`"]
    return ["text" if field.get("type") == "string" else str(field.get("type", "JSON value"))]


if __name__ == "__main__":
    PAGE.write_text(markdown(), encoding="utf-8")
