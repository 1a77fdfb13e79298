"""Text that is Markdown: its markup is removed, its links are links, and no word is lost."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from ingest import clean
from ingest.core.parse.markdown import is_markdown, strip_markdown
from ingest.core.parse.plaintext import text_blocks

PROSE = "The ministers met on Tuesday to talk about the **harbour**, which has been [closed](https://news.example/1) since _January_."
MORE = "Nobody was hurt when the crane fell, the port authority said in a statement that was published on Wednesday."


def test_an_article_in_markdown_reads_like_its_text() -> None:
    text = f"""# Crane falls in the old harbour

![A crane](https://news.example/crane.jpg)

{PROSE}

**Read also:** [Harbour closed after storm](https://news.example/2)

{MORE}
"""
    record = clean(text.encode())
    assert record.headline == "Crane falls in the old harbour"
    assert record.body.startswith(
        "The ministers met on Tuesday to talk about the harbour, which has been closed since January."
    )
    assert [(link.headline, link.url) for link in record.related] == [
        ("Harbour closed after storm", "https://news.example/2")
    ]
    assert [line.rule for line in record.removed if line.label == "widget"] == ["common/markdown-picture"]


def test_an_underline_of_a_title_is_removed() -> None:
    assert [block.text for block in text_blocks(f"Crane falls\n===========\n\n{MORE}\n\n-----------\n\n{MORE}")] == [
        "Crane falls",
        MORE,
        "-----------",
        MORE,
    ]


def test_one_pair_of_asterisks_does_not_make_markdown() -> None:
    line = "He rated it **** of five* and 2 ** 3 is eight, the critic wrote."
    assert [block.text for block in text_blocks(line)] == [line]


@given(st.text(st.sampled_from("ab *_`[]\\!#"), max_size=40))
def test_no_word_is_lost(line: str) -> None:
    kept = [sign for sign in line if sign.isalpha()]
    assert [sign for sign in strip_markdown(" ".join(line.split()))[0] if sign.isalpha()] == kept


def test_a_text_of_markup_only_is_not_read_as_markdown() -> None:
    text = "# Title\n\n**bold** **words**\n\n" + "*a " * 10_000
    assert is_markdown(text)
    assert not is_markdown(text * 2)
