"""The two real articles, and the same articles as other machines would write them."""

from __future__ import annotations

import gzip
import json
import textwrap
from pathlib import Path

import pytest

from ingest import Record, clean

ROOT = Path(__file__).parents[2]
SEEDS = sorted((ROOT / "seeds").glob("*.txt"))
KYODO, UKRINFORM = (path.read_bytes() for path in SEEDS)


@pytest.mark.parametrize("seed", SEEDS, ids=lambda path: path.stem)
def test_golden(seed: Path) -> None:
    """`make golden` writes these anew; read the difference before you commit it."""
    golden = (ROOT / "tests" / "golden" / f"{seed.stem}.json").read_text()
    assert clean(seed.read_bytes(), name=seed.name).to_json(indent=2) + "\n" == golden
    assert Record.model_validate_json(golden).to_json(indent=2) + "\n" == golden


TEXTS = sorted((ROOT / "tests" / "golden" / "texts").glob("*.txt"))


@pytest.mark.parametrize("text", TEXTS, ids=lambda path: path.stem)
def test_golden_texts_of_many_scripts(text: Path) -> None:
    """Invented articles, one a script or form; `make golden` writes their records anew."""
    golden = text.with_suffix(".json").read_text()
    assert clean(text.read_bytes(), name=text.name).to_json(indent=2) + "\n" == golden


def _wrapped(raw: bytes) -> bytes:
    return "\n".join(textwrap.fill(line, 72) for line in raw.decode().split("\n")).encode()


WRITTEN = {
    "windows": lambda raw: raw.replace(b"\n", b"\r\n"),
    "utf-16": lambda raw: raw.decode().encode("utf-16"),
    "utf-8 with mark": lambda raw: b"\xef\xbb\xbf" + raw,
    "gzip": gzip.compress,
    "wrapped": _wrapped,
    "quoted": lambda raw: b"\n".join(b"> " + line for line in _wrapped(raw).split(b"\n")),
}


@pytest.mark.parametrize("how", WRITTEN)
@pytest.mark.parametrize("raw", [KYODO, UKRINFORM], ids=["kyodo", "ukrinform"])
def test_written_otherwise(raw: bytes, how: str) -> None:
    own = {"id", "source"}
    assert clean(WRITTEN[how](raw)).model_dump(exclude=own) == clean(raw).model_dump(exclude=own)


def test_an_address_tells_the_publisher() -> None:
    record = clean(KYODO, url="https://english.kyodonews.net/news/2023/02/1f0a.html")
    assert record.publisher
    assert (record.publisher.name, record.publisher.domain) == ("Kyodo News", "kyodonews.net")


def test_schema_has_exactly_the_designs_fields() -> None:
    assert list(Record.model_json_schema()["properties"]) == json.loads(
        """["schema_version", "id", "url", "publisher", "headline", "alternative_headlines", "subheadline", "authors", "byline", "dateline", "language", "published",
        "modified", "section", "keywords", "body", "images", "related", "copyright_notice", "usage_terms", "extra", "removed", "source",
        "provenance", "confidence", "ingest"]"""
    )
