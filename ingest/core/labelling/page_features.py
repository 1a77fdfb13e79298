"""All features of the page labeller, as one row of numbers for each block."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from ingest.core.labelling import dom_features, element_weights, word_weights
from ingest.core.labelling.claimed_titles import MIN_LIKENESS, ClaimedTitles, StatedTitles
from ingest.core.labelling.line_shape import (
    Columns,
    ends_like_sentence,
    join_groups,
    line_shape_features,
    neighbour_features,
    window_means,
)
from ingest.core.labelling.phrases import match_phrases, phrase_table
from ingest.core.labelling.prose import duplicate_features, find_prose, prose_position_features
from ingest.core.labelling.tokens import Floats, TokenizedLines, tokenize_both
from ingest.core.model import Markup

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from ingest.core.labelling.phrases import PhraseMatches
    from ingest.core.labelling.tokens import Bools
    from ingest.core.model import Block, Claim, Element, Link

NEIGHBOUR_BLOCKS = 2
"""Blocks on each side whose features are added to a block's own."""

_MIN_PROSE_BLOCK_WORDS = 9
_NEIGHBOUR_COLUMNS = (
    "shape.words", "shape.ends_sentence", "own.links", "own.prose", "cue.covered", "call.score", "habit.score",
)  # fmt: skip
_WINDOWS = {"narrow": (3, 3), "wide": (8, 8)}
_BEYOND_PAGE = {"shape.words": -1.0}
_KIND_NUMBERS = {kind: at for at, kind in enumerate(("paragraph", "heading", "list_item", "quote", "caption", "cell"))}
_PROSE_HALF_LIFE_WORDS = 300.0
"""Words of prose after which further prose counts half as much as evidence of where the article starts."""

_MAX_MARKER_WORDS = 8.0
"""Words; a block with no more may announce what follows."""

_MARKER_LABELS = ("related", "comments", "promo", "share")
_LEADING_LABELS = (
    "related", "comments", "promo", "author_bio", "copyright_notice", "share", "byline", "caption", "credit",
)  # fmt: skip
"""Labels with a feature that says one of their phrases starts the block."""


class _MarkupColumns(NamedTuple):
    """The markup of all blocks by columns, those of `Markup`."""

    tag: tuple[str, ...]
    links: tuple[tuple[Link, ...], ...]
    link_density: tuple[float, ...]
    media: tuple[int, ...]
    metadata_overlap: tuple[tuple[float, float], ...]
    element: tuple[Element | None, ...]
    lines: tuple[tuple[str, ...], ...]


