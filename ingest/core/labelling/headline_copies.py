"""Features of a text's headline candidates that compare them: with the lead, with the address, with each other."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import numpy as np

from ingest.core.labelling.title_text import stems, without_bullet, without_site_ends
from ingest.core.text.normalize import match_key

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ingest.core.labelling.line_shape import Columns
    from ingest.core.labelling.tokens import Floats, Ints
    from ingest.core.model import Block

START_CHARACTERS = 3
"""Number of characters compared before folding, which rule out most lines as copies."""


def words_shared(texts: Sequence[str], lead: set[str], slug: set[str]) -> Columns:
    """Similarity to the first prose and to the words of the URL."""
    said = list(map(stems, texts))
    own = np.array([float(len(each)) for each in said])
    with_lead = np.array([float(len(each & lead)) for each in said])
    return {
        "lead": with_lead / np.maximum(own, 1),
        "lead_words": np.minimum(with_lead, 6) / 6,
        "address": np.array([len(each & slug) / max(len(slug), 1) for each in said]),
    }


def copies(blocks: Sequence[Block], texts: Sequence[str], words: Floats, distance: Ints) -> Columns:
    """How often each candidate is printed: as it is, and within another line, before the name of a site or after a
    breadcrumb trail.
    """
    folded = list(map(match_key, texts))
    known = set(folded)
    longest = 2 * max(map(len, known)) + 20
    starts = {key[:n] for key in known for n in range(START_CHARACTERS + 1)}
    printed = Counter(
        key
        for block in blocks
        if len(block.text) <= longest
        and (not (start := block.text[:START_CHARACTERS]).isascii() or not start.isalnum() or start.lower() in starts)
        and (key := match_key(without_bullet(block.text))) in known
    )
    heads = list(map(without_site_ends, texts))
    headed = Counter(head for each in heads for head in each)
    by_end: dict[str, list[int]] = {}
    for i, key in enumerate(folded):
        by_end.setdefault(key[-2:], []).append(i)
    long = (words >= 4).tolist()
    same_end = [[j for j in by_end[key[-2:]] if folded[j] != key] for key in folded]
    shortened = [
        headed[key] > (key in heads[i]) or (long[i] and any(folded[j].endswith(key) for j in same_end[i]))
        for i, key in enumerate(folded)
    ]
    breadcrumb = [any(long[j] and key.endswith(folded[j]) for j in same_end[i]) for i, key in enumerate(folded)]
    repeated = np.array([printed[key] > 1 for key in folded])
    columns = {
        "repeated": repeated & (words >= 3),
        "repeated_short": repeated & (words < 3),
        "repeated_near": repeated & (words >= 3) & (distance <= 6),
        "shortened": shortened,
        "lengthened": [not known.isdisjoint(each) for each in heads],
        "breadcrumb": breadcrumb,
        "site_end": list(map(bool, heads)),
    }
    return dict(zip(columns, np.array(list(columns.values()), np.float64), strict=True))
