"""Plain text becomes blocks: one non-empty line is one block, once hard-wrapped lines are whole again."""

from __future__ import annotations

import itertools
import re
from collections import Counter
from typing import NamedTuple

from ingest.core.model import Block, BlockKind, Markup
from ingest.core.parse.markdown import is_markdown, strip_markdown
from ingest.core.text.date_lines import date_line

MAX_LIST_LINE_CHARACTERS = 120
"""Lines no longer than this, with no blank line between them, are lines of a list; longer ones are paragraphs."""
MIN_WRAP_COLUMNS, MAX_WRAP_COLUMNS = 40, 110
"""Columns at which mail and wire software wraps."""
UNFINISHED = 40
"""Characters from which a line that ends without a stop may be the beginning of a sentence; shorter ones are titles and lists."""
FRAGMENT = 40
"""Characters that the words of a link have at the most, where they stand on a line of their own."""
MAX_UNDERLINE_DIFFERENCE = 2
"""Signs by which a line under a title is shorter or longer than the title."""

_BULLET = re.compile(r"(?:[-*•‣▪◦–—·]|\d{1,2}[.)])\s+\S")
_HEADING = re.compile(r"#{1,6}\s+(?=\S)")
_QUOTED = re.compile(r"(?:>\s?)+")
_SEPARATOR = re.compile(r"[-=*_~—–―─·•.\s]{3,}")
_UNDERLINE = re.compile(r"=+|-+|~+")
_SENTENCE_END = (".", "!", "?", '"', "”", "»", "。", "！", "？", "」", ":", ";")
_UNFINISHED_NOT = (*_SENTENCE_END, "…", ")", "]", "|", "»", "’", "؟", "।", "۔")
_FULL_WIDTH = re.compile(r"[\u3000-\u30ff\u3400-\u9fff\uff00-\uffef]")  # written without spaces
_SUSPENDED_HYPHEN = re.compile(r"(?:and|or|und|oder|bis|to|et|y|e|en)\b")


class _Line(NamedTuple):
    """One non-empty line. `indent`: columns before its first sign."""

    text: str
    indent: int
    after_blank_line: bool


def text_blocks(text: str) -> tuple[Block, ...]:
    r"""The blocks of a text in NFC with \\n line ends. No word of it is lost, but for marks of quotation, wrapping and Markdown."""
    text = _unquote(text)
    marked = is_markdown(text)
    lines = _without_underlines(_lines(text))
    width = _wrap_width(lines)
    lines = _unwrap(lines, width) if width else _joined(lines)
    blocks = list(map(_block, lines, _in_list(lines)))
    return tuple(map(_without_markdown, blocks) if marked else blocks)


def _in_list(lines: list[_Line]) -> list[bool]:
    """Whether each is a line of a list: a short one beside another, with no blank line between."""
    short = [len(line.text) <= MAX_LIST_LINE_CHARACTERS for line in lines]
    follows = [a and b and not line.after_blank_line for a, b, line in zip(short, short[1:], lines[1:], strict=False)]
    around = zip([False, *follows], [*follows, False], strict=True)
    return [above or below for above, below in around][
        : len(lines)
    ]  # of nothing but marks of quotation, no line is left


def _without_markdown(block: Block) -> Block:
    text, links = strip_markdown(block.text)
    if text == block.text:
        return block
    share = min(1.0, sum(len(link.text) for link in links) / len(text))
    return block._replace(text=text, markup=Markup(links=links, link_density=share) if links else None)


def _block(line: _Line, in_list: bool) -> Block:  # noqa: FBT001  mapped over lines and flags
    kind: BlockKind = "paragraph"
    text = line.text
    if text[0].isalpha():
        kind = "list_item" if in_list else "paragraph"
    elif heading := _HEADING.match(text):
        kind, text = "heading", text[heading.end() :]
    elif _SEPARATOR.fullmatch(text):
        kind = "separator"
    elif in_list or _BULLET.match(text):
        kind = "list_item"
    return Block(text, kind, line.after_blank_line)


