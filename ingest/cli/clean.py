"""`ingest clean` and `ingest schema`: records without a service."""

from __future__ import annotations

import os
import sys
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ingest.cli.files import files_in, shown, sidecar, write_whole
from ingest.cli.progress import progress
from ingest.export import FORMATS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ingest.packs import Packs
    from ingest.record import Record


@dataclass(frozen=True, slots=True)
class _Result:
    """What became of one file: its record as written, or why there is none."""

    name: str
    id: str = ""
    text: str = ""
    reason: str = ""
    message: str = ""


@click.command()
@click.argument("paths", nargs=-1, required=True, type=click.Path(path_type=Path, exists=True, allow_dash=True))
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path, file_okay=False),
    help="Write one file per article there, named by its id.",
)
@click.option(
    "--format",
    "form",
    type=click.Choice(list(FORMATS)),
    default="jsonl",
    show_default=True,
    help="The record on one line or indented; IPTC ninjs 3.1 or schema.org, on one line; the article to read.",
)
@click.option("--url", help="Where the article was published; for a single file.")
@click.option(
    "--jobs", type=click.IntRange(1), default=os.cpu_count() or 1, show_default="one a core", help="Processes."
)
@click.option(
    "--packs", type=click.Path(path_type=Path, exists=True, file_okay=False), help="Your own publisher packs."
)
@click.pass_context
def clean(
    ctx: click.Context,
    paths: tuple[Path, ...],
    output: Path | None,
    form: str,
    url: str | None,
    jobs: int,
    packs: Path | None,
) -> None:
    """Clean files, folders, or standard input (-).

    Exit status: 0 all cleaned, 1 some refused (each with a line on standard error), 2 usage.
    """
    files = list(files_in(paths))
    if not files:
        raise click.UsageError("There is no file to clean there.")
    if url and len(files) > 1:
        raise click.UsageError("--url goes with a single file.")
    if output:
        output.mkdir(parents=True, exist_ok=True)
    refused = 0
    gap = ""
    with progress(len(files)) as step:
        for result in _results(files, url, form, packs, min(jobs, len(files))):
            step()
            if result.reason:
                refused += 1
                click.echo(f"{shown(result.name)}: {result.reason}: {result.message}", err=True)
            elif output:
                write_whole(output / f"{result.id}{FORMATS[form].suffix}", result.text)
            else:
                click.echo(f"{gap}{result.text}")
                gap = FORMATS[form].gap
    ctx.exit(1 if refused else 0)


@click.command()
def schema() -> None:
    """Print the JSON Schema of a record."""
    import json

    from ingest.record import Record

    click.echo(json.dumps(Record.model_json_schema(mode="serialization"), indent=2))


def _results(files: list[Path], url: str | None, form: str, packs: Path | None, jobs: int) -> Iterator[_Result]:
    """The results in the order of the files."""
    from ingest.hands import in_children
    from ingest.packs import load_packs
    from ingest.runner import warm

    loaded = load_packs(packs)
    if len(files) == 1:
        yield _clean_file(files[0], url, form, loaded)
        return
    warm()

    def work(name: str) -> dict[str, str]:
        return asdict(_clean_file(Path(name), url, form, loaded))

    names = [os.fspath(path) for path in files]
    for name, found in zip(names, in_children(names, jobs, work), strict=True):
        yield _Result(**{"name": name} | found)


def _clean_file(path: Path, url: str | None, form: str, packs: Packs) -> _Result:
    from ingest import Rejected
    from ingest import clean as clean_bytes

    name = "-" if path == Path("-") else os.fspath(path)
    try:
        raw = sys.stdin.buffer.read() if name == "-" else path.read_bytes()
        record: Record = clean_bytes(
            raw, url=url, name=None if name == "-" else path.name, claims=sidecar(path), packs=packs
        )
    except Rejected as rejected:
        return _Result(name, reason=rejected.reason, message=rejected.message)
    except OSError as error:
        return _Result(name, reason="unreadable", message=f"{error.strerror or error}.")
    return _Result(name, record.id, FORMATS[form].write(record))
