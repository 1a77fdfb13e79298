"""Coverage-guided fuzzing of the core: any bytes become a record or a refusal (needs `pip install atheris`, Python 3.11 to 3.13).

    python -m benchmarks.fuzz.parse CORPUS -max_total_time=300 -timeout=60 -max_len=20000 -rss_limit_mb=8000

CORPUS is a folder that keeps what was found; when it is empty it is filled with the hostile files.
"""

from __future__ import annotations

import sys
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["ingest"]):
    from ingest import Record, Rejected, clean
    from ingest.core.text.characters import UNSAFE_CHARACTERS

from tests.support.hostile import write

MAX_SEED_BYTES = 50_000
"""Larger files are not worth mutating."""


def one(content: bytes) -> None:
    """Raise for whatever gives neither a valid record nor a refusal."""
    try:
        record = clean(content, name="fuzz")
    except Rejected as rejected:
        if not rejected.reason.isidentifier() or not rejected.message.isprintable():
            raise AssertionError(rejected.message) from rejected
        return
    text = record.to_json()
    if Record.model_validate_json(text) != record:
        raise AssertionError("the record changes on its way through JSON")
    if UNSAFE_CHARACTERS.search(record.body) or any(UNSAFE_CHARACTERS.search(row.text) for row in record.removed):
        raise AssertionError("the record holds terminal control characters")


if __name__ == "__main__":
    folder = next((Path(argument) for argument in sys.argv[1:] if not argument.startswith("-")), None)
    if folder and not any(folder.glob("*")):
        write(folder)
        for path in folder.iterdir():
            if path.stat().st_size > MAX_SEED_BYTES:
                path.unlink()
    atheris.Setup(sys.argv, one)
    atheris.Fuzz()
