"""What memory says of one article's blocks: how many other stories have each line, and which lines are the publisher's, not the article's.

A line that comes back in different stories is the publisher's, unless it stands among the article's own paragraphs and looks like a part of
them: a formula ("did not immediately respond to a request for comment"), a section head, a quotation, a row of a table.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from ingest.core.memory.forms import form_keys
from ingest.core.memory.observation import LABELS, OF_MEMORY, sketch_of
from ingest.core.memory.publisher import find, within
from ingest.core.memory.sights import MIN_PLACE_STORIES
from ingest.core.model import Label
from ingest.core.text.characters import count_words
from ingest.core.text.lines import ends_like_sentence, is_prose

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from ingest.core.memory.publisher import PublisherMemory
    from ingest.core.memory.sights import Sights
    from ingest.core.model import Block

    Bools = NDArray[np.bool_]
    Ints = NDArray[np.intp]
    Floats = NDArray[np.float64]

REPEATS = "memory/repeats"
BELOW = "memory/below"
OUTSIDE = "memory/outside"
FORM_RULE = "memory/form"
"""Rules: the line comes back in other stories; it stands below a line that ends the articles of this publisher; it stands in a place of the page
that never held an article, or below the article in one that seldom does; lines around the articles of this publisher begin or end like it."""

MIN_END_STORIES = 2
MIN_END_SHARE, MIN_BELOW_SHARE = 0.5, 0.75
"""Shares of the stories with a line in which nothing of the article stands below it, and at least half stands above it, from which it ends
articles. On 402 texts of 42 publishers, of 1,016 kept lines below such a line 14 were the article's."""
SURE_END_STORIES = 3
"""Stories of a page that such a line must have ended; where fewer have it, all. The labeller needs less help with pages: below a line that
ended one story of two two publishers lost paragraphs."""
MIN_ARTICLE_WORDS = 100
"""Words of the article above such a line."""
MAX_TURNS_SHARE, MIN_TURNS = 0.7, 5
"""Changes between the article's lines and the publisher's for each line of the article (of at least so many)."""
MIN_PLACE_SHARE = 0.3
"""Share of the stories from which articles stand in a place of the publisher's template."""
MAX_OUTSIDE_SHARE = 0.5
"""Share of a place's stories up to which it seldom holds the article."""
MAX_ARTICLE_DOUBT, MIN_OUTSIDE_DOUBT = 0.1, 0.2
"""The labeller's doubt up to which a block is the article's for certain, and from which one below it may be none of it."""
MIN_PLACE_WORDS = 50
"""Words of the article in its usual places."""
MIN_USUAL_SHARE = 0.3
"""Share of the stories from which a whole paragraph is the publisher's: fewer repeat the background of an event, or what a person said."""
MIN_AROUND_SHARE = 0.2
"""The same for a sentence around the article's paragraphs. On 358 texts with four known articles all 25 that one other story had there were
the publisher's; a formula ("did not immediately respond to a request for comment") ends few of its articles."""
MIN_ONCE_DOUBT = 0.3
"""The labeller's doubt from which one other story is enough among the article's paragraphs, and for a sentence around them."""
MIN_SENTENCE_WORDS = 5
"""Words from which a line that ends like a sentence is one: around the paragraphs, too, a formula of the publisher's stays, which a few stories
have ("did not immediately respond to a request for comment")."""
MIN_HEAD_DOUBT = 0.15
"""Its doubt from which a short line among the paragraphs is no section head, and has come back in two stories; of 200 lines 3 were heads.
A line that one article has several times ("Pros", "Cons") is a head, however often it comes back."""
MIN_LONE_DOUBT = 0.5
"""Its doubt from which a line is the publisher's where only one other story is known: that may be a part of the same series."""
SURE_BOILERPLATE = 0.9
"""The labeller's doubt from which memory need not say, too, that a block is none of the article."""
MIN_LEFT_WORDS = 15
"""Words that must be left of the article, or memory is not believed: a second version of a story that it does not know again."""


class Remembered(NamedTuple):
    """A block that memory decides: what it is, by which rule, and the counts that say so: in `stories` of `of`."""

    label: Label
    rule: str
    stories: int
    of: int


