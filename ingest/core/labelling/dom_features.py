"""Features of a block's place in the DOM: the elements around it, their names, and how much of their text is prose."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from ingest.core.labelling.element_weights import ElementWeights, element_scores
from ingest.core.labelling.trails import ElementColumns, number_elements
from ingest.core.text.wordlists import load_wordlists

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from ingest.core.labelling.line_shape import Columns
    from ingest.core.labelling.tokens import Bools, Floats, Ints
    from ingest.core.model import Block

TAGS = (
    "article", "main", "section", "aside", "nav", "header", "footer", "figure", "figcaption", "blockquote", "ul", "table", "td",
    "form", "a", "p", "div", "li", "h1", "h2", "h3", "button", "span", "strong", "em",
)  # fmt: skip
MAX_DISTANCE = 12
"""Number of elements up from which a word or tag counts as absent."""
_ONE_FURTHER = bytes(min(far + 1, MAX_DISTANCE) for far in range(256))
ANCESTOR_LEVELS = (1, 2, 3, 5)
"""Numbers of elements up from the block-level one, for the ancestors whose text is measured."""
DECAYS = {"near": 0.35, "region": 0.8}
"""Weight of prose for each further element up. The element with the highest sum is the main one, found once with a
narrow and once with a wide view.
"""


@dataclass(frozen=True, eq=False)
class BlockTree:
    """The elements that contain the blocks, numbered in document order: a descendant has a greater number than its
    ancestors.
    """

    parent: Ints
    """The number of the parent of each element; -1 for none."""
    depth: Ints
    levels: list[tuple[Ints, Ints]]
    """The elements of each depth except the smallest, with their parents; the outermost first."""
    innermost: Ints
    """For each block, the smallest element that contains all of it."""
    block_element: Ints
    """For each block, the block-level element it is in."""
    distances: NDArray[np.uint8]
    """uint8[elements, groups and tags]: number of elements up to the nearest one with a word of the group, or with the
    tag.
    """
    signature: Ints
    """A number for each combination of tag and class attribute."""
    element_score: Floats
    """For each element, the log odds of body from its own names and those of the elements around it."""


@cache
def name_groups() -> tuple[tuple[str, ...], dict[str, tuple[int, ...]]]:
    """The names of the word groups, and for each word the groups it belongs to."""
    table = load_wordlists("page")["groups"]
    member: dict[str, list[int]] = {}
    for at, words in enumerate(table.values()):
        for word in words:
            member.setdefault(word, []).append(at)
    return tuple(table), {word: tuple(at) for word, at in member.items()}


def build_block_tree(blocks: Sequence[Block], weights: ElementWeights) -> BlockTree:
    """Build the tree of the elements around the blocks. Blocks without markup get an element of their own."""
    columns = number_elements(blocks)
    parent, depth, trail, trail_parent = (
        np.array(column, np.intp) for column in (columns.parent, columns.depth, columns.trail, columns.trail_parent)
    )
    return BlockTree(
        parent=parent,
        depth=depth,
        levels=_levels(parent, depth),
        innermost=np.array(columns.innermost, np.intp),
        block_element=np.array(columns.block_element, np.intp),
        distances=_nearest_names(columns)[trail],
        signature=np.array(columns.signature, np.intp),
        element_score=element_scores(columns.kinds, columns.trail_kind, trail_parent, weights)[trail],
    )


def _levels(parent: Ints, depth: Ints) -> list[tuple[Ints, Ints]]:
    by_depth = np.argsort(depth, kind="stable")
    ends = np.cumsum(np.bincount(depth)).tolist()
    return [(here := by_depth[first:last], parent[here]) for first, last in pairwise(ends)]


def _name_columns(tag: str, words: tuple[str, ...]) -> tuple[int, ...]:
    """The columns of an element's tag and of the groups its words belong to."""
    member = name_groups()[1]
    return (*_tag_columns().get(tag, ()), *[at for word in words if word in member for at in member[word]])


