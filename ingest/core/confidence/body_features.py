"""Features of the confidence in the body: the labeller's confidence in each block, and the coherence of the body.

Blocks are weighted by characters, because counting words takes ten times as long; a page has 140 blocks on average.
"""

from __future__ import annotations

from math import log1p
from typing import TYPE_CHECKING

import numpy as np

from ingest.core.model import JUDGED, Label

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from ingest.core.confidence.evidence import Evidence
    from ingest.core.model import Block

    Bools = NDArray[np.bool_]
    Floats = NDArray[np.float64]

MIN_PROSE_CHARACTERS = 60
"""Characters from which a block that is not mostly links may be a paragraph of an article."""
MIN_SURE = 0.8
"""Confidence from which a verdict counts as sure."""
NEIGHBOURHOOD_BLOCKS = 6
"""Number of blocks before the body's first and after its last that are searched for more of it."""
MIN_DECLARED_CHARACTERS = 300
"""Fewest characters of an article in JSON-LD that the body is compared with: shorter ones are teasers."""
UNSPACED_LANGUAGES = {"zh", "ja", "th"}


def body_columns(evidence: Evidence) -> dict[str, float]:
    """Columns of the body; it has at least one block."""
    blocks, labels, rules, confidences, *_ = zip(*evidence.labelled, strict=True)
    length = np.array([len(block.text) for block in blocks], float)
    own_label = Label.BODY  # in a loop over blocks it takes ten times as long to name the member
    body = np.array([label is own_label for label in labels])
    doubt = 1 - np.array(confidences)
    model = np.array([rule in JUDGED for rule in rules])
    links = np.array([block.markup.link_density if block.markup else 0.0 for block in blocks])
    prose = (length >= MIN_PROSE_CHARACTERS) & (links < 0.5)
    at = np.flatnonzero(body)
    first, last, total = int(at[0]), int(at[-1]), max(1.0, float(length[body].sum()))
    prose_gone = np.where(prose & ~body, length, 0.0) / total
    wrong = length * doubt / total
    lost, extra = float(wrong[~body].sum()), float(wrong[body].sum())
    before, behind = max(0, first - NEIGHBOURHOOD_BLOCKS), last + 1 + NEIGHBOURHOOD_BLOCKS
    inside = float(prose_gone[first : last + 1].sum())
    unsure = doubt > 1 - MIN_SURE
    runs = 1 + int((np.diff(at) > 1).sum())
    chosen = evidence.chosen
    language = str(chosen["language"].value)[:2] if "language" in chosen else ""
    listed = sum(block.kind in ("list_item", "cell") for block, own in zip(blocks, body.tolist(), strict=True) if own)
    return {
        "lost": log1p(20 * lost),
        "extra": log1p(20 * extra),
        "error": log1p(10 * (lost + extra)),
        "unsure_gone": log1p(5 * float(prose_gone[unsure].sum())),
        "unsure_body": log1p(5 * float(length[body & unsure].sum()) / total),
        "mean_doubt": float(doubt[body].mean()),
        "first_doubt": float(doubt[at[:2]].max()),
        "last_doubt": float(doubt[at[-3:]].max()),
        "prose_gone": log1p(float(prose_gone.sum())),
        "prose_gone_inside": log1p(10 * inside),
        "prose_gone_near": log1p(10 * (float(prose_gone[before:behind].sum()) - inside)),
        "prose_gone_by_rule": log1p(10 * float(prose_gone[~model].sum())),
        "length": log1p(total),
        "stub": float(total < 600),
        "blocks": log1p(len(at)),
        "runs": log1p(runs),
        "run_share": runs / len(at),
        "short_blocks": float(length[body & ~prose].sum()) / total,
        "links": float((length * links)[body].sum()) / total,
        "listed": listed / len(at),
        "longest": float(length[body].max()) / total,
        "surroundings": log1p(float(length.sum()) / total),
        "headline": float("headline" in chosen),
        "published": float("published" in chosen),
        "authors": float("authors" in chosen),
        "unspaced": float(language in UNSPACED_LANGUAGES),
        "english": float(language == "en"),
        **_declared_columns(evidence, blocks, length, body, total),
    }


def _declared_columns(
    evidence: Evidence, blocks: Sequence[Block], length: Floats, body: Bools, total: float
) -> dict[str, float]:
    """How far the body matches the article declared in the page's JSON-LD; no columns where none is declared."""
    declared = sum(len(block.text) for block in evidence.article.declared)
    if declared < MIN_DECLARED_CHARACTERS:
        return {}
    said = length * np.array([block.markup.metadata_overlap[1] if block.markup else 0.0 for block in blocks])
    return {
        "declared": 1.0,
        "declared.kept": min(1.0, float(said[body].sum()) / declared),
        "declared.only": float(said[body].sum()) / total,
        "declared.gone": min(1.0, float(said[~body].sum()) / declared),
    }
