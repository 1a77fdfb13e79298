"""DOCX (extra `documents`): its paragraphs and the rows of its tables. The properties of the file are its template's more often than the
article's, and are not read.
"""

from __future__ import annotations

import zipfile
import zlib
from io import BytesIO
from typing import TYPE_CHECKING

from lxml.etree import XMLSyntaxError

from ingest.core.containers.document import Document, no_text
from ingest.core.containers.xml import known
from ingest.core.model import Rejected
from ingest.errors import Reason

if TYPE_CHECKING:
    from docx.document import Document as WordDocument
    from docx.text.paragraph import Paragraph

    from ingest.core.limits import Limits


_DAMAGE = (
    XMLSyntaxError, zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, KeyError, IndexError, ValueError, TypeError,
    AttributeError,
)  # fmt: skip
"""What the libraries raise for archives and trees that are not what they expect; an encrypted archive is a RuntimeError."""


def read_docx(content: bytes, limits: Limits) -> Document:
    """The text of a DOCX file; raises `Rejected` where it has none, is damaged, or the extra is not installed."""
    _check_size(content, limits.unpacked_bytes)
    try:
        import docx  # noqa: PLC0415  an extra
    except ImportError:
        raise Rejected(
            Reason.UNSUPPORTED_FORMAT,
            "The file is a DOCX; to read it, install news-ingest with the extra documents: pip install 'news-ingest[documents]'.",
        ) from None
    from docx.opc.exceptions import PackageNotFoundError  # noqa: PLC0415

    try:
        blocks = _blocks(docx.Document(BytesIO(content)))
    except (PackageNotFoundError, *_DAMAGE) as error:
        raise Rejected(Reason.DAMAGED_FORMAT, f"The DOCX is damaged: {str(error)[:200]}.") from None
    if not any(text for _, text in blocks):
        raise no_text("a DOCX without a text")
    title = next((text for style, text in blocks if style == "Title"), None)
    return Document("docx", "\n\n".join(text for _, text in blocks), "text/plain", known(headline=title))


def _check_size(content: bytes, limit: int) -> None:
    """What is inside may be far larger than the file: its parts are counted before they are unpacked, and no more is read than they say."""
    try:
        with zipfile.ZipFile(BytesIO(content)) as archive:
            size = sum(info.file_size for info in archive.infolist())
    except (zipfile.BadZipFile, ValueError, OSError) as error:
        raise Rejected(Reason.DAMAGED_FORMAT, f"The DOCX is damaged: {error}.") from None
    if size > limit:
        raise Rejected(Reason.TOO_LARGE, f"The DOCX holds more than {limit / 2**20:.3g} MiB.")


def _blocks(document: WordDocument) -> list[tuple[str, str]]:
    """(style, text) of each paragraph and row, in order."""
    found = []
    for part in document.iter_inner_content():
        rows = getattr(part, "rows", None)
        if rows is None:
            found.append((_style(part), " ".join(part.text.split())))  # type: ignore[union-attr,arg-type]
        else:
            found += [("", "\t".join(" ".join(cell.text.split()) for cell in row.cells)) for row in rows]
    return [(style, text) for style, text in found if text.strip()]


def _style(paragraph: Paragraph) -> str:
    style = paragraph.style
    return (style.name or "") if style is not None else ""
