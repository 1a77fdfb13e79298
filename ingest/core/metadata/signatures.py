"""Who signs an article in JSON-LD: persons, agencies and the house."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ingest.core.metadata.jsonld import types_of
from ingest.core.text.wordlists import word_set

if TYPE_CHECKING:
    from ingest.core.metadata.jsonld import Graph, JsonObject


def names_of(graph: Graph, thing: JsonObject, key: str) -> list[str]:
    """The names of the persons and organisations that a key of a thing refers to."""
    found: list[str] = []
    for value in graph.values(thing, key):
        name = value.get("name") if isinstance(value, dict) else value
        if isinstance(value, dict) and not name:
            name = " ".join(
                v for k in ("givenName", "additionalName", "familyName") if isinstance(v := value.get(k), str)
            )
        found += [n for n in (name if isinstance(name, list) else [name]) if isinstance(n, str)]
    return found


def writers(graph: Graph, thing: JsonObject, key: str) -> list[str]:
    """The names of an article's authors: beside persons no organisations but agencies."""
    persons = [v for v in graph.values(thing, key) if not (isinstance(v, dict) and _is_house(v))]
    named = names_of(graph, {key: persons}, key)
    return named or names_of(graph, thing, key)


def houses_of(graph: Graph, thing: JsonObject) -> list[str]:
    """The names of the organisations that sign an article: it is theirs, whoever wrote it."""
    houses = [v for v in graph.values(thing, "author") if isinstance(v, dict) and _is_house(v)]
    return names_of(graph, {"author": houses}, "author")


def _is_house(thing: JsonObject) -> bool:
    name = thing.get("name")
    agency = isinstance(name, str) and name.lower() in word_set("people", "newsrooms")
    return not agency and bool(types_of(thing) & word_set("people", "organisations"))
