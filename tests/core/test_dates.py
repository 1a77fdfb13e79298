"""Dates as the world writes them: digits, months and years of many calendars, time zones, and day-month order."""

from __future__ import annotations

import json
from datetime import date

import pytest

from ingest import clean
from ingest.core.metadata.date_reader import DateReader
from ingest.core.metadata.found_day import _is_told, _may_tell
from ingest.core.parse.page import parse_page
from ingest.core.text.calendars import solar_hijri
from ingest.core.text.dates import Written, parse_timestamp, read_day


def first_day(text: str) -> str | None:
    found = read_day(text)
    return found.when if found and not found.rival else None


PROSE = (
    "<p>" + "The pump house by the weir was handed to the village, which means to make a museum of it. " * 4 + "</p>"
)
HOST = "https://www.weir-journal.example.org/news/pump-house"


def record(body: str, head: str = "", *, lang: str = "en", url: str = HOST) -> dict[str, object]:
    heading = "<h1>Pump house becomes a museum</h1>"
    page = f"<html lang='{lang}'><head><title>Pump house becomes a museum</title>{head}</head><body><article>{heading}{body}{PROSE * 3}"
    return clean(page.encode(), url=url).model_dump(mode="json")


def day(body: str, head: str = "", *, lang: str = "en", url: str = HOST) -> object:
    return record(body, head, lang=lang, url=url)["published"]


@pytest.mark.parametrize(
    ("text", "when"),
    [
        ("٢٧ أكتوبر ٢٠٢٣", "2023-10-27"),
        ("٢٧ تشرين الأول/أكتوبر ٢٠٢٣", "2023-10-27"),
        ("27 تشرين الأول (أكتوبر) 2023", "2023-10-27"),
        ("27 جويلية 2023", "2023-07-27"),
        ("27 شتنبر 2023", "2023-09-27"),
        ("۲۷ اکتبر ۲۰۲۳", "2023-10-27"),
        ("27 اکتوبر، 2023ء", "2023-10-27"),
        ("२७ अक्टूबर २०२३", "2023-10-27"),
        ("२७ ऑक्टोबर २०२३", "2023-10-27"),
        ("২৭ অক্টোবর ২০২৩", "2023-10-27"),
        ("27 ਅਕਤੂਬਰ 2023", "2023-10-27"),
        ("27 ઑક્ટોબર, 2023", "2023-10-27"),
        ("27 அக்டோபர் 2023", "2023-10-27"),
        ("27 అక్టోబర్ 2023", "2023-10-27"),
        ("27 ಅಕ್ಟೋಬರ್ 2023", "2023-10-27"),
        ("2023 ഒക്ടോബർ 27", "2023-10-27"),
        ("2023 ඔක්තෝබර් 27", "2023-10-27"),
        ("27 ตุลาคม 2566", "2023-10-27"),
        ("27 ต.ค. 66", "2023-10-27"),
        ("๒๗ ตุลาคม พ.ศ. ๒๕๖๖", "2023-10-27"),
        ("วันที่ 27/10/2566", "2023-10-27"),
        ("27 ຕຸລາ 2023", "2023-10-27"),
        ("២៧ តុលា ២០២៣", "2023-10-27"),
        ("၂၇ အောက်တိုဘာ ၂၀၂၃", "2023-10-27"),
        ("27 ኦክቶበር 2023", "2023-10-27"),
        ("27 ოქტომბერი, 2023", "2023-10-27"),
        ("27 հոկտեմբերի, 2023", "2023-10-27"),
        ("27 באוקטובר 2023", "2023-10-27"),
        ("2023 жылғы 27 қазан", "2023-10-27"),
        ("2023 оны 10-р сарын 27", "2023-10-27"),
        ("27 жовтня 2023 року", "2023-10-27"),
        ("２０２３年１０月２７日", "2023-10-27"),
        ("二〇二三年十月二十七日", "2023-10-27"),
        ("令和5年10月27日", "2023-10-27"),
        ("令和元年十二月一日", "2019-12-01"),
        ("平成30年4月2日", "2018-04-02"),
        ("民國112年10月27日", "2023-10-27"),
        ("2023년 10월 27일", "2023-10-27"),
        ("جمعه ۵ آبان ۱۴۰۲", "2023-10-27"),
        ("۱۴۰۲/۰۸/۰۵", "2023-10-27"),
        ("ngày 27 tháng 10 năm 2023", "2023-10-27"),
        ("2023. gada 27. oktobrī", "2023-10-27"),
        ("2023 m. spalio 27 d.", "2023-10-27"),
        ("27 listopada 2023", "2023-11-27"),
        ("Guide 2025 | Oct 27, 2023", "2023-10-27"),
    ],
)
def test_a_day_is_read_in_the_digits_months_and_years_of_its_language(text: str, when: str) -> None:
    assert read_day(text) == Written(when)


