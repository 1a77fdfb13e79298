"""How sure a record is: figures where there are values, thresholds, and the measure of reliability itself."""

from __future__ import annotations

from typing import Any

import pytest

from benchmarks.quality.confidence import reliability
from ingest import Rejected, clean
from ingest.core.confidence import CONFIDENCE_FIELDS
from ingest.core.confidence.model import FieldModel, field_models
from ingest.core.record import Confidence, Record

PARAGRAPHS = "".join(
    f"<p>On day {day} the council of Hollin Bay heard {day} speakers on the new sea wall, and put its vote off again until the "
    "engineers had answered the fishermen, who fear for the mooring of their boats.</p>"
    for day in range(2, 9)
)


def page(title: str, og: str, day: str, jsonld_day: str) -> bytes:
    return (
        f'<html><head><title>{og} | Bay News</title><meta property="og:title" content="{og}">'
        f'<meta property="article:published_time" content="{day}T08:00:00Z"><meta name="author" content="Ada Quill">'
        f'<script type="application/ld+json">{{"@type":"NewsArticle","headline":"{og}","datePublished":"{jsonld_day}T08:00:00Z",'
        f'"author":{{"@type":"Person","name":"Ada Quill"}}}}</script></head>'
        f"<body><article><h1>{title}</h1><p class=byline>By Ada Quill</p>{PARAGRAPHS}</article></body></html>"
    ).encode()


AGREED = page("Sea wall vote put off again", "Sea wall vote put off again", "2026-03-05", "2026-03-05")
DISPUTED = page("Fishermen fear for their boats", "Sea wall vote put off again", "2026-03-05", "2025-11-20")


def test_there_is_a_figure_exactly_where_there_is_a_value() -> None:
    record = clean(AGREED)
    for field, chance in record.confidence:
        assert (chance is None) == (not getattr(record, field)), field
        assert chance is None or 0 <= chance <= 1
    assert record.published
    assert record.confidence.published
    bare = clean(("\n\n".join(["The harbour was quiet on Monday, the mayor said in a long speech."] * 3)).encode())
    assert bare.confidence.published is None
    assert bare.confidence.body is not None


def test_claims_that_disagree_make_a_value_less_sure() -> None:
    agreed, disputed = clean(AGREED).confidence, clean(DISPUTED).confidence
    assert agreed.headline
    assert disputed.headline
    assert agreed.published
    assert disputed.published
    assert disputed.headline < agreed.headline
    assert disputed.published < agreed.published


def test_what_the_sender_gives_is_certain_and_never_left_out() -> None:
    record = clean(
        AGREED, claims={"headline": "Wall vote", "authors": ["B. Clerk"]}, min_confidence={"headline": 1, "authors": 1}
    )
    assert (record.headline, record.authors) == ("Wall vote", ("B. Clerk",))
    assert record.confidence.headline == record.confidence.authors == 1


def test_a_value_below_its_threshold_is_left_out_and_provenance_says_so() -> None:
    record = clean(AGREED, min_confidence={"headline": 1.0, "authors": 1.0, "published": 0})
    assert (record.headline, record.authors) == (None, ())
    assert record.confidence.headline is record.confidence.authors is None
    assert record.published
    for field in ("headline", "authors"):
        assert record.provenance[field].startswith("unsure: 0.")
    assert not any(removed.field == "headline" for removed in record.removed)
    assert Record.model_validate_json(record.to_json(), strict=True) == record


def test_a_body_below_its_threshold_refuses_the_article() -> None:
    with pytest.raises(Rejected) as refused:
        clean(AGREED, min_confidence={"body": 1.0})
    assert refused.value.reason == "unsure_body"


@pytest.mark.parametrize(
    "wanted", [{"keywords": 0.5}, {"headline": 1.5}, {"headline": True}, {"headline": float("nan")}]
)
def test_a_threshold_that_cannot_be_used_is_an_error(wanted: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="confidence"):
        clean(AGREED, min_confidence=wanted)


def test_every_kind_and_field_has_a_model_whose_map_rises() -> None:
    assert tuple(Confidence.model_fields) == CONFIDENCE_FIELDS
    for kind in ("page", "text"):
        for field in CONFIDENCE_FIELDS:
            model = field_models()[kind][field]
            assert list(model.log_odds) == sorted(model.log_odds)
            assert list(model.probabilities) == sorted(model.probabilities)
            assert 0 < model.probabilities[0] <= model.probabilities[-1] < 1


def test_between_knots_the_map_is_linear_and_flat_outside() -> None:
    model = FieldModel({"a": 1.0}, 0.0, (-1.0, 1.0), (0.2, 0.8))
    assert [model.probability({"a": at}) for at in (-5.0, -1.0, 0.0, 0.5, 1.0, 9.0)] == [0.2, 0.2, 0.5, 0.65, 0.8, 0.8]


def test_reliability_measures_what_it_says() -> None:
    perfect = reliability([0.05] * 20 + [0.95] * 80, [False] * 19 + [True] + [True] * 76 + [False] * 4)
    assert perfect.error == pytest.approx(0, abs=1e-9)
    assert perfect.caught == pytest.approx(19 / 23)
    assert reliability([0.9] * 10, [True] * 5 + [False] * 5).error == pytest.approx(0.4)
