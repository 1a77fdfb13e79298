"""Openings of other articles below a short one: each follows a link that is a headline, or ends with an ellipsis."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ingest.core.labelling.front_page import MIN_TRUNCATED_BLOCKS_AND_SHARE, is_bare_link, is_cut
from ingest.core.labelling.outline import MIN_BODY_WORDS, base
from ingest.core.labelling.refusal import speaks_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ingest.core.labelling.outline import Outline
    from ingest.core.model import Element

OPENING_WORDS, OPENING_LINKED = 8, 0.5
"""Fewest words of an opening, and highest share of it in links."""
MIN_CONFIDENCE = 0.9
"""Lowest confidence of the labeller in a paragraph that a link above it does not make an opening: articles have links
between their own paragraphs.
"""
MIN_MEAN_CONFIDENCE_AND_LEAD = (0.9, 0.12)
"""Lowest mean confidence of an article, and how much it exceeds that of the openings below it: the parts of an article
that is a list are all alike.
"""

MAX_WORDS_ABOVE = 450
"""Most words of an article above openings when few of them are truncated: the references and questions at the end of
longer articles follow links, too (2 of 4 pages wrong without this limit, the others right at up to 436 words).
"""


def other_openings(page: Outline, titles: Sequence[str]) -> list[int]:
    """The blocks of the body from the first opening of another article on, if the text before it is an article by
    itself.
    """
    own = [at for at, mine in enumerate(page.body) if mine]
    sure = (
        at
        for at in reversed(own)
        if page.verdicts[at].confidence >= MIN_CONFIDENCE and not is_cut(page.blocks[at].text)
    )
    last = next(sure, -1)  # links to other articles also occur among an article's paragraphs
    openings = [at for at in _openings(page) if at > last]
    if len(openings) < MIN_TRUNCATED_BLOCKS_AND_SHARE[0]:
        return []
    before, after = [at for at in own if at < openings[0]], [at for at in own if openings[0] <= at <= openings[-1]]
    size = sum(page.amount[at] for at in before)
    if not after or size < MIN_BODY_WORDS:
        return []
    worth, others = _worth(page, before), _worth(page, openings)
    cut = sum(is_cut(page.blocks[at].text) for at in openings) >= MIN_TRUNCATED_BLOCKS_AND_SHARE[0]
    named = cut and speaks_of((page.blocks[at].text for at in before), titles)
    if not named and (
        size > MAX_WORDS_ABOVE
        or worth < MIN_MEAN_CONFIDENCE_AND_LEAD[0]
        or worth - others < MIN_MEAN_CONFIDENCE_AND_LEAD[1]
    ):
        return []
    own_kinds = {_kind(page, at) for at in before if page.amount[at] >= OPENING_WORDS}
    return [at for at in after if _kind(page, at) not in own_kinds]


def _kind(page: Outline, at: int) -> tuple[str, str, Element | None] | None:
    """The features that the paragraphs of one article share: tag, class and parent element."""
    element = base(page.blocks[at])
    return (element.tag, element.class_attr, element.parent) if element is not None else None


def _openings(page: Outline) -> list[int]:
    """Lines of some length that are truncated, or that directly follow the headline of another article."""
    found, led = [], False
    for at, (block, prediction) in enumerate(zip(page.blocks, page.verdicts, strict=True)):
        linked = block.markup.link_density if block.markup else 0.0
        if linked >= OPENING_LINKED and is_bare_link(block):
            led = True
            continue
        ours = page.body[at] and prediction.confidence >= MIN_CONFIDENCE
        if (
            page.amount[at] >= OPENING_WORDS
            and linked < OPENING_LINKED
            and page.free[at]
            and (is_cut(block.text) or (led and not ours))
        ):
            found.append(at)
        led = False
    return found


def _worth(page: Outline, blocks: Sequence[int]) -> float:
    """The mean probability of body, weighted by words."""
    amount = sum(page.amount[at] for at in blocks)
    weighted = (
        (page.amount[at], page.verdicts[at].confidence if page.body[at] else 1 - page.verdicts[at].confidence)
        for at in blocks
    )
    return sum(size * probability for size, probability in weighted) / max(amount, 1)
