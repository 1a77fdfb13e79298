"""The JSON-LD objects of a page, read even from damaged scripts.

Vocabulary: schema.org. Nothing here raises for the contents of a page; a script that cannot be repaired gives no
objects.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from typing import Any

from ingest.core.text.wordlists import word_set

MAX_OBJECTS = 20_000  # a news page has 1 to 50, a product list some hundreds
MAX_JSONLD_CHARACTERS = 4_000_000

JsonObject = dict[str, Any]
"""One JSON object."""

_SCRIPT_WRAPPER = re.compile(
    r"^\s*(?:<!--|/\*\s*<!\[CDATA\[\s*\*/|//\s*<!\[CDATA\[|<!\[CDATA\[)|(?:-->|/\*\s*\]\]>\s*\*/|//\s*\]\]>|\]\]>)\s*$"
)
_STRING_OR_FLAW = re.compile(
    r'"(?:[^"\\]|\\.)*+"?'  # strings are left unchanged
    r"|(?P<comma>,)(?=\s*+[}\]])"
    r"|(?P<comment>/\*.*?\*/|<!--.*?-->)"
    r"|(?:/\*|<!--).*",  # an unclosed comment is scanned once, not again from each of its characters
    re.DOTALL,
)
_BAD_ESCAPE = re.compile(r'\\(?!["\\/bfnrt]|u[0-9a-fA-F]{4})')
_OTHER_WORKS = frozenset({  # properties that refer to other works
    "haspart", "ispartof", "itemlistelement", "mentions", "relatedlink", "citation", "comment", "review", "liveblogupdate",
    "subjectof", "mainentity", "isbasedon", "about", "breadcrumb", "video", "associatedmedia", "workexample", "significantlink",
})  # fmt: skip


def read_jsonld(scripts: Iterable[str]) -> list[JsonObject]:
    """The top-level objects of the scripts in order: members of lists and of `@graph` are separate objects."""
    found: list[JsonObject] = []
    for script in scripts:
        if len(script) > MAX_JSONLD_CHARACTERS:
            continue
        stack = list(_values(script))[::-1]
        while stack and len(found) < MAX_OBJECTS:
            value = stack.pop()
            if isinstance(value, list):
                stack.extend(value[:MAX_OBJECTS][::-1])
            elif isinstance(value, dict):
                found.append(value)
                stack.append(value.get("@graph"))
    return found


def _values(script: str) -> Iterator[Any]:
    """The JSON values of one script, repaired if necessary."""
    text = script.strip()
    if not (text.startswith(("{", "[")) and text.endswith(("}", "]"))):
        text = _SCRIPT_WRAPPER.sub("", _SCRIPT_WRAPPER.sub("", script)).strip().removesuffix(";")
    try:
        yield json.loads(text, strict=False, parse_constant=lambda _: None)
    except RecursionError:
        return
    except ValueError:
        yield from _consecutive_values(_repair(text))


def _repair(text: str) -> str:
    """Remove commas before a closing bracket and comments, and double stray backslashes."""
    text = _BAD_ESCAPE.sub(r"\\\\", text)
    return _STRING_OR_FLAW.sub(lambda m: "" if m["comma"] or m["comment"] else m[0], text)


def _consecutive_values(text: str) -> Iterator[Any]:
    """Consecutive JSON values; everything after the first error is lost."""
    decoder = json.JSONDecoder(strict=False, parse_constant=lambda _: None)
    at = 0
    for _ in range(100):
        while at < len(text) and text[at] in " \t\r\n,;":
            at += 1
        try:
            value, at = decoder.raw_decode(text, at)
        except (ValueError, RecursionError):
            return
        yield value


def types_of(thing: JsonObject) -> set[str]:
    """The types of an object, in lower case, without the vocabulary's address."""
    types = thing.get("@type")
    return {
        t.rsplit("/", 1)[-1].rsplit(":", 1)[-1].lower()
        for t in (types if isinstance(types, list) else [types])
        if isinstance(t, str)
    }


class Graph:
    """The objects of a page; references by `@id` are resolved on demand, one step each, so that cycles are harmless."""

    def __init__(self, scripts: Iterable[str]) -> None:
        self.top_objects = read_jsonld(scripts)
        self._by_id: dict[str, JsonObject] = {}
        for thing in self.top_objects:
            name = thing.get("@id")
            if isinstance(name, str) and len(thing) > len(self._by_id.get(name, ())):
                self._by_id[name] = thing

    def values(self, thing: JsonObject, key: str) -> list[Any]:
        """The values of a property, always as a list, with references replaced by their objects."""
        value = thing.get(key)
        several = value if isinstance(value, list) else [value]
        if len(several) == 1 and isinstance(several[0], dict) and isinstance(several[0].get("@list"), list):
            several = several[0]["@list"]
        return [self._resolved(v) for v in several[:1000] if v is not None]

    def _resolved(self, value: Any) -> Any:
        if (
            isinstance(value, dict) and len(value) <= 2 and isinstance(name := value.get("@id"), str)
        ):  # {"@id"} or {"@id", "@type"}
            return self._by_id.get(name, value)
        return value

    def of_type(self, wanted: str) -> list[JsonObject]:
        """Top-level objects of one of the types that `schema.toml` lists under this name."""
        names = word_set("schema", wanted)
        return [t for t in self._nested() if types_of(t) & names]

    def _nested(self) -> Iterator[JsonObject]:
        """Top-level objects and their contents, without the properties that refer to other works."""
        for thing in self.top_objects:
            yield thing
        for thing in self.top_objects:
            for key, value in thing.items():
                if isinstance(value, dict) and key.lower() not in _OTHER_WORKS - {"mainentity"} and "@type" in value:
                    yield value