def test_a_month_name_is_read_in_its_language() -> None:
    assert read_day("27. listopada 2023.", language="hr") == Written("2023-10-27")


@pytest.mark.parametrize("text", ["27 رمضان 1445", "27 ต.ค. 24", "۳۱ مهر ۱۴۰۲", "民國年", "27 Octember 2023"])
def test_an_undetermined_day_is_none(text: str) -> None:
    assert read_day(text) is None


@pytest.mark.parametrize(
    ("hijri", "gregorian"),
    [((1402, 1, 1), "2023-03-21"), ((1403, 12, 30), "2025-03-20"), ((1357, 11, 22), "1979-02-11"), ((1399, 12, 30), "2021-03-20")],
)  # fmt: skip
def test_solar_hijri_dates_are_converted(hijri: tuple[int, int, int], gregorian: str) -> None:
    assert solar_hijri(*hijri) == date.fromisoformat(gregorian)
    assert solar_hijri(1402, 12, 30) is None


@pytest.mark.parametrize(
    ("text", "when"),
    [
        ("Fri Oct 27 2023 08:15:00 GMT-0300 (Brasilia Standard Time)", "2023-10-27T08:15:00-03:00"),
        ("Fri Oct 27 08:15:00 +0530 2023", "2023-10-27T08:15:00+05:30"),
        ("Fri Oct 27 08:15:00 CEST 2023", "2023-10-27"),  # such names mean more than one zone
        ("27 Oct 2023 08:15 UTC+2", "2023-10-27T08:15:00+02:00"),
        ("2023-10-27 08:15:00 GMT+1", "2023-10-27T08:15:00+01:00"),
        ("2023-10-27T08:15:00\u221203:00", "2023-10-27T08:15:00-03:00"),
        ("08:15 GMT, 27 October 2023", "2023-10-27T08:15:00+00:00"),
        ("Oct 27, 2023, 12:05 a.m. UTC", "2023-10-27T00:05:00+00:00"),
        ("/Date(1698394500000)/", "2023-10-27T08:15:00+00:00"),
        ("2023-10-27T08:15:00+9900", None),
    ],
)
def test_a_stated_utc_offset_is_kept(text: str, when: str | None) -> None:
    assert parse_timestamp(text) == when


@pytest.mark.parametrize(
    ("languages", "url", "others", "when"),
    [
        (["en"], "https://a.example.com/x", [], None),
        ([], "https://a.example.com/x", [], None),
        (["en-US"], "https://a.example.com/x", [], "2023-05-04"),
        (["en"], "https://a.example.gov/x", [], "2023-05-04"),
        (["en-US"], "https://a.example.com.au/x", [], "2023-04-05"),
        (["en", "en-GB"], "https://a.example.com/x", [], "2023-04-05"),
        (["en-CA"], "https://a.example.com/x", [], None),
        (["pt-BR"], "https://a.example.com/x", [], "2023-04-05"),
        (["en"], "https://a.example.com/x", ["25/04/2023"], "2023-04-05"),
        (["en-GB"], "https://a.example.co.uk/x", ["04/25/2023"], "2023-05-04"),
        (["en"], "https://a.example.com/x", ["25/04/2023", "04/25/2023"], None),
        (["en"], "https://a.example.com/x", ["04/05/2023", "2023-05-04T10:00:00Z"], "2023-04-05"),
        (["en"], "https://a.example.com/2023/05/04/x", ["05/04/2023"], "2023-05-04"),
    ],
)
def test_day_and_month_order_is_inferred_from_the_page(
    languages: list[str], url: str, others: list[str], when: str | None
) -> None:
    if others == ["04/05/2023", "2023-05-04T10:00:00Z"]:  # another day, written with the day first
        others = ["06/07/2023", "2023-07-06T10:00:00Z"]
    claim = DateReader(languages, [url], lambda: others).first("published", "05/04/2023", "page")
    assert claim is not None
    assert (claim.value if claim.rival is None else None) == when


