"""Coverage-guided fuzzing of what others put into the spool: names, tickets, sidecars (needs `pip install atheris`).

    python -m benchmarks.fuzz.spool names CORPUS -max_total_time=300 -timeout=20 -max_len=5000      # or tickets, or sidecars

A name is kept whole on every path and returns nowhere but to the inbox; a ticket has the form of one or is dropped; an article with
any bytes as its sidecar has one outcome, in one place, with one line in the journal. CORPUS keeps what was found; when it is empty it is filled
with the hostile names or tickets.
"""

from __future__ import annotations

import contextlib
import json
import logging
import os
import shutil
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import atheris

with atheris.instrument_imports(include=["ingest.service.spool", "ingest.service.job"]):
    from ingest.core.model import Stored
    from ingest.core.pipeline import clean
    from ingest.service.composition import open_service
    from ingest.service.environment import load_settings
    from ingest.service.spool import NotInSpool, Spool, filenames

from tests.support.hostile import ARTICLE, NAMES, TICKETS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

TOP = Path(tempfile.mkdtemp(dir="/dev/shm" if os.access("/dev/shm", os.W_OK) else None))  # noqa: S108 - never synced to a disk
SETTINGS = load_settings(spool=TOP / "spool", out=TOP / "out", keep_days=0, on_duplicate="replace")
SPOOL = Spool(SETTINGS.spool)
JOB = open_service(SETTINGS).open_job(clean=clean)
INBOX, CLAIMED = SETTINGS.spool / "inbox", SETTINGS.spool / "claimed"
KNOWN = {"spool", "out"}


def one_name(content: bytes) -> None:
    """Raise for a path that changes in the spool or leads out of the inbox."""
    place = os.fsdecode(content)
    parts = place.split("/")
    if "\0" in place or any(part in {"", ".", ".."} for part in parts):
        return
    name = filenames.claimed_name(filenames.new_token(), place)
    if not filenames.is_ticket(f"claimed/{name}") or (not name.isascii() and "\udc80" in name):
        raise AssertionError(f"{name!a} is not a ticket")
    path = f"claimed/{name}"
    folder = (INBOX / place).parent
    try:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / parts[-1]).write_bytes(b"text")
    except OSError:  # too long for this disk
        return
    path = str(SPOOL.claim(place))
    if filenames.inbox_path_of(SPOOL.whole_name(path)) != place:
        raise AssertionError(f"{place!a} was changed")
    SPOOL.return_to_inbox(path)
    _returned_to_inbox(place)


def one_written_name(content: bytes) -> None:
    """Raise for a claimed name, of an older version or from somebody else, that leads out of the inbox."""
    name = f"{filenames.new_token()}~{content.decode(errors='replace')}"
    if not filenames.is_source(name):
        return
    try:
        (CLAIMED / name).write_bytes(b"text")
    except OSError:
        return
    SPOOL.return_to_inbox(f"claimed/{name}")
    _returned_to_inbox(name)


def one_ticket(content: bytes) -> None:
    """Raise for a ticket that is neither dropped nor a name in `claimed`."""
    given: Any = content.decode(errors="replace")
    with contextlib.suppress(ValueError, RecursionError):
        given = json.loads(content)
    for ticket in filenames.tickets(given):
        folder, name = filenames.split_ticket(ticket)
        if folder != "claimed" or "/" in name or "\0" in name or name in {".", ".."}:
            raise AssertionError(f"{ticket!a} is a ticket")
        if SPOOL.holds(ticket):
            raise AssertionError(f"{ticket!a} is there")
    for step in (SPOOL.open, SPOOL.read_sidecar, SPOOL.reason, SPOOL.delete, SPOOL.whole_name, SPOOL.done):
        with contextlib.suppress(NotInSpool, FileNotFoundError):
            step(given)
    _nothing_outside()


def one_sidecar(content: bytes) -> None:
    """Raise for a sidecar that deprives its article of its one outcome."""
    path = SPOOL.deposit(ARTICLE.encode(), name="fuzz.txt")
    (CLAIMED / (filenames.token_of(path[8:]) + filenames.SIDECAR)).write_bytes(content)
    outcome = JOB.run(path)
    reason = getattr(outcome, "reason", None)
    if reason in {"bug", "not_a_file"} or not (reason or outcome == Stored()):
        raise AssertionError(f"{outcome}")
    if any(CLAIMED.iterdir()):
        raise AssertionError("something stayed in claimed")
    lines = (SETTINGS.spool / "journal.jsonl").read_bytes().splitlines()
    if len(lines) != 1 or json.loads(lines[0])["token"] != filenames.token_of(path[8:]):
        raise AssertionError("not one line in the journal")
    (SETTINGS.spool / "journal.jsonl").unlink()
    for kept in list(SPOOL.settled("quarantine")):
        SPOOL.delete(kept)
    _nothing_outside()


def _returned_to_inbox(name: str) -> None:
    back = [each for each in INBOX.rglob("*") if each.is_file()]
    if len(back) != 1 or any(CLAIMED.iterdir()):
        raise AssertionError(f"{name!a} came back as {back!a}")
    for each in INBOX.iterdir():
        shutil.rmtree(each) if each.is_dir() else each.unlink()
    _nothing_outside()


def _nothing_outside() -> None:
    if (found := {each.name for each in TOP.iterdir()}) != KNOWN:
        raise AssertionError(f"{found - KNOWN} appeared outside")


def both_names(content: bytes) -> None:
    """Any bytes as a path below the inbox, and as a name in `claimed`."""
    one_name(content)
    one_written_name(content)


TARGETS: dict[str, tuple[Callable[[bytes], None], Iterable[bytes]]] = {
    "names": (both_names, (os.fsencode(name) for name in NAMES)),
    "tickets": (one_ticket, (json.dumps(ticket).encode() for ticket in TICKETS)),
    "sidecars": (
        one_sidecar,
        (b'{"url": "https://example.org/a", "section": "World", "authors": ["A B"]}', b"[]", b"[" * 5000, b"\xff"),
    ),
}


if __name__ == "__main__":
    logging.disable()
    SPOOL.prepare()
    SETTINGS.out.mkdir(exist_ok=True)
    target, seeds = TARGETS[sys.argv.pop(1)]
    corpus = next((Path(argument) for argument in sys.argv[1:] if not argument.startswith("-")), None)
    if corpus and not any(corpus.glob("*")):
        for number, seed in enumerate(seeds):
            (corpus / str(number)).write_bytes(seed)
    atheris.Setup(sys.argv, target)
    atheris.Fuzz()
