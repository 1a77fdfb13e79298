"""What must be true of a spool in the end, whatever happened to it: sources, records and journal lines agree."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Mapping
from pathlib import Path

from ingest.service.settings import Settings
from tests.support.processes import records_in


def sources_in(folder: Path) -> list[str]:
    """Names of the files that were dropped, wherever they lie in a folder of the spool."""
    return [
        path.name[24:].rpartition("%2F")[2]
        for path in folder.rglob("*")
        if len(path.name) > 24 and path.name[23] in "~!"
    ]


def disagreements(settings: Settings, given: Mapping[str, bytes]) -> list[str]:
    """What is wrong, one sentence each. `given`: the files that were dropped, each under a name of its own."""
    wrong = []
    raw = (settings.spool / "journal.jsonl").read_bytes()
    lines = []
    for line in raw.splitlines(keepends=True):
        try:
            lines.append(json.loads(line))
        except ValueError:
            wrong.append(f"not a line: {line[:80]!r}")
        if not line.endswith(b"\n"):
            wrong.append("the last line is torn")
    line_counts = Counter(line["name"] for line in lines)
    done, refused = sources_in(settings.spool / "done"), sources_in(settings.spool / "quarantine")
    waiting = [path.name for path in (settings.spool / "inbox").rglob("*") if path.is_file()]
    places = Counter([*done, *refused, *sources_in(settings.spool / "claimed"), *waiting])
    records = {path.stem for path in records_in(settings.out)}
    for name, content in given.items():
        if places[name] != 1:
            wrong.append(f"{name} lies in {places[name]} places")
        if line_counts[name] != 1:
            wrong.append(f"{name} has {line_counts[name]} lines")
        if name in done and hashlib.sha256(content).hexdigest() not in records:
            wrong.append(f"{name} is done and has no record")
    wrong.extend(
        f"{line['name']} has the outcome {line['outcome']} and lies elsewhere"
        for line in lines
        if line["name"] not in (refused if line["outcome"] == "refused" else done)
    )
    wrong.extend(f"nobody dropped {name}" for name in line_counts.keys() - given.keys())
    reasons = list((settings.spool / "quarantine").rglob("*.reason.json"))
    if len(reasons) != len(refused):
        wrong.append(f"{len(refused)} refused sources have {len(reasons)} reasons")
    return wrong
