"""Coverage-guided fuzzing of packs: any pattern is refused or bounded in time, and the prefilter passes each of its matches
(needs `pip install atheris`).

    python -m benchmarks.fuzz.packs CORPUS -max_total_time=300 -timeout=20 -max_len=2000
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["ingest.core.packs"]):
    from ingest.core.packs import PackError, Packs
    from ingest.core.packs.loader import Pack, Rule, read_pack
    from ingest.core.packs.pattern import Pattern, PatternError

from ingest.core.model import Label

FILE = Path(tempfile.mkdtemp()) / "fuzz.toml"
PIECES = (
    r"\b", r"\w", r"\d", r"\s", r"\p{L}", ".", "*", "+", "?", "{2,80}", "(", ")", "(?:", "(?i:", "(?P<credit>", "|", "[", "]", "[^", "^", "$", r"\\",
    "Read also", "é", "©", "İ", " ", ":", "a", "7",
)  # fmt: skip


def one(content: bytes) -> None:
    """Raise for a pattern or pack that is neither refused nor sound."""
    given = atheris.FuzzedDataProvider(content)
    if given.ConsumeProbability() < 0.3:  # a file of any bytes
        FILE.write_bytes(given.ConsumeBytes(2000))
        try:
            read_pack(FILE)
        except PackError as error:
            if "\n" in str(error):
                raise AssertionError(f"{error!r} is more than a line") from error
        return
    source = "".join(given.PickValueInList(list(PIECES)) for _ in range(given.ConsumeIntInRange(1, 25)))
    text = " ".join(given.ConsumeUnicodeNoSurrogates(60).split())
    place = given.PickValueInList(["whole", "tail"])
    try:
        pattern = Pattern(source, place)
    except PatternError:
        return
    rule = Rule("fuzz/rule", pattern, (), (), Label.PROMO, "tail" if place == "tail" else "block")
    packs = Packs([Pack("fuzz", None, (), (), (), (rule,), ())])
    try:
        match = pattern.search(text)
    except TimeoutError:
        return
    if match and not packs.candidates([text])[0]:
        raise AssertionError(f"the prefilter lost {text!r} of {source!r}")


if __name__ == "__main__":
    atheris.Setup(sys.argv, one)
    atheris.Fuzz()
