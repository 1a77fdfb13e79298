"""Where a block of a page stands: which elements surround it, what they are called, how much of their text is prose."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from ingest.core.caching import cache_short_texts
from ingest.core.labelling.element_weights import ElementWeights, element_scores
from ingest.core.model import Element, Markup
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
"""Elements up at which a word or tag counts as absent."""
_ONE_FURTHER = bytes(min(far + 1, MAX_DISTANCE) for far in range(256))
ANCESTOR_LEVELS = (1, 2, 3, 5)
"""Elements up from the block-level one whose text is looked at."""
DECAYS = {"near": 0.35, "region": 0.8}
"""What prose is worth to the element around the one it is worth 1 to; the richest element is the main one, seen closely and widely."""


@dataclass(frozen=True, eq=False)
class BlockTree:
    """The elements that hold the blocks, numbered in the page's order: what is inside an element has a greater number."""

    parent: Ints
    """-1: none."""
    depth: Ints
    levels: list[tuple[Ints, Ints]]
    """The elements of each depth but the least, and those around them; the outermost first."""
    innermost: Ints
    """Of each block, the smallest element with all of it."""
    block_element: Ints
    """Of each block, the block-level element it stands in."""
    distances: NDArray[np.uint8]
    """uint8[elements, groups and tags]: elements up to the nearest one with a word of the group, with the tag."""
    signature: Ints
    """A number for each tag and class attribute."""
    element_score: Floats
    """Of each element, the log odds that its names and those around it give to a body."""


@cache
def name_groups() -> tuple[tuple[str, ...], dict[str, tuple[int, ...]]]:
    """Names of the groups of words, and for each word the groups it is in."""
    table = load_wordlists("page")["groups"]
    member: dict[str, list[int]] = {}
    for at, words in enumerate(table.values()):
        for word in words:
            member.setdefault(word, []).append(at)
    return tuple(table), {word: tuple(at) for word, at in member.items()}


def build_block_tree(blocks: Sequence[Block], weights_of: ElementWeights) -> BlockTree:
    """The tree of the blocks' places. Blocks without markup stand in an element of their own. `weights_of`: what elements' names weigh."""
    number: dict[Element, int] = {}
    parent: list[int] = []
    own: list[int] = []
    base: list[int] = []
    for block in blocks:
        markup = block.markup or Markup()
        element = markup.element or Element(markup.tag)
        chain: list[Element] = []
        at: Element | None = element
        while at is not None and at not in number:
            chain.append(at)
            at = at.parent
        for new in reversed(chain):
            parent.append(number[new.parent] if new.parent is not None else -1)
            number[new] = len(number)
        own.append(number[element])
        while element.tag != markup.tag and element.parent is not None:
            element = element.parent
        base.append(number[element])
    signatures: dict[tuple[str, str], int] = {}
    signature = np.array(
        [signatures.setdefault((element.tag, element.class_attr), len(signatures)) for element in number], np.intp
    )
    depth = np.array([element.depth for element in number], np.intp)
    parents = np.array(parent, np.intp)
    order = list(number)
    return BlockTree(
        parent=parents,
        depth=depth,
        levels=_levels(parents, depth),
        innermost=np.array(own, np.intp),
        block_element=np.array(base, np.intp),
        distances=_nearest_names(order, parent),
        signature=signature,
        element_score=element_scores(order, parents, weights_of),
    )


def _levels(parent: Ints, depth: Ints) -> list[tuple[Ints, Ints]]:
    by_depth = np.argsort(depth, kind="stable")
    ends = np.cumsum(np.bincount(depth)).tolist()
    return [(here := by_depth[first:last], parent[here]) for first, last in pairwise(ends)]


@cache_short_texts
def _name_columns(tag: str, words: tuple[str, ...]) -> tuple[int, ...]:
    """The columns of an element's tag and of the groups that its words are in."""
    member = name_groups()[1]
    return (*_tag_columns().get(tag, ()), *[at for word in words if word in member for at in member[word]])


@cache
def _tag_columns() -> dict[str, tuple[int]]:
    """For each tag its column, behind those of the groups."""
    return {tag: (at,) for at, tag in enumerate(TAGS, len(name_groups()[0]))}


