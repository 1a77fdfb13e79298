"""What is decided as a whole: tables, lists, copies, other stories, openings, comments, and an article that only JSON-LD holds."""

from __future__ import annotations

import json

import pytest

from ingest import Rejected, clean
from tests.core.stories import ARABIC, CHINESE, ENGLISH, GREEK, HINDI, JAPANESE, RUSSIAN, THAI, Story, paragraphs, site

SOME = (ENGLISH, RUSSIAN, GREEK, ARABIC, HINDI, CHINESE, JAPANESE, THAI)
stories = pytest.mark.parametrize("story", SOME, ids=lambda story: story.lang)


def body(raw: bytes) -> str:
    return clean(raw, url="https://valleyherald.example/region/2024/mill-5512").body


def whole(story: Story) -> str:
    return "\n\n".join(story.prose)


@stories
@pytest.mark.parametrize("wrap", ["{}", "<div class=scroll>{}</div>", "<figure class=wp-block-table>{}</figure>"])
def test_a_table_of_facts_is_kept_with_its_rows(story: Story, wrap: str) -> None:
    table = (
        "<table><caption>Votes</caption><thead><tr><th>Ward</th><th>2019</th><th>2024</th></tr></thead><tbody>"
        "<tr><td><a href=/w/1>Ash</a></td><td>41,2</td><td><p>39,9</p></td></tr><tr><td>Birch</td><td>7</td><td>9</td></tr></tbody></table>"
    )
    text = body(site(story, paragraphs(story, 0, 3) + wrap.format(table) + paragraphs(story, 3)))
    assert "\n\nVotes\n" in text
    assert "\nWard\t2019\t2024\nAsh\t41,2\t39,9\nBirch\t7\t9\n\n" in text
    assert all(paragraph in text for paragraph in story.prose)


@stories
def test_a_layout_table_is_not_kept_as_a_table(story: Story) -> None:
    menu = "<table><tr><td><a href=/a>News</a></td></tr><tr><td><a href=/b>Sport</a></td></tr><tr><td><a href=/c>Life</a></td></tr></table>"
    cells = f"<table><tr><td width=150>{menu}</td><td>{paragraphs(story)}</td></tr></table>"
    assert body(site(story, cells)) == whole(story)
    rows = "".join(f"<tr><td>{text}</td></tr>" for text in story.prose)
    assert body(site(story, f"<table>{rows}</table>")) == whole(story)


def test_a_menu_in_a_table_is_removed() -> None:
    menu = "".join(
        f"<tr><td><a href=/{n}>Part {n}</a></td><td><a href=/{n}/b>More of {n}</a></td></tr>" for n in range(4)
    )
    assert body(site(ENGLISH, paragraphs(ENGLISH) + f"<table>{menu}</table>")) == whole(ENGLISH)
    assert "Part" not in body(
        site(
            ENGLISH,
            f"{paragraphs(ENGLISH, 0, 3)}<div class=related><table>{menu}</table></div>{paragraphs(ENGLISH, 3)}",
        )
    )


@stories
@pytest.mark.parametrize("tag", ["ol", "ul"])
def test_a_list_that_is_the_article_is_kept(story: Story, tag: str) -> None:
    items = [
        f"{n}. {word}: {n * 7} of a hundred"
        for n, word in enumerate(("Reeds", "Ducks", "Boats", "Nets", "Sails", "Oars"), 1)
    ]
    main = f"<p>{story.prose[0]}</p><{tag}>{''.join(f'<li>{item}</li>' for item in items)}</{tag}>"
    assert body(site(story, main)) == f"{story.prose[0]}\n\n" + "\n".join(items)
    assert (
        body(site(story, f"<{tag}>{''.join(f'<li>{text}</li>' for text in story.prose)}</{tag}>")).split()
        == whole(story).split()
    )


@stories
@pytest.mark.parametrize(
    "box",
    [
        "<aside>AD</aside>",
        "<figure><img src=a.jpg></figure>",
        "<div class=ad>Ad</div>",
        "<ul><li><a href='/q/other-news-of-today'>Other news of today</a></li></ul>",
    ],
)
def test_a_sentence_without_an_element_after_a_box_is_kept(story: Story, box: str) -> None:
    for first, last in ((2, 3), (4, 5)):
        text = body(
            site(story, paragraphs(story, 0, first) + box + " ".join(story.prose[first:last]) + paragraphs(story, last))
        )
        assert all(paragraph in text for paragraph in story.prose)


@stories
def test_short_questions_and_answers_are_kept(story: Story) -> None:
    talk = [("q", "And now?"), ("a", "We wait for the council."), ("q", "How long?"), ("a", "Until May.")]
    divs = "".join(f"<div class={name}>{text}</div>" for name, text in talk)
    text = body(site(story, paragraphs(story, 0, 3) + divs + paragraphs(story, 3)))
    assert "\n\n".join(text for _, text in talk) in text


