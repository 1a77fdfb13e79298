"""How a page's fields are chosen: one test vector for each kind of page that once misled."""

from __future__ import annotations

import pytest

from ingest import clean
from ingest.core.metadata.authors import parse_authors
from ingest.core.metadata.resolve import resolve_claims
from ingest.core.model import Claim
from ingest.core.pipeline import read_page

URL = "https://www.harbour-post.example.org/news/storm-hits-coast"
PROSE = "<p>" + "The storm hit the coast on Monday and left the town without power for hours. " * 4 + "</p>"


def won(body: str, head: str = "") -> dict[str, object]:
    _, claims, _ = read_page(f"<html lang=en><head>{head}</head><body>{body}</body></html>", url=URL)
    return {field: claim.value for field, claim in resolve_claims(claims).items()}


STORM, RAIN, WIND = "Storm hits coast", "Storm and rain hit coast", "Wind and rain hit the coast"


@pytest.mark.parametrize(
    ("jsonld", "shared", "heading", "window", "headline"),
    [
        (STORM, RAIN, STORM, RAIN, STORM),
        (STORM, RAIN, RAIN, RAIN, RAIN),
        (STORM, RAIN, RAIN, STORM, RAIN),
        (STORM, STORM, RAIN, STORM, RAIN),  # the one shown
        (STORM, RAIN, STORM, STORM, STORM),
        (STORM, STORM, f"{STORM}: what we know", STORM, STORM),  # one headline, in the form that most have
        (STORM, RAIN, WIND, STORM, WIND),
        (None, RAIN, WIND, RAIN, WIND),
        (None, STORM, f"Weather {STORM}", STORM, STORM),  # something glued before it
        (None, STORM, "Contact us", STORM, STORM),
    ],
)
def test_the_headline_on_the_page_is_used_if_it_is_one(
    jsonld: str | None, shared: str, heading: str, window: str, headline: str
) -> None:
    stated = [Claim("headline", jsonld, "json-ld")] if jsonld else []
    claims = [*stated, *(Claim("headline", t, "meta") for t in (shared, window)), Claim("headline", heading, "page")]
    assert resolve_claims(claims)["headline"].value == headline


def jsonld(kind: str, headline: str) -> str:
    return f'<script type=application/ld+json>{{"@type": "{kind}", "headline": "{headline}"}}</script>'


@pytest.mark.parametrize(
    ("body", "head", "headline"),
    [
        (f"<h1><a href=/>Harbour and coast</a></h1><h1>{STORM}</h1>", "<title>Harbour and coast: news</title>", STORM),
        (
            f"<h1>{WIND} for a week</h1><h2>Wind and rain</h2>",
            "<title>Wind and rain: the week</title>",
            f"{WIND} for a week",
        ),
        (
            "<h1>Harbour Post office burns</h1>",
            "<title>Harbour Post office burns | Coast in brief</title>",
            "Harbour Post office burns",
        ),
        (f"<h1>{RAIN}</h1>", f"<meta property=og:title content='{STORM}'>{jsonld('BlogPosting', STORM)}", RAIN),
        (f"<h1>{RAIN}</h1>", f"<meta property=og:title content='{STORM}'>{jsonld('NewsArticle', STORM)}", RAIN),
        (
            f"<h1>{RAIN}</h1>",
            (
                f"<title>{WIND}</title><meta property=og:title content='{WIND}'><meta name=sailthru.title content='{RAIN}'>"
                f"{jsonld('NewsArticle', RAIN)}"
            ),
            RAIN,  # the window's title is with the sharing title, which is not alone
        ),
        ("", f"<title>{RAIN} | CX News</title><meta property=og:title content='{STORM} | CX News'>", STORM),
        ("", f"<title>{STORM} | HDP</title><meta property=og:site_name content='Harbour Daily Post'>", STORM),
    ],
)
def test_headlines_are_found_by_their_position(body: str, head: str, headline: str) -> None:
    assert won(body + PROSE, head)["headline"] == headline


@pytest.mark.parametrize(
    ("body", "head", "day"),
    [
        (
            "<p>Ferries at the pier, 24 April 2023</p>",
            "<title>Storm hits coast | HP | 28.04.2023</title>",
            "2023-04-28",
        ),
        (
            "<figure><img src=a.jpg><figcaption>24 April 2023</figcaption></figure><p>28 April 2023</p>",
            "",
            "2023-04-28",
        ),
        ("<div><p>Apr 28, 2023</p><p>6<i> min read</i></p></div>", "", "2023-04-28"),
        ("<p>02-12-2025</p>", "", "2025-12-02"),
    ],
)
def test_which_of_a_pages_days_is_the_articles(body: str, head: str, day: str) -> None:
    assert won(f"<h1>Storm hits coast</h1>{body}{PROSE * 3}", head)["published"] == day


