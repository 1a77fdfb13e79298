"""Writes docs/record.md, and docs/schema/record-N.json for this version, from the record's own schema: `make docs`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from ingest.core.model import Label
from ingest.core.record import SCHEMA_VERSION, Record

PAGE = Path(__file__).with_name("record.md")

HEAD = """# The record

{doc}

Written from `ingest/core/record.py` by `make docs`; `ingest schema` prints the same as JSON Schema. A field that is unknown is null
(a list or an object: empty), never "" and never a guess. Text is in Unicode normal form C.

"""
PROMISES = """
## What may change

`schema_version` says what a record may have; the JSON Schema of each version so far: {versions}.

- **May come**, with a new version: fields, and values of the closed lists (`label`, `media_type`, `schema_version`). Ignore a field that you do not know.
- **Never changes**: the name of a field, the kind of value that it has, and what it means; a field that may be null stays so, one that is required
  stays so. A record of an older version is valid under each newer schema; a field that it does not have is read as null or empty.
- **Not promised**: the values. A newer `ingest.version` may read the same article better; `rule`, `provenance` and `confidence` say how it did, and
  their texts are for people.

A test compares the schema of this version with each older one, and checks a record of each.

`published` and `modified` are a day (`2026-01-31`) or an instant (`2026-01-31T23:30:00-02:00`), as much as is known, so that a day is never given an
hour that nobody wrote. Tables have two columns instead, `published_day` and `published_at` ([sinks.md](sinks.md)); in Python,
`ingest.export.columns.day_and_instant` splits a value the same way.
"""
SCHEMAS = Path(__file__).with_name("schema")


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
    versions = ", ".join(f"[{number}](schema/record-{number}.json)" for number in range(1, SCHEMA_VERSION + 1))
    return "".join([*parts, f"\n## Label\n\nWhat a block is: {labels}.\n", PROMISES.format(versions=versions)])


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
    schema = json.dumps(Record.model_json_schema(mode="serialization"), indent=2, ensure_ascii=False)
    (SCHEMAS / f"record-{SCHEMA_VERSION}.json").write_text(f"{schema}\n", encoding="utf-8")
