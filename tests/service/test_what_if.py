"""`ingest what-if` over kept sources: members of containers too, on from where it was interrupted, and no more than what changes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from ingest.service.settings import Settings

Make = Callable[..., Settings]
PACK = """
name = "The Lantern"
domains = ["lantern.example"]

[[rule]]
id = "letter"
label = "promo"
match = 'Our letter comes every .+'
hits = ["Our letter comes every Monday"]
misses = ["Our letter"]
"""


def page(number: int, *, domain: str, letter: bool) -> str:
    body = "".join(
        f"<p>On day {number} the harbour master said in room {row} that boat {number * 7 + row} would sail again, and that the council had agreed to pay.</p>"
        for row in range(5)
    )
    tail = (
        "<p>Our letter comes every Monday morning, with the news of the week and of the harbour.</p>" if letter else ""
    )
    return (
        f'<html><head><link rel="canonical" href="https://{domain}/{number}-story"></head><body><article>'
        f"<h1>Boat {number} sails again</h1>{body}{tail}</article></body></html>"
    )


def run(settings: Settings, *words: str) -> subprocess.CompletedProcess[str]:
    folders = {"INGEST_SPOOL": str(settings.spool), "INGEST_OUT": str(settings.out), "INGEST_SETTLE_SECONDS": "0"}
    return subprocess.run(
        [sys.executable, "-m", "ingest", *words], timeout=120, check=False, capture_output=True, text=True, env={**os.environ, **folders}
    )  # fmt: skip


def test_members_are_looked_at_and_an_interrupted_run_goes_on(make: Make, tmp_path: Path) -> None:
    settings = make()
    inbox = settings.spool / "inbox"
    inbox.mkdir(parents=True)
    pages = [("lantern.example", True), ("lantern.example", False), ("beacon.example", True), ("lantern.example", True)]
    lines = (
        json.dumps({"url": f"https://{domain}/{at}", "html": page(at, domain=domain, letter=letter)})
        for at, (domain, letter) in enumerate(pages)
    )
    (inbox / "crawl.jsonl").write_text("\n".join(lines))
    (inbox / "single.html").write_text(page(5, domain="lantern.example", letter=True))
    assert run(settings, "up", "--once").returncode == 0
    packs, listed = tmp_path / "packs", tmp_path / "list"
    packs.mkdir()
    (packs / "lantern.toml").write_text(PACK)

    whole = run(settings, "what-if", str(packs), "-o", str(listed))
    assert whole.stdout.splitlines()[0] == "5 sources, 4 records change, 0 skipped", whole.stderr
    assert "3  rule       lantern/letter" in whole.stdout
    written = listed.read_text().splitlines()
    changed = {json.loads(line)["id"] for line in written if "id" in json.loads(line)}

    listed.write_text("\n".join(written[:3]) + '\n{"token": "to')  # a kill after two articles
    assert run(settings, "what-if", str(packs), "-o", str(listed)).stdout == whole.stdout
    assert run(settings, "what-if", str(packs), "-o", str(listed)).stdout == whole.stdout

    settled = [json.loads(path.read_text()) for path in settings.out.rglob("*.json")]
    assert len(settled) == 5
    assert changed == {
        record["id"] for record in settled if "lantern" in record["url"]
    }  # the pack names the publisher, too
