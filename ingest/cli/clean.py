"""`ingest clean` and `ingest schema`: records without a service."""

from __future__ import annotations

import json
import os
import sys
import time
import zlib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import click

from ingest.cli.files import ARTICLES, PACKS, LocalPath, escape_for_display, files_in, make_folder, write_atomically
from ingest.cli.memory_file import MEMORY, read_memory
from ingest.cli.progress import progress
from ingest.cli.sandboxed import Read, each_with_members
from ingest.export import FORMATS

if TYPE_CHECKING:
    from ingest.core.limits import Limits
    from ingest.core.memory.snapshot import Memory

MAX_STORIES = 1_000_000
"""Files of one run whose stories are known; as in the service."""


@click.command()
@click.argument("paths", nargs=-1, required=True, type=ARTICLES)
@click.option(
    "-o",
    "--output",
    type=LocalPath(path_type=Path, file_okay=False),
    help="Write one file per article to this folder, named by its id.",
)
@click.option(
    "--format",
    "form",
    type=click.Choice(list(FORMATS)),
    default="jsonl",
    show_default=True,
    help="jsonl, json: the record; ninjs: IPTC ninjs 3.1; jsonld: schema.org; markdown, text: the article.",
)
@click.option("--url", help="URL of the article; for a single file.")
@click.option(
    "--jobs", type=click.IntRange(1), default=os.cpu_count() or 1, show_default="one per core", help="Worker processes."
)
@click.option("--packs", type=PACKS, help="Folder of your own publisher packs.")
@MEMORY
@click.option(
    "--min-confidence",
    "thresholds",
    multiple=True,
    metavar="FIELD=CHANCE",
    help="Leave a value out that is less sure (published=.6), refuse an article whose body is (body=.3); may be repeated.",
)
@click.option(
    "--stories",
    is_flag=True,
    help="Say which of the files tell one story (story, same_as, changes), in the order in which they are read.",
)
@click.option(
    "--json-field",
    "json_fields",
    multiple=True,
    metavar="FIELD=KEYS",
    help="Where JSON pages keep a field: html=payload.page; may be repeated. Common keys are known.",
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
    memory_file: Path | None,
    thresholds: tuple[str, ...],
    json_fields: tuple[str, ...],
    *,
    stories: bool,
) -> None:
    """Clean files, folders, or standard input (-); each file in a sandboxed process with limits of time and memory.

    Of a container (WARC, WACZ, JSON Lines, ZIP, TAR) each member is cleaned (docs/containers.md).

    Symbolic links inside folders are named on standard error and skipped.

    Exit status: 0 all cleaned, 1 some refused (each with a line on standard error), 2 usage, 74 disk full.
    """
    files = list(files_in(paths))
    if not files:
        raise click.UsageError("There is no file to clean.")
    if url and len(files) > 1:
        raise click.UsageError("--url needs a single file.")
    if output:
        make_folder(output)
    write = writer("jsonl" if stories else form, _min_confidence(thresholds), read_memory(memory_file))
    limits = _limits(json_fields)
    refused = 0
    gap = ""
    counts: Counter[str] = Counter()

    total: Counter[str] = Counter()
    began = time.monotonic()
    with progress(len(files), prints_records=output is None) as bar:
        found = each_with_members(files, write, named=paths, url=url, packs=packs, jobs=jobs, limits=limits)
        if stories:
            found = placed(found, form)
        for path, result in found:
            shown = escape_for_display(str(path))
            bar.step(result)
            if "container" in result:
                counts.clear()
                continue
            if "reason" in result:
                refused += 1
                member = escape_for_display(f": {result['member']}") if "member" in result else ""
                bar.say(f"{shown}{member}: {result['reason']}: {result['message']}")
            elif output and "end" not in result:
                write_atomically(output / f"{result['id']}{FORMATS[form].suffix}", result["text"])
            elif "end" not in result:
                click.echo(f"{gap}{result['text']}")
                gap = FORMATS[form].gap
            counts[result.get("reason", "cleaned")] += "member" in result
            if "end" in result:
                bar.say(f"{shown}: {summary(counts)}")
            if "end" not in result or "reason" in result:
                total[result.get("reason", "cleaned")] += 1
    if output and sys.stderr.isatty():
        click.echo(f"{in_total(total, time.monotonic() - began)}, in {escape_for_display(str(output))}", err=True)
    ctx.exit(1 if refused else 0)


