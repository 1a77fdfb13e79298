"""Synthetic pages keep the order of elements that features rely on, and change nothing of the article."""

import random

import numpy as np
import pytest

from ingest.core.labelling.page_features import page_features
from ingest.core.pipeline import read_page
from training.augment import appended
from training.comments import LANGUAGES, comments, language_of

PAGE = """<html><body><div id=top><a href=/>Home</a></div><main><div class=story>
<section><p>The council met on Monday to vote on the bridge.</p><p>It will cost nine million, the mayor said.</p></section>
<section><p>Work starts in March and ends a year later.</p><p>Two lanes stay open.</p><span>Filed under: roads</span></section>
<section><p>More about bridges</p></section></div></main><footer>Contact</footer></body></html>"""


@pytest.mark.parametrize("inside", [True, False])
def test_appended_blocks_follow_the_article_and_no_element_is_cut_in_two(inside):
    blocks = read_page(PAGE, url=None)[0]
    body = np.array([block.text.endswith((".", "said.")) for block in blocks])
    made, where = appended(
        blocks, body, [("lena 2 hours ago", 0.0), ("you must be joking", 0.0)], inside=inside, tag="p"
    )
    assert [block.text for block in made[where]] == ["lena 2 hours ago", "you must be joking"]
    assert [*made[: where.start], *made[where.stop :]] == list(blocks)
    assert (
        where.start > max(np.flatnonzero(body)) + 1
    )  # behind "Filed under", which shares the last paragraph's element
    assert len(page_features(made, (), None)[1]) == len(made)  # IndexError where an element comes back after another


@pytest.mark.parametrize("language", LANGUAGES)
def test_comments_are_blocks_of_text(language):
    found = comments(["The council met on Monday. It will cost nine million."], language, random.Random(1))  # noqa: S311
    assert len(found) >= 2
    assert all(found)


def test_a_language_is_told_by_letters_and_common_words():
    assert language_of("Власти города объявили о начале ремонта") == "ru"
    assert language_of("Der Rat hat die Brücke nicht gebaut und das Geld") == "de"
    assert language_of("市議会は月曜日に") is None
