"""A page is read as a browser shows it: what joins, what separates, what is hidden."""

from __future__ import annotations

import pytest

from ingest import clean
from ingest.core.html.style import Look, Sheet, declared
from ingest.core.pipeline import read_page
from tests.core.stories import (
    ARABIC,
    CHINESE,
    ENGLISH,
    GREEK,
    HINDI,
    JAPANESE,
    RUSSIAN,
    STORIES,
    THAI,
    Story,
    paragraphs,
    site,
)

SOME = (ENGLISH, RUSSIAN, ARABIC, HINDI, JAPANESE, THAI)


def body(raw: bytes) -> str:
    return clean(raw, url="https://valleyherald.example/region/2024/mill-5512").body


def texts(html: str, head: str = "") -> list[str]:
    return [block.text for block in read_page(f"<html><head>{head}</head><body>{html}</body></html>", url=None)[0]]


@pytest.mark.parametrize("story", STORIES, ids=lambda story: f"{story.lang}-{story.title[:12]}")
def test_a_plain_page_in_any_script_is_read_whole(story: Story) -> None:
    assert body(site(story, paragraphs(story))) == "\n\n".join(story.prose)


@pytest.mark.parametrize(
    ("style", "look"),
    [
        ("display:none", Look("none")),
        ("color:red; DISPLAY : None !important", Look("none")),
        ("visibility: hidden", Look("none")),
        ("display:block;margin:0", Look("block")),
        ("display: grid", Look("block")),
        ("display:inline-block", Look()),
        ("font-size:0", Look(unseen=True)),
        ("font-size: 0px ; line-height:1", Look(unseen=True)),
        ("font-size:0.9em", Look()),
        ("clip:rect(0, 0, 0, 0)", Look(unseen=True)),
        ("clip: rect(1px 1px 1px 1px); position: absolute", Look(unseen=True)),
        ("clip-path: inset(50%)", Look(unseen=True)),
        ("position:absolute;left:-9999px", Look(unseen=True)),
        ("left:-9999px", Look()),  # not placed: it has no effect
        ("position:absolute;top:-20px", Look()),
        ("text-indent:-9999px", Look(unseen=True)),
        ("position:absolute;height:1px;width:1px;overflow:hidden", Look(unseen=True)),
        ("opacity:0", Look()),  # scripts fade it in
        ("-x-display:none; margin-left:-12px", Look()),
    ],
)
def test_style_declarations_are_interpreted(style: str, look: Look) -> None:
    assert declared(style) == look


def test_style_sheet_rules_for_one_tag_class_or_id_apply() -> None:
    sheet = Sheet(
        [
            "/* .note{display:none} */ .tip, b.gloss { display:none } #side{visibility:hidden} q{display:block}",
            "@media print { .tip{display:block} .ad{display:none} } .card > .name{display:none} a:hover{display:none} .fade{color:#000}",
            ".tip.open{display:inline} .gone{display:none} .gone{display:block} @font-face{font-family:x}",
        ]
    )
    assert sheet.look("span", {"class": "x tip"}).display == "none"
    assert [sheet.look(tag, {"class": "gloss"}).display for tag in ("b", "i")] == ["none", ""]
    assert sheet.look("div", {"id": "side"}).display == "none"
    assert sheet.look("q", {}).display == "block"
    assert sheet.look("i", {"class": "gone"}).display == "block"
    for name in ("note", "ad", "name", "fade"):
        assert sheet.look("span", {"class": name}) == Look()
    assert sheet.look("span", {"class": "tip", "style": "display:inline"}).display == "inline"


@pytest.mark.parametrize(
    "css", ["}" * 50_000, "{" * 50_000, "/*" * 50_000, ".a{display:none}" * 30_000, "@media x{" * 20_000]
)
def test_no_style_sheet_takes_long(css: str) -> None:
    Sheet([css])


