"""What is remembered between documents, or passed over unread, changes no answer."""

from __future__ import annotations

import gc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest import clean
from ingest.core.caching import MAX_CACHED_CHARACTERS
from ingest.core.html import kinds
from ingest.core.html.segment import segment
from ingest.core.html.style import PLAIN, _may_tell, declared
from ingest.core.model import UNSEEN
from ingest.core.packs import load_packs, prefilter
from ingest.core.packs.matcher import Packs
from ingest.core.parse.page import parse_tree

TEXT = b"The swing bridge is shut\n\nThe swing bridge was shut to all traffic on Monday, the council said."
LINES = ["Read also:", "Photo: A. Person", "© 2024 The Example", "The council said on Monday.", "Share", "x" * 200]
DECLARATIONS = [
    "display:none", "DISPLAY : Block", "visibility: hidden", "clip: rect(0 0 0 0)", "clip-path:inset(50%)", "font-size:0",
    "position:absolute", "position: FIXED", "left:-9999px", "top: -999em", "text-indent:-9999px", "margin-left:-9999px",
    "width:1px", "overflow:hidden", "color:red", "margin:0", "font-size:10px", "",
]  # fmt: skip


def test_clean_leaves_the_collector_of_its_caller_alone() -> None:
    during = []
    clean(TEXT, on_stage_end=lambda _: during.append(gc.isenabled()))
    assert during
    assert all(during)


def test_a_line_is_judged_alike_whether_or_not_it_was_met_before(monkeypatch: pytest.MonkeyPatch) -> None:
    packs = Packs(load_packs().all)
    fresh = [Packs(load_packs().all).candidates([line])[0] for line in LINES]
    assert any(fresh)
    assert fresh == packs.candidates(LINES) == packs.candidates(LINES)
    monkeypatch.setattr(prefilter, "MAX_KNOWN_TEXTS", 50)
    for number in range(200):
        packs.candidates([f"line {number}", "y" * (MAX_CACHED_CHARACTERS + number + 1)])
    known = packs._prefilter._known
    assert len(known) <= 50
    assert max(map(len, known)) <= MAX_CACHED_CHARACTERS


def test_a_kind_of_elements_is_judged_alike_whether_or_not_it_was_met_before(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kinds, "_remembered", {})
    monkeypatch.setattr(kinds, "CACHED_ANSWERS", 50)
    page = "<p class=body-text>Seen <span class=note>hidden</span> words</p><p class=byline>By A. Person</p>"
    styled = f"<style>.note {{ display: none }} .byline {{ clip: rect(0 0 0 0) }}</style>{page}"

    def read(html: str) -> list[tuple[str, tuple[str, ...], int]]:
        tree = parse_tree(html)
        assert tree is not None
        blocks, index = segment(tree, None)
        around = [block.markup.element for block in blocks if block.markup and block.markup.element]
        roles = len(index.by_role["byline"])
        return [(block.text, element.name_tokens, roles) for block, element in zip(blocks, around, strict=True)]

    plain = [("Seen hidden words", ("body", "text"), 1), ("By A. Person", ("byline",), 1)]
    hidden = [("Seen words", ("body", "text"), 1), ("By A. Person", ("byline", UNSEEN), 1)]
    for html, expected in (page, plain), (styled, hidden), (page, plain), (styled, hidden):
        assert read(html) == expected
    for number in range(200):
        read(f"<p class=c{number}>x</p><p class={'y' * (MAX_CACHED_CHARACTERS + number)} id=a{number}>x</p>")
    assert len(kinds._remembered) <= 50
    assert all(len(kind.class_attr) <= MAX_CACHED_CHARACTERS for kind in kinds._remembered.values())


@given(st.lists(st.sampled_from(DECLARATIONS), max_size=4).map(";".join))
def test_no_telling_rule_of_a_style_sheet_is_passed_over(style: str) -> None:
    assert _may_tell(style) or declared(style) == PLAIN
