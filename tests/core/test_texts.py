"""Fields and body of plain text, kind by kind: each text is invented and stands for a form that files come in."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from click.testing import CliRunner

from ingest import clean
from ingest.cli.explain import explain
from ingest.core.labelling.text_classifier import examine as examine_lines
from ingest.core.labelling.text_structure import settle
from ingest.core.labelling.title_text import without_site_ends
from ingest.core.model import Label, LabelledBlock
from ingest.core.parse.plaintext import text_blocks
from ingest.core.text.date_lines import date_line, is_dated_caption
from ingest.core.text.dates import find_labelled_dates

WIRE = (
    "The lamp of the old lighthouse on the Sandholm reef was lit again on Friday after three years of repairs, the parish said.",
    "The stairs were built anew after drawings from 1898, and the lens came back from the museum that had kept it since.",
    "Schoolchildren may climb the tower for nothing until the end of summer, and the keeper will show them the lens.",
)
TITLE = "Lighthouse on Sandholm reef is lit again after repairs"
GERMAN = (
    "Die Lampe des alten Leuchtturms auf dem Sandriff brennt seit Freitag wieder, wie die Gemeinde nach drei Jahren Sanierung mitteilte.",
    "Die Treppe wurde nach Plänen aus dem Jahr 1898 neu gebaut, und die Linse kam aus dem Museum zurück, das sie verwahrt hatte.",
    "Schulkinder dürfen bis zum Ende des Sommers umsonst auf den Turm steigen, und der Wärter zeigt ihnen die Linse.",
)
UKRAINIAN = (
    "Лампу старого маяка на піщаній косі знову засвітили в п'ятницю після трьох років ремонту, повідомила сільська рада.",
    "Сходи збудували наново за кресленнями 1898 року, а лінза повернулася з музею, де її зберігали весь цей час.",
)


def made(*lines: str, body: tuple[str, ...] = WIRE, after: tuple[str, ...] = (), gap: str = "\n") -> bytes:
    return gap.join((*lines, *body, *after)).encode()


@pytest.mark.parametrize(
    "above",
    [
        ("Skip to main content", "News", "Weather", "Tides", TITLE),
        (f"{TITLE} - The Sandholm Courier", "News", "Weather", "News", "Weather", TITLE),
        (f"{TITLE} | Sandholm Courier", TITLE, "By Nora Field"),
        ("Latest from the Sandholm Courier", "12 minutes ago", f"* {TITLE}"),
        (f"date 2024-05-03 {TITLE}",),
        (TITLE, "Photo: Nora Field", "03/05/2024 08:10"),
    ],
)
@pytest.mark.parametrize("gap", ["\n", "\n\n"])
def test_the_headline_is_found_below_menus_and_leaves_the_body(above: tuple[str, ...], gap: str) -> None:
    record = clean(made(*above, gap=gap))
    assert record.headline == TITLE
    assert record.body.startswith("The lamp of")


@pytest.mark.parametrize(
    "above",
    [
        (),
        ("3 May 2024, 10:15",),
        ("Sign up for our newsletter and get it at no cost every morning",),
        ("Keeper Jens Watt polishes the lens on the reef of Sandholm, May 2, 2024",),
        ("date 2024-05-03 The Sandholm Courier",),
        ("Diese Seite als bevorzugte Quelle hinzufügen", "Teilen"),
    ],
)
def test_no_line_is_taken_for_a_headline_without_evidence(above: tuple[str, ...]) -> None:
    assert clean(made(*above)).headline is None


def test_the_titles_in_a_digest_are_not_its_headline() -> None:
    items = (TITLE, f"TOKYO - {WIRE[0]}", "Ferry fares fall", f"NAGOYA, Japan - {WIRE[1]}")
    record = clean("\n\n".join(items).encode())
    assert record.headline is None
    assert TITLE in record.body


@pytest.mark.parametrize(
    ("line", "published", "modified"),
    [
        ("12:57 20.03.2024", "2024-03-20", None),
        ("27.02.2024. 06:20h", "2024-02-27", None),
        ("Harbour Voices 20.01.2024 09:10", "2024-01-20", None),
        ("Приклад.net, 20 січня 2024, 12:27", "2024-01-20", None),
        ("Понедельник, 4 марта 2024", "2024-03-04", None),
        ("2024年3月8日 10時30分", "2024-03-08", None),
        ("Jeudi 2 mai 2024 à 07h15", "2024-05-02", None),
        ("27.02.2024 - Update : 28.02.2024", "2024-02-27", "2024-02-28"),
        ("3 May 2024 14:05 GMT", "2024-05-03T14:05:00+00:00", None),
    ],
)
def test_date_lines_are_recognised(line: str, published: str, modified: str | None) -> None:
    found = date_line(line)
    assert found
    assert (found.get("published"), found.get("modified")) == (published, modified)


@pytest.mark.parametrize(
    "line",
    [
        "Nils Holm obituary February 26 2024 Legendary bridge builder",
        "The council met on 3 May 2024.",
        "Room 14, 2024",
        "Am 3. Mai 2024 öffnet der Leuchtturm auf dem Riff wieder für alle",
        "20.03",
    ],
)
def test_a_line_that_says_more_than_a_date_is_kept(line: str) -> None:
    assert date_line(line) is None


def test_a_caption_that_ends_with_a_day_is_kept_whole() -> None:
    assert is_dated_caption("Keeper Jens Watt polishes the lens on the reef, May 2, 2024")
    assert is_dated_caption("Смотритель маяка протирает линзу на косе, 2 мая 2024 года")
    assert not is_dated_caption("Lighthouse is lit again after repairs since 2021")
    assert not is_dated_caption("It was lit on May 2, 2024.")


def test_the_date_is_that_of_the_article_not_of_a_ticker() -> None:
    ticker = ("04:15", "Divers find an anchor of 3 May 2021 off the reef", "04:07", "Fares fall")
    record = clean(made("News", *ticker, TITLE, "Friday, 3 May 2024, 00:34"))
    assert record.published == "2024-05-03"


@pytest.mark.parametrize(
    ("opening", "place", "agency"),
    [
        ("Oita, Feb 2 (NHK) - ", "Oita", "NHK"),
        ("Sapporo (Jiji Press)—", "Sapporo", "Jiji Press"),
        ("May 23 (Reuters) - ", None, "Reuters"),
        ("LEIPZIG - ", "LEIPZIG", None),
        ("ХАРКІВ – ", "ХАРКІВ", None),
        ("PORTO ALEGRE, Brazil, May 3 - ", "PORTO ALEGRE, Brazil", None),
        ("القاهرة (رويترز) - ", "القاهرة", "رويترز"),
        ("नई दिल्ली, 3 मई (भाषा) - ", "नई दिल्ली", "भाषा"),
    ],
)
def test_datelines_are_read_in_many_forms(opening: str, place: str | None, agency: str | None) -> None:
    found = clean((opening + WIRE[0] + "\n\n" + WIRE[1]).encode()).dateline
    assert found
    assert (found.place, found.agency) == (place, agency)


@pytest.mark.parametrize("opening", ["UPDATE - ", "BREAKING – ", "NATO - ", "The Reuters (agency) - "])
def test_sentences_that_resemble_a_dateline_are_none(opening: str) -> None:
    assert clean((opening + WIRE[0] + "\n\n" + WIRE[1]).encode()).dateline is None


@pytest.mark.parametrize(
    ("line", "name"),
    [
        ("© 2019-2024 The Sandholm Courier. All rights reserved.", "The Sandholm Courier"),
        ("© 2008-2024, Піщана правда. Передрук дозволено лише з активним гіперпосиланням.", "Піщана правда"),
        ("© 2024 青浜新報社", "青浜新報社"),
        ("© 2024 The Associated Press. All rights reserved.", None),
    ],
)
def test_the_line_about_rights_names_the_publisher_but_no_agency(line: str, name: str | None) -> None:
    publisher = clean(made(TITLE, after=(line,), gap="\n\n")).publisher
    assert (publisher and publisher.name) == name


def test_the_url_gives_the_domain() -> None:
    publisher = clean(made(TITLE), url="https://www.sandholm-courier.co.uk/a/1").publisher
    assert publisher
    assert (publisher.name, publisher.domain) == (None, "sandholm-courier.co.uk")


def test_sentences_broken_at_a_narrow_column_are_joined_and_titles_are_not() -> None:
    lines = (
        "Sandholm parish lights its lighthouse again",
        "Keeper says the lens has never been cleaner",
        "3 May 2024",
        "The lamp of the old lighthouse on the reef was lit",
        "again on Friday after three years of repairs, the",
        "parish said in a statement that thanked the divers for",
        "their patience.",
    )
    texts = [block.text for block in text_blocks("\n".join(lines))]
    assert texts[:3] == list(lines[:3])
    assert texts[3:] == [" ".join(lines[3:])]


def test_the_words_of_links_stay_in_their_sentences() -> None:
    lines = (
        "The lamp was lit again on Friday, a spokesman for the parish",
        "told",
        "the Sandholm Courier, and it can be seen from twenty kilometres away. Boats were waiting in",
        "Reef Sound",
        "and, the parish said, in two other bays until the light came on.",
    )
    assert [block.text for block in text_blocks("\n".join(lines))] == [
        " ".join(lines[:3]) + " " + " ".join(lines[3:]),
    ]


def test_a_list_of_short_lines_keeps_its_lines() -> None:
    lines = ("Winners of the regatta held off the reef on Sunday:", "one gold", "two silver", "three bronze")
    assert len(text_blocks("\n".join(lines))) == len(lines)


def test_a_repeated_article_head_is_removed_as_a_whole() -> None:
    head = (
        TITLE,
        "Nobody who has sailed past the reef at night will miss the old buoy",
        "Nora Field",
        "03.05.2024 19:04",
    )
    record = clean(made(*head, *head))
    assert (record.headline, record.subheadline, record.published) == (head[0], head[1], "2024-05-03")
    assert record.authors == ("Nora Field",)
    assert record.body.split("\n\n") == list(WIRE) or record.body.startswith(WIRE[0])


@pytest.mark.parametrize(
    ("body", "call"),
    [
        (WIRE, "Our writers live by readers like you. Give 10 crowns a month."),
        (WIRE, "Do you know a story that we should look into? Write to us securely."),
        (GERMAN, "Abonnieren Sie unseren Kanal bei WhatsApp und lesen Sie uns jeden Morgen."),
        (UKRAINIAN, "Хочете першими дізнаватися наші новини? Ми є в TelegramтаViber, долучайтеся!"),
    ],
)
def test_calls_to_action_between_paragraphs_are_removed(body: tuple[str, ...], call: str) -> None:
    assert call not in clean("\n\n".join((body[0], call, *body[1:])).encode()).body


@pytest.mark.parametrize(
    "line",
    [
        '"Give us the money for the lens and we will write to you every month," keeper Jens Watt told the meeting.',
        "The parish said that it would give its newsletter to the museum, which keeps everything about the reef.",
    ],
)
def test_a_quotation_is_not_a_call_to_action(line: str) -> None:
    assert line in clean("\n\n".join((WIRE[0], line, *WIRE[1:])).encode()).body


@pytest.mark.parametrize(
    "tail",
    [
        (
            "* Why Three Bakers Moved Their Ovens. A Night in the Old Mill",
            "* Tram Drivers Strike Over Wages at the Northern Depot",
            "* Six Streets Get New Trees This Autumn",
        ),
        (
            "La feria del libro estrena carpa y cambia de plaza por las lluvias, que…",
            "Un tren turístico recorrerá la sierra desde junio con…",
        ),
    ],
)
def test_titles_of_other_articles_after_the_prose_are_removed(tail: tuple[str, ...]) -> None:
    body = clean(made(TITLE, after=tail)).body
    assert not [line for line in tail if line in body]


@pytest.mark.parametrize("marker", ["The parish thanked these:", "Die Gemeinde dankt:"])
def test_a_list_that_prose_announces_is_kept(marker: str) -> None:
    listed = ("* Divers of the Southern Reef Club", "* Masons from the Old Quarry", "* Friends of the Maritime Museum")
    body = clean(made(TITLE, after=(marker, *listed))).body
    assert all(line in body for line in listed)


def test_menu_words_fill_no_field() -> None:
    record = clean(made("World", "Economy", "Photo", "Video", "Opinion", TITLE))
    assert (record.images, record.related) == ((), ())


def test_a_marker_at_the_end_of_a_paragraph_announces_related_articles() -> None:
    record = clean(made(f"{WIRE[0]} Read also:", "Ferry captain honoured in Sandholm", body=WIRE[1:]))
    assert [each.headline for each in record.related] == ["Ferry captain honoured in Sandholm"]


@pytest.mark.parametrize(
    ("line", "author"),
    [
        ("Nora Anne Field |", "Nora Anne Field"),
        ("Oprac.: Zofia Wzorowa Stary Port - kraj", "Zofia Wzorowa"),
        ("Mitarbeit: Eva Muster", "Eva Muster"),
        ("Text: Eva Muster", "Eva Muster"),
    ],
)
def test_authors_are_read_from_signatures(line: str, author: str) -> None:
    record = clean(made(TITLE, line, "03.05.2024 08:10"))
    assert record.authors == (author,)
    assert line not in record.body


def test_a_sites_name_behind_a_title_is_cut_at_its_last_marks() -> None:
    assert "stormhitscoast" in without_site_ends("Storm hits coast - The Example")
    assert not without_site_ends("A storm of the century")


def test_explain_says_why_a_line_became_the_headline_and_which_were_passed_over() -> None:
    raw = made("Tides and weather of the week", TITLE, "Nora Field", "3 May 2024, 10:15")
    rows = [json.loads(line) for line in CliRunner().invoke(explain, ["-", "--json"], input=raw).output.splitlines()]
    compared = {row["text"]: row["headline"] for row in rows if row["headline"]}
    assert compared[TITLE]["chance"] > compared["Tides and weather of the week"]["chance"]
    assert len(compared[TITLE]["reasons"]) == 3
    told = CliRunner().invoke(explain, ["-"], input=raw).output
    assert "headline, " in told
    assert "passed over as headline" in told


def test_a_prediction_has_a_confidence_for_each_line() -> None:
    judged = examine_lines(text_blocks("\n".join((TITLE, *WIRE))))
    assert len(judged.verdicts) == len(judged.residue) == 4
    assert not judged.gone[1:].any()


@pytest.mark.parametrize(
    ("line", "url", "published"),
    [
        ("03/04/2024", "https://www.sandholm-courier.co.uk/news/lighthouse-is-lit-again", "2024-04-03"),
        ("03/04/2024", "https://www.sandholm-courier.us/news/lighthouse-is-lit-again", "2024-03-04"),
        ("03/04/2024\n\nUpdated: 27/04/2024", None, "2024-04-03"),
        ("03/04/2024\n\nUpdated: 04/27/2024", None, "2024-03-04"),
        ("03/04/2024", "https://sandholm-courier.com/2024/03/04/lighthouse-is-lit-again", "2024-03-04"),
        ("03/04/2024", "https://sandholm-courier.com/lighthouse-is-lit-again", None),
        ("Published 14:02 GMT, Wed 3 April 2024", None, "2024-04-03T14:02:00+00:00"),
        ("03.05.2024 - Update: 03.05.2024", None, "2024-05-03"),
    ],
)
def test_the_month_of_two_numbers_by_country_address_and_other_dates(line: str, url: str, published: str) -> None:
    assert clean(made(TITLE, line, gap="\n\n"), url=url).published == published


def test_a_question_asked_of_several_people_stays_each_time() -> None:
    question = "Wie oft steigen Sie selbst auf den Turm?"
    blocks = text_blocks("\n\n".join(line for answer in GERMAN for line in (question, answer)))
    judged = examine_lines(blocks)
    doubted = replace(judged, gone=~judged.paragraphs)  # as the labeller says of copies
    rows: list[LabelledBlock | None] = [None] * len(blocks)
    settle(blocks, rows, doubted, None)
    assert [row and row.label for row in rows[::2]] == [Label.BODY] * 3


@pytest.mark.parametrize(
    "line",
    [
        "SANDHOLM, May 3 (Reuters) - The lamp of the old lighthouse was lit again on Friday, and this is what people say:",
        "BC-EU--Sandholm-Lighthouse, 1st Ld-Writethru",
        "Sandholm, Courier Newsroom Bureau | Updated : 3 May 2024, 09:01 AM",
    ],
)
def test_a_lead_a_slug_and_an_update_are_no_headlines(line: str) -> None:
    assert clean(made(line, body=WIRE, gap="\n\n")).headline is None


def test_a_list_between_paragraphs_is_the_article() -> None:
    things = [
        "Gloves",
        "Map",
        "Compass",
        "Brass polish",
        "Tent (optional)",
        "Headlamp",
        "Mugs",
        "Wool socks",
        "Camera",
        "Rope",
    ]
    record = clean(made(TITLE, "Home", "Shop", "News", *WIRE[:2], "Shelter", *things, *WIRE[2:], body=()))
    assert "News" not in record.body
    assert [thing for thing in things if thing not in record.body] == []


@pytest.mark.parametrize(
    ("line", "owner"),
    [
        ("Copyright © 2024 Sandholm Courier Media Ltd. All Rights Reserved", "Sandholm Courier Media Ltd"),
        ("Copyright © 砂浜新聞社 All rights reserved.", "砂浜新聞社"),
        ("© 2024 Βόρεια Νέα - Με επιφύλαξη παντός δικαιώματος", "Βόρεια Νέα"),
        ("(c) Sandholm Courier 2024", "Sandholm Courier"),
        ("© 2024 Sample News Agency. All rights reserved.", None),
    ],
)
def test_a_copyright_line_names_the_publisher_unless_it_is_an_agency(line: str, owner: str | None) -> None:
    publisher = clean(made(TITLE, after=(line,))).publisher
    assert (publisher and publisher.name) == owner


def test_a_day_among_readers_comments_is_not_the_articles() -> None:
    comments = (
        "Comments (2)",
        "oldsailor",
        "14 May 2024 at 10:02",
        "Reply",
        "keeperfan",
        "15 May 2024 at 08:41",
        "Reply",
    )
    assert clean(made(TITLE, after=comments)).published is None
    assert clean(made(TITLE, "3 May 2024", after=comments)).published == "2024-05-03"


def test_sections_under_a_marker_of_related_articles_are_not_related() -> None:
    below = ("Related", "Politics", "Local News", "Keeper of the Sandholm lighthouse retires", "Contact")
    related = clean(made(TITLE, after=below)).related
    assert [link.headline for link in related] == ["Keeper of the Sandholm lighthouse retires"]


@pytest.mark.parametrize(
    ("line", "published", "modified"),
    [
        ("2024年5月3日 12時57分（2024年5月4日 7時15分更新）", "2024-05-03", "2024-05-04"),
        ("2024年5月4日更新", None, "2024-05-04"),
        ("2024年5月3日 12:57（14:10 更新）", "2024-05-03", None),
        ("2024년 5월 4일 수정", None, "2024-05-04"),
    ],
)
def test_a_marker_behind_a_day_speaks_of_that_day(line: str, published: str | None, modified: str | None) -> None:
    found = {field: day.when for field, day in find_labelled_dates(line)}
    assert found == {name: day for name, day in (("published", published), ("modified", modified)) if day}


def test_a_name_below_the_text_is_its_author_and_a_line_about_an_author_leaves() -> None:
    signed = clean(made(TITLE, after=("Nora Field",)))
    assert signed.authors == ("Nora Field",)
    assert "Nora Field" not in signed.body
    bio = "Nora Field covers the coast for the Courier and has a boat of her own."
    about = clean(made(TITLE, "By Nora Field", after=(bio,)))
    assert bio not in about.body
    assert clean(made(TITLE, "By Nora Field", after=("Otto Sand rows the boat of the keeper.",))).body.endswith(
        "keeper."
    )


@pytest.mark.parametrize(
    "listed",
    [
        [f"{month} {day} -- Pier {day}, Northtown" for month in ("June", "July") for day in (3, 9, 21)],
        [
            "Where to eat:",
            *(
                f"The {name}, {number} Quay Street, 555-01{number}"
                for name, number in (("Anchor", 14), ("Net", 27), ("Salt", 39))
            ),
        ],
    ],
)
def test_a_list_of_the_article_stays_where_nothing_follows_it(listed: list[str]) -> None:
    body = clean(made(TITLE, after=tuple(listed))).body
    assert [line for line in listed if line not in body] == []


@pytest.mark.parametrize("title", ["Light again", "„Es brennt wieder“", "– Vi kan ikke vente"])
def test_a_short_first_line_above_the_prose_is_the_headline(title: str) -> None:
    assert clean(made(title)).headline in {title, title.removeprefix("– ")}


def test_a_first_sentence_is_no_headline() -> None:
    first = "The parish of Sandholm has lit the lamp of its old lighthouse again."
    record = clean(made(first))
    assert record.headline is None
    assert first in record.body


def test_a_page_of_bulleted_menus_is_a_text_and_no_source_code() -> None:
    menu = tuple(
        f"{' ' * depth}* {name}" for depth, name in enumerate(("Home", "Harbour", "Tides", "Boats", "Lamps", "Piers"))
    )
    assert clean(made(*menu * 20, TITLE)).headline == TITLE
