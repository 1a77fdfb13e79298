"""Pages that show less than they hold: the article stands in JSON-LD, or a script would draw it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ingest.core.model import Label
from ingest.core.text.characters import count_words
from ingest.core.text.normalize import match_key

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ingest.core.model import Article, Block, Prediction

MIN_DECLARED_WORDS = 60
"""Of an article in JSON-LD that may stand for what is shown."""
MOST_SHOWN = 0.5
"""Share of its words that the page shows, at most. Of 88 pages with a declared article none shows less than this; on the three where
what is declared is half as long again it holds comments, or the text twice.
"""
MOST_SHOWN_WORDS = 200
"""And at most: what shows more is an article by itself."""
TOLD = 0.7
"""Share of the shown words that the declared article or the description must say."""
DEK_WORDS = 80
"""Of a body that may be nothing but the description."""


def stands_in_json(article: Article, blocks: Sequence[Block], verdicts: Sequence[Prediction]) -> bool:
    """Whether the declared article is the body: far more than what is shown, of which it says nearly all."""
    amount = sum(count_words(block.text) for block in article.declared)
    if amount < MIN_DECLARED_WORDS:
        return False
    own = [block for block, prediction in zip(blocks, verdicts, strict=True) if prediction.label is Label.BODY]
    shown = sum(count_words(block.text) for block in own)
    if shown > min(MOST_SHOWN * amount, MOST_SHOWN_WORDS):
        return False
    said = match_key("".join(block.text for block in article.declared))
    return sum(count_words(b.text) for b in own if _described(b) >= TOLD or match_key(b.text) in said) >= TOLD * shown


def is_undrawn(article: Article, blocks: Sequence[Block], verdicts: Sequence[Prediction]) -> bool:
    """Whether a page shows no more than its own summary, and a script would draw the rest."""
    if not article.drawn:
        return False
    deks = {match_key(claim.value) for claim in article.claims if claim.field == "subheadline"}
    own = [block for block, prediction in zip(blocks, verdicts, strict=True) if prediction.label is Label.BODY]
    summary = all(_described(block) >= TOLD or match_key(block.text) in deks for block in own)
    return summary and sum(count_words(block.text) for block in own) <= DEK_WORDS


def _described(block: Block) -> float:
    return block.markup.metadata_overlap[0] if block.markup else 0.0