def page_features(
    blocks: Sequence[Block],
    claims: Sequence[Claim],
    headline: str | None,
    weights: tuple[word_weights.WordWeights, element_weights.ElementWeights] | None = None,
) -> tuple[tuple[str, ...], NDArray[np.float32]]:
    """Names of the columns (`group.name`; an ablation drops a whole group) and float32[blocks, columns].

    `weights`: weights of words and of element names that replace the shipped ones; training passes some that have not
    seen the page's domain.
    """
    weights_of_words, weights_of_elements = weights or (
        word_weights.learned_word_weights,
        element_weights.learned_element_weights(),
    )
    stated = StatedTitles.of(headline, claims)
    lines, titles = tokenize_both([block.text for block in blocks], stated.texts)
    markups = _MarkupColumns(*zip(*(block.markup or Markup() for block in blocks), strict=True))
    tree = dom_features.build_block_tree(blocks, weights_of_elements)
    matches = match_phrases(lines)
    words = lines.length
    share = np.array(markups.link_density)
    is_h1 = np.array([tag == "h1" for tag in markups.tag])
    full = ends_like_sentence(lines)
    prose = np.where(
        ((words >= _MIN_PROSE_BLOCK_WORDS) & full | (words >= 3 * _MIN_PROSE_BLOCK_WORDS)) & (share < 0.5), words, 0.0
    )
    claimed = ClaimedTitles(stated, titles)
    like = claimed.likeness(lines, claimed.titles)
    title = _headline_index(like, prose)
    early = _decayed_prose(prose, title)
    runs = find_prose(lines)
    columns = join_groups(
        (
            ("shape", line_shape_features(lines)),
            ("cue", _phrase_features(lines, matches)),
            ("habit", word_weights.word_weight_features(lines, weights_of_words)),
            ("own", _block_features(blocks, markups, share, prose, is_h1)),
            ("prose", prose_position_features(runs)),
            ("twin", duplicate_features(lines, runs, matches.function_words)),
            ("name", dom_features.element_name_features(tree)),
            ("call", dom_features.element_score_features(tree)),
            ("around", dom_features.surrounding_features(tree, words, prose, words * share, early)),
            ("like", dom_features.same_signature_features(tree, words, prose, words * share)),
            ("sibling", dom_features.sibling_features(tree)),
            ("title", _title_features(tree, is_h1, prose, like, claimed.likeness(lines, claimed.deks), title)),
            ("herald", _section_marker_features(words, matches)),
            ("page", _whole_page_features(words, prose, share)),
        )
    )
    columns |= window_means(columns, ("habit.score",), _WINDOWS) | word_weights.context_weights(
        columns["habit.score"], lines.words
    )
    columns |= neighbour_features(columns, _NEIGHBOUR_COLUMNS, _BEYOND_PAGE, NEIGHBOUR_BLOCKS)
    return tuple(columns), np.array(list(columns.values()), np.float32).T


def region_features(blocks: Sequence[Block], region: str) -> tuple[tuple[str, ...], NDArray[np.float32]]:
    """Names and float32[blocks, 4]: the share that a main-region finder keeps of each block and those around it."""
    kept_lines = {" ".join(line.split()) for line in region.splitlines()}
    kept_runs = {run for line in kept_lines for run in _shingles(line)}
    kept = np.zeros(len(blocks))
    for at, block in enumerate(blocks):
        if block.text in kept_lines:
            kept[at] = 1.0
        elif runs := _shingles(block.text):
            kept[at] = sum(run in kept_runs for run in runs) / len(runs)
    none = np.zeros(1)
    columns = {
        "finder.kept": kept,
        "finder.kept-1": np.concatenate((none, kept[:-1])),
        "finder.kept+1": np.concatenate((kept[1:], none)),
        "finder.before": np.cumsum(kept) / max(float(kept.sum()), 1.0),
    }
    return tuple(columns), np.stack(list(columns.values()), axis=1).astype(np.float32)


def _shingles(text: str) -> list[tuple[str, ...]]:
    words = text.split()
    return list(zip(words, words[1:], words[2:], words[3:], strict=False))


def _block_features(
    blocks: Sequence[Block], markups: _MarkupColumns, share: Floats, prose: Floats, is_h1: Bools
) -> Columns:
    """The block's element, links and images."""
    kinds = np.array([_KIND_NUMBERS.get(block.kind, 0) for block in blocks])
    media = np.array(markups.media, np.float64)
    columns = {kind: (kinds == at).astype(np.float64) for kind, at in _KIND_NUMBERS.items()}
    columns["links"] = share
    columns["link_count"] = np.log1p(list(map(len, markups.links)))
    columns["media"] = np.minimum(media, 5)
    columns["prose"] = np.log1p(prose)
    columns["described"], columns["declared"] = map(np.array, zip(*markups.metadata_overlap, strict=True))
    index = np.arange(len(blocks))
    for name, above in (("h1", is_h1), ("h", kinds == 1)):
        count = np.cumsum(above)
        columns[f"{name}_above"] = np.minimum(count, 9)
        last = np.maximum.accumulate(np.where(above, index, -1))
        columns[f"to_{name}"] = np.log1p(np.where(last >= 0, index - last, 99))
    inline = [
        element is not None and element.tag != tag for element, tag in zip(markups.element, markups.tag, strict=True)
    ]
    columns["inline"] = np.array(inline, np.float64)
    return columns


