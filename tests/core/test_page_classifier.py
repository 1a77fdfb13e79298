"""The page classifier: what is the article, what the rest is, and when there is no article."""

import numpy as np
import pytest

from ingest.core.html.names import words_of_names
from ingest.core.labelling import page_classifier
from ingest.core.labelling.element_weights import element_scores, learned_element_weights
from ingest.core.labelling.forest import Forest
from ingest.core.labelling.page_features import page_features, region_features
from ingest.core.labelling.refusal import find_refusal
from ingest.core.model import Block, Claim, Element, Label
from ingest.core.pipeline import read_page

HEADLINE = "Harbour town votes to rebuild its old bridge"
PROSE = [
    "The council of the harbour town voted on Tuesday evening to rebuild the bridge that a storm destroyed two years ago.",
    "Eleven members were in favour and four against, after a debate that lasted until shortly before midnight, the mayor said.",
    "“We have waited long enough,” she told reporters on the steps of the town hall. “The money is there, and so is the will.”",
    "Work is to begin in the spring. Until then the ferry, which carries about nine hundred people a day, will run every hour.",
    "Opponents argued that a tunnel would have been cheaper in the long run, and announced that they would go to court.",
]
MENU = "".join(
    f"<li><a href='/{name}'>{name.title()}</a></li>" for name in ("politics", "business", "sport", "culture", "travel")
)
TEASERS = "".join(
    f"<li class='teaser'><a href='/a/{n}'><h3>{title}</h3></a></li>"
    for n, title in enumerate(
        ["Ferry runs late again", "Mayor opens a school", "Storm warning for the coast", "Fish prices fall"]
    )
)


def site(main: str) -> str:
    return f"""<html lang="en"><head><title>{HEADLINE} | The Bay Post</title></head><body>
    <header class="site-header"><nav class="main-nav"><ul>{MENU}</ul></nav></header>
    <main>{main}</main>
    <aside class="related-articles"><h2>More from The Bay Post</h2><ul>{TEASERS}</ul></aside>
    <footer class="site-footer"><ul>{MENU}</ul><p>© 2024 The Bay Post. All rights reserved.</p></footer></body></html>"""


ARTICLE = site(
    f"<article class='article'><h1 class='headline'>{HEADLINE}</h1><div class='share-bar'><a href='#'>Share on Facebook</a></div>"
    f"<div class='article-body'>{''.join(f'<p>{text}</p>' for text in PROSE)}</div>"
    "<figure><img src='b.jpg'><figcaption>The old bridge in 2019</figcaption></figure></article>"
)


def judged(html: str) -> tuple[tuple[Block, ...], list[page_classifier.Prediction]]:
    blocks, claims, region = read_page(html, url="https://baypost.example/news/bridge")
    return blocks, page_classifier.examine(
        blocks, (*claims, Claim("headline", HEADLINE, "meta")), HEADLINE, region
    ).verdicts


def test_the_article_is_the_body_and_the_rest_has_its_own_labels() -> None:
    blocks, verdicts = judged(ARTICLE)
    labels = {block.text: prediction.label for block, prediction in zip(blocks, verdicts, strict=True)}
    assert [text for text, label in labels.items() if label is Label.BODY] == PROSE
    assert labels[HEADLINE] is Label.HEADLINE
    assert labels["The old bridge in 2019"] is Label.CAPTION
    assert labels["Share on Facebook"] is Label.SHARE
    assert labels["Ferry runs late again"] is Label.RELATED
    assert labels["© 2024 The Bay Post. All rights reserved."] is Label.COPYRIGHT_NOTICE
    assert find_refusal(blocks, verdicts) is None


def test_predictions_are_deterministic() -> None:
    assert judged(ARTICLE)[1] == judged(ARTICLE)[1]


@pytest.mark.parametrize(
    ("main", "reason"),
    [
        (f"<h1>News</h1><ul>{TEASERS * 6}</ul>", "no_article"),
        ("<h1>Page not found</h1><a href='/'>Home</a>", "no_article"),
        (
            "<form class='login'><label>E-mail</label><label>Password</label><button>Log in</button></form>",
            "no_article",
        ),
        (
            "<div id='root'></div><noscript>You need to enable JavaScript to run this app.</noscript>",
            "needs_javascript",
        ),
        (
            f"<h1>{HEADLINE}</h1><div class='paywall'><p>Subscribe to read on</p><a href='/abo'>Offers</a></div>",
            "paywall_stub",
        ),
    ],
)
def test_a_page_without_an_article_is_refused_with_its_reason(main: str, reason: str) -> None:
    refused = find_refusal(*judged(site(main)))
    assert refused is not None
    assert refused.reason == reason


def test_the_models_expect_the_features_that_are_computed() -> None:
    blocks, claims, region = read_page(ARTICLE, url=None)
    names, rows = page_features(blocks, claims, HEADLINE)
    more, said = region_features(blocks, region() or "")
    assert Forest.load(page_classifier.MODEL).columns == names
    assert Forest.load(page_classifier.MODEL_WITH_REGION).columns == names + more
    assert rows.shape == (len(blocks), len(names))
    assert said.shape == (len(blocks), len(more))


def test_the_main_region_finder_is_only_run_in_doubt() -> None:
    blocks, claims, _ = read_page(ARTICLE, url=None)

    def never() -> str:
        raise AssertionError

    page_classifier.examine(blocks, claims, HEADLINE, never)


def test_blocks_without_markup_are_classified_too() -> None:
    assert len(page_classifier.examine([Block(text) for text in PROSE]).verdicts) == len(PROSE)
    assert page_classifier.examine([]).verdicts == []


def test_the_headline_of_the_next_article_is_not_this_ones() -> None:
    below = f"<article><h1>Fewer herring than ever</h1><p>{PROSE[0]}</p></article></main>"
    blocks, claims, _ = read_page(ARTICLE.replace("</main>", below), url=None)
    assert "Fewer herring than ever" in [claim.value for claim in claims if claim.field == "headline"]
    names, rows = page_features(blocks, (*claims, Claim("headline", HEADLINE, "meta")), None)
    seen = {block.text: dict(zip(names, row, strict=True)) for block, row in zip(blocks[::-1], rows[::-1], strict=True)}
    assert seen[HEADLINE]["title.like"] == 1
    assert seen["Fewer herring than ever"]["title.like"] < 0.5
    assert [seen[text]["title.others"] for text in (PROSE[1], "Ferry runs late again")] == [0, 1]


def test_an_element_name_counts_by_its_distance_and_unknown_names_count_nothing() -> None:
    def score(*classes: str) -> float:
        element = None
        for depth, name in enumerate(classes):
            element = Element("div", name, words_of_names([name])[0], depth, element)
        order = list(element.self_and_ancestors())[::-1] if element else []
        kinds = [(each.tag, each.name_tokens) for each in order]
        scores = element_scores(kinds, range(len(kinds)), np.arange(len(kinds)) - 1, learned_element_weights())
        return float(scores[-1])

    plain = score("page", "inner", "box", "text")
    near, far = score("page", "inner", "box", "related-links"), score("related-links", "inner", "box", "text")
    assert max(near, far) < plain
    assert near != far
    assert score("page", "inner", "box", "article-body") > plain
    assert score("page", "inner", "box", "text harbourtimes") == plain
