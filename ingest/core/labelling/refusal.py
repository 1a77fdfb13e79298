"""Refusal of pages without an article, and the reason: a list of articles, an error, a login, a paywall, an empty frame
for a script.
"""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING

import numpy as np
import regex

from ingest.core.labelling.front_page import (
    MIN_BARE_LINK_DENSITY_AND_CHARACTERS,
    find_openings,
    is_bare_link,
    is_cut,
    is_front_page,
    is_list_of_openings,
    is_truncated_list,
)
from ingest.core.labelling.outline import MIN_BODY_WORDS
from ingest.core.labelling.surroundings import framed
from ingest.core.labelling.tokens import tokenize
from ingest.core.model import Label, Rejected
from ingest.core.text.characters import count_words
from ingest.core.text.scripts import STEM_SYLLABLES, SYLLABIC_CHARACTER, UNSPACED_CHARACTER, UNSPACED_SET
from ingest.core.text.wordlists import load_wordlists
from ingest.errors import Reason

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Sequence

    from ingest.core.labelling.tokens import Bools, Floats
    from ingest.core.model import Block, Prediction

BODY = Label.BODY  # in a loop over blocks it takes ten times as long to name the member

MIN_LONGEST_BLOCK_WORDS = 8.0
"""Fewest words of the longest block of a body."""

MAX_LINK_DENSITY = 0.7
"""Highest share of a body's words in links; lists of links exceed it."""

MAX_STANDFIRST_WORDS, MIN_DESCRIBED_SHARE = 40.0, 0.9
"""Number of words up to which a text above openings of other articles is only the standfirst of an article, if at least this share
of each block is in the page's description.
"""

MAX_HEADLINE_DISTANCE = 4
"""Number of blocks above a brief among which its headline is: a byline, a date and a caption may follow it."""

MIN_CONFIDENCE_AND_WORDS = (0.95, 700.0)
"""Lowest confidence of the labeller in a body of zero words, and the number of words at which any confidence is enough.
A body below this line is text around an article, unless it matches the page's title or description.
"""

MIN_TITLE_OVERLAP, MIN_DESCRIPTION_OVERLAP = 0.6, 0.2
"""Share of a title's words found in a body, and share of a body's words found in the page's description, from which the
body is about the page's subject.
"""

MAX_ERROR_PAGE_WORDS = 200.0
"""Most words of a body that may be the text of an error, a login or a paywall, if the page's title says so."""

MAX_PAYWALL_STUB_WORDS = 40.0
"""Most words of a body that may be the remainder of an article behind a paywall."""

MIN_KEYWORD_LETTERS, STEM_LETTERS = 4, 5
"""Fewest letters of a word that counts as a keyword of a title, and number of its letters that are compared: words are inflected at
their ends.
"""

MIN_PAGE_WORDS = 10
"""A page with fewer words has no text before its scripts have run."""

_PARTS = re.compile(r"\s*[|–—·]\s*|\s+-\s+|(?<=^\d\d\d):\s+")
_WORD = regex.compile(
    rf"[{UNSPACED_SET}]|[\p{{L}}\p{{M}}--[{UNSPACED_SET}]]+", regex.V1
)  # the vowels of Indic scripts are marks
_TRIMMED = " .!?…:0123456789"
_MESSAGES = {
    "needs_javascript": "The page's article is rendered by a script, which is never run.",
    "paywall_stub": "The page shows its article to subscribers only.",
}


