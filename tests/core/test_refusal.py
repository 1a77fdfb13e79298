"""Pages without an article are refused, each with its reason; short articles are not."""

from __future__ import annotations

import pytest

from ingest import Rejected, clean
from ingest.core.labelling.refusal import find_refusal
from ingest.core.model import Block, Label, Markup, Prediction

MENU = "".join(f"<li><a href='/{w}'>{w}</a></li>" for w in ("News", "Politics", "Business", "Sport", "Weather"))
OPENINGS = (
    ("Parliament votes on the budget after a night of talks", "Lawmakers are expected to pass the plan today."),
    ("Ferry runs aground near the harbour, nobody hurt", "All 212 passengers were brought to land by noon."),
    ("How a small town saved its last cinema", "When the owner wanted to close, neighbours bought a share each."),
    ("Rivers rise after a week of rain", "The water authority warns of floods in the valleys until Thursday."),
    ("Team wins the cup for the fourth time", "A late goal decided the best final of the season, both coaches say."),
    ("Bakery makes bread with sea water", "The recipe is older than the town, says the baker, who found it."),
)
TEASERS = "".join(
    f"<article><h2><a href='/news/{n}'>{t}</a></h2><p>{d}</p></article>" for n, (t, d) in enumerate(OPENINGS)
)


def page(title: str, main: str, *, lang: str = "en") -> bytes:
    return (
        f"<html lang={lang}><head><title>{title}</title></head><body><header><nav><ul>{MENU}</ul></nav></header>"
        f"<main>{main}</main><footer><p>© 2026 The Example</p></footer></body></html>"
    ).encode()


@pytest.mark.parametrize(
    ("title", "main", "reason"),
    [
        ("The Example | News", TEASERS, "no_article"),
        ("Topic: Harbour | The Example", f"<h1>Harbour</h1><p>All our articles about it.</p>{TEASERS}", "no_article"),
        (
            "Page not found | The Example",
            (
                "<h1>404 – Page not found</h1><p>Sorry, the page you are looking for does not exist or has been moved to another"
                " address.</p><p>Try searching for it, or go back to the front page to read our latest news.</p>"
            ),
            "no_article",
        ),
        (
            "Cette page est introuvable",
            (
                "<h1>Erreur 404</h1><p>La page que vous recherchez n’existe pas ou n’existe plus. Vous pouvez revenir à l’accueil"
                " ou utiliser notre moteur de recherche pour trouver un article.</p>"
            ),
            "no_article",
        ),
        (
            "Sign in | The Example",
            (
                "<h1>Sign in to your account</h1><form><label>E-mail</label><input><button>Sign in</button></form><p>Do not have"
                " an account yet? Create one and get access to newsletters. By signing in you agree to our terms of use.</p>"
            ),
            "no_article",
        ),
        (
            "Before you continue",
            (
                "<h1>We value your privacy</h1><p>We and our partners store and access information on a device, such as cookies,"
                " for personalised ads and content, ad and content measurement, and audience insights.</p>"
            ),
            "no_article",
        ),
        (
            "451: Unavailable due to legal reasons",
            (
                "<p>We recognize you are attempting to access this website from a country where access cannot be granted at this"
                " time. For any issues, contact us by phone.</p>"
            ),
            "no_article",
        ),
        (
            "Just a moment...",
            (
                "<h1>www.example.com</h1><p>www.example.com needs to review the security of your connection before proceeding."
                "</p><p>Performance and security by a firm that guards many sites.</p>"
            ),
            "needs_javascript",
        ),
        (
            "Storm hits coast | The Example",
            (
                "<h1>Storm hits coast</h1><p>A storm hit the coast on Monday …</p><div><h2>To continue reading, subscribe now"
                "</h2><p>This article is for subscribers only. Already a subscriber? Log in.</p></div>"
            ),
            "paywall_stub",
        ),
    ],
)
def test_pages_without_an_article_are_refused_with_the_reason(title: str, main: str, reason: str) -> None:
    with pytest.raises(Rejected) as refused:
        clean(page(title, main))
    assert refused.value.reason == reason


