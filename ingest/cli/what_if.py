"""`ingest what-if`: what other packs or another memory would change in the records of the kept sources, before they are used."""

from __future__ import annotations

import json
import os
from collections import Counter
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ingest.cli.files import LocalPath, OneLineError, cannot_write, escape_for_display
from ingest.cli.kept_sources import KeptSources
from ingest.cli.options import settings_of_folder, with_settings
from ingest.cli.progress import progress

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

    from ingest.core.containers import Member
    from ingest.core.what_if import Knowledge
    from ingest.service.settings import Settings
    from ingest.service.spool import Spool

MAX_PUBLISHERS_SHOWN = 20
SAID = ("token", "id", "name", "publisher", "changed", "rules", "words", "refused", "skipped", "members")
"""What is written of each article. Of a container there is the number of its members, once all are looked at."""


@click.command("what-if")
@click.argument("target", metavar="PACKS|MEMORY", type=LocalPath(path_type=Path, exists=True))
@with_settings
@click.option(
    "-o",
    "--output",
    type=LocalPath(path_type=Path, dir_okay=False),
    default=Path("what-if.jsonl"),
    show_default=True,
    help="JSON Lines, one for each source; a run that was interrupted goes on from here.",
)
@click.option("--publisher", help="Only sources of this publisher, by domain or name.")
@click.option(
    "--jobs", type=click.IntRange(1), default=os.cpu_count() or 1, show_default="one per core", help="Worker processes."
)
def what_if(target: Path, output: Path, publisher: str | None, jobs: int, **flags: Any) -> None:
    """List what changes in the records of the kept sources with a folder of packs or a memory of `ingest learn`.

    Nothing is written but the list. `ingest reclean --changed LIST` then cleans the changed sources alone.
    """
    from ingest.core.preload import preload
    from ingest.service.composition import open_service

    settings = settings_of_folder(**flags)
    service = open_service(settings)
    before, after, version = _knowledge(target, settings)
    done = _done(output, version)
    wanted = None
    if publisher:
        wanted = {line["token"] for line in service.journal.lines() if line.get("publisher") == publisher}
    paths = list(_paths(service.spool, done, wanted))
    preload()

    def is_wanted(token: str) -> bool:
        return token not in done and (wanted is None or token in wanted)

    compare = partial(_compared, before, after, settings.min_confidence)
    answers = _answers(paths, jobs, KeptSources(service.spool, settings, compare, is_wanted))
    try:
        with output.open("a", encoding="utf-8") as lines:
            lines.write(_beginning(output, version))
            with progress(len(paths), prints_records=False) as bar:
                for answer in answers:
                    bar.step(answer)
                    token = answer.get("token")
                    if token and (wanted is None if "members" in answer else is_wanted(token)):
                        lines.write(json.dumps({name: answer[name] for name in SAID if name in answer}) + "\n")
                        lines.flush()
    except OSError as error:
        raise cannot_write(output, error) from None
    _summarise(_lines(output))


def _paths(spool: Spool, done: Collection[str], wanted: Collection[str] | None) -> Iterator[str]:
    """The sources that are to be looked at, and the containers that have members which are."""
    from ingest.service.spool import containers, filenames

    for path in spool.settled("done"):
        token = filenames.token_of(path.rpartition("/")[2])
        if token in done:
            continue
        if wanted is None or token in wanted or containers.progress_of(spool, path):
            yield path


def _answers(paths: Sequence[str], jobs: int, work: KeptSources) -> Iterator[dict[str, Any]]:
    """What is said of each article, with its `token`; and after those of a container the number of its `members`, with its own token."""
    from ingest.service.spool import filenames
    from ingest.service.workers.ordered_map import map_members_in_workers

    members = 0
    for index, answer in map_members_in_workers(paths, jobs, work) if paths else ():
        token = filenames.token_of(paths[index].rpartition("/")[2])
        said = {"skipped": answer["reason"], **answer} if "reason" in answer else dict(answer)
        if "container" in said:
            members = 0
            yield said
        elif "end" in said:
            yield {"token": token, "members": members} | said
        elif "member" in said:
            members += 1
            yield {"token": filenames.member_token(token, members)} | said
        else:
            yield {"token": token} | said


