"""Plain text becomes blocks: one non-empty line is one block, once hard-wrapped lines are whole again."""

from __future__ import annotations

import itertools
import re
from collections import Counter
from typing import NamedTuple

from ingest.model import Block, Kind, Markup
from ingest.parse.date_lines import date_line
from ingest.parse.markdown import is_markdown, without_marks

LIST_LINE = 120
"""Lines no longer than this, with no blank line between them, are lines of a list; longer ones are paragraphs."""
NARROWEST, WIDEST = 40, 110
"""Columns at which mail and wire software wraps."""
UNFINISHED = 40
"""Characters from which a line that ends without a stop may be the beginning of a sentence; shorter ones are titles and lists."""
FRAGMENT = 40
"""Characters that the words of a link have at the most, where they stand on a line of their own."""
UNDERLINE_SLACK = 2
"""Signs by which a line under a title is shorter or longer than the title."""

_BULLET = re.compile(r"(?:[-*•‣▪◦–—·]|\d{1,2}[.)])\s+\S")
_HEADING = re.compile(r"#{1,6}\s+(?=\S)")
_QUOTED = re.compile(r"(?:>\s?)+")
_SEPARATOR = re.compile(r"[-=*_~—–―─·•.\s]{3,}")
_UNDERLINE = re.compile(r"=+|-+|~+")
_SENTENCE_END = (".", "!", "?", '"', "”", "»", "。", "！", "？", "」", ":", ";")
_UNFINISHED_NOT = (*_SENTENCE_END, "…", ")", "]", "|", "»", "’", "؟", "।", "۔")
_WIDE = re.compile(r"[\u3000-\u30ff\u3400-\u9fff\uff00-\uffef]")  # written without spaces
_SUSPENDED = re.compile(r"(?:and|or|und|oder|bis|to|et|y|e|en)\b")


class _Line(NamedTuple):
    """One non-empty line. `indent`: columns before its first sign."""

    text: str
    indent: int
    gap: bool


def text_blocks(text: str) -> tuple[Block, ...]:
    r"""The blocks of a text in NFC with \\n line ends. No word of it is lost, but for marks of quotation, wrapping and Markdown."""
    text = _unquote(text)
    marked = is_markdown(text)
    lines = _without_underlines(_lines(text))
    width = _wrap_width(lines)
    lines = _unwrap(lines, width) if width else _joined(lines)
    blocks = list(map(_block, lines, _listed(lines)))
    return tuple(map(_unmarked, blocks) if marked else blocks)


def _listed(lines: list[_Line]) -> list[bool]:
    """Whether each is a line of a list: a short one beside another, with no blank line between."""
    short = [len(line.text) <= LIST_LINE for line in lines]
    follows = [a and b and not line.gap for a, b, line in zip(short, short[1:], lines[1:], strict=False)]
    around = zip([False, *follows], [*follows, False], strict=True)
    return [above or below for above, below in around][
        : len(lines)
    ]  # of nothing but marks of quotation, no line is left


def _unmarked(block: Block) -> Block:
    text, links = without_marks(block.text)
    if text == block.text:
        return block
    share = min(1.0, sum(len(link.text) for link in links) / len(text))
    return block._replace(text=text, markup=Markup(links=links, link_share=share) if links else None)


def _block(line: _Line, in_list: bool) -> Block:  # noqa: FBT001  mapped over lines and flags
    kind: Kind = "paragraph"
    text = line.text
    if text[0].isalpha():
        kind = "list_item" if in_list else "paragraph"
    elif heading := _HEADING.match(text):
        kind, text = "heading", text[heading.end() :]
    elif _SEPARATOR.fullmatch(text):
        kind = "separator"
    elif in_list or _BULLET.match(text):
        kind = "list_item"
    return Block(text, kind, line.gap)


def _lines(text: str) -> list[_Line]:
    lines, gap = [], True
    for raw in text.split("\n"):
        line = " ".join(raw.split())
        if line:
            lines.append(_Line(line, raw.index(line[0]), gap))
        gap = not line
    return lines


def _without_underlines(lines: list[_Line]) -> list[_Line]:
    """A line of signs drawn under a title, as long as the title, is its typography; any other parts what stands around it."""
    above = [_Line("", 0, gap=True), *lines]
    return [
        line
        for over, line in zip(above, lines, strict=False)
        if line.gap
        or line.text[0] not in "=-~"
        or not _UNDERLINE.fullmatch(line.text)
        or abs(len(line.text) - len(over.text)) > UNDERLINE_SLACK
    ]