class _View(NamedTuple):
    """An article as memory sees it; each array has a row for each block."""

    sights: Sights
    own: Bools
    """Which ones the labeller takes for the article's."""
    doubt: Floats
    free: Bools
    """Which ones no rule and no headline has decided."""
    stories: Ints
    """Other stories that have the line."""
    of: int
    """Other stories."""
    words: Ints
    prose: Bools
    sentence: Bools
    inside: Bools
    """Which ones stand among the article's paragraphs."""
    is_page: bool

    def usual(self) -> Bools:
        """Which lines so many others have that even a paragraph is the publisher's."""
        return np.asarray((self.stories > 1) & (self.stories >= MIN_USUAL_SHARE * self.of))


def recall(
    sights: Sights,
    blocks: Sequence[Block],
    body: Sequence[bool],
    doubt: Sequence[float],
    free: Sequence[bool],
    headline: str | None,
) -> dict[int, Remembered]:
    """The blocks that are not the article's, by their position.

    `body`: which blocks the labeller takes for the article's. `doubt`: its probability, 0 to 1, that a block is not. `free`: which ones no
    rule and no headline has decided.
    """
    own, uncertain, allowed = np.asarray(body, bool), np.asarray(doubt), np.asarray(free, bool)
    stories, of = sights.stories(), sights.memory.stories
    if not (stories.any() or sights.seen().any()):
        return {}
    if _is_known(sights.memory, blocks, own, stories, headline):
        of, stories = of - 1, np.maximum(stories - 1, 0)
    if of < 1:
        return {}
    asked = own | (uncertain < SURE_BOILERPLATE)
    needed = own | (asked & (stories > 0))
    texts = [block.text if need else "" for block, need in zip(blocks, needed.tolist(), strict=True)]
    words, prose = np.array(list(map(count_words, texts))), np.array(list(map(is_prose, texts)))
    sentence = prose | np.array(
        [
            words >= MIN_SENTENCE_WORDS and ends_like_sentence(text)
            for text, words in zip(texts, words.tolist(), strict=True)
        ],
        bool,
    )
    article = own & (stories == 0)
    inside = within(article, article & prose)
    is_page = any(block.markup for block in blocks)
    view = _View(sights, own, uncertain, allowed, stories, of, words, prose, sentence, inside, is_page)
    decided: dict[int, Remembered] = {}
    for step in (_repeats, _below, _tail, _outside, _forms):
        for index, said in step(view, blocks):
            if allowed[index] and asked[index]:
                decided.setdefault(index, said)
    left = int(words[[own[i] and i not in decided for i in range(len(blocks))]].sum())
    return decided if left >= MIN_LEFT_WORDS else {}


def _is_known(
    memory: PublisherMemory, blocks: Sequence[Block], own: Bools, stories: Ints, headline: str | None
) -> bool:
    """Whether the memory has learned from this article, or another version of it: as the labeller sees it, or without what comes back."""
    if not (own & (stories > 0)).any():
        return False
    rare = own & (stories < 2)
    return any(
        memory.knows_story(sketch_of([block.text for block, mine in zip(blocks, part, strict=True) if mine], headline))
        for part in ((own, rare) if (own != rare).any() else (own,))
    )


def _repeats(view: _View, blocks: Sequence[Block]) -> Iterator[tuple[int, Remembered]]:
    """The lines that are the publisher's own."""
    if view.of == 1:
        gone = view.doubt >= MIN_LONE_DOUBT
    else:
        texts = Counter(block.text for block in blocks)
        heads = np.array([texts[block.text] > 1 for block in blocks])
        doubted, often = view.doubt >= MIN_ONCE_DOUBT, (view.stories > 1) & (view.doubt >= MIN_HEAD_DOUBT)
        around = (view.stories >= MIN_AROUND_SHARE * view.of) | doubted | ~view.sentence
        among = doubted | np.where(view.prose, view.usual(), often)
        gone = np.where(view.inside, among & ~heads, around)
    for index in np.flatnonzero((view.stories > 0) & gone).tolist():
        yield index, Remembered(_label(view.sights.lines[index]), REPEATS, int(view.stories[index]), view.of)


def _below(view: _View, blocks: Sequence[Block]) -> Iterator[tuple[int, Remembered]]:
    """What stands below a line that ends this publisher's articles, but for what the labeller is sure of in a place that always held them."""
    end = _end(view)
    if end is not None:
        row = view.sights.lines[end]
        said = Remembered(_label(row), BELOW, int(row["ends"]), int(row["stories"]))
        kept = view.sights.at_home() & (view.doubt <= MAX_ARTICLE_DOUBT)
        yield from ((index, said) for index in range(end + 1, len(blocks)) if not kept[index])


