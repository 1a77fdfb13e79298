"""Many articles, cleaned as `clean` does each, with the lines of small texts judged several texts at a time."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from ingest.core.compose import compose
from ingest.core.confidence import check_min_confidence
from ingest.core.labelling.judging import Steps, together
from ingest.core.limits import LIMITS, Limits
from ingest.core.pipeline import label_article_steps

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from ingest.core.containers import Member, RefusedMember
    from ingest.core.memory.snapshot import Memory
    from ingest.core.model import Rejected
    from ingest.core.packs import Packs
    from ingest.core.record import Record

BATCH_ARTICLES = 32
BATCH_BYTES = 1 << 17
"""Articles that are judged at once, and bytes of them from which no further one is waited for."""


def clean_many(
    articles: Iterable[bytes | Member | RefusedMember | Mapping[str, Any]],
    *,
    packs: Packs | None = None,
    memory: Memory | None = None,
    limits: Limits = LIMITS,
    min_confidence: Mapping[str, float] = MappingProxyType({}),
) -> Iterator[Record | Rejected]:
    """For each article, in order, the record that `clean` gives, or the `Rejected` that it raises.

    An article is its bytes, a member of a container, or a mapping of `raw` and, as wanted, `url`, `name`, `container` and `claims`. At most
    `BATCH_ARTICLES` are read ahead of the record that is due. The other arguments and errors are those of `clean`; an error that is not
    `Rejected` is raised when its article is due, and ends the iteration.
    """
    check_min_confidence(min_confidence)
    version = memory.version if memory else None

    def steps(article: Mapping[str, Any]) -> Steps[Record]:
        labelled = yield from label_article_steps(**article, packs=packs, memory=memory, limits=limits)
        return compose(labelled.article, labelled.labelled, labelled.rulebook, min_confidence, version)

    for batch in _batches(articles):
        for result in together(list(map(steps, batch))):
            if isinstance(result, TypeError | ValueError):
                raise result
            yield result


def _batches(articles: Iterable[Any]) -> Iterator[list[Mapping[str, Any]]]:
    """Articles as arguments of `label_article`, as many at a time as are judged at once."""
    batch: list[Mapping[str, Any]] = []
    size = 0
    for article in articles:
        batch.append(article if isinstance(article, Mapping) else {"raw": article})
        content = batch[-1].get("raw")
        content = getattr(content, "content", content)
        size += len(content) if isinstance(content, bytes) else 0
        if len(batch) >= BATCH_ARTICLES or size >= BATCH_BYTES:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch
