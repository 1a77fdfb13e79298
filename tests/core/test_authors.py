"""Authors: lists of names in many scripts, and what stands beside persons without being one."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest import clean
from ingest.core.metadata.authors import _patterns, parse_authors, strip_byline_marker
from ingest.core.text.wordlists import word_set

MARKERS = sorted(word for name in ("by", "by_soft", "text_made", "pictures_made") for word in word_set("people", name))

PROSE = (
    "<p>" + "The pump house by the weir was handed to the village, which means to make a museum of it. " * 4 + "</p>"
)
URL = "https://www.weirjournal.example.org/news/pump-house"


def authors(body: str, head: str = "", *, author: object = None) -> list[str]:
    ld = {
        "@type": "NewsArticle",
        "headline": "Pump house becomes a museum",
        "author": author,
        "publisher": {"name": "Weir Journal"},
    }
    script = f"<script type='application/ld+json'>{json.dumps(ld)}</script>" if author else ""
    page = (
        f"<html lang=en><head><meta property=og:site_name content='Weir Journal'>{head}{script}</head><body><article>"
    )
    return list(clean(f"{page}<h1>Pump house becomes a museum</h1>{body}{PROSE * 3}".encode(), url=URL).authors)


@pytest.mark.parametrize(
    ("text", "people"),
    [
        ("记者 王小明 李华", ("王小明", "李华")),
        ("本报记者 王小明 通讯员 李华", ("王小明", "李华")),
        ("王小明和李华", ("王小明", "李华")),
        ("王小明，李华", ("王小明", "李华")),
        ("佐藤健一・鈴木花子", ("佐藤健一", "鈴木花子")),
        ("ジョン・スミス", ("ジョン・スミス",)),
        ("佐藤 健一", ("佐藤 健一",)),
        ("박지성 이민호 기자", ("박지성", "이민호")),
        ("أحمد منصور ومنى السيد", ("أحمد منصور", "منى السيد")),
        ("أحمد وليد منصور", ("أحمد وليد منصور",)),
        ("כרמל שחר ותמר לוין", ("כרמל שחר", "תמר לוין")),
        ("رضا کریمی و سارا محمدی", ("رضا کریمی", "سارا محمدی")),
        ("अजय सिंह और मीना राव", ("अजय सिंह", "मीना राव")),
        ("ana.perez@example.org (Ana Pérez)", ("Ana Pérez",)),
        ("Ana Pérez <ana.perez@example.org>", ("Ana Pérez",)),
        ("Ana Pérez, Transport Correspondent", ("Ana Pérez",)),
        ("Ana Pérez, Sr. Director of Operations", ("Ana Pérez",)),
        ("Ana Pérez, Jr.", ("Ana Pérez, Jr.",)),
        ("Анна Петрова, корреспондент", ("Анна Петрова",)),
    ],
)
def test_author_names_are_read_from_bylines_in_many_scripts(text: str, people: tuple[str, ...]) -> None:
    assert parse_authors(text) == people


@pytest.mark.parametrize(
    ("body", "people"),
    [
        ("<p class=byline>By <a href='/by/ana'>Ana Pérez</a><a href='/by/tom'>Tom Reed</a></p>", ["Ana Pérez", "Tom Reed"]),
        ("<p>Von <b>Ana Pérez</b> und <b>Tom Reed</b></p>", ["Ana Pérez", "Tom Reed"]),
        ("<p class=byline>By Ana Pérez, Weir Journal</p>", ["Ana Pérez"]),
        ("<p class=byline>By Ana Pérez, WEIRJOURNAL Northtown</p>", ["Ana Pérez"]),
        ("<div vocab='https://schema.org/' typeof=Article><span property=author>Ana Pérez</span></div>", ["Ana Pérez"]),
        ("<div itemscope itemtype='https://schema.org/Comment'><span itemprop=author>Tom Reed</span> wrote</div>", []),
        ("<p>The program was written by <a href='/t'>Tom Reed</a> in C, " + "and it has run the pumps ever since. " * 4 + "</p>", []),
    ],
)  # fmt: skip
def test_the_authors_of_a_page_come_from_its_byline(body: str, people: list[str]) -> None:
    assert authors(body) == people


def test_a_person_in_the_byline_outranks_a_publisher_in_the_metadata() -> None:
    house = {"@type": "NewsMediaOrganization", "name": "Weir Journal"}
    assert authors("<p class=byline>By Ana Pérez</p>", author=house) == ["Ana Pérez"]
    assert authors("<div class=author>山本 美咲</div>", author=house) == ["山本 美咲"]
    assert authors(
        "<ul><li><b>Autorin/Autor</b> Ana Pérez</li></ul>", author={"@type": "Person", "name": "Weir Journal"}
    ) == ["Ana Pérez"]


def test_beside_persons_only_agencies_count_as_authors() -> None:
    person = {"@type": "Person", "name": "Ana Pérez"}
    assert authors("", author=[person, {"@type": "Organization", "name": "Institute of Rivers"}]) == ["Ana Pérez"]
    assert authors("", author=[person, {"@type": "Organization", "name": "Weir Journal"}]) == ["Ana Pérez"]
    assert authors("", author=[person, {"@type": "Organization", "name": "Reuters"}]) == ["Ana Pérez", "Reuters"]
    assert authors("", author={"@type": "Organization", "name": "Reuters"}) == ["Reuters"]


@pytest.mark.parametrize(
    ("byline", "people"),
    [
        ("By Jane Doe, University of Northtown", ["Jane Doe"]),
        ("Jane Doe, Institut für Flusskunde", ["Jane Doe"]),
        ("By Jane Doe, MS, RDN", ["Jane Doe"]),
        ("Jean-Paul d’Arcy et Zoé Le Gall", ["Jean-Paul d’Arcy", "Zoé Le Gall"]),
        ("【山田太郎】", ["山田太郎"]),
        ("(本报记者 王小明 李大伟)", ["王小明", "李大伟"]),
        ("記者王小明／下游報導", ["王小明"]),
        ("संवाददाता: राम कुमार शर्मा", ["राम कुमार शर्मा"]),
        ("Από τον Γιώργο Παπαδόπουλο", ["Γιώργο Παπαδόπουλο"]),
    ],
)
def test_a_byline_names_persons_alone_where_metadata_name_the_house(byline: str, people: list[str]) -> None:
    assert authors(f"<p class=byline>{byline}</p>", author={"@type": "Organization", "name": "Weir Journal"}) == people


def test_a_bare_name_signs_above_a_date_where_metadata_name_the_house() -> None:
    house = {"@type": "Person", "name": "Weir Journal"}
    assert authors("<p>Jane Doe</p><p>May 3, 2024</p>", author=house) == ["Jane Doe"]
    assert authors("<p>Lower Weir</p><p>The Lower Weir is old.</p>", author=house) == ["Weir Journal"]


@pytest.mark.parametrize("house", ["Upper Weir Courier", "Kurier Marłowski", "خبر مرلو", "L’Écho de Port-Maëlan"])
def test_an_organisation_that_signs_is_the_house_although_its_name_looks_like_a_persons(house: str) -> None:
    signed = {"@type": "Organization", "name": house}
    assert authors("<div class=byline>By Jane Harlow and Peter Quist</div>", author=signed) == [
        "Jane Harlow",
        "Peter Quist",
    ]
    assert authors("", author=signed) == [house]


@given(st.sampled_from(MARKERS), st.sampled_from([str, str.upper, str.title]), st.integers(1, 40), st.text(max_size=3))
def test_no_marker_is_passed_over_by_its_first_letters(marker: str, written: object, end: int, rest: str) -> None:
    assert callable(written)
    text = f"{written(marker)[:end]}{rest}: Jane Doe"
    found = _patterns()[0].match(text)
    assert strip_byline_marker(text) == (text[found.end() :] if found else None)
