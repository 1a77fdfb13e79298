"""`ingest learn`: what publishers repeat over their articles, learned from files in one go."""

from __future__ import annotations

import base64
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ingest.cli.files import ARTICLES, PACKS, LocalPath, escape_for_display, files_in
from ingest.cli.memory_file import MEMORY, read_memory, write_memory
from ingest.cli.sandboxed import each_with_members

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ingest.core.memory.observation import Observation


@click.command()
@click.argument("paths", nargs=-1, required=True, type=ARTICLES)
@click.option("-o", "--output", type=LocalPath(path_type=Path, dir_okay=False), help="Write the memory to this file.")
@MEMORY
@click.option("--packs", type=PACKS, help="Folder of your own publisher packs.")
@click.option(
    "--jobs", type=click.IntRange(1), default=os.cpu_count() or 1, show_default="one per core", help="Worker processes."
)
@click.option(
    "--propose",
    type=LocalPath(path_type=Path, file_okay=False),
    help="Write a pack for each publisher to this folder, with rules for what comes back, to read and to keep.",
)
def learn(
    paths: tuple[Path, ...],
    output: Path | None,
    memory_file: Path | None,
    packs: Path | None,
    jobs: int,
    propose: Path | None,
) -> None:
    """Learn from files and folders which lines a publisher repeats over its different articles, copies of one story counted once.

    A file's publisher is that of its sidecar, its address or its content; texts that name none are told apart by the lines they share.
    With --memory the file's knowledge is added to. `ingest clean --memory FILE` uses the result.
    """
    from ingest.core.learn import NOTHING, remember

    if output is None and propose is None:
        raise click.UsageError("Give -o FILE, --propose FOLDER or both.")
    files = list(files_in(paths))
    if not files:
        raise click.UsageError("There is no file to learn from.")
    before = read_memory(memory_file) or NOTHING
    seen = list(_observations(files, paths, packs, jobs))
    memory = remember(seen, memory=before)
    if output:
        write_memory(output, memory)
    stories = sum(known.stories for known in memory.publishers.values())
    click.echo(
        f"{len(seen)} articles: {len(memory.publishers)} publishers, {stories} stories, version {memory.version}",
        err=True,
    )
    if propose:
        from ingest.cli.propose import write_packs

        write_packs(files, memory, propose, named=paths, packs=packs, jobs=jobs)


def _observations(
    files: Sequence[Path], named: tuple[Path, ...], packs: Path | None, jobs: int
) -> Iterator[Observation]:
    """What is learned of each article; those that are refused are named on standard error."""
    from ingest.core.limits import LIMITS
    from ingest.core.memory.observation import Observation

    found = each_with_members(files, _observed, named=named, url=None, packs=packs, jobs=jobs, limits=LIMITS)
    for path, answer in found:
        if "seen" in answer:
            yield Observation.unpack(base64.b64decode(answer["seen"]))
        elif "reason" in answer:
            click.echo(f"{escape_for_display(str(path))}: {answer['reason']}: {answer['message']}", err=True)


def _observed(raw: bytes, **given: Any) -> dict[str, str]:
    from ingest.core.learn import observe_article
    from ingest.core.pipeline import label_article

    return {"seen": base64.b64encode(observe_article(label_article(raw, **given)).pack()).decode()}
