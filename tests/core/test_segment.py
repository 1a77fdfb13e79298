"""A page becomes blocks: nothing is lost, split or joined wrongly."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.core.html.elements import BLOCK_TAGS
from ingest.core.html.segment import segment
from ingest.core.parse.page import parse_tree
from ingest.core.pipeline import read_page

WORDS = st.sampled_from(["ein", "Wort", "слово", "語", "a\u00a0b", "x\ty", " ", "\n", "é"])
INNER = ["b", "i", "a", "span", "br", "img", "custom-tag", "time", "template", "svg"]
TREES = st.recursive(
    WORDS,
    lambda inner: st.builds(
        lambda tag, parts: f"<{tag}>{''.join(parts)}</{tag}>" if tag not in ("br", "img") else f"<{tag}>",
        st.sampled_from(
            [*INNER, "div", "p", "ul", "li", "section", "figure", "figcaption", "h2", "td", "blockquote", "nav"]
        ),
        st.lists(inner, max_size=5),
    ),
    max_leaves=25,
)


def texts(html: str) -> list[str]:
    tree = parse_tree(html)
    return [] if tree is None else [block.text for block in segment(tree, None)[0]]


@given(st.lists(TREES, max_size=6).map("".join))
def test_every_character_of_every_text_node_is_in_exactly_one_block(html: str) -> None:
    tree = parse_tree(f"<html><body><div>{html}</div></body></html>")
    assert tree is not None
    found, _ = segment(tree, None)
    assert "".join("".join(b.text.split()) for b in found) == "".join("".join(tree.itertext()).split()).replace(
        "e\u0301", "é"
    )
    assert all(b.text and b.text == " ".join(b.text.split()) for b in found)
    assert all(b.markup and b.markup.element and b.markup.tag in BLOCK_TAGS for b in found)


def test_inline_elements_join_and_block_elements_separate() -> None:
    assert texts("<p>In<b>fla</b>tion <i>rises</i>, <a href=x>again</a>.<p>Two") == ["Inflation rises, again.", "Two"]
    assert texts("<div>lead <p>one</p> tail</div>") == ["lead", "one", "tail"]
    assert texts("<ul><li>a<li>b</ul><table><tr><td>c<td>d</table>") == ["a", "b", "c", "d"]


def test_one_line_break_is_white_space_and_two_separate() -> None:
    assert texts("<p>one<br>line<br> <br/>two<br><br><br>three</p>") == ["one line", "two", "three"]
    assert texts("<pre>hard\nwrapped\n\nnext</pre>") == ["hard wrapped", "next"]


def test_scripts_and_styles_are_not_text() -> None:
    assert texts("<head><title>t</title></head><style>s</style><p>a<script>b</script>c<iframe>d</iframe></p>") == ["ac"]


@pytest.mark.parametrize(
    "before",
    [
        "<svg><path d='M0 0'><g>",  # never closed: lxml nests all that follows in it
        "<div hidden><div style='display: none'><div aria-hidden=true>",
        "<noscript>",
        "<template>",
        "<div>" * 2000,
    ],
)
def test_no_wrapper_element_hides_the_article(before: str) -> None:
    page = f"<html><body>{before}<article><p>The first paragraph.</p><p>The second.</p></article></body></html>"
    assert texts(page) == ["The first paragraph.", "The second."]


def test_markup_has_the_links_the_kind_and_the_class_tokens() -> None:
    tree = parse_tree(
        "<base href='https://example.org/a/'><div id=mainContent><figure class='Lead-image hidden'><img>"
        "<figcaption>A <a href=b>harbour</a> (<a href='javascript:x'>zoom</a>)</figcaption></figure></div>"
    )
    assert tree is not None
    ((block,), _) = segment(tree, "https://example.org/")
    assert (block.text, block.kind) == ("A harbour (zoom)", "caption")
    markup = block.markup
    assert markup is not None
    assert [(link.text, link.url) for link in markup.links] == [("harbour", "https://example.org/a/b")]
    assert markup.link_density == pytest.approx(11 / 16)
    assert markup.element is not None
    around = list(markup.element.self_and_ancestors())
    assert [element.tag for element in around[:2]] == ["figcaption", "figure"]
    assert {"main", "content", "lead", "image", "hidden"} <= {
        word for element in around for word in element.name_tokens
    }
    assert markup.media == 1


def test_a_link_around_several_blocks_is_recorded_for_each() -> None:
    tree = parse_tree("<a href='https://e.org/x'><h3>Title</h3><p>Teaser</p></a><p>after</p>")
    assert tree is not None
    found, _ = segment(tree, None)
    assert [len(b.markup.links) for b in found if b.markup] == [1, 1, 0]
    places = [b.markup.element for b in found if b.markup]
    assert all(a is not b for a, b in pairwise(places))


@pytest.mark.parametrize("html", ["", "   ", "<!-- only -->", "\0\0", "<", "<html>", "&#0;", "\ud800"])
def test_no_block_is_without_text(html: str) -> None:
    assert all(text.strip() for text in texts(html))


def test_invisible_characters_alone_are_no_block() -> None:
    assert texts("<p>\ufeff</p><p><a href=/x>\u202d</a></p><p>a</p>") == ["a"]


def test_text_after_the_end_tag_of_the_page_is_read() -> None:
    page = "<html><body><nav><a href=/>Home</a></nav></body></html><div><h1>Storm</h1><p>It hit the coast.</p></div></body></html>"
    assert [block.text for block in read_page(page, url=None)[0]] == ["Home", "Storm", "It hit the coast."]
