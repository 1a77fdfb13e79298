"""TOML → Pack: one file of publisher knowledge, read strictly. Each fault is one line: file, rule, reason."""

from __future__ import annotations

import datetime as dt
import re
import tomllib
from dataclasses import dataclass, field
from functools import partial
from itertools import chain, repeat
from typing import TYPE_CHECKING, Any, Literal, TypeVar, get_args

from ingest.model import Label
from ingest.packs.pattern import Pattern, PatternError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from ingest.packs.sieve import Place

Span = Literal["block", "list", "rest", "tail"]
"""What a rule takes: its block; also the title-like lines under it; all that follows, if no prose does; the end of a block."""

COMMON = "common"
"""Stem of the built-in pack that serves every publisher."""

GROUPS = frozenset(
    {"headline", "url", "caption", "credit", "authors", "published", "modified", "section", "keywords", "source"},
)
"""Named groups a rule may use: fields of the record; `authors` and `keywords` as written on the line, dates likewise;
`source` is whom a line like "Source: …" names."""

DATELINE_GROUPS = frozenset({"place", "agency", "date", "authors"})

T = TypeVar("T")


class PackError(ValueError):
    """A pack cannot be used; the message is one line that names the file, the rule and the reason."""


@dataclass(frozen=True, slots=True, eq=False)
class Proven:
    """A pattern beside its proof. `id` is "pack/rule"."""

    id: str
    pattern: Pattern
    hits: tuple[str, ...]
    misses: tuple[str, ...]
    line: int = field(default=0, kw_only=True)
    """Of its file, where it begins."""


@dataclass(frozen=True, slots=True, eq=False)
class Rule(Proven):
    """A certain sign that a block is no part of the article (or, with label "body", that it is)."""

    label: Label
    span: Span
    valid_until: dt.date | None = None
    """The last day on which the publisher used this form: later articles are not held to it."""


@dataclass(frozen=True, slots=True, eq=False)
class Dateline(Proven):
    """How an agency begins an article: place, agency and day in named groups. Read, never stripped."""


@dataclass(frozen=True, slots=True, eq=False)
class Sign:
    """Words that bring a pack to an article. A fingerprint also proves who published it; a trace does not."""

    id: str
    pattern: Pattern
    proves: bool


@dataclass(frozen=True, slots=True, eq=False)
class Pack:
    """One file. A pack without a name serves every article; the others serve those of their publisher."""

    stem: str
    name: str | None
    aliases: tuple[str, ...]
    domains: tuple[str, ...]
    signs: tuple[Sign, ...]
    rules: tuple[Rule, ...]
    datelines: tuple[Dateline, ...]

    @property
    def proven(self) -> tuple[Proven, ...]:
        """All that carries hits and misses: rules, then datelines."""
        return *self.rules, *self.datelines


class _Table:
    """One TOML table, each key taken once with its type; what is left at the end is unknown."""

    def __init__(self, where: str, table: Mapping[str, Any]) -> None:
        self.where, self.left = where, dict(table)

    def fault(self, reason: str) -> PackError:
        return PackError(f"{self.where}: {reason}")

    def take(self, key: str, kind: type[T], default: T | None = None) -> T:
        value = self.left.pop(key, default)
        if value is None:
            raise self.fault(f"{key} is missing")
        if type(value) is not kind:
            raise self.fault(f"{key} must be a {kind.__name__}, not {type(value).__name__}")
        return value

    def texts(self, key: str, *, least: int = 0) -> tuple[str, ...]:
        values: list[Any] = self.take(key, list, [])
        if len(values) < least:
            raise self.fault(f"{key} needs at least {least} entry")
        for value in values:
            if not isinstance(value, str) or not value or value != " ".join(value.split()):
                raise self.fault(f"{key} must be texts of one line with single spaces: {value!r}")
        return tuple(values)

    def tables(self, key: str) -> list[Mapping[str, Any]]:
        values: list[Any] = self.take(key, list, [])
        if not all(isinstance(value, dict) for value in values):
            raise self.fault(f"{key} must be written as [[{key}]]")
        return values

    def end(self) -> None:
        if self.left:
            raise self.fault(f"unknown key {', '.join(sorted(self.left))}")


