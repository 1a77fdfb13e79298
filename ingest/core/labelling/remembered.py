"""What memory says of the blocks, beside what the packs and the classifier say."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ingest.core.labelling.title_text import says_headline
from ingest.core.metadata.authors import looks_like_person
from ingest.core.model import Label, LabelledBlock, Prediction
from ingest.core.text.date_lines import date_line
from ingest.core.text.normalize import match_key

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ingest.core.memory.sights import Sights
    from ingest.core.model import Block


def remembered(
    known: Sights | None,
    blocks: Sequence[Block],
    rows: Sequence[LabelledBlock | None],
    verdicts: Sequence[Prediction],
    headline: str | None,
) -> dict[int, LabelledBlock]:
    """The blocks that memory takes out of the article, by position. `rows`: what is decided so far; `headline`: as claimed or chosen."""
    if known is None or not blocks:
        return {}
    from ingest.core.memory.recall import recall  # noqa: PLC0415  for those who keep a memory

    key = match_key(headline or "")
    body = [
        prediction.label is Label.BODY if row is None else row.label is Label.BODY
        for row, prediction in zip(rows, verdicts, strict=True)
    ]
    doubt = [1 - p.confidence if p.label is Label.BODY else p.confidence for p in verdicts]
    free = [
        _is_open(row) and not (key and says_headline(block.text, key)) for row, block in zip(rows, blocks, strict=True)
    ]
    found = {}
    for at, said in recall(known, blocks, body, doubt, free, headline).items():
        label = said.label if verdicts[at].label is Label.BODY else verdicts[at].label
        found[at] = LabelledBlock(blocks[at], label, said.rule, counts=(said.stories, said.of))
    return found


def accept(
    found: Mapping[int, LabelledBlock], rows: list[LabelledBlock | None], verdicts: Sequence[Prediction]
) -> list[Prediction]:
    """The verdicts with what memory found, which is put into `rows` where nothing surer is."""
    changed = list(verdicts)
    for at, row in found.items():
        if _is_open(rows[at]):
            rows[at] = row
            changed[at] = Prediction(row.label, row.confidence)
    return changed


def is_byline_or_date(text: str) -> bool:
    """Whether a line of a text may be a name or a date, which come back in many stories and are fields of the record."""
    return date_line(text) is not None or looks_like_person(text)


def _is_open(row: LabelledBlock | None) -> bool:
    """Whether nothing is decided of a block, or only its form made it a part of the article."""
    return row is None or (row.label is Label.BODY and row.rule.startswith("structure/"))
