"""The meta tags of a page."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache

from lxml.html import HtmlElement

from ingest.core.html.dom import of_foreign_thing
from ingest.core.text.strings import clean_line
from ingest.core.text.wordlists import load_wordlists

MAX_VALUES = 200


@cache
def _known_names() -> frozenset[str]:
    """The names of meta tags for a field, and the label that says what `twitter:data1` is."""
    return frozenset({"twitter:label1"}).union(*load_wordlists("meta").values())


class MetaTags:
    """The values of meta tags with known names; `wordlists/meta.toml` maps names to fields."""

    def __init__(self, tags: Iterable[HtmlElement]) -> None:
        self._values: dict[str, list[str]] = {}
        for tag in tags:
            name = tag.get("property") or tag.get("name") or tag.get("itemprop") or tag.get("http-equiv")
            name = name.strip().lower() if name else ""
            if name not in _known_names():  # pages have dozens of others, some with whole articles in them
                continue
            content = tag.get("content") or tag.get("value")
            if tag.get("itemprop") and of_foreign_thing(tag):
                continue
            if content and (text := clean_line(content, 8000)):
                kept = self._values.setdefault(name, [])
                if len(kept) < MAX_VALUES and text not in kept:
                    kept.append(text)

    def tags_for(self, field: str) -> list[tuple[str, list[str]]]:
        """(name, values) of the tags for a field, the most trusted first."""
        return [(name, self._values[name]) for name in load_wordlists("meta")[field] if name in self._values]

    def values_of(self, name: str) -> list[str]:
        """The values of one tag."""
        return self._values.get(name, [])

    def first_values(self, field: str) -> list[str]:
        """The first value of each tag for a field, each text once, the most trusted first."""
        return list(dict.fromkeys(values[0] for _, values in self.tags_for(field)))
