"""Whether a page has an article at all, and why not: a list of articles, an error, a login, a wall, a script's empty frame."""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING

import numpy as np
import regex

from ingest.evidence.reading import read
from ingest.lexicon import lexicon
from ingest.model import Label, Rejected
from ingest.signs import WIDE

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Sequence

    from ingest.evidence.reading import Floats
    from ingest.model import Block, Verdict

LEAST_WORDS = 15.0
"""Words of the shortest body."""

LEAST_LONGEST = 8.0
"""Words of the longest block of a body."""

MOST_LINKED = 0.7
"""Share of a body's words in links; lists of links are above it."""

BARE_LINK = (0.8, 24)
"""Share in links and characters (a wide one counts twice) from which a line is the headline of another article, in a list of them."""

TEASERS = (100.0, 0.4, 0.5)
"""A front page: no run of its body between two bare links has so many words, nor this share of them all, and more than this
share stands right under such links, the first words too. Of 1,145 pages with an article none is like that; of 284 whose
article was replaced by teasers 76 %, and in most others something of it was left.
"""

CUT_SHORT = (4, 0.3)
"""Blocks of a body that break off with dots, and their share of its words, from which they are openings of other articles: of 1,149
pages with an article none has four such blocks with a fifth of the words.
"""

DOUBT = (0.95, 700.0)
"""How sure the labeller is of a body of no words at all, and the words that outweigh all doubt: what it is less sure of is what
stands around an article, unless it says what the page is called or what the description says.
"""

NAMED, DESCRIBED = 0.6, 0.2
"""Shares of a title's words in a body, and of a body's words in the page's description, from which it is what the page is about."""

VAIN = 200.0
"""Words of a body that may be the text of an error, a login or a wall, if the page's title says so."""

STUB = 40.0
"""Words of a body that may be all that a wall leaves of an article."""

MEANING = 4
"""Letters of a word that says what a title is about."""

NOTHING = 10
"""Words of a page that has none before its scripts have run."""

_PARTS = re.compile(r"\s*[|–—·]\s*|\s+-\s+|(?<=^\d\d\d):\s+")
_UNSPACED = r"\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u1950-\u19df\u1a20-\u1aaf\u3040-\u30ff\u3400-\u9fff\ua980-\ua9ff\uaa60-\uaa7f"
_WORD = regex.compile(
    rf"[{_UNSPACED}]|[\p{{L}}\p{{M}}--[{_UNSPACED}]]+", regex.V1
)  # the vowels of Indic scripts are marks
_CLOSING = ' ])»"”'
_EDGE = " .!?…:0123456789"
_MESSAGES = {
    "needs_javascript": "The page's article is drawn by a script, which is never run.",
    "paywall_stub": "The page shows its article to subscribers alone.",
}


def refusal(
    blocks: Sequence[Block], verdicts: Sequence[Verdict], titles: Collection[str] = (), *, undrawn: bool = False
) -> Rejected | None:
    """Why a page has no article to record, if so: `no_article`, `paywall_stub` or `needs_javascript`. None: it has one.

    `titles`: what its metadata call it. `undrawn`: it says no more than its own summary, and a script would draw the rest.
    """
    own = np.asarray([verdict.label is Label.BODY for verdict in verdicts], dtype=np.bool_)
    words = np.zeros(len(blocks))
    if own.any():
        words[own] = read([block.text for block, mine in zip(blocks, own, strict=True) if mine]).length
    amount, links = float(words.sum()), np.asarray([b.markup.link_share if b.markup else 0.0 for b in blocks])
    if amount < VAIN and (reason := _titled(titles)):
        return Rejected(reason, _MESSAGES.get(reason, "The page tells of an error, a login or a choice, not of news."))
    if amount < STUB and (reason := _said(blocks, paid_only=amount >= LEAST_WORDS)):
        return Rejected(reason, _MESSAGES[reason])
    if undrawn:
        return Rejected("needs_javascript", _MESSAGES["needs_javascript"])
    if amount < LEAST_WORDS:
        return Rejected("no_article", "No block of the page reads like an article.")
    if float((words * links).sum()) > MOST_LINKED * amount or float(words.max()) < LEAST_LONGEST:
        return Rejected("no_article", "The page is a list of links to articles.")
    if (_teasers(blocks, words, links) or _cut_short(blocks, words)) and not _begins_named(
        blocks, words, links, titles
    ):
        return Rejected("no_article", "The page is a list of other articles' openings.")
    sure = np.asarray([verdict.certainty for verdict in verdicts])
    if float((words * sure).sum()) < (DOUBT[0] - amount / DOUBT[1]) * amount and not _is_named(blocks, words, titles):
        return Rejected("no_article", "What the page says is what stands around an article.")
    return None


