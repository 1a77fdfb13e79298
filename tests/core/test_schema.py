"""The schema of each version: old records stay valid, and a field keeps its name and its kind of value."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest

from ingest.core.record import SCHEMA_VERSION, Record

ROOT = Path(__file__).parents[2]
SCHEMAS = {
    int(re.findall(r"\d+", path.name)[0]): json.loads(path.read_text("utf-8"))
    for path in (ROOT / "docs/schema").glob("record-*.json")
}
EXAMPLES = sorted((ROOT / "tests/golden/schema").glob("*.json"))
"""Records as each version wrote them."""
BOUNDS = {"minLength": 1, "minimum": 1, "maximum": -1}
Schema = dict[str, Any]


def resolved(schema: Schema, root: Schema) -> Schema:
    while "$ref" in schema:
        schema = root["$defs"][schema["$ref"].rpartition("/")[2]]
    return schema


def alternatives(schema: Schema, root: Schema) -> list[Schema]:
    schema = resolved(schema, root)
    return [leaf for each in schema["anyOf"] for leaf in alternatives(each, root)] if "anyOf" in schema else [schema]


def values(schema: Schema) -> list[Any] | None:
    return [schema["const"]] if "const" in schema else schema.get("enum")


def narrowed(old: Schema, new: Schema, roots: tuple[Schema, Schema], path: str = "") -> Iterator[str]:
    """Where `new` refuses what `old` takes, by path."""
    for each in alternatives(old, roots[0]):
        found = [list(_narrowed(each, other, roots, path)) for other in alternatives(new, roots[1])]
        if all(found):
            yield from min(found, key=len)


def _narrowed(old: Schema, new: Schema, roots: tuple[Schema, Schema], path: str) -> Iterator[str]:
    if values(new) is not None and (values(old) is None or set(values(old) or ()) - set(values(new) or ())):
        yield f"{path}: not all of {values(old)}"
    if "type" in new and old.get("type") != new["type"] and (old.get("type"), new["type"]) != ("integer", "number"):
        yield f"{path}: {old.get('type')} is no longer taken"
    if "pattern" in new and old.get("pattern") != new["pattern"]:
        yield f"{path}: another pattern"
    for bound, sign in BOUNDS.items():
        if bound in new and (bound not in old or sign * old[bound] < sign * new[bound]):
            yield f"{path}: another {bound}"
    yield from (f"{path}.{name}: is required" for name in set(new.get("required", ())) - set(old.get("required", ())))
    for name, field in old.get("properties", {}).items():
        if name in new.get("properties", {}):
            yield from narrowed(field, new["properties"][name], roots, f"{path}.{name}")
        elif new.get("additionalProperties") is False:
            yield f"{path}.{name}: is gone"
    for inside in ("items", "additionalProperties"):
        if isinstance(old.get(inside), dict) and isinstance(new.get(inside), dict):
            yield from narrowed(old[inside], new[inside], roots, f"{path}[]")


def test_the_schema_of_this_version_is_in_the_documentation() -> None:
    assert SCHEMAS.keys() == set(range(1, SCHEMA_VERSION + 1))
    assert SCHEMAS[SCHEMA_VERSION] == Record.model_json_schema(mode="serialization"), "run: make docs"


@pytest.mark.parametrize("version", range(1, SCHEMA_VERSION))
def test_a_schema_only_adds(version: int) -> None:
    old, new = SCHEMAS[version], SCHEMAS[SCHEMA_VERSION]
    assert not list(narrowed(old, new, (old, new)))
    lost = {
        line for line in narrowed(new, old, (new, old)) if not line.endswith(": is gone")
    }  # gone backwards: it was added
    assert not {line for line in lost if "not all of" not in line}, "a field has another kind of value"


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_a_record_of_each_version_stays_valid(path: Path) -> None:
    record = json.loads(path.read_text("utf-8"))
    for version in range(record["schema_version"], SCHEMA_VERSION + 1):
        jsonschema_rs.validate(
            SCHEMAS[version] if version == record["schema_version"] else SCHEMAS[SCHEMA_VERSION], record
        )
    assert Record.model_validate(record).schema_version == record["schema_version"]


def test_the_checker_sees_what_breaks() -> None:
    new = SCHEMAS[SCHEMA_VERSION]
    for change in (
        lambda schema: schema["properties"].pop("headline"),
        lambda schema: schema["properties"]["url"].update(anyOf=[{"type": "string"}]),
        lambda schema: schema["required"].append("headline"),
        lambda schema: schema["$defs"]["Label"]["enum"].pop(),
        lambda schema: schema["properties"]["keywords"].update(type="string"),
        lambda schema: schema["properties"]["id"].update(pattern="^x"),
    ):
        broken = json.loads(json.dumps(new))
        change(broken)
        assert list(narrowed(new, broken, (new, broken)))
