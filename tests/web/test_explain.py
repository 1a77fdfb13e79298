"""The explain page: complete, linked, safe, and usable in a browser."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path

import lxml.html
import pytest
from click.testing import CliRunner, Result
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.cli import cli
from ingest.core.labelling.forest import Forest
from ingest.core.model import Block, Label, LabelledBlock, Rejected
from ingest.core.pipeline import compose, label_article
from ingest.web.explain import decisive_features, explain_page
from ingest.web.explain.feature_text import describe_features, group_names
from ingest.web.explain.page import labels
from tests.support.browser import asked, needs_chromium, opened

SEEDS = Path(__file__).parents[2] / "seeds"
PROSE = "The council met on Tuesday and said, after a long debate, that the bridge would be closed for the summer. " * 2
HOSTILE = (
    f'<html><head><title>"><script>document.title="owned"</script></title>'
    f'<link rel="canonical" href="https://example.org/&quot;onmouseover=&quot;alert(1)"></head><body><nav>'
    f'<a href="javascript:alert(1)">$title ${{style}} &lt;/style&gt;&lt;script&gt;document.title="owned"&lt;/script&gt;</a></nav>'
    f"<article><h1>&lt;img src=x onerror=\"document.title='owned'\"&gt;</h1><p>&#x202e;&lt;/script&gt;{PROSE}</p>"
    f"<p>{PROSE}&#1;&lt;!--</p></article><footer><p>© &lt;b onclick=alert(1)&gt; All rights reserved.</p></footer></body></html>"
)


def explained(raw: bytes, name: str = "a.txt") -> str:
    labelled_article = label_article(raw, name=name)
    try:
        return explain_page(
            labelled_article, compose(labelled_article.article, labelled_article.labelled, labelled_article.rulebook)
        )
    except Rejected as rejected:
        return explain_page(labelled_article, rejected)


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("Published: 05/04/2023", "published (2023-04-05 or 2023-05-04, from the page's text: nothing tells which)"),
    ],
)
def test_it_says_why_a_day_is_unsure(line: str, said: str) -> None:
    page = f"<html lang=en><head><title>Bridge closed</title></head><body><article><h1>Bridge closed</h1><p>{line}</p>"
    shown = lxml.html.fromstring(explained(f"{page}<p>{PROSE}</p><p>{PROSE}</p>".encode(), "a.html")).text_content()
    assert said in " ".join(shown.split())


def long_page() -> bytes:
    menu = "".join(f"<li><a href='/{n}'>Section {n} of the site</a></li>" for n in range(3000))
    return f"<html><body><nav><ul>{menu}</ul></nav><article><h1>A bridge</h1><p>{PROSE}</p><p>{PROSE}</p></article></body></html>".encode()


PAGES = {path.stem: path.read_bytes() for path in SEEDS.iterdir()} | {
    "hostile": HOSTILE.encode(),
    "long": long_page(),
    "refused": b"\xc2\xa9 2026 Example News. All rights reserved.",
    "arabic": "رئيس الوزراء يلقي كلمة\n\nألقى رئيس الوزراء كلمة أمام الجمعية العامة للأمم المتحدة يوم الثلاثاء، ودعا إلى بذل جهود دولية.".encode(),
}


@pytest.mark.parametrize("raw", PAGES.values(), ids=PAGES.keys())
def test_every_block_is_shown_once_and_every_link_works(raw: bytes) -> None:
    tree = lxml.html.document_fromstring(explained(raw))
    blocks = [row.block.text for row in label_article(raw).labelled]
    lines = tree.xpath("//p[starts-with(@id, 'b')]/span[contains(@class, 'words')]")
    assert [line.text_content() for line in lines] == [
        re.sub("[\x00-\x1f\x7f-\x9f]", "\ufffd", text) for text in blocks
    ]
    ids = tree.xpath("//@id")
    assert len(ids) == len(set(ids))
    pointed = {href[1:] for href in tree.xpath("//@href") if href.startswith("#")}
    pointed |= {target for targets in tree.xpath("//@data-to") for target in targets.split()}
    assert pointed | set(tree.xpath("//@aria-controls")) <= set(ids)


@settings(max_examples=40)
@given(
    st.lists(st.text(min_size=1), min_size=1, max_size=6), st.sampled_from(["", "<p>", "</span><script>", '"><b onx="'])
)
def test_any_text_stays_text(lines: list[str], mark: str) -> None:
    blocks = tuple(Block(f"{mark}{line}") for line in lines)
    labelled_article = label_article(PROSE.encode())
    labelled = tuple(LabelledBlock(block, label, "model") for block, label in zip(blocks, Label, strict=False))
    html = explain_page(replace(labelled_article, labelled=labelled), Rejected("no_article", f"None{mark}"))
    tree = lxml.html.document_fromstring(html)
    assert len(tree.xpath("//p[starts-with(@id, 'b')]/span[contains(@class, 'words')]")) == len(blocks)
    assert not tree.xpath("//@onx")
    assert len(tree.xpath("//script")) == 1
    html.encode()


@pytest.mark.parametrize("raw", PAGES.values(), ids=PAGES.keys())
def test_the_page_runs_and_loads_nothing_foreign(raw: bytes) -> None:
    written = explained(raw)
    tree = lxml.html.document_fromstring(written)
    assert (written.count("<script"), written.count("</script"), written.count("<style")) == (1, 1, 1)
    assert not tree.xpath("//img | //iframe | //object | //embed | //link | //base | //form | //*[@src] | //@style")
    assert not [name for name in tree.xpath("//@*") if name.attrname.startswith("on")]
    assert all(href.startswith(("#", "http://", "https://")) for href in tree.xpath("//@href"))
    [policy] = tree.xpath("//meta[@http-equiv='Content-Security-Policy']/@content")
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy


def test_every_label_has_an_explanation() -> None:
    assert labels().keys() == {label.value for label in Label}


def test_the_card_shows_rule_features_and_confidence() -> None:
    tree = lxml.html.document_fromstring(explained(next(p for p in PAGES.values() if b"Read also" in p)))
    [card] = tree.xpath("//div[@class='why'][.//b='related'][1]")[:1]
    told = card.text_content()
    assert all(word in told for word in ("read-also", "ukrinform.toml", "100%", "fills", "related"))


@needs_chromium
def test_a_line_that_a_link_names_is_unfolded(tmp_path: Path) -> None:
    """The script runs under the page's own policy, and nothing of a hostile article does."""
    (tmp_path / "long.html").write_text(explained(long_page()))
    assert '<details class="fold" open' in opened((tmp_path / "long.html").as_uri() + "#b7", tmp_path)
    assert '<details class="fold" open' not in opened((tmp_path / "long.html").as_uri(), tmp_path)
    (tmp_path / "hostile.html").write_text(explained(HOSTILE.encode()))
    assert "<title>owned" not in opened((tmp_path / "hostile.html").as_uri(), tmp_path)