@cache
def _tag_columns() -> dict[str, tuple[int]]:
    """The column of each tag; they follow those of the groups."""
    return {tag: (at,) for at, tag in enumerate(TAGS, len(name_groups()[0]))}


def _nearest_names(elements: ElementColumns) -> NDArray[np.uint8]:
    """For each trail, the number of elements up to the nearest one with a word of each group and with each tag."""
    nobody = bytearray([MAX_DISTANCE] * (len(name_groups()[0]) + len(TAGS)))
    rows: list[bytearray] = []
    columns = [_name_columns(*kind) for kind in elements.kinds]
    for up, kind in zip(elements.trail_parent, elements.trail_kind, strict=True):
        row = (rows[up] if up >= 0 else nobody).translate(_ONE_FURTHER)
        for column in columns[kind]:
            row[column] = 0
        rows.append(row)
    return np.frombuffer(b"".join(rows), np.uint8).reshape(len(rows), -1)


def subtree_sums(tree: BlockTree, values: Floats, decay: Floats) -> Floats:
    """Sums over everything inside an element: float64[blocks, n] to float64[elements, n]. Each further element up
    multiplies by `decay`, float64[n].
    """
    sums = np.zeros((len(tree.parent), values.shape[1]))
    np.add.at(sums, tree.block_element, values)
    for here, parents in reversed(tree.levels):
        np.add.at(sums, parents, sums[here] * decay)
    return sums


def element_name_features(tree: BlockTree) -> Columns:
    """The distance to the nearest element with each word or tag."""
    heads = [*name_groups()[0], *(f"<{tag}>" for tag in TAGS)]
    rows = tree.distances[tree.innermost].astype(np.float64)
    return {head: rows[:, at] for at, head in enumerate(heads)} | {
        "depth": tree.depth[tree.block_element].astype(np.float64)
    }


def element_score_features(tree: BlockTree) -> Columns:
    """The learned score of the names of the elements around each block, relative to the best of the page, and that best
    score.
    """
    score = tree.element_score[tree.innermost]
    best = score.max()
    return {"score": score, "gap": score - best, "best": np.full(len(score), best)}


def surrounding_features(tree: BlockTree, words: Floats, prose: Floats, linked: Floats, early: Floats) -> Columns:
    """The contents of the elements around each block, and the distance to the main elements. `linked`: words inside
    links; `early`: prose, weighted towards the start of the article.
    """
    total = max(float(prose.sum()), 1.0)
    held = (words, prose, linked, np.ones(len(words)))
    decays = [1.0] * len(held) + [decay for decay in DECAYS.values() for _ in ("", "_early")]
    sums = subtree_sums(tree, np.stack((*held, *(prose, early) * len(DECAYS)), axis=1), np.array(decays))
    columns: Columns = {}
    at = tree.block_element
    for level in range(max(ANCESTOR_LEVELS) + 1):
        if level in ANCESTOR_LEVELS:
            amount, prose_words, links, count = sums[at, : len(held)].T
            columns[f"prose_{level}"] = prose_words / total
            columns[f"thick_{level}"] = prose_words / np.maximum(amount, 1)
            columns[f"links_{level}"] = links / np.maximum(amount, 1)
            columns[f"blocks_{level}"] = np.log1p(count)
            columns[f"length_{level}"] = np.log1p(amount / np.maximum(count, 1))
        at = np.where(tree.parent[at] >= 0, tree.parent[at], at)
    mains = sums[:, len(held) :].argmax(axis=0).tolist()
    found = {
        main: _distance(tree, main, sums, total) for main in set(mains)
    }  # on most news pages all of them are one element
    for which, main in zip((name + when for name in DECAYS for when in ("", "_early")), mains, strict=True):
        columns |= {f"{which}_{key}": value for key, value in found[main].items()}
    return columns


