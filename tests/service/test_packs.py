"""Packs in the service: published by the watcher, taken over without a restart, refused with the reason."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from ingest.cli import cli
from ingest.errors import InvalidSettings
from ingest.service import runner
from ingest.service.pack_snapshot import CurrentPacks, PackSnapshot
from ingest.service.settings import Settings
from tests.support.processes import drop, plain, records_in

Make = Callable[..., Settings]

PACK = """
[[rule]]
id = "call"
label = "promo"
match = '{match}'
hits = ["{hit}"]
misses = ["The harbour will reopen in March."]
"""
ARTICLE = """Harbour reopens

The harbour of Lindau will reopen in March, the town council said on Monday.

The repairs have taken two years and cost 12 million euros, more than planned.

Zweitausend Leser können nicht irren

Fishermen were pleased: they had moored in Bregenz meanwhile.
"""


def _pack(folder: Path, match: str, hit: str) -> None:
    (folder / "lindau.toml").write_text(PACK.format(match=match, hit=hit), "utf-8")


def _clean(settings: Settings, name: str, content: str) -> dict[str, Any]:
    drop(settings, name, content)
    known = set(records_in(settings.out))
    folders = ["--spool", str(settings.spool), "--out", str(settings.out)]
    packs = ["--packs", str(settings.packs)] if settings.packs else []
    ended = subprocess.run([sys.executable, "-m", "ingest", "up", "--once", *folders, *packs], timeout=60, check=False)
    assert ended.returncode == 0
    [new] = set(records_in(settings.out)) - known
    record: dict[str, Any] = json.loads(new.read_bytes())
    return record


def test_a_changed_pack_is_taken_over_and_a_bad_one_is_refused(make: Make, tmp_path: Path) -> None:
    packs = tmp_path / "packs"
    packs.mkdir()
    now = make(packs=packs)
    line = "Zweitausend Leser können nicht irren"
    _pack(packs, "Zweitausend Leser .+", line)
    first = _clean(now, "a.txt", ARTICLE)
    assert {"label": "promo", "rule": "lindau/call", "text": line, "field": None} in first["removed"]
    [used] = [pack for pack in first["ingest"]["packs"] if pack.startswith("lindau@")]

    snapshot, current = PackSnapshot(str(now.spool)), CurrentPacks(str(now.spool))
    good = current()
    _pack(packs, "Zehntausend Leser .+", line)  # its own hit is not matched
    snapshot.publish(packs)
    assert current() is not None
    assert [pack.reference for pack in current().all] == [pack.reference for pack in good.all]
    [problem] = snapshot.state()["problems"]
    assert "lindau/call" in problem
    status = json.loads(CliRunner().invoke(cli, ["status", "--json", "--spool", str(now.spool)]).output)
    assert status["packs"]["problems"] == [problem]
    assert any(problem in why for why in status["why"])

    _pack(packs, "(Zwei|Zehn)tausend Leser .+", line)
    second = _clean(now, "b.txt", ARTICLE.replace("Monday", "Tuesday"))
    assert not PackSnapshot(str(now.spool)).state()["problems"]
    assert used not in second["ingest"]["packs"]

    third = _clean(make(packs=None), "c.txt", ARTICLE.replace("Monday", "Friday"))
    assert line in third["body"]
    assert current() is None


def test_packs_that_cannot_be_used_at_the_first_start_stop_it_with_one_line(make: Make, tmp_path: Path) -> None:
    (tmp_path / "broken.toml").write_text("[[rule", "utf-8")
    with pytest.raises(InvalidSettings, match=r"^INGEST_PACKS: broken\.toml: [^\n]+$"):
        runner.up(make(packs=tmp_path), once=True, clean=plain)
    with pytest.raises(InvalidSettings, match=r"^INGEST_PACKS: .*none: No such file or directory$"):
        runner.up(make(packs=tmp_path / "none"), once=True, clean=plain)


def test_a_kill_between_writing_and_publishing_leaves_the_packs_before_it(
    make: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = make()
    Path(now.spool).mkdir(exist_ok=True)
    _pack(tmp_path, "Zweitausend .+", "Zweitausend Leser")
    snapshot = PackSnapshot(str(now.spool))
    snapshot.publish(tmp_path)
    before = snapshot.state()
    _pack(tmp_path, "Zweitausend .*", "Zweitausend Leser")

    def killed(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(os, "rename", killed)
        with pytest.raises(KeyboardInterrupt):
            PackSnapshot(str(now.spool)).publish(tmp_path)
    assert snapshot.state() == before
    assert CurrentPacks(str(now.spool))() is not None
    PackSnapshot(str(now.spool)).publish(tmp_path)
    assert snapshot.state()["version"] != before["version"]


def test_an_empty_folder_of_packs_is_no_fault(tmp_path: Path) -> None:
    """As docker-compose makes it: the service starts with the built-in packs, and takes what is put there later."""
    packs = tmp_path / "packs"
    packs.mkdir()
    snapshot = PackSnapshot(str(tmp_path))
    snapshot.publish(packs)
    assert snapshot.state() == {"version": None, "problems": []}
    assert CurrentPacks(str(tmp_path))() is None
    _pack(packs, "Our letter", "Our letter")
    snapshot.publish(packs)
    assert snapshot.state()["version"]
