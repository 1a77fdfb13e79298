"""Calls to action, in which a publisher addresses its readers: to register, to donate, to send a tip, to follow it
elsewhere.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import numpy as np

from ingest.core.labelling.phrases import phrase_table
from ingest.core.text.scripts import SENTENCE_STOPS
from ingest.core.text.wordlists import word_set

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ingest.core.labelling.text_classifier import Judgement
    from ingest.core.model import Block

MAX_CALL_WORDS = 45
MIN_CALL_RESIDUE = 0.02
"""Probability of boilerplate below which a line that looks like a call is an article's own advice."""
MIN_SUSPECT_RESIDUE = 0.25
"""Probability of boilerplate from which a line needs less evidence."""

_OPENS_QUOTE = re.compile(r"^[\s–—-]*[\"'“„«‘「『]")
_SENTENCE_END = re.compile(rf"[{SENTENCE_STOPS}][\s\"'”’»」』)\]）]*$")


def calls(blocks: Sequence[Block], judged: Judgement) -> Iterator[int]:
    """Lines in which a publisher asks its readers for something: for an address, for money, for a tip; quotations are
    excluded.
    """
    features, residue = judged.seen, judged.residue
    kinds, found = phrase_table().categories, features.matches.found
    ask, goods, service, we, you = (
        found[:, kinds.index(f"call.{name}")] > 0 for name in ("ask", "goods", "service", "we", "you")
    )
    reported, length = found[:, kinds.index("reported")] > 0, features.lines.length
    for at in np.flatnonzero((ask | goods) & ~reported & (length <= MAX_CALL_WORDS)).tolist():
        text = blocks[at].text
        if _OPENS_QUOTE.match(text) or residue[at] < MIN_CALL_RESIDUE:
            continue
        named = service[at] or (ask[at] and any(name in text.lower() for name in word_set("calls", "service")))
        if ask[at] and (goods[at] or named):
            asked = bool(we[at] or (length[at] <= 12 and not you[at]) or residue[at] > MIN_SUSPECT_RESIDUE)
        elif ask[at]:
            asked = bool(we[at] and you[at] and length[at] <= 25)
        else:
            longest = 25 if residue[at] > MIN_SUSPECT_RESIDUE else 10
            asked = bool(we[at] and length[at] <= longest and not _SENTENCE_END.search(text))
        if asked:
            yield at
