"""The page of one article. Everything stands in it: no font, picture or script is fetched from anywhere."""

from __future__ import annotations

import tomllib
from collections import Counter
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ingest.core.model import Label, Rejected
from ingest.core.record import Record
from ingest.core.text.characters import count_words
from ingest.web.explain.reason_card import reason_card
from ingest.web.explain.record_column import record_column
from ingest.web.explain.rows import DecisiveFeatures, Row, RowGroup, group_rows, rows
from ingest.web.html import Node, PageTemplate, element

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ingest.core.pipeline import LabelledArticle

FOLDER = Path(__file__).parent
MAX_UNFOLDED_ROWS = 12
"""Rows removed in succession that are shown at once; more are folded away: a page has up to 3,000, a reader wants the article."""
MIN_SURE_CONFIDENCE = 0.75
"""A kept row of which the labeller was less sure than this is marked."""


def explain_page(
    labelled_article: LabelledArticle,
    outcome: Record | Rejected,
    evidence: Sequence[DecisiveFeatures] = (),
    *,
    served: bool = False,
) -> str:
    """A self-contained HTML page: each block as it came with its label, beside the record, or why there is none.

    `evidence`: for each block what a learned labeller went by, if it can say. `served`: it is shown by the desk, and says the way back.
    """
    record = outcome if isinstance(outcome, Record) else None
    all_rows = rows(labelled_article.labelled, record, evidence)
    name = labelled_article.article.source.name or "standard input"
    title = (record.headline if record else None) or name
    return page_template().render(
        f"{title} · ingest explain",
        *(
            [element("nav", element("a", "← to the desk", href="/"), class_="desk", aria_label="Desk")]
            if served
            else ()
        ),
        _top(title, labelled_article, all_rows, outcome),
        element(
            "nav",
            element("a", "As it came", href="#raw"),
            element("a", "The record", href="#record"),
            class_="jump",
            aria_label="Columns",
        ),
        element("main", _raw(labelled_article, all_rows, record), record_column(outcome, all_rows)),
    )


@cache
def labels() -> dict[str, dict[str, Any]]:
    """What a reader is told of each label, and its hue."""
    found: dict[str, dict[str, Any]] = tomllib.loads((FOLDER / "labels.toml").read_text(encoding="utf-8"))
    return found


@cache
def page_template() -> PageTemplate:
    """What the page is written on."""
    return PageTemplate.of(FOLDER, "".join(f".l-{name}{{--h:{label['hue']}}}\n" for name, label in labels().items()))


def _top(title: str, labelled_article: LabelledArticle, all_rows: Sequence[Row], outcome: Record | Rejected) -> Node:
    source = labelled_article.article.source
    packs = ", ".join(pack.stem for pack in labelled_article.rulebook.packs)
    facts = (source.name, source.media_type, source.encoding, f"{source.bytes:,} bytes", f"packs: {packs}")
    return element(
        "header",
        element("h1", title, dir="auto", lang=outcome.language if isinstance(outcome, Record) else None),
        element("ul", *(element("li", element("bdi", fact)) for fact in facts if fact), class_="facts"),
        _share(all_rows),
        _legend(all_rows),
    )


def _share(all_rows: Sequence[Row]) -> Node:
    """How much of the text left, in words and as a bar."""
    counts: Counter[Label] = Counter()
    for row in all_rows:
        counts[row.labelled.label] += count_words(row.labelled.block.text)
    total, gone = counts.total() or 1, counts.total() - counts[Label.BODY]
    kept = sum(row.kept for row in all_rows)
    told = f"{kept} of {len(all_rows)} blocks are the article; {gone / total:.0%} of the words left it."
    bar = element("svg", viewBox="0 0 1000 10", preserveAspectRatio="none", aria_hidden="true", class_="bar")
    left = 0.0
    for label, count in sorted(counts.items(), key=lambda pair: (pair[0] is not Label.BODY, -pair[1])):
        width = 1000 * count / total
        part = element("rect", x=f"{left:.2f}", y="0", width=f"{width:.2f}", height="10", class_=f"l-{label}")
        bar.append(part)
        left += width
    return element("div", element("p", told), bar, class_="share")


