"""What memory knows of each block of one article: of its line, and of its place in the publisher's pages. Looked up once, asked by several."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from ingest.core.memory.lines import line_keys
from ingest.core.memory.places import place_keys
from ingest.core.memory.publisher import find

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from ingest.core.memory.publisher import PublisherMemory, Rows
    from ingest.core.memory.shingles import Hashes
    from ingest.core.model import Block

    Bools = NDArray[np.bool_]
    Ints = NDArray[np.intp]

MIN_PLACE_STORIES = 4
"""Stories from which a place says what it holds."""
MIN_HOME_SHARE = 0.9
"""Share of a place's stories from which it always holds the article."""


class Sights(NamedTuple):
    """The memory of a publisher, and its rows for the blocks of one article; rows of 0 stories where it knows nothing."""

    memory: PublisherMemory
    keys: Hashes
    lines: Rows
    places: Rows

    @classmethod
    def of(cls, memory: PublisherMemory, blocks: Sequence[Block]) -> Sights:
        """What the memory of a publisher knows of these blocks."""
        keys = line_keys(block.text for block in blocks)
        return cls(memory, keys, _rows(memory, keys), _rows(memory, place_keys(blocks)))

    def stories(self) -> Ints:
        """How many stories have each line."""
        return self.lines["stories"].astype(np.intp)

    def seen(self) -> Ints:
        """How many stories have each block's place."""
        return self.places["stories"].astype(np.intp)

    def held(self) -> Ints:
        """In how many of them it held a part of the article."""
        return self.places["body"].astype(np.intp)

    def at_home(self) -> Bools:
        """Which blocks stand in a place that always held the article."""
        return np.asarray((self.seen() >= MIN_PLACE_STORIES) & (self.held() >= MIN_HOME_SHARE * self.seen()))

    def abroad(self) -> Bools:
        """Which blocks stand in a place that never did."""
        return np.asarray((self.seen() >= MIN_PLACE_STORIES) & (self.held() == 0))


def _rows(memory: PublisherMemory, keys: Hashes) -> Rows:
    at, found = find(memory.lines, keys)
    found &= keys != 0
    rows = np.zeros(len(keys), memory.lines.dtype)
    rows[found] = memory.lines[at[found]]
    return rows
