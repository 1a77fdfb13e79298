"""Text among the paragraphs that is not part of the article: script code, the note about its author, and readers'
comments below it.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import regex

from ingest.core.caching import cache_short_texts
from ingest.core.labelling.outline import base
from ingest.core.text.lines import ends_like_sentence
from ingest.core.text.normalize import match_key
from ingest.core.text.scripts import SENTENCE_STOPS
from ingest.core.text.wordlists import load_wordlists, word_set

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ingest.core.labelling.outline import Outline

_SCRIPT = re.compile(
    r"(?:\bwindow\.\w+\s*=[^=]|\bdataLayer\b\s*[.=]|\bdocument\.(?:write|getElement|querySelector|createElement|addEventListener)\w*\s*\("
    r"|\bgoogletag\.\w+|\b(?:gtag|fbq|ga|_paq\.push|addEventListener)\s*\(\s*['\"\[{]|(?:\$|jQuery)\s*\(\s*(?:document|function|['\"][.#])"
    r"|\(\s*function\s*\([\w, ]*\)\s*\{|\bvar\s+\w+\s*=[^=].*;|\badsbygoogle\b)"
)
_CODE_END = re.compile(r"[;})\]]$|</?script", re.IGNORECASE)
"""Checked first: few texts end like this, and the pattern above takes 2 % of a page's time if it is tried on all of
them.
"""

BIO_WORDS = 80
NEAR_END = 2
"""Number of blocks from the end of the body in which a note about an author may be."""
_MAIL = re.compile(r"[\w.+-]+@[\w-]+\.\w|(?<!\w)@\w{3,}")

HERALD_WORDS = 6
STAMP_WORDS = 9
LEAST_STAMPS = 3
LEAST_STAMPS_MARKED = 2
"""Number of lines with a name and a time from which the text between them is readers' comments, without a line that
announces them; and after such a line.
"""
MOST_APART = 8
"""Largest number of blocks from one such line to the next."""
MIN_ARTICLE_PARAGRAPHS, MIN_ARTICLE_WORDS = 2, 40
"""Fewest paragraphs and words of an article above a heading of comments."""
MAX_COMMENT_HEADINGS, MAX_HEADING_LINK_DENSITY = 2, 0.5
MAX_HEADING_CHARACTERS = 40
MIN_COMMENTS = 2
_LETTERS = regex.compile(r"[\p{L}\p{M}\u200c]+")
_DATE = re.compile(
    r"\b\d{1,2}[./-]\d{1,2}[./-](?:\d{4}|\d{2})\b|\b\d{4}[./-]\d{1,2}[./-]\d{1,2}\b|\b\d{1,2}\.? [^\W\d_]{3,12}\.?,? \d{4}\b"
)
_CLOCK = re.compile(r"(?<![\d.,:])(?:[01]?\d|2[0-3])[:h][0-5]\d\b")
_NAME = re.compile(r"[^\W\d_]{2}")
_SENTENCE_END = (*SENTENCE_STOPS, ":")
"""A line that ends like this is not a comment's byline."""


def scripts(page: Outline) -> list[int]:
    """Paragraphs that consist of script code, on a page that shows no code."""
    if any(setting.code is not None for setting in page.settings):
        return []
    return [
        at
        for at, mine in enumerate(page.body)
        if mine and _CODE_END.search(page.blocks[at].text) and _SCRIPT.search(page.blocks[at].text)
    ]


def author_notes(page: Outline, authors: Sequence[str]) -> Iterator[int]:
    """Among the last blocks of the body, those that begin with an author's name and are set apart: all in italics, or
    with an address.
    """
    own = [at for at, mine in enumerate(page.body) if mine]
    names = [name for name in map(match_key, authors) if len(name) > 5]
    for at in own[-NEAR_END:] if names and len(own) > NEAR_END else ():
        block = page.blocks[at]
        element = block.markup.element if block.markup else None
        apart = element is not None and element is not base(block) and element.tag in ("em", "i", "small")
        if (
            page.amount[at] <= BIO_WORDS
            and (apart or _MAIL.search(block.text))
            and match_key(block.text[:80]).startswith(tuple(names))
        ):
            yield at


