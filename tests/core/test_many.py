"""`clean_many` gives what `clean` gives, whatever is cleaned beside it."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest import Record, Rejected, clean, clean_many
from ingest.core import many

LINES = (
    "Harbour reopens after storm",
    "By Jane Doe",
    "3 March 2026",
    "The harbour reopened on Tuesday after a storm had closed it for two days, the port authority said in a statement.",
    "КИЕВ, 3 марта. Порт снова открыт после шторма, который закрыл его на два дня, сообщили власти.",
    "Read also: Ferry runs aground",
    "Share this article",
    "© 2026 The Example Post. All rights reserved.",
    "---",
)
TEXTS = st.lists(st.sampled_from(LINES) | st.text(max_size=30), min_size=1, max_size=12).map("\n".join)
ARTICLES = TEXTS.map(str.encode) | st.sampled_from([
    b"",
    b"\x00\xff" * 40,
    b"<html><body><h1>Harbour reopens</h1>" + b"<p>%b</p>" % LINES[3].encode() * 3 + b"</body></html>",
])  # fmt: skip


def alone(article: Any) -> Any:
    named = article if isinstance(article, dict) else {"raw": article}
    try:
        return said(clean(named["raw"], url=named.get("url"), claims=named.get("claims")))
    except Rejected as rejected:
        return said(rejected)


def said(result: Record | Rejected) -> Any:
    return (result.reason, result.message) if isinstance(result, Rejected) else result.to_json()


@settings(max_examples=60)
@given(st.lists(ARTICLES | ARTICLES.map(lambda raw: {"raw": raw, "url": "https://example.org/harbour"}), max_size=8))
def test_each_gets_what_it_gets_alone(articles: list[Any]) -> None:
    assert list(map(said, clean_many(articles))) == list(map(alone, articles))


def test_what_is_no_article_ends_it_where_it_stands(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(many, "BATCH_ARTICLES", 4)
    found = clean_many([LINES[3].encode(), "no bytes", LINES[3].encode()])  # type: ignore[list-item]
    assert isinstance(next(found), Record)
    with pytest.raises(TypeError, match="takes the bytes of a file"):
        next(found)


def test_it_reads_one_batch_ahead() -> None:
    taken = []
    articles = (taken.append(at) or LINES[3].encode() for at in range(1_000))
    next(clean_many(articles))
    assert len(taken) == many.BATCH_ARTICLES
