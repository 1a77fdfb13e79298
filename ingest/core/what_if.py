"""What another set of packs or another memory would change in a record, found without cleaning twice what stays as it is."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from ingest.core.memory.whose import find_publisher
from ingest.core.metadata.resolve import resolve_claims
from ingest.core.packs import load_packs
from ingest.core.pipeline import clean, find_rulebook, label_article
from ingest.core.text.characters import count_words
from ingest.errors import Rejected

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from ingest.core.memory.snapshot import Memory
    from ingest.core.packs import Packs, Rulebook
    from ingest.core.pipeline import LabelledArticle
    from ingest.core.record import Record

BUILD = frozenset({"ingest", "confidence", "provenance", "removed"})
"""Fields of a record that say how it was made, not what the article is."""


class Knowledge(NamedTuple):
    """What a record is made with, beside the bytes and the claims."""

    packs: Packs | None = None
    memory: Memory | None = None


@dataclass(frozen=True, slots=True)
class Difference:
    """What becomes of a record. `fields`: those that change; `rules`: blocks that a rule takes out now and did not before, or the reverse
    (`rule` → blocks, `-rule` → blocks); `words`: of the body before and after; `refused`: why there would be no record any more.
    """

    id: str
    publisher: str | None
    fields: tuple[str, ...]
    rules: Mapping[str, int]
    words: tuple[int, int]
    refused: str | None = None


def difference(raw: bytes, before: Knowledge, after: Knowledge, **given: Any) -> Difference | None:
    """What changes in a record; None where nothing does. `given`: as for `clean`. Raises `Rejected` where there is no record before."""
    labelled = label_article(raw, packs=before.packs, memory=before.memory, **given)
    if not _may_change(labelled, after):
        return None
    old = clean(raw, packs=before.packs, memory=before.memory, **given)
    whose = (old.publisher.domain or old.publisher.name) if old.publisher else None
    try:
        new = clean(raw, packs=after.packs, memory=after.memory, **given)
    except Rejected as error:
        return Difference(old.id, whose, ("body",), {}, (count_words(old.body), 0), str(error.reason))
    fields = tuple(
        name for name in type(old).model_fields if name not in BUILD and getattr(old, name) != getattr(new, name)
    )
    if not fields and _audit(old) == _audit(new):  # the same, though another rule may say so
        return None
    return Difference(old.id, whose, fields, dict(_rules(old, new)), (count_words(old.body), count_words(new.body)))


def _may_change(labelled: LabelledArticle, after: Knowledge) -> bool:
    """Whether other rules decide, or a memory knows the publisher: cleaning again takes as long as all else."""
    article = labelled.article
    known = find_publisher(after.memory, labelled.publisher, article) if after.memory else None
    if known or labelled.known:
        return True
    stated = {field: claim.value for field, claim in resolve_claims(article.claims).items()}
    rulebook = find_rulebook(after.packs or load_packs(), article, stated)
    texts = [block.text for block in article.blocks]
    return _decisions(rulebook, texts) != _decisions(labelled.rulebook, texts)


def _decisions(rulebook: Rulebook, texts: list[str]) -> list[Any]:
    publisher = rulebook.publisher and (rulebook.publisher.stem, rulebook.publisher.name, rulebook.publisher.domains)
    hits = [
        hit and (hit.rule.id, hit.rule.label, hit.rule.span, hit.captured, hit.start) for hit in rulebook.hits(texts)
    ]
    datelines = [rulebook.dateline(text) for text in texts[:20]]
    return [publisher, *hits, *datelines]


def _audit(record: Record) -> list[tuple[str, str, str | None]]:
    return [(row.label, row.text, row.field) for row in record.removed]


def _rules(old: Record, new: Record) -> Iterator[tuple[str, int]]:
    was = Counter((row.rule, row.text) for row in old.removed)
    now = Counter((row.rule, row.text) for row in new.removed)
    for sign, rows in (("", now - was), ("-", was - now)):
        counts: Counter[str] = Counter()
        for (rule, _), count in rows.items():
            counts[rule] += count
        for rule, count in sorted(counts.items()):
            yield f"{sign}{rule}", count
