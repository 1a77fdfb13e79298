"""The built-in packs pass their checks, and the checks detect what they are for."""

from pathlib import Path

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from ingest.cli.packs import packs as command
from ingest.core.packs import PackError, Packs, load_packs, validate_packs
from ingest.core.packs.loader import read_pack
from ingest.core.packs.matcher import BUILT_IN_FOLDER

RULE = """
[[rule]]
id = "end"
label = "legal_notice"
match = 'The (?:very )?end'
hits = ["The end"]
misses = ["The end is near."]
"""


def write(folder: Path, text: str, name: str = "sample.toml") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def test_built_in_packs_pass_every_check():
    packs = load_packs()
    assert [pack.stem for pack in packs.all] == [
        read_pack(BUILT_IN_FOLDER / f"{pack.stem}.toml").stem for pack in packs.all
    ]
    assert validate_packs(packs) == []


@pytest.mark.parametrize(
    "rule", [rule for pack in load_packs().all for rule in pack.tested_patterns], ids=lambda rule: rule.id
)
def test_the_examples_of_each_rule_are_checked(rule):
    assert [text for text in rule.hits if not rule.pattern.search(text)] == []
    assert [text for text in rule.misses if rule.pattern.search(text)] == []


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ("", "", None),
        ('id = "end"', 'id = "end"\ncolour = "red"', "sample.toml:2: end: unknown key colour"),
        ("[[rule]]", 'site = "x"\n[[rule]]', "sample.toml: unknown key site"),
        ('id = "end"\n', "", "sample.toml:2: a rule: id is missing"),
        ("legal_notice", "footer", "sample.toml:2: end: label 'footer' is none of body, headline"),
        ('["The end"]', "[]", "sample.toml:2: end: hits needs at least 1"),
        ('["The end"]', '["The  end"]', "sample.toml:2: end: hits must be texts of one line with single spaces"),
        ('misses = ["The end is near."]', "", "sample.toml:2: end: misses needs at least 1"),
        ("label =", 'span = "page"\nlabel =', "sample.toml:2: end: span 'page' is none of block, list, rest, tail"),
        ("(?:very )?", "(?<=The )", "sample.toml:2: end: pattern 'The (?<=The )end': invalid perl operator: (?<="),
        ("(?:very )?", r"(e)\1", r"invalid escape sequence: \1"),
        ("(?:very )?", "(?:e++)", "bad repetition operator: ++"),
        ("(?:very )?", r"[^\W]", r"without a negated class"),
        ("The (?:very )?end", r"x?\b*y", r"sample.toml:2: end: pattern 'x?\\b*y': bad repetition operator"),
        ("(?:very )?", "(?P<colour>red)?", "sample.toml:2: end: group colour is none of authors, caption"),
        ("The (?:very )?end", ".*", "it matches the empty text"),
        ("[[rule]]", 'name = "Sample"\n[[rule]]', "sample.toml: a publisher has a name and"),
        ("[[rule]]", 'name = "S"\ndomains = ["https://S.org/"]\n[[rule]]', "sample.toml: domains are written bare"),
        ("[[rule]]", "[[rule]", "sample.toml: "),
    ],
)
def test_each_fault_is_one_line(tmp_path, old, new, reason):
    path = write(tmp_path, RULE.replace(old, new, 1))
    if reason is None:
        assert len(read_pack(path).rules) == 1
        return
    with pytest.raises(PackError) as caught:
        read_pack(path)
    assert reason in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (RULE.replace('["The end"]', '["The ending"]'), "sample/end: 'The ending' is not matched"),
        (RULE.replace('["The end is near."]', '["The very end"]'), "sample/end: 'The very end' is matched"),
        (RULE + RULE.replace('"end"', '"second"'), "sample/second: 'The end' is won by sample/end"),
        (RULE.replace("near", "ne\\u0301e"), "is not in normal form C"),
        ('name = "Ukrinform"\ntraces = ["Nothing"]' + RULE, "'ukrinform' belongs to more than one pack"),
        ('name = "S"\nfingerprints = ["(?i:media identifier)"]' + RULE, "sample/fingerprint-1: found in"),
    ],
)
def test_each_failed_check_is_reported(tmp_path, text, problem):
    write(tmp_path, text)
    assert any(problem in line for line in validate_packs(load_packs(tmp_path)))


def test_a_users_pack_replaces_the_built_in_one_of_its_name(tmp_path):
    write(tmp_path, 'name = "Mine"\ndomains = ["mine.example"]' + RULE, "ukrinform.toml")
    assert {pack.name for pack in load_packs(tmp_path).all if pack.stem == "ukrinform"} == {"Mine"}


HITS = [hit for pack in load_packs().all for rule in pack.tested_patterns for hit in rule.hits]
WORDS = st.sampled_from(HITS) | st.sampled_from(
    [
        "Read also: ",
        "Photo: ",
        "©",
        " 2015-2025 ",
        "Ukrinform",
        "(Kyodo)",
        ". ",
        "All rights reserved",
        "Реклама",
        "関連記事",
        "İ",
        "ß",
        "café",
        "-",
    ]
)


@given(st.lists(WORDS | st.text(max_size=6), max_size=8).map(lambda parts: " ".join("".join(parts).split())))
def test_the_prefilter_passes_every_match(text):
    packs = load_packs()
    every = [what for pack in packs.all for what in (*pack.tested_patterns, *pack.marks)]
    matching = {what.id for what in every if what.pattern.search(text)}
    assert matching <= {entry.pattern.id for entry in packs.candidates(["another line", text, "and one more"])[1]}


def test_without_packs_there_are_no_rules():
    rulebook = Packs([]).rulebook("ukrinform.net", None, ["Read also: nothing at all"])
    assert rulebook.hits(["Read also: nothing at all"]) == [None]
    assert rulebook.packs == ()


@pytest.mark.parametrize(
    ("text", "code", "said"),
    [
        (RULE, 0, "no problems"),
        (RULE.replace('["The end is near."]', '["The end"]'), 1, "sample/end: 'The end' is matched"),
        (RULE.replace("legal_notice", "footer"), 1, "sample.toml:2: end: label 'footer' is none of"),
    ],
)
def test_the_command_checks_a_folder(tmp_path, text, code, said):
    write(tmp_path, text)
    result = CliRunner().invoke(command, ["check", str(tmp_path)])
    assert result.exit_code == code
    assert said in result.output


def test_the_command_lists_every_pack():
    lines = CliRunner().invoke(command, ["list"]).output.splitlines()
    assert len(lines) == len(load_packs().all) >= 31
