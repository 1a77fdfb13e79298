"""What the learned labellers went by, block by block."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ingest.evidence import lines

if TYPE_CHECKING:
    from ingest.explain.runs import Evidence
    from ingest.pipeline import Examined


def evidence_of(examined: Examined) -> list[Evidence]:
    """For each block what weighed most for the learned labeller of lines: name, value, and what it adds to the log odds of leaving.

    Nothing where a rule decided, nor for pages, whose labeller cannot say.
    """
    rows = examined.labelled
    if examined.article.source.media_type != "text/plain":
        return [()] * len(rows)
    weighed = lines.reasons([row.block for row in rows])
    return [evidence if row.rule == "model" else () for row, evidence in zip(rows, weighed, strict=True)]
