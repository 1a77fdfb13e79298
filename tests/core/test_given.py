"""Claims of a sender: which are used, which are left out and named, and what goes to `extra`."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest import Record, Rejected, clean
from ingest.core.limits import Limits
from ingest.core.metadata.given import MAX_EXTRA_DEPTH, accept_claims, claimed_moment
from ingest.export import FORMATS
from ingest.service.sidecar import parse_sidecar, read_sidecar

TEXT = b"Bridge shut\n\nThe swing bridge was shut to all traffic on Monday after inspectors found rust, the council said.\n"


def cleaned(**claims: Any) -> Record:
    return clean(TEXT, claims=claims)


def left_out(record: Record) -> dict[str, str]:
    return {name[6:]: why for name, why in record.provenance.items() if name.startswith("given.")}


@pytest.mark.parametrize(
    ("claim", "value"),
    [
        ({"url": " HTTPS://example.org/a "}, "https://example.org/a"),
        ({"headline": ["Storm"]}, "Storm"),
        ({"language": "pt_br"}, "pt-BR"),
        ({"authors": "Jo Mole; Ann Reed"}, ("Jo Mole", "Ann Reed")),
        ({"authors": [{"name": "Jo Mole"}]}, ("Jo Mole",)),
        ({"keywords": "ports, ferries"}, ("ports", "ferries")),
        ({"published": datetime(2024, 3, 1, 9, tzinfo=UTC)}, "2024-03-01T09:00:00+00:00"),
    ],
)  # fmt: skip
def test_unambiguous_claims_are_read(claim: dict[str, Any], value: object) -> None:
    record = cleaned(**claim)
    assert getattr(record, next(iter(claim))) == value
    assert not left_out(record)


@pytest.mark.parametrize("nothing", [None, "", "  ", [], {}])
def test_an_empty_claim_is_none(nothing: object) -> None:
    assert not left_out(cleaned(url=nothing, headline=nothing, authors=nothing))


@pytest.mark.parametrize(
    "claim",
    [
        {"url": "http://["}, {"url": "example.org/a"}, {"url": "https://" + "x" * 5000}, {"url": 7}, {"headline": 7}, {"language": "English"},
        {"authors": "Mole, Jo"}, {"published": "soon"}, {"published": "03/04/2024"}, {"modified": True}, {"extra": [1]},
    ],
)  # fmt: skip
def test_an_unusable_claim_is_left_out_and_named(claim: dict[str, Any]) -> None:
    record = cleaned(section="World", **claim)
    (name,) = claim
    assert list(left_out(record)) == [name]
    assert record.section == "World"
    assert not getattr(record, name) or record.provenance[name] != "given"


def test_the_valid_parts_of_a_claim_are_used() -> None:
    record = cleaned(
        publisher={"name": "Post", "id": 3}, authors=["Jo Mole", 5], images=[{"caption": "Quay", "size": 3}]
    )
    assert record.publisher
    assert (record.publisher.name, record.authors, record.images[0].caption) == ("Post", ("Jo Mole",), "Quay")
    assert left_out(record) == dict.fromkeys(("publisher", "authors", "images"), "malformed")


@pytest.mark.parametrize(
    ("value", "when"),
    [
        ("2024-03-01 09:30:45+01:00", "2024-03-01T09:30:45+01:00"),
        ("2024-03-01 09:30", "2024-03-01"),  # in what zone?
        ("2024-03-01 09:30 UTC", "2024-03-01T09:30:00+00:00"),
        ("20240301T093000Z", "2024-03-01T09:30:00+00:00"),
        ("Fri, 01 Mar 2024 09:30:45 -0500", "2024-03-01T09:30:45-05:00"),
        ("Fri, 01 Mar 2024 09:30:45 CEST", "2024-03-01"),
        (1709285400, "2024-03-01T09:30:00+00:00"),
        ("1709285400123", "2024-03-01T09:30:00+00:00"),
        ("1. März 2024", "2024-03-01"),
        ("31/01/2024", "2024-01-31"),
        ("1851-09-18", "1851-09-18"),
        *((bad, None) for bad in (
            "Sat, 01 Mar 2024 09:30:45 GMT", "2024-02-30", "2024-13-45", "1970-01-01T00:00:00Z", "0001-01-01", "01/02/2024", 20240301,
            "2024", "3 hours ago", "first on 3 May 2024, again on 4 May 2024", True, -5, 1e300, float("nan"), 10**400, [],
        )),
    ],
)  # fmt: skip
def test_timestamps_of_senders_are_read(value: object, when: str | None) -> None:
    assert claimed_moment(value) == when


def test_extra_is_kept_unchanged_and_in_order() -> None:
    sent = {"id": 7, "tags": ["ü", {"z": 1.5, "a": None}], "raw": " two  spaces\u202e\x9b\n", "ünï": True}
    record = cleaned(section="World", **sent, extra={"own": []})
    assert list(record.extra.items()) == [*sent.items(), ("own", [])]
    assert record.provenance["extra"] == "given"
    text = record.to_json()
    assert text.isprintable(), "no command to a terminal"
    assert Record.model_validate_json(text, strict=True) == record
    assert json.loads(FORMATS["jsonld"].write(record))["extra"] == record.extra
    assert '\n      "id": 7,\n' in FORMATS["markdown"].write(record)
    assert "extra" not in json.loads(FORMATS["ninjs"].write(record))


def test_extra_is_bounded() -> None:
    record = clean(TEXT, claims={"a": "ü" * 10}, limits=Limits(extra=len('{"a":""}') + 19))
    assert (record.extra, left_out(record)) == ({}, {"extra": "too_large"})
    deep: list[Any] = []
    for _ in range(5_000):
        deep = [deep]
    for bad in (deep, float("inf"), "\ud800", {"\ud800": 1}, 1 << 5_000):
        record = cleaned(a=bad, b=1)
        assert (record.extra, left_out(record)) == ({"b": 1}, {"extra": "malformed"})
    flat: Any = 0
    for _ in range(MAX_EXTRA_DEPTH):
        flat = {"x": flat}
    assert cleaned(a=flat).extra == {"a": flat}


JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=12) | st.sampled_from(["2024-03-01", "https://a.example/"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["name", "url", "caption", "date"]) | st.text(max_size=3), inner, max_size=3),
    max_leaves=12,
)  # fmt: skip
FIELDS = st.sampled_from([*Record.model_fields, "tags"])


@given(st.dictionaries(FIELDS | st.text(max_size=4), JSON, max_size=5))
def test_no_claims_refuse_an_article(claims: dict[str, Any]) -> None:
    given_claims = accept_claims(None, parse_sidecar(json.dumps(claims).encode()), max_extra=10_000)
    assert {claim.field for claim in given_claims.claims} <= set(Record.model_fields)
    json.dumps(dict(given_claims.extra), ensure_ascii=False, allow_nan=False).encode()


@pytest.mark.parametrize("wrong", [[("a", 1)], {1: 2}, {"a": object()}, {"a": {1, 2}}])
def test_values_that_json_cannot_express_are_type_errors(wrong: Any) -> None:
    with pytest.raises(TypeError, match="claims"):
        clean(TEXT, claims=wrong)


@pytest.mark.parametrize("content", [b"", b"[]", b'"x"', b"{no", b"\xff{}", b"{} {}", b"[" * 100_000])
def test_a_sidecar_that_is_no_json_object_is_refused(content: bytes) -> None:
    with pytest.raises(Rejected) as refused:
        parse_sidecar(content)
    assert (refused.value.reason, refused.value.message.isprintable()) == ("invalid_claims", True)


def test_an_unusual_but_valid_sidecar_is_accepted() -> None:
    assert parse_sidecar('\ufeff{"a": 1}'.encode()) == {"a": 1}
    assert parse_sidecar(b'{"a": 1, "a": 2}') == {"a": 2}
    assert cleaned(**parse_sidecar(b'{"id": 1' + b"0" * 5_000 + b"}")).extra == {}


def test_a_sidecar_that_is_a_link_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "diary.json").write_text('{"secret": 1}')
    (tmp_path / "a.meta.json").symlink_to(tmp_path / "diary.json")
    with pytest.raises(Rejected, match="link"):
        read_sidecar(tmp_path / "a.meta.json")
    assert read_sidecar(tmp_path / "none.meta.json") is None
