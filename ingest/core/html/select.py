"""The blocks inside elements that a publisher's selectors choose: the walk once more, for the few pages that have such rules."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from ingest.core.html.segment import Segmenter, segment

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lxml.html import HtmlElement

T = TypeVar("T")


def blocks_inside(tree: HtmlElement, chosen: Mapping[HtmlElement, T]) -> dict[int, T]:
    """For each block of the page, by its number, the value of the innermost chosen element around it; others are left out."""
    found: dict[int, T] = {}

    class Selecting(Segmenter):
        def flush(self) -> None:
            around, before = self.inmost, len(self.found)
            super().flush()
            while around is not None and around.depth and len(self.found) > before:
                if around.element in chosen:
                    found[before] = chosen[around.element]
                    return
                around = around.parent

    segment(tree, None, walk=Selecting)
    return found
