"""What-if: the article that is passed over is the one whose record stays as it is, whatever the packs and the memories are."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ingest import Memory, Rejected, clean, learn
from ingest.core.labelling import page_classifier
from ingest.core.packs import Packs, load_packs
from ingest.core.packs.loader import read_pack
from ingest.core.pipeline import open_article
from ingest.core.what_if import BUILD, Knowledge, difference, may_differ
from tests.support.words import NOUNS

PARAGRAPHS = [
    "The council voted on Monday to close the old harbour bridge for nine weeks of repairs, its engineer told reporters.",
    "Ferries will carry passengers across the river until the spring, and the mayor said that fares would stay as they are.",
    "Shopkeepers on the eastern bank fear for their winter trade; a petition against the closure has 4,000 names so far.",
]
LINES = [
    "Read also: The ferry that never sailed",
    "Photo: Ada Brook / Lantern",
    "© 2026 The Lantern",
    "© 2026 The Beacon",
    "HARBOURTOWN, May 4 (Lantern) - The bridge was closed at noon on Monday, the harbour master said in a statement.",
    "He spoke for an hour. Read also:",
    "The second boat leaves at nine",
    "Subscribe to our letter",
    "Shopkeepers fear for their trade. Photo: Ada Brook",
    "By Ada Brook",
]
PATTERNS = [
    "Read also: .+", "Read also:", "Photo: .+", r"© \d{4} The (?:Lantern|Beacon)", "Subscribe to .{3,20}", r"By \w+ \w+", "The second .+", "[a-z]+ trade",
    r"\bBrook\b", "Shopkeepers .+",
]  # fmt: skip
DATELINES = [r"(?P<place>[A-Z]{4,}), (?P<date>\w+ \d+) \((?P<agency>\w+)\) - ", r"(?P<place>[A-Z]{4,}), "]
NAMES = {"lantern": "The Lantern", "beacon": "The Beacon", "common": "", "house": ""}


@st.composite
def pack(draw: st.DrawFn, stem: str) -> str:
    """A pack as TOML. Its examples are none: nothing here holds packs to their laws."""
    lines = []
    if name := NAMES[stem]:
        lines += [f"name = {json.dumps(name)}", f'domains = ["{draw(st.sampled_from(["lantern", "beacon"]))}.example"]']
        for key in ("fingerprints", "traces"):
            marks = draw(st.lists(st.sampled_from(PATTERNS[:6]), max_size=1))
            lines += [f"{key} = {json.dumps(marks)}"] if marks else []
    rules = draw(st.lists(st.sampled_from(PATTERNS), unique=True, max_size=4))
    for pattern in rules:
        label = draw(st.sampled_from(["promo", "credit", "related", "copyright_notice", "body"]))
        span = draw(st.sampled_from(["block", "list", "rest", "tail"]))
        lines += ["[[rule]]", f'id = "r{PATTERNS.index(pattern)}"', f'label = "{label}"', f'span = "{span}"']
        lines += [f"match = {json.dumps(pattern)}", 'hits = ["x"]', 'misses = ["y"]']
    for number in draw(st.lists(st.integers(0, 1), unique=True, max_size=2)):
        lines += ["[[dateline]]", f'id = "d{number}"', f"match = {json.dumps(DATELINES[number])}"]
        lines += ['hits = ["x"]', 'misses = ["y"]']
    if draw(st.booleans()):
        lines += ["[[css]]", 'id = "s"', 'select = "p.aside"', 'label = "promo"', 'hits = ["x"]', 'misses = ["y"]']
    return "\n".join(lines)


@st.composite
def two_sets(draw: st.DrawFn) -> tuple[dict[str, str], dict[str, str]]:
    """Two sets of packs, of which most are the same in both."""
    before = {stem: draw(pack(stem)) for stem in draw(st.sets(st.sampled_from(sorted(NAMES))))}
    after = dict(before)
    for stem in draw(st.sets(st.sampled_from(sorted(NAMES)), min_size=1, max_size=2)):
        if stem in after and draw(st.booleans()):
            del after[stem]
        else:
            after[stem] = draw(pack(stem))
    return before, after


@st.composite
def article(draw: st.DrawFn) -> tuple[bytes, dict[str, Any]]:
    lines = draw(st.permutations(PARAGRAPHS + draw(st.lists(st.sampled_from(LINES), max_size=4))))
    given: dict[str, Any] = {}
    if draw(st.booleans()):
        given["url"] = f"https://{draw(st.sampled_from(['lantern', 'beacon', 'other']))}.example/a"
    if draw(st.booleans()):
        return "\n\n".join(["Harbour bridge closed for nine weeks", *lines]).encode(), given
    kinds = draw(st.lists(st.sampled_from(['<p class="aside">', "<p>"]), min_size=len(lines), max_size=len(lines)))
    body = "".join(f"{kind}{line}</p>" for kind, line in zip(kinds, lines, strict=True))
    return f"<html><body><article><h1>Harbour bridge closed</h1>{body}</article></body></html>".encode(), given


def packs_of(texts: dict[str, str], folder: Path) -> Packs:
    found = []
    for stem, text in sorted(texts.items(), key=lambda each: (each[0] == "common", each[0])):
        (folder / f"{stem}.toml").write_text(text)
        found.append(read_pack(folder / f"{stem}.toml"))
    return Packs(found)


def facts(raw: bytes, knowledge: Knowledge, given: dict[str, Any]) -> Any:
    """All of a record but how it was made; or why there is none."""
    try:
        record = clean(raw, packs=knowledge.packs, memory=knowledge.memory, **given)
    except Rejected as rejected:
        return str(rejected.reason)
    left = {name: value for name, value in record.model_dump().items() if name not in BUILD}
    return left, [(row.label, row.text, row.field) for row in record.removed]


@settings(max_examples=150, suppress_health_check=list(HealthCheck))
@given(two_sets(), article())
def test_what_is_passed_over_stays_and_what_changes_is_told(
    tmp_path_factory: pytest.TempPathFactory,
    both: tuple[dict[str, str], dict[str, str]],
    source: tuple[bytes, dict[str, Any]],
) -> None:
    folder = tmp_path_factory.mktemp("packs")
    before, after = (Knowledge(packs_of(texts, folder)) for texts in both)
    raw, given_claims = source
    was, now = (facts(raw, knowledge, given_claims) for knowledge in (before, after))
    may = may_differ(open_article(raw, **given_claims), before, after)
    assert may or was == now
    if isinstance(was, str):
        return
    found = difference(raw, before, after, **given_claims)
    assert (found is None) == (was == now)
    assert found is None or found.refused == (now if isinstance(now, str) else None)


def story(seed: int, publisher: str) -> bytes:
    words = NOUNS[:14]
    body = "".join(
        f"<p>{' '.join(words[(seed * 7 + row * 5 + at * (seed + 3)) % len(words)] for at in range(30))}.</p>"
        for row in range(4)
    )
    return (
        f"<html><head><meta property='og:url' content='https://{publisher}.example/{seed}'></head><body><article><h1>Story {seed} of {words[seed % 14]}"
        f"</h1>{body}<p>Sharing of the {publisher}'s pages with friends is welcome.</p></article></body></html>"
    ).encode()


def test_of_two_memories_the_publishers_that_they_know_alike_are_passed_over() -> None:
    lantern = [(story(seed, "lantern"), None) for seed in range(6)]
    beacon = [(story(seed, "beacon"), None) for seed in range(6)]
    both, one = learn(lantern + beacon), learn(lantern)
    before, after = Knowledge(memory=both), Knowledge(memory=Memory.load(one.save()))
    pages = {name: story(40, name) for name in ("lantern", "beacon", "other")}
    assert {name: may_differ(open_article(raw), before, after) for name, raw in pages.items()} == {
        "lantern": False,
        "beacon": True,
        "other": False,
    }
    found = difference(pages["beacon"], before, after)
    assert found is not None
    assert "body" in found.fields
    assert facts(pages["lantern"], before, {}) == facts(pages["lantern"], after, {})


def test_both_sides_share_one_prediction(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[int] = []
    examine = page_classifier.examine

    def counting(*about: Any) -> Any:
        asked.append(1)
        return examine(*about)

    memory = learn([(story(seed, "lantern"), None) for seed in range(6)])
    monkeypatch.setattr(page_classifier, "examine", counting)
    assert difference(story(40, "lantern"), Knowledge(packs=load_packs()), Knowledge(load_packs(), memory))
    assert len(asked) == 1
