"""Front pages and lists: bodies that consist of the openings of other articles, each after a link that is a headline, or truncated
with an ellipsis.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import numpy as np

from ingest.core.labelling.outline import MIN_BODY_WORDS
from ingest.core.text.scripts import UNSPACED_CHARACTER

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ingest.core.labelling.tokens import Bools, Floats
    from ingest.core.model import Block

MIN_BARE_LINK_DENSITY_AND_CHARACTERS = (0.8, 24)
"""Share in links and number of characters (a wide character counts twice) from which a line is the headline of another
article in a list.
"""

MIN_LINKED_HEADING_CHARACTERS = 12
"""The same of a heading: menus have none."""

FRONT_PAGE_BOUNDS = (100.0, 0.4, 0.5)
"""Bounds of a front page: no run of its body between two bare links has this many words or this share of all words, and
more than the last share directly follows such links, including the first words. None of 1,145 pages with an article
meets this; of 284 pages whose article was replaced by teasers 76 % do, and in most others something of the article was
left.
"""

MAX_OPENING_WORDS = 40.0
"""Most words of the opening of another article: a body with no more, directly after such a link, is such an
opening and not an article.
"""

MIN_TRUNCATED_BLOCKS_AND_SHARE = (4, 0.3)
"""Number of truncated blocks (with an ellipsis at the end) in a body, and their share of its words, from which they are
openings of other articles: none of 1,149 pages with an article has four such blocks with a fifth of the words.
"""

OPENINGS_BOUNDS = (4, 0.5, 100.0)
"""Bounds of a list of openings: it has at least so many (linked headlines, blocks directly after one, truncated blocks), they and
framed text are at least this share of the words, and no run between them has this many words. Of 1,838 pages with an article two
meet this, and both contain a brief.
"""

_WIDE = re.compile(f"{UNSPACED_CHARACTER.pattern}|[\\uac00-\\ud7a3]")
_CLOSING = ' ])»"”'


def is_front_page(blocks: Sequence[Block], words: Floats, links: Floats) -> bool:
    """True if the body consists of short runs, each after a link that is a headline of its own, including the first."""
    most, least, under = FRONT_PAGE_BOUNDS
    run = longest = alone = opening = 0.0
    led = False
    for block, mine, share in zip(blocks, words.tolist(), links.tolist(), strict=True):
        if share > MIN_BARE_LINK_DENSITY_AND_CHARACTERS[0] and is_bare_link(block):
            run, led = 0.0, True
        elif mine:
            run += mine
            longest = max(longest, run)
            alone += mine if led else 0.0
            opening += 0.0 if alone else mine * (1 - share)
            led = False
    amount = float(words.sum())
    short = max(least * amount, MAX_OPENING_WORDS)
    return opening < MIN_BODY_WORDS and longest < min(most, short) and alone > under * amount


def is_bare_link(block: Block) -> bool:
    """True if a line is a link and long enough for the headline of another article."""
    density, least = MIN_BARE_LINK_DENSITY_AND_CHARACTERS
    if block.markup is None or block.markup.link_density <= density:
        return False
    wide = 0 if block.text.isascii() else len(_WIDE.findall(block.text))
    return len(block.text) + wide >= (MIN_LINKED_HEADING_CHARACTERS if block.kind == "heading" else least)


def find_openings(blocks: Sequence[Block], words: Floats) -> Bools:
    """The blocks of the body that are linked headlines, short ones that follow one, and truncated ones."""
    found = np.zeros(len(blocks), np.bool_)
    led = False
    for at, (block, amount) in enumerate(zip(blocks, words.tolist(), strict=True)):
        linked = is_bare_link(block)
        if amount:
            found[at] = linked or (led and amount <= MAX_OPENING_WORDS) or is_cut(block.text)
        led = linked or (led and not amount)
    return found


def is_truncated_list(blocks: Sequence[Block], words: Floats) -> bool:
    """True if much of the body is truncated with an ellipsis, as the openings in lists of articles are."""
    cut = [size for block, size in zip(blocks, words.tolist(), strict=True) if size and is_cut(block.text)]
    least, share = MIN_TRUNCATED_BLOCKS_AND_SHARE
    return len(cut) >= least and sum(cut) >= share * float(words.sum())


def is_list_of_openings(words: Floats, others: Bools) -> bool:
    """True if most of the body is openings of other articles and framed text, with no long run between them."""
    least, share, most = OPENINGS_BOUNDS
    if int(others.sum()) < least or float(words[others].sum()) < share * float(words.sum()):
        return False
    run = longest = 0.0
    for size, other in zip(words.tolist(), others.tolist(), strict=True):
        run = 0.0 if other else run + size
        longest = max(longest, run)
    return longest < most


def is_cut(text: str) -> bool:
    """True if a text ends with an ellipsis."""
    return text.rstrip(_CLOSING).endswith(("…", "..."))
