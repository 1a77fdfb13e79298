"""Why a group of rows was removed: the card that hovering or tapping shows."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, NamedTuple

from ingest.web.explain.feature_text import describe_features
from ingest.web.html import readable_name

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ingest.core.model import Markup
    from ingest.core.packs import Rulebook
    from ingest.web.explain.rows import RowGroup

MAX_PATH_ELEMENTS = 4
"""Elements of a block's path that are shown; from there upwards every page is alike."""
MAX_CLASS_CHARACTERS = 80
MAX_CAPTURED = 3
"""Captured values that are shown."""


_MEMORY_RULES = {
    "repeats": "memory: other stories of this publisher have the line, too",
    "below": "memory: it stands below a line that ends this publisher's articles",
    "outside": "memory: it stands in a place of the page that never held an article, or below the article in one that seldom does",
    "place": "memory: its place in this publisher's pages, which held a part of the article in so many of so many",
    "form": "memory: lines around this publisher's articles begin or end like it",
}


class Fact(NamedTuple):
    """One line of a card. `quoted`: the value is a line of an article."""

    name: str
    value: str
    quoted: bool = False


def reason_facts(group: RowGroup, rulebook: Rulebook) -> Iterator[Fact]:
    """What decided, how sure it was, and the evidence."""
    first = group[0].labelled
    yield Fact("decided by", _decider(first.rule, rulebook))
    if counts := [row.labelled.counts for row in group if row.labelled.counts]:
        yield Fact("memory", "; ".join(dict.fromkeys(f"in {stories} of {of} articles" for stories, of in counts)))
    yield Fact("confidence", _range([row.labelled.confidence for row in group]))
    yield from _example(first.rule, rulebook)
    if group[0].features:
        yield Fact("strongest features", describe_features(group[0].features))
    captured = [f"{name}: {value}" for row in group for name, value in row.labelled.captured.items()]
    if captured:
        yield Fact("captured", "; ".join(captured[:MAX_CAPTURED]) + (" …" if len(captured) > MAX_CAPTURED else ""))
    if fields := list(dict.fromkeys(readable_name(row.field) for row in group if row.field)):
        yield Fact("fills", ", ".join(fields))
    yield from _markup([row.labelled.block.markup for row in group if row.labelled.block.markup])


def _decider(rule: str, rulebook: Rulebook) -> str:
    pack, _, name = rule.partition("/")
    if rule == "model":
        return "the trained classifier"
    if pack == "memory":
        return _MEMORY_RULES[name]
    if pack == "structure":
        return f"its form and its neighbours ({name.replace('-', ' ')})"
    known = next((each for each in rulebook.packs if each.stem == pack), None)
    whose = (known.name or "every publisher") if known else pack
    return f"the rule {name} for {whose} ({pack}.toml)"


def _example(rule: str, rulebook: Rulebook) -> Iterator[Fact]:
    """The first line that proves the rule in its pack."""
    for pack in rulebook.packs:
        for known in pack.rules:
            if known.id == rule and known.hits:
                yield Fact("example", known.hits[0], quoted=True)
                return
        for selecting in pack.selectors:
            if selecting.id == rule:
                yield Fact("selector", selecting.selector, quoted=True)
                return


def _markup(markups: Sequence[Markup]) -> Iterator[Fact]:
    if not markups:
        return
    element = markups[0].element
    tags = [each.tag for each in islice(element.self_and_ancestors(), MAX_PATH_ELEMENTS)] if element else []
    path = " > ".join(reversed(tags)) or markups[0].tag
    class_attr = element.class_attr if element else ""
    if path:
        yield Fact("element", path + (f" ({class_attr[:MAX_CLASS_CHARACTERS]})" if class_attr else ""))
    yield Fact("link density", _range([markup.link_density for markup in markups]))


def _range(shares: Sequence[float]) -> str:
    least, most = f"{min(shares):.0%}", f"{max(shares):.0%}"
    return least if least == most else f"{least} to {most}"