def _phrase_features(lines: TokenizedLines, matches: PhraseMatches) -> Columns:
    """The phrase columns: share of the words in phrases of each label, those that start the block, manner of speech."""
    table, words = phrase_table(), np.maximum(lines.words, 1)
    columns: Columns = {}
    for at, kind in enumerate(table.categories[: table.spoken]):
        if at < table.label_count:
            columns[kind] = np.minimum(matches.covered[:, at] / words, 1)
            if kind in _LEADING_LABELS:
                columns[f"{kind}_leads"] = np.minimum(matches.leading[:, at], 1)
        else:
            columns[kind] = matches.found[:, at] / words
    columns["covered"] = np.minimum(matches.covered[:, : table.label_count].max(axis=1) / words, 1)
    return columns


def _headline_index(like: Floats, prose: Floats) -> int:
    """The block similar to a headline that is nearest to the first prose; -1 if there is none."""
    start = int(np.argmax(prose > 0)) if prose.any() else len(prose)
    where = np.flatnonzero(like > MIN_LIKENESS)
    return int(where[np.argmin(np.abs(where - start))]) if where.size else -1


def _decayed_prose(prose: Floats, title: int) -> Floats:
    """Prose after the headline, weighted less the more of it comes before: comments and the next article may be longer."""
    after = prose * (np.arange(len(prose)) > title)
    if not after.any():
        after = prose
    return np.asarray(after * 0.5 ** ((np.cumsum(after) - after) / _PROSE_HALF_LIFE_WORDS))


def _title_features(
    tree: dom_features.BlockTree, is_h1: Bools, prose: Floats, like: Floats, like_dek: Floats, at: int
) -> Columns:
    """Similarity to the claimed headlines and deks, and the distance from the block most similar to a headline."""
    n = len(prose)
    index = np.arange(n)
    behind = np.cumsum(prose) - prose
    path = (
        dom_features.path_lengths(tree, int(tree.block_element[at]))
        if at >= 0
        else {"up": np.full(n, -1.0), "down": np.full(n, -1.0)}
    )
    other = np.cumsum(is_h1 & (like < MIN_LIKENESS))
    return {
        "up": path["up"],
        "down": path["down"],
        "like": like,
        "like_dek": like_dek,
        "known": np.full(n, float(at >= 0)),
        "after": np.sign(index - at) * np.log1p(np.abs(index - at)) if at >= 0 else np.zeros(n),
        "prose_since": np.log1p(np.maximum(behind - behind[at], 0)) if at >= 0 else np.full(n, -1.0),
        "others": np.clip(other - other[at], -3, 3) if at >= 0 else np.zeros(n),
    }


def _section_marker_features(words: Floats, matches: PhraseMatches) -> Columns:
    """The number of blocks since the last short one that announces comments, a list, a biography and the like."""
    table, index = phrase_table(), np.arange(len(words))
    columns: Columns = {}
    for kind in _MARKER_LABELS:
        announces = (words <= _MAX_MARKER_WORDS) & (matches.leading[:, table.categories.index(kind)] > 0)
        above = np.maximum.accumulate(np.where(announces, index, -1))
        above = np.concatenate((np.full(1, -1), above[:-1]))
        columns[kind] = np.log1p(np.where(above >= 0, np.minimum(index - above, 98), 99))
    return columns


def _whole_page_features(words: Floats, prose: Floats, share: Floats) -> Columns:
    """Statistics of the whole page, for the kind of page it is."""
    total = max(float(words.sum()), 1.0)
    figures = {
        "blocks": np.log1p(len(words)),
        "prose_blocks": np.log1p((prose > 0).sum()),
        "prose_words": np.log1p(prose.sum()),
        "prose_share": prose.sum() / total,
        "links": (words * share).sum() / total,
    }
    return {name: np.full(len(words), float(value)) for name, value in figures.items()}
