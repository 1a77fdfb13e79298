"""The headline without the site's name and motto, and the other headlines of the page."""

from __future__ import annotations

import json

import pytest

from ingest import clean
from ingest.core.text.strings import clean_line
from ingest.export.jsonld import jsonld
from ingest.export.ninjs import ninjs

PROSE = (
    "<p>"
    + "The pump house by the weir was handed to the village on Friday, which means to make a museum of it. " * 4
    + "</p>"
)
URL = "https://www.weirjournal.example.org/news/n-1"
PUMP = "Village takes over the pump house"


def record(body: str, head: str, *, url: str = URL, text: str = PROSE) -> object:
    page = f"<html lang=en><head>{head}</head><body><header><a href=/>Home</a></header><article>{body}{text * 3}</article></body></html>"
    return clean(page.encode(), url=url)


@pytest.mark.parametrize(
    ("heading", "headline"),
    [
        ("Village takes over<br>the pump house", PUMP),
        (
            "<span style='display:block'>Village takes over</span><span style='display: block'>the pump house</span>",
            PUMP,
        ),
        ("<div>Village takes over</div><div>the pump house</div>", PUMP),
        ("村が揚水所を<br>引き継ぐ", "村が揚水所を 引き継ぐ"),
        ("<span style='float:left;display:block'>V</span>illage takes over the pump house", PUMP),
    ],
)
def test_line_breaks_in_a_headline_separate_words(heading: str, headline: str) -> None:
    assert record(f"<h1>{heading}</h1>", "").headline == headline  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    "head",
    [
        "<title>Weir Journal</title>",
        "<title>weirjournal.example.org</title>",
        "<title>All that the river brings, every morning</title>",
        "<title>Weir Journal</title><meta property=og:title content='All that the river brings, every morning'>",
        f"<title>{PUMP}</title><meta property=og:title content='Weir Journal'>",
        "<title>The village's news</title>",
    ],
)
def test_the_sites_name_or_motto_does_not_replace_the_heading(head: str) -> None:
    assert record(f"<h1>{PUMP}</h1>", head).headline == PUMP  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("title", "headline"),
    [
        (f"{PUMP} - The Lower River Gazette", PUMP),
        (f"{PUMP} | Flusskurier", f"{PUMP} | Flusskurier"),  # nothing says that this is a paper
        ("Dorf übernimmt das alte Pumpenhaus – Unterer Anzeiger", "Dorf übernimmt das alte Pumpenhaus"),
        ("Le village reprend la station de pompage - La Dépêche du Bas", "Le village reprend la station de pompage"),
        ("村民接管老水泵房 市政府表示支持_下游晚报", "村民接管老水泵房 市政府表示支持"),
        ("村が揚水所を引き継ぐ 記念館に - 下流新聞", "村が揚水所を引き継ぐ 記念館に"),
        ("마을이 양수장을 넘겨받다 - 하류일보", "마을이 양수장을 넘겨받다"),
        ("القرية تتسلم محطة الضخ القديمة - صحيفة النهر", "القرية تتسلم محطة الضخ القديمة"),
        ("ชาวบ้านรับมอบโรงสูบน้ำเก่า | ข่าวริมน้ำ", "ชาวบ้านรับมอบโรงสูบน้ำเก่า"),
        ("Село получило старую насосную станцию — Речные новости", "Село получило старую насосную станцию"),
        ("Село отримало стару насосну станцію | Річкові новини", "Село отримало стару насосну станцію"),
        ("村民接管老水泵房並改建為博物館 - 下游健康", "村民接管老水泵房並改建為博物館"),
        ("村民接管老水泵房并改建为博物馆-社会-下游晚报", "村民接管老水泵房并改建为博物馆"),
        ("村民接管老水泵房 - 为什么十月之前不会开放", "村民接管老水泵房 - 为什么十月之前不会开放"),
        (f"{PUMP} | Culture | Weir Journal", PUMP),
        (
            "Das Dorf übernimmt das alte Pumpenhaus - Panorama - Unterer Anzeiger",
            "Das Dorf übernimmt das alte Pumpenhaus",
        ),
        (f"{PUMP} - what now - Weir Journal", f"{PUMP} - what now"),
        (f"Weir Journal: {PUMP}", PUMP),
        ("Mayor: pump house is ours - at last", "Mayor: pump house is ours - at last"),
    ],
)
def test_site_names_at_the_end_of_titles_are_cut(title: str, headline: str) -> None:
    assert record("", f"<title>{title}</title>").headline == headline  # type: ignore[attr-defined]


