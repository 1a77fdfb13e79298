"""The headline shown, without the site's name and motto; the others of the page beside it."""

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
def test_breaks_part_words(heading: str, headline: str) -> None:
    assert record(f"<h1>{heading}</h1>", "").headline == headline  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    "head",
    [
        "<title>Weir Journal</title>",
        "<title>weirjournal.example.org</title>",
        "<title>All that the river brings, every morning</title>",
        "<title>Weir Journal</title><meta property=og:title content='All that the river brings, every morning'>",
        f"<title>{PUMP}</title><meta property=og:title content='Weir Journal'>",
    ],
)
def test_neither_the_sites_name_nor_its_motto_silences_the_heading(head: str) -> None:
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
def test_the_ends_of_titles_that_name_a_paper_leave(title: str, headline: str) -> None:
    assert record("", f"<title>{title}</title>").headline == headline  # type: ignore[attr-defined]


def test_the_other_headlines_stay_in_the_record_and_in_what_it_is_exported_to() -> None:
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


def test_a_notice_is_whole_and_what_is_too_long_ends_with_a_word() -> None:
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
def test_markup_inside_values(value: str, text: str) -> None:
    assert clean_line(value) == text
