"""Label vectors: which label each line gets. Each text is one situation."""

from __future__ import annotations

import pytest

from ingest.core.pipeline import clean, label_article

PROSE = "The ministers met on Tuesday to talk about the harbour, which has been closed since the storm in January."
MORE = "Nobody was hurt when the crane fell, the port authority said in a statement that was published on Wednesday."
CAPTION = "The crane lies on the quay of the old harbour on Wednesday, March 5, 2025. (Kyodo)"
DIGEST = "The following is the latest list of selected news summaries by Kyodo News."

SITUATIONS = {
    "headline printed twice": (
        ["Crane falls in the old harbour", "Crane falls in the old harbour", PROSE, MORE],
        "headline duplicate body body",
    ),
    "headline printed once": (["Crane falls in the old harbour", PROSE, MORE], "headline body body"),
    "no headline": ([PROSE, MORE], "body body"),
    "caption between paragraphs": ([PROSE, CAPTION, MORE], "body caption body"),
    "list under a marker ends at prose": (
        [PROSE, "Related coverage:", "Harbour closed after storm", "Cranes are old, says union", MORE],
        "body related related related body",
    ),
    "marker in a sentence": (
        [PROSE, "He read also: a poem about the harbour, and then he left the room for good.", MORE],
        "body body body",
    ),
    "rights at the end": ([PROSE, MORE, "© 2024 The Harbour Post. All rights reserved."], "body body copyright_notice"),
    "copyright law is news": (
        [
            PROSE,
            "Copyright law was amended in 2019, and all rights reserved to authors were extended by twenty years.",
            MORE,
        ],
        "body body body",
    ),
    "the titles of a digest are its own": (
        [DIGEST, "----------", "Crane falls in the old harbour", PROSE, "----------", "Rain stops the trains", MORE],
        "body body body body body body body",
    ),
    "tags under a marker are short": ([PROSE, MORE, "Tags:", "Harbours", "Cranes"], "body body tags tags tags"),
    "two lines of news are an article": (
        ["Mayor opens bridge", "By Jane Doe", "The mayor opened the new bridge on Monday."],
        "headline byline body",
    ),
    "a reminder is of the article": ([PROSE, "Нагадаємо, порт було зачинено ще у січні після шторму."], "body body"),
}


@pytest.mark.parametrize("situation", SITUATIONS)
def test_each_line_gets_its_label(situation: str) -> None:
    lines, labels = SITUATIONS[situation]
    assert [row.label.value for row in label_article("\n\n".join(lines).encode()).labelled] == labels.split()


def test_a_claimed_headline_leaves_the_body_wherever_it_is_printed() -> None:
    rows = label_article(
        f"{PROSE}\n\nCrane Falls in the Old Harbour\n\n{MORE}".encode(),
        claims={"headline": "Crane falls in the old harbour!"},
    ).labelled
    assert [row.label.value for row in rows] == ["body", "headline", "body"]


def test_a_wires_reporter_is_an_author_and_its_editor_is_not() -> None:
    text = "中新社北京3月4日电 (记者 张三)国务院总理星期一主持召开会议，研究部署铁路建设工作。会议指出，要加快重点项目进度。(完)\n\n【编辑:李四】"
    record = clean(text.encode())
    assert (record.authors, record.dateline and record.dateline.place) == (("张三",), "北京")
    assert record.body.endswith("加快重点项目进度。")