def _nearest_names(order: Sequence[Element], parent: Sequence[int]) -> NDArray[np.uint8]:
    """Elements up from each to the nearest one with a word of each group, with each tag."""
    nobody = bytearray([MAX_DISTANCE] * (len(name_groups()[0]) + len(TAGS)))
    rows: list[bytearray] = []
    known: dict[tuple[str, tuple[str, ...]], tuple[int, ...]] = {}
    for element, up in zip(order, parent, strict=True):
        row = (rows[up] if up >= 0 else nobody).translate(_ONE_FURTHER)
        kind = element.tag, element.name_tokens
        if kind not in known:
            known[kind] = _name_columns(*kind)
        for column in known[kind]:
            row[column] = 0
        rows.append(row)
    return np.frombuffer(b"".join(rows), np.uint8).reshape(len(rows), -1)


def subtree_sums(tree: BlockTree, values: Floats, decay: Floats) -> Floats:
    """Sums over all that stands in an element, for float64[blocks, n]: float64[elements, n]; each element up counts `decay` as much,
    float64[n].
    """
    sums = np.zeros((len(tree.parent), values.shape[1]))
    np.add.at(sums, tree.block_element, values)
    for here, parents in reversed(tree.levels):
        np.add.at(sums, parents, sums[here] * decay)
    return sums


def element_name_features(tree: BlockTree) -> Columns:
    """How near an element with each word or tag stands."""
    heads = [*name_groups()[0], *(f"<{tag}>" for tag in TAGS)]
    rows = tree.distances[tree.innermost].astype(np.float64)
    return {head: rows[:, at] for at, head in enumerate(heads)} | {
        "depth": tree.depth[tree.block_element].astype(np.float64)
    }


def element_score_features(tree: BlockTree) -> Columns:
    """What the elements around each block are called, as learned; beside the best of the page; and that."""
    score = tree.element_score[tree.innermost]
    best = score.max()
    return {"score": score, "gap": score - best, "best": np.full(len(score), best)}


def surrounding_features(tree: BlockTree, words: Floats, prose: Floats, linked: Floats, early: Floats) -> Columns:
    """What the elements around each block hold, and how far the main ones are. `link_text`: words inside links; `early`: prose, soon
    after the headline.
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
    found = {main: _distance(tree, main, sums, total) for main in set(mains)}  # of a news page they are mostly one
    for which, main in zip((name + when for name in DECAYS for when in ("", "_early")), mains, strict=True):
        columns |= {f"{which}_{key}": value for key, value in found[main].items()}
    return columns


def _distance(tree: BlockTree, main: int, sums: Floats, total: float) -> Columns:
    """How far each block is from the element `main`, and what they have in common."""
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
    """Elements up from each block to one that is also around the element `main`, and from there down to it."""
    return _path_lengths(tree, main, _lowest_common_ancestor(tree, main))


def _path_lengths(tree: BlockTree, main: int, meet: Ints) -> Columns:
    return {
        "up": (tree.depth[tree.block_element] - tree.depth[meet]).astype(np.float64),
        "down": (tree.depth[main] - tree.depth[meet]).astype(np.float64),
    }


def _lowest_common_ancestor(tree: BlockTree, main: int) -> Ints:
    """Of each block, the smallest element around it that is also around the element `main`, or is it; the first element if none is.

    Elements stand in the page's order: of those between two, the one least deep is right inside what is around both.
    """
    depth, path = tree.depth, [main]
    while (at := int(tree.parent[path[-1]])) >= 0:
        path.append(at)
    before = np.minimum.accumulate(depth[main:0:-1])[::-1] - 1
    after = np.minimum.accumulate(depth[main + 1 :]) - 1
    level = np.concatenate((before, depth[main : main + 1], after))[tree.block_element]
    return np.where(level >= 0, np.array(path[::-1])[level], 0)


def same_signature_features(tree: BlockTree, words: Floats, prose: Floats, linked: Floats) -> Columns:
    """What blocks in elements of the same name are like: by the element and the two around it, and by the element alone."""
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
    """The block among those of the element around it, and whether the blocks before and after stand in elements of the same name."""
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