def find_refusal(
    blocks: Sequence[Block],
    verdicts: Sequence[Prediction],
    titles: Collection[str] = (),
    *,
    undrawn: bool = False,
    has_script: bool = False,
    lengths: Floats | None = None,
) -> Rejected | None:
    """The reason why a page has no article to record: `no_article`, `paywall_stub` or `needs_javascript`. None if it
    has one.

    `titles`: the titles in its metadata. `undrawn`: it shows no more than its own summary, and a script would render
    the rest. `has_script`: it has a script. `lengths`: the words of each block as the labeller has counted them; counted here if None.
    """
    own = np.asarray([prediction.label is BODY for prediction in verdicts], dtype=np.bool_)
    words = np.zeros(len(blocks))
    if own.any():
        mine = [block.text for block, is_own in zip(blocks, own, strict=True) if is_own]
        words[own] = tokenize(mine).length if lengths is None else lengths[own]
    amount, links = float(words.sum()), np.asarray([b.markup.link_density if b.markup else 0.0 for b in blocks])
    if amount < MAX_ERROR_PAGE_WORDS and (reason := _reason_in_titles(titles)):
        return Rejected(reason, _MESSAGES.get(reason, "The page shows an error, a login or a choice, not news."))
    if amount < MAX_PAYWALL_STUB_WORDS and (reason := _reason_in_text(blocks, paid_only=amount >= MIN_BODY_WORDS)):
        return Rejected(reason, _MESSAGES[reason])
    if undrawn or (has_script and sum(count_words(block.text) for block in blocks) < MIN_PAGE_WORDS):
        return Rejected(Reason.NEEDS_JAVASCRIPT, _MESSAGES["needs_javascript"])
    if amount < MIN_BODY_WORDS:
        return Rejected(Reason.NO_ARTICLE, "No block of the page reads like an article.")
    if float((words * links).sum()) > MAX_LINK_DENSITY * amount or float(words.max()) < MIN_LONGEST_BLOCK_WORDS:
        return Rejected(Reason.NO_ARTICLE, "The page is a list of links to articles.")
    frame = _frame(blocks, verdicts, words, titles)
    if float(words[~frame].sum()) < MIN_BODY_WORDS:
        return Rejected(Reason.NO_ARTICLE, "The page's text is comments, notes about authors or its frame.")
    if _is_list_of_others(blocks, verdicts, words, frame, titles):
        return Rejected(Reason.NO_ARTICLE, "The page is a list of other articles' openings.")
    sure = np.asarray([prediction.confidence for prediction in verdicts])
    if not _is_sure(words, sure) and not _matches_metadata(blocks, words, titles):
        return Rejected(Reason.NO_ARTICLE, "The page's text is not an article, only the text around one.")
    return None


def _frame(blocks: Sequence[Block], verdicts: Sequence[Prediction], words: Floats, titles: Collection[str]) -> Bools:
    """The blocks of the body that stand around an article. Where what is not comments speaks of the page's subject, it is the article:
    an element that is never closed has all that follows inside.
    """
    found = framed(blocks, verdicts, np.flatnonzero(words).tolist(), titles)
    comments = np.zeros(len(blocks), np.bool_)
    comments[[at for at, label in found.items() if label is Label.COMMENTS]] = True
    frame = comments.copy()
    frame[list(found)] = True
    others = np.where(frame & ~comments, words, 0.0)
    return comments if others.any() and _matches_metadata(blocks, others, titles) else frame


def _is_sure(words: Floats, sure: Floats) -> bool:
    """True if the surest part of a body would be enough by itself: a reader's comment below a brief must not lower the
    result.
    """
    order = np.argsort(-sure, kind="stable")
    amounts = np.cumsum(words[order])
    certainty = np.cumsum((words * sure)[order])
    least, outweighed = MIN_CONFIDENCE_AND_WORDS
    return bool(((amounts >= MIN_BODY_WORDS) & (certainty >= (least - amounts / outweighed) * amounts)).any())


@cache
def _phrases(table: str) -> dict[str, frozenset[str]]:
    return {reason: frozenset(phrases) for reason, phrases in load_wordlists("page")[table].items()}


def _reason_in_titles(titles: Iterable[str]) -> str | None:
    """The reason stated by at least half of the titles: "404 – Page not found", "Sign in | The Example"."""
    found: list[str | None] = []
    for title in dict.fromkeys(titles):
        parts = {part.strip(_TRIMMED) for part in (title.casefold(), *_PARTS.split(title.casefold()))}
        found.append(next((r for r, said in _phrases("vain_titles").items() if not said.isdisjoint(parts)), None))
    reasons = [reason for reason in found if reason]
    return reasons[0] if reasons and 2 * len(reasons) >= len(found) else None


def _reason_in_text(blocks: Sequence[Block], *, paid_only: bool) -> str | None:
    """The reason stated by the text of the page."""
    page = " ".join([block.text for block in blocks]).casefold()
    reasons = _phrases("refusals").items()
    return next(
        (r for r, said in reasons if (r == "paywall_stub" or not paid_only) and any(s in page for s in said)), None
    )


