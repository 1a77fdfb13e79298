"""Confidence in a record's values: the probability that each is correct, and the removal of values below a threshold.

Only what is known after composing is used: who claims a value, who claims another, and the labeller's confidence in
each block.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from ingest.core.confidence.body_features import body_columns
from ingest.core.confidence.evidence import Evidence
from ingest.core.confidence.field_features import FIELD_COLUMNS
from ingest.core.confidence.model import field_models
from ingest.errors import Reason, Rejected

if TYPE_CHECKING:
    from ingest.core.model import Claim

__all__ = ["CERTAIN_ORIGINS", "CONFIDENCE_FIELDS", "Evidence", "check_min_confidence", "confidences", "withhold_unsure"]

CONFIDENCE_FIELDS = ("headline", "authors", "published", "publisher", "body")
"""Fields of the record that have a confidence, in its order."""

CERTAIN_ORIGINS = frozenset({"given", "format"})
"""Origins whose values count as certain: what the sender said, beside the article or in the fields of its format."""


def check_min_confidence(min_confidence: Mapping[str, float]) -> None:
    """Raises ValueError where a field has no confidence, or a threshold is not a number from 0 to 1."""
    for field, least in min_confidence.items():
        if field not in CONFIDENCE_FIELDS:
            raise ValueError(f"{field!r} has no confidence; {', '.join(CONFIDENCE_FIELDS)} have")
        if isinstance(least, bool) or not isinstance(least, int | float) or not 0 <= least <= 1:
            raise ValueError(f"the confidence wanted of {field} must be a number from 0 to 1")


def confidences(evidence: Evidence) -> dict[str, float | None]:
    """The probability that each field's value is correct, 0 to 1; None where the field has no value. What the sender
    gave, and what a format says in its fields and of its body, counts as certain.
    """
    models = field_models()["page" if evidence.is_page else "text"]
    found: dict[str, float | None] = dict.fromkeys(CONFIDENCE_FIELDS)
    for field, columns in FIELD_COLUMNS.items():
        claim = evidence.chosen.get(field)
        if claim and claim.value:
            found[field] = 1.0 if claim.origin in CERTAIN_ORIGINS else models[field].probability(columns(evidence))
    is_stated = evidence.article.is_marked_up
    found["body"] = 1.0 if is_stated else models["body"].probability(body_columns(evidence))
    return found


def withhold_unsure(
    chosen: dict[str, Claim], confidence: dict[str, float | None], min_confidence: Mapping[str, float]
) -> dict[str, str]:
    """Remove the values below their thresholds from `chosen`, and their figures from `confidence`.

    Returns the notes for provenance. Raises `Rejected` where it is the body, which every record must have.
    """
    notes = {}
    for field, least in min_confidence.items():
        sure = confidence[field]
        if sure is None or sure >= least:
            continue
        if field == "body":
            raise Rejected(
                Reason.UNSURE_BODY,
                f"The confidence in the body is {sure:.2f}, below the minimum of {least:.2f}.",
            )
        notes[field] = f"unsure: {sure:.2f} is below {least:.2f} ({chosen.pop(field).origin})"
        confidence[field] = None
    return notes
