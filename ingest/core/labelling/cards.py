"""Cards of other articles below this one: elements of one tag and class side by side, each with a linked headline and a paragraph.

A paragraph on a card reads like any other, and where the cards have no telling name the labeller keeps it.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from ingest.core.labelling.front_page import is_bare_link
from ingest.core.labelling.outline import base, innermost, outwards
from ingest.core.model import Label

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from ingest.core.labelling.outline import Outline
    from ingest.core.model import Block, Element

MIN_CARDS = 3
MIN_ARTICLE_WORDS, MIN_ARTICLE_PARAGRAPHS = 60, 2
"""Fewest words and paragraphs of the body above the first card."""
MAX_CARD_PARAGRAPHS = 2


def cards(page: Outline) -> Iterator[int]:
    """The blocks of the body that stand on a card."""
    prose = page.prose
    if len(prose) <= MIN_ARTICLE_PARAGRAPHS:
        return
    titles = [at for at in range(prose[0] + 1, prose[-1]) if is_bare_link(page.blocks[at])]
    for deck in _decks(page, titles):
        card_of = {at: card for at in prose if (card := _card_around(page.blocks[at], deck))}
        above = [at for at in prose if at < deck[next(iter(deck))]]
        held = Counter(card_of.values())
        if (
            len(above) >= MIN_ARTICLE_PARAGRAPHS
            and sum(page.amount[at] for at in above) >= MIN_ARTICLE_WORDS
            and len(held) >= MIN_CARDS
            and max(held.values()) <= MAX_CARD_PARAGRAPHS
            and _is_apart(page, above, next(iter(deck)))
        ):
            yield from (at for at, mine in enumerate(page.body) if mine and _card_around(page.blocks[at], deck))


def _card_around(block: Block, deck: Mapping[Element, int]) -> Element | None:
    """The card that a block stands on; none stands inside another, for all have one parent."""
    return next((element for element in outwards(block) if element in deck), None)


def _decks(page: Outline, titles: list[int]) -> Iterator[dict[Element, int]]:
    """Elements of one tag, class and parent, each opened by one of the linked headlines, with the block that opens it."""
    found: dict[tuple[str, str, Element | None], dict[Element, int]] = {}
    for at in titles:
        element = base(page.blocks[at])
        while element is not None and element.parent is not None:
            if at and page.inside(at - 1, element):  # the headline does not open this element
                break
            found.setdefault((element.tag, element.class_attr, element.parent), {}).setdefault(element, at)
            element = element.parent
    yield from (deck for deck in found.values() if len(deck) >= MIN_CARDS)


def _is_apart(page: Outline, above: list[int], card: Element) -> bool:
    """True if the headline and the paragraphs above stand together in an element that does not contain the cards; the entries of
    an article that is a list stand among its paragraphs.
    """
    headline = next((at for at, verdict in enumerate(page.verdicts) if verdict.label is Label.HEADLINE), None)
    if headline is None or headline > above[0]:
        return False
    around = innermost(page.blocks[above[0]])
    while around is not None and not all(page.inside(at, around) for at in (headline, *above)):
        around = around.parent
    return around is not None and all(element is not around for element in card.self_and_ancestors())