def _tail(view: _View, blocks: Sequence[Block]) -> Iterator[tuple[int, Remembered]]:
    """In a text, what stands below the article's prose and below a usual line of the publisher's there, but for sentences that are new."""
    last = int(np.flatnonzero(view.inside)[-1]) if view.inside.any() else len(blocks)
    first = next((at for at in np.flatnonzero(view.usual()).tolist() if at > last), None)
    if first is None or view.is_page:
        return
    said = Remembered(_label(view.sights.lines[first]), BELOW, int(view.stories[first]), view.of)
    gone = view.own & ((view.stories > 0) | ~view.sentence | (view.doubt >= MIN_ONCE_DOUBT))
    yield from ((index, said) for index in range(first + 1, len(blocks)) if gone[index])


def _outside(view: _View, blocks: Sequence[Block]) -> Iterator[tuple[int, Remembered]]:
    """Blocks in places that never held an article, and doubtful ones below the article in places that seldom did."""
    seen, held = view.sights.seen(), view.sights.held()
    gone = view.sights.abroad()
    article = view.own & (view.doubt <= MAX_ARTICLE_DOUBT) & (held >= MIN_PLACE_SHARE * view.of)
    if view.of >= MIN_PLACE_STORIES and view.words[article].sum() >= MIN_PLACE_WORDS:
        below = np.arange(len(blocks)) > np.flatnonzero(article)[-1]
        gone |= below & (held <= MAX_OUTSIDE_SHARE * seen) & (view.doubt >= MIN_OUTSIDE_DOUBT)
    for index in np.flatnonzero(gone & view.own).tolist():
        yield index, Remembered(Label.PROMO, OUTSIDE, int(held[index]), int(seen[index]))


def _forms(view: _View, blocks: Sequence[Block]) -> Iterator[tuple[int, Remembered]]:
    """New lines around the prose of a text that begin or end like those that other stories have there."""
    if view.is_page:
        return
    memory, keys = view.sights.memory, form_keys(blocks).ravel()
    at, found = find(memory.lines, keys)
    found &= keys != 0
    stories = np.zeros(len(keys), np.intp)
    stories[found] = memory.lines["stories"][at[found]].astype(np.intp) - (memory.stories - view.of)
    most = stories.reshape(-1, 2).max(axis=1)
    enough = (most > 1) & (most >= MIN_USUAL_SHARE * view.of) & (view.sights.stories() == 0)
    for index in np.flatnonzero(enough & view.own & ~view.inside).tolist():
        yield index, Remembered(Label.PROMO, FORM_RULE, int(most[index]), view.of)


def _end(view: _View) -> int | None:
    """The first line with enough of the article above it that ends this publisher's articles."""
    keys, rows, article = view.sights.keys, view.sights.lines, view.own & (view.stories <= 1)
    sure = np.minimum(rows["stories"], SURE_END_STORIES) if view.is_page else 0
    ends = (
        view.free
        & (view.stories >= max(MIN_END_STORIES, MIN_USUAL_SHARE * view.of))
        & (rows["ends"] >= np.maximum(MIN_END_SHARE * rows["stories"], sure))
        & (rows["below"] >= MIN_BELOW_SHARE * rows["stories"])
        & (np.cumsum(np.where(article, view.words, 0)) >= MIN_ARTICLE_WORDS)
    )
    last = {key: at for at, key in enumerate(keys.tolist())}
    end = next((at for at in np.flatnonzero(ends).tolist() if last[int(keys[at])] == at), None)
    return None if end is None or _is_interleaved(view.stories[:end] > 1, article[:end]) else end


def _is_interleaved(repeated: Bools, article: Bools) -> bool:
    """Whether the article's lines come by turns with the publisher's, as those of two columns do that were read across."""
    order = np.where(article, 1, np.where(repeated, -1, 0))
    turns = int((np.diff(order[order != 0]) != 0).sum())
    return turns > MAX_TURNS_SHARE * max(int(article.sum()), MIN_TURNS)


def _label(row: np.void) -> Label:
    """What a line was when it was no part of the article."""
    return Label.PROMO if row["label"] == OF_MEMORY else LABELS[row["label"]]
