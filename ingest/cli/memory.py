"""`ingest memory show|export|reset`: what is known about publishers, in a file or in the service."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ingest.cli.files import ARTICLES, OneLineError, files_in
from ingest.cli.memory_file import MEMORY, read_memory, write_memory
from ingest.cli.options import settings_of_folder, with_settings

if TYPE_CHECKING:
    from ingest.core.memory.publisher import PublisherMemory
    from ingest.core.memory.snapshot import Memory

MAX_SHOWN_CHARACTERS = 100


@click.group()
def memory() -> None:
    """Memory of publishers: what the service knows, or with --memory what a file knows."""


def _with_memory(command: Callable[..., Any]) -> Callable[..., Any]:
    return with_settings(MEMORY(command))


@memory.command()
@click.argument("publisher", required=False)
@click.argument("paths", nargs=-1, type=ARTICLES)
@_with_memory
def show(publisher: str | None, paths: tuple[Path, ...], memory_file: Path | None, **flags: Any) -> None:
    """List the publishers that are known, or the lines of one of them, the most frequent first.

    Only hashes of lines are kept. With articles of the publisher (PATHS) the lines are shown that stand in them.
    """
    known = _memory(memory_file, flags)
    if publisher is None:
        for each in sorted(known.publishers.values(), key=lambda each: (-each.stories, each.name)):
            often = int((each.lines["stories"] > 1).sum())
            changed = f", template changed {each.changes} times" if each.changes else ""
            click.echo(f"{each.name:<32} {each.stories:>5} stories, {often:>5} lines come back{changed}")
        return
    from ingest.core.memory.observation import LABELS, OF_MEMORY
    from ingest.core.memory.publisher import KINDS

    texts = _texts(paths)
    chosen = _publisher(known, publisher)
    rows = [row for row in chosen.lines if row["stories"] > 1]
    for row in sorted(rows, key=lambda row: (-int(row["stories"]), int(row["key"]))):
        label = "body" if row["label"] == OF_MEMORY else LABELS[row["label"]].value
        where = "ends articles" if 2 * row["ends"] > row["stories"] else ""
        unknown = f"{KINDS[row['place']]} {int(row['key']):016x}"
        text = texts.get(int(row["key"]), unknown)[:MAX_SHOWN_CHARACTERS]
        click.echo(f"{int(row['stories']):>5} of {chosen.stories:<5} {label:<16} {where:<14} {text}".rstrip())


@memory.command()
@click.argument("publisher", required=False)
@_with_memory
def export(publisher: str | None, memory_file: Path | None, **flags: Any) -> None:
    """Print what is known, about all publishers or one, as JSON Lines: one object for each line, each place of its
    pages and each form of the lines around its texts.
    """
    from ingest.core.memory.observation import LABELS, OF_MEMORY
    from ingest.core.memory.publisher import KINDS
    from ingest.service.logs import json_line

    known = _memory(memory_file, flags)
    chosen = known.publishers.values() if publisher is None else [_publisher(known, publisher)]
    for each in chosen:
        for row in each.lines:
            counts = {name: int(row[name]) for name in ("stories", "body", "below", "ends")}
            label = None if row["label"] == OF_MEMORY else LABELS[row["label"]].value
            click.echo(
                json_line(
                    {
                        "publisher": each.name,
                        KINDS[row["place"]]: f"{int(row['key']):016x}",
                        "of": each.stories,
                        **counts,
                        "label": label,
                    }
                )
            )


@memory.command()
@click.argument("publisher")
@_with_memory
def reset(publisher: str, memory_file: Path | None, **flags: Any) -> None:
    """Forget all that is known about one publisher. A running service does so within seconds."""
    known = _memory(memory_file, flags)
    _publisher(known, publisher)
    if memory_file:
        write_memory(memory_file, known.without(publisher))
        return
    from ingest.service.memory_snapshot import forget_publisher

    now = forget_publisher(str(settings_of_folder(**flags).root), publisher)
    click.echo(
        f"{publisher} is forgotten" if now else f"{publisher} will be forgotten by the running service", err=True
    )


def _memory(memory_file: Path | None, flags: dict[str, Any]) -> Memory:
    if memory_file:
        return read_memory(memory_file)  # type: ignore[return-value]
    from ingest.errors import InvalidMemory
    from ingest.service.memory_snapshot import MemorySnapshot

    settings = settings_of_folder(**flags)
    try:
        known = MemorySnapshot(str(settings.root)).load()
    except InvalidMemory as error:
        raise OneLineError(f"{settings.root}: {error}") from None
    if known is None:
        raise OneLineError(f"{settings.root}: nothing is known yet (INGEST_MEMORY is {settings.memory})")
    return known


def _publisher(known: Memory, name: str) -> PublisherMemory:
    found = known.of(name)
    if found is None:
        raise OneLineError(f"{name} is not known; `ingest memory show` lists who is")
    return found


def _texts(paths: tuple[Path, ...]) -> dict[int, str]:
    """The lines of articles by their keys."""
    from ingest.cli.sandboxed import each

    found: dict[int, str] = {}
    files = list(files_in(paths))
    for answer in each(files, _lines, named=paths, url=None, packs=None) if files else ():
        for line in answer.get("lines", "").split("\n"):
            key, _, text = line.partition("\t")
            if text:
                found.setdefault(int(key), text)
    return found


def _lines(raw: bytes, **given: Any) -> dict[str, str]:
    from ingest.core.memory.lines import line_key
    from ingest.core.pipeline import label_article

    rows = label_article(raw, **given).labelled
    return {"lines": "\n".join(f"{line_key(row.block.text)}\t{row.block.text}" for row in rows)}
