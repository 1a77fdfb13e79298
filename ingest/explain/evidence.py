"""What the learned labellers went by, block by block."""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from ingest.choose import choose
from ingest.evidence import lines, page
from ingest.evidence.headlines import contributions
from ingest.label import headline_choice
from ingest.model import Label

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ingest.explain.runs import Evidence
    from ingest.pipeline import Examined


def evidence_of(examined: Examined) -> list[Evidence]:
    """For each block what weighed most for a learned labeller: name, value, and what it adds to the log odds of leaving.

    Nothing where a rule decided.
    """
    article, rows = examined.article, examined.labelled
    blocks = [row.block for row in rows]
    weighed: Sequence[Evidence]
    headlines = headline_evidence(examined)
    chosen = [headlines.get(at, (0.0, ()))[1] if row.label is Label.HEADLINE else () for at, row in enumerate(rows)]
    if not any(row.rule == "model" for row in rows):
        return chosen
    if article.source.media_type == "text/plain":
        weighed = lines.reasons(blocks)
    else:
        claimed = choose(article.claims).get("headline")
        weighed = page.reasons(blocks, article.claims, claimed.value if claimed else None, article.region)
    told_of = zip(rows, weighed, chosen, strict=True)
    return [evidence if row.rule == "model" else won for row, evidence, won in told_of]


def headline_evidence(examined: Examined) -> dict[int, tuple[float, Evidence]]:
    """Of a text file's lines that were compared for the headline: the probability that each is it, 0 to 1, and what weighed most for or
    against it, in log odds against the others. Empty where the headline was claimed, or no line may be one.
    """
    if examined.article.source.media_type != "text/plain" or choose(examined.article.claims).get("headline"):
        return {}
    choice = headline_choice(examined.article, examined.rulebook)
    return {
        each.at: (
            chance,
            [(f"headline.{name}", each.columns[name], added) for name, added in contributions(each.columns)],
        )
        for each, chance in zip(choice.candidates, choice.chances, strict=True)
    }


def compared(chance: float, evidence: Evidence, *, won: bool) -> str:
    """The same as a reader is told it."""
    reasons = ", ".join(f"{name.partition('.')[2].replace('_', ' ')} {weight:+.1f}" for name, _, weight in evidence)
    return f"{'headline' if won else 'passed over as headline'}, {chance:.0%}: {reasons}"


def told(evidence: Evidence) -> str:
    """The same as a reader is told it."""
    return "; ".join(
        f"{groups().get(group, group)}: {name.replace('_', ' ')} {value:.3g} ({_side(group, weight)} {weight:+.1f})"
        for column, value, weight in evidence
        for group, _, name in [column.partition(".")]
    )


def _side(group: str, weight: float) -> str:
    if group == "headline":
        return "for it" if weight > 0 else "against it"
    return "for leaving" if weight > 0 else "for staying"


@cache
def groups() -> dict[str, str]:
    """What each group of evidence is, in a reader's words."""
    found: dict[str, str] = tomllib.loads(Path(__file__).with_suffix(".toml").read_text(encoding="utf-8"))
    return found