def test_a_page_whose_article_was_cut_out_is_refused() -> None:
    bio = "Jo Mole is our correspondent for ships. She holds a degree in history from a school in the north."
    terms = "Comments are read before they appear. Write nothing that you would not say to a neighbour over the fence."
    left = f"<article><h1>Storm hits coast</h1><div class=author-bio><p>{bio}</p></div><div class=comments><p>{terms}</p></div></article>"
    with pytest.raises(Rejected) as refused:
        clean(page("Storm hits coast | The Example", left))
    assert refused.value.reason == "no_article"


REMARK = (
    "I have lived by the harbour for forty years and never saw the like of it, the waves came over the wall and into the street,"
    " and nobody from the council has been here since. We filled the sandbags by ourselves, my neighbours and I, all night long."
)


@pytest.mark.parametrize(
    "left",
    [
        f"<div class=comments-area><ol class=comment-list><li><p>{REMARK}</p></li></ol></div>",
        f"<aside><p>{REMARK}</p></aside>",
    ],
)
def test_comments_and_asides_are_not_an_article(left: str) -> None:
    with pytest.raises(Rejected) as refused:
        clean(page("Storm hits coast | The Example", f"<article><h1>Storm hits coast</h1></article>{left}"))
    assert refused.value.reason == "no_article"


@pytest.mark.parametrize("around", ["live-match-comments", "comments-open"])
def test_an_article_stays_inside_an_element_named_for_comments(around: str) -> None:
    """Comments on a match are the article, and what the headline stands in as well is no element for comments alone."""
    heading = "<h1>Reds win the cup at last</h1>"
    inside = heading if around == "comments-open" else ""
    story = "".join(f"<p>{minute}' {REMARK.replace('harbour', 'stadium')}</p>" for minute in (90, 71, 33))
    main = f"{'' if inside else heading}<div class='{around}'>{inside}{story}</div>"
    assert "stadium" in clean(page("Reds win the cup at last | The Example", main)).body


STORM = "".join(
    f"<p>The storm reached {town} at noon on Monday, the weather service said, and the ferries will not sail before Thursday.</p>"
    for town in ("Easton", "Norwick", "Sutby")
)


def test_an_article_stays_inside_an_element_that_is_never_closed() -> None:
    main = f"<h1>The storm reached Easton and Norwick</h1><div class=author-box><p>By Jo Mole</p>{STORM}"
    assert "Sutby" in clean(page("The storm reached Easton and Norwick | The Example", main)).body


def test_remarks_leave_the_body_where_an_article_is_left() -> None:
    remarks = f"<div class=comments-area><div><p>{REMARK}</p></div></div>"
    record = clean(
        page("Storm hits coast | The Example", f"<article><h1>Storm hits coast</h1>{STORM}</article>{remarks}")
    )
    assert "Sutby" in record.body
    assert REMARK not in record.body


def test_a_text_field_with_code_to_embed_an_article_is_not_its_body() -> None:
    code = (
        f"&lt;div class='embed'&gt;&lt;h3&gt;Storm hits coast&lt;/h3&gt;{STORM.replace('<', '&lt;')}&lt;/div&gt; " * 2
    )
    main = f"<article><h1>Storm hits coast</h1>{STORM}<textarea>{code}</textarea></article>"
    assert "embed" not in clean(page("Storm hits coast | The Example", main)).body


def test_truncated_openings_are_not_an_article() -> None:
    cut = "".join(f"<div><p>{opening[:-1]} …</p></div>" for _, opening in OPENINGS)
    with pytest.raises(Rejected) as refused:
        clean(page("All about the harbour | The Example", f"<h1>All about the harbour</h1>{cut}"))
    assert refused.value.reason == "no_article"


OPENING = "The owner wanted to close the cinema, so the neighbours bought a share each and now run it by themselves at weekends."
BRIEF = "Nobody was hurt when a crane fell on the old quay in the night, the fire brigade said; the quay is open again since noon."


def judged(*lines: tuple[str, bool, float, float]) -> Rejected | None:
    """Why lines are refused: (text, body or not, certainty, share in links)."""
    blocks = [Block(text, markup=Markup("p", link_density=share)) for text, _, _, share in lines]
    verdicts = [Prediction(Label.BODY if mine else Label.NAVIGATION, sure) for _, mine, sure, _ in lines]
    return find_refusal(blocks, verdicts, ["Council votes on budget"])


