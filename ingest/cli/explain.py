"""`ingest explain FILE`: each line with its label, what decided, and how sure it was."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ingest.cli.clean import shown

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ingest.pipeline import Examined


@click.command()
@click.argument("path", type=click.Path(path_type=Path, exists=True, dir_okay=False, allow_dash=True))
@click.option("--url", help="Where the article was published.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line, for machines.")
@click.option("--html", "as_html", is_flag=True, help="A page for a browser.")
def explain(path: Path, url: str | None, *, as_json: bool, as_html: bool) -> None:
    """Show each line of FILE with its label, what decided, and how sure it was; what leaves the body is dimmed.

    Exit status: 0, or 1 where the file is refused.
    """
    import json

    from ingest import Rejected
    from ingest.pipeline import examine

    raw = sys.stdin.buffer.read() if path == Path("-") else path.read_bytes()
    try:
        examined = examine(raw, url=url, name=None if path == Path("-") else path.name)
    except Rejected as rejected:
        click.echo(f"{shown(str(path))}: {rejected.reason}: {rejected.message}", err=True)
        raise click.exceptions.Exit(1) from None
    if as_html:
        click.echo(_page(examined))
        return
    for row in _rows(examined):
        click.echo(json.dumps(row, ensure_ascii=False) if as_json else _line(row))


def _rows(examined: Examined) -> Iterator[dict[str, Any]]:
    """Each block as JSON. `evidence`: what weighed most for the learned labeller of lines; `weight` in log odds of leaving."""
    from ingest.evidence import lines

    blocks = [row.block for row in examined.labelled]
    judged = examined.article.source.media_type == "text/plain"
    weighed = lines.reasons(blocks) if judged else [()] * len(blocks)
    for row, evidence in zip(examined.labelled, weighed, strict=True):
        yield {
            "text": row.block.text,
            "label": row.label.value,
            "rule": row.rule,
            "certainty": row.certainty,
            "captured": dict(row.captured),
            "evidence": [
                {"name": name, "value": round(value, 2), "weight": round(weight, 2)}
                for name, value, weight in (evidence if row.rule == "model" else ())
            ],
        }


def _line(row: dict[str, Any]) -> str:
    """One line for a terminal; a file's own escape sequences are shown, not obeyed."""
    why = ", ".join(f"{fact['name']} {fact['weight']:+.1f}" for fact in row["evidence"])
    decided = f"{row['rule']}: {why}" if why and row["label"] != "body" else row["rule"]
    left = f"{row['label']:<16} {row['certainty']:>4.0%}  "
    text = shown(row["text"])
    return f"{left}{text}" if row["label"] == "body" else click.style(f"{left}{text}  [{decided}]", dim=True)


def _page(examined: Examined) -> str:
    from ingest import Rejected
    from ingest.compose import compose
    from ingest.explain import page

    try:
        return page(examined, compose(examined.article, examined.labelled, examined.rulebook))
    except Rejected as rejected:
        return page(examined, rejected)