def _knowledge(target: Path, settings: Settings) -> tuple[Knowledge, Knowledge, str]:
    """What the service uses, what it would use, and the version of the latter."""
    from ingest.cli.memory_file import read_memory
    from ingest.cli.sandboxed import usable_packs
    from ingest.core.what_if import Knowledge
    from ingest.service.memory_snapshot import CurrentMemory
    from ingest.service.pack_snapshot import CurrentPacks

    spool = str(settings.root)
    before = Knowledge(CurrentPacks(spool)(), None if settings.memory == "off" else CurrentMemory(spool)())
    if target.is_dir():
        after = before._replace(packs=usable_packs(target))
        own = sorted(pack.reference for pack in after.packs.all if pack.version) if after.packs else []
        return before, after, "packs " + " ".join(own)
    after = before._replace(memory=read_memory(target))
    return before, after, f"memory {after.memory.version if after.memory else None}"


def _compared(
    before: Knowledge, after: Knowledge, min_confidence: Mapping[str, float], raw: bytes | Member, **given: Any
) -> dict[str, Any]:
    """What changes in the record of an article; nothing where nothing does. Raises `Rejected`."""
    from ingest.core.what_if import difference

    found = difference(raw, before, after, min_confidence=min_confidence, **given)
    if found is None:
        return {}
    return {
        "id": found.id,
        "name": given.get("name") or given.get("container"),
        "publisher": found.publisher,
        "changed": list(found.fields),
        "rules": dict(found.rules),
        "words": {"before": found.words[0], "after": found.words[1]},
        "refused": found.refused,
    }


def _lines(path: Path) -> list[dict[str, Any]]:
    found = []
    if path.exists():
        for line in path.read_text("utf-8").splitlines():
            try:
                found.append(json.loads(line))
            except ValueError:  # the last line of a run that was killed
                continue
    return [line for line in found if isinstance(line, dict)]


def _beginning(output: Path, version: str) -> str:
    """What is to be written before the first line: of a new list its head, and what ends a line that was torn by a kill."""
    if not output.stat().st_size:
        return json.dumps({"what_if": version}) + "\n"
    return "" if output.read_bytes().endswith(b"\n") else "\n"


def _done(output: Path, version: str) -> set[str]:
    """The tokens that an earlier run has looked at; an error if it was another question."""
    lines = _lines(output)
    asked = next((line["what_if"] for line in lines if "what_if" in line), version)
    if lines and asked != version:
        raise OneLineError(
            f"{escape_for_display(str(output))} is about {escape_for_display(str(asked))}: give another file with -o, or delete it"
        )
    return {line["token"] for line in lines if "token" in line}


def changed_tokens(path: Path) -> set[str]:
    """The tokens of the sources whose records change, from the list that `what-if` wrote."""
    return {line["token"] for line in _lines(path) if line.get("id") and "token" in line}


def _summarise(lines: Iterable[dict[str, Any]]) -> None:
    named = {line["token"]: line for line in lines if "token" in line}
    rows = [line for line in named.values() if "members" not in line or "skipped" in line]
    changed = [line for line in rows if line.get("id")]
    skipped = Counter(str(line["skipped"]) for line in rows if "skipped" in line)
    click.echo(f"{len(rows)} sources, {len(changed)} records change, {sum(skipped.values())} skipped")
    for title, counts in (
        ("rule", Counter(rule for line in changed for rule in line["rules"])),
        ("publisher", Counter(line["publisher"] or "-" for line in changed)),
        ("field", Counter(name for line in changed for name in line["changed"])),
        ("refused", Counter(line["refused"] for line in changed if line["refused"])),
        ("skipped", skipped),
    ):
        for name, count in counts.most_common(MAX_PUBLISHERS_SHOWN):
            click.echo(f"{count:>8}  {title:<10} {escape_for_display(name)}")
