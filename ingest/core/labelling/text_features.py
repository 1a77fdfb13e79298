"""All features of the line classifier, as one row of numbers for each line."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from ingest.core.labelling.line_shape import Columns, join_groups, line_shape_features, neighbour_features, window_means
from ingest.core.labelling.phrases import PhraseMatches, match_phrases, phrase_table
from ingest.core.labelling.prose import Prose, find_prose, overlap_features, prose_position_features
from ingest.core.labelling.tokens import Bools, Floats, TokenizedLines, tokenize
from ingest.core.labelling.word_weights import WordWeights, context_weights, learned_word_weights, word_weight_features
from ingest.core.model import Block

NEIGHBOUR_LINES = 1  # lines on each side whose features are added to a line's own
_MAX_MARKER_WORDS = 8.0  # a line with at most this many words may announce what follows
_NEIGHBOUR_COLUMNS = ("shape.words", "shape.ends_sentence", "shape.capital_words", "cue.covered", "habit.score")
_MARKER_LABELS = ("related", "comments", "promo", "share", "tags", "byline")
_AVERAGED_COLUMNS = ("habit.score", "cue.covered", "herald.short", "cue.first")
"""Columns for the wording of lines, the density of cue phrases, their length, and who speaks in them."""
_WINDOWS = {"narrow": (3, 3), "middle": (5, 5), "wide": (12, 12), "above": (6, -1), "below": (-1, 6)}
_PHRASE_LABELS = ("related", "comments", "promo", "credit", "share", "caption", "date", "author_bio")
_SPEECH_CATEGORIES = ("first", "second", "reported", "linking")
_BEYOND_TEXT = {"shape.words": -1.0}  # values of a neighbour beyond the first or the last line; all others are 0


@dataclass(frozen=True, eq=False)
class FeatureSet:
    """The tokenized lines and the columns computed from them by name, `group.name`; an ablation drops a whole group."""

    lines: TokenizedLines
    matches: PhraseMatches
    columns: Columns


def text_features(blocks: Sequence[Block], weights_of: WordWeights = learned_word_weights) -> FeatureSet:
    """The features of the lines of a text. At least one block is required.

    `weights_of` gives the weights of words; training passes one for each text, without the text's own site.
    """
    (features,) = features_together([blocks], weights_of)
    return features


def features_together(
    texts: Sequence[Sequence[Block]], weights_of: WordWeights = learned_word_weights
) -> list[FeatureSet]:
    """The features of the lines of several texts: those of a line's own words for all at once, those of its place in its text for each."""
    lines = tokenize([block.text for blocks in texts for block in blocks])
    matches = match_phrases(lines)
    covered = matches.covered[:, : phrase_table().label_count].max(axis=1)
    columns = join_groups(
        (
            ("shape", line_shape_features(lines)),
            ("cue", _phrase_features(lines, matches, covered)),
            ("habit", word_weight_features(lines, weights_of)),
        )
    )
    if len(texts) == 1:
        return [_placed(lines, matches, covered, columns)]
    ends = np.cumsum([len(blocks) for blocks in texts]).tolist()
    parts = [slice(end - len(blocks), end) for blocks, end in zip(texts, ends, strict=True)]
    words = np.searchsorted(lines.word_line, [0, *ends]).tolist()
    return [
        _placed(
            lines.part(part, slice(*own)),
            matches.part(part, slice(*own)),
            covered[part],
            {name: column[part] for name, column in columns.items()},
        )
        for part, own in zip(parts, pairwise(words), strict=True)
    ]


def _placed(lines: TokenizedLines, matches: PhraseMatches, covered: Floats, columns: Columns) -> FeatureSet:
    """All features of a text's lines, from those of each line by itself."""
    prose = find_prose(lines)
    columns |= join_groups(
        (
            ("prose", prose_position_features(prose)),
            ("twin", overlap_features(lines, prose, matches.function_words)),
            ("page", _whole_text_features(lines, prose, covered)),
            ("herald", _section_marker_features(lines, prose, matches)),
        )
    )
    columns |= window_means(columns, _AVERAGED_COLUMNS, _WINDOWS) | context_weights(columns["habit.score"], lines.words)
    columns |= neighbour_features(columns, _NEIGHBOUR_COLUMNS, _BEYOND_TEXT, NEIGHBOUR_LINES)
    return FeatureSet(lines, matches, columns)


def _phrase_features(lines: TokenizedLines, matches: PhraseMatches, covered: Floats) -> Columns:
    """The share of each line in phrases of the word lists, and the manner of speech of the line."""
    kinds, words = phrase_table().categories, np.maximum(lines.words, 1)
    shares = {f"{kind}_share": matches.covered[:, kinds.index(kind)] / words for kind in _PHRASE_LABELS}
    speech = {kind: matches.found[:, kinds.index(kind)] / words for kind in _SPEECH_CATEGORIES}
    return {**shares, **speech, "covered": np.minimum(covered / words, 1)}


def _whole_text_features(lines: TokenizedLines, prose: Prose, covered: Floats) -> Columns:
    """The kind of text that contains the line: its length, its share of prose, its density of cue phrases."""
    n, length = lines.lines, lines.length
    total = max(float(length.sum()), 1.0)
    figures = {
        "lines": np.log1p(n),
        "prose_lines": prose.lines.sum() / n,
        "prose_words": prose.words.sum() / total,
        "median": np.log1p(np.sort(length)[n // 2]),
        "covered": covered.sum() / total,
        "short": (length <= _MAX_MARKER_WORDS).sum() / n,
    }
    columns = np.array(list(figures.values()), np.float64)[:, None].repeat(n, axis=1)
    return dict(zip(figures, columns, strict=True))


def _section_marker_features(lines: TokenizedLines, prose: Prose, matches: PhraseMatches) -> Columns:
    """The number of lines since the last short line that announces a list, comments, a share bar …, and the number of
    such lines.
    """
    table, index = phrase_table(), np.arange(lines.lines)
    short = lines.length <= _MAX_MARKER_WORDS
    announces = short & (matches.leading.T[[table.categories.index(kind) for kind in _MARKER_LABELS]] > 0)
    above = np.full((len(_MARKER_LABELS), lines.lines), -1)
    np.maximum.accumulate(np.where(announces, index, -1)[:, :-1], axis=1, out=above[:, 1:])
    far = np.log1p(np.where(above >= 0, np.minimum(index - above, 98), 99))
    last = above.max(axis=0)
    behind = np.cumsum(prose.words)
    return {
        **dict(zip(_MARKER_LABELS, far, strict=True)),
        "prose_since": np.log1p(np.where(last >= 0, behind - behind[last], 9999)),
        "short": short.astype(np.float64),
        "run": _run_lengths(short),
    }


def _run_lengths(flags: Bools) -> Floats:
    """Logarithm of the length of the run of equal flags that contains each line; negative where the flag is off."""
    edges = np.flatnonzero(np.concatenate((np.ones(1, bool), flags[1:] != flags[:-1], np.ones(1, bool))))
    lengths = edges[1:] - edges[:-1]
    return np.asarray(np.repeat(np.log1p(lengths), lengths) * np.where(flags, 1, -1))
