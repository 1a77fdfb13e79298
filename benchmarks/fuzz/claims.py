"""Coverage-guided fuzzing of sidecars: any content becomes claims, notes and `extra`, or one refusal (needs `pip install atheris`).

python -m benchmarks.fuzz.claims CORPUS -max_total_time=300 -max_len=4000
"""

from __future__ import annotations

import json
import sys

import atheris

with atheris.instrument_imports(include=["ingest"]):
    from ingest import Record, Rejected, clean
    from ingest.core.text.characters import UNSAFE_CHARACTERS
    from ingest.service.sidecar import parse_sidecar

ARTICLE = b"Bridge shut\n\nThe swing bridge was shut to all traffic on Monday after inspectors found rust, the council said.\n"


def one(content: bytes) -> None:
    """Raise where a sidecar that is a JSON object refuses its article, or makes a record that is invalid."""
    try:
        claims = parse_sidecar(content)
    except Rejected as rejected:
        if rejected.reason != "invalid_claims" or not rejected.message.isprintable():
            raise AssertionError(rejected.message) from rejected
        return
    record = clean(ARTICLE, claims=claims)
    text = record.to_json()
    if Record.model_validate_json(text, strict=True) != record:
        raise AssertionError("the record changes on its way through JSON")
    if UNSAFE_CHARACTERS.search(text):
        raise AssertionError("the record holds terminal control characters")
    json.dumps(dict(record.extra), allow_nan=False)


if __name__ == "__main__":
    atheris.Setup(sys.argv, one)
    atheris.Fuzz()
