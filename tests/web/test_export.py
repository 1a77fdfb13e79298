"""The output formats: which value goes where, and that hostile text stays text."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from ingest import Record, clean
from ingest.export import FORMATS, jsonld, markdown, ninjs, text
from ingest.export.columns import columns, day_and_instant
from ingest.export.plain import escape
from ingest.export.uri import to_uri

ROOT = Path(__file__).parents[2]
PLAIN = Record.model_validate_json((ROOT / "tests/golden/000_47fd47bebe7271c0.json").read_bytes())
FULL = Record.model_validate(
    PLAIN.model_dump()
    | {
        "url": "https://example.org/новини?id=[1]",
        "publisher": {"name": "Example", "domain": "example.org"},
        "headline": "A <b>bold</b> claim",
        "subheadline": "And *stars*",
        "authors": ("A. Writer", "B. Writer"),
        "dateline": {"place": "KYIV", "agency": "Kyodo", "date": "Nov. 3"},
        "published": "2026-11-03T14:05+09:00",
        "modified": "2026-11-04",
        "section": "World",
        "keywords": ("peace",),
        "related": ({"headline": "Earlier", "url": "https://example.org/a"}, {"headline": "Later"}),
        "images": ({"caption": "A square", "credit": "Kyodo", "url": "https://example.org/a (1).jpg"},),
        "copyright_notice": "© Example",
        "usage_terms": "Ask first.",
    }
)
ALLOWED = re.compile(r"https?://[a-z0-9._-]+(:\d+)?(/([\w.~!$&'()*+,;=:@/-]|%[0-9A-Fa-f]{2})*)?(\?([\w.~!$&'()*+,;=:@/?-]|%[0-9A-Fa-f]{2})*)?", re.ASCII)  # fmt: skip


def test_ninjs_has_the_records_values() -> None:
    found = ninjs(FULL)
    assert found["uri"] == "https://example.org/%D0%BD%D0%BE%D0%B2%D0%B8%D0%BD%D0%B8?id=%5B1%5D"
    assert found["altIds"] == [{"role": "sha-256", "value": FULL.id}, {"role": "url", "value": FULL.url}]
    assert [(h["role"], h["value"]) for h in found["headlines"]] == [
        ("main", FULL.headline),
        ("subheadline", FULL.subheadline),
    ]
    assert (found["by"], found["located"], found["firstCreated"]) == (
        "A. Writer, B. Writer",
        "KYIV",
        "2026-11-03T14:05:00+09:00",
    )
    assert "versionCreated" not in found, "a day is no instant"
    assert found["edNote"] == "Modified on 2026-11-04, hour unknown."
    assert [source["role"] for source in found["infoSources"]] == ["publisher", "agency"]
    picture, earlier, later = found["associations"]
    assert picture["renditions"] == [{"name": "web", "href": "https://example.org/a%20(1).jpg"}]
    assert (earlier["uri"], later["uri"]) == ("https://example.org/a", found["uri"] + "#related-2")


@pytest.mark.parametrize("record", [PLAIN, FULL], ids=["bare", "full"])
def test_unknown_values_are_left_out(record: Record) -> None:
    def values(value: object) -> list[object]:
        parts = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
        return [value, *(inner for part in parts for inner in values(part))]

    for found in (ninjs(record), jsonld(record)):
        assert not [value for value in values(found) if value in (None, "", [], {})]
    uris = [a["uri"] for a in ninjs(record)["associations"]]
    assert len({*uris, ninjs(record)["uri"]}) == len(uris) + 1, "each object has a URI of its own"


def test_jsonld_uses_the_properties_of_schema_org() -> None:
    found = jsonld(FULL)
    assert found["mainEntityOfPage"] == {
        "@type": "WebPage",
        "@id": found["@id"],
        "relatedLink": ["https://example.org/a"],
    }
    assert found["usageInfo"] == {"@type": "CreativeWork", "text": "Ask first."}
    assert found["author"] == [{"@type": "Person", "name": "A. Writer"}, {"@type": "Person", "name": "B. Writer"}]
    assert [m["headline"] for m in found["mentions"]] == ["Earlier", "Later"]
    assert "</" not in FORMATS["jsonld"].write(FULL)
    assert json.loads(FORMATS["jsonld"].write(FULL)) == found


def test_records_of_the_same_story_are_associated() -> None:
    ids = {relation: f"{number:064x}" for number, relation in enumerate(("identical", "correction", "excerpt"), 1)}
    same_as = tuple({"id": one, "relation": relation} for relation, one in ids.items())
    record = Record.model_validate(FULL.model_dump() | {"story": ids["identical"], "same_as": same_as})
    associated = [(one["rel"], one["uri"]) for one in ninjs(record)["associations"][-3:]]
    assert associated == [(relation, f"nih:sha-256;{one}") for relation, one in ids.items()]
    found = jsonld(record)
    assert found["sameAs"] == [f"nih:sha-256;{ids['identical']}"]
    assert found["exampleOfWork"]["@id"] == f"nih:sha-256;{ids['identical']}"
    assert found["isBasedOn"] == [{"@type": "NewsArticle", "@id": f"nih:sha-256;{ids['correction']}"}]
    assert [one["@id"] for one in found["isPartOf"]] == [f"nih:sha-256;{ids['excerpt']}"]
    assert "hasPart" not in found


@pytest.mark.parametrize("form", ["jsonl", "ninjs", "jsonld"])
def test_json_formats_are_one_line(form: str) -> None:
    assert len(FORMATS[form].write(FULL).splitlines()) == 1


@given(st.from_regex(r"https?://[\w.:\[\]@-]{1,20}[/?]\S{0,30}", fullmatch=True))
def test_a_url_is_a_valid_uri_or_left_out(url: str) -> None:
    found = to_uri(url)
    assert found is None or ALLOWED.fullmatch(found)
    assert found is None or to_uri(found) == found


@given(st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Zl", "Zp"]), min_size=1).map(lambda s: " ".join(s.split())).filter(bool))  # fmt: skip
@example("__0__")
def test_markdown_reads_as_the_text_it_came_from(line: str) -> None:
    paragraph = MarkdownIt().parse(escape(line))
    assert [token.type for token in paragraph] == ["paragraph_open", "inline", "paragraph_close"]
    inline = paragraph[1].children or []
    assert {token.type for token in inline} <= {"text", "text_special", "softbreak"}
    assert "".join(token.content for token in inline) == line


def test_markdown_has_its_parts() -> None:
    listed = FULL.model_copy(update={"body": "Two points:\n\n- one *thing*\n- another\n\n2023. A year."})
    html = MarkdownIt().render(markdown(listed))
    assert "<h1>A &lt;b&gt;bold&lt;/b&gt; claim</h1>" in html
    assert "<li>one *thing*</li>" in html
    assert "<p>2023. A year.</p>" in html
    assert '<img src="https://example.org/a%20%281%29.jpg" alt="" />' in html
    assert '<a href="https://example.org/a">Earlier</a>' in html


def test_cleaning_the_text_format_again_changes_nothing() -> None:
    record = clean((ROOT / "seeds/002_c69d56b196d5ceb2.txt").read_bytes())
    again = clean(text(record).encode())
    assert (again.headline, again.body) == (record.headline, record.body)


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"status": "canceled"}, "CANCELED"),
        ({"status": "embargoed", "embargoed": "2027-01-05T06:00Z"}, "EMBARGOED until 2027-01-05T06:00Z"),
        ({"status": "withheld"}, "WITHHELD"),
    ],
)
def test_what_may_not_be_published_says_so_in_every_format(fields: dict[str, str], said: str) -> None:
    held = FULL.model_copy(update=fields)
    assert text(held).startswith(f"{said}\n\n")
    assert markdown(held).startswith(f"**{said}**\n\n")
    assert jsonld(held)["creativeWorkStatus"] == fields["status"]
    sent = ninjs(held)
    assert (sent["pubStatus"], sent.get("embargoedUntil")) != ("usable", None)
    assert not text(FULL.model_copy(update={"status": "usable"})).startswith("USABLE")


@pytest.mark.parametrize(
    ("value", "day", "instant"),
    [
        (None, None, None),
        ("2026-11-04", "2026-11-04", None),
        ("2026-11-03T23:05+09:00", "2026-11-03", "2026-11-03T14:05:00+00:00"),
        ("2026-01-31T23:59:59.1234567Z", "2026-01-31", "2026-01-31T23:59:59.123456+00:00"),
        ("2026-01-31T23:59:60Z", "2026-01-31", None),
        ("2026-02-30", None, None),
        ("2026-02-30T10:00Z", None, None),
        ("0001-01-01T00:00+05:00", "0001-01-01", None),
    ],
)
def test_a_time_is_a_day_and_perhaps_an_instant(value: str | None, day: str | None, instant: str | None) -> None:
    found = day_and_instant(value)
    assert tuple(part and part.isoformat() for part in found) == (day, instant)


def test_columns_have_one_type_each_and_all_versions() -> None:
    row = columns(json.loads(FULL.to_json()))
    assert (row["publisher_domain"], row["authors"], row["keywords"]) == (
        "example.org",
        ["A. Writer", "B. Writer"],
        ["peace"],
    )
    held = json.loads(FULL.model_copy(update={"status": "embargoed", "embargoed": "2027-01-05T06:00Z"}).to_json())
    assert (columns(held)["status"], str(columns(held)["embargoed_at"])) == ("embargoed", "2027-01-05 06:00:00+00:00")
    for example_record in (ROOT / "tests/golden/schema").glob("*.json"):
        assert columns(json.loads(example_record.read_text("utf-8"))).keys() == row.keys()
