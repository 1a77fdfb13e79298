"""The start of a text's prose, and the lines above it that may be its headline."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import numpy as np

from ingest.core.labelling.title_text import without_bullet
from ingest.core.model import Label

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ingest.core.labelling.text_classifier import Judgement
    from ingest.core.labelling.tokens import Bools, Floats
    from ingest.core.model import Block, LabelledBlock

MAX_HEADLINE_CHARACTERS = 200
MAX_CANDIDATES = 60
"""Most title-like lines above the first prose that are compared, the nearest ones: whole pages have menus of hundreds
of lines.
"""

MAX_PROSE_ABOVE_BYLINE = 2
"""Lines of prose above a byline or a date that may be notices of the site, or a standfirst."""
MAX_HEAD_LINES = 10
"""Lines from such a notice to the byline."""

MAX_SITE_WORDS = 4
MAX_LINES_TO_MARKER = 5
"""Words of the name of a site, and lines from a marker that ends with it, in which it is no headline."""

_HEAD = (Label.BYLINE, Label.DATE)
_TWO_LETTERS = re.compile(r"[^\W\d_]\W?[^\W\d_]")


def first_prose(rows: Sequence[LabelledBlock | None], judged: Judgement) -> tuple[Bools, int]:
    """Which lines are prose of the article, and where it begins: the start of the densest run, in which each other line
    cancels twelve words; the number of lines if there is no prose.
    """
    ruled = np.array([row is not None for row in rows])
    body = np.array([row is not None and row.label is Label.BODY for row in rows])
    prose = judged.paragraphs & np.where(ruled, body, ~judged.gone)
    if not prose.any():
        return prose, len(rows)
    worth = np.where(prose, np.minimum(judged.seen.lines.length, 120), -12.0)
    sums = np.concatenate((np.zeros(1), np.cumsum(worth)))
    last = int(np.argmax(sums - np.minimum.accumulate(sums)))
    start = int(np.argmin(sums[: last + 1]))
    early = int(np.flatnonzero(prose)[0])
    if start - early <= 12:
        start = early
    return prose, _below_byline(rows, prose, start)


def _below_byline(rows: Sequence[LabelledBlock | None], prose: Bools, start: int) -> int:
    """Where prose begins below the last byline or date, if a line or two of prose above it may be notices."""
    above = 0
    for i in range(start, min(start + MAX_HEAD_LINES, len(rows))):
        row = rows[i]
        above += bool(prose[i])
        if above > MAX_PROSE_ABOVE_BYLINE:
            break
        if row is not None and row.label in _HEAD:
            below = np.flatnonzero(prose[i:])
            return int(below[0]) + i if len(below) else start
    return start


def title_places(
    blocks: Sequence[Block], rows: Sequence[LabelledBlock | None], first: int, length: Floats
) -> list[int]:
    """Lines that may be the headline, in order."""
    places = []
    begun = False
    for i in range(min(first + 1, len(blocks))):
        block, row = blocks[i], rows[i]
        if block.kind == "separator":
            if (
                begun
                and i
                and any(rows[j] is None and length[j] >= 8 and blocks[j].text.endswith(".") for j in range(i))
            ):
                break  # below a rule of characters an item of a digest begins: its title is its own
            continue
        begun = True
        said = row.captured.get("headline") if row is not None else None
        swallowed = row is not None and (
            (row.label is Label.RELATED and said == block.text)
            or (row.label is Label.DATE and said is not None and _is_more_than_a_name(said))
        )
        if row is not None and not swallowed and row.label is not Label.HEADLINE:
            continue
        if swallowed and length[i] <= MAX_SITE_WORDS and i and _ends(blocks, i):
            continue
        if len(block.text) <= MAX_HEADLINE_CHARACTERS and length[i] >= 2 and _TWO_LETTERS.search(block.text):
            places.append(i)
    return places[:2] + places[2:][-MAX_CANDIDATES:]


def _ends(blocks: Sequence[Block], i: int) -> bool:
    """True if a line above ends with the text of a line: "Latest from The Example Post", "The Example Post"."""
    name = without_bullet(blocks[i].text)
    return any(block.text.endswith(f" {name}") for block in blocks[max(i - MAX_LINES_TO_MARKER, 0) : i])


def _is_more_than_a_name(text: str) -> bool:
    """True if the text joined to a date is more than the name of its source."""
    return len(text.split()) > 4 or not all(word[:1].isupper() for word in text.split())