@stories
@pytest.mark.parametrize(
    "copy",
    [
        "<div hidden>{}</div>",
        "<noscript>{}</noscript>",
        "<div class=print>{}</div>",
        "<template>{}</template>",
        "<section class=amp><div>{}</div></section>",
        "{}",
    ],
)
def test_a_second_copy_of_the_article_is_removed(story: Story, copy: str) -> None:
    for first, second in (("<div class=body>{}</div>", copy), (copy, "<div class=body>{}</div>")):
        text = body(site(story, first.format(paragraphs(story)) + second.format(paragraphs(story))))
        assert sorted(text.split("\n\n")) == sorted(story.prose)


def test_an_opening_before_the_full_article_is_removed() -> None:
    opening = f"<div class=preview><p>{ENGLISH.prose[0]}</p><p>{ENGLISH.prose[1][:80].rstrip()}…</p></div>"
    assert body(site(ENGLISH, opening + f"<div class=full>{paragraphs(ENGLISH)}</div>")) == whole(ENGLISH)


def test_a_repeated_sentence_is_not_a_copy_of_the_article() -> None:
    question = "<p>What would you have done with the mill if the council had asked you before the vote was taken?</p>"
    answers = [f"<p>{text}</p>" for text in ENGLISH.prose]
    assert body(site(ENGLISH, question.join(["", *answers]))).count("What would you have done") == 5


@stories
@pytest.mark.parametrize(
    "second",
    [
        "<article class=s><h1>{0}</h1>{1}</article>",
        "<article class=s><h2>{0}</h2><p class=byline>Tom Redfield</p>{1}</article>",
        "<article class=s><header><h2><a href=/n/2>{0}</a></h2></header><div>{1}</div></article>",
    ],
)
def test_a_second_article_on_the_page_is_removed(story: Story, second: str) -> None:
    other = HINDI if story is not HINDI else GREEK
    page = (
        site(story, "")
        .replace(b"<article>", b"<article class=s>")
        .replace(
            b"</h1></article>",
            f"</h1>{paragraphs(story)}</article>{second.format(other.title, paragraphs(other))}".encode(),
        )
    )
    assert body(page) == whole(story)


def test_parts_of_one_article_are_not_other_stories() -> None:
    for part in ("<section class=s>{}</section>", "<div class=s>{}</div>"):
        first = part.format(f"<h1>{ENGLISH.title}</h1>{paragraphs(ENGLISH, 0, 2)}")
        page = site(ENGLISH, "").replace(
            f"<h1>{ENGLISH.title}</h1>".encode(),
            (first + part.format(f"<h2>How it began</h2>{paragraphs(ENGLISH, 2)}")).encode(),
        )
        assert body(page) == "\n\n".join([*ENGLISH.prose[:2], "How it began", *ENGLISH.prose[2:]])


@stories
@pytest.mark.parametrize("form", ["\n\n", "</p><p>", None])
def test_an_article_that_only_json_ld_holds_is_read_from_there(story: Story, form: str | None) -> None:
    declared = whole(story) if form == "\n\n" else f"<p>{(form or '</p> <p>').join(story.prose)}</p>"
    data = {"@type": "NewsArticle", "headline": story.title, "articleBody": declared}
    head = f'<script type="application/ld+json">{json.dumps(data, ensure_ascii=form is None)}</script>'
    for shown in ("<div id=app></div>", f"<p>{story.prose[0]}</p>"):
        record = clean(site(story, shown, head=head))
        assert record.body == whole(story)
        assert record.provenance["body"] == "json-ld"
    assert "body" not in clean(site(story, paragraphs(story), head=head)).provenance


@stories
def test_a_summary_is_refused_where_a_script_draws_the_rest(story: Story) -> None:
    dek = story.prose[4][:70]
    for data in (
        f"<script>window.__STATE__={json.dumps({'story': {'body': list(story.prose)}})}</script>",
        "<script src=/app.js></script>",
    ):
        head = f'<meta name=description content="{dek}">{data}'
        with pytest.raises(Rejected) as refused:
            clean(site(story, f"<p class=dek>{dek}</p><div id=app></div>", head=head))
        assert refused.value.reason == "needs_javascript"


@stories
def test_a_brief_is_an_article(story: Story) -> None:
    for count in (1, 2):
        assert body(site(story, paragraphs(story, 0, count))) == "\n\n".join(story.prose[:count])


@stories
def test_a_brief_above_openings_of_other_articles_is_an_article(story: Story) -> None:
    others = [other for other in SOME if other is not story][:5]
    cards = "".join(
        f"<div class=it><h4><a href='/n/{n}-a-b-c'>{other.title}</a></h4><p>{other.prose[1][:90]}…</p></div>"
        for n, other in enumerate(others)
    )
    assert body(site(story, paragraphs(story, 0, 2) + cards)) == "\n\n".join(story.prose[:2])