def test_an_ambiguous_day_is_null_and_provenance_names_the_candidates() -> None:
    got = record("<p class=date>05/04/2023</p>", url="https://www.weir-journal.example.com/news/pump-house")
    assert got["published"] is None
    assert got["provenance"]["published"] == "unsure: 2023-04-05 or 2023-05-04 (page)"  # type: ignore[index]
    assert (
        day("<p class=date>05/04/2023</p>", "<meta property='article:modified_time' content='2023-05-04T09:00:00Z'>")
        == "2023-05-04"
    )


LD = f"<script type='application/ld+json'>{json.dumps({'@type': 'NewsArticle', 'headline': 'Pump house becomes a museum', 'datePublished': '2023-10-27T08:15:00Z'})}</script>"


@pytest.mark.parametrize(
    "body",
    [
        "<p>On 3 May 1911 the pumps ran first.</p>",
        "<p>Am 3. Mai 1911 liefen die Pumpen zuerst.</p>",
        "<p>1911年5月3日、ポンプは初めて動いた。</p>",
        "<p>The pumps ran first, as <a href='/archive'>the issue of 3 May 1911</a> had it, for nine hours and then for forty years without a rest.</p>",
        "<div class='photo-caption'>The pumps on 3 May 1911</div>",
        "<figure><img src=a.jpg><figcaption>Pumps, 3 May 1911</figcaption></figure>",
        "<ul><li>3 May 1911: the pumps run first, and the whole of the village comes to see them do so on the day after the fair.</li></ul>",
    ],
)
def test_a_day_in_a_sentence_or_caption_is_not_the_publication_day(body: str) -> None:
    assert day(body, LD) == "2023-10-27T08:15:00+00:00"
    assert day(body) is None


@pytest.mark.parametrize(
    ("body", "published", "modified"),
    [
        ("<p>Updated <time datetime='2023-11-02'>2 Nov</time></p><p>First published <time datetime='2023-10-27'>27 Oct</time></p>",
         "2023-10-27", "2023-11-02"),
        ("<p>Zuletzt aktualisiert: <time datetime='2023-11-02'>2.11.</time> Veröffentlicht: <time datetime='2023-10-27'>27.10.</time></p>",
         "2023-10-27", "2023-11-02"),
        ("<dl><dt>Aggiornato</dt><dd>2 novembre 2023</dd><dt>Pubblicato</dt><dd>27 ottobre 2023</dd></dl>", "2023-10-27", "2023-11-02"),
        ("<p>更新：<span>2023年11月2日</span></p><p>公開：<span>2023年10月27日</span></p>", "2023-10-27", "2023-11-02"),
        ("<time class=published datetime='2023-11-02'>Updated 2 November</time> <p>First published 27 October 2023</p>",
         "2023-10-27", "2023-11-02"),
        ("<p>Northtown, 27. Oktober 2023</p>", "2023-10-27", None),
        (f"<p>27 October 2023<br>{PROSE[3:]}", "2023-10-27", None),
        (f"<p><b>Northtown, 27 October 2023</b> — {PROSE[3:]}", "2023-10-27", None),
        (f"<p><i>Published: <b>27 October 2023</b></i> {PROSE[3:]}", "2023-10-27", None),
        ("<p class=date><span title='2023-10-27T08:15:00+02:00'>5 hours ago</span></p>", "2023-10-27T08:15:00+02:00", None),
        ("<abbr class=published title='2023-10-27T08:15:00+02:00'>Friday</abbr>", "2023-10-27T08:15:00+02:00", None),
        ("<div vocab='https://schema.org/' typeof=Article><i property=datePublished content='2023-10-27'>Friday</i></div>", "2023-10-27", None),
        ("<div itemscope itemtype='https://schema.org/VideoObject'><meta itemprop=uploadDate content='2019-02-03'></div>", None, None),
        ("<div itemscope itemtype='https://schema.org/VideoObject'><meta itemprop=datePublished content='2019-02-03'></div>", None, None),
        ("<div itemscope itemtype='https://schema.org/Comment'><i itemprop=datePublished content='2023-11-05'>5 Nov</i></div>", None, None),
    ],
)  # fmt: skip
def test_the_label_beside_a_day_tells_published_from_modified(
    body: str, published: str | None, modified: str | None
) -> None:
    got = record(body)
    assert (got["published"], got["modified"]) == (published, modified)


def test_a_page_that_shows_only_an_update_has_no_day_of_publication() -> None:
    """On guides that state both days, they agree within a day on 20 of 46 only: a wrong day is worse than none."""
    got = record("<p>Last updated on 2 November 2023</p>")
    assert (got["published"], got["modified"]) == (None, "2023-11-02")


