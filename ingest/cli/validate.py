"""`ingest validate`: records are checked against the schema."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from ingest.cli.files import LocalPath, escape_for_display

if TYPE_CHECKING:
    from collections.abc import Iterator


@click.command()
@click.argument(
    "files", nargs=-1, required=True, type=LocalPath(path_type=Path, exists=True, dir_okay=False, allow_dash=True)
)
@click.pass_context
def validate(ctx: click.Context, files: tuple[Path, ...]) -> None:
    """Check records against the schema: JSON Lines, or one record per file; standard input is -.

    Each invalid record gives one line on standard error: file and line, the field, and what is wrong. Exit status: 0 all records
    are valid, 1 a record is invalid or there is none, 2 usage.
    """
    seen = broken = 0
    for path in files:
        for where, text in records_in(path):
            seen += 1
            if complaint := _complaint(text):
                broken += 1
                click.echo(f"{where}: {complaint}", err=True)
    click.echo(f"{seen} records: {f'{broken} invalid' if broken else 'all valid' if seen else 'nothing to check'}")
    ctx.exit(1 if broken or not seen else 0)


def records_in(path: Path) -> Iterator[tuple[str, bytes]]:
    """Each record's position (file, line) and JSON. If the first line ends in a brace, the file is read as JSON Lines."""
    name = escape_for_display(str(path))
    with click.open_file(str(path), "rb") as file:
        lines = ((number, line) for number, line in enumerate(file, 1) if line.strip())
        number, first = next(lines, (0, b""))
        if first.rstrip().endswith(b"}"):
            yield f"{name}:{number}", first
            yield from ((f"{name}:{number}", line) for number, line in lines)
        elif first:
            yield name, first + file.read()


def _complaint(text: bytes) -> str | None:
    """What is wrong with a record, each field once, or None."""
    from pydantic import ValidationError

    from ingest.core.record import Record

    try:
        Record.model_validate_json(text, strict=True)
    except ValidationError as error:
        found = (f"{'.'.join(map(str, e['loc'])) or 'record'}: {e['msg']}" for e in error.errors(include_input=False))
        return escape_for_display("; ".join(found))
    return None
