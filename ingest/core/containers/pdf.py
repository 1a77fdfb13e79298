"""PDF (extra `documents`): the lines of its text layer, made paragraphs by where they stand. Its own title and author are the writing
program's more often than the article's, and are not read.
"""

from __future__ import annotations

import itertools
import re
from statistics import median
from typing import TYPE_CHECKING, NamedTuple

from ingest.core.containers.document import Document, no_text
from ingest.core.model import Rejected
from ingest.errors import Reason

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pypdfium2 import PdfDocument, PdfTextPage

    from ingest.core.limits import Limits

MAX_PAGES = 200
"""Pages that are read; a press release has two, a newspaper some 60."""
MIN_GAP_RATIO = 1.3
"""Distance of two lines, by the usual one on the page, from which they are of two paragraphs."""
MIN_SIZE_RATIO = 1.15
"""Height of a line by that of the next, from which one of them is a heading."""
MIN_INDENT = 0.8
"""Indentation of a paragraph's first line, in heights of the line."""

_SENTENCE_END = re.compile(r"[.!?…。！？:][\"'”’»)\]]*$")


class _Line(NamedTuple):
    """`bottom` and `left` in points from the bottom and the left; `height` of its characters."""

    text: str
    bottom: float
    left: float
    right: float
    height: float


def read_pdf(content: bytes, limits: Limits) -> Document:
    """The text of a PDF; raises `Rejected` where it has none, needs a password, or the extra is not installed."""
    del limits
    try:
        import pypdfium2  # noqa: PLC0415  an extra
    except ImportError:
        raise Rejected(
            Reason.UNSUPPORTED_FORMAT,
            "The file is a PDF; to read it, install news-ingest with the extra documents: pip install 'news-ingest[documents]'.",
        ) from None
    try:
        document = pypdfium2.PdfDocument(content)
    except pypdfium2.PdfiumError as error:
        locked = "assword" in str(error)
        reason = Reason.UNSUPPORTED_FORMAT if locked else Reason.DAMAGED_FORMAT
        raise Rejected(
            reason, "The PDF needs a password." if locked else f"The PDF is damaged: {str(error)[:200]}"
        ) from None
    try:
        text = "\n\n".join(_paragraphs(document))
    except pypdfium2.PdfiumError as error:
        raise Rejected(Reason.DAMAGED_FORMAT, f"The PDF is damaged: {str(error)[:200]}") from None
    finally:
        document.close()
    if not text.strip():
        raise no_text("a PDF without a text layer, such as a scan")
    return Document("pdf", text, "text/plain")


def _paragraphs(document: PdfDocument) -> list[str]:
    """The paragraphs of all pages; one that a page ends within goes on with the next page's first."""
    found: list[str] = []
    for number in range(min(len(document), MAX_PAGES)):
        page = document[number]
        text_page = page.get_textpage()
        for at, paragraph in enumerate(_joined(list(_lines(text_page)))):
            if at == 0 and found and not _SENTENCE_END.search(found[-1]) and paragraph[:1].islower():
                found[-1] = f"{found[-1]} {paragraph}"
            else:
                found.append(paragraph)
        text_page.close()
        page.close()
    return found


def _lines(page: PdfTextPage) -> Iterator[_Line]:
    text = page.get_text_range()
    at = 0
    for raw in text.split("\n"):
        line = raw.rstrip("\r")
        start = at + len(line) - len(line.lstrip())
        words = " ".join(line.split())
        if words:
            last = max(start, at + len(line.rstrip()) - 1)
            boxes = [page.get_charbox(place, loose=True) for place in (start, (start + last) // 2, last)]
            height = median(box[3] - box[1] for box in boxes)
            yield _Line(words, boxes[0][1], boxes[0][0], boxes[-1][2], max(height, 1.0))
        at += len(raw) + 1


def _joined(lines: Sequence[_Line]) -> Iterator[str]:
    """The lines of a page as paragraphs."""
    gaps = [
        above.bottom - below.bottom
        for above, below in itertools.pairwise(lines)
        if 0 < above.bottom - below.bottom < 4 * above.height
    ]
    usual = median(gaps) if gaps else 0.0
    right = max((line.right for line in lines), default=0.0)
    text = ""
    for at, line in enumerate(lines):
        if at and _begins(lines[at - 1], line, usual, right):
            yield text
            text = ""
        text = _append(text, line.text)
    if text:
        yield text


def _begins(above: _Line, line: _Line, usual: float, right: float) -> bool:
    gap = above.bottom - line.bottom
    sizes = max(above.height, line.height) / min(above.height, line.height)
    is_short = above.right < right - 8 * above.height and bool(_SENTENCE_END.search(above.text))
    is_indented = (
        usual > 0
        and MIN_INDENT * line.height < line.left - above.left < 6 * line.height
        and bool(_SENTENCE_END.search(above.text))
    )
    return gap > MIN_GAP_RATIO * usual or gap < 0 or sizes > MIN_SIZE_RATIO or is_short or is_indented


def _append(text: str, line: str) -> str:
    r"""A line behind others; a hyphen that only the line's end needed (U+00AD, or U+FFFE and U+0002, as pdfium marks it) is none."""
    if text and text[-1] in "\u00ad\ufffe\x02":
        return text[:-1] + line
    if len(text) > 1 and text[-1] == "-" and text[-2].islower() and line[:1].islower():
        return text[:-1] + line
    return f"{text} {line}" if text else line