@pytest.mark.parametrize(
    ("marker", "stamp"),
    [
        ("<p>Your comments (3)</p>", "<p>{} 19.03.2024 10:0{}</p>"),
        ("<div>Комментарии: 3</div>", "<div>{}, 19 марта 2024</div><!-- {} -->"),
        ("", "<div>~{} [2024-03-19 10:0{}]</div>"),
        ("<h3>Σχόλια</h3>", "<p>Από {} 19/3/2024 10:0{}</p>"),
    ],
)
def test_readers_comments_are_removed(marker: str, stamp: str) -> None:
    said = (
        "I have said it for years, nobody there listens to us, and now we shall pay for it as always!!!",
        "right you are. my brother worked in that mill and told everyone who would listen about the roof",
        "well I for one look forward to the juice, it is the only good thing left in this valley of ours",
    )
    notes = "".join(
        stamp.format(name, at) + f"<p>{text}</p>"
        for at, (name, text) in enumerate(zip(("anna_k", "oldman", "ferryfan"), said, strict=True))
    )
    assert body(site(ENGLISH, paragraphs(ENGLISH) + marker + notes)) == whole(ENGLISH)


@pytest.mark.parametrize(
    ("story", "heading"),
    [
        (ENGLISH, "Comments (3)"),
        (RUSSIAN, "Комментарии: 3"),
        (ARABIC, "التعليقات (3)"),
        (THAI, "ความคิดเห็น (3)"),
        (CHINESE, "网友评论"),
    ],
)
@pytest.mark.parametrize("entry", ["<p><b>anna_k</b></p><p>{}</p>", "<p><b>oldman:</b> {}</p>", "<div>{}</div>"])
def test_text_below_a_heading_of_comments_is_removed(story: Story, heading: str, entry: str) -> None:
    said = [text.rstrip(".。") for text in story.prose[:3]]
    below = f"<h4>{heading}</h4>" + "".join(entry.format(f"{text}, {n}") for n, text in enumerate(said))
    assert body(site(story, paragraphs(story) + below)) == whole(story)


def test_what_experts_comment_is_kept() -> None:
    experts = f"<h3>Комментарии</h3>{paragraphs(RUSSIAN, 2)}"
    assert all(text in body(site(RUSSIAN, paragraphs(RUSSIAN, 0, 2) + experts)) for text in RUSSIAN.prose)


def test_cards_of_other_articles_beside_this_one_are_removed() -> None:
    others = [story for story in SOME if story is not ENGLISH][:4]
    cards = "".join(
        f"<div class=i><h3><a href=/n/{at}>{s.title} {s.title}</a></h3><p>{s.prose[0]}</p></div>"
        for at, s in enumerate(others)
    )
    raw = site(ENGLISH, paragraphs(ENGLISH)).replace(b"</article>", f"</article>{cards}".encode())
    assert body(raw) == whole(ENGLISH)
    listed = "".join(
        f"<div class=i><h3><a href=/n/{at}>Shop number {at} on the market square</a></h3><p>{text}</p></div>"
        for at, text in enumerate(ENGLISH.prose[2:])
    )
    assert all(text in body(site(ENGLISH, paragraphs(ENGLISH, 0, 2) + listed)) for text in ENGLISH.prose)


def test_a_paragraph_that_is_a_link_is_kept_among_others() -> None:
    for story in SOME:
        linked = f"<p><a href=/more>{story.prose[1]}</a></p>"
        assert body(site(story, paragraphs(story, 0, 1) + linked + paragraphs(story, 2))) == whole(story)


def test_the_article_once_more_in_one_element_is_a_copy() -> None:
    for copy in (
        f"<textarea>{' '.join(ENGLISH.prose)}</textarea>",
        f"<div class=print>{' '.join(ENGLISH.prose)}</div>",
    ):
        assert body(site(ENGLISH, paragraphs(ENGLISH) + copy)) == whole(ENGLISH)


def test_entries_of_a_live_report_are_not_taken_for_comments() -> None:
    entries = "".join(f"<p>{hour}:30</p><p>{text}</p>" for hour, text in enumerate(ENGLISH.prose[1:], 10))
    text = body(site(ENGLISH, paragraphs(ENGLISH, 0, 1) + entries))
    assert all(paragraph in text for paragraph in ENGLISH.prose)


def test_scripts_and_author_notes_among_paragraphs_are_removed() -> None:
    script = "<p>window.dataLayer = window.dataLayer || []; dataLayer.push({'event':'x'});</p>"
    note = "<p><em>Edna Marrow has written about the valley since 2009. Write to her at edna@herald.example.</em></p>"
    head = '<meta name="author" content="Edna Marrow">'
    raw = site(ENGLISH, paragraphs(ENGLISH, 0, 2) + script + paragraphs(ENGLISH, 2) + note, head=head)
    record = clean(raw)
    assert record.body == whole(ENGLISH)
    assert {"structure/script", "structure/author-note"} <= {removed.rule for removed in record.removed}
    code = f"<pre>var a = 1;</pre>{script}"  # a text about scripts keeps them
    assert "dataLayer" in body(site(ENGLISH, paragraphs(ENGLISH, 0, 2) + code + paragraphs(ENGLISH, 2)))
