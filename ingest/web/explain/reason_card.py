"""Why a run of blocks is where it is: the card that hovering or tapping shows."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING

from ingest.web.explain.feature_text import describe_features
from ingest.web.html import Child, Node, element

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ingest.core.model import Markup
    from ingest.core.packs import Rulebook
    from ingest.web.explain.rows import DecisiveFeatures, RowGroup

MAX_PATH_ELEMENTS = 4
"""Elements of a block's path that are shown; from there upwards every page is alike."""


def reason_card(run: RowGroup, rulebook: Rulebook, says: str, label: str) -> Node:
    """The card: label, what decided, how sure it was, and what there was to see."""
    first = run[0].labelled
    facts: list[tuple[str, Child]] = [
        ("decided by", _decider(first.rule, rulebook)),
        ("certainty", _range([row.labelled.confidence for row in run])),
        *_example(first.rule, rulebook),
        *_decisive(run[0].features),
    ]
    captured = [f"{name}: {value}" for row in run for name, value in row.labelled.captured.items()]
    if captured:
        facts.append(("took out", "; ".join(captured[:3]) + (" …" if len(captured) > 3 else "")))
    if fields := list(dict.fromkeys(row.field.replace("_", " ") for row in run if row.field)):
        facts.append(("fills", ", ".join(fields)))
    facts += _markup([row.labelled.block.markup for row in run if row.labelled.block.markup])
    listed = element("dl")
    for name, value in facts:
        listed.append(element("div", element("dt", name), element("dd", element("bdi", value))))
    return element(
        "div", element("p", element("b", label), f" {says}"), listed, class_="why", id=f"w{run[0].number}", lang="en"
    )


def _decider(rule: str, rulebook: Rulebook) -> str:
    pack, _, name = rule.partition("/")
    if rule == "model":
        return "the learned labeller"
    if rule == "region":
        return "the main-region finder"
    if pack == "structure":
        return f"its form and neighbours ({name.replace('-', ' ')})"
    known = next((each for each in rulebook.packs if each.stem == pack), None)
    whose = (known.name or "every publisher") if known else pack
    return f"the rule {name}, which is known of {whose} ({pack}.toml)"


def _decisive(evidence: DecisiveFeatures) -> Iterator[tuple[str, Child]]:
    """What a learned labeller went by."""
    if evidence:
        yield "went by", describe_features(evidence)


def _example(rule: str, rulebook: Rulebook) -> Iterator[tuple[str, Child]]:
    """The first line that proves the rule in its pack."""
    for pack in rulebook.packs:
        for known in pack.rules:
            if known.id == rule and known.hits:
                yield "as in", element("q", known.hits[0], dir="auto")
                return


def _markup(marks: Sequence[Markup]) -> Iterator[tuple[str, Child]]:
    if not marks:
        return
    element = marks[0].element
    path = (
        " > ".join(
            reversed([each.tag for each in islice(element.self_and_ancestors(), MAX_PATH_ELEMENTS)] if element else [])
        )
        or marks[0].tag
    )
    signs = element.class_attr if element else ""
    if path:
        yield "stands in", path + (f" ({signs[:80]})" if signs else "")
    yield "in links", _range([mark.link_density for mark in marks])


def _range(shares: Sequence[float]) -> str:
    least, most = f"{min(shares):.0%}", f"{max(shares):.0%}"
    return least if least == most else f"{least} to {most}"
