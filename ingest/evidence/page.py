"""Which blocks of a page are its article, what the others are, and whether there is an article at all."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import numpy as np

from ingest.evidence.layout import asked, features
from ingest.forest import Forest, Opening
from ingest.model import Label, Verdict

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from numpy.typing import NDArray

    from ingest.evidence.reading import Floats
    from ingest.model import Block, Claim

MODEL = "models/page.npz"
MODEL_ASKED = "models/page_asked.npz"
"""The same labeller, with what the main-region finder says among its evidence."""

SURE = 0.5
"""Probability from which a block is body."""

HEADLINE_LIKE = 0.95
"""Likeness to a claimed headline (F1 of words) from which a block says it again."""

MOST_TAGS = 12
"""Words of a line of tags."""

NAMED: Mapping[str, Label] = {
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
"""What a block outside the article is by the nearest element whose class has a word of the group; the first of equally near ones."""

CUED = (
    Label.COPYRIGHT_NOTICE, Label.COMMENTS, Label.SHARE, Label.PROMO, Label.ADVERTISEMENT, Label.RELATED, Label.WIDGET, Label.TAGS,
)  # fmt: skip
"""Labels whose own phrases say so, where they make up half of a block."""

NEAR = 4.0
"""Elements up to which a name counts."""


DOUBT = 0.4
"""Words that may be wrong for each word of the body, as the forest expects them, from which the main-region finder is asked: on 4 % of
the pages. Out of fold, asking on 10 % is worth no more (body F1 .976, .965, .957 instead of .975, .965, .960), and costs 6 % of the time."""

OPENING = Opening(100, 0.05, 0.95)
"""Trees that tell most blocks; on 50,190 the others changed no verdict."""

BARE_LINK = (0.9, 5.0)
"""Share in links from which, and words below which, a block is no body: four blocks in ten, of which one in a hundred is."""

SHORT = 3.0
"""Words that every block counts for beside its own."""


@cache
def _forest(resource: str) -> Forest:
    return Forest.load(resource)


def judge(
    blocks: Sequence[Block],
    claims: Sequence[Claim] = (),
    headline: str | None = None,
    region: Callable[[], str | None] | None = None,
) -> list[Verdict]:
    """One verdict a block: body where the learned labeller says so, else what its surroundings are called.

    `claims`: the page's; those about headline and subheadline are evidence. `region`: asks a main-region finder. Raises ValueError
    where a model in the package was trained on other evidence than this code makes.
    """
    if not blocks:
        return []
    _, names, rows, body = _weigh(blocks, claims, headline, region)
    body = np.where(again(names, rows), 0.0, body)
    others = _others(blocks, names, rows)
    return [
        Verdict(Label.BODY if p >= SURE else label, round(max(p, 1 - p), 3))
        for p, label in zip(body.tolist(), others, strict=True)
    ]


def reasons(
    blocks: Sequence[Block],
    claims: Sequence[Claim] = (),
    headline: str | None = None,
    region: Callable[[], str | None] | None = None,
    count: int = 3,
) -> list[list[tuple[str, float, float]]]:
    """What weighs most in the verdict on each block: columns, their values, and what they add to the log odds of leaving.

    Arguments as for `judge`. A millisecond a block: for explanations.
    """
    if not blocks:
        return []
    resource, names, rows, _ = _weigh(blocks, claims, headline, region)
    found = []
    for row in rows:
        added = -_forest(resource).contributions(row)
        found.append([(names[at], float(row[at]), float(added[at])) for at in np.argsort(-np.abs(added))[:count]])
    return found


def _weigh(
    blocks: Sequence[Block],
    claims: Sequence[Claim],
    headline: str | None,
    region: Callable[[], str | None] | None,
) -> tuple[str, tuple[str, ...], NDArray[np.float32], Floats]:
    """The model that decided, the names and rows of its evidence, and the probability of body it gave each block."""
    names, rows = features(blocks, claims, headline)
    body = _predict(MODEL, names, rows)
    unsure = doubt(np.expm1(rows[:, names.index("shape.words")]), body) > DOUBT
    if region and unsure and (text := region()) is not None:
        more, said = asked(blocks, text)
        names, rows = names + more, np.hstack((rows, said))
        return MODEL_ASKED, names, rows, _predict(MODEL_ASKED, names, rows)
    return MODEL, names, rows, body


def _predict(resource: str, names: tuple[str, ...], rows: NDArray[np.float32]) -> Floats:
    forest = _forest(resource)
    if forest.names != names:
        raise ValueError(f"{resource} was trained on other evidence: run benchmarks/train_pages.py")
    words, links = rows[:, names.index("shape.words")], rows[:, names.index("own.links")]
    asked_of = (links < BARE_LINK[0]) | (words >= np.log1p(BARE_LINK[1]))
    body = np.zeros(len(rows))
    body[asked_of] = forest.predict(rows[asked_of], opening=OPENING)
    return body


def doubt(words: Floats, body: Floats) -> float:
    """Words expected to be judged wrongly, as a share of those judged to be body."""
    weight = words + SHORT
    wrong = float((weight * np.minimum(body, 1 - body)).sum())
    return wrong / max(30.0, float((weight * (body >= SURE)).sum()))


def again(names: Sequence[str], rows: NDArray[np.float32]) -> NDArray[np.bool_]:
    """Whether each block says a claimed headline again, which is a field and leaves the body."""
    return np.asarray(rows[:, names.index("title.like")] >= HEADLINE_LIKE)


def _others(blocks: Sequence[Block], names: Sequence[str], rows: NDArray[np.float32]) -> list[Label]:
    """What each block is if it is not the article: by the phrases in it, then by what the elements around it are called."""
    distance = rows[:, [names.index(f"name.{group}") for group in NAMED]]
    cue = rows[:, [names.index(f"cue.{label}") for label in CUED]]
    listing = rows[:, names.index("shape.words")] <= np.log1p(MOST_TAGS)
    named = list(NAMED.values())
    labels: list[Label] = []
    for block, nearest, near, cued, spoken, repeats, short in zip(
        blocks,
        distance.argmin(axis=1).tolist(),
        (distance.min(axis=1) <= NEAR).tolist(),
        cue.argmax(axis=1).tolist(),
        (cue.max(axis=1) >= 0.5).tolist(),
        again(names, rows).tolist(),
        listing.tolist(),
        strict=True,
    ):
        label = CUED[cued] if spoken else named[nearest] if near else Label.NAVIGATION
        if repeats:
            label = Label.DUPLICATE if Label.HEADLINE in labels else Label.HEADLINE
        elif block.kind == "caption":
            label = Label.CAPTION
        elif label is Label.TAGS and not short:
            label = Label.NAVIGATION
        labels.append(label)
    return labels
