"""Valid rules that still do harm are named, with their line; none of them can hang an article."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from ingest.cli.packs import packs as command
from ingest.core.limits import MAX_RULE_TEXT_CHARACTERS
from ingest.core.packs import PackError, load_packs
from ingest.core.packs.loader import read_pack
from ingest.core.packs.pattern import Pattern

BOMB = r"(?:\w|\w\w|\w+)+\B!"
GOLDEN = Path(__file__).parents[1] / "golden"
PROSE = "The council approved the budget for the coming year on Monday after a debate that lasted for nine hours, officials said."


def rule(name: str, match: str, hit: str, *, span: str = "block") -> str:
    return f"[[rule]]\nid = '{name}'\nlabel = 'promo'\nspan = '{span}'\nmatch = '{match}'\nhits = ['{hit}']\nmisses = ['No.']\n"


def complaints(folder: Path, *rules: str) -> str:
    (folder / "mine.toml").write_text("".join(rules))
    (folder / "records").mkdir()
    record = {"publisher": None, "body": f"{PROSE}\n\n{PROSE}", "removed": []}
    (folder / "records" / "one.json").write_text(json.dumps(record))
    result = CliRunner().invoke(command, ["check", str(folder), "--records", str(folder / "records")])
    assert result.exit_code == bool(rules)
    return result.output


def test_a_slow_rule_is_named(tmp_path: Path) -> None:
    assert "mine/slow (line 1): slow, " in complaints(tmp_path, rule("slow", r"(?:\w|\w\w|\w+)+!", "aa!"))


def test_a_shadowed_rule_is_named(tmp_path: Path) -> None:
    said = complaints(tmp_path, rule("first", "Call us.*", "Call us"), rule("second", "Call us now", "Call us now"))
    assert "mine/second (line 8): shadowed by mine/first (line 1), which matches all its examples" in said


@pytest.mark.parametrize("span", ["block", "tail"])
def test_a_rule_that_removes_prose_is_named(tmp_path: Path, span: str) -> None:
    said = complaints(tmp_path, rule("greedy", ".*officials said.", "So officials said.", span=span))
    assert "mine/greedy (line 1): would remove 'The council approved" in said


def test_the_built_in_packs_pass_the_audit() -> None:
    result = CliRunner().invoke(command, ["check", "--records", str(GOLDEN)])
    assert result.exit_code == 0, result.output


def test_an_error_names_its_line(tmp_path: Path) -> None:
    (tmp_path / "mine.toml").write_text("# mine\n" + rule("good", "Call", "Call") + rule("bad", r"(a)\1", "aa"))
    with pytest.raises(PackError, match=r"^mine\.toml:9: bad: "):
        read_pack(tmp_path / "mine.toml")
    (tmp_path / "mine.toml").write_text("x = " + "[" * 100_000)
    with pytest.raises(PackError, match=r"^mine\.toml: "):
        read_pack(tmp_path / "mine.toml")


def test_a_rule_that_times_out_is_tried_once_per_article(tmp_path: Path) -> None:
    """Two hundred lines made for it would cost forty seconds; what is not certain is kept."""
    (tmp_path / "mine.toml").write_text(rule("bomb", BOMB, "aa!"))
    packs = load_packs(tmp_path)
    bomb = next(pack.rules[0] for pack in packs.all if pack.stem == "mine")
    texts = [f"{'a' * 40}{number}!" for number in range(200)]
    asked = []
    with pytest.MonkeyPatch.context() as patch:
        real = Pattern.search
        patch.setattr(Pattern, "search", lambda self, text: (asked.append(self), real(self, text))[1])
        assert packs.rulebook(None, None, texts).hits(texts) == [None] * 200
    assert asked.count(bomb.pattern) == 1


def test_whole_block_rules_ignore_very_long_blocks(tmp_path: Path) -> None:
    (tmp_path / "mine.toml").write_text(
        rule("whole", "Call.+", "Call me") + rule("end", "Call the desk", "Call the desk", span="tail")
    )
    rules = next(pack for pack in load_packs(tmp_path).all if pack.stem == "mine").rules
    long = "Call " + "x" * MAX_RULE_TEXT_CHARACTERS
    assert rules[0].pattern.search(long) is None
    assert rules[0].pattern.search(long[:MAX_RULE_TEXT_CHARACTERS])
    assert rules[1].pattern.search(long + " Call the desk").start() == len(long) + 1
