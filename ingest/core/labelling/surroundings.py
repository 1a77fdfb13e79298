"""What a page shows around an article: readers' comments, notes about authors, its footer.

Where a page has no article, such text is what reads most like one, and the labeller takes it for the body.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from ingest.core.labelling.outline import MIN_BODY_WORDS, outwards
from ingest.core.model import Label
from ingest.core.text.normalize import match_key
from ingest.core.text.wordlists import load_wordlists

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Sequence

    from ingest.core.labelling.outline import Outline
    from ingest.core.model import Block, Element, Prediction

HEADLINE = Label.HEADLINE  # in a loop over blocks it takes ten times as long to name the member
FRAME_TAGS = frozenset({"aside", "footer", "nav"})
WHOLE_TAGS = frozenset({"html", "body", "main"})
"""Elements around everything: their names tell what a page has ("has-comments")."""
RANK = (Label.COMMENTS, Label.AUTHOR_BIO, Label.BYLINE)
"""Which label counts for an element with several names, the first first."""
MAX_NAME_WORDS = 12
"""Most words of a name that says what an element is: longer ones list the article's subjects and authors."""


def framed(
    blocks: Sequence[Block], verdicts: Sequence[Prediction], body: Iterable[int], titles: Iterable[str]
) -> dict[int, Label]:
    """The blocks of the body inside an element for comments, authors or the page's frame that does not contain the headline, too:
    such names also stand on elements around everything. Each with the label of what the element holds.
    """
    own = list(body)
    found = _labels(blocks, own, {})
    if not found:  # as on nineteen pages of twenty
        return found
    keys = {match_key(title) for title in titles}
    around: dict[Element, Label | None] = {
        element: None
        for block, prediction in zip(blocks, verdicts, strict=True)
        if _is_headline(block, prediction, keys)
        for element in outwards(block)
    }
    return _labels(blocks, found, around)


def _labels(blocks: Sequence[Block], some: Iterable[int], known: dict[Element, Label | None]) -> dict[int, Label]:
    """The blocks inside such an element, outside those that are `known` to be none."""
    found: dict[int, Label] = {}
    for at in some:
        new: list[Element] = []
        inside: Label | None = None
        for element in outwards(blocks[at]):
            if element in known:
                inside = known[element]
                break
            new.append(element)
        for element in reversed(new):
            inside = inside or _holds(element)
            known[element] = inside
        if inside is not None:
            found[at] = inside
    return found


def comments_and_notes(page: Outline, titles: Sequence[str]) -> Iterator[tuple[int, Label]]:
    """The blocks of the body inside elements for comments and notes about authors, if an article is left without them."""
    own = [at for at, mine in enumerate(page.body) if mine]
    found = {
        at: label
        for at, label in framed(page.blocks, page.verdicts, own, titles).items()
        if label in (Label.COMMENTS, Label.AUTHOR_BIO)
    }
    if page.body_words - sum(page.amount[at] for at in found) >= MIN_BODY_WORDS:
        yield from found.items()


def _is_headline(block: Block, prediction: Prediction, keys: Collection[str]) -> bool:
    if prediction.label is HEADLINE or (block.markup is not None and block.markup.tag == "h1"):
        return True
    return block.kind == "heading" and match_key(block.text) in keys


def _holds(element: Element) -> Label | None:
    """What an element holds by its name, or by its tag."""
    if element.tag in FRAME_TAGS:
        return Label.NAVIGATION
    words, (names, articles) = element.name_tokens, _frame_names()
    if names.keys().isdisjoint(words) or not articles.isdisjoint(words):
        return None
    if element.tag in WHOLE_TAGS or len(words) > MAX_NAME_WORDS:
        return None
    return min((names[word] for word in words if word in names), key=RANK.index)


@cache
def _frame_names() -> tuple[dict[str, Label], frozenset[str]]:
    """The label of each word that names such an element, and the words beside which it does not."""
    frames = dict(load_wordlists("page")["frames"])
    articles = frozenset(frames.pop("article"))
    return {word: Label(name) for name, words in frames.items() for word in words}, articles
