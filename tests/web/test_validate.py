"""`ingest validate` as a shell sees it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from ingest.cli import cli

GOLDEN = sorted((Path(__file__).parents[1] / "golden").glob("*.json"))
ONE = json.loads(GOLDEN[0].read_bytes())


def test_one_record_per_file_and_json_lines_are_read(tmp_path: Path) -> None:
    lines = tmp_path / "records.jsonl"
    lines.write_text("\n\n".join(json.dumps(json.loads(path.read_bytes())) for path in GOLDEN) + "\n")
    done = CliRunner().invoke(cli, ["validate", *map(str, GOLDEN), str(lines)])
    assert (done.exit_code, done.stdout, done.stderr) == (0, f"{2 * len(GOLDEN)} records: all valid\n", "")


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"body": ""}, "body: "),
        ({"published": "yesterday"}, "published: "),
        ({"mood": "good"}, "mood: "),
        ({"headline": 7}, "headline: "),
        ({"removed": [{"label": "rubbish", "rule": "r", "text": "t"}]}, "removed.0.label: "),
    ],
)
def test_each_invalid_record_gives_one_line(change: dict[str, object], complaint: str) -> None:
    rows = [json.dumps(ONE), json.dumps(ONE | change), '{"torn": ']
    done = CliRunner().invoke(cli, ["validate", "-"], input="\n".join(rows))
    second, third = done.stderr.splitlines()
    assert second.startswith(f"-:2: {complaint}")
    assert third.startswith("-:3: record: ")
    assert (done.exit_code, done.stdout) == (1, "3 records: 2 invalid\n")


def test_no_record_at_all_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "empty").touch()
    assert CliRunner().invoke(cli, ["validate", str(tmp_path / "empty")]).exit_code == 1
    assert CliRunner().invoke(cli, ["validate", str(tmp_path / "missing")]).exit_code == 2
