"""What a new version of an article changed, by whole paragraphs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from ingest.core.record import Record
from ingest.core.record_parts import Changes, SameAs
from ingest.core.text.normalize import match_key


@dataclass(frozen=True, slots=True)
class Placement:
    """Where a record stands among the stories: the fields `story`, `same_as` and `changes`."""

    story: str
    same_as: tuple[SameAs, ...] = ()
    changes: Changes | None = None

    def apply(self, record: Record) -> Record:
        """The record with these fields."""
        return record.model_copy(update={"story": self.story, "same_as": self.same_as, "changes": self.changes})


def changes_since(before: dict[str, Any], record: Record) -> Changes:
    """What a record changed since an earlier one, which is given as its JSON object; one without a body had none."""
    old, new = (_paragraphs(body) for body in (before.get("body") or "", record.body))
    headline = before.get("headline")
    return Changes(
        added=_missing(new, old),
        removed=_missing(old, new),
        headline_before=headline if headline and headline != record.headline else None,
    )


def _paragraphs(body: str) -> list[str]:
    return [line for line in body.split("\n") if line.strip()]


def _missing(these: list[str], those: Iterable[str]) -> tuple[str, ...]:
    """Those of `these` that have no equal among `those`, but for case, accents and punctuation."""
    left = Counter(map(match_key, those))
    found = []
    for line in these:
        key = match_key(line)
        if left[key] > 0:
            left[key] -= 1
        else:
            found.append(line)
    return tuple(found)