def in_total(counts: Mapping[str, int], seconds: float) -> str:
    """What a run has done: "4,812 cleaned, 3 refused (2 no_article, 1 too_large) in 61 s"."""
    reasons = sorted((item for item in counts.items() if item[0] != "cleaned"), key=lambda item: (-item[1], item[0]))
    refused = (
        f", {sum(count for _, count in reasons):,} refused ({', '.join(f'{count:,} {why}' for why, count in reasons)})"
    )
    return f"{counts.get('cleaned', 0):,} cleaned{refused if reasons else ''} in {seconds:,.0f} s"


def summary(counts: Mapping[str, int]) -> str:
    """How many members of a container were cleaned, and how many refused, by reason."""
    parts = [f"{count:,} {reason}" for reason, count in sorted(counts.items(), key=lambda item: -item[1]) if count]
    count = sum(counts.values())
    return f"{count:,} member{'s' if count != 1 else ''}" + (f": {', '.join(parts)}" if parts else "")


def _limits(json_fields: tuple[str, ...]) -> Limits:
    """The limits for reading containers; a usage error for what names no field."""
    from dataclasses import replace

    from ingest.core.containers.json_fields import MAPPED_FIELDS
    from ingest.core.limits import LIMITS

    pairs = []
    for each in json_fields:
        field, _, keys = each.partition("=")
        if field not in MAPPED_FIELDS or not keys:
            message = f"{each!r} is not FIELD=KEYS, with a field of {', '.join(MAPPED_FIELDS)}"
            raise click.BadParameter(message, param_hint="'--json-field'")
        pairs.append((field, keys))
    return replace(LIMITS, json_fields=tuple(pairs))


def _min_confidence(thresholds: tuple[str, ...]) -> dict[str, float]:
    """The least confidence by field; a usage error where it cannot be used."""
    from ingest.core.confidence import check_min_confidence

    wanted = {}
    for threshold in thresholds:
        field, _, least = threshold.partition("=")
        try:
            wanted[field] = float(least)
            check_min_confidence(wanted)
        except ValueError as error:
            message = str(error) if field in wanted else f"{threshold!r} is not FIELD=CHANCE, such as published=.6"
            raise click.BadParameter(message, param_hint="'--min-confidence'") from None
    return wanted


def writer(form: str, min_confidence: Mapping[str, float] = MappingProxyType({}), memory: Memory | None = None) -> Read:
    """A function that cleans an article and returns the record's `id` and `text`, in one of `FORMATS`. `min_confidence`, `memory`: as for
    `ingest.clean`.
    """

    def write(raw: bytes, **given: Any) -> dict[str, str]:
        from ingest import clean as clean_bytes

        record = clean_bytes(raw, min_confidence=min_confidence, memory=memory, **given)
        return {"id": record.id, "text": FORMATS[form].write(record)}

    return write


def placed(found: Iterable[tuple[Path, dict[str, str]]], form: str) -> Iterator[tuple[Path, dict[str, str]]]:
    """Results of `writer("jsonl")` as those of `writer(form)`, of records that know the stories of those before them."""
    from ingest.core.record import Record
    from ingest.service.story_index import StoryIndex

    index = StoryIndex("", limit=MAX_STORIES)
    before: dict[str, bytes] = {}

    def read(record_id: str) -> dict[str, Any] | None:
        return json.loads(zlib.decompress(before[record_id])) if record_id in before else None

    for arrived, (path, result) in enumerate(found):
        if "text" in result:
            record = Record.model_validate_json(result["text"])
            record = index.place(record, arrived, read).apply(record)
            before[record.id] = zlib.compress(json.dumps({"headline": record.headline, "body": record.body}).encode())
            yield path, result | {"text": FORMATS[form].write(record)}
        else:
            yield path, result
    index.close()


@click.command()
def schema() -> None:
    """Print the JSON Schema of a record."""
    from ingest.core.record import Record

    click.echo(json.dumps(Record.model_json_schema(mode="serialization"), indent=2))
