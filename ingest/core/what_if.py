"""What another set of packs or another memory would change in a record, found without cleaning what stays as it is.

bytes ──open──▶ article ──may any of it be decided otherwise?──▶ no: no difference
└──▶ labelled twice, by one prediction ──compose──▶ both records
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from ingest.core.compose import compose
from ingest.core.labelling import page_classifier, text_classifier
from ingest.core.labelling.judging import finish
from ingest.core.memory.whose import find_publisher, publisher_domain, stated_domain
from ingest.core.packs import load_packs, publisher_of
from ingest.core.packs.changes import pack_changes
from ingest.core.pipeline import find_rulebook, label_opened_steps, open_article
from ingest.core.text.characters import count_words
from ingest.errors import Rejected

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from ingest.core.containers import Member, RefusedMember
    from ingest.core.memory.snapshot import Memory
    from ingest.core.packs import Packs
    from ingest.core.pipeline import LabelledArticle, OpenedArticle
    from ingest.core.record import Record

T = TypeVar("T")

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


def difference(
    raw: bytes | Member | RefusedMember,
    before: Knowledge,
    after: Knowledge,
    *,
    min_confidence: Mapping[str, float] = MappingProxyType({}),
    **given: Any,
) -> Difference | None:
    """What changes in a record; None where nothing does. `min_confidence`, `given`: as for `clean`. Raises `Rejected` where there is no
    record before.
    """
    opened = open_article(raw, **given)
    if not may_differ(opened, before, after):
        return None
    # What the packs have not decided is predicted from the same blocks, so it is predicted once.
    examine_page, examine_text = _asked_once(page_classifier.examine), _asked_once(text_classifier.examine)

    def labelled(knowledge: Knowledge) -> LabelledArticle:
        steps = label_opened_steps(opened, packs=knowledge.packs, memory=knowledge.memory, examine_page=examine_page)
        return finish(steps, examine_text)

    def made(article: LabelledArticle, knowledge: Knowledge) -> Record:
        version = knowledge.memory.version if knowledge.memory else None
        return compose(article.article, article.labelled, article.rulebook, min_confidence, version)

    was = labelled(before)
    try:
        now: LabelledArticle | Rejected = labelled(after)
    except Rejected as rejected:
        now = rejected
    if not isinstance(now, Rejected) and before.packs is after.packs and now.labelled == was.labelled:
        return None
    old = made(was, before)
    whose = (old.publisher.domain or old.publisher.name) if old.publisher else None
    try:
        if isinstance(now, Rejected):
            raise now
        new = made(now, after)
    except Rejected as error:
        return Difference(old.id, whose, ("body",), {}, (count_words(old.body), 0), str(error.reason))
    fields = tuple(
        name for name in type(old).model_fields if name not in BUILD and getattr(old, name) != getattr(new, name)
    )
    if not fields and _audit(old) == _audit(new):  # the same, though another rule may say so
        return None
    return Difference(old.id, whose, fields, dict(_rules(old, new)), (count_words(old.body), count_words(new.body)))


def may_differ(opened: OpenedArticle, before: Knowledge, after: Knowledge) -> bool:
    """Whether a rule that only one side has can match, or the two memories know the publisher otherwise. Where not, the records are the
    same but for `ingest`.
    """
    article, page, stated = opened
    was, now = before.packs or load_packs(), after.packs or load_packs()
    if was is not now:
        texts = (block.text for block in (*article.blocks, *article.declared))
        if pack_changes(was, now).may_touch(texts, *publisher_of(stated), is_page=page is not None):
            return True
    if before.memory is after.memory or article.is_marked_up:
        return False
    publisher = stated_domain(stated) or publisher_domain(stated, find_rulebook(was, article, stated))
    known, known_now = (
        find_publisher(memory, publisher, article) if memory else None for memory in (before.memory, after.memory)
    )
    return not (known.recalls_as(known_now) if known else known_now is None)


def _asked_once(function: Callable[..., T]) -> Callable[..., T]:
    """The function, which is not asked the same twice in a row."""
    last: list[tuple[tuple[Any, ...], T]] = []

    def ask(*about: Any) -> T:
        if not last or last[0][0] != about:
            last[:] = [(about, function(*about))]
        return last[0][1]

    return ask


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