def test_a_row_of_links_whose_text_matches_their_urls_is_tags() -> None:
    row = "<ul><li><a href='/coast/storm/'>Storm</a></li><li><a href='/coast/harbour/'>Harbour</a></li></ul>"
    page = f"<h1>Storm hits coast</h1>{PROSE * 3}{row}"
    assert won(page, jsonld("NewsArticle", STORM))["keywords"] == ["Storm", "Harbour"]
    assert "keywords" not in won(page, jsonld("BlogPosting", STORM))


def test_keywords_stated_twice_outweigh_longer_ones() -> None:
    head = "<meta name=keywords content='storm, coast, news'><meta name=news_keywords content='storm, coast'>"
    tags = "<a rel=tag href=/t/storm>storm</a><a rel=tag href=/t/coast>coast</a>"
    assert won(f"<h1>Storm hits coast</h1>{PROSE * 3}{tags}", head)["keywords"] == ["storm", "coast"]


def test_a_kicker_is_part_of_the_headline_only_if_metadata_have_it_too() -> None:
    heading = "<h1><span class='title__overline'>Bad weather</span> <span>Storm hits coast</span></h1>"
    assert won(heading + PROSE)["headline"] == "Storm hits coast"
    shared = "<meta property=og:title content='Bad weather: Storm hits coast'>"
    assert won(heading + PROSE, shared)["headline"] == "Bad weather Storm hits coast"


def test_tags_are_found_by_their_urls_even_inside_an_element_called_next() -> None:
    trends = "<div><a href='/topics/cup'>The cup</a><a href='/topics/vote'>The vote</a></div>"
    tags = "<div><div><a href='/topics/storm'>Storm</a></div><div><a href='/topics/coast/'>Coast</a></div></div>"
    rows = (
        tags.replace("<div><div>", "<ul><li>").replace("</div><div>", "</li><li>").replace("</div></div>", "</li></ul>")
    )
    page = f"<div id=__next>{trends}<h1>Storm hits coast</h1>{PROSE}{rows}</div>"
    assert won(page)["keywords"] == ["Storm", "Coast"]


def test_keywords_exclude_the_publisher_and_split_at_the_languages_separators() -> None:
    site = "<meta property=og:site_name content='Harbour Post'>"
    assert won(PROSE, f"{site}<meta name=keywords content='storm, Harbour Post, coast'>")["keywords"] == [
        "storm",
        "coast",
    ]
    assert won(PROSE, "<meta name=keywords content='深空探测 探月工程'>")["keywords"] == ["深空探测", "探月工程"]


@pytest.mark.parametrize(
    ("box", "caption", "credit"),
    [
        (
            ("<figure><img src=/a.jpg><figcaption class=capRoot><div>The pier.</div><div class=cap_contentcredit>Photo: Jo"
            " Mole (Agency)</div></figcaption></figure>"),
            "The pier.",
            "Jo Mole (Agency)",
        ),
        (
            ("<figure><img src=/a.jpg><figcaption class=cap><span class=capText>The pier</span><span class=capCredit>Jo"
            " Mole/Copyright 2026 The Agency. All rights reserved.</span></figcaption></figure>"),
            "The pier",
            "Jo Mole",
        ),
        ("<div><div><img src=/a.jpg></div><div>The pier after the storm</div><div>REUTERS</div></div>",
         "The pier after the storm", "REUTERS"),
        ("<div><img src=/a.jpg><span>Photo: Jo Mole</span><div>The pier after the storm</div></div>",
         "The pier after the storm", "Jo Mole"),
        ("<figure><img src=/a.jpg><figcaption>The pier. | <b>Jo Mole/Agency</b></figcaption></figure>",
         "The pier.", "Jo Mole/Agency"),
        ("<figure><img src=/a.jpg><figcaption>The pier.</figcaption><i class=credit>Jo Mole © Jo Mole</i></figure>",
         "The pier.", "Jo Mole"),
        ("<figure><img src=/a.jpg title='The pier in the storm | Photo: Jo Mole'><figcaption>The pier.</figcaption></figure>",
         "The pier.", "Jo Mole"),
    ],
)  # fmt: skip
def test_captions_and_credits_are_separate_fields(box: str, caption: str, credit: str) -> None:
    images = won(f"<h1>Storm hits coast</h1>{PROSE * 3}{box}{PROSE}")["images"]
    assert images == [{"caption": caption, "credit": credit, "url": "https://www.harbour-post.example.org/a.jpg"}]


