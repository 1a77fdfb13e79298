"""What is remembered between documents, or passed over unread, changes no answer."""

from __future__ import annotations

import gc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest import clean
from ingest.core.caching import MAX_CACHED_CHARACTERS
from ingest.core.html.style import PLAIN, _may_tell, declared
from ingest.core.packs import load_packs, prefilter
from ingest.core.packs.matcher import Packs

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


@given(st.lists(st.sampled_from(DECLARATIONS), max_size=4).map(";".join))
def test_no_telling_rule_of_a_style_sheet_is_passed_over(style: str) -> None:
    assert _may_tell(style) or declared(style) == PLAIN
