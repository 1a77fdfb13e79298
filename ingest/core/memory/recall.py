"""What memory says of one article's blocks: how many other stories have each line, and which lines are the publisher's, not the article's.

A line that comes back in different stories is the publisher's, unless it stands among the article's own paragraphs and looks like a part of
them: a formula ("did not immediately respond to a request for comment"), a section head, a quotation, a row of a table.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from ingest.core.memory.forms import form_keys
from ingest.core.memory.lines import line_keys
from ingest.core.memory.observation import LABELS, OF_MEMORY, sketch_of
from ingest.core.memory.places import place_keys
from ingest.core.memory.publisher import find, within
from ingest.core.model import Label
from ingest.core.text.characters import count_words
from ingest.core.text.lines import ends_like_sentence, is_prose

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from ingest.core.memory.publisher import PublisherMemory, Rows
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
MIN_PLACE_STORIES = 4
MIN_PLACE_SHARE = 0.3
"""Share of the stories, of at least so many, from which articles stand in a place of the publisher's template."""
MAX_OUTSIDE_SHARE = 0.5
"""Share of a place's stories up to which it seldom holds the article."""
MIN_HOME_SHARE = 0.9
"""Share of a place's stories, of at least `MIN_PLACE_STORIES`, from which it always holds the article."""
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
MIN_LEFT_WORDS = 15
"""Words that must be left of the article, or memory is not believed: a second version of a story that it does not know again."""


class Remembered(NamedTuple):
    """A block that memory decides: what it is, by which rule, and the counts that say so: in `stories` of `of`."""

    label: Label
    rule: str
    stories: int
    of: int


