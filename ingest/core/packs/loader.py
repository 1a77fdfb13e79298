"""TOML → Pack: one file of publisher knowledge, read strictly. Each fault is one line: file, rule, reason."""

from __future__ import annotations

import datetime as dt
import hashlib
import re
import tomllib
from dataclasses import dataclass, field
from functools import partial
from itertools import chain, repeat
from typing import TYPE_CHECKING, Any, Literal, TypeVar, get_args

from ingest.core.model import Label
from ingest.core.packs.pattern import Pattern, PatternError
from ingest.core.packs.selector import SelectorError, SelectorRule, compile_selector
from ingest.errors import IngestError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from ingest.core.packs.loosen import Anchor

Span = Literal["block", "list", "rest", "tail"]
"""What a rule takes: its block; also the title-like lines under it; all that follows, if no prose does; the end of a block."""

COMMON = "common"
"""Stem of the built-in pack that serves every publisher."""

RULE_GROUPS = frozenset(
    {"headline", "url", "caption", "credit", "authors", "published", "modified", "section", "keywords", "source"},
)
"""Named groups a rule may use: fields of the record; `authors` and `keywords` as written on the line, dates likewise;
`source` is whom a line like "Source: …" names."""

DATELINE_GROUPS = frozenset({"place", "agency", "date", "authors"})

T = TypeVar("T")


class PackError(IngestError, ValueError):
    """A pack cannot be used; the message is one line that names the file, the rule and the reason."""


@dataclass(frozen=True, slots=True, eq=False)
class TestedPattern:
    """A pattern beside its proof. `id` is "pack/rule"."""

    id: str
    pattern: Pattern
    hits: tuple[str, ...]
    misses: tuple[str, ...]
    line: int = field(default=0, kw_only=True)
    """Of its file, where it begins."""


@dataclass(frozen=True, slots=True, eq=False)
class Rule(TestedPattern):
    """A pattern that proves what a block is: no part of the article, or, with label "body", a part of it."""

    label: Label
    span: Span
    valid_until: dt.date | None = None
    """The last day on which the publisher used this form: later articles are not held to it."""


@dataclass(frozen=True, slots=True, eq=False)
class Dateline(TestedPattern):
    """How an agency begins an article: place, agency and day in named groups. Read, never stripped."""


@dataclass(frozen=True, slots=True, eq=False)
class PublisherMark:
    """Words that bring a pack to an article. A fingerprint also proves who published it; a trace does not."""

    id: str
    pattern: Pattern
    identifies: bool


@dataclass(frozen=True, slots=True, eq=False)
class Pack:
    """One file. A pack without a name serves every article; the others serve those of their publisher."""

    stem: str
    name: str | None
    aliases: tuple[str, ...]
    domains: tuple[str, ...]
    marks: tuple[PublisherMark, ...]
    rules: tuple[Rule, ...]
    datelines: tuple[Dateline, ...]
    selectors: tuple[SelectorRule, ...] = ()
    version: str | None = None
    """Of a user's pack: the first 8 hex digits of the SHA-256 of its file. One that ships has the version of the program."""

    @property
    def reference(self) -> str:
        """How a record names the pack: "common", or with its version "example@1f3870be"."""
        return f"{self.stem}@{self.version}" if self.version else self.stem

    @property
    def tested_patterns(self) -> tuple[TestedPattern, ...]:
        """All that carries hits and misses: rules, then datelines."""
        return *self.rules, *self.datelines


class _Table:
    """One TOML table, each key taken once with its type; what is left at the end is unknown."""

    def __init__(self, where: str, table: Mapping[str, Any]) -> None:
        self.where, self.left = where, dict(table)

    def error(self, reason: str) -> PackError:
        return PackError(f"{self.where}: {reason}")

    def take(self, key: str, kind: type[T], default: T | None = None) -> T:
        value = self.left.pop(key, default)
        if value is None:
            raise self.error(f"{key} is missing")
        if type(value) is not kind:
            raise self.error(f"{key} must be a {kind.__name__}, not {type(value).__name__}")
        return value

    def texts(self, key: str, *, least: int = 0) -> tuple[str, ...]:
        values: list[Any] = self.take(key, list, [])
        if len(values) < least:
            raise self.error(f"{key} needs at least {least} entry")
        for value in values:
            if not isinstance(value, str) or not value or value != " ".join(value.split()):
                raise self.error(f"{key} must be texts of one line with single spaces: {value!r}")
        return tuple(values)

    def tables(self, key: str) -> list[Mapping[str, Any]]:
        values: list[Any] = self.take(key, list, [])
        if not all(isinstance(value, dict) for value in values):
            raise self.error(f"{key} must be written as [[{key}]]")
        return values

    def end(self) -> None:
        if self.left:
            raise self.error(f"unknown key {', '.join(sorted(self.left))}")


