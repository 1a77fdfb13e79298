"""Readers of containers: what they hand out, that they go on where they are told, and what they refuse and when."""

from __future__ import annotations

import bz2
import contextlib
import gzip
import io
import json
import lzma
import zlib
from dataclasses import replace
from itertools import count

import pytest
from fastwarc.stream_io import BrotliWriter, ZstdWriter
from hypothesis import given
from hypothesis import strategies as st

from ingest import Rejected, clean, members
from ingest.core.containers import HEAD_BYTES, Format, Member, Part, RefusedMember
from ingest.core.containers import packed as packed_module
from ingest.core.containers.registry import read, sniff_packed
from ingest.core.limits import LIMITS, Limits
from tests.support.hostile.containers import CONTAINERS, json_lines, tarred, warc_gz, warc_record, zipped
from tests.support.hostile.matter import ARTICLE

PAGE = b"<html><body><h1>The harbour is to be deepened</h1><p>" + ARTICLE.encode() + b"</p></body></html>"
PAGES = [PAGE.replace(b"harbour", f"harbour {number}".encode()) for number in range(5)]


def zstd(content: bytes) -> bytes:
    out = io.BytesIO()
    with ZstdWriter(out) as writer:
        writer.write(content)
    return out.getvalue()


WARC = b"".join(warc_record(number, page) for number, page in enumerate(PAGES))
JSON_LINES = json_lines(*({"url": f"https://news.example/{n}", "html": page.decode()} for n, page in enumerate(PAGES)))
FILES = {f"{number}.html": page for number, page in enumerate(PAGES)}
SOUND = {
    "warc": WARC,
    "warc.gz": warc_gz(*(warc_record(number, page) for number, page in enumerate(PAGES))),
    "warc.gz, as a whole": gzip.compress(WARC),
    "warc.zst": zstd(WARC),
    "jsonl": JSON_LINES,
    "jsonl.gz": gzip.compress(JSON_LINES),
    "jsonl.xz": lzma.compress(JSON_LINES),
    "json": json.dumps([json.loads(line) for line in JSON_LINES.splitlines()], indent=1).encode(),
    "json under a key": json.dumps(
        {"status": "ok", "articles": [json.loads(line) for line in JSON_LINES.splitlines()]}
    ).encode(),
    "zip": zipped(FILES),
    "tar": tarred(FILES),
    "tar.gz": gzip.compress(tarred(FILES)),
    "tar.bz2": bz2.compress(tarred(FILES)),
    "wacz": zipped({"datapackage.json": b"{}", "archive/data.warc": WARC, "pages/pages.jsonl": JSON_LINES}),
    "zip of warc.gz": zipped({"a/crawl.warc.gz": warc_gz(WARC)}),
    "tar of zip": tarred({"in.zip": zipped(FILES)}),
}


@pytest.mark.parametrize("kind", SOUND)
def test_each_format_hands_out_the_pages_and_goes_on_at_any_member(kind: str) -> None:
    content = SOUND[kind]
    found = sniff_packed(content[:HEAD_BYTES], LIMITS)
    assert found
    parts = [part for part in read(found, io.BytesIO(content), LIMITS) if isinstance(part, Member)]
    assert [part.content for part in parts] == PAGES
    for index, part in enumerate(parts):
        before = sum(other.offset == part.offset for other in parts[:index])
        if part.offset is not None:
            again = list(read(found, io.BytesIO(content), LIMITS, start=part.offset))
            assert again[before:] == parts[index:]


def test_a_page_of_a_warc_gives_the_record_of_the_page_alone() -> None:
    [member, *_] = members(SOUND["warc.gz"])
    assert isinstance(member, Member)
    record, alone = clean(member, container="a.warc.gz"), clean(PAGES[0], url="https://news.example/0")
    assert record.container
    assert (record.container.name, record.container.member, record.container.offset) == ("a.warc.gz", "urn:uuid:0", 0)
    assert (record.provenance["url"], alone.provenance["url"]) == ("format", "given")
    same = {"container": None, "provenance": {**record.provenance, "url": "given"}}
    assert record.model_copy(update=same) == alone


