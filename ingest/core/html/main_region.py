"""The text that trafilatura keeps of a page: one source of evidence among several, used where the others are unsure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lxml import etree

from ingest.core.limits import MAX_FINDER_DEPTH, MAX_FINDER_ELEMENTS

if TYPE_CHECKING:
    from lxml.html import HtmlElement


_IS_TOO_LARGE = etree.XPath(f"boolean({'/*' * MAX_FINDER_DEPTH}) or count(//*) > {MAX_FINDER_ELEMENTS}")


def find_main_region(tree: HtmlElement) -> str | None:
    """The text of the page's main region, one line per block; None where the page is too deep or too large for the
    finder.

    The tree is not changed. `fast` leaves out the two other extractors that trafilatura falls back on: a third of the
    time, with the same value as evidence for each block.
    """
    if _IS_TOO_LARGE(tree):
        return None
    from trafilatura import bare_extraction  # noqa: PLC0415  importing it takes .6 s, and most pages never need it
    from trafilatura.utils import line_processing, trim  # noqa: PLC0415

    found = bare_extraction(tree, include_comments=False, with_metadata=False, fast=True)
    trim.cache_clear()  # it caches the last thousand lines in full, however long they are
    line_processing.cache_clear()
    return getattr(found, "text", None) or ""
