"""The language model against the library whose model it reads."""

from __future__ import annotations

from hypothesis import example, given
from hypothesis import strategies as st
from py3langid import classify

from ingest.core.text import language_model

SENTENCES = (
    "The harbour was closed on Monday after a ferry had run aground.",
    "LA MAIRIE A FERMÉ LE PORT LUNDI MATIN",
    "Гавань закрыли в понедельник.",
    "港口周一关闭。",
    "أغلق الميناء يوم الاثنين",
)


@given(st.lists(st.sampled_from(SENTENCES) | st.text(max_size=20), max_size=6).map(" ".join))
@example("")
@example("\x00")
@example("\ud800abc")
def test_its_answers_are_those_of_the_library(text: str) -> None:
    assert language_model.identify(text) == classify(text)


def test_a_model_laid_out_otherwise_is_left_to_the_library(monkeypatch) -> None:
    monkeypatch.setattr(language_model, "_arrays", lambda _: iter(()))
    language_model._identifier.cache_clear()
    try:
        assert language_model.identify(SENTENCES[0])[0] == "en"
        assert language_model._identifier() is classify
    finally:
        language_model._identifier.cache_clear()