@pytest.mark.parametrize(
    "box",
    [
        "<div><img src=/a.jpg><a href='/news/2'>Another storm that hit another coast</a></div>",
        "<div><img src=/a.jpg><span>By Jo Mole</span> <span>Harbour Post</span></div>",
        "<figure><img src=/a.jpg><figcaption>By Jo Mole, 3 May 2024, 17:06</figcaption></figure>",
        "<div class='text-caption'><img src=/a.jpg><a href='/x'>An offer of the Example House</a></div>",
    ],
)
def test_not_every_text_beside_a_picture_is_its_caption(box: str) -> None:
    assert "images" not in won(f"<h1>Storm hits coast</h1>{PROSE * 3}{box}{PROSE}")


def test_an_author_named_twice_is_listed_once() -> None:
    assert parse_authors(["Jo Mole Weather Reporter", "Jo Mole"], loose=True) == ("Jo Mole",)
    assert parse_authors("Jo Mole (www.example.org)") == ("Jo Mole",)


def test_a_byline_in_a_menu_is_ignored_and_a_person_outranks_the_publisher() -> None:
    menu = "<header><nav><h3>By Company Size</h3><a href=/s>Small</a></nav></header>"
    jsonld = '{"@type": "NewsArticle", "author": {"name": "Harbour Post"}, "publisher": {"name": "Harbour Post"}}'
    byline = "<div class=byline>By <a rel=author href=/authors/jo>Jo Mole</a></div>"
    page = f"<html lang=en><head><script type='application/ld+json'>{jsonld}</script></head><body>{menu}<main><h1>Storm</h1>"
    assert clean(f"{page}{PROSE * 3}</main></body></html>".encode(), url=URL).authors == ("Harbour Post",)
    assert clean(f"{page}{byline}{PROSE * 3}</main></body></html>".encode(), url=URL).authors == ("Jo Mole",)


def test_a_date_in_a_teasers_heading_is_not_the_articles() -> None:
    teaser = "<h2>Rain comes <span class=date>24.04.2023</span></h2>"
    assert won(f"<h1>Storm hits coast</h1>{PROSE * 3}{teaser}<p class=date>28.04.2023</p>")["published"] == "2023-04-28"


def test_related_links_have_a_headline_and_lead_to_an_article_once() -> None:
    card = (
        "<aside class=related><a href='/news/ferry-runs-aground'><img src=/b.jpg></a><a href='/news/ferry-runs-aground'>More</a>"
        "<a href='/news/ferry-runs-aground'><h3>Ferry runs aground near the harbour</h3><p>Nobody was hurt.</p></a>"
        "<a href='/sport/'>All the sport of this week</a></aside>"
    )
    record = clean(f"<html lang=en><body><h1>Storm hits coast</h1>{PROSE * 3}{card}</body></html>".encode(), url=URL)
    assert [(link.headline, link.url) for link in record.related] == [
        ("Ferry runs aground near the harbour", "https://www.harbour-post.example.org/news/ferry-runs-aground")
    ]


@pytest.mark.parametrize(
    ("foot", "notice"),
    [
        (
            "<p><span>©</span> <span>2026</span> Harbour Post Ltd.</p><a href=/c>Copyright policy</a>",
            "© 2026 Harbour Post Ltd.",
        ),
        ("<p>© 2026</p>", None),
        ("<a href=/licences>Copyright and licensing</a>", None),
    ],
)
def test_a_copyright_notice_names_an_owner_and_is_no_link(foot: str, notice: str | None) -> None:
    assert won(f"<h1>Storm hits coast</h1>{PROSE * 3}<footer>{foot}</footer>").get("copyright_notice") == notice


def test_relative_urls_are_resolved_against_the_base_element() -> None:
    figure = "<figure><img src=a.jpg><figcaption>The pier</figcaption></figure>"
    images = won(f"<h1>Storm hits coast</h1>{figure}{PROSE}", "<base href='/en/'>")["images"]
    assert images == [{"caption": "The pier", "credit": None, "url": "https://www.harbour-post.example.org/en/a.jpg"}]


def test_the_sites_name_outranks_its_owners_name() -> None:
    jsonld = '{"@type": "NewsArticle", "headline": "Storm", "publisher": {"name": "Harbour Media Group"}}'
    head = f"<meta property=og:site_name content='Harbour Post'><script type='application/ld+json'>{jsonld}</script>"
    assert won(PROSE, head)["publisher"] == {"name": "Harbour Post", "domain": "example.org"}
