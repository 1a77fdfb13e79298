"""Refusal of pages without an article, and the reason: a list of articles, an error, a login, a paywall, an empty frame
for a script.
"""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING

import numpy as np
import regex

from ingest.core.labelling.tokens import tokenize
from ingest.core.model import Label, Rejected
from ingest.core.text.characters import count_words
from ingest.core.text.scripts import STEM_SYLLABLES, SYLLABIC_CHARACTER, UNSPACED_CHARACTER, UNSPACED_SET
from ingest.core.text.wordlists import load_wordlists
from ingest.errors import Reason

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Sequence

    from ingest.core.labelling.tokens import Floats
    from ingest.core.model import Block, Prediction

BODY = Label.BODY  # in a loop over blocks it takes ten times as long to name the member

MIN_BODY_WORDS = 15.0
"""Fewest words of a body."""

MIN_LONGEST_BLOCK_WORDS = 8.0
"""Fewest words of the longest block of a body."""

MAX_LINK_DENSITY = 0.7
"""Highest share of a body's words in links; lists of links exceed it."""

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
_WIDE = re.compile(f"{UNSPACED_CHARACTER.pattern}|[\\uac00-\\ud7a3]")
_CLOSING = ' ])»"”'
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
    lengths: Floats | None = None,
) -> Rejected | None:
    """The reason why a page has no article to record: `no_article`, `paywall_stub` or `needs_javascript`. None if it
    has one.

    `titles`: the titles in its metadata. `undrawn`: it shows no more than its own summary, and a script would render
    the rest. `lengths`: the words of each block as the labeller has counted them; counted here if None.
    """
    own = np.asarray([prediction.label is BODY for prediction in verdicts], dtype=np.bool_)
    if lengths is None:
        lengths = tokenize([block.text for block in blocks]).length if blocks else np.zeros(0)
    words = np.where(own, lengths, 0.0)
    amount, links = float(words.sum()), np.asarray([b.markup.link_density if b.markup else 0.0 for b in blocks])
    if amount < MAX_ERROR_PAGE_WORDS and (reason := _reason_in_titles(titles)):
        return Rejected(reason, _MESSAGES.get(reason, "The page shows an error, a login or a choice, not news."))
    if amount < MAX_PAYWALL_STUB_WORDS and (reason := _reason_in_text(blocks, paid_only=amount >= MIN_BODY_WORDS)):
        return Rejected(reason, _MESSAGES[reason])
    if undrawn:
        return Rejected(Reason.NEEDS_JAVASCRIPT, _MESSAGES["needs_javascript"])
    if amount < MIN_BODY_WORDS:
        return Rejected(Reason.NO_ARTICLE, "No block of the page reads like an article.")
    if float((words * links).sum()) > MAX_LINK_DENSITY * amount or float(words.max()) < MIN_LONGEST_BLOCK_WORDS:
        return Rejected(Reason.NO_ARTICLE, "The page is a list of links to articles.")
    if (_is_front_page(blocks, words, links) or _is_list_of_openings(blocks, words)) and not _begins_named(
        blocks, words, links, titles
    ):
        return Rejected(Reason.NO_ARTICLE, "The page is a list of other articles' openings.")
    sure = np.asarray([prediction.confidence for prediction in verdicts])
    if not _is_sure(words, sure) and not _matches_metadata(blocks, words, titles):
        return Rejected(Reason.NO_ARTICLE, "The page's text is not an article, only the text around one.")
    return None


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
    if count_words(page) < MIN_PAGE_WORDS:
        return "needs_javascript"
    reasons = _phrases("refusals").items()
    return next(
        (r for r, said in reasons if (r == "paywall_stub" or not paid_only) and any(s in page for s in said)), None
    )


def _is_front_page(blocks: Sequence[Block], words: Floats, links: Floats) -> bool:
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


def _is_list_of_openings(blocks: Sequence[Block], words: Floats) -> bool:
    """True if much of the body is truncated with an ellipsis, as the openings in lists of articles are."""
    own = ((block.text, amount) for block, amount in zip(blocks, words.tolist(), strict=True) if amount)
    cut = [amount for text, amount in own if is_cut(text)]
    return len(cut) >= MIN_TRUNCATED_BLOCKS_AND_SHARE[0] and sum(cut) >= MIN_TRUNCATED_BLOCKS_AND_SHARE[1] * float(
        words.sum()
    )


def _begins_named(blocks: Sequence[Block], words: Floats, links: Floats, titles: Collection[str]) -> bool:
    """True if the first run of the body, up to a bare link or a truncated opening, is of some length and shares the
    words of a title: a brief with other articles below it. The titles of lists of articles are those of sections.
    """
    run = np.zeros(len(words))
    for at, (block, amount, share) in enumerate(zip(blocks, words.tolist(), links.tolist(), strict=True)):
        begun = bool(run.any())
        if begun and (is_cut(block.text) or (share > MIN_BARE_LINK_DENSITY_AND_CHARACTERS[0] and not amount)):
            break
        if amount and not is_cut(block.text):
            run[at] = amount
    return float(run.sum()) >= MIN_BODY_WORDS and _matches_metadata(blocks, run, titles)


def is_cut(text: str) -> bool:
    """True if a text ends with an ellipsis."""
    return text.rstrip(_CLOSING).endswith(("…", "..."))


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
