"""Which packs apply to an article, which rule wins a line, and what it captures."""

import datetime as dt
from pathlib import Path

import pytest

from ingest import clean
from ingest.core.model import Label
from ingest.core.packs import load_packs
from ingest.core.packs.loader import Pack, Rule, read_pack
from ingest.core.packs.matcher import Packs
from ingest.core.packs.pattern import Pattern

SEEDS = Path(__file__).parents[2] / "seeds"

KYODO = "body body body body caption/caption body body body body body body body body related/related-coverage body"

UKRINFORM = """
body body source_line/site-name body body body related/read-also body body body related/read-also body body/recall
credit/photo-credit usage_terms/usage-terms legal_notice/media-identifier copyright_notice/copyright
widget/search-form widget/search-form widget/search-form
"""


@pytest.mark.parametrize(("seed", "vector"), [("000_47fd47bebe7271c0", KYODO), ("002_c69d56b196d5ceb2", UKRINFORM)])
def test_the_seeds_are_labelled_by_the_rules(seed, vector):
    lines = [line.strip() for line in (SEEDS / f"{seed}.txt").read_text(encoding="utf-8").split("\n") if line.strip()]
    hits = load_packs().rulebook(None, None, lines).hits(lines)
    assert [f"{hit.rule.label}/{hit.rule.id.split('/')[1]}" if hit else "body" for hit in hits] == vector.split()


def test_groups_give_values_without_their_markers():
    lines = [
        "Read also: Ukraine signs a deal",
        "Photo: Ministry of Defense",
        "A minister speaks in Tokyo on Feb. 23, 2023. (Kyodo)",
    ]
    hits = load_packs().rulebook(None, None, lines).hits(lines)
    assert [hit.captured for hit in hits] == [
        {"headline": "Ukraine signs a deal"},
        {"credit": "Ministry of Defense"},
        {"caption": "A minister speaks in Tokyo on Feb. 23, 2023.", "credit": "Kyodo"},
    ]


@pytest.mark.parametrize(
    ("domain", "name", "text", "publisher", "found_by"),
    [
        ("www.ukrinform.net", None, "", "Ukrinform", "domain"),
        ("english.kyodonews.net", None, "", "Kyodo News", "domain"),
        ("notukrinform.net", None, "", None, None),
        (None, "УКРІНФОРМ", "", "Ukrinform", "name"),
        (None, None, "© 2015-2025 Ukrinform. All rights reserved.", "Ukrinform", "fingerprint"),
        (None, None, "A minister speaks in Tokyo on Feb. 23, 2023. (Kyodo)", None, None),
        ("reprints.example", None, "© 2015-2025 Ukrinform. All rights reserved.", None, None),
    ],
)
def test_the_publisher_is_identified_by_domain_name_or_fingerprint(domain, name, text, publisher, found_by):
    rulebook = load_packs().rulebook(domain, name, [text])
    assert (rulebook.publisher and rulebook.publisher.name, rulebook.found_by) == (publisher, found_by)
    assert rulebook.packs[-1].stem == "common"


def test_a_fingerprint_on_another_site_brings_the_rules_but_not_the_publisher():
    rulebook = load_packs().rulebook("reprints.example", None, ["Media identifier - R40-01421."])
    assert [pack.stem for pack in rulebook.packs] == ["ukrinform", "common"]


def pack_of(folder, rules):
    path = folder / "sample.toml"
    path.write_text(rules, encoding="utf-8")
    return Packs([read_pack(path)])


def test_the_first_rule_wins_and_a_tail_gives_its_start(tmp_path):
    packs = pack_of(
        tmp_path,
        r"""
        rule = [
          { id = "mail", label = "byline", span = "tail", match = '\S+@\S+', hits = ["끝이다.a@b.kr"], misses = ["a@b.kr 로"] },
          { id = "all", label = "promo", match = '.*', hits = ["x"], misses = ["y"] },
        ]
        """.replace("'.*'", "'.+'"),
    )
    first, second = packs.rulebook(None, None, []).hits(["말했다. abc@yna.co.kr", "말했다."])
    assert (first.rule.id, first.start) == ("sample/mail", 5)
    assert (second.rule.id, second.start) == ("sample/all", 0)


def test_valid_until_ends_a_rule_for_later_articles_only(tmp_path):
    packs = pack_of(
        tmp_path,
        'rule = [{ id = "old", label = "promo", match = "Old", valid_until = 2020-01-31, hits = ["Old"], misses = ["x"] }]',
    )
    days = [None, dt.date(2020, 1, 31), dt.date(2020, 2, 1)]
    assert [bool(packs.rulebook(None, None, [], day).hits(["Old"])[0]) for day in days] == [True, True, False]


def test_word_boundaries_and_classes_are_unicode():
    boundary = Pattern(r"\w+ \bфото\b", "whole")
    assert boundary.search("Моё фото")
    assert not boundary.search("Моё фотоё")
    assert Pattern(r"\bém", "anywhere").search("l'ém")
    assert not Pattern(r"\bém", "anywhere").search("aém")
    assert Pattern(r"[^\w]\d+", "whole").search("—٣٤")


def test_a_catastrophic_pattern_is_bounded_and_keeps_the_line():
    text = "a" * 40 + "!"
    rule = Rule("sample/bomb", Pattern(r"(?:\w|\w\w|\w+)+\B!", "whole"), ("aa!",), ("b",), Label.PROMO, "block")
    with pytest.raises(TimeoutError):
        rule.pattern.search(text)
    packs = Packs([Pack("sample", None, (), (), (), (rule,), ())])
    assert packs.rulebook(None, None, [text]).hits([text]) == [None]


def test_the_stated_day_reaches_the_rules(tmp_path):
    packs = pack_of(
        tmp_path,
        'rule = [{ id = "old", label = "promo", match = "Ring the harbour bell", valid_until = 2020-01-31, hits = ["Ring the harbour bell"], misses = ["x"] }]',
    )
    text = "Ring the harbour bell\n\nThe ferry left the harbour at dawn, and forty passengers were on board, the captain said."
    rules = [
        {row.rule for row in clean(text.encode(), claims={"published": day}, packs=packs).removed}
        for day in ("2020-01-31", "2020-02-01")
    ]
    assert ["sample/old" in each for each in rules] == [True, False]