def _unquote(text: str) -> str:
    """A text quoted whole by a mail program loses its marks; a text that quotes keeps them."""
    if not text.lstrip().startswith(">"):
        return text
    lines = text.split("\n")
    filled = [line for line in lines if line.strip()]
    if sum(line.startswith(">") for line in filled) * 10 < len(filled) * 9:
        return text
    return "\n".join(_QUOTED.sub("", line, count=1) if line.startswith(">") else line for line in lines)


def _wrap_width(lines: list[_Line]) -> int | None:
    """The column at which the text was wrapped, or None.

    Wrapping is greedy: the next line's first word did not fit. That holds at nearly every line end inside the paragraphs of a
    wrapped text, and sentences run across most of them; lists and verse break both.
    """
    pairs = []
    for above, line in itertools.pairwise(lines):
        if not line.gap and not _starts_anew(above, line):
            if len(above.text) + above.indent > WIDEST:  # most texts are told by their first line
                return None
            pairs.append((above, line))
    if len(pairs) < 3:
        return None
    width = max(_columns(above.text) + above.indent for above, _ in pairs)
    if not NARROWEST <= width <= WIDEST:
        return None
    full = [above.text for above, line in pairs if _did_not_fit(above, line, width)]
    running = sum(not text.endswith(_SENTENCE_END) for text in full)
    return width if len(full) * 10 >= len(pairs) * 8 and running * 10 >= len(full) * 6 else None


def _unwrap(lines: list[_Line], width: int) -> list[_Line]:
    whole: list[_Line] = []
    last: _Line | None = None
    for line in lines:
        if last and not line.gap and not _starts_anew(last, line) and _did_not_fit(last, line, width):
            whole[-1] = _Line(_join(whole[-1].text, line.text), whole[-1].indent, whole[-1].gap)
        else:
            whole.append(line)
        last = line
    return whole


def _joined(lines: list[_Line]) -> list[_Line]:
    """The lines with sentences made whole that were broken within: at the links of a page, or at a column too few lines keep to.

    A sentence goes on where a long line does not end and the next begins small, or where a fragment stands between two such.
    """
    if not any(_goes_on(above, line) for above, line in itertools.pairwise(lines)):
        return lines
    twice = {text for text, times in Counter(line.text for line in lines).items() if times > 1}
    whole: list[_Line] = []
    open_from = -1  # place in `whole` of a sentence that a fragment has joined
    for at, line in enumerate(lines):
        last = whole[-1] if whole else None
        fits = last is not None and not line.gap and line.text not in twice and lines[at - 1].text not in twice
        if last is not None and fits and not _starts_anew(lines[at - 1], line) and not date_line(line.text):
            following = lines[at + 1] if at + 1 < len(lines) and not lines[at + 1].gap else None
            fragment = (
                len(last.text) >= UNFINISHED
                and not last.text.endswith(_UNFINISHED_NOT)
                and following is not None
                and len(line.text) <= FRAGMENT
                and not line.text.endswith(_SENTENCE_END)
                and following.text[0].islower()
                and last.text.split()[-1][0].islower()
            )
            if _goes_on(last, line) or fragment or (open_from == len(whole) - 1 and line.text[0].islower()):
                whole[-1] = _Line(_join(last.text, line.text), last.indent, last.gap)
                open_from = len(whole) - 1
                continue
        whole.append(line)
    return whole


def _goes_on(above: _Line, line: _Line) -> bool:
    """Whether a sentence of one line goes on in the next."""
    return (
        not line.gap
        and len(above.text) >= UNFINISHED
        and line.text[0].islower()
        and " " in above.text
        and not above.text.endswith(_UNFINISHED_NOT)
        and not _BULLET.match(above.text)
    )


def _starts_anew(above: _Line, line: _Line) -> bool:
    """An indented first line, a bullet and a separator begin a block of their own."""
    return (
        (line.indent > above.indent + 1 and not _BULLET.match(above.text))
        or (not line.text[0].isalpha() and bool(_BULLET.match(line.text) or _SEPARATOR.fullmatch(line.text)))
        or (not above.text[0].isalpha() and bool(_SEPARATOR.fullmatch(above.text)))
    )


def _did_not_fit(above: _Line, line: _Line, width: int) -> bool:
    first = line.text[0] if _WIDE.match(line.text) else line.text.split(" ", 1)[0]
    space = 0 if _WIDE.match(line.text) else 1
    return above.indent + _columns(above.text) + space + _columns(first) > width


def _columns(text: str) -> int:
    return len(text) if text.isascii() else len(text) + len(_WIDE.findall(text))


def _join(above: str, line: str) -> str:
    if _WIDE.match(above[-1]) and _WIDE.match(line):
        return above + line
    # "non-" + "lethal" was broken at its hyphen; "pre- and post-war" was not.
    if above[-1] == "-" and above[-2:-1].isalnum() and line[0].isalnum() and not _SUSPENDED.match(line):
        return above + line
    return f"{above} {line}"
