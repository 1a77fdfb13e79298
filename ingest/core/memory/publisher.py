"""The memory of one publisher: which lines come back in different stories, what they are and where they stand."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import reduce
from typing import TYPE_CHECKING

import numpy as np

from ingest.core.memory.observation import OF_MEMORY, Sketch, is_body

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from ingest.core.memory.observation import Observation
    from ingest.core.memory.shingles import Hashes

    Rows = NDArray[np.void]

LINE = np.dtype(
    [
        ("key", "<u8"),
        ("stories", "<u2"),  # different stories that have it
        ("last", "<u2"),  # number of the newest of them
        ("body", "<u2"),  # stories in which it was a part of the article
        ("below", "<u2"),  # stories with at least half of the article's words above it
        ("ends", "<u2"),  # stories with nothing of the article below it
        ("label", "u1"),  # what it was when it was no part of the article, as a position in LABELS; 255: never
        ("place", "u1"),  # 1: a place of pages, not a line; 2: the beginning or the end of lines of texts
    ]
)
"""One line of a publisher."""
KINDS = ("line", "place", "form")
PLACE, FORM = 1, 2
COUNTS = ("stories", "body", "below", "ends")

MAX_STORIES = 1000
"""Stories after which all counts are halved: what a publisher does now counts more than what it did."""
RECENT_STORIES = 40
"""Stories that are known again, and within which a line must come back to be counted."""
MAX_AGE_STORIES = 120
"""Stories after which a line that has not come back is forgotten."""
MAX_LINES = 3000
FORGET_EVERY = 8
"""Stories between two times of forgetting."""

MAX_REST_SHARE = 0.05
"""Share of the article's words up to which nothing of it stands below a line."""

MIN_TEMPLATE_STORIES = 20
MIN_TEMPLATE_LINES = 5
MIN_TEMPLATE_SHARE = 0.6
"""A line in this share of at least so many stories is the template's; a template has at least so many lines."""
MIN_FIT = 0.35
FIT_WEIGHT = 0.2
"""Weight of a story in the moving share of the template's lines that come; five stories without any of them bring it below the least."""


@dataclass(frozen=True, slots=True, eq=False)
class PublisherMemory:
    """What is known about one publisher. `stories`: how many different ones; `number`: that of the newest, counted on."""

    name: str
    stories: int = 0
    number: int = 0
    day: int = 0
    """Of the newest article, in days since 1970; 0: unknown."""
    lines: Rows = field(default_factory=lambda: np.zeros(0, LINE))
    """LINE[lines], ascending by key: lines, and places of pages, in which `body` counts the stories whose article most of its words were."""
    sketches: tuple[Sketch, ...] = ()
    """Of the newest stories, the newest last."""
    fit: float = 1.0
    """Moving mean, 0 to 1, of the share of the template's lines that a story has."""
    changes: int = 0
    """How often its template was found to have changed."""
    changed: int = 0
    """Day on which that was found last."""

    def recalls_as(self, other: PublisherMemory | None) -> bool:
        """Whether an article is labelled with the other's knowledge as it is with this."""
        return self is other or (
            other is not None
            and self.stories == other.stories
            and self.lines.tobytes() == other.lines.tobytes()
            and [sketch.to_bytes() for sketch in self.sketches] == [sketch.to_bytes() for sketch in other.sketches]
        )

    def knows_story(self, sketch: Sketch) -> bool:
        """Whether one of its newest stories is the same."""
        return sketch.is_any_of(reversed(self.sketches))


def find(rows: Rows, keys: Hashes) -> tuple[NDArray[np.intp], NDArray[np.bool_]]:
    """(where each key stands in rows or would stand, whether it does)."""
    at = np.searchsorted(rows["key"], keys)
    found = np.zeros(len(keys), bool)
    inside = at < len(rows)
    found[inside] = rows["key"][at[inside]] == keys[inside]
    return at, found


def add(
    memory: PublisherMemory, seen: Observation, *, day: int = 0, known: PublisherMemory | None = None
) -> PublisherMemory:
    """The memory with one more article. A copy of a story that it knows adds nothing.

    `known`: the memory by which the article's own lines are told from its template's, where that is not this one: learning from many
    articles at once knows more the second time.
    """
    memory = replace(memory, day=max(memory.day, day))
    if memory.knows_story(seen.sketch):
        return memory
    number = memory.number + 1
    fit = _fit(memory, seen)
    memory = replace(
        memory,
        stories=memory.stories + 1,
        number=number,
        lines=reduce(_counted, _rows_of(seen, known or memory, number), memory.lines),
        sketches=(*memory.sketches, seen.sketch)[-RECENT_STORIES:],
        fit=fit,
    )
    if fit < MIN_FIT:
        return _unlearned(memory, day)
    return forget(memory) if number % FORGET_EVERY == 0 else memory


def forget(memory: PublisherMemory) -> PublisherMemory:
    """Without what has not come back for long, and with all counts halved once there are many."""
    if memory.number >= MAX_STORIES:
        half = MAX_STORIES // 2
        memory = replace(
            memory,
            stories=memory.stories // 2,
            number=memory.number - half,
            lines=_halved(memory.lines, half),
        )
    return replace(memory, lines=_recent(memory.lines, memory.number))


def template(memory: PublisherMemory) -> Rows:
    """The lines and places of its template; none while too little is known."""
    if memory.stories < MIN_TEMPLATE_STORIES:
        return memory.lines[:0]
    often = memory.lines["stories"] >= MIN_TEMPLATE_SHARE * memory.stories
    lines = memory.lines[often & (memory.lines["place"] != FORM)]
    return np.asarray(lines if len(lines) >= MIN_TEMPLATE_LINES else lines[:0])