def comments(page: Outline) -> list[int]:
    """The blocks of the body that are readers' comments."""
    return _below_heading(page) or remarks(page)


def _below_heading(page: Outline) -> list[int]:
    """The blocks below a heading of comments, which has their number or is above lines that are no sentences.

    Without these, it may be the heading of what experts say in the article.
    """
    prose = page.prose
    if len(prose) < MIN_ARTICLE_PARAGRAPHS:
        return []
    start = prose[MIN_ARTICLE_PARAGRAPHS - 1] + 1
    headings = [
        at
        for at, block in enumerate(page.blocks[start:], start)
        if len(block.text) <= MAX_HEADING_CHARACTERS and _is_heading(page, at) and _names_comments(block.text)
    ]
    if not headings or len(headings) > MAX_COMMENT_HEADINGS:  # each entry of a list has its own
        return []
    below = [at for at in range(headings[0], len(page.blocks)) if page.body[at]]
    if sum(page.amount[at] for at in prose if at < headings[0]) < MIN_ARTICLE_WORDS:
        return []
    if any(character.isdigit() for character in page.blocks[headings[0]].text):
        return below
    said = [at for at in below if at > headings[0]]
    loose = sum(not ends_like_sentence(page.blocks[at].text) or page.blocks[at].text[:1].islower() for at in said)
    return below if len(said) >= MIN_COMMENTS and 2 * loose >= len(said) else []


@cache_short_texts
def _names_comments(text: str) -> bool:
    """True if a text is a heading of comments: "Comments (3)"."""
    return " ".join(_LETTERS.findall(text.casefold())) in word_set("comments", "headings") and not text.endswith("?")


def _is_heading(page: Outline, at: int) -> bool:
    """True if a line is neither a link nor code."""
    markup = page.blocks[at].markup
    return markup is not None and markup.link_density <= MAX_HEADING_LINK_DENSITY and page.settings[at].code is None


def remarks(page: Outline) -> list[int]:
    """The blocks from the first comment's byline on: lines with a name and a time, each a few blocks after the one
    before.

    Without a short line above that announces comments, more bylines are required, each with a different name: the
    entries of a live report have times only.
    """
    prose = page.prose
    if len(prose) < 2:
        return []
    short = (at for at in range(prose[0] + 1, len(page.blocks)) if page.amount[at] <= STAMP_WORDS)
    stamps = [at for at in short if _is_stamp(page.blocks[at].text)]
    runs: list[list[int]] = []
    for at in stamps:
        if runs and at - runs[-1][-1] <= MOST_APART:
            runs[-1].append(at)
        else:
            runs.append([at])
    for run in runs:
        above = next((at for at in range(run[0] - 1, max(run[0] - 4, prose[0]), -1) if _announces(page, at)), None)
        if len(run) < (LEAST_STAMPS if above is None else LEAST_STAMPS_MARKED):
            continue
        run = run if above is not None else [at for at in run if _CLOCK.search(page.blocks[at].text)]  # noqa: PLW2901
        if above is None and not _signed(page, run):
            continue
        start = run[0] if above is None else above
        if sum(page.amount[at] for at in prose if at < start) < sum(page.amount[at] for at in prose if at > start) / 6:
            continue
        return [
            at
            for at in range(start, len(page.blocks))
            if page.body[at] and page.settings[at].table is page.settings[run[0]].table
        ]
    return []


def _announces(page: Outline, at: int) -> bool:
    """True if a short line announces comments."""
    said = page.blocks[at].text.casefold()
    return page.amount[at] <= HERALD_WORDS and any(
        phrase in said for phrase in load_wordlists("lines")["labels"]["comments"]
    )


def _is_stamp(text: str) -> bool:
    """True if a short line may be a comment's byline: with a date, and not a sentence."""
    return bool(_DATE.search(text)) and not text.endswith(_SENTENCE_END)


def _signed(page: Outline, run: Sequence[int]) -> bool:
    """True if each time has a different name beside it: a live report has times only."""
    bare = (_CLOCK.sub("", _DATE.sub("", page.blocks[at].text)) for at in run)
    names = {match_key(name) for name in bare if _NAME.search(name)}
    return len(names) >= LEAST_STAMPS and 2 * len(names) >= len(run)
