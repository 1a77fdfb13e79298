"""Packs proposed from a memory: rules for what a publisher repeats, with hits and misses from its files."""

from __future__ import annotations

import json
import re
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any

import click

from ingest.cli.files import escape_for_display, make_folder, write_atomically
from ingest.cli.sandboxed import each

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    from ingest.core.memory.snapshot import Memory

MIN_PROPOSED_STORIES = 3
MIN_PROPOSED_SHARE = 0.3
"""Stories, and their share, from which a line becomes a rule."""
MAX_RULES = 40
MAX_HITS = 3
MAX_RULE_CHARACTERS = 300
"""Of a line that becomes a rule."""
MIN_RULE_CHARACTERS = 6


@dataclass
class _Line:
    """A line of a publisher, as its files have it."""

    label: str
    stories: int
    of: int
    texts: Counter[str] = field(default_factory=Counter)
    files: set[str] = field(default_factory=set)


def write_packs(
    files: Sequence[Path], memory: Memory, folder: Path, *, named: tuple[Path, ...], packs: Path | None, jobs: int
) -> None:
    """Write a pack for each publisher whose lines no rule and no classifier takes out, and say what it would change."""
    lines: dict[str, dict[int, _Line]] = defaultdict(dict)
    kept: dict[str, list[str]] = defaultdict(list)
    articles: Counter[str] = Counter()
    names: dict[str, Counter[str]] = defaultdict(Counter)
    answers = each(files, partial(_labelled, memory), named=named, url=None, packs=packs, jobs=jobs)
    for path, answer in zip(files, answers, strict=True):
        publisher = answer.get("publisher")
        if not publisher:
            continue
        articles[publisher] += 1
        names[publisher][answer["name"] or publisher] += 1
        kept[publisher] += json.loads(answer["kept"])
        for key, text, label, stories, of in json.loads(answer["found"]):
            line = lines[publisher].setdefault(key, _Line(label, stories, of))
            line.texts[text] += 1
            line.files.add(str(path))
    make_folder(folder)
    for publisher in sorted(lines):
        rules = list(_rules(lines[publisher].values(), kept[publisher]))
        if not rules:
            continue
        changed = set().union(*(line.files for line, _ in rules))
        target = folder / f"{re.sub('[^a-z0-9]+', '-', publisher.lower()).strip('-')}.toml"
        write_atomically(target, _pack(names[publisher].most_common(1)[0][0], publisher, rules, kept[publisher]))
        click.echo(
            f"{escape_for_display(str(target))}: {len(rules)} rules, {len(changed)} of {articles[publisher]} articles would change",
            err=True,
        )
        for line, _ in rules:
            click.echo(
                f"    {line.label:<16} in {len(line.files):>3} articles  {line.texts.most_common(1)[0][0][:80]}",
                err=True,
            )


def _labelled(memory: Memory, raw: bytes, **given: Any) -> dict[str, str]:
    """What memory takes out of an article, and what stays of it."""
    from ingest.core.memory.lines import line_key
    from ingest.core.memory.recall import REPEATS
    from ingest.core.metadata.resolve import resolve_claims
    from ingest.core.model import Label
    from ingest.core.pipeline import label_article

    article = label_article(raw, memory=memory, **given)
    found = [
        (line_key(row.block.text), row.block.text, row.label.value, *row.counts)
        for row in article.labelled
        if row.rule == REPEATS and row.counts
    ]
    kept = [row.block.text for row in article.labelled if row.label in (Label.BODY, Label.HEADLINE)]
    stated = resolve_claims(article.article.claims).get("publisher")
    name = stated.value.get("name") if stated else None
    return {
        "publisher": article.publisher or "",
        "name": name or "",
        "found": json.dumps(found),
        "kept": json.dumps(kept),
    }


def _rules(lines: Iterable[_Line], kept: Sequence[str]) -> Iterator[tuple[_Line, str]]:
    """The lines that become rules, with their patterns: those in the most stories first; none that a kept paragraph or a headline would match."""
    ranked = sorted(lines, key=lambda line: (-line.stories, min(line.texts)))
    for line in ranked[:MAX_RULES]:
        text = line.texts.most_common(1)[0][0]
        often = line.stories >= MIN_PROPOSED_STORIES and line.stories >= MIN_PROPOSED_SHARE * line.of
        if not often or not MIN_RULE_CHARACTERS <= len(text) <= MAX_RULE_CHARACTERS:
            continue
        pattern = re.sub(r"\d+", r"\\d+", _escaped(text))
        whole = re.compile(pattern)
        if not any(whole.fullmatch(paragraph) for paragraph in kept):
            yield line, pattern


def _escaped(text: str) -> str:
    return re.sub(r"([\\.^$*+?{}\[\]|()])", r"\\\1", text)


def _pack(name: str, publisher: str, rules: Sequence[tuple[_Line, str]], kept: Sequence[str]) -> str:
    parts = [
        f"# Proposed by `ingest learn --propose`: read each rule before you use it.\nname    = {_quoted(name)}\ndomains = [{_quoted(publisher)}]"
    ]
    short = {text for text in kept if len(text) <= MAX_RULE_CHARACTERS}
    misses = sorted(short, key=lambda text: (-len(text), text))[:1]
    for number, (line, pattern) in enumerate(rules, 1):
        hits = [text for text, _ in line.texts.most_common(MAX_HITS) if re.fullmatch(pattern, text)]
        parts.append(
            f"# in {line.stories} of {line.of} stories\n[[rule]]\n"
            f'id     = "{line.label.replace("_", "-")}-{number}"\nlabel  = "{line.label}"\nmatch  = {_quoted(pattern)}\n'
            f"hits   = [{', '.join(map(_quoted, hits))}]\n"
            f"misses = [{', '.join(map(_quoted, misses or ['Another line.']))}]"
        )
    return "\n\n".join(parts)


def _quoted(text: str) -> str:
    """A TOML string; JSON's escapes are TOML's, too."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