def _is_list_of_others(
    blocks: Sequence[Block], verdicts: Sequence[Prediction], words: Floats, frame: Bools, titles: Collection[str]
) -> bool:
    """True if a body is a front page or openings of other articles, without a brief above them: a first run of some length in the
    words of a title. The titles of lists of articles are those of sections. Where openings are only most of the body, a run directly
    below the headline is a brief as well, and so is what stands between them.
    """
    links = np.asarray([block.markup.link_density if block.markup else 0.0 for block in blocks])
    is_front = is_front_page(blocks, words, links) or is_truncated_list(blocks, words)
    openings = find_openings(blocks, words)
    if not is_front and not is_list_of_openings(words, openings | frame):
        return False
    own = np.where(frame, 0.0, words)
    run = _first_run(blocks, own, links)
    if is_front:
        return not _is_brief(blocks, run, titles)
    rest = np.maximum(run, np.where(openings, 0.0, own))
    return not (_is_below_headline(verdicts, run) or _is_brief(blocks, run, titles) or _is_brief(blocks, rest, titles))


def _first_run(blocks: Sequence[Block], words: Floats, links: Floats) -> Floats:
    """The words of a body up to a link or a truncated opening."""
    run = np.zeros(len(words))
    for at, (block, amount, share) in enumerate(zip(blocks, words.tolist(), links.tolist(), strict=True)):
        linked = share > MIN_BARE_LINK_DENSITY_AND_CHARACTERS[0] and (not amount or is_bare_link(block))
        other = linked or is_cut(block.text)
        if other and run.any():
            break
        if amount and not other:
            run[at] = amount
    return run


def _is_below_headline(verdicts: Sequence[Prediction], run: Floats) -> bool:
    """True if a run of some length begins near below the headline."""
    if float(run.sum()) < MIN_BODY_WORDS:
        return False
    first = int(np.flatnonzero(run)[0])
    return any(each.label is Label.HEADLINE for each in verdicts[max(0, first - MAX_HEADLINE_DISTANCE) : first])


def _is_brief(blocks: Sequence[Block], words: Floats, titles: Collection[str]) -> bool:
    """True if a text is of some length, more than a standfirst, and about the page's subject."""
    return (
        float(words.sum()) >= MIN_BODY_WORDS
        and not _is_standfirst(blocks, words)
        and _matches_metadata(blocks, words, titles)
    )


def _is_standfirst(blocks: Sequence[Block], words: Floats) -> bool:
    """True if a text is no longer than a standfirst and says no more than the page's description."""
    described = (
        block.markup is not None and block.markup.metadata_overlap[0] >= MIN_DESCRIBED_SHARE
        for block, amount in zip(blocks, words.tolist(), strict=True)
        if amount
    )
    return float(words.sum()) <= MAX_STANDFIRST_WORDS and all(described)


def _matches_metadata(blocks: Sequence[Block], words: Floats, titles: Iterable[str]) -> bool:
    """True if the body shares the words of a title, or repeats the page's description or declared body."""
    own = [(block, amount) for block, amount in zip(blocks, words.tolist(), strict=True) if amount]
    overlap = sum(amount * max(block.markup.metadata_overlap) for block, amount in own if block.markup)
    return overlap >= MIN_DESCRIPTION_OVERLAP * float(words.sum()) or speaks_of(
        (block.text for block, _ in own), titles
    )


def speaks_of(texts: Iterable[str], titles: Iterable[str]) -> bool:
    """True if the texts contain most of the words of a title."""
    said = {stem for text in texts for stem in _stems(text)}
    named = (set(_stems(title)) for title in titles)
    return any(len(stems) > 1 and len(stems & said) >= MIN_TITLE_OVERLAP * len(stems) for stems in named)


def _stems(text: str) -> Iterator[str]:
    """The beginning of each word of some length; a character of a script without spaces is a word."""
    for word in _WORD.findall(text.casefold()):
        syllables = bool(SYLLABIC_CHARACTER.match(word))
        if len(word) >= (STEM_SYLLABLES if syllables else MIN_KEYWORD_LETTERS) or UNSPACED_CHARACTER.match(word):
            yield word[: STEM_SYLLABLES if syllables else STEM_LETTERS]