def test_one_opening_under_the_headline_of_another_article_is_none() -> None:
    assert judged((OPENING, True, 0.97, 0.0)) is None
    assert judged(("How a small town saved its last cinema", False, 0.97, 1.0), (OPENING, True, 0.97, 0.0)) is not None


def test_openings_below_other_text_are_not_an_article() -> None:
    notice = "Comments on this site are read before they appear, and what insults other readers is deleted without a further word."
    cards = [
        line
        for title in (
            "How a small town saved its last cinema",
            "Rivers rise after a week of rain",
            "Bakers in the north",
        )
        for line in ((title, True, 0.6, 1.0), (OPENING, True, 0.97, 0.0))
    ]
    assert judged((notice, True, 0.97, 0.0), *cards) is not None
    assert judged((notice.replace("Comments", "The council votes on comments"), True, 0.97, 0.0), *cards) is None


def test_an_unsure_remark_under_a_brief_does_not_refuse_it() -> None:
    remark = (
        "I was there and saw it all, they were lucky that nobody walks there at night in such weather.",
        True,
        0.55,
        0.0,
    )
    assert judged((BRIEF, True, 0.94, 0.0), remark) is None
    assert judged((BRIEF, True, 0.8, 0.0), remark) is not None


def test_a_page_that_a_script_fills_is_refused_as_such() -> None:
    frame = b"<html><head><title>Storm hits coast</title></head><body><div id=app></div><script src=/a.js></script></body></html>"
    with pytest.raises(Rejected) as refused:
        clean(frame)
    assert refused.value.reason == "needs_javascript"
    with pytest.raises(Rejected) as refused:
        clean(
            frame.replace(b"<script src=/a.js></script>", b"").replace(
                b"<div id=app>", b"<nav><a href=/>Home</a></nav>"
            )
        )
    assert refused.value.reason == "no_article"  # without a script, nothing else will ever stand there


@pytest.mark.parametrize(
    ("title", "text"),
    [
        (
            "Ferry runs aground",
            "A ferry with 212 passengers ran aground near the harbour on Monday, the coast guard said. Nobody was hurt.",
        ),
        (
            "Error 404: why a festival named itself after a missing page",
            "The festival opens on Friday with forty bands on three stages, the organisers said on Monday. Tickets are sold out.",
        ),
        (
            "나루터 다시 열려",
            "강변 마을의 나루터가 월요일 아침 다시 열렸다고 군청이 밝혔다. 배는 하루 네 번 강을 건넌다.",
        ),
        ("渡口周一重新开放", "县政府表示，河边村的渡口周一早上重新开放，渡船每天过河四次，学生可以免费乘坐。"),
    ],
)
def test_short_articles_are_kept(title: str, text: str) -> None:
    record = clean(page(f"{title} | The Example", f"<article><h1>{title}</h1><p>{text}</p></article>{TEASERS}"))
    assert text in record.body


@pytest.mark.parametrize(
    "text",
    [
        "河边村的渡口周一早上重新开放，渡船每天过河四次，学生可以免费乘坐，县政府说明年还要修一个新码头。",
        "ท่าเรือริมน้ำเปิดอีกครั้งเมื่อเช้าวันจันทร์ เรือข้ามฟากวันละสี่เที่ยว นักเรียนขึ้นเรือได้โดยไม่เสียค่าโดยสาร",
    ],
)
def test_a_brief_without_spaces_is_no_empty_frame(text: str) -> None:
    raw = f"<html><head><title>{text[:8]}</title></head><body><h1>{text[:8]}</h1><div class=post><p>{text}</p></div></body></html>"
    assert clean(raw.encode()).body == text


@pytest.mark.parametrize(("text", "refused"), [("short", True), ("Short.", True), ("The bridge was closed on Monday.", False),
                                               ("大桥周一关闭", False), ("བོད་ཀྱི་གནས་ཚུལ།", False)])  # fmt: skip
def test_one_word_is_no_article(text: str, refused: bool) -> None:  # noqa: FBT001
    if refused:
        with pytest.raises(Rejected, match="article"):
            clean(text.encode())
    else:
        assert clean(text.encode()).body
