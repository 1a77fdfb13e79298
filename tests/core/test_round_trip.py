"""A record that goes out as ninjs or JSON-LD comes back with the same fields; ninjs that comes in goes out again with the same values."""

from __future__ import annotations

import json

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from ingest import Record, clean
from ingest.export import FORMATS, ninjs
from tests.core.stories import ENGLISH

WORDS = st.sampled_from(
    ["mill", "river", "orchard", "council", "valley", "bridge", "harvest", "lantern", "meadow", "quarry"]
)
LINE = st.lists(WORDS, min_size=2, max_size=6, unique=True).map(" ".join)
NAME = st.sampled_from(["Edna Quill", "Ivo Marsh", "Nadia Bell"])
INSTANT = st.datetimes().filter(lambda when: 1980 < when.year < 2090).map(lambda when: f"{when:%Y-%m-%dT%H:%M:%S}Z")
DAY = st.dates().filter(lambda when: 1980 < when.year < 2090).map(str)
ADDRESS = LINE.map(lambda line: f"https://herald.example/{line.replace(' ', '-')}")
CODE = st.sampled_from(["medtop:20000344", "subj:02003001", "herald:12", "https://herald.example/topics/12"])
BACKWARDS = {
    "headline": "Mill river",
    "subheadline": "What the mill",
    "published": "2001-01-01",
    "modified": "2000-01-01",
}
"""A sender's days stay, though one of them is wrong."""
PERMISSION = st.sampled_from(["reserved", "allowed"])


def some(**fields: st.SearchStrategy[object]) -> st.SearchStrategy[dict[str, object]]:
    """An object with one of the fields at least."""
    return st.fixed_dictionaries({}, optional=fields).filter(bool)


STANDING = st.one_of(
    st.fixed_dictionaries({"status": st.sampled_from(["usable", "withheld", "canceled"])}),
    st.fixed_dictionaries({"status": st.just("embargoed")}, optional={"embargoed": st.one_of(INSTANT, DAY)}),
    st.just({}),
)
FIELDS = st.fixed_dictionaries(
    {"headline": LINE, "subheadline": LINE.map(lambda line: f"What the {line}")},
    optional={
        "url": ADDRESS,
        "alternative_headlines": st.lists(LINE.map(lambda line: f"How {line} came"), min_size=1, max_size=2, unique=True),
        "authors": st.lists(NAME, min_size=1, unique=True),
        "dateline": some(place=st.just("PELLBROOK"), agency=st.just("Orchard Wire")),
        "published": st.one_of(INSTANT, DAY),
        "modified": st.one_of(INSTANT, DAY),
        "section": st.just("Town"),
        "keywords": st.lists(WORDS, min_size=1, max_size=3, unique=True),
        "images": st.lists(some(caption=LINE, credit=NAME, url=ADDRESS), min_size=1, max_size=1),
        "related": st.lists(some(headline=LINE, url=ADDRESS), min_size=1, max_size=1),
        "copyright_notice": st.just("© Herald 2024"),
        "usage_terms": st.just("Not for use in the valley."),
        "publisher": st.just({"name": "Pellbrook Herald", "domain": "herald.example"}),
        "rights": some(holder=NAME, licence=ADDRESS, tdm=PERMISSION, ai=PERMISSION),
        "urgency": st.integers(1, 9),
        "subjects": st.lists(some(name=WORDS, code=CODE), min_size=1, max_size=1),
        "digital_source_type": st.just("http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia"),
        "item": some(
            id=st.sampled_from(["urn:newsml:herald.example:20240313:12", "mill-12"]), version=st.sampled_from(["1", "7"]), slug=LINE,
            take=st.just("1st Ld"), edition=st.just("Late"), note=st.just("Repeats to mend a name."),
        ),
    },
)  # fmt: skip
BODY = "\n\n".join(ENGLISH.prose).encode()


def stated(record: Record) -> dict[str, object]:
    return record.model_dump(
        exclude={"id", "byline", "source", "removed", "provenance", "confidence", "extra", "ingest", "container"}
    )


@pytest.mark.parametrize("form", ["ninjs", "jsonld"])
@settings(max_examples=60)
@given(fields=FIELDS, standing=STANDING)
@example(fields=BACKWARDS, standing={})
def test_a_record_comes_back_from_a_standard_format(
    form: str, fields: dict[str, object], standing: dict[str, object]
) -> None:
    record = clean(BODY, claims={"language": "en", **fields, **standing})
    back = clean(FORMATS[form].write(record).encode())
    assert back.source.format == {"ninjs": "ninjs", "jsonld": "json-ld"}[form]
    assert stated(back) == stated(record)


@settings(max_examples=60)
@given(fields=FIELDS, standing=STANDING)
@example(fields=BACKWARDS, standing={})
def test_ninjs_that_was_read_goes_out_the_same(fields: dict[str, object], standing: dict[str, object]) -> None:
    sent = ninjs(clean(BODY, claims={"language": "en", **fields, **standing}))
    again = ninjs(clean(json.dumps(sent).encode()))
    del sent["altIds"], again["altIds"]  # the digest is that of the file
    if "#" in str(sent["uri"]) or str(sent["uri"]).startswith("nih:"):
        del sent["uri"], again["uri"]
        for item in (*sent.pop("associations", []), *again.pop("associations", [])):
            item.pop("uri")
    assert again == sent


def test_extra_comes_back_from_jsonld() -> None:
    record = clean(BODY, claims={"desk": {"queue": 7}})
    assert clean(FORMATS["jsonld"].write(record).encode()).extra == {"desk": {"queue": 7}}
