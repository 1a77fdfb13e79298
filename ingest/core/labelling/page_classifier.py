"""The block classifier of pages: which blocks are the article, the labels of the others, and whether there is an
article at all.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from ingest.core.labelling.forest import EarlyExit, Forest
from ingest.core.labelling.page_features import page_features, region_features
from ingest.core.model import Label, Prediction

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from numpy.typing import NDArray

    from ingest.core.labelling.tokens import Floats
    from ingest.core.model import Block, Claim

MODEL = "models/page.npz"
MODEL_WITH_REGION = "models/page_with_region.npz"
"""The same classifier, with the result of the main-region finder among its features."""

MIN_BODY_PROBABILITY = 0.5
"""Probability from which a block is body."""

MIN_HEADLINE_LIKENESS = 0.95
"""Similarity to a claimed headline (F1 of words) from which a block repeats it."""

MAX_TAG_LINE_WORDS = 12
"""Most words of a line of tags."""

NAME_GROUP_LABELS: Mapping[str, Label] = {
    "comments": Label.COMMENTS,
    "advert": Label.ADVERTISEMENT,
    "share": Label.SHARE,
    "author": Label.AUTHOR_BIO,
    "tags": Label.TAGS,
    "promo": Label.PROMO,
    "related": Label.RELATED,
    "popular": Label.NAVIGATION,
    "overlay": Label.WIDGET,
    "embed": Label.WIDGET,
    "form": Label.WIDGET,
    "navigation": Label.NAVIGATION,
    "footer": Label.NAVIGATION,
    "side": Label.NAVIGATION,
}
"""The label of a block outside the article, by the nearest element whose class has a word of the group; the first of
equally near ones.
"""

PHRASE_LABELS = (
    Label.COPYRIGHT_NOTICE, Label.COMMENTS, Label.SHARE, Label.PROMO, Label.ADVERTISEMENT, Label.RELATED, Label.WIDGET, Label.TAGS,
)  # fmt: skip
"""Labels given by their own phrases, where they make up half of a block."""

MAX_NAME_DISTANCE = 4.0
"""Number of elements up to which a name counts."""


MAX_EXPECTED_ERROR = 0.4
"""Words expected to be misclassified per word of the body, by the forest's probabilities, from which the main-region
finder is used: on 4 % of the pages. Out of fold, using it on 10 % is no better (body F1 .976, .965, .957 instead of
.975, .965, .960), and costs 6 % of the time.
"""

EARLY_EXIT = EarlyExit(100, 0.05, 0.95)
"""Number of trees after which most blocks are decided; on 50,190 the others changed no verdict."""

MIN_BARE_LINK_DENSITY_AND_WORDS = (0.9, 5.0)
"""Share in links from which, and words below which, a block is not body: true of four blocks in ten, of which one in a
hundred is body.
"""

_BODY = Label.BODY  # in a loop over blocks it takes ten times as long to name the member

EXTRA_WORDS_PER_BLOCK = 3.0
"""Words added to the length of every block as its weight."""


class PageJudgement(NamedTuple):
    """What the classifier says of the blocks of a page."""

    verdicts: list[Prediction]
    lengths: Floats
    """float64[blocks]: words of each, where a character of a script without spaces is half a word."""


@cache
def _forest(resource: str) -> Forest:
    return Forest.load(resource)


def examine(
    blocks: Sequence[Block],
    claims: Sequence[Claim] = (),
    headline: str | None = None,
    find_main_region: Callable[[], str | None] | None = None,
) -> PageJudgement:
    """One verdict per block: body where the model says so, else by the names of the elements around it; with the lengths that were counted.

    `claims`: the page's; those of headline and subheadline are features. `find_main_region`: calls a main-region
    finder. Raises ValueError where a model in the package was trained on other features than this code computes.
    """
    if not blocks:
        return PageJudgement([], np.zeros(0))
    resource, _, rows, body = _predict_body(blocks, claims, headline, find_main_region)
    at = _forest(resource).position
    repeats = repeats_headline(at, rows)
    body = np.where(repeats, 0.0, body)
    others = _boilerplate_labels(blocks, at, rows, repeats.tolist())
    sure = np.maximum(body, 1 - body).tolist()
    kept = (body >= MIN_BODY_PROBABILITY).tolist()
    verdicts = [
        Prediction(_BODY if mine else label, round(each, 3))
        for mine, label, each in zip(kept, others, sure, strict=True)
    ]
    half_words = 2 * np.expm1(rows[:, at["shape.words"]].astype(np.float64))  # a length is a multiple of one half
    return PageJudgement(verdicts, np.rint(half_words) / 2)


def strongest_features(
    blocks: Sequence[Block],
    claims: Sequence[Claim] = (),
    headline: str | None = None,
    find_main_region: Callable[[], str | None] | None = None,
    count: int = 3,
) -> list[list[tuple[str, float, float]]]:
    """The columns with the most weight in the verdict on each block, their values, and their contributions to the log
    odds of not being body.

    Arguments as for `classify`. Takes a millisecond per block: for explanations.
    """
    if not blocks:
        return []
    resource, names, rows, _ = _predict_body(blocks, claims, headline, find_main_region)
    found = []
    for row in rows:
        added = -_forest(resource).contributions(row)
        found.append([(names[at], float(row[at]), float(added[at])) for at in np.argsort(-np.abs(added))[:count]])
    return found


def _predict_body(
    blocks: Sequence[Block],
    claims: Sequence[Claim],
    headline: str | None,
    find_main_region: Callable[[], str | None] | None,
) -> tuple[str, tuple[str, ...], NDArray[np.float32], Floats]:
    """The model that decided, the names and rows of its features, and its probability of body for each block."""
    names, rows = page_features(blocks, claims, headline)
    body = _predict(MODEL, names, rows)
    words = np.expm1(rows[:, _forest(MODEL).position["shape.words"]])
    unsure = expected_error(words, body) > MAX_EXPECTED_ERROR
    if find_main_region and unsure and (text := find_main_region()) is not None:
        more, said = region_features(blocks, text)
        names, rows = names + more, np.hstack((rows, said))
        return MODEL_WITH_REGION, names, rows, _predict(MODEL_WITH_REGION, names, rows)
    return MODEL, names, rows, body


def _predict(resource: str, names: tuple[str, ...], rows: NDArray[np.float32]) -> Floats:
    forest = _forest(resource)
    if forest.columns != names:
        raise ValueError(f"{resource} was trained on other evidence: run training/page_model.py")
    words, links = rows[:, forest.position["shape.words"]], rows[:, forest.position["own.links"]]
    undecided = (links < MIN_BARE_LINK_DENSITY_AND_WORDS[0]) | (words >= np.log1p(MIN_BARE_LINK_DENSITY_AND_WORDS[1]))
    body = np.zeros(len(rows))
    body[undecided] = forest.predict(rows[undecided], early_exit=EARLY_EXIT)
    return body


def expected_error(words: Floats, body: Floats) -> float:
    """The expected number of misclassified words, as a share of the words classified as body."""
    weight = words + EXTRA_WORDS_PER_BLOCK
    wrong = float((weight * np.minimum(body, 1 - body)).sum())
    return wrong / max(30.0, float((weight * (body >= MIN_BODY_PROBABILITY)).sum()))


def repeats_headline(at: Mapping[str, int], rows: NDArray[np.float32]) -> NDArray[np.bool_]:
    """True for each block that repeats a claimed headline, which is a field and not body. `at`: the position of each column."""
    return np.asarray(rows[:, at["title.like"]] >= MIN_HEADLINE_LIKENESS)


def _boilerplate_labels(
    blocks: Sequence[Block], at: Mapping[str, int], rows: NDArray[np.float32], repeated: Sequence[bool]
) -> list[Label]:
    """The label of each block if it is not the article: by the phrases in it, then by the names of the elements around
    it. `at`: the position of each column; `repeated`: true for the blocks that repeat a headline.
    """
    distance = rows[:, [at[f"name.{group}"] for group in NAME_GROUP_LABELS]]
    cue = rows[:, [at[f"cue.{label}"] for label in PHRASE_LABELS]]
    listing = rows[:, at["shape.words"]] <= np.log1p(MAX_TAG_LINE_WORDS)
    named = list(NAME_GROUP_LABELS.values())
    labels: list[Label] = []
    for block, nearest, near, cued, spoken, repeats, short in zip(
        blocks,
        distance.argmin(axis=1).tolist(),
        (distance.min(axis=1) <= MAX_NAME_DISTANCE).tolist(),
        cue.argmax(axis=1).tolist(),
        (cue.max(axis=1) >= 0.5).tolist(),
        repeated,
        listing.tolist(),
        strict=True,
    ):
        label = PHRASE_LABELS[cued] if spoken else named[nearest] if near else Label.NAVIGATION
        if repeats:
            label = Label.DUPLICATE if Label.HEADLINE in labels else Label.HEADLINE
        elif block.kind == "caption":
            label = Label.CAPTION
        elif label is Label.TAGS and not short:
            label = Label.NAVIGATION
        labels.append(label)
    return labels