def _distance(tree: BlockTree, main: int, sums: Floats, total: float) -> Columns:
    """The distance of each block to the element `main`, and what they share."""
    meet = _lowest_common_ancestor(tree, main)
    index = np.arange(len(tree.block_element))
    within: Ints = np.flatnonzero(meet == main)
    first, last = (int(within[0]), int(within[-1])) if within.size else (0, 0)
    return _path_lengths(tree, main, meet) | {
        "meeting_prose": sums[meet, 1] / total,
        "ahead": np.log1p(np.maximum(first - index, 0)),
        "behind": np.log1p(np.maximum(index - last, 0)),
        "share": np.full(len(index), sums[main, 1] / total),
    }


def path_lengths(tree: BlockTree, main: int) -> Columns:
    """The number of elements up from each block to the lowest common ancestor with `main`, and from there down to
    `main`.
    """
    return _path_lengths(tree, main, _lowest_common_ancestor(tree, main))


def _path_lengths(tree: BlockTree, main: int, meet: Ints) -> Columns:
    return {
        "up": (tree.depth[tree.block_element] - tree.depth[meet]).astype(np.float64),
        "down": (tree.depth[main] - tree.depth[meet]).astype(np.float64),
    }


def _lowest_common_ancestor(tree: BlockTree, main: int) -> Ints:
    """For each block, its lowest common ancestor with the element `main` (`main` counts as its own ancestor), or the
    first element if there is none.

    Elements are in document order: of those between two, the least deep is a direct child of their common ancestor.
    """
    depth, path = tree.depth, [main]
    while (at := int(tree.parent[path[-1]])) >= 0:
        path.append(at)
    before = np.minimum.accumulate(depth[main:0:-1])[::-1] - 1
    after = np.minimum.accumulate(depth[main + 1 :]) - 1
    level = np.concatenate((before, depth[main : main + 1], after))[tree.block_element]
    return np.where(level >= 0, np.array(path[::-1])[level], 0)


def same_signature_features(tree: BlockTree, words: Floats, prose: Floats, linked: Floats) -> Columns:
    """Statistics of the blocks in elements of the same tag and class: compared by the element and its two ancestors,
    and by the element alone.
    """
    total = max(float(prose.sum()), 1.0)
    up = np.where(tree.parent >= 0, tree.parent, 0)
    key1 = tree.signature[tree.block_element]
    key3 = (key1 * 65536 + tree.signature[up[tree.block_element]]) * 65536 + tree.signature[up[up[tree.block_element]]]
    key0 = tree.signature[tree.innermost] * 65536 + tree.signature[up[tree.innermost]]
    columns: Columns = {}
    for name, key in (("sign", key1), ("trail", key3), ("own", key0)):
        _, group = np.unique(key, return_inverse=True)
        count = np.bincount(group)
        for label, values in (("prose", prose), ("words", words), ("links", linked)):
            columns[f"{name}_{label}"] = np.bincount(group, values)[group].astype(np.float64)
        held = np.maximum(columns[f"{name}_words"], 1)
        columns[f"{name}_links"] /= held
        columns[f"{name}_thick"] = columns[f"{name}_prose"] / held
        columns[f"{name}_prose"] /= total
        columns[f"{name}_words"] = np.log1p(held / count[group])
        columns[f"{name}_count"] = np.log1p(count[group] - 1.0)
    return columns


def sibling_features(tree: BlockTree) -> Columns:
    """The block's position among its siblings, and whether the blocks before and after it are in elements of the same
    tag and class.
    """
    up = np.where(tree.parent >= 0, tree.parent, 0)
    inner = up[tree.block_element]
    same_parent: Bools = inner[1:] == inner[:-1]
    same_sign: Bools = tree.signature[tree.block_element][1:] == tree.signature[tree.block_element][:-1]
    none = np.zeros(1)
    columns: Columns = {}
    for name, values in (("parent", same_parent), ("sign", same_sign)):
        columns[f"{name}_before"] = np.concatenate((none, values.astype(np.float64)))
        columns[f"{name}_after"] = np.concatenate((values.astype(np.float64), none))
    return columns