def test_alternative_headlines_are_kept_in_the_record_and_its_exports() -> None:
    ld = {"@type": "NewsArticle", "headline": "Pump house: village takes over at last", "name": "a-17b3"}
    head = (
        f"<title>{PUMP} | Weir Journal</title><meta property=og:title content='Pump house goes to the village'>"
        f"<script type='application/ld+json'>{json.dumps(ld)}</script>"
    )
    found = record(
        f"<h1>{PUMP}</h1><p class=dek>It will be a museum, the council says.</p><h2>Other news of the pump house</h2>",
        head,
    )
    assert found.headline == PUMP  # type: ignore[attr-defined]
    others = ("Pump house: village takes over at last", "Pump house goes to the village")
    assert found.alternative_headlines == others  # type: ignore[attr-defined]
    assert found.provenance["alternative_headlines"] == "json-ld"  # type: ignore[attr-defined]
    assert jsonld(found)["alternativeHeadline"] == ["It will be a museum, the council says.", *others]  # type: ignore[arg-type]
    assert [each["value"] for each in ninjs(found)["headlines"] if each["role"] == "alternative"] == list(others)  # type: ignore[arg-type]


def test_a_long_notice_is_kept_whole() -> None:
    notice = (
        "© 2024 Weir Journal Ltd. "
        + "No part of this page may be kept, copied or sent on without leave of the owner. " * 6
    )
    found = record(f"<h1>{PUMP}</h1>", "", text=PROSE + f"<footer><p>{notice}</p></footer>")
    assert found.copyright_notice == notice.strip()  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("The <i>Otter</i>'s bell", "The Otter's bell"),
        ("Village takes over<br/>the pump house", "Village takes over the pump house"),
        ("&lt;p&gt;Village&lt;/p&gt;&lt;p&gt;takes over&lt;/p&gt;", "Village takes over"),
        ("Pumps<script>track()</script> run", "Pumps run"),
        ("Water < 3 m and > 1 m", "Water < 3 m and > 1 m"),
        ("<b>" * 2_000 + "deep", "deep"),
    ],
)
def test_markup_inside_values_becomes_text(value: str, text: str) -> None:
    assert clean_line(value) == text


@pytest.mark.parametrize("title", ["Weir Journal", "News - Weir Journal"])
def test_a_heading_of_a_lower_level_is_the_headline_where_the_first_is_the_sites_name(title: str) -> None:
    body = f"<h1><a href='/'>Weir Journal</a></h1><h2><a href=/r/>Region</a></h2><h2>{PUMP}</h2>"
    assert record(body, f"<title>{title}</title>").headline == PUMP  # type: ignore[attr-defined]


LINES = (
    "The council of Sutby voted for the new harbour on Monday, with twelve votes against nine.\n"
    "The mayor said: the old one is too small. The opposition said: it is too dear. A fisher said: it is late.\n"
    "In spring the Council will choose the builders, and the Vote on the money follows in June, the mayor said on Tuesday.\n"
)


@pytest.mark.parametrize(
    ("line", "headline"),
    [
        ("The VoteCouncil backs the new harbour at last", "Council backs the new harbour at last"),
        (
            "SutPort opens the new harbour at last",
            "SutPort opens the new harbour at last",
        ),  # a name: its halves stand nowhere
    ],
)
def test_a_kicker_joined_to_a_headline_is_no_part_of_it(line: str, headline: str) -> None:
    record = clean(f"{line}\n\n{LINES}".encode())
    assert record.headline == headline
    assert [each.text for each in record.removed if each.label == "headline"] == [line]