def read_pack(path: Path, *, trusted: bool = False) -> Pack:
    """A pack from its file. Raises PackError. The patterns of a `trusted` pack, one that ships, are not tried: for all that takes 1 s."""
    try:
        content = path.read_bytes()
        text = content.decode()
        table = _Table(path.name, tomllib.loads(text))
    except (OSError, UnicodeDecodeError, RecursionError, tomllib.TOMLDecodeError) as error:
        reason = " ".join(str(error).split())
        raise PackError(f"{path.name}: {reason}") from error
    marks = [
        PublisherMark(
            f"{path.stem}/{key[:-1]}-{number}",
            _pattern(table, source, trusted=trusted),
            identifies=key == "fingerprints",
        )
        for key in ("fingerprints", "traces")
        for number, source in enumerate(table.texts(key), 1)
    ]
    pack = Pack(
        stem=path.stem,
        name=table.take("name", str, "") or None,
        aliases=table.texts("aliases"),
        domains=table.texts("domains"),
        marks=tuple(marks),
        rules=tuple(map(partial(_rule, path, trusted=trusted), table.tables("rule"), _line_numbers(text, "rule"))),
        datelines=tuple(
            map(partial(_dateline, path, trusted=trusted), table.tables("dateline"), _line_numbers(text, "dateline"))
        ),
        selectors=tuple(map(partial(_selector_rule, path), table.tables("css"), _line_numbers(text, "css"))),
        version=None if trusted else hashlib.sha256(content).hexdigest()[:8],
    )
    table.end()
    known_by = pack.aliases or pack.domains or pack.marks
    if bool(pack.name) != bool(known_by):
        raise table.error("a publisher has a name and a domain, fingerprint or trace; a pack for all has none of them")
    if any(domain != domain.lower() or "." not in domain or "/" in domain for domain in pack.domains):
        raise table.error("domains are written bare and in small letters: example.org")
    if repeated := _first_repeated(
        [*(rule.id for rule in pack.tested_patterns), *(rule.id for rule in pack.selectors)]
    ):
        raise table.error(f"id {repeated} is used twice")
    return pack


def _line_numbers(text: str, key: str) -> Iterator[int]:
    """The lines on which tables of an array begin, then 0 for ever: a table written otherwise has none."""
    header = re.compile(rf"\s*\[\[\s*{key}\s*\]\]")
    return chain((number for number, line in enumerate(text.split("\n"), 1) if header.match(line)), repeat(0))


def _rule(path: Path, source: Mapping[str, Any], line: int, *, trusted: bool) -> Rule:
    table, identity = _identified(path, source, line)
    label = _label(table)
    span = table.take("span", str, "block")
    if span not in get_args(Span):
        raise table.error(f"span {span!r} is none of {', '.join(get_args(Span))}")
    anchor: Anchor = "tail" if span == "tail" else "whole"
    rule = Rule(
        id=identity,
        label=label,
        pattern=_pattern(table, _source_of(table), RULE_GROUPS, anchor, trusted=trusted),
        span=span,  # type: ignore[arg-type]  # just checked
        hits=table.texts("hits", least=1),
        misses=table.texts("misses", least=1),
        valid_until=table.take("valid_until", dt.date) if "valid_until" in source else None,
        line=line,
    )
    table.end()
    return rule


def _selector_rule(path: Path, source: Mapping[str, Any], line: int) -> SelectorRule:
    table, identity = _identified(path, source, line)
    label = _label(table)
    field = table.take("field", str) if "field" in source else None
    if field is not None and field not in RULE_GROUPS:
        raise table.error(f"field {field!r} is none of {', '.join(sorted(RULE_GROUPS))}")
    selector = table.take("select", str)
    try:
        xpath = compile_selector(selector)
    except SelectorError as error:
        raise table.error(f"selector {selector!r}: {error}") from error
    rule = SelectorRule(
        id=identity,
        selector=selector,
        xpath=xpath,
        label=label,
        field=field,
        hits=table.texts("hits", least=1),
        misses=table.texts("misses", least=1),
        valid_until=table.take("valid_until", dt.date) if "valid_until" in source else None,
        line=line,
    )
    table.end()
    return rule


def _label(table: _Table) -> Label:
    label = table.take("label", str)
    if label not in set(Label):
        raise table.error(f"label {label!r} is none of {', '.join(Label)}")
    return Label(label)


def _dateline(path: Path, source: Mapping[str, Any], line: int, *, trusted: bool) -> Dateline:
    table, identity = _identified(path, source, line)
    dateline = Dateline(
        id=identity,
        pattern=_pattern(table, _source_of(table), DATELINE_GROUPS, "start", trusted=trusted),
        hits=table.texts("hits", least=1),
        misses=table.texts("misses", least=1),
        line=line,
    )
    table.end()
    return dateline


def _identified(path: Path, source: Mapping[str, Any], line: int) -> tuple[_Table, str]:
    location = f"{path.name}:{line}" if line else path.name
    table = _Table(f"{location}: a rule", source)
    name = table.take("id", str)
    table.where = f"{location}: {name}"
    return table, f"{path.stem}/{name}"


def _source_of(table: _Table) -> str:
    """One pattern, or a list of which any may match."""
    if isinstance(table.left.get("match"), list):
        return "|".join(f"(?:{source})" for source in table.texts("match", least=1))
    return table.take("match", str)


def _pattern(
    table: _Table,
    source: str,
    groups: frozenset[str] = frozenset(),
    anchor: Anchor = "anywhere",
    *,
    trusted: bool,
) -> Pattern:
    try:
        pattern = Pattern(source, anchor, trusted=trusted)
    except PatternError as error:
        raise table.error(f"pattern {source!r}: {error}") from error
    if unknown := pattern.groups - groups:
        raise table.error(f"group {', '.join(sorted(unknown))} is none of {', '.join(sorted(groups)) or 'none'}")
    return pattern


def _first_repeated(names: list[str]) -> str | None:
    return next((name for number, name in enumerate(names) if name in names[:number]), None)
