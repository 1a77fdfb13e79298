"""Elements that are alike with all around them: the items of a list have one trail of names.

What depends on the names alone is computed once for each trail: a page has 430 elements with text, of 80 kinds, on 200 trails.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from ingest.core.model import Element


class Trails(NamedTuple):
    """The elements of a page, grouped by trail."""

    of: list[int]
    """For each element its trail."""
    parent: list[int]
    """For each trail the one around it, -1 for none; a smaller number than its own."""
    kind: list[int]
    """For each trail the kind of its innermost element."""
    kinds: list[tuple[str, tuple[str, ...]]]
    """Tags with their words."""


def find_trails(elements: Iterable[Element], parent: Sequence[int]) -> Trails:
    """Group elements, of which none comes before its parent; `parent`: the index of each one's, -1 for none."""
    kinds: dict[tuple[str, tuple[str, ...]], int] = {}
    known: dict[tuple[int, int], int] = {}
    of: list[int] = []
    for element, up in zip(elements, parent, strict=True):
        kind = kinds.setdefault((element.tag, element.name_tokens), len(kinds))
        of.append(known.setdefault((of[up] if up >= 0 else -1, kind), len(known)))
    return Trails(of, [up for up, _ in known], [kind for _, kind in known], list(kinds))