@pytest.mark.parametrize(
    "hidden",
    [
        "<span style='display:none'>QQQ</span>",
        "<span hidden>QQQ</span>",
        "<i style='visibility: hidden'>QQQ</i>",
        "<em style='font-size:0'>QQQ</em>",
        "<span style='position:absolute;clip:rect(0,0,0,0)'>QQQ</span>",
        "<span style='position:absolute;left:-10000px'>QQQ</span>",
        "<span class='sr-only'>QQQ</span>",
        "<a href=/x><b class='u visually-hidden'>QQQ</b></a>",
        "<span role=tooltip>QQQ</span>",
        "<span class=tip>QQQ</span>",
        "<dfn class='a gloss'>QQQ</dfn>",
        "<ruby><rb></rb><rp>(</rp><rt>QQQ</rt><rp>)</rp></ruby>",
        "<math><semantics><mrow></mrow><annotation encoding='application/x-tex'>QQQ</annotation></semantics></math>",
    ],
)
@pytest.mark.parametrize("story", SOME, ids=lambda story: story.lang)
def test_hidden_words_in_a_sentence_are_not_read(story: Story, hidden: str) -> None:
    head = "<style>.tip{display:none} dfn.gloss{position:absolute;left:-9999px}</style>"
    second = f"<p>{story.prose[1][:14]}{hidden}{story.prose[1][14:]}</p>"
    assert body(site(story, paragraphs(story, 0, 1) + second + paragraphs(story, 2), head=head)) == "\n\n".join(
        story.prose
    )


def test_hidden_text_of_its_own_is_a_block_and_visible_text_stays() -> None:
    assert texts("<p><span class=sr-only>Menu</span></p><p>One <span aria-hidden=true>two</span></p>") == [
        "Menu",
        "One two",
    ]
    assert texts("<p>For <span class='hidden md:inline'>all</span> of <b class=d-none>us</b> you</p>") == [
        "For all of you"
    ]
    assert texts("<p>The load is <math><mi>F</mi></math> at most.</p>") == ["The load is F at most."]


@pytest.mark.parametrize(
    "tag",
    [
        "template",
        "noscript",
        "textarea",
        "div style='font-size:0'",
        "div style='position:absolute;left:-4000px'",
        "div class=far",
    ],
)
@pytest.mark.parametrize("story", SOME, ids=lambda story: story.lang)
def test_invisible_blocks_are_not_body(story: Story, tag: str) -> None:
    other = CHINESE if story is not CHINESE else GREEK
    box = f"<{tag}><p>{other.prose[1]}</p></{tag.split(maxsplit=1)[0]}>"
    head = "<style>.far{position:absolute;left:-9999px}</style>"
    raw = site(story, paragraphs(story, 0, 3) + box + paragraphs(story, 3), head=head)
    record = clean(raw)
    assert record.body == "\n\n".join(story.prose)
    assert other.prose[1][:20] in " ".join(removed.text for removed in record.removed)  # the audit has it


def test_hidden_text_longer_than_all_visible_text_is_the_body() -> None:
    rest = paragraphs(ENGLISH, 1)
    for wrapped in (
        f"<noscript>{rest}</noscript>",
        f"<template>{rest}</template>",
        f"<template shadowrootmode=open>{rest}</template>",
    ):
        assert body(site(ENGLISH, paragraphs(ENGLISH, 0, 1) + wrapped)) == "\n\n".join(ENGLISH.prose)


@pytest.mark.parametrize(
    "made",
    [
        "<story-text>{}</story-text>",
        "<span style='display:block'>{}</span>",
        "<font class=par>{}</font>",
        "<q>{}</q>",
        "<listing>{}</listing>",
    ],
)
@pytest.mark.parametrize("story", SOME, ids=lambda story: story.lang)
def test_elements_that_css_makes_blocks_are_not_joined(story: Story, made: str) -> None:
    head = "<style>.par,q{display:block}</style>"
    assert body(site(story, "".join(made.format(text) for text in story.prose), head=head)) == "\n\n".join(story.prose)


