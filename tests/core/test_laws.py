"""Properties that hold for every input, whatever the rules and models say."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from hypothesis import example, given, settings
from hypothesis import strategies as st

from ingest import Record, Rejected, clean
from ingest.core.model import Label
from ingest.core.pipeline import label_article

SEEDS = [path.read_text() for path in sorted((Path(__file__).parents[2] / "seeds").glob("*.txt"))]
PARAGRAPHS = [line for text in SEEDS for line in text.split("\n") if line.strip()]
PROSE = [line for line in PARAGRAPHS if len(line) > 150 and "Law of Ukraine" not in line]

# Real lines in any order and number, with some noise: the laws must not depend on a happy layout.
lines = st.one_of(
    st.sampled_from(PARAGRAPHS),
    st.sampled_from(["", "", "-", "----------", "# Heading", "- one", "2. two", "Read also:"]),
    st.text(max_size=80),
)
articles = st.lists(lines, min_size=1, max_size=25).map("\n".join)
shuffled = st.lists(st.sampled_from(PARAGRAPHS), min_size=2, max_size=20, unique=True).map(
    lambda some: "\n\n".join([PROSE[0], *some])
)
files = st.one_of(
    st.binary(max_size=400),
    articles.map(str.encode),
    st.text(max_size=300).map(lambda t: f"<html><body><p>{t}</p><div>{t}".encode()),
)


def cleaned(raw: bytes) -> Record | Rejected:
    try:
        return clean(raw)
    except Rejected as rejected:
        return rejected


@given(files)
@example(b">")
@settings(max_examples=150)
def test_any_input_gives_a_record_or_a_refusal_and_always_the_same(raw: bytes) -> None:
    first, second = cleaned(raw), cleaned(raw)
    if isinstance(first, Rejected):
        assert isinstance(second, Rejected)
        assert (first.reason, first.message) == (second.reason, second.message)
        assert first.reason.isidentifier()
        assert "\n" not in first.message
    else:
        assert isinstance(second, Record)
        assert first.to_json() == second.to_json()


@given(articles)
@settings(max_examples=100)
def test_every_block_is_kept_once_in_order_and_nothing_is_invented(text: str) -> None:
    """Every block arrives exactly once, in body or in removed, in order; body and removed say nothing else."""
    record = cleaned(text.encode())
    if isinstance(record, Rejected):
        return
    labelled_article = label_article(text.encode())
    body = [row.block.text for row in labelled_article.labelled if row.label is Label.BODY]
    removed = [row.block.text for row in labelled_article.labelled if row.label is not Label.BODY]
    assert [removal.text for removal in record.removed] == removed
    assert record.body.split() == " ".join(body).split()
    words = Counter("".join(block.text for block in labelled_article.article.blocks).replace(" ", ""))
    assert Counter("".join(row.block.text for row in labelled_article.labelled).replace(" ", "")) == words


@given(shuffled)
@settings(max_examples=100)
def test_a_second_cleaning_changes_nothing(text: str) -> None:
    first = clean(text.encode())
    claims = {name: value for name in ("headline", "publisher") if (value := getattr(first, name))}
    second = clean(first.body.encode(), claims=claims)
    assert second.body == first.body
    assert second.removed == ()
