"""The headline among the blocks: its first copy is the headline, the others are repeats."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ingest.core.labelling.title_text import MAX_SITE_CHARACTERS, says_headline
from ingest.core.model import Label, LabelledBlock
from ingest.core.text.normalize import match_key

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ingest.core.model import Block


def label_headlines(
    blocks: Sequence[Block], rows: list[LabelledBlock | None], headline: str | None, certainty: float = 1.0
) -> None:
    """Remove the headline from the body each time it is printed; the first copy gets the label of a headline, the
    others are repeats.

    `certainty`: the probability that it is the headline, where a text file does not state it.
    """
    key = match_key(headline or "")
    longest = (
        2 * len(headline or "") + MAX_SITE_CHARACTERS
    )  # equal texts have similar lengths; folding every block took half of a text's time
    seen, texts = False, [block.text for block in blocks] if key else []
    for i in [at for at, text in enumerate(texts) if len(text) <= longest and _may_match(text[:1], key)]:
        block = blocks[i]
        if rows[i] is None and says_headline(block.text, key):
            label = Label.DUPLICATE if seen else Label.HEADLINE
            rows[i] = LabelledBlock(
                block, label, "structure/headline", certainty, {"headline": headline} if headline else {}
            )
            seen = True


def _may_match(first: str, key: str) -> bool:
    """True if a line with this first character may begin like the folded text."""
    return not (first.isascii() and first.isalpha()) or first.lower() == key[0]
