"""What trafilatura keeps of a page, told block by block: one voice among several."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from lxml import etree

from ingest.limits import FINDER_DEPTH
from ingest.model import Block, Markup

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lxml.html import HtmlElement


_DEEP = etree.XPath(f"boolean({'/*' * FINDER_DEPTH})")


def mark(tree: HtmlElement, blocks: Sequence[Block]) -> tuple[Block, ...]:
    """The blocks, each told whether the finder kept it: as a line of its own, or most of its runs of four words.

    Where pages are nested too deep for it (`FINDER_DEPTH`), nobody is told anything.
    """
    if _DEEP(tree):
        return tuple(blocks)
    from trafilatura import bare_extraction  # noqa: PLC0415  importing it takes .6 s, and text files never need it

    found = bare_extraction(tree, include_comments=False, with_metadata=False)
    text = getattr(found, "text", None) or ""
    lines = {" ".join(line.split()) for line in text.splitlines()}
    runs = {run for line in lines for run in _runs(line)}

    def kept(block: Block) -> bool:
        if block.text in lines:
            return True
        own = _runs(block.text)
        return bool(own) and sum(run in runs for run in own) > len(own) / 2

    return tuple(replace(b, markup=replace(b.markup or Markup(), kept=kept(b))) for b in blocks)


def _runs(text: str) -> list[tuple[str, ...]]:
    words = text.split()
    return list(zip(words, words[1:], words[2:], words[3:], strict=False))