@needs_chromium
def test_the_page_fits_a_phone_and_works_by_keyboard(tmp_path: Path) -> None:
    raw = next(p for p in PAGES.values() if b"Read also" in p)
    script = """
      const chip = dom.querySelector("button.chip"), card = dom.getElementById(chip.getAttribute("aria-controls"));
      const shown = () => view.getComputedStyle(card).display;
      const seen = [dom.documentElement.scrollWidth - dom.documentElement.clientWidth, shown()];
      chip.click(); seen.push(shown(), chip.getAttribute("aria-expanded"));
      dom.dispatchEvent(new view.KeyboardEvent("keydown", {key: "Escape"})); seen.push(shown());
      const link = dom.querySelector(".fills");
      link.focus({focusVisible: true});
      link.dispatchEvent(new view.FocusEvent("focusin", {bubbles: true}));
      seen.push(dom.querySelector(link.getAttribute("href")).className);
      return seen;
    """
    assert json.loads(asked(explained(raw), script, tmp_path)) == [0, "none", "block", "true", "none", "lit"]
    words = "return view.getComputedStyle(dom.querySelector('.raw .words')).direction;"
    assert json.loads(asked(explained(PAGES["arabic"]), words, tmp_path)) == "rtl"


def test_pages_of_several_files_are_named_like_their_records(tmp_path: Path) -> None:
    def explain(*arguments: object) -> Result:
        return CliRunner().invoke(cli, ["explain", "--html", *map(str, arguments)])

    one = next(SEEDS.iterdir())
    (tmp_path / "bad.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    told = explain(SEEDS, tmp_path / "bad.png", "-o", tmp_path / "out")
    assert (told.exit_code, "unsupported_format" in told.stderr) == (1, True)
    assert {path.name for path in (tmp_path / "out").iterdir()} == dict(map(str.split, told.stdout.splitlines())).keys()
    assert explain(one, "-o", tmp_path / "new/one.html").exit_code == 0
    assert (tmp_path / "new/one.html").read_text() == explain(one).stdout
    assert explain(SEEDS).exit_code == 2


def test_the_text_classifier_names_its_features() -> None:
    labelled_article = label_article(f"{PROSE}\n\n{PROSE}".encode())
    refused, doubtful = (
        Rejected("no_article", "None."),
        labelled_article.labelled[0]._replace(confidence=0.5, rule="model"),
    )
    html = explain_page(replace(labelled_article, labelled=(doubtful,)), refused, [[("shape.words", 4.0, -1.25)]])
    assert "kept, 50% sure" in html
    assert "its form: words 4 (for keeping -1.2)" in html


def test_the_page_classifier_names_its_features_and_every_group_has_a_text() -> None:
    labelled_article = label_article(long_page())
    weighed = decisive_features(labelled_article)
    for row, evidence in zip(labelled_article.labelled, weighed, strict=True):
        assert bool(evidence) is (row.rule == "model")
    menu = next(
        i for i, row in enumerate(labelled_article.labelled) if row.rule == "model" and row.label is Label.NAVIGATION
    )
    assert sum(weight for _, _, weight in weighed[menu]) > 0
    assert "for removing" in describe_features(weighed[menu])
    known = {
        name.partition(".")[0]
        for model in ("page", "page_with_region", "text")
        for name in Forest.load(f"models/{model}.npz").columns
    }
    assert known <= group_names().keys(), "feature_text.toml names each group in a reader's words"
