"""The generated pages of docs/, and the closed list of reasons."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import ingest
from ingest.core.labelling.refusal import _MESSAGES
from ingest.core.text.wordlists import load_wordlists
from ingest.errors import IngestError, InvalidSettings, NotInSpool, Reason, Rejected, SpoolError, TransientError
from ingest.service.reference import PAGES

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("name", PAGES)
def test_a_generated_page_is_current(name: str) -> None:
    assert (ROOT / "docs" / name).read_text("utf-8") == PAGES[name](), "run: make docs"


def test_the_list_of_reasons_is_closed() -> None:
    with pytest.raises(ValueError, match="not_a_reason"):
        Rejected("not_a_reason", "An unknown reason.")
    tables = load_wordlists("page")
    assert {*tables["vain_titles"], *tables["refusals"], *_MESSAGES} <= set(Reason)
    assert all(reason.meaning.endswith(".") and reason.remedy.endswith(".") for reason in Reason)


def test_every_reason_in_the_code_is_one_of_the_list() -> None:
    files = {str(path.relative_to(ROOT)): path.read_text() for path in (ROOT / "ingest").rglob("*.py")}
    used = {name for text in files.values() for name in re.findall(r"(?:Rejected|Refused)\(\s*([^\s,)]+)", text)}
    constants = {name for name in used if name.startswith(("Reason.", '"', "'"))}
    assert constants <= {f"Reason.{reason.name}" for reason in Reason}
    texts = [text for name, text in files.items() if name != "ingest/errors.py"]
    assert all(any(f"Reason.{reason.name}" in text for text in texts) for reason in Reason if reason not in _MESSAGES)


def test_the_exceptions_have_one_base() -> None:
    assert all(
        issubclass(each, IngestError) for each in (Rejected, InvalidSettings, NotInSpool, SpoolError, TransientError)
    )
    assert ingest.Rejected is Rejected
    assert ingest.Reason.EMPTY == "empty"
