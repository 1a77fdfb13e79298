"""What a page says of itself: claims from small hand-made pages, and totality on any JSON-LD."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.core.html.page_index import PageIndex
from ingest.core.html.segment import segment
from ingest.core.metadata.authors import MAX_NAMES, parse_authors
from ingest.core.metadata.claims import page_claims
from ingest.core.metadata.credits import split_caption
from ingest.core.metadata.resolve import resolve_claims
from ingest.core.metadata.titles import site_names, strip_site_name
from ingest.core.model import Claim
from ingest.core.parse.page import parse_tree
from ingest.core.text.dates import FIRST_YEAR, LAST_YEAR, find_labelled_dates, parse_timestamp

URL = "https://www.harbour-post.example.co.uk/news/a-1"


def tree(html: str) -> PageIndex:
    found = parse_tree(html)
    assert found is not None
    return segment(found, URL)[1]


def page(*, head: str = "", body: str = "<p>x</p>", jsonld: object = None) -> PageIndex:
    script = jsonld if isinstance(jsonld, str) else json.dumps(jsonld)
    ld = f'<script type="application/ld+json">{script}</script>' if jsonld is not None else ""
    return tree(f"<html lang=en_gb><head>{head}{ld}</head><body>{body}</body></html>")


def won(root: PageIndex) -> dict[str, object]:
    return {field: claim.value for field, claim in resolve_claims(page_claims(root, url=URL)).items()}


ARTICLE = {
    "@type": "NewsArticle",
    "headline": "Ferry &amp; port to merge",
    "datePublished": "2024-03-01T09:30:00.123Z",
    "dateModified": "2024-03-02",
    "author": [{"@id": "#jo"}, {"@type": "Person", "name": "Ann-Lee Quay"}],
    "keywords": "ports, ferries",
    "articleSection": ["Business"],
    "image": {"@type": "ImageObject", "url": "/pier.jpg", "caption": "The pier. Photo: Tim Reed"},
}


def test_json_ld_gives_every_field_it_has() -> None:
    graph = {"@graph": [{"@id": "#jo", "@type": "Person", "name": "Jo Mole"}, ARTICLE]}
    got = won(
        page(jsonld=graph, body="<h1>Ferry & port to merge</h1><div class=photo-text>The pier. Photo: Tim Reed</div>")
    )
    assert got["headline"] == "Ferry & port to merge"
    assert got["authors"] == ["Jo Mole", "Ann-Lee Quay"]
    assert (got["published"], got["modified"]) == ("2024-03-01T09:30:00+00:00", "2024-03-02")
    assert (got["keywords"], got["section"], got["language"]) == (["ports", "ferries"], "Business", "en-GB")
    assert got["images"] == [
        {"caption": "The pier.", "credit": "Tim Reed", "url": "https://www.harbour-post.example.co.uk/pier.jpg"}
    ]
    assert got["publisher"] == {"name": None, "domain": "example.co.uk"}


@pytest.mark.parametrize(
    "script",
    [
        '<!-- {"@type":"Article","headline":"Tide",} -->',
        '/*<![CDATA[*/ [{"@type":["Article"],"headline":"Tide"}] /*]]>*/',
        '{"@type":"Article", /* own */ "headline":"Tide","x":NaN};',
        '{"@type":"WebSite"}{"@type":"https://schema.org/Article","headline":"Tide","d":"a\\\'b"}',
        '{"@type":"Article","headline":"Ti\u0007de","description":"line\nbreak"}',
    ],
)
def test_broken_json_ld_is_repaired(script: str) -> None:
    claims = page_claims(page(jsonld=script), url=URL)
    assert [c.value for c in claims if c.field == "headline" and c.origin == "json-ld"] == ["Tide"]


JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=20) | st.sampled_from(["Article", "#a", URL]),
    lambda inner: st.lists(inner, max_size=4)
    | st.dictionaries(
        st.sampled_from(["@type", "@id", "@graph", "@list", "author", "name", "headline", "image", "keywords", "datePublished"])
        | st.text(max_size=5),
        inner,
        max_size=6,
    ),
    max_leaves=25,
)  # fmt: skip


@settings(max_examples=150)
@given(JSON | st.text(max_size=80))
def test_any_json_ld_gives_claims_or_nothing(value: object) -> None:
    claims = page_claims(
        page(
            jsonld=value
            if isinstance(value, str)
            else [{"@type": "Article", **value} if isinstance(value, dict) else value]
        ),
        url=URL,
    )
    json.dumps([c.value for c in claims], ensure_ascii=False).encode()


def test_huge_or_deep_json_ld_is_bounded() -> None:
    crowd = [
        {"name": f"Ann Example{chr(97 + i % 26)}{chr(97 + i // 26 % 26)}{chr(97 + i // 676)}"} for i in range(10_000)
    ]
    circle = {"@graph": [{"@type": "Article", "@id": "#a", "author": {"@id": "#a"}, "headline": "Loop"}]}
    assert len(won(page(jsonld={"@type": "Article", "author": crowd}))["authors"]) == MAX_NAMES
    assert won(page(jsonld=circle))["headline"] == "Loop"
    assert page_claims(page(jsonld="[" * 100_000), url=None)
    assert page_claims(page(jsonld=[{"@type": "Thing", "n": i} for i in range(100_000)]), url=None)
    assert page_claims(page(body="<div class=author>" * 20_000 + "deep"), url=None)
    captions = "".join(f"<span class=caption>c {i}</span>" for i in range(2_000)) + "word " * 100_000
    assert page_claims(
        page(body=f"<h1>T</h1><div>{captions}<div class=related><a href=/a>one two three four</a>" * 2), url=URL
    )


@pytest.mark.parametrize(
    ("text", "when"),
    [
        ("2024-03-01T09:30:00+0100", "2024-03-01T09:30:00+01:00"),
        ("2024-03-01 09:30", "2024-03-01"),
        ("Fri, 01 Mar 2024 09:30:00 GMT", "2024-03-01T09:30:00+00:00"),
        ("1. März 2024, 9:30 Uhr", "2024-03-01"),
        ("1 de marzo de 2024", "2024-03-01"),
        ("2024年3月1日", "2024-03-01"),
        ("1 марта 2024", "2024-03-01"),
        ("March 1st, 2024 at 5:30 pm UTC", "2024-03-01T17:30:00+00:00"),
        (1709285400, "2024-03-01T09:30:00+00:00"),
        *((bad, None) for bad in ("0000-01-01", "99999-01-01", "2024-02-30", "1970-01-01T00:00:00Z", "3 hours ago", "", True, 1e300, [])),
    ],
)  # fmt: skip
def test_timestamps_become_rfc_3339(text: object, when: str | None) -> None:
    assert parse_timestamp(text) == when


@given(st.text(max_size=60) | st.datetimes().map(str) | st.floats() | st.integers())
def test_a_timestamp_is_a_valid_day_or_none(value: object) -> None:
    when = parse_timestamp(value)
    assert when is None or FIRST_YEAR <= int(when[:4]) <= LAST_YEAR


def test_a_line_may_hold_two_dates() -> None:
    found = [(field, day.when) for field, day in find_labelled_dates("Updated 4 May 2024 | Published: 3 May 2024")]
    assert found == [("modified", "2024-05-04"), ("published", "2024-05-03")]


@pytest.mark.parametrize(
    ("byline", "people"),
    [
        ("By Jane Doe and John Roe, Staff Writer", ("Jane Doe", "John Roe")),
        ("Von Jana Muster und Max Beispiel, 3. Mai 2024", ("Jana Muster", "Max Beispiel")),
        ("Автор: Иван Петренко", ("Иван Петренко",)),
        ("文／山田太郎 記者", ("山田太郎",)),
        ("Di Mario Rossi (mario@example.it)", ("Mario Rossi",)),
        ("Nina Di Stefano | 12:30", ("Nina Di Stefano",)),
        ("Text und Foto: Jana Muster", ("Jana Muster",)),
        ("Texte et photos : Jeanne Dubois", ("Jeanne Dubois",)),
        ("Words and photos by Jo Mole", ("Jo Mole",)),
        ("Текст и фото: Иван Петренко", ("Иван Петренко",)),
        ("写真・文／山田太郎", ("山田太郎",)),
        ("文・写真 山田太郎", ("山田太郎",)),
        ("글·사진=홍길동 기자", ("홍길동",)),
        ("图文/张三丰", ("张三丰",)),
        ("نص وتصوير: سامر الحلبي", ("سامر الحلبي",)),
        ("เรื่องและภาพ: สมชาย ใจดี", ("สมชาย ใจดี",)),
        ("Text: Jana Muster, Fotos: Max Beispiel", ("Jana Muster",)),
        ("Foto: Max Beispiel, Text: Jana Muster", ("Jana Muster",)),
        ("By Paige Story and Bill Words", ("Paige Story", "Bill Words")),
    ],
)
def test_bylines_give_author_names(byline: str, people: tuple[str, ...]) -> None:
    assert parse_authors(byline, loose=True) == people


@pytest.mark.parametrize(
    ("text", "caption", "credit"),
    [
        ("The harbour at dawn. (Kyodo)", "The harbour at dawn.", "Kyodo"),
        ("Ein Kran im Hafen. Foto: Jana Muster/dpa", "Ein Kran im Hafen.", "Jana Muster/dpa"),
        ("A crane lifts a car. JO MOLE/AFP", "A crane lifts a car.", "JO MOLE/AFP"),
        ("Photo: Jo Mole", None, "Jo Mole"),
        ("© Reuters", None, "Reuters"),
        ("A boat at sea - Copyright Jo Mole/AP Photo. All rights reserved.", "A boat at sea", "Jo Mole/AP Photo"),
        ("A man takes a picture of the boat.", "A man takes a picture of the boat.", None),
        ("堤防に立つ人々（山田太郎撮影）", "堤防に立つ人々", "山田太郎"),
        ("The mayor (left) and her deputy.", "The mayor (left) and her deputy.", None),
        ("Getty Images", None, "Getty Images"),
        ("قارب في الميناء. تصوير: سامر الحلبي", "قارب في الميناء.", "سامر الحلبي"),
        ("کشتی بندرگاہ میں۔ تصویر: علی رضا", "کشتی بندرگاہ میں۔", "علی رضا"),
        ("घाट पर खड़ी नाव। फोटो: मोहन लाल", "घाट पर खड़ी नाव।", "मोहन लाल"),
        ("ঘাটে একটি নৌকা। ছবি: রফিক আহমেদ", "ঘাটে একটি নৌকা।", "রফিক আহমেদ"),
        ("เรือจอดที่ท่า ภาพ: สมชาย ใจดี", "เรือจอดที่ท่า", "สมชาย ใจดี"),
        ("항구에 정박한 배. 사진=홍길동", "항구에 정박한 배.", "홍길동"),
        ("船停在港口。张三丰 摄", "船停在港口。", "张三丰"),
        ("船停在港口。圖／王小明", "船停在港口。", "王小明"),
        ("港に停泊する船＝山田太郎撮影", "港に停泊する船", "山田太郎"),
        ("El barco en el puerto, ayer. / JUANA PÉREZ", "El barco en el puerto, ayer.", "JUANA PÉREZ"),
        ("El barco, ayer / EFE", "El barco, ayer", "EFE"),
        ("Jo Mole / AFP", None, "Jo Mole / AFP"),
        ("船停在港口。7月5日摄", "船停在港口。7月5日摄", None),
        ("港を空から撮影", "港を空から撮影", None),
        ("Laiva satamassa / Båten i hamnen", "Laiva satamassa / Båten i hamnen", None),
        ("", None, None),
    ],
)
def test_captions_are_separated_from_their_credits(text: str, caption: str | None, credit: str | None) -> None:
    assert split_caption(text) == (caption, credit)


def test_pictures_of_other_articles_and_alt_texts_are_ignored() -> None:
    figure = '<figure><img src="/a.jpg" alt="alt"><figcaption>{} <span class="credit">Photo: Jo Mole</span></figcaption></figure>'
    body = f'<h1>T</h1>{figure.format("Quay.")}<figure><img src=b.jpg alt="An alt"></figure><aside>{figure.format("Other.")}</aside>'
    assert won(page(body=body))["images"] == [
        {"caption": "Quay.", "credit": "Jo Mole", "url": "https://www.harbour-post.example.co.uk/a.jpg"}
    ]


def test_dates_and_bylines_are_found_around_the_headline() -> None:
    body = (
        "<nav><time datetime=2020-01-01>old</time></nav><h1>Ferry stops</h1><div><a href=/authors/jo>Jo Mole</a>"
        "<span>Published <b>1 March 2024</b></span></div><p>"
        + "word " * 200
        + "</p><div class=related><time>2 March 2024</time></div>"
    )
    got = won(page(body=body))
    assert (got["authors"], got["published"]) == (["Jo Mole"], "2024-03-01")


def test_the_sites_name_is_cut_from_the_title() -> None:
    sites = site_names(["The Harbour Post"], URL)
    for title in (
        "Ferry stops | The Harbour Post",
        "Ferry stops - News - Harbour Post",
        "Ferry stops — harbour-post.example.co.uk",
    ):
        assert strip_site_name(title, sites, {"ferrystops"}) == "Ferry stops"
    assert strip_site_name("Ferry – a history", sites) == "Ferry – a history"


def test_a_headline_on_which_sources_agree_wins() -> None:
    def headline(**by: str) -> object:
        claims = [Claim("headline", v, k.rstrip("2").replace("_", "-")) for k, v in by.items()]
        return resolve_claims(claims)["headline"].value

    assert headline(json_ld="Menu of the day", meta="Ferry stops", page="Ferry stops") == "Ferry stops"
    assert headline(meta="Ferry stops", page="Contact us") == "Ferry stops"
    assert headline(meta="Ferry stops: all you need", page="Ferry stops at noon") == "Ferry stops at noon"
    assert headline(given="Mine", json_ld="A", meta="B", page="B") == "Mine"
    published = [Claim("published", "2024-03-05T08:00:00+00:00", "json-ld"), Claim("published", "2024-03-01", "page")]
    assert resolve_claims(published)["published"].value == "2024-03-01"
    people = [
        Claim("publisher", {"name": "Postal", "domain": None}, "meta"),
        Claim("authors", ["Postal"], "json-ld"),
    ]
    assert resolve_claims([*people, Claim("authors", ["Jo Mole"], "page")])["authors"].value == ["Jo Mole"]


def test_the_footer_gives_the_copyright_notice() -> None:
    body = "<h1>T</h1>" + "<p>word</p>" * 5 + "<footer>© 2024 The Harbour Post<p>{}</p></footer>"
    terms = "When quoting this page, a hyperlink to the source is required in the first paragraph."
    got = won(page(body=body.format(terms)))
    assert (got["copyright_notice"], got["usage_terms"]) == ("© 2024 The Harbour Post", terms)


def test_keywords_are_those_that_sources_agree_on_and_no_parts_of_the_headline() -> None:
    head = '<meta name=keywords content="ferry, stops, at, noon"><meta name=news_keywords content="ports, ferries">'
    got = won(
        page(head=head, body="<h1>Ferry stops at noon</h1><a rel=tag href=/t>Ports</a><a rel=tag href=/f>Ferries</a>")
    )
    assert got["keywords"] == ["ports", "ferries"]