@cache
def _phrases(table: str) -> dict[str, frozenset[str]]:
    return {reason: frozenset(phrases) for reason, phrases in lexicon("page")[table].items()}


def _titled(titles: Iterable[str]) -> str | None:
    """The reason that at least half of the titles give away: "404 – Page not found", "Sign in | The Example"."""
    found: list[str | None] = []
    for title in dict.fromkeys(titles):
        parts = {part.strip(_EDGE) for part in (title.casefold(), *_PARTS.split(title.casefold()))}
        found.append(next((r for r, said in _phrases("vain_titles").items() if not said.isdisjoint(parts)), None))
    reasons = [reason for reason in found if reason]
    return reasons[0] if reasons and 2 * len(reasons) >= len(found) else None


def _said(blocks: Sequence[Block], *, paid_only: bool) -> str | None:
    """The reason that the page's words give."""
    page = " ".join([block.text for block in blocks]).casefold()
    if len(page.split()) < NOTHING:
        return "needs_javascript"
    reasons = _phrases("refusals").items()
    return next(
        (r for r, said in reasons if (r == "paywall_stub" or not paid_only) and any(s in page for s in said)), None
    )


def _teasers(blocks: Sequence[Block], words: Floats, links: Floats) -> bool:
    """Whether the body falls into short runs, each under a link that is a headline of its own, the first one too."""
    most, least, under = TEASERS
    run = longest = alone = opening = 0.0
    led = False
    for block, mine, share in zip(blocks, words.tolist(), links.tolist(), strict=True):
        if share > BARE_LINK[0] and is_bare_link(block):
            run, led = 0.0, True
        elif mine:
            run += mine
            longest = max(longest, run)
            alone += mine if led else 0.0
            opening += 0.0 if alone else mine
            led = False
    amount = float(words.sum())
    return opening < LEAST_WORDS and longest < most and longest < least * amount and alone > under * amount


def is_bare_link(block: Block) -> bool:
    """Whether a line is a link and long enough for the headline of another article."""
    share = block.markup.link_share if block.markup else 0.0
    return share > BARE_LINK[0] and len(block.text) + len(WIDE.findall(block.text)) >= BARE_LINK[1]


def _cut_short(blocks: Sequence[Block], words: Floats) -> bool:
    """Whether much of the body breaks off with dots, as the openings of articles do in lists of them."""
    own = ((block.text, amount) for block, amount in zip(blocks, words.tolist(), strict=True) if amount)
    cut = [amount for text, amount in own if is_cut(text)]
    return len(cut) >= CUT_SHORT[0] and sum(cut) >= CUT_SHORT[1] * float(words.sum())


def _begins_named(blocks: Sequence[Block], words: Floats, links: Floats, titles: Collection[str]) -> bool:
    """Whether the first run of the body, up to a bare link or an opening that breaks off, is of some length and speaks of what a title says:
    a brief, with other articles under it. Titles of lists of articles are those of sections.
    """
    run = np.zeros(len(words))
    for at, (block, amount, share) in enumerate(zip(blocks, words.tolist(), links.tolist(), strict=True)):
        begun = bool(run.any())
        if begun and (is_cut(block.text) or (share > BARE_LINK[0] and not amount)):
            break
        if amount and not is_cut(block.text):
            run[at] = amount
    return float(run.sum()) >= LEAST_WORDS and _is_named(blocks, run, titles)


def is_cut(text: str) -> bool:
    """Whether a text breaks off with dots."""
    return text.rstrip(_CLOSING).endswith(("…", "..."))


def _is_named(blocks: Sequence[Block], words: Floats, titles: Iterable[str]) -> bool:
    """Whether the body speaks of what a title says, or says what the page's description or its declared body does."""
    own = [(block, amount) for block, amount in zip(blocks, words.tolist(), strict=True) if amount]
    told = sum(amount * max(block.markup.told) for block, amount in own if block.markup)
    return told >= DESCRIBED * float(words.sum()) or speaks_of((block.text for block, _ in own), titles)


def speaks_of(texts: Iterable[str], titles: Iterable[str]) -> bool:
    """Whether texts say most of the words of a title."""
    said = {stem for text in texts for stem in _stems(text)}
    named = (set(_stems(title)) for title in titles)
    return any(len(stems) > 1 and len(stems & said) >= NAMED * len(stems) for stems in named)


def _stems(text: str) -> Iterator[str]:
    """The first five letters of each word of some length, for words bend at their ends; a wide sign is a word."""
    return (word[:5] for word in _WORD.findall(text.casefold()) if len(word) >= MEANING or WIDE.match(word))
