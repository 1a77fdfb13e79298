"""learn(items) -> Memory: what publishers repeat, from many of their articles at once.

`observed` is what is learned of one article, `remember` adds such to what is known: the service does both for one article at a time.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import TYPE_CHECKING, Any

import numpy as np

from ingest.core.memory.lines import distinctive
from ingest.core.memory.observation import Observation, observe
from ingest.core.memory.publisher import PublisherMemory, add, forget
from ingest.core.memory.snapshot import ANONYMOUS, MIN_LEAD, MIN_SHARED_LINES, Memory
from ingest.core.memory.whose import names_publisher
from ingest.core.pipeline import label_article
from ingest.errors import Rejected

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from ingest.core.packs import Packs
    from ingest.core.pipeline import LabelledArticle

NOTHING = Memory()


def learn(
    items: Iterable[tuple[bytes, Mapping[str, Any] | None]],
    *,
    memory: Memory = NOTHING,
    packs: Packs | None = None,
    day: int = 0,
) -> Memory:
    """The memory of these articles, added to what `memory` knows. An item is the bytes of an article and what the sender claims about it.

    Articles that `clean` would refuse teach nothing, and copies of one story count once. `day`: of the articles, in days since 1970.
    """
    return remember(
        (seen for raw, claims in items if (seen := observed(raw, claims, packs=packs))), memory=memory, day=day
    )


def observed(raw: bytes, claims: Mapping[str, Any] | None = None, *, packs: Packs | None = None) -> Observation | None:
    """What is learned of one article; None where it is refused."""
    try:
        labelled_article = label_article(raw, claims=claims, packs=packs)
    except Rejected:
        return None
    return observe_article(labelled_article)


def observe_article(article: LabelledArticle, *, sender: str = "") -> Observation:
    """What is learned of a labelled article. `sender`: who sent it, for limits."""
    proven = names_publisher(article.article, article.publisher, article.rulebook)
    return observe(article.publisher, article.labelled, proven=proven, sender=sender)


def remember(seen: Iterable[Observation], *, memory: Memory = NOTHING, day: int = 0) -> Memory:
    """The memory with more articles, which are counted twice: what the first count tells of the template, the second goes by."""
    by_publisher: dict[str, list[Observation]] = defaultdict(list)
    owners: dict[int, str] = {}
    for each in seen:
        by_publisher[each.publisher or _anonymous(each, memory, owners)].append(each)
    changed = []
    for name, articles in by_publisher.items():
        known = memory.of(name) or PublisherMemory(name)
        first = known
        for each in articles:
            first = add(first, each, day=day)
        for each in articles:
            known = add(known, each, day=day, known=first)
        changed.append(forget(known))
    return memory.with_publishers(changed)


def _anonymous(seen: Observation, memory: Memory, owners: dict[int, str]) -> str:
    """The name under which an article is remembered that names no publisher: that of the publisher whose lines it has.

    `owners`: of the lines of those before it, by key; "": more than one's. It is changed in place.
    """
    keys = np.unique(distinctive(seen.blocks["key"], seen.blocks["words"]))
    known = memory.find(keys)
    votes = Counter(owner for key in keys.tolist() if (owner := owners.get(key)))
    (best, shared), (_, other) = [*votes.most_common(2), ("", 0), ("", 0)][:2]
    if known:
        name = known.name
    elif shared >= MIN_SHARED_LINES and shared >= MIN_LEAD * other:
        name = best
    else:
        name = f"{ANONYMOUS}{int(seen.sketch.lead.sum()):08x}"
    for key in keys.tolist():
        if owners.setdefault(key, name) != name:
            owners[key] = ""
    return name