def _legend(all_rows: Sequence[Row]) -> Node:
    """Each label that occurs, how often, and a way to its first row."""
    first: dict[Label, int] = {}
    counts: Counter[Label] = Counter()
    for row in all_rows:
        if not row.kept:
            first.setdefault(row.labelled.label, row.number)
            counts[row.labelled.label] += 1
    return element(
        "ul",
        *(
            element(
                "li",
                element(
                    "a",
                    f"{readable_name(label)} {count}",
                    href=f"#b{first[label]}",
                    class_=f"chip l-{label}",
                    title=labels()[label]["says"],
                ),
            )
            for label, count in counts.most_common()
        ),
        class_="legend",
        aria_label="What left the article, by label; each leads to its first line",
    )


def _raw(labelled_article: LabelledArticle, all_rows: Sequence[Row], record: Record | None) -> Node:
    column = element(
        "section",
        element("h2", "As it came", lang="en"),
        class_="raw",
        id="raw",
        aria_label="As it came",
        tabindex="-1",
        lang=record.language if record else None,
    )
    for stretch in group_rows(all_rows):
        drawn = [_row_group(run, labelled_article) for run in stretch]
        folded = not stretch[0][0].kept and sum(map(len, stretch)) > MAX_UNFOLDED_ROWS
        column.extend([_fold(stretch, drawn)] if folded else drawn)
    return column


def _fold(stretch: tuple[RowGroup, ...], drawn: list[Node]) -> Node:
    counts = Counter(row.labelled.label for run in stretch for row in run)
    named = ", ".join(f"{readable_name(label)} {count}" for label, count in counts.most_common(4))
    more = f" and {len(counts) - 4} labels more" if len(counts) > 4 else ""
    return element(
        "details",
        element("summary", element("span", f"{counts.total()} lines removed here: {named}{more}", lang="en")),
        *drawn,
        class_="fold",
    )


def _row_group(run: RowGroup, labelled_article: LabelledArticle) -> Node:
    first = run[0]
    label, confidence = first.labelled.label, min(row.labelled.confidence for row in run)
    lines = [_line(row) for row in run]
    if first.kept and confidence >= MIN_SURE_CONFIDENCE:
        return lines[0]
    mark = f"kept, {confidence:.0%} sure" if first.kept else readable_name(label)
    chip = element(
        "button",
        mark,
        type="button",
        class_="chip",
        aria_expanded="false",
        aria_controls=f"w{first.number}",
    )
    head = element(
        "div", chip, element("span", first.labelled.rule, class_="rule", aria_hidden="true"), class_="head", lang="en"
    )
    return element(
        "div",
        head,
        reason_card(run, labelled_article.rulebook, labels()[label]["says"], readable_name(label)),
        *lines,
        class_=f"run l-{label}" + (" doubt" if first.kept else ""),
        role="group",
        aria_label=f"{mark}, line {first.number}"
        if len(run) == 1
        else f"{mark}, lines {first.number} to {run[-1].number}",
    )


def _line(row: Row) -> Node:
    block = row.labelled.block
    to = f"t{row.number}" if row.kept else f"f-{row.field}" if row.field else None
    number = element(
        "a" if to else "span",
        str(row.number),
        class_="n",
        href=f"#{to}" if to else None,
        aria_label=f"line {row.number}" + (", to the record" if to else ""),
    )
    fills = (
        element("a", f"→ {readable_name(row.field)}", href=f"#{to}", class_="fills", lang="en") if row.field else None
    )
    words = element("span", block.text, dir="auto", class_="words")
    return element("p", number, words, fills, id=f"b{row.number}", data_to=to, class_=f"line k-{block.kind}")


def readable_name(name: str) -> str:
    """A label or field as people write it."""
    return name.replace("_", " ")