def _lines(text: str) -> list[_Line]:
    lines, after_blank_line = [], True
    for raw in text.split("\n"):
        # Most lines are as they are to be, and told so in a fifth of the time.
        plain = raw.isprintable() and "  " not in raw and raw == raw.strip()
        line = raw if plain else " ".join(raw.split())
        if line:
            lines.append(_Line(line, raw.index(line[0]), after_blank_line))
        after_blank_line = not line
    return lines


def _without_underlines(lines: list[_Line]) -> list[_Line]:
    """A line of signs drawn under a title, as long as the title, is its typography; any other parts what stands around it."""
    above = [_Line("", 0, after_blank_line=True), *lines]
    return [
        line
        for over, line in zip(above, lines, strict=False)
        if line.after_blank_line
        or line.text[0] not in "=-~"
        or not _UNDERLINE.fullmatch(line.text)
        or abs(len(line.text) - len(over.text)) > MAX_UNDERLINE_DIFFERENCE
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
        if not line.after_blank_line and not _starts_block(above, line):
            if len(above.text) + above.indent > MAX_WRAP_COLUMNS:  # most texts are told by their first line
                return None
            pairs.append((above, line))
    if len(pairs) < 3:
        return None
    width = max(_display_width(above.text) + above.indent for above, _ in pairs)
    if not MIN_WRAP_COLUMNS <= width <= MAX_WRAP_COLUMNS:
        return None
    full = [above.text for above, line in pairs if _did_not_fit(above, line, width)]
    running = sum(not text.endswith(_SENTENCE_END) for text in full)
    return width if len(full) * 10 >= len(pairs) * 8 and running * 10 >= len(full) * 6 else None


def _unwrap(lines: list[_Line], width: int) -> list[_Line]:
    whole: list[_Line] = []
    last: _Line | None = None
    for line in lines:
        if last and not line.after_blank_line and not _starts_block(last, line) and _did_not_fit(last, line, width):
            whole[-1] = _Line(_join(whole[-1].text, line.text), whole[-1].indent, whole[-1].after_blank_line)
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
        fits = (
            last is not None
            and not line.after_blank_line
            and line.text not in twice
            and lines[at - 1].text not in twice
        )
        if last is not None and fits and not _starts_block(lines[at - 1], line) and not date_line(line.text):
            following = lines[at + 1] if at + 1 < len(lines) and not lines[at + 1].after_blank_line else None
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
                whole[-1] = _Line(_join(last.text, line.text), last.indent, last.after_blank_line)
                open_from = len(whole) - 1
                continue
        whole.append(line)
    return whole


def _goes_on(above: _Line, line: _Line) -> bool:
    """Whether a sentence of one line goes on in the next."""
    return (
        not line.after_blank_line
        and len(above.text) >= UNFINISHED
        and line.text[0].islower()
        and " " in above.text
        and not above.text.endswith(_UNFINISHED_NOT)
        and not _BULLET.match(above.text)
    )


def _starts_block(above: _Line, line: _Line) -> bool:
    """An indented first line, a bullet and a separator begin a block of their own."""
    return (
        (line.indent > above.indent + 1 and not _BULLET.match(above.text))
        or (not line.text[0].isalpha() and bool(_BULLET.match(line.text) or _SEPARATOR.fullmatch(line.text)))
        or (not above.text[0].isalpha() and bool(_SEPARATOR.fullmatch(above.text)))
    )


def _did_not_fit(above: _Line, line: _Line, width: int) -> bool:
    first = line.text[0] if _FULL_WIDTH.match(line.text) else line.text.split(" ", 1)[0]
    space = 0 if _FULL_WIDTH.match(line.text) else 1
    return above.indent + _display_width(above.text) + space + _display_width(first) > width


def _display_width(text: str) -> int:
    return len(text) if text.isascii() else len(text) + len(_FULL_WIDTH.findall(text))


def _join(above: str, line: str) -> str:
    if _FULL_WIDTH.match(above[-1]) and _FULL_WIDTH.match(line):
        return above + line
    # "non-" + "lethal" was broken at its hyphen; "pre- and post-war" was not.
    if above[-1] == "-" and above[-2:-1].isalnum() and line[0].isalnum() and not _SUSPENDED_HYPHEN.match(line):
        return above + line
    return f"{above} {line}"
