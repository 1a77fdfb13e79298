"""A mapping with an article's bytes becomes a mapping with its record: for engines that map rows (Dask, Spark), and under `ray`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import ingest

Row = dict[str, Any]


@cache
def memory_of(path: Path | None) -> ingest.Memory | None:
    """The memory in a file, read once in each process. Raises OSError, and `InvalidMemory` where it is none."""
    return ingest.Memory.load(path.read_bytes()) if path else None


def as_bytes(content: bytes | str) -> bytes:
    """An article's bytes; those of a text are its UTF-8, and its id is that of these bytes."""
    return content.encode(errors="replace") if isinstance(content, str) else bytes(content)


@dataclass(frozen=True, slots=True)
class RowCleaner:
    """Cleans the article of a row. `content`, `url`, `name`, `claims`: the keys of the article's bytes or text, and, where a row has them,
    of its address, its file's name or path (the last part is taken), and the sender's claims (an object). `packs`: a folder of your own packs, which each worker must
    see. `memory`: a file of `ingest learn`, likewise: one snapshot for the whole run. `min_confidence`: as for `ingest.clean`, as pairs. Can be pickled.
    """

    content: str = "bytes"
    url: str = "url"
    name: str = "path"
    claims: str = "claims"
    packs: Path | None = None
    min_confidence: tuple[tuple[str, float], ...] = ()
    memory: Path | None = None

    def __call__(self, row: Mapping[str, Any]) -> Row:
        """`id` and `record` (its JSON, as `ingest clean` prints it), or `reason` and `message` of a refusal; the others are None.

        Raises KeyError where the row has no article.
        """
        (said,) = self.many([row])
        return said

    def many(self, rows: Iterable[Mapping[str, Any]]) -> Iterator[Row]:
        """The same of each row, in order; short texts take a third less time."""
        results = ingest.clean_many(
            map(self._article, rows),
            packs=ingest.load_packs(self.packs),
            min_confidence=dict(self.min_confidence),
            memory=memory_of(self.memory),
        )
        for result in results:
            if isinstance(result, ingest.Rejected):
                yield {"id": None, "record": None, "reason": str(result.reason), "message": result.message}
            else:
                yield {"id": result.id, "record": result.to_json(), "reason": None, "message": None}

    def _article(self, row: Mapping[str, Any]) -> dict[str, Any]:
        if self.content not in row:
            raise KeyError(
                f"no {self.content!r} among {', '.join(map(str, row))}: say content=…, the key of the article's bytes"
            )
        name = row.get(self.name)
        return {
            "raw": as_bytes(row[self.content]),
            "url": row.get(self.url) or None,
            "name": Path(name).name if name else None,
            "claims": row.get(self.claims) or None,
        }
