"""The text classifier: its tokens, features and predictions, and how `explain` shows them."""

from __future__ import annotations

import json

import click
import numpy as np
import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.cli.explain import explain
from ingest.core.labelling.phrases import match_phrases, phrase_table
from ingest.core.labelling.prose import find_prose
from ingest.core.labelling.text_classifier import classify, strongest_features
from ingest.core.labelling.text_features import text_features
from ingest.core.labelling.tokens import tokenize, tokenize_both
from ingest.core.model import Block, Label

PROSE = [
    "The ministers met on Tuesday to talk about the harbour, which has been closed since the storm in January.",
    "Nobody was hurt when the crane fell, the port authority said in a statement that was published on Wednesday.",
    "The cranes are forty years old and were to be replaced in spring, but the money was never found, the union says.",
    "Ships that wait outside the breakwater will be sent to the next port until divers have looked at the quay walls.",
    "The mayor told reporters that the harbour would open again before the end of the month, whatever it might cost.",
]


def blocks(*texts: str) -> list[Block]:
    return [Block(text) for text in texts]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("It's the dog's bone", 4),
        ("東京で会談した", 7),
        ("ไทย 2025", 4),
        ("日本AB両国", 5),
        ("--- * ---", 0),
        ("naïve Ελλάδα мир", 3),
    ],
)
def test_words_are_tokenized_in_every_script(text: str, words: int) -> None:
    assert tokenize([text]).words.tolist() == [words]


def test_equal_words_have_equal_hashes_whatever_their_case_and_line() -> None:
    word = tokenize(["Мир и WAR", "war, мир!"]).word
    assert (word[0], word[2]) == (word[4], word[3])
    assert len(set(word.tolist())) == 3


def test_a_phrase_is_found_in_its_line_and_not_across_two() -> None:
    kinds = phrase_table().categories
    matches = match_phrases(tokenize(["Read", "more news", "関連記事", "He would read more if he could"]))
    related = kinds.index("related")
    assert matches.leading[:, related].astype(bool).tolist() == [False, True, True, False]
    assert (matches.covered[2, related], matches.found[0, related]) == (4, 0)
    assert matches.found[3, related] >= 1


def test_the_densest_run_of_prose_is_found_between_menus_and_teasers() -> None:
    texts = [
        "Home",
        "News",
        *PROSE,
        "Related",
        "A lone teaser that ends like a sentence would, more or less.",
        "Imprint",
    ]
    prose = find_prose(tokenize(texts))
    assert (prose.first, prose.last) == (2, 6)


@given(st.lists(st.text(st.characters(exclude_characters="\n\r"), min_size=1, max_size=60), min_size=1, max_size=12))
@settings(max_examples=100)
def test_any_lines_have_finite_features_and_a_prediction_each(texts: list[str]) -> None:
    columns = text_features(blocks(*texts)).columns
    assert all(values.shape == (len(texts),) and np.isfinite(values).all() for values in columns.values())
    assert all(0 <= prediction.confidence <= 1 for prediction in classify(blocks(*texts)))


@pytest.mark.parametrize(
    ("line", "label"),
    [
        ("Sign up for our newsletter to get the latest news delivered to your inbox.", Label.PROMO),
        ("Abonnieren Sie unseren Newsletter", Label.PROMO),
        ("Share on Facebook", Label.SHARE),
        ("Leave a comment", Label.COMMENTS),
        ("Sponsored content", Label.ADVERTISEMENT),
    ],
)
def test_boilerplate_gets_its_own_labels_and_the_article_stays(line: str, label: Label) -> None:
    labels = [prediction.label for prediction in classify(blocks(*PROSE, line))]
    assert labels == [Label.BODY] * len(PROSE) + [label]


def test_reasons_name_the_features() -> None:
    seen = text_features(blocks(*PROSE, "Share on Facebook")).columns
    first = strongest_features(blocks(*PROSE, "Share on Facebook"))[-1]
    assert [weight for _, _, weight in first] == sorted((weight for _, _, weight in first), key=abs, reverse=True)
    assert all(value == pytest.approx(seen[name][-1], rel=1e-5) for name, value, _ in first)


def test_explain_shows_escape_sequences_instead_of_executing_them() -> None:
    raw = "\n\n".join([*PROSE, "Share on \x1b]0;owned\x07 Facebook", "\u202eCopyright 2024 The Harbour Post"])
    shown = CliRunner().invoke(explain, ["-"], input=raw, color=True).output
    assert "owned" in shown
    assert not {"\x07", "\u202e", "\x1b]"} & {shown[i : i + n] for n in (1, 2) for i in range(len(shown))}
    kept = [line for line in shown.splitlines() if click.unstyle(line).startswith("body")]
    assert len(kept) == len(PROSE)
    assert all("\x1b[2m" in line for line in shown.splitlines() if line not in kept)


def test_explain_for_machines_has_the_label_vector_and_the_evidence() -> None:
    raw = "\n\n".join([*PROSE, "Share on Facebook"])
    rows = [json.loads(line) for line in CliRunner().invoke(explain, ["-", "--json"], input=raw).output.splitlines()]
    assert [row["label"] for row in rows] == ["body"] * len(PROSE) + ["share"]
    assert rows[-1]["rule"] != "model" or len(rows[-1]["evidence"]) == 3
    refused = CliRunner().invoke(explain, ["-"], input=b"\x89PNG\r\n\x1a\n")
    assert (refused.exit_code, refused.stdout) == (1, "")


@given(*2 * [st.lists(st.text(st.sampled_from("aB é東ไ.'1"), max_size=6), min_size=1, max_size=4)])
def test_lines_read_together_are_as_those_read_apart(texts: list[str], others: list[str]) -> None:
    for both, apart in zip(tokenize_both(texts, others), (tokenize(texts), tokenize(others)), strict=True):
        assert all(np.array_equal(value, getattr(apart, name)) for name, value in vars(both).items())
