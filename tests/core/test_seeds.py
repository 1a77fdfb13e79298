"""The two real articles, and the same articles in other encodings."""

from __future__ import annotations

import gzip
import json
import runpy
import textwrap
from pathlib import Path

import pytest

from ingest import Record, clean

ROOT = Path(__file__).parents[2]
SEEDS = sorted((ROOT / "seeds").glob("*.txt"))
KYODO, UKRINFORM = (
    (ROOT / "seeds" / f"{stem}.txt").read_bytes() for stem in ("000_47fd47bebe7271c0", "002_c69d56b196d5ceb2")
)


@pytest.mark.parametrize("seed", SEEDS, ids=lambda path: path.stem)
def test_seeds_give_their_golden_records(seed: Path) -> None:
    """`make golden` writes these anew; read the difference before you commit it."""
    golden = (ROOT / "tests" / "golden" / f"{seed.stem}.json").read_text()
    assert clean(seed.read_bytes(), name=seed.name).to_json(indent=2) + "\n" == golden
    assert Record.model_validate_json(golden).to_json(indent=2) + "\n" == golden


TEXTS = sorted((ROOT / "tests" / "golden" / "texts").glob("*.txt"))


@pytest.mark.parametrize("text", TEXTS, ids=lambda path: path.stem)
def test_texts_in_many_scripts_give_their_golden_records(text: Path) -> None:
    """Invented articles, one a script or form; `make golden` writes their records anew."""
    golden = text.with_suffix(".json").read_text()
    assert clean(text.read_bytes(), name=text.name).to_json(indent=2) + "\n" == golden


PAGES = sorted((ROOT / "tests" / "golden" / "pages").glob("*.html"))


@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.stem)
def test_golden_pages_of_many_scripts(page: Path) -> None:
    """Invented news pages with all that stands around an article; `make golden` writes their records anew."""
    golden = page.with_suffix(".json").read_text()
    assert clean(page.read_bytes(), name=page.name).to_json(indent=2) + "\n" == golden


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
def test_other_encodings_and_line_ends_give_the_same_article(raw: bytes, how: str) -> None:
    own = {"id", "source"}
    assert clean(WRITTEN[how](raw)).model_dump(exclude=own) == clean(raw).model_dump(exclude=own)


def test_the_url_identifies_the_publisher() -> None:
    record = clean(KYODO, url="https://english.kyodonews.net/news/2023/02/1f0a.html")
    assert record.publisher
    assert (record.publisher.name, record.publisher.domain) == ("Kyodo News", "kyodonews.net")


def test_the_schema_has_exactly_the_documented_fields() -> None:
    assert list(Record.model_json_schema()["properties"]) == json.loads(
        """["schema_version", "id", "url", "publisher", "headline", "alternative_headlines", "subheadline", "authors", "byline", "dateline", "language", "published",
        "modified", "section", "keywords", "body", "images", "related", "copyright_notice", "usage_terms", "rights", "status", "embargoed",
        "urgency", "subjects", "digital_source_type", "item", "story", "same_as", "changes", "extra", "removed", "source", "container",
        "provenance", "confidence", "ingest"]"""
    )


def test_the_page_about_the_record_is_current() -> None:
    """`make docs` writes it anew."""
    written = runpy.run_path(str(ROOT / "docs" / "write_record.py"))["markdown"]()
    assert (ROOT / "docs" / "record.md").read_text(encoding="utf-8") == written


def test_every_field_of_the_record_is_described() -> None:
    schema = Record.model_json_schema()
    for noun in (schema, *schema["$defs"].values()):
        fields = noun.get("properties", {}).items()
        assert [name for name, field in fields if not field.get("description") and "$ref" not in field] == []