def _fit(memory: PublisherMemory, seen: Observation) -> float:
    lines = template(memory)
    if not len(lines):
        return memory.fit
    share = float(np.isin(lines["key"], np.concatenate((seen.blocks["key"], seen.blocks["place"]))).mean())
    return (1 - FIT_WEIGHT) * memory.fit + FIT_WEIGHT * share


def _unlearned(memory: PublisherMemory, day: int) -> PublisherMemory:
    """Only what came back in the newest stories, whose template is another one."""
    stories = MIN_TEMPLATE_STORIES // 2
    lines = memory.lines[memory.lines["last"] > memory.number - stories]
    for count in COUNTS:
        np.minimum(lines[count], stories, out=lines[count])
    return replace(
        memory, stories=stories, lines=lines, fit=1.0, changes=memory.changes + 1, changed=max(memory.changed, day)
    )


def _rows_of(seen: Observation, known: PublisherMemory, number: int) -> Iterator[Rows]:
    """What is counted of an article: its lines, their places, and the forms of those that do not come back as they are."""
    at, found = find(known.lines, seen.blocks["key"])
    often = np.zeros(len(seen.blocks), bool)
    often[found] = known.lines["stories"][at[found]] > 1
    yield _sights(seen, often, number)
    yield _places(seen, number)
    yield _forms(seen, often, number)


def _sights(seen: Observation, often: NDArray[np.bool_], number: int) -> Rows:
    """Each line of an article once, with what is counted of it. `often`: which ones come back."""
    blocks = seen.blocks
    own = np.where(is_body(blocks["label"]) & ~often, blocks["words"], 0).astype(np.float64)
    above = np.cumsum(own)
    total = max(above[-1], 1.0) if len(own) else 1.0
    keys, last = np.unique(blocks["key"][::-1], return_index=True)
    last = len(blocks) - 1 - last
    rows = _rows(keys, number, blocks["label"][last])
    rows["body"] = np.isin(keys, blocks["key"][is_body(blocks["label"])])
    rows["below"] = above[last] - own[last] >= total / 2
    rows["ends"] = total - above[last] <= MAX_REST_SHARE * total
    return np.asarray(rows[keys != 0])


def _places(seen: Observation, number: int) -> Rows:
    """Each place of an article once; `body`: most of its words were the article's."""
    blocks = seen.blocks[seen.blocks["place"] != 0]
    keys, first, which = np.unique(blocks["place"], return_index=True, return_inverse=True)
    rows = _rows(keys, number, blocks["label"][first])
    rows["place"] = PLACE
    body = np.bincount(which, np.where(is_body(blocks["label"]), blocks["words"], 0), len(keys))
    rows["body"] = 2 * body > np.bincount(which, blocks["words"], len(keys))
    return rows


def _forms(seen: Observation, often: NDArray[np.bool_], number: int) -> Rows:
    """Each beginning and each end of the lines around an article's prose once, of those that do not come back as they are."""
    blocks = seen.blocks
    body = is_body(blocks["label"]) & ~often
    around = blocks[~often & ~within(body, body & (blocks["form"] == 0).all(axis=1))]
    keys, first = np.unique(around["form"], return_index=True)
    rows = _rows(keys, number, around["label"][first // 2])
    rows["place"] = FORM
    return np.asarray(rows[keys != 0])


def within(body: NDArray[np.bool_], prose: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Which blocks stand between the first and the last of an article's paragraphs, both included; of its lines, where it has none of prose."""
    inside = np.zeros(len(body), bool)
    ends = np.flatnonzero(prose if prose.any() else body)
    if len(ends):
        inside[ends[0] : ends[-1] + 1] = True
    return inside


def _rows(keys: Hashes, number: int, labels: NDArray[np.uint8]) -> Rows:
    rows = np.zeros(len(keys), LINE)
    rows["key"], rows["stories"], rows["last"] = keys, 1, number
    rows["label"] = np.where(is_body(labels), OF_MEMORY, labels)
    return rows


def _counted(rows: Rows, more: Rows) -> Rows:
    """Two tables as one: counts are added, the newer label stays."""
    at, found = find(rows, more["key"])
    total = rows.copy()
    where, known = at[found], more[found]
    for count in COUNTS:
        total[count][where] += known[count]
    total["last"][where] = np.maximum(total["last"][where], known["last"])
    labelled = known["label"] != OF_MEMORY
    total["label"][where[labelled]] = known["label"][labelled]
    return np.asarray(np.insert(total, at[~found], more[~found]))


def _halved(rows: Rows, passed: int) -> Rows:
    """Counts halved; what was counted once stays so until it is forgotten."""
    rows = rows.copy()
    for count in COUNTS:
        rows[count] = (rows[count] + 1) // 2
    rows["last"] = np.maximum(rows["last"], passed) - passed
    return rows


def _recent(rows: Rows, number: int) -> Rows:
    """Without rows that have not come back for long, and at most `MAX_LINES`."""
    age = number - rows["last"].astype(np.intp)
    rows = rows[age < np.where(rows["stories"] > 1, MAX_AGE_STORIES, RECENT_STORIES)]
    return most_repeated(rows, MAX_LINES)


def most_repeated(rows: Rows, most: int) -> Rows:
    """At most so many rows: those in the most stories, the newest of them."""
    if len(rows) <= most:
        return rows
    return np.asarray(rows[np.sort(np.lexsort((rows["key"], rows["last"], rows["stories"]))[-most:])])
