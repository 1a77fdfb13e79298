"""`ingest explain FILE`: each line with its label, what decided, and how sure it was."""

from __future__ import annotations

import shutil
import sys
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ingest.cli.explain_pages import write_pages
from ingest.cli.files import ARTICLES, PACKS, LocalPath, escape_for_display, files_in
from ingest.cli.memory_file import MEMORY, read_memory
from ingest.cli.sandboxed import each

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ingest.core.pipeline import LabelledArticle


LABEL_COLUMNS = 16
_COLOURS = {"body": "green", "headline": "cyan", "subheadline": "cyan", "byline": "cyan", "date": "cyan"}
"""Of labels on a terminal; what is no part of the article is yellow."""
MIN_CHANCE_SHOWN = 0.01
"""Least probability of being the headline for which a terminal shows why a line was not chosen."""


@click.command()
@click.argument("paths", nargs=-1, required=True, type=ARTICLES)
@click.option("--url", help="URL of the article; for a single file.")
@click.option("--packs", type=PACKS, help="Folder of your own publisher packs.")
@MEMORY
@click.option("--json", "as_json", is_flag=True, help="One JSON object per line.")
@click.option("--html", "as_html", is_flag=True, help="Write an HTML page; several files and folders may be given.")
@click.option(
    "-o", "--output", type=LocalPath(path_type=Path), help="With --html: the page to write, or the folder for several."
)
@click.pass_context
def explain(
    ctx: click.Context,
    paths: tuple[Path, ...],
    url: str | None,
    packs: Path | None,
    memory_file: Path | None,
    output: Path | None,
    *,
    as_json: bool,
    as_html: bool,
) -> None:
    """Show each line of a file with its label, the rule that decided, and the confidence; removed lines are dimmed.

    Exit status: 0, 1 where a file is refused, 2 usage, 74 disk full.
    """
    files = list(files_in(paths))
    if as_html and as_json:
        raise click.UsageError("Choose --html or --json.")
    if not files:
        raise click.UsageError("There is no file to explain.")
    if len(files) > 1 and (url or not as_html):
        raise click.UsageError("--url needs a single file." if url else "Several files need --html -o FOLDER.")
    memory = read_memory(memory_file)
    if as_html:
        ctx.exit(write_pages(files, output, memory, named=paths, url=url, packs=packs))
    if output:
        raise click.UsageError("-o needs --html.")
    width = shutil.get_terminal_size().columns if sys.stdout.isatty() else None
    write = _json if as_json else partial(_line, width=width)

    def lines(raw: bytes, **given: Any) -> dict[str, str]:
        from ingest.core.pipeline import label_article

        return {"text": "\n".join(map(write, _rows(label_article(raw, memory=memory, **given))))}

    [found] = each(files, lines, named=paths, url=url, packs=packs)
    if "reason" in found:
        click.echo(f"{escape_for_display(str(files[0]))}: {found['reason']}: {found['message']}", err=True)
        raise click.exceptions.Exit(1)
    if found["text"]:
        click.echo(found["text"])


def _rows(labelled_article: LabelledArticle) -> Iterator[dict[str, Any]]:
    """Each block as JSON. `evidence`: the features that counted most for the text classifier; `weight` in log odds of being removed.
    `counts`: where memory decided, in how many stories of the publisher, of how many. `headline`: for a candidate for the headline, its probability and what counted for and against it.
    """
    from ingest.web.explain import decisive_features, headline_evidence

    headlines = headline_evidence(labelled_article)
    for at, (row, evidence) in enumerate(
        zip(labelled_article.labelled, decisive_features(labelled_article), strict=True)
    ):
        chance, reasons = headlines.get(at, (None, ()))
        yield {
            "text": row.block.text,
            "label": row.label.value,
            "rule": row.rule,
            "certainty": row.confidence,
            "captured": dict(row.captured),
            "counts": row.counts,
            "evidence": [
                {"name": name, "value": round(value, 2), "weight": round(weight, 2)} for name, value, weight in evidence
            ],
            "headline": None
            if chance is None
            else {
                "chance": round(chance, 3),
                "reasons": [
                    {"name": name.partition(".")[2], "value": round(value, 2), "weight": round(weight, 2)}
                    for name, value, weight in reasons
                ],
            },
        }


def _json(row: dict[str, Any]) -> str:
    from ingest.service.logs import json_line

    return json_line(row)


def _decided(row: dict[str, Any]) -> str:
    """What decided, and the features that counted most; of a block of the body only why it could have been the headline."""
    facts = [
        fact for fact in row["evidence"] if not fact["name"].startswith("headline.")
    ]  # said below, and once is enough
    why = ", ".join(f"{fact['name']} {fact['weight']:+.1f}" for fact in facts)
    decided = [] if row["label"] == "body" else [f"{row['rule']}: {why}" if why else row["rule"]]
    if row["counts"]:
        decided.append("in {} of {} articles of this publisher".format(*row["counts"]))
    if row["headline"] and row["headline"]["chance"] >= MIN_CHANCE_SHOWN:
        from ingest.web.explain import compared

        reasons = [(f"headline.{fact['name']}", fact["value"], fact["weight"]) for fact in row["headline"]["reasons"]]
        decided.append(compared(row["headline"]["chance"], reasons, won=row["label"] == "headline"))
    return "; ".join(decided)


def _line(row: dict[str, Any], width: int | None = None) -> str:
    """A block for people; escape sequences in the file are shown, not executed. `width`: columns of the terminal, None: one line."""
    decided = _decided(row)
    left = f"{row['label']:<{LABEL_COLUMNS}} {row['certainty']:>4.0%}  "
    text = escape_for_display(row["text"]) + (f"  [{decided}]" if decided else "")
    lines = [text] if width is None else _wrapped(text, width - len(left))
    label = click.style(left[:LABEL_COLUMNS], fg=_COLOURS.get(row["label"], "yellow")) + left[LABEL_COLUMNS:]
    shown = ("\n" + " " * len(left)).join(click.style(line, dim=row["label"] != "body" or None) for line in lines)
    return label + shown


def _wrapped(text: str, width: int) -> list[str]:
    """The lines of a text that are no wider than the terminal; characters of East Asia are two columns wide."""
    from rich.console import Console
    from rich.text import Text

    return [line.plain.rstrip() for line in Text(text).wrap(Console(), max(width, 20))]
