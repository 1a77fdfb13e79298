"""Pages that show less than they contain: the article is in JSON-LD, or a script would render it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ingest.core.model import Label
from ingest.core.text.characters import count_words
from ingest.core.text.normalize import match_key

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ingest.core.model import Article, Block, Prediction

MIN_DECLARED_WORDS = 60
"""Fewest words of an article in JSON-LD that may replace the visible text."""
MOST_SHOWN = 0.5
"""Highest share of its words that the page shows. Of 88 pages with a declared article none shows less than this; on the
three where the declared text is half as long again, it contains comments, or the text twice.
"""
MOST_SHOWN_WORDS = 200
"""Most words that the page shows: more are an article by themselves."""
MIN_DESCRIBED_SHARE = 0.7
"""Lowest share of the visible words found in the declared article or the description."""
DEK_WORDS = 80
"""Most words of a body that may be only the description."""


def stands_in_json(article: Article, blocks: Sequence[Block], verdicts: Sequence[Prediction]) -> bool:
    """True if the declared article is the body: it is far longer than the visible text, and contains nearly all of it."""
    amount = sum(count_words(block.text) for block in article.declared)
    if amount < MIN_DECLARED_WORDS:
        return False
    own = [block for block, prediction in zip(blocks, verdicts, strict=True) if prediction.label is Label.BODY]
    shown = sum(count_words(block.text) for block in own)
    if shown > min(MOST_SHOWN * amount, MOST_SHOWN_WORDS):
        return False
    said = match_key("".join(block.text for block in article.declared))
    return (
        sum(count_words(b.text) for b in own if _described(b) >= MIN_DESCRIBED_SHARE or match_key(b.text) in said)
        >= MIN_DESCRIBED_SHARE * shown
    )


def is_undrawn(article: Article, blocks: Sequence[Block], verdicts: Sequence[Prediction]) -> bool:
    """True if a page shows no more than its own summary, and a script would render the rest."""
    if not article.drawn:
        return False
    deks = {match_key(claim.value) for claim in article.claims if claim.field == "subheadline"}
    own = [block for block, prediction in zip(blocks, verdicts, strict=True) if prediction.label is Label.BODY]
    summary = all(_described(block) >= MIN_DESCRIBED_SHARE or match_key(block.text) in deks for block in own)
    return summary and sum(count_words(block.text) for block in own) <= DEK_WORDS


def _described(block: Block) -> float:
    return block.markup.metadata_overlap[0] if block.markup else 0.0
