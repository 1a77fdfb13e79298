"""Golden records of formats: what each file in tests/golden/formats becomes. `python -m tests.support.formats` writes them anew."""

from __future__ import annotations

import io
import json
from pathlib import Path

from ingest import Rejected, clean
from ingest.core.containers import Member, RefusedMember, registry
from ingest.core.limits import LIMITS

FOLDER = Path(__file__).parents[1] / "golden" / "formats"
FILES = sorted(path for path in FOLDER.iterdir() if not path.name.endswith(".records"))


def golden_path(path: Path) -> Path:
    return path.with_name(f"{path.name}.records")


def records(path: Path) -> str:
    """What a file becomes, in order: records as JSON, and refusals as "reason: message"."""
    content = path.read_bytes()
    found = registry.sniff(content, LIMITS)
    members = registry.read(found, io.BytesIO(content), LIMITS) if found else [content]
    return "\n".join(_outcome(member, path.name) for member in members) + "\n"


def _outcome(member: Member | RefusedMember | bytes, name: str) -> str:
    assert not isinstance(member, RefusedMember)
    try:
        return clean(member, name=name, container=name if isinstance(member, Member) else None).to_json(indent=2)
    except Rejected as refused:
        return json.dumps(f"{refused.reason}: {refused.message}")


if __name__ == "__main__":
    for each in FILES:
        golden_path(each).write_text(records(each))
