"""What the learned labellers went by, block by block."""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from ingest.choose import choose
from ingest.evidence import lines, page

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ingest.explain.runs import Evidence
    from ingest.pipeline import Examined


def evidence_of(examined: Examined) -> list[Evidence]:
    """For each block what weighed most for a learned labeller: name, value, and what it adds to the log odds of leaving.

    Nothing where a rule decided.
    """
    article, rows = examined.article, examined.labelled
    blocks = [row.block for row in rows]
    weighed: Sequence[Evidence]
    if not any(row.rule == "model" for row in rows):
        return [()] * len(rows)
    if article.source.media_type == "text/plain":
        weighed = lines.reasons(blocks)
    else:
        claimed = choose(article.claims).get("headline")
        weighed = page.reasons(blocks, article.claims, claimed.value if claimed else None, article.region)
    return [evidence if row.rule == "model" else () for row, evidence in zip(rows, weighed, strict=True)]


def told(evidence: Evidence) -> str:
    """The same as a reader is told it."""
    return "; ".join(
        f"{groups().get(group, group)}: {name.replace('_', ' ')} {value:.3g} ({'for leaving' if weight > 0 else 'for staying'} {weight:+.1f})"
        for column, value, weight in evidence
        for group, _, name in [column.partition(".")]
    )


@cache
def groups() -> dict[str, str]:
    """What each group of evidence is, in a reader's words."""
    found: dict[str, str] = tomllib.loads(Path(__file__).with_suffix(".toml").read_text(encoding="utf-8"))
    return found
