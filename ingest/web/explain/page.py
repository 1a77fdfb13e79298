"""The page of one article: what its view model holds."""

from __future__ import annotations

import tomllib
from collections import Counter
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from ingest.core.model import Label, Rejected
from ingest.core.record import Record
from ingest.core.text.characters import count_words
from ingest.web.explain.reason_card import Fact, reason_facts
from ingest.web.explain.record_column import RecordView, record_view
from ingest.web.explain.rows import DecisiveFeatures, Row, RowGroup, group_rows, rows
from ingest.web.html import PageTemplate, readable_name

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ingest.core.packs import Rulebook
    from ingest.core.pipeline import LabelledArticle

FOLDER = Path(__file__).parent
MAX_UNFOLDED_ROWS = 12
"""Rows removed in succession that are shown at once; more are folded away: a page has up to 3,000, a reader wants the article."""
MIN_SURE_CONFIDENCE = 0.75
"""A kept row of which the labeller was less sure than this is marked."""
MAX_FOLD_LABELS = 4
"""Labels that a fold names."""
BAR_WIDTH = 1000
"""Units of the bar's view box."""


class BarSegment(NamedTuple):
    """A label's share of the words, in units of the bar."""

    label: Label
    left: float
    width: float


@dataclass(frozen=True, slots=True)
class LegendEntry:
    """A label that occurs, how often, the number of its first row, and its explanation."""

    label: Label
    count: int
    first: int
    description: str


@dataclass(frozen=True, slots=True)
class GroupView:
    """Rows in succession that have one label for one reason. `mark`: the words on it; None for a row that was surely kept."""

    rows: RowGroup
    mark: str | None = None
    description: str = ""
    position: str = ""
    facts: tuple[Fact, ...] = ()


@dataclass(frozen=True, slots=True)
class Stretch:
    """Groups that all were kept or all were removed. `fold`: what is in it, where it is folded away."""

    groups: tuple[GroupView, ...]
    fold: str | None


@dataclass(frozen=True, slots=True)
class ExplainView:
    """All that explain.html shows. `language`: the record's. `served`: the dashboard shows it."""

    title: str
    language: str | None
    served: bool
    facts: tuple[str, ...]
    summary: str
    bar: tuple[BarSegment, ...]
    legend: tuple[LegendEntry, ...]
    stretches: tuple[Stretch, ...]
    record: RecordView


def explain_page(
    labelled_article: LabelledArticle,
    outcome: Record | Rejected,
    evidence: Sequence[DecisiveFeatures] = (),
    *,
    served: bool = False,
) -> str:
    """A self-contained HTML page: each block of the source with its label, beside the record, or why there is none.

    `evidence`: for each block the features by which a classifier decided, if one did. `served`: the dashboard shows it, so it links back there.
    """
    return page_template().render("explain.html", explain_view(labelled_article, outcome, evidence, served=served))


def explain_view(
    labelled_article: LabelledArticle,
    outcome: Record | Rejected,
    evidence: Sequence[DecisiveFeatures] = (),
    *,
    served: bool = False,
) -> ExplainView:
    """What the page shows."""
    source, rulebook = labelled_article.article.source, labelled_article.rulebook
    record = outcome if isinstance(outcome, Record) else None
    all_rows = rows(labelled_article.labelled, record, evidence)
    packs = ", ".join(pack.reference for pack in rulebook.packs)
    facts = (
        source.name,
        source.format,
        source.media_type,
        source.encoding,
        f"{source.bytes:,} bytes",
        f"packs: {packs}",
    )
    counts: Counter[Label] = Counter()
    for row in all_rows:
        counts[row.labelled.label] += count_words(row.labelled.block.text)
    removed = (counts.total() - counts[Label.BODY]) / (counts.total() or 1)
    kept = sum(row.kept for row in all_rows)
    return ExplainView(
        title=(record.headline if record else None) or source.name or "standard input",
        language=record.language if record else None,
        served=served,
        facts=tuple(fact for fact in facts if fact),
        summary=f"{kept} of {len(all_rows)} blocks are the article; {removed:.0%} of the words were removed.",
        bar=tuple(_bar(counts)),
        legend=tuple(_legend(all_rows)),
        stretches=tuple(_stretch(groups, rulebook) for groups in group_rows(all_rows)),
        record=record_view(outcome, all_rows),
    )


@cache
def labels() -> dict[str, dict[str, Any]]:
    """The explanation of each label for readers, and its hue."""
    found: dict[str, dict[str, Any]] = tomllib.loads((FOLDER / "labels.toml").read_text(encoding="utf-8"))
    return found


@cache
def page_template() -> PageTemplate:
    """The page's style, with a hue for each label, and its script."""
    return PageTemplate.of(FOLDER, "".join(f".l-{name}{{--h:{label['hue']}}}\n" for name, label in labels().items()))


def _bar(words: Counter[Label]) -> Iterator[BarSegment]:
    """The article first, then the labels by their words."""
    left, total = 0.0, words.total() or 1
    for label, count in sorted(words.items(), key=lambda pair: (pair[0] is not Label.BODY, -pair[1])):
        width = BAR_WIDTH * count / total
        yield BarSegment(label, left, width)
        left += width


def _legend(all_rows: Sequence[Row]) -> Iterator[LegendEntry]:
    first: dict[Label, int] = {}
    counts: Counter[Label] = Counter()
    for row in all_rows:
        if not row.kept:
            first.setdefault(row.labelled.label, row.number)
            counts[row.labelled.label] += 1
    for label, count in counts.most_common():
        yield LegendEntry(label, count, first[label], labels()[label]["says"])


def _stretch(groups: tuple[RowGroup, ...], rulebook: Rulebook) -> Stretch:
    folded = not groups[0][0].kept and sum(map(len, groups)) > MAX_UNFOLDED_ROWS
    return Stretch(tuple(_group(group, rulebook) for group in groups), _fold(groups) if folded else None)


def _fold(groups: tuple[RowGroup, ...]) -> str:
    counts = Counter(row.labelled.label for group in groups for row in group)
    named = ", ".join(f"{readable_name(label)} {count}" for label, count in counts.most_common(MAX_FOLD_LABELS))
    more = f" and {len(counts) - MAX_FOLD_LABELS} more labels" if len(counts) > MAX_FOLD_LABELS else ""
    return f"{counts.total()} lines removed here: {named}{more}"


def _group(group: RowGroup, rulebook: Rulebook) -> GroupView:
    first, last = group[0], group[-1]
    confidence = min(row.labelled.confidence for row in group)
    if first.kept and confidence >= MIN_SURE_CONFIDENCE:
        return GroupView(group)
    return GroupView(
        group,
        mark=f"kept, {confidence:.0%} sure" if first.kept else readable_name(first.labelled.label),
        description=labels()[first.labelled.label]["says"],
        position=f"line {first.number}" if first is last else f"lines {first.number} to {last.number}",
        facts=tuple(reason_facts(group, rulebook)),
    )
