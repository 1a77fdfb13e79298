"""The features by which the classifiers decided, block by block."""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from ingest.core.labelling import page_classifier, text_classifier
from ingest.core.labelling.headlines import contributions
from ingest.core.labelling.label import headline_choice
from ingest.core.metadata.resolve import resolve_claims
from ingest.core.model import Label

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ingest.core.pipeline import LabelledArticle
    from ingest.web.explain.rows import DecisiveFeatures


def decisive_features(labelled_article: LabelledArticle) -> list[DecisiveFeatures]:
    """For each block the features that weighed most: name, value, and what it adds to the log odds of being removed.

    Nothing where a rule decided.
    """
    article, rows = labelled_article.article, labelled_article.labelled
    blocks = [row.block for row in rows]
    weighed: Sequence[DecisiveFeatures]
    headlines = headline_evidence(labelled_article)
    chosen = [headlines.get(at, (0.0, ()))[1] if row.label is Label.HEADLINE else () for at, row in enumerate(rows)]
    if not any(row.rule == "model" for row in rows):
        return chosen
    if article.source.media_type == "text/plain":
        weighed = text_classifier.strongest_features(blocks)
    else:
        claimed = resolve_claims(article.claims).get("headline")
        weighed = page_classifier.strongest_features(
            blocks, article.claims, claimed.value if claimed else None, labelled_article.find_main_region
        )
    told_of = zip(rows, weighed, chosen, strict=True)
    return [evidence if row.rule == "model" else won for row, evidence, won in told_of]


def headline_evidence(labelled_article: LabelledArticle) -> dict[int, tuple[float, DecisiveFeatures]]:
    """Of a text file's lines that were compared for the headline: the probability that each is it, 0 to 1, and what weighed most for or
    against it, in log odds against the others. Empty where the headline was claimed, or no line may be one.
    """
    if labelled_article.article.source.media_type != "text/plain" or resolve_claims(
        labelled_article.article.claims
    ).get("headline"):
        return {}
    choice = headline_choice(labelled_article.article, labelled_article.rulebook)
    return {
        each.at: (
            chance,
            [(f"headline.{name}", each.columns[name], added) for name, added in contributions(each.columns)],
        )
        for each, chance in zip(choice.candidates, choice.chances, strict=True)
    }


def compared(chance: float, evidence: DecisiveFeatures, *, won: bool) -> str:
    """The same as a reader is told it."""
    reasons = ", ".join(f"{name.partition('.')[2].replace('_', ' ')} {weight:+.1f}" for name, _, weight in evidence)
    return f"{'headline' if won else 'passed over as headline'}, {chance:.0%}: {reasons}"


def describe_features(evidence: DecisiveFeatures) -> str:
    """The same in words."""
    return "; ".join(
        f"{group_names().get(group, group)}: {name.replace('_', ' ')} {value:.3g} ({_side(group, weight)} {weight:+.1f})"
        for column, value, weight in evidence
        for group, _, name in [column.partition(".")]
    )


def _side(group: str, weight: float) -> str:
    if group == "headline":
        return "for it" if weight > 0 else "against it"
    return "for removing" if weight > 0 else "for keeping"


@cache
def group_names() -> dict[str, str]:
    """What each group of features is, in a reader's words."""
    found: dict[str, str] = tomllib.loads(Path(__file__).with_suffix(".toml").read_text(encoding="utf-8"))
    return found