def read_pack(path: Path, *, proven: bool = False) -> Pack:
    """A pack from its file. Raises PackError. The patterns of a `proven` pack, one that ships, are not tried: for all that takes 1 s."""
    try:
        text = path.read_text(encoding="utf-8")
        table = _Table(path.name, tomllib.loads(text))
    except (OSError, UnicodeDecodeError, RecursionError, tomllib.TOMLDecodeError) as error:
        reason = " ".join(str(error).split())
        raise PackError(f"{path.name}: {reason}") from error
    signs = [
        Sign(f"{path.stem}/{key[:-1]}-{number}", _pattern(table, source, proven=proven), proves=key == "fingerprints")
        for key in ("fingerprints", "traces")
        for number, source in enumerate(table.texts(key), 1)
    ]
    pack = Pack(
        stem=path.stem,
        name=table.take("name", str, "") or None,
        aliases=table.texts("aliases"),
        domains=table.texts("domains"),
        signs=tuple(signs),
        rules=tuple(map(partial(_rule, path, proven=proven), table.tables("rule"), _lines(text, "rule"))),
        datelines=tuple(
            map(partial(_dateline, path, proven=proven), table.tables("dateline"), _lines(text, "dateline"))
        ),
    )
    table.end()
    known_by = pack.aliases or pack.domains or pack.signs
    if bool(pack.name) != bool(known_by):
        raise table.fault("a publisher has a name and a domain, fingerprint or trace; a pack for all has none of them")
    if any(domain != domain.lower() or "." not in domain or "/" in domain for domain in pack.domains):
        raise table.fault("domains are written bare and in small letters: example.org")
    if repeated := _repeated([rule.id for rule in pack.proven]):
        raise table.fault(f"id {repeated} is used twice")
    return pack


def _lines(text: str, key: str) -> Iterator[int]:
    """The lines on which tables of an array begin, then 0 for ever: a table written otherwise has none."""
    header = re.compile(rf"\s*\[\[\s*{key}\s*\]\]")
    return chain((number for number, line in enumerate(text.split("\n"), 1) if header.match(line)), repeat(0))


def _rule(path: Path, source: Mapping[str, Any], line: int, *, proven: bool) -> Rule:
    table, identity = _named(path, source, line)
    label = table.take("label", str)
    if label not in set(Label):
        raise table.fault(f"label {label!r} is none of {', '.join(Label)}")
    span = table.take("span", str, "block")
    if span not in get_args(Span):
        raise table.fault(f"span {span!r} is none of {', '.join(get_args(Span))}")
    place: Place = "tail" if span == "tail" else "whole"
    rule = Rule(
        id=identity,
        label=Label(label),
        pattern=_pattern(table, _match(table), GROUPS, place, proven=proven),
        span=span,  # type: ignore[arg-type]  # just checked
        hits=table.texts("hits", least=1),
        misses=table.texts("misses", least=1),
        valid_until=table.take("valid_until", dt.date) if "valid_until" in source else None,
        line=line,
    )
    table.end()
    return rule


def _dateline(path: Path, source: Mapping[str, Any], line: int, *, proven: bool) -> Dateline:
    table, identity = _named(path, source, line)
    dateline = Dateline(
        id=identity,
        pattern=_pattern(table, _match(table), DATELINE_GROUPS, "start", proven=proven),
        hits=table.texts("hits", least=1),
        misses=table.texts("misses", least=1),
        line=line,
    )
    table.end()
    return dateline


def _named(path: Path, source: Mapping[str, Any], line: int) -> tuple[_Table, str]:
    place = f"{path.name}:{line}" if line else path.name
    table = _Table(f"{place}: a rule", source)
    name = table.take("id", str)
    table.where = f"{place}: {name}"
    return table, f"{path.stem}/{name}"


def _match(table: _Table) -> str:
    """One pattern, or a list of which any may match."""
    if isinstance(table.left.get("match"), list):
        return "|".join(f"(?:{source})" for source in table.texts("match", least=1))
    return table.take("match", str)


def _pattern(
    table: _Table,
    source: str,
    groups: frozenset[str] = frozenset(),
    place: Place = "anywhere",
    *,
    proven: bool,
) -> Pattern:
    try:
        pattern = Pattern(source, place, proven=proven)
    except PatternError as error:
        raise table.fault(f"pattern {source!r}: {error}") from error
    if unknown := pattern.groups - groups:
        raise table.fault(f"group {', '.join(sorted(unknown))} is none of {', '.join(sorted(groups)) or 'none'}")
    return pattern


def _repeated(names: list[str]) -> str | None:
    return next((name for number, name in enumerate(names) if name in names[:number]), None)
