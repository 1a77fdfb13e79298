"""Rules of packs for elements of a page, and packs made of ftr-site-config."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from ingest import clean
from ingest.cli import cli
from ingest.core.packs import PackError, Packs, load_packs, read_packs, validate_packs
from ingest.core.packs.ftr import selector_of
from ingest.core.pipeline import label_article
from ingest.web.explain import render_explanation

PACK = """
name    = "Harbour Post"
domains = ["harbour-post.example"]

[[css]]
id     = "cards"
select = ".more-tales > p, section[data-kind='ad']"
label  = "{label}"
hits   = ['<div class="more-tales"><p>Old tale</p></div>']
misses = ['<div class="tales"><p>A paragraph.</p></div>']

[[css]]
id     = "author"
select = "address.x1 b"
label  = "byline"
field  = "authors"
hits   = ['<address class="x1"><b>Jane Roe</b></address>']
misses = ['<b>bold</b>']
"""
PROSE = (
    "The harbour of Lindau will reopen in March, the town council said on Monday, after repairs that took two years. "
)
PAGE = f"""<html><head><title>Harbour reopens</title><link rel="canonical" href="https://www.harbour-post.example/1"></head><body><article>
<h1>Harbour reopens</h1><address class="x1"><b>Jane Roe</b></address><p>{PROSE * 2}</p>
<div class="more-tales"><p>The lighthouse keeper of the northern pier tells of the storm that took the old crane in the winter of 1999.</p></div>
<p>{PROSE.replace("Monday", "Tuesday") * 2}</p></article></body></html>"""
STORY = "The lighthouse keeper"


def _packs(folder: Path, text: str) -> Packs:
    (folder / "harbour.toml").write_text(text, "utf-8")
    return read_packs(folder)


def test_a_selector_decides_and_fills_a_field(tmp_path: Path) -> None:
    packs = _packs(tmp_path, PACK.format(label="promo"))
    assert not validate_packs(packs)
    record = clean(PAGE.encode(), packs=packs)
    assert STORY not in record.body
    assert [row.rule for row in record.removed if row.text.startswith(STORY)] == ["harbour/cards"]
    assert record.authors == ("Jane Roe",)
    assert "harbour/cards" in render_explanation(label_article(PAGE.encode(), packs=packs))
    kept = clean(PAGE.encode(), packs=_packs(tmp_path, PACK.format(label="body")))
    assert STORY in kept.body
    elsewhere = PAGE.replace("harbour-post.example", "other.example").encode()
    assert clean(elsewhere, packs=packs) == clean(elsewhere, packs=load_packs())


@pytest.mark.parametrize(
    ("selector", "reason"),
    [
        ("p[", "Expected ident"),
        ("p:contains('x')", ":contains is not CSS"),
        ("p::before", ""),
        ("a" * 201, "more than 200 characters"),
        ("", ""),
    ],
)
def test_what_is_no_selector_is_one_line(tmp_path: Path, selector: str, reason: str) -> None:
    text = PACK.format(label="promo").replace("address.x1 b", selector.replace('"', "'"))
    with pytest.raises(PackError, match=r"^harbour\.toml[^\n]*$") as found:
        _packs(tmp_path, text)
    assert reason in str(found.value)


def test_the_proof_is_checked(tmp_path: Path) -> None:
    text = PACK.format(label="promo").replace('"address.x1 b"', '"b"')
    assert validate_packs(_packs(tmp_path, text)) == ["harbour/author: something is selected in '<b>bold</b>'"]
    text = PACK.format(label="promo").replace('"address.x1 b"', '"address.x2 b"')
    [problem] = validate_packs(_packs(tmp_path, text))
    assert problem.startswith("harbour/author: nothing is selected in ")


@pytest.mark.parametrize(
    ("xpath", "selector"),
    [
        ("//div[@id='story']", "div#story"),
        ('//div[@class="text"]/p', "div.text > p"),
        ("//*[contains(@class, 'ad-')]//a[@rel='author']", "[class*='ad-'] a[rel='author']"),
        ("//div[contains(concat(' ',normalize-space(@class),' '),' body ')]", "div.body"),
        ("//h1 | //div[@id='t' and @itemprop='headline']/h2", "h1, div#t[itemprop='headline'] > h2"),
        ("//p[1]", None),
        ("//p[text()='x']", None),
        ("substring-after(//p, ':')", None),
        ("//a/@href", None),
        ("//div/following-sibling::p", None),
    ],
)
def test_xpath_becomes_a_selector_or_nothing(xpath: str, selector: str | None) -> None:
    assert selector_of(xpath) == selector


FTR = """# by hand
title: //h1[@class='top']
author: //span[@itemprop='author']
body: //div[@id='story']
strip: //div[@class='share']
strip_id_or_class: newsletter
strip_image_src: /pixel
next_page_link: //a[@rel='next']/@href
prune: no
test_url: http://news.example/1
"""


def test_a_site_config_becomes_a_pack_that_passes_its_checks(tmp_path: Path) -> None:
    (tmp_path / "news.example.txt").write_text(FTR, "utf-8")
    (tmp_path / "odd.example.txt").write_text("next_page_link: //a/@href", "utf-8")
    files = [str(tmp_path / "news.example.txt"), str(tmp_path / "odd.example.txt")]
    done = CliRunner().invoke(cli, ["packs", "import-ftr", *files, "-o", str(tmp_path / "packs")])
    assert done.exit_code == 1
    assert "odd.example.txt: none of its directives" in done.stderr
    assert "left out: next_page_link: //a[@rel='next']/@href" in done.stderr
    assert CliRunner().invoke(cli, ["packs", "check", str(tmp_path / "packs")]).exit_code == 0
    [made] = [pack for pack in read_packs(tmp_path / "packs").all if pack.selectors]
    assert [(rule.label, rule.field) for rule in made.selectors] == [
        ("headline", "headline"), ("byline", "authors"), ("body", None), ("widget", None), ("widget", None),
    ]  # fmt: skip
    again = CliRunner().invoke(cli, ["packs", "import-ftr", files[0], "-o", str(tmp_path / "packs")])
    assert "is there already" in again.stderr