@pytest.mark.parametrize(
    ("record", "reason"),
    [
        (warc_record(1, PAGE, http="HTTP/1.1 404 Not Found\r\nContent-Type: text/html\r\n"), None),
        (warc_record(1, PAGE, http="HTTP/1.1 200 OK\r\nContent-Type: image/png\r\n"), None),
        (warc_record(1, PAGE, kind="request"), None),
        (warc_record(1, PAGE, kind="revisit"), None),
        (warc_record(1, PAGE, kind="resource", http=None), "cleaned"),
        (warc_record(1, ARTICLE.encode(), kind="conversion", http=None, media_type="text/plain"), "cleaned"),
        (warc_record(1, PAGE, http="HTTP/1.1 200 OK\r\n"), "cleaned"),  # what browsers would look at
        (warc_record(1, ARTICLE.encode(), http="HTTP/1.1 200 OK\r\n"), None),
    ],
)
def test_only_pages_and_texts_of_a_warc_are_members(record: bytes, reason: str | None) -> None:
    assert len(list(members(record))) == bool(reason)


@given(
    st.lists(st.binary(min_size=1, max_size=40), max_size=4),
    st.sampled_from(["", "gzip", "br", "zstd", "deflate", "raw deflate", "gzip, br"]),
    st.booleans(),
)
def test_a_body_is_decoded_as_its_headers_say(parts: list[bytes], coding: str, chunked: bool) -> None:  # noqa: FBT001
    body = b"<html>" + b"".join(parts)
    sent = body
    for each in filter(None, coding.split(", ")):
        sent = CODINGS[each](sent)
    if chunked:
        sent = b"%x\r\n%s\r\n0\r\n\r\n" % (len(sent), sent)
    http = "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n" + "Transfer-Encoding: chunked\r\n" * chunked
    http += f"Content-Encoding: {coding.removeprefix('raw ')}\r\n" if coding else ""
    [member] = members(warc_record(1, sent, http=http))
    assert isinstance(member, Member)
    assert member.content == body


def brotli(content: bytes) -> bytes:
    out = io.BytesIO()
    with BrotliWriter(out) as writer:
        writer.write(content)
    return out.getvalue()


CODINGS = {
    "gzip": gzip.compress,
    "br": brotli,
    "zstd": zstd,
    "deflate": zlib.compress,
    "raw deflate": lambda content: zlib.compress(content, wbits=-15),
}


def test_the_charset_of_the_transport_is_believed_before_that_of_the_page() -> None:
    text = "".join(
        f"<p>Мэр города открыл мост номер {n}, и {n} жителей пришли посмотреть на него в понедельник.</p>"
        for n in range(9)
    )
    body = b"<html><head><meta charset='koi8-r'></head><body><h1>" + f"Мэр открыл мосты</h1>{text}".encode("cp1251")
    [member] = members(
        warc_record(1, body, http="HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=windows-1251\r\n")
    )
    assert isinstance(member, Member)
    record = clean(member)
    assert record.source.encoding == "windows-1251"
    assert record.body.startswith("Мэр города открыл мост номер 0")


OBJECTS = {
    "news-please": {"title": "T", "maintext": ARTICLE, "date_publish": "2026-01-02 03:04:05", "source_domain": "news.example", "authors": ["A B"]},
    "trafilatura": {"title": "T", "text": ARTICLE, "date": "2026-01-02", "hostname": "news.example", "author": "A B", "url": "https://news.example/t"},
    "json feed": {"title": "T", "content_html": PAGE.decode(), "date_published": "2026-01-02T03:04:05Z", "url": "https://news.example/t"},
    "scrapy": {"headline": "T", "body": [ARTICLE], "publishedAt": "2026-01-02T03:04:05Z", "source": {"id": None, "name": "News"}},
}  # fmt: skip


