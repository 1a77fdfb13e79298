"""The pages of docs/ that are generated from the code: `make docs` writes them, a test holds them current."""

from __future__ import annotations

from types import NoneType, UnionType
from typing import Annotated, Any, Literal, NotRequired, Union, get_args, get_origin, get_type_hints, is_typeddict

from ingest.errors import Reason
from ingest.service.formats import (
    ContainerStatus,
    JournalEntry,
    KeeperStatus,
    LastRefused,
    MemoryState,
    RedisStatistics,
    ServiceStatus,
    SinkStatus,
)


def reasons_page() -> str:
    """docs/reasons.md."""
    rows = "\n".join(f"| `{reason}` | {reason.meaning} | {reason.remedy} |" for reason in Reason)
    return f"""# Why an article is refused

`Rejected.reason` in Python, `reason` in the journal, in `ingest failed` and in the messages of `ingest clean`. The list is closed; in
Python it is `ingest.Reason`. This page is generated from it: `make docs`.

| reason | what happened | what to do |
|---|---|---|
{rows}
"""


def journal_page() -> str:
    """docs/journal.md."""
    parts = (
        ("The journal", JournalEntry),
        ("`ingest status --json`", ServiceStatus),
        ("`containers`", ContainerStatus),
        ("`keeper`", KeeperStatus),
        ("`memory`", MemoryState),
        ("`redis`", RedisStatistics),
        ("`last_refused`", LastRefused),
        ("`sinks`", SinkStatus),
    )
    tables = "\n\n".join(f"## {title}\n\n{_summary(noun)}\n\n{_table(noun)}" for title, noun in parts)
    return f"""# The journal and the status

`<spool>/journal.jsonl` has one JSON object per line for each settled source, in the order in which they were settled; full files are
renamed to `journal-<token>.jsonl`, whose names sort by age. `ingest journal --follow` prints lines as they come. A consumer remembers the last
`token` it has seen; a line is never changed. New fields may be added; ignore those you do not know. This page is generated from
`ingest/service/formats.py`: `make docs`.

{tables}
"""


def _summary(noun: type) -> str:
    return " ".join((noun.__doc__ or "").split())


def _table(noun: type) -> str:
    rows = []
    for name, hint in get_type_hints(noun, include_extras=True).items():
        optional = get_origin(hint) is NotRequired
        kind, meaning = get_args(get_args(hint)[0] if optional else hint)
        rows.append(f"| `{name}` | {_type_name(kind)}{', or absent' if optional else ''} | {meaning} |")
    return "| field | type | meaning |\n|---|---|---|\n" + "\n".join(rows)


def _type_name(kind: Any) -> str:
    """The JSON type that a Python type is written as."""
    origin, inner = get_origin(kind), get_args(kind)
    if origin is Annotated:
        return _type_name(inner[0])
    if origin in {UnionType, Union}:
        return " or ".join(map(_type_name, inner))
    if origin is Literal:
        return " or ".join(f'`"{value}"`' for value in inner)
    if origin is list:
        return f"array of {_type_name(inner[0])}s"
    if origin is dict:
        return f"object of {_type_name(inner[1])}s"
    if is_typeddict(kind):
        return "object"
    return {str: "string", int: "integer", float: "number", bool: "boolean", NoneType: "null"}[kind]


PAGES = {"reasons.md": reasons_page, "journal.md": journal_page}
"""By file name in docs/."""

if __name__ == "__main__":
    import sys
    from pathlib import Path

    for name, make in PAGES.items():
        Path(sys.argv[1], name).write_text(make(), "utf-8")