def recall(
    memory: PublisherMemory,
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
    keys = line_keys(block.text for block in blocks)
    at, found = find(memory.lines, keys)
    places = _Places.of(memory, blocks)
    if not (found.any() or places.seen.any()):
        return {}
    rows = memory.lines[np.where(found, at, 0)]
    stories = np.where(found, rows["stories"], 0).astype(np.intp)
    own, uncertain, allowed = np.asarray(body, bool), np.asarray(doubt), np.asarray(free, bool)
    of = memory.stories
    if _is_known(memory, blocks, own, stories, headline):
        of, stories = of - 1, np.maximum(stories - 1, 0)
    if of < 1:
        return {}
    words = np.array([count_words(block.text) for block in blocks])
    decided = {}
    prose = np.array([is_prose(block.text) for block in blocks])
    sentence = prose | np.array([ends_like_sentence(block.text) for block in blocks]) & (words >= MIN_SENTENCE_WORDS)
    inside = within(article := own & (stories == 0), article & prose)
    usual = (stories > 1) & (stories >= MIN_USUAL_SHARE * of)
    gone = _repeats(blocks, stories, of, inside, prose, sentence, usual, uncertain)
    for index in np.flatnonzero(gone & allowed).tolist():
        decided[index] = Remembered(_label(rows[index]), REPEATS, int(stories[index]), of)
    is_page = any(block.markup for block in blocks)
    end = _end(rows, stories, of, keys, words, own & (stories <= 1), allowed, SURE_END_STORIES if is_page else 0)
    if end is not None:
        below = allowed & ~(places.is_home() & (uncertain <= MAX_ARTICLE_DOUBT))
        for index in (end + 1 + np.flatnonzero(below[end + 1 :])).tolist():
            ends = Remembered(_label(rows[end]), BELOW, int(rows[end]["ends"]), int(rows[end]["stories"]))
            decided.setdefault(index, ends)
    tail, first = _tail(inside, usual & (not is_page))
    for index in np.flatnonzero(
        tail & allowed & own & ((stories > 0) | ~sentence | (uncertain >= MIN_ONCE_DOUBT))
    ).tolist():
        decided.setdefault(index, Remembered(_label(rows[first]), BELOW, int(stories[first]), of))
    outside = _outside(places, own, words, uncertain, of)
    for index in np.flatnonzero(outside & allowed).tolist():
        decided.setdefault(index, Remembered(Label.PROMO, OUTSIDE, int(places.held[index]), int(places.seen[index])))
    forms = _forms(memory, blocks, of)
    for index in np.flatnonzero((forms > 0) & ~inside & own & allowed & ~found).tolist():
        decided.setdefault(index, Remembered(Label.PROMO, FORM_RULE, int(forms[index]), of))
    left = int(words[[own[i] and i not in decided for i in range(len(blocks))]].sum())
    return decided if left >= MIN_LEFT_WORDS else {}


class _Places(NamedTuple):
    """What is known of the place of each block: stories that have it, and those in which it held a part of the article. 0 outside of pages."""

    seen: Ints
    held: Ints

    @classmethod
    def of(cls, memory: PublisherMemory, blocks: Sequence[Block]) -> _Places:
        at, found = find(memory.lines, place_keys(blocks))
        rows = memory.lines[np.where(found, at, 0)] if len(memory.lines) else np.zeros(len(blocks), memory.lines.dtype)
        return cls(*(np.where(found, rows[count], 0).astype(np.intp) for count in ("stories", "body")))

    def is_home(self) -> Bools:
        """Which places always held the article."""
        return (self.seen >= MIN_PLACE_STORIES) & (self.held >= MIN_HOME_SHARE * self.seen)

    def is_foreign(self) -> Bools:
        """Which places never did."""
        return np.asarray((self.seen >= MIN_PLACE_STORIES) & (self.held == 0))


def _is_known(
    memory: PublisherMemory, blocks: Sequence[Block], own: Bools, stories: Ints, headline: str | None
) -> bool:
    """Whether the memory has learned from this article, or another version of it: as the labeller sees it, or without what comes back."""
    if not (own & (stories > 0)).any():
        return False
    return any(
        memory.knows_story(sketch_of([block.text for block, mine in zip(blocks, part, strict=True) if mine], headline))
        for part in (own, own & (stories < 2))
    )


def _repeats(
    blocks: Sequence[Block],
    stories: Ints,
    of: int,
    inside: Bools,
    prose: Bools,
    sentence: Bools,
    usual: Bools,
    doubt: Floats,
) -> Bools:
    """The lines that are the publisher's own. `inside`: which stand among the article's paragraphs."""
    if of == 1:
        return (stories > 0) & (doubt >= MIN_LONE_DOUBT)
    texts = Counter(block.text for block in blocks)
    heads = np.array([texts[block.text] > 1 for block in blocks])
    doubted = doubt >= MIN_ONCE_DOUBT
    around = (stories >= MIN_AROUND_SHARE * of) | doubted | ~sentence
    among = doubted | np.where(prose, usual, (stories > 1) & (doubt >= MIN_HEAD_DOUBT))
    return (stories > 0) & np.where(inside, among & ~heads, around)


def _tail(inside: Bools, usual: Bools) -> tuple[Bools, int]:
    """What stands below the article's prose and a usual line of the publisher's, and the first such line."""
    below = np.arange(len(inside)) > (np.flatnonzero(inside)[-1] if inside.any() else len(inside))
    ends = np.flatnonzero(below & usual)
    first = int(ends[0]) if len(ends) else len(inside)
    return np.arange(len(inside)) > first, first


def _outside(places: _Places, own: Bools, words: Ints, doubt: Floats, of: int) -> Bools:
    """Blocks in places that never held an article, and doubtful ones below the article in places that seldom did."""
    foreign = own & places.is_foreign()
    article = own & (doubt <= MAX_ARTICLE_DOUBT) & (places.held >= MIN_PLACE_SHARE * of)
    if of < MIN_PLACE_STORIES or words[article].sum() < MIN_PLACE_WORDS:
        return foreign
    below = np.arange(len(own)) > np.flatnonzero(article)[-1]
    seldom = own & below & (places.held <= MAX_OUTSIDE_SHARE * places.seen) & (doubt >= MIN_OUTSIDE_DOUBT)
    return np.asarray(foreign | seldom)


def _forms(memory: PublisherMemory, blocks: Sequence[Block], of: int) -> Ints:
    """How many other stories have a line around their prose that begins or ends as each line does; 0 where it is too few."""
    keys = form_keys(blocks).ravel()
    at, found = find(memory.lines, keys)
    found &= keys != 0
    stories = np.zeros(len(keys), np.intp)
    stories[found] = memory.lines["stories"][at[found]].astype(np.intp) - (memory.stories - of)
    most = stories.reshape(-1, 2).max(axis=1)
    return np.asarray(np.where((most > 1) & (most >= MIN_USUAL_SHARE * of), most, 0))


def _end(
    rows: Rows, stories: Ints, of: int, keys: NDArray[np.uint64], words: Ints, article: Bools, free: Bools, sure: int
) -> int | None:
    """The first line with enough of the article above it that ends this publisher's articles, and has ended `sure` of them or all that have it."""
    ends = (
        free
        & (stories >= max(MIN_END_STORIES, MIN_USUAL_SHARE * of))
        & (rows["ends"] >= np.maximum(MIN_END_SHARE * rows["stories"], np.minimum(rows["stories"], sure)))
        & (rows["below"] >= MIN_BELOW_SHARE * rows["stories"])
        & (np.cumsum(np.where(article, words, 0)) >= MIN_ARTICLE_WORDS)
    )
    last = {key: at for at, key in enumerate(keys.tolist())}
    end = next((at for at in np.flatnonzero(ends).tolist() if last[int(keys[at])] == at), None)
    return None if end is None or _is_interleaved(stories[:end] > 1, article[:end]) else end


def _is_interleaved(repeated: Bools, article: Bools) -> bool:
    """Whether the article's lines come by turns with the publisher's, as those of two columns do that were read across."""
    order = np.where(article, 1, np.where(repeated, -1, 0))
    turns = int((np.diff(order[order != 0]) != 0).sum())
    return turns > MAX_TURNS_SHARE * max(int(article.sum()), MIN_TURNS)


def _label(row: np.void) -> Label:
    """What a line was when it was no part of the article."""
    return Label.PROMO if row["label"] == OF_MEMORY else LABELS[row["label"]]