@pytest.mark.parametrize("crawler", OBJECTS)
def test_keys_of_common_crawlers_are_known(crawler: str) -> None:
    [member] = members(json_lines(OBJECTS[crawler]))
    assert isinstance(member, Member)
    record = clean(member)
    assert (record.headline, (record.published or "")[:10]) == ("T", "2026-01-02")
    assert record.provenance["headline"] == record.provenance["published"] == "format"
    assert "member said" in record.body or len(record.body) > 200


def test_a_setting_says_where_json_pages_keep_their_fields() -> None:
    limits = replace(LIMITS, json_fields=(("html", "payload.page"), ("published", "meta.ts"), ("url", "meta.at")))
    content = json_lines(
        {"payload": {"page": PAGE.decode()}, "meta": {"ts": "2026-01-02", "at": "https://news.example/p"}}
    )
    [member] = members(content, limits=limits)
    assert isinstance(member, Member)
    assert (member.url, member.claims["published"]) == ("https://news.example/p", "2026-01-02")
    with pytest.raises(Rejected) as refused:
        clean(content)  # without the setting it is JSON of no kind that is known
    assert refused.value.reason == "unsupported_format"


@pytest.mark.parametrize("name", CONTAINERS)
def test_hostile_containers_end_and_say_why(name: str) -> None:
    most = 2_000
    reasons = set()
    try:
        for number, part in zip(count(1), members(CONTAINERS[name]), strict=False):
            assert number < most
            if isinstance(part, RefusedMember):
                reasons.add(part.reason.value)
            else:
                assert len(part.content) <= LIMITS.unpacked_bytes
    except Rejected as rejected:
        reasons.add(rejected.reason.value)
    wanted = {
        "bomb": "too_large", "nested": "too_deep", "encrypted": "encrypted", "links": "not_a_file", "cut-off": "damaged_container",
        "wrong-sum": "damaged_container", "length": "damaged_container", "rubbish": "damaged_container", "broken": "damaged_container",
    }  # fmt: skip
    assert all(reason in reasons for part, reason in wanted.items() if part in name)


def test_a_container_is_bounded_as_a_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(packed_module, "MIN_EXPANDED_BYTES", 1 << 20)
    bomb = zipped({f"{number}.txt": b"a" * (300 << 10) for number in range(9)})
    for content in (bomb, gzip.compress(tarred({f"{number}.txt": b"a" * (300 << 10) for number in range(9)}))):
        found = []
        with pytest.raises(Rejected) as refused:
            found.extend(members(content))
        assert refused.value.reason == "too_large"
    with pytest.raises(Rejected) as refused:
        list(members(SOUND["tar"], limits=Limits(members=3)))
    assert refused.value.reason == "too_many_members"


@pytest.mark.parametrize(
    "content",
    [PAGE, ARTICLE.encode(), b'{"a": 1}', b"[1, 2]", gzip.compress(PAGE), b"PK is a prefix", b"WARC/ is a format"],
)
def test_what_is_one_article_or_none_is_no_container(content: bytes) -> None:
    with pytest.raises(Rejected) as refused:
        list(members(content))
    assert refused.value.reason == "unsupported_format"


@given(
    st.sampled_from(sorted(SOUND)),
    st.lists(st.tuples(st.integers(0, 1 << 16), st.binary(max_size=3), st.integers(0, 9)), max_size=4),
)
def test_damage_is_a_refusal_and_goes_on_the_same(kind: str, cuts: list[tuple[int, bytes, int]]) -> None:
    content = SOUND[kind]
    for at, put, gone in cuts:
        content = content[: at % len(content)] + put + content[at % len(content) + gone :] or b"x"
    found = sniff_packed(content[:HEAD_BYTES], LIMITS)
    if found is None:
        return
    parts = some(found, content, 0)
    for index, part in enumerate(parts):
        if part.offset is not None:
            before = sum(other.offset == part.offset for other in parts[:index])
            assert some(found, content, part.offset)[before:] == parts[index:]


def some(found: Format, content: bytes, start: int) -> list[Part]:
    """The parts before any damage."""
    parts: list[Part] = []
    with contextlib.suppress(Rejected):
        parts.extend(read(found, io.BytesIO(content), LIMITS, start=start))
    return parts
