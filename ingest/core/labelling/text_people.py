"""Who wrote a text, below its last paragraphs: the name alone, and the lines that say who the author is."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import numpy as np

from ingest.core.metadata.authors import is_personal, looks_like_person, parse_authors
from ingest.core.model import Label, LabelledBlock
from ingest.core.text.normalize import match_key

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ingest.core.labelling.text_classifier import Judgement
    from ingest.core.labelling.tokens import Bools
    from ingest.core.model import Block

MAX_LINES_BELOW = 6
"""Last kept lines of a text in which its author is introduced."""
MAX_BIO_WORDS = 90
MAX_WORDS_BEFORE_NAME = 3
"""Words of a job before the name that begins such a line: "Korrespondentin Eva Muster ist …"."""

MAX_CHARACTERS_TO_NAME = 120

_NAME_EDGE = re.compile(r"^[\s(\[|•·,/–—*-]+|[\s)\]|•·,/–—*.-]+$")
_QUOTE = re.compile(r"[\"“”„«»「『]")
_WORD = re.compile(r"[^\W\d_]+")


def label_authors(blocks: Sequence[Block], rows: list[LabelledBlock | None], judged: Judgement, prose: Bools) -> None:
    """Label as byline a name alone below the last paragraph, and as bio a line that begins with the name of an author. `rows`: the
    decisions so far, changed in place; `prose`: which lines are paragraphs of the article.
    """
    kept = [i for i in range(len(blocks)) if rows[i] is None and not judged.gone[i]]
    if len(kept) < 2:
        return
    named = list(_bylines(blocks, rows, judged, [blocks[i].text for i in kept[-MAX_LINES_BELOW:]]))
    paragraphs = np.flatnonzero(prose)
    last = int(paragraphs[-1]) if len(paragraphs) else -1
    for i in kept[-MAX_LINES_BELOW:]:
        if i and named and judged.seen.lines.length[i] <= MAX_BIO_WORDS and _introduces(blocks[i].text, named):
            rows[i] = LabelledBlock(blocks[i], Label.AUTHOR_BIO, "structure/author-bio")
    below = [i for i in kept if i > last and rows[i] is None]
    if last < 0 or len(below) != 1 or below[0] != kept[-1]:
        return
    name = _NAME_EDGE.sub("", blocks[below[0]].text)
    known = {match_key(other) for other in named}
    if match_key(name) in known if known else looks_like_person(name) and is_personal(name):
        rows[below[0]] = LabelledBlock(
            blocks[below[0]], Label.BYLINE, "structure/name-below", captured={"authors": name}
        )


def _bylines(
    blocks: Sequence[Block], rows: Sequence[LabelledBlock | None], judged: Judgement, lines: Sequence[str]
) -> Iterator[str]:
    """The names in the bylines that packs, structure and the classifier have found, if a line may begin with them."""
    first = {word for line in lines for word in _WORD.findall(line[:MAX_CHARACTERS_TO_NAME])}
    for block, row, verdict in zip(blocks, rows, judged.verdicts, strict=True):
        if (row.label if row else verdict.label) is Label.BYLINE:
            said = (row.captured.get("authors") if row else None) or block.text
            if first.isdisjoint(_WORD.findall(said)):
                continue
            yield from (name for name in parse_authors(said, loose=True) if is_personal(name))


def _introduces(text: str, named: Sequence[str]) -> bool:
    """True if a line begins with the name of one of the authors, after a job at most, and quotes nobody."""
    words = _WORD.findall(text)
    if _QUOTE.search(text):
        return False
    for name in named:
        own = _WORD.findall(name)
        for at in range(min(MAX_WORDS_BEFORE_NAME, len(words) - len(own)) + 1):
            if words[at : at + len(own)] == own and all(
                word[0].isupper() or not word[0].islower() for word in words[:at]
            ):
                return True
    return False
