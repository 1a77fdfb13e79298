"""Blocks between two paragraphs of an article, without a link or a name that marks them as something else: they belong
to the article.

A labeller that judges each block separately labels short questions and answers, lines of code and a sentence without an
element of its own as navigation, though everything around them is kept.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from ingest.core.labelling.outline import base, innermost, outwards
from ingest.core.labelling.tables import is_foreign
from ingest.core.model import Label
from ingest.core.text.scripts import SENTENCE_STOPS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ingest.core.labelling.outline import Outline
    from ingest.core.model import Element

MOST_BLOCKS = 40
LINKED = 0.3
MIN_GAP_SENTENCE_WORDS = 5
"""Words of the sentence that a gap must contain."""
LONG_WORDS = 20
"""Words from which a line is prose, whatever it ends with."""
CERTAIN = 0.98
"""Highest confidence of the labeller that a line of a gap is not part of the article."""
CERTAIN_CODE = 0.95
CERTAIN_PROSE = 0.8
"""The same for a paragraph: the labeller judges those well, and boxes inside articles consist of them."""
ALIKE = 5
"""Number of body paragraphs that a long one must match in element, class and parent element."""

_ENDS = (*SENTENCE_STOPS, '"', "”", "»", "」")
FOREIGN = (
    "navigation",
    "footer",
    "side",
    "related",
    "popular",
    "teaser",
    "share",
    "comments",
    "author",
    "caption",
    "media",
    "advert",
    "promo",
    "tags",
    "overlay",
    "embed",
    "toc",
    "widget",
    "form",
    "shop",
)


def gaps(page: Outline) -> set[int]:
    """The blocks between two paragraphs of the body that belong to it, and bare text beside blocks that do."""
    alike = _alike(page)
    found = _bare(page)
    for gap in _between(page):
        if all(at in found or _is_ours(page, at, alike) for at in gap) and any(_speaks(page, at) for at in gap):
            found.update(gap)
    return found


def _bare(page: Outline) -> set[int]:
    """Sentences without an element of their own, in an element that also contains paragraphs of the body or similar
    bare text that is body.
    """
    holders: Counter[Element] = Counter()
    for at, mine in enumerate(page.body):
        if mine and page.amount[at] >= MIN_GAP_SENTENCE_WORDS:
            own, element = base(page.blocks[at]), innermost(page.blocks[at])
            for each in {element, own and own.parent}:
                if each is not None:
                    holders[each] += 1
    rich = {element for element, count in holders.items() if count > 1}
    if not rich:
        return set()
    first = next(iter(page.prose), len(page.blocks))
    opening = next((at for at in range(first) if page.verdicts[at].label is Label.HEADLINE), first)
    found = set()
    for at in range(opening + 1, len(page.blocks)):
        if page.body[at] or (element := innermost(page.blocks[at])) not in rich:
            continue
        if element is base(page.blocks[at]) and _is_plain(page, at) and _speaks(page, at):
            found.add(at)
    return found


def _alike(page: Outline) -> Counter[tuple[str, str, Element | None]]:
    """The number of body paragraphs for each combination of element, class and parent element."""
    own = (base(page.blocks[at]) for at in page.prose)
    return Counter((element.tag, element.class_attr, element.parent) for element in own if element is not None)


def _between(page: Outline) -> Iterator[list[int]]:
    """Runs of blocks that are not body, each between two paragraphs that are siblings in one element."""
    last: int | None = None
    for at, mine in enumerate(page.body):
        if not mine:
            continue
        if last is not None and 1 < at - last <= MOST_BLOCKS:
            gap = list(range(last + 1, at))
            one, other = base(page.blocks[last]), base(page.blocks[at])
            around = one.parent if one is not None else None
            if (
                around is not None
                and other is not None
                and around is other.parent
                and all(page.inside(each, around) for each in gap)
            ):
                yield gap
        last = at


def _is_ours(page: Outline, at: int, alike: Counter[tuple[str, str, Element | None]]) -> bool:
    """True if a block of a gap may belong to the article: a short line, code, or a paragraph like many others of the
    body.
    """
    block, certainty = page.blocks[at], page.verdicts[at].confidence
    if not _is_plain(page, at) or (block.markup and block.markup.media):  # text after an image is its caption
        return False
    if page.settings[at].code is not None:
        return certainty <= CERTAIN_CODE
    own = base(block)
    like = own is not None and alike[own.tag, own.class_attr, own.parent] >= ALIKE
    return page.amount[at] < LONG_WORDS or (certainty <= CERTAIN_PROSE and like)


def _is_plain(page: Outline, at: int) -> bool:
    """True if neither a link nor a name nor a rule marks a block as something else."""
    block, prediction, setting = page.blocks[at], page.verdicts[at], page.settings[at]
    markup = block.markup
    if markup is None or not page.free[at] or setting.inert is not None or setting.table is not None:
        return False
    if (
        prediction.label is not Label.NAVIGATION
        or prediction.confidence > CERTAIN
        or block.kind in ("heading", "caption")
    ):
        return False
    if markup.link_density > LINKED or any(element.tag == "figure" for element in outwards(block)):
        return False
    return not is_foreign(outwards(block), page.stem, FOREIGN)


def _speaks(page: Outline, at: int) -> bool:
    """True if a block is a sentence or code. Thai and Lao have no full stop: there a long line counts as a sentence."""
    amount = page.amount[at]
    ended = amount >= MIN_GAP_SENTENCE_WORDS and page.blocks[at].text.endswith(_ENDS)
    return ended or amount >= LONG_WORDS or page.settings[at].code is not None