@pytest.mark.parametrize("story", [story for story in SOME if story is not THAI], ids=lambda story: story.lang)
def test_alike_elements_that_end_in_a_full_stop_do_not_join(story: Story) -> None:
    """Thai has no full stop: without a style nothing says there where a paragraph ends."""
    made = "".join(f"<span class=x>{text}</span>" for text in story.prose)
    assert body(site(story, made)) == "\n\n".join(story.prose)


def test_inline_elements_join() -> None:
    assert texts("<p>The <x-tip>coun</x-tip>cil of Al<b>der</b>ney met.</p>") == ["The council of Alderney met."]
    assert texts("<section>The council <div style='display:inline'>of</div> Alderney <x-b>met</x-b>.</section>") == [
        "The council of Alderney met."
    ]
    assert texts("<p>one</br>two <br> three</p>") == ["one two three"]


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("<p><span class=dropcap>T</span>he mill</p>", "The mill"),
        ("<p><div class=initial>T</div>he mill</p>", "The mill"),
        ("<div class='Article__drop-cap'>Т</div><p>еатр открыт</p>", "Театр открыт"),
        ("<p><div>«Т</div>еатр открыт</p>", "«Театр открыт"),
        ("<div class=lettrine>石</div><p>桥镇</p>", "石桥镇"),
        ("<p><span class=sr-only>The</span><span aria-hidden=true><b>T</b>he</span> mill</p>", "The mill"),
    ],
)
def test_a_drop_cap_is_part_of_its_word(html: str, text: str) -> None:
    assert texts(html) == [text]


def test_a_single_letter_stays_separate() -> None:
    assert texts("<dl><dt>A</dt><dd>a tree</dd></dl><p>B</p><p>and so on</p>") == ["A", "a tree", "B", "and so on"]


def test_lines_of_preformatted_text_stay_lines() -> None:
    raw = site(
        ENGLISH, f"{paragraphs(ENGLISH, 0, 3)}<pre>press --slow\n  apples\n\njuice</pre>{paragraphs(ENGLISH, 3)}"
    )
    assert "\n\npress --slow\napples\n\njuice\n\n" in body(raw)


def test_zero_width_characters_are_removed_unless_they_are_spelling() -> None:
    assert texts("<p>Don&shy;au&#8203;dampf&#8288;schiff &zwnj;می&zwnj;شود a&lrm;b&#xfeff;</p>") == [
        "Donaudampfschiff \u200cمی\u200cشود a\u200eb"
    ]
    assert clean(
        "Die Donau\u00addampf\u200bschiffe fahren wieder, teilte der Betreiber am Montag in Passau mit.".encode()
    ).body.startswith("Die Donaudampfschiffe")


@pytest.mark.parametrize("end", ["</body></html>", "</BODY></HTML>", "</body ></html\n>", "</html>", "</body>"])
@pytest.mark.parametrize("rest", ["{}", "<br><br>{}", "<div>{}</div>", "<!-- x --> {}"])
def test_elements_after_the_end_tag_of_the_page_are_read(end: str, rest: str) -> None:
    main = paragraphs(GREEK, 0, 2) + end + rest.format("<br><br>".join(GREEK.prose[2:]))
    assert body(site(GREEK, main)) == "\n\n".join(GREEK.prose)


@pytest.mark.parametrize(
    "wrap",
    [
        "<a href=/x>{}</a>",
        "<a href=/print>{}",
        "<a name=top><a href=/mail>{}",
        "<div><a href=/x><div>{}</div></a></div>",
    ],
)
@pytest.mark.parametrize("story", STORIES, ids=lambda story: f"{story.lang}-{story.title[:12]}")
def test_a_link_around_paragraphs_does_not_make_them_links(story: Story, wrap: str) -> None:
    assert body(site(story, wrap.format(paragraphs(story)))) == "\n\n".join(story.prose)


def test_a_teaser_card_stays_a_link() -> None:
    card = f"<a href=/n/1><h3>Ferry runs aground</h3><p>{ENGLISH.prose[0]}</p></a>"
    blocks = read_page(card, url="https://a.example/")[0]
    assert [block.markup.link_density for block in blocks if block.markup] == [1.0, 1.0]
