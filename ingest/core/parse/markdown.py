"""Text that another tool wrote as Markdown: its marks are wrapping, its links are links. Marks inside a line alone (CommonMark)."""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING

from ingest.core.limits import MAX_RULE_TEXT_CHARACTERS
from ingest.core.model import Link

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.token import Token

MIN_MARKS = 2
"""Marks from which a text is Markdown: one pair of stars may be a footnote's."""
MAX_MARKS = 20_000
"""Characters of a text that may be marks: no article has so many, and 3 million of them take the reader 17 s."""

_MARK = re.compile(
    r"^#{1,6} \S|\*\*[^\s*][^*\n]{0,300}\*\*|\[[^\][\n]{1,300}\]\(https?://[^\s)]{1,900}\)", re.MULTILINE
)
_MARK_HINTS = ("**", "](http", "\n#")
"""Of these every mark holds one, but for a heading in the first line: found in a third of the time that marks are looked for; 1 text in 60 has one."""

_MARK_CHARACTER = re.compile(r"[*_`\[\\]")
_IMAGE = re.compile(r"!\[")


def is_markdown(text: str) -> bool:
    """Whether a text says with at least two marks that it is Markdown, and is more than marks."""
    if not (text.startswith("#") or any(part in text for part in _MARK_HINTS)):
        return False
    return sum(map(text.count, "*_`[\\")) <= MAX_MARKS and len(_MARK.findall(text)) >= MIN_MARKS


def strip_markdown(line: str) -> tuple[str, tuple[Link, ...]]:
    """A line's words as a reader sees them, and its links. A line with a picture stays as it is: its words are no text of the article; so
    does one too long for a paragraph.
    """
    if len(line) > MAX_RULE_TEXT_CHARACTERS or not _MARK_CHARACTER.search(line) or _IMAGE.search(line):
        return line, ()
    words: list[str] = []
    links: list[Link] = []
    opened: tuple[str, int] | None = None
    for token in _tokens(line):
        if token.type == "link_open":
            opened = str(token.attrs["href"]), len(words)
        elif token.type == "link_close" and opened:
            links.append(Link("".join(words[opened[1] :]), opened[0]))
        else:
            words.append(token.content)
    text = " ".join("".join(words).split())
    return (text, tuple(link for link in links if link.url.startswith(("http://", "https://")))) if text else (line, ())


def _tokens(line: str) -> list[Token]:
    return next((block.children or [] for block in _parser().parseInline(line)), [])


@cache
def _parser() -> MarkdownIt:
    from markdown_it import MarkdownIt  # noqa: PLC0415  for the few texts that need it

    return MarkdownIt("commonmark", {"html": False})
