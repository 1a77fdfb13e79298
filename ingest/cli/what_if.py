"""`ingest what-if`: what other packs or another memory would change in the records of the kept sources, before they are used."""

from __future__ import annotations

import json
import os
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ingest.cli.files import LocalPath, OneLineError, cannot_write, escape_for_display
from ingest.cli.options import settings_of_folder, with_settings
from ingest.cli.progress import progress

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from ingest.core.what_if import Knowledge
    from ingest.service.settings import Settings
    from ingest.service.spool import Spool

MAX_PUBLISHERS_SHOWN = 20


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
    """Clean the kept sources as the service does now, and with a folder of packs or a memory of `ingest learn`; list what changes.

    Nothing is written but the list. `ingest reclean --changed LIST` then cleans the changed sources alone. Members of containers are skipped.
    """
    from ingest.core.preload import preload
    from ingest.service.composition import open_service
    from ingest.service.spool import filenames
    from ingest.service.workers.ordered_map import map_in_workers

    settings = settings_of_folder(**flags)
    service = open_service(settings)
    before, after, version = _knowledge(target, settings)
    done = _done(output, version)
    wanted = None
    if publisher:
        wanted = {line["token"] for line in service.journal.lines() if line.get("publisher") == publisher}
    paths = [
        path
        for path in service.spool.settled("done")
        if (token := filenames.token_of(path.rpartition("/")[2])) not in done and (wanted is None or token in wanted)
    ]
    preload()
    work = _work(service.spool, settings, before, after)
    try:
        with output.open("a", encoding="utf-8") as lines:
            if not done:
                lines.write(json.dumps({"what_if": version}) + "\n")
            with progress(len(paths), prints_records=False) as bar:
                for answer, path in zip(map_in_workers(paths, jobs, work) if paths else (), paths, strict=True):
                    bar.step(answer)
                    lines.write(json.dumps({"token": filenames.token_of(path.rpartition("/")[2]), **answer}) + "\n")
                    lines.flush()
    except OSError as error:
        raise cannot_write(output, error) from None
    _summarise(_lines(output))


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


def _work(spool: Spool, settings: Settings, before: Knowledge, after: Knowledge) -> Callable[[str], dict[str, Any]]:
    from ingest.service.spool import containers, filenames

    def work(path: str) -> dict[str, Any]:
        from ingest.core.what_if import difference
        from ingest.errors import Rejected

        try:
            if spool.read_member(path) is not None or containers.progress_of(spool, path) is not None:
                return {"skipped": "container"}
            found = difference(
                spool.read(path, settings.max_bytes),
                before,
                after,
                name=filenames.display_name(spool.whole_name(path)),
                claims=spool.read_sidecar(path),
                limits=settings.limits,
            )
        except Rejected as rejected:
            return {"skipped": str(rejected.reason)}
        except OSError as error:
            return {"skipped": f"unreadable: {error.strerror}"}
        if found is None:
            return {}
        words = {"before": found.words[0], "after": found.words[1]}
        return {
            "id": found.id,
            "name": filenames.display_name(spool.whole_name(path)),
            "publisher": found.publisher,
            "changed": list(found.fields),
            "rules": dict(found.rules),
            "words": words,
            "refused": found.refused,
        }

    return work


def _lines(path: Path) -> list[dict[str, Any]]:
    found = []
    if path.exists():
        for line in path.read_text("utf-8").splitlines():
            try:
                found.append(json.loads(line))
            except ValueError:  # the last line of a run that was killed
                continue
    return [line for line in found if isinstance(line, dict)]


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
    rows = [line for line in lines if "token" in line]
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