@pytest.mark.parametrize(
    ("below", "published"),
    [
        ("<p>Northtown, 27 October 2023</p>", "2023-10-27"),
        ("<div><p>Пятница, 27 октября 2023, 18:20</p></div>", "2023-10-27"),
        ("<p>27 October 2023</p><p>26 October 2023</p>", None),
        ("<p>27 October 2023 - 29 October 2023</p>", None),
        ("<ul><li>27 October 2023</li></ul>", None),
        ("<div class=comments><p>27 October 2023</p></div>", None),
        ("<p><a href='/ferry-runs-aground-again-4711'>27 October 2023</a></p>", None),
    ],
)
def test_a_day_in_a_line_of_its_own_below_the_article_dates_it_if_it_is_the_only_one(
    below: str, published: str | None
) -> None:
    assert day(PROSE * 4 + below) == published


@pytest.mark.parametrize(
    "head",
    [
        "<meta property='og:updated_time' content='2023-11-02'>",
        "<meta http-equiv='last-modified' content='Thu, 02 Nov 2023 09:00:00 GMT'>",
        '<script type=\'application/ld+json\'>{"@type": "VideoObject", "name": "The weir from the air", "uploadDate": "2019-02-03"}</script>',
    ],
)
def test_a_day_of_modification_or_of_a_video_is_not_the_publication_day(head: str) -> None:
    assert day("", head) is None


def test_two_agreeing_dates_outweigh_one() -> None:
    shown = "<p class=date>29 October 2023</p>"
    assert (
        day(shown, f"{LD}<meta property='article:published_time' content='2023-10-29T07:00:00Z'>")
        == "2023-10-29T07:00:00+00:00"
    )
    assert (
        day("<p class=date>28 October 2023</p>", f"{LD}<meta name=date content='2023-10-28'>")
        == "2023-10-27T08:15:00+00:00"
    )  # of print


def test_lunar_years_are_no_solar_ones() -> None:
    """1445 is 2023 and 2024 of the Islamic calendar; as a Solar Hijri year it would be 2066. Beside it stands a Gregorian day."""
    assert first_day("1402/08/05") == "2023-10-27"
    assert first_day("1445/04/12") is None
    assert first_day("12 ربيع الآخر 1445 هـ - 27 أكتوبر 2023 م") == "2023-10-27"


def test_a_day_of_publication_long_after_the_last_change_is_unsure() -> None:
    def stated(published: str, modified: str) -> str:
        return f'<script type="application/ld+json">{{"@type": "NewsArticle", "datePublished": "{published}", "dateModified": "{modified}"}}</script>'

    made = record("", stated("2033-10-27", "2023-10-29"))
    assert made["published"] is None
    assert made["modified"] == "2023-10-29"
    assert made["provenance"]["published"].startswith("unsure")  # type: ignore[index]
    assert day("", stated("2023-11-05", "2023-10-29")) == "2023-11-05"  # written a week before


def test_a_day_that_is_searched_for_leaves_no_word_in_the_log(caplog: pytest.LogCaptureFixture) -> None:
    """htmldate's way to empty its caches logs an error a page since charset-normalizer 3.5."""
    assert day("", "<meta name=x content='2023-10-27T10:00:00'>") == "2023-10-27"
    assert not caplog.records


@pytest.mark.parametrize(
    ("head", "body", "url"),
    [
        ("", "", "https://a.example/n20240503-123.html"),
        ("<meta name=revised content='2024-05-03T10:00'>", "", HOST),
        ("<meta name=revised content='3 May 2024'>", "", HOST),
        ("<script>{uploaded: 1, day: '2024-05-03'}</script>", "", HOST),
        ("", "<time datetime='2024-05-03'>Friday</time>", HOST),
        ("", "<p>03.05.2024</p>", HOST),
    ],
)
def test_a_finder_is_asked_wherever_its_answer_could_be_confirmed(head: str, body: str, url: str) -> None:
    index = parse_page(f"<html><head>{head}</head><body>{body}{PROSE}</body></html>", url=url).index
    assert index is not None
    assert _is_told(index, "2024-05-03", [url])
    assert _may_tell(index, [url])
    bare = parse_page(f"<html><body>{PROSE}</body></html>", url=HOST).index
    assert bare is not None
    assert not _may_tell(bare, [HOST])
